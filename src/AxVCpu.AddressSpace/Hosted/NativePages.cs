using System.Runtime.InteropServices;

namespace AxVCpu.Memory;

/// <summary>Reserves address space that costs host memory only where it is touched.</summary>
internal static unsafe partial class NativePages
{
    private const int ProtRead = 1;
    private const int ProtWrite = 2;
    private const int MapPrivate = 0x02;
    private const int MapAnonymousLinux = 0x20;
    private const int MapNoReserveLinux = 0x4000;
    private const int AdviceHugePage = 14;
    private static readonly nint s_failed = -1;

    /// <summary>Whether reserved memory is fresh from the kernel and so zero.</summary>
    internal static bool AreZeroed => OperatingSystem.IsLinux();

    /// <summary>Reserves memory aligned to 2 MiB.</summary>
    /// <exception cref="EngineException">The host has not that much address space (or, not on Linux, memory).</exception>
    internal static nint Reserve(nuint size, nuint alignment, out nuint reserved)
    {
        if (!AreZeroed)
        {
            reserved = size;
            return (nint)NativeMemory.AlignedAlloc(size, alignment);
        }

        reserved = size + alignment;
        nint start = MMap(0, reserved, ProtRead | ProtWrite, MapPrivate | MapAnonymousLinux | MapNoReserveLinux, -1, 0);
        if (start == s_failed)
        {
            throw new EngineException("mmap of guest memory", Marshal.GetLastPInvokeError());
        }

        // Advice only: without it the host uses small pages.
        _ = MAdvise(start, reserved, AdviceHugePage);
        return start;
    }

    internal static void Release(nint start, nuint reserved)
    {
        if (!AreZeroed)
        {
            NativeMemory.AlignedFree((void*)start);
            return;
        }

        _ = MUnmap(start, reserved);
    }

    [LibraryImport("libc", EntryPoint = "mmap", SetLastError = true)]
    private static partial nint MMap(nint address, nuint length, int protection, int flags, int file, nint offset);

    [LibraryImport("libc", EntryPoint = "munmap", SetLastError = true)]
    private static partial int MUnmap(nint address, nuint length);

    [LibraryImport("libc", EntryPoint = "madvise", SetLastError = true)]
    private static partial int MAdvise(nint address, nuint length, int advice);
}
