using AxVCpu;
using AxVCpu.Devices;
using AxVCpu.Memory;

namespace AxVM.Boards;

/// <summary>A bank of flash where the guest sees it: as memory to read and to run from, while the flash is not told otherwise.</summary>
/// <param name="memory">The guest's memory.</param>
/// <param name="address">The first address of the bank.</param>
/// <param name="image">What is in it.</param>
internal sealed class FlashBank(GuestAddressSpace memory, ulong address, FlashImage image) : IFlashView
{
    // What is not permitted here is the flash's own: its commands are writes.
    private const MappingFlags Rights = MappingFlags.Read | MappingFlags.Execute | MappingFlags.Device;

    /// <inheritdoc/>
    public void Show(bool isArray)
    {
        GuestPhysAddr start = new(address);
        if (memory.TryGetRegion(start, out _) == isArray)
        {
            return;
        }

        AddressSpaceError error = isArray
            ? memory.MapLinear(start, new HostPhysAddr((ulong)image.Address), (ulong)image.Size, Rights)
            : memory.Unmap(start, (ulong)image.Size);
        if (error != AddressSpaceError.None)
        {
            throw new EngineException($"cannot {(isArray ? "map" : "unmap")} the flash at 0x{address:x}: {error}");
        }
    }
}
