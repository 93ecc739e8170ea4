using System.Runtime.InteropServices;
using AxVCpu.Software.Translator.X64;

namespace AxVCpu.Software.Translator;

/// <summary>Picks the back end for the host that we run on.</summary>
internal static class HostTranslator
{
    /// <summary>
    /// Whether there is a back end for this host. The thunks speak the System V calling convention, so other systems of the same processor
    /// are not served yet.
    /// </summary>
    public static bool HasBackEnd => RuntimeInformation.ProcessArchitecture == Architecture.X64 && !OperatingSystem.IsWindows();

    /// <summary>
    /// A translator for this host with room for <paramref name="capacityBytes"/> of code, or null when there is none or the host does not give
    /// us executable memory: the interpreter then runs alone.
    /// </summary>
    public static IHostTranslator? TryCreate(StateLayout layout, int capacityBytes)
    {
        if (!HasBackEnd)
            return null;
        ExecutableMemory? memory = ExecutableMemory.TryCreate(X64Translator.RoundCapacity(capacityBytes));
        return memory == null ? null : new X64Translator(layout, memory);
    }
}
