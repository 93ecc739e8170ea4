namespace Axvisor;

internal static class Program
{
    private static int Main()
    {
        Console.Error.WriteLine("axvisor: no commands yet");
        return 2;
    }
}
