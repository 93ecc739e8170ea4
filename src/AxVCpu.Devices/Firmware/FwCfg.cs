namespace AxVCpu.Devices;

/// <summary>Ports of a <see cref="FwCfg"/>, from its first one.</summary>
public enum FwCfgRegister : ulong
{
    /// <summary>16 bits, written: the key of the item that is read next, from its begin.</summary>
    Selector = 0,

    /// <summary>8 bits, read: the next byte of the item.</summary>
    Data = 1,
}

/// <summary>Keys of items (QEMU, "Firmware Configuration Device", "Firmware Configuration Items").</summary>
public enum FwCfgKey : ushort
{
    /// <summary>The bytes "QEMU": there is such a device.</summary>
    Signature = 0x00,

    /// <summary>32 bits of what the interface can do; bit 0, the selector and data ports, is always set.</summary>
    Id = 0x01,

    /// <summary>RAM in bytes, 64 bits.</summary>
    RamSize = 0x03,

    /// <summary>CPUs that there are, 16 bits.</summary>
    CpuCount = 0x05,

    /// <summary>Bytes of <see cref="KernelData"/>, 32 bits.</summary>
    KernelSize = 0x08,

    /// <summary>Bytes of <see cref="InitrdData"/>, 32 bits.</summary>
    InitrdSize = 0x0B,

    /// <summary>CPUs that there may be, 16 bits.</summary>
    MaxCpus = 0x0F,

    /// <summary>The kernel's file.</summary>
    KernelData = 0x11,

    /// <summary>The initial ramdisk.</summary>
    InitrdData = 0x12,

    /// <summary>Bytes of <see cref="CommandLineData"/>, 32 bits.</summary>
    CommandLineSize = 0x14,

    /// <summary>The kernel's command line, closed by a zero byte.</summary>
    CommandLineData = 0x15,

    /// <summary>The number of named items, 32 bits big-endian, and their names.</summary>
    FileDirectory = 0x19,

    /// <summary>The first named item; the others follow.</summary>
    FirstFile = 0x20,
}

/// <summary>Bits of <see cref="FwCfgKey.Id"/>.</summary>
[Flags]
public enum FwCfgFeatures : uint
{
    /// <summary>The selector and the data register.</summary>
    Traditional = 1,

    /// <summary>The DMA interface.</summary>
    Dma = 2,
}

/// <summary>What a <see cref="FwCfg"/> asks of the world around it.</summary>
public interface IFwCfgHost
{
    /// <summary>Copies bytes of an item from an offset on; zero past its end, and of an item that there is not.</summary>
    void ReadItem(FwCfgKey key, uint offset, Span<byte> destination);
}

/// <summary>
/// QEMU's firmware configuration device with its two ports: firmware and test programs ask it what machine this is. Where it is memory
/// mapped it is a <see cref="FwCfgMmio"/>. Plain data: a copy is a snapshot. Not thread safe; the owner serialises.
/// </summary>
public struct FwCfg
{
    /// <summary>Number of ports.</summary>
    public const ulong Size = 2;

    // "Selector (Control) Register": a bit that once announced writes has no meaning any more.
    private const ushort WriteChannel = 0x4000;

    private FwCfgKey _key;
    private uint _offset;

    /// <summary>Reads a port; the selector reads as 0.</summary>
    /// <returns>False when there is no such register of this width.</returns>
    public bool Read<THost>(ref THost host, ulong offset, AccessWidth width, out ulong value)
        where THost : struct, IFwCfgHost
    {
        value = 0;
        if (offset == (ulong)FwCfgRegister.Selector)
            return true;
        if (offset != (ulong)FwCfgRegister.Data || width != AccessWidth.Byte)
            return false;
        Span<byte> item = stackalloc byte[1];
        Take(ref host, item);
        value = item[0];
        return true;
    }

    /// <summary>Writes a port. Items cannot be written: a byte for one is lost.</summary>
    /// <returns>False when there is no such register of this width.</returns>
    public bool Write(ulong offset, AccessWidth width, ulong value)
    {
        if (offset == (ulong)FwCfgRegister.Data && width == AccessWidth.Byte)
            return true;
        if (offset != (ulong)FwCfgRegister.Selector || width != AccessWidth.Word)
            return false;
        Choose((ushort)value);
        return true;
    }

    /// <summary>Chooses the item that is read next, from its begin.</summary>
    internal void Choose(ushort key)
    {
        _key = (FwCfgKey)(key & ~WriteChannel);
        _offset = 0;
    }

    /// <summary>The next bytes of the item.</summary>
    internal void Take<THost>(ref THost host, Span<byte> destination)
        where THost : struct, IFwCfgHost
    {
        host.ReadItem(_key, _offset, destination);
        Skip((uint)destination.Length);
    }

    /// <summary>Leaves out bytes of the item.</summary>
    internal void Skip(uint count) => _offset = _offset > uint.MaxValue - count ? uint.MaxValue : _offset + count;

    /// <summary>Back to power-up.</summary>
    public void Reset() => this = default;
}
