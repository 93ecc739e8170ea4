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

    /// <summary>CPUs that there may be, 16 bits.</summary>
    MaxCpus = 0x0F,

    /// <summary>The number of named items, 32 bits big-endian, and their names.</summary>
    FileDirectory = 0x19,
}

/// <summary>What a <see cref="FwCfg"/> asks of the world around it.</summary>
public interface IFwCfgHost
{
    /// <summary>A byte of an item; 0 past its end, and of an item that there is not.</summary>
    byte ReadItem(FwCfgKey key, uint offset);
}

/// <summary>
/// QEMU's firmware configuration device with its two ports, without DMA: firmware and test programs ask it what machine this is.
/// Plain data: a copy is a snapshot. Not thread safe; the owner serialises.
/// </summary>
public struct FwCfg
{
    /// <summary>Number of ports.</summary>
    public const ulong Size = 2;

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
        value = host.ReadItem(_key, _offset);
        if (_offset != uint.MaxValue)
            _offset++;
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
        _key = (FwCfgKey)value;
        _offset = 0;
        return true;
    }

    /// <summary>Back to power-up.</summary>
    public void Reset() => this = default;
}
