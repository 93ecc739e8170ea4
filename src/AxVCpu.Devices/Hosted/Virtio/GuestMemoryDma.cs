using AxVCpu.Memory;

namespace AxVCpu.Devices;

/// <summary>A VM's memory as its devices see it. Thread safe as the address space is; what devices write is in its dirty log.</summary>
public sealed class GuestMemoryDma : IGuestDma
{
    private readonly GuestAddressSpace _space;

    /// <summary>A view of <paramref name="space"/>, which stays the caller's to dispose, after every device is done.</summary>
    public GuestMemoryDma(GuestAddressSpace space)
    {
        ArgumentNullException.ThrowIfNull(space);
        _space = space;
    }

    /// <inheritdoc/>
    public bool Read(ulong address, Span<byte> destination) => _space.Read(new GuestPhysAddr(address), destination) == GuestAccessStatus.Ok;

    /// <inheritdoc/>
    public bool Write(ulong address, ReadOnlySpan<byte> source) => _space.Write(new GuestPhysAddr(address), source) == GuestAccessStatus.Ok;

    /// <inheritdoc/>
    public bool ReadIndex(ulong address, out ushort value)
    {
        bool read = _space.ReadVolatile(new GuestPhysAddr(address), AccessWidth.Word, out ulong word) == GuestAccessStatus.Ok;
        value = read ? (ushort)word : (ushort)0;
        return read;
    }

    /// <inheritdoc/>
    public bool WriteIndex(ulong address, ushort value) =>
        _space.WriteVolatile(new GuestPhysAddr(address), AccessWidth.Word, value) == GuestAccessStatus.Ok;
}
