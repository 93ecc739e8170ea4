namespace AxVCpu.Tests.Shared;

/// <summary>What a piece of code allocates each time it runs.</summary>
internal static class Garbage
{
    private const int Rounds = 20;

    /// <summary>
    /// The least of several rounds, in bytes. What happens once is not the code's: compiling, or a collection on behalf of another test, after
    /// which the rest of the thread's allocation quantum counts as allocated.
    /// </summary>
    internal static long Of(Action work)
    {
        long least = long.MaxValue;
        for (int round = 0; round < Rounds && least != 0; round++)
        {
            long before = GC.GetAllocatedBytesForCurrentThread();
            work();
            least = long.Min(least, GC.GetAllocatedBytesForCurrentThread() - before);
        }

        return least;
    }
}
