using System.Runtime.InteropServices;

namespace AxVCpu.Samples;

/// <summary>
/// The host side of a hosted program: frames from the C heap, physical addresses equal to virtual ones. A hypervisor on bare metal
/// puts its frame allocator and its interrupt controller here.
/// </summary>
public readonly unsafe struct HostHal : IVCpuHal
{
    private const nuint FrameSize = 4096;

    public static bool AllocFrame(out HostPhysAddr frame)
    {
        // AlignedAlloc throws when the heap is exhausted; a HAL says so instead.
        try
        {
            frame = new HostPhysAddr((ulong)NativeMemory.AlignedAlloc(FrameSize, FrameSize));
            return true;
        }
        catch (OutOfMemoryException)
        {
            frame = default;
            return false;
        }
    }

    public static void DeallocFrame(HostPhysAddr frame) => NativeMemory.AlignedFree((void*)frame.Value);

    public static HostVirtAddr PhysToVirt(HostPhysAddr address) => new(address.Value);

    public static HostPhysAddr VirtToPhys(HostVirtAddr address) => new(address.Value);

    // IrqFetch and IrqHandler keep their defaults: an operating system handles the interrupts of a hosted program.
}
