using AxVCpu.Memory;

namespace AxVCpu.BareMetal.LinkCheck;

/// <summary>A host whose memory is one range given at start: frames are taken in order and never come back.</summary>
internal struct FakeHal : IVCpuHal
{
    private static ulong s_next = 0x10_0000;

    public static bool AllocFrame(out HostPhysAddr frame)
    {
        frame = new HostPhysAddr(s_next);
        s_next += 4096;
        return s_next < 0x100_0000;
    }

    public static void DeallocFrame(HostPhysAddr frame) => s_next = frame.Value;

    public static HostVirtAddr PhysToVirt(HostPhysAddr address) => new(address.Value);

    public static HostPhysAddr VirtToPhys(HostVirtAddr address) => new(address.Value);
}

/// <summary>A TLB that counts what it is told.</summary>
internal struct FakeTlb : ITlbInvalidator
{
    private ulong _count;

    public readonly ulong Count => _count;

    public void InvalidateRange(NestedInvalidation operation, GuestPhysAddr start, ulong size) => _count += size;

    public void InvalidateAll(NestedInvalidation operation) => _count++;
}
