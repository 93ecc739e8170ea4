using System.Runtime.InteropServices;

namespace AxVCpu.BareMetal.Tests.Machine;

/// <summary>
/// The RAM of a fake machine. Physical and virtual addresses are the same for the hypervisor, and it reaches 39 bits of them: the memory
/// must lie low.
/// </summary>
internal sealed unsafe partial class LowMemory : IDisposable
{
    private static readonly long s_hint = 0x10_0000_0000;
    private const ulong Limit = 1UL << 39;
    private const int ReadWrite = 3;
    private const int PrivateAnonymous = 0x4022; // MAP_PRIVATE, MAP_ANONYMOUS, MAP_NORESERVE

    /// <summary>Maps zeroed memory; skips the test where the host cannot.</summary>
    public LowMemory(ulong size)
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "maps memory at a low address, which takes Linux");
        Size = size;
        Start = (ulong)Map((nint)s_hint, (nuint)size, ReadWrite, PrivateAnonymous, -1, 0);
        Assert.SkipUnless(Start != 0 && Start < Limit - size, "the host has no memory below 39 bits");
    }

    /// <summary>The first address.</summary>
    public ulong Start { get; }

    /// <summary>How many bytes.</summary>
    public ulong Size { get; }

    /// <summary>A part of it.</summary>
    public Span<byte> Bytes(ulong offset, int length) => new((void*)(Start + offset), length);

    public void Dispose() => Unmap((nint)Start, (nuint)Size);

    [LibraryImport("libc", EntryPoint = "mmap")]
    private static partial nint Map(nint address, nuint length, int protection, int flags, int file, long offset);

    [LibraryImport("libc", EntryPoint = "munmap")]
    private static partial int Unmap(nint address, nuint length);
}
