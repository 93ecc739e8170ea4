using System.Runtime.InteropServices;

namespace AxVM;

/// <summary>Binds threads to CPUs of the host.</summary>
internal static partial class HostAffinity
{
    /// <summary>Whether this host lets a thread choose its CPUs.</summary>
    public static bool IsPossible => OperatingSystem.IsLinux();

    /// <summary>Binds the calling thread to the CPUs of <paramref name="mask"/>, bit 0 being CPU 0.</summary>
    /// <exception cref="AxVCpu.EngineException">The host has none of these CPUs, or refuses.</exception>
    public static void BindCurrentThread(ulong mask)
    {
        if (SetAffinity(0, sizeof(ulong), in mask) != 0)
        {
            throw new AxVCpu.EngineException($"binding a vCPU thread to the CPUs 0x{mask:x}", Marshal.GetLastPInvokeError());
        }
    }

    [LibraryImport("libc", EntryPoint = "sched_setaffinity", SetLastError = true)]
    private static partial int SetAffinity(int thread, nuint size, in ulong mask);
}
