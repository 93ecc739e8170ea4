namespace AxVCpu.Devices;

/// <summary>A part of a device's registers, for devices whose registers are not together on a bus. It has no state of its own.</summary>
public sealed class BusWindow : IBusDevice
{
    private readonly IBusDevice _device;
    private readonly ulong _first;

    /// <summary>Shows <paramref name="size"/> addresses of a device.</summary>
    /// <param name="device">The device.</param>
    /// <param name="first">The offset of the first address.</param>
    /// <param name="size">How many; they lie within the device.</param>
    public BusWindow(IBusDevice device, ulong first, ulong size)
    {
        ArgumentNullException.ThrowIfNull(device);
        ArgumentOutOfRangeException.ThrowIfZero(size);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(size, device.Size);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(first, device.Size - size);
        _device = device;
        _first = first;
        Size = size;
    }

    /// <inheritdoc/>
    public string Name => _device.Name;

    /// <inheritdoc/>
    public ulong Size { get; }

    /// <inheritdoc/>
    public uint? Interrupt => _device.Interrupt;

    /// <inheritdoc/>
    public bool Read(ulong offset, AccessWidth width, out ulong value)
    {
        value = 0;
        return offset < Size && _device.Read(_first + offset, width, out value);
    }

    /// <inheritdoc/>
    public bool Write(ulong offset, AccessWidth width, ulong value) => offset < Size && _device.Write(_first + offset, width, value);
}
