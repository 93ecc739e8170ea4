namespace AxVCpu.Devices;

/// <summary>Registers of a <see cref="FwCfgMmio"/> (QEMU, "Firmware Configuration Device", "MMIO"); all are big-endian.</summary>
public enum FwCfgMmioRegister : ulong
{
    /// <summary>8 to 64 bits, read: the next bytes of the item, in their order in memory.</summary>
    Data = 0x00,

    /// <summary>16 bits, written: the key of the item that is read next, from its begin.</summary>
    Selector = 0x08,

    /// <summary>64 bits, or the high and then the low 32: the address of a request, which is served at once. Reads as "QEMU CFG".</summary>
    DmaAddress = 0x10,
}

/// <summary>Bits of a request's control word (QEMU, "Firmware Configuration Device", "Guest-side DMA Interface").</summary>
[Flags]
public enum FwCfgDmaControl : uint
{
    /// <summary>The answer to a request that was done.</summary>
    None = 0,

    /// <summary>The answer to a request that could not be done.</summary>
    Error = 1,

    /// <summary>Copy bytes of the item to the address.</summary>
    Read = 2,

    /// <summary>Leave out bytes of the item.</summary>
    Skip = 4,

    /// <summary>First select the item whose key is in the high 16 bits.</summary>
    Select = 8,

    /// <summary>Copy bytes from the address to the item; no item here can be written.</summary>
    Write = 16,
}

/// <summary>What a <see cref="FwCfgMmio"/> asks of the world around it: items and guest memory.</summary>
public interface IFwCfgMmioHost : IFwCfgHost, IGuestDma
{
}

/// <summary>
/// QEMU's firmware configuration device as memory-mapped registers, with DMA. A request is done when the write that made it returns.
/// Plain data: a copy is a snapshot. Not thread safe; the owner serialises.
/// </summary>
public struct FwCfgMmio
{
    /// <summary>The register window in bytes.</summary>
    public const ulong Size = 0x18;

    private const int RequestSize = 16;
    private const int ChunkSize = 1024;
    private const ulong High = (ulong)FwCfgMmioRegister.DmaAddress;
    private const ulong Low = High + 4;

    private FwCfg _items;
    private ulong _address;

    private static ReadOnlySpan<byte> DmaSignature => "QEMU CFG"u8;

    /// <summary>Reads a register.</summary>
    /// <returns>False when there is no such register of this width.</returns>
    public bool Read<THost>(ref THost host, ulong offset, AccessWidth width, out ulong value)
        where THost : struct, IFwCfgMmioHost
    {
        value = 0;
        int size = (int)width;
        if (offset == (ulong)FwCfgMmioRegister.Data && size is > 0 and <= sizeof(ulong))
        {
            Span<byte> bytes = stackalloc byte[sizeof(ulong)];
            _items.Take(ref host, bytes.Slice(0, size));
            value = LittleEndian.Get(bytes, 0, size);
            return true;
        }
        if (offset < High || offset >= Size || (ulong)size > Size - offset)
            return false;
        value = LittleEndian.Get(DmaSignature, (int)(offset - High), size);
        return true;
    }

    /// <summary>Writes a register. Items cannot be written: bytes for one are lost.</summary>
    /// <returns>False when there is no such register of this width.</returns>
    public bool Write<THost>(ref THost host, ulong offset, AccessWidth width, ulong value)
        where THost : struct, IFwCfgMmioHost
    {
        switch (offset)
        {
            case (ulong)FwCfgMmioRegister.Data:
                return true;
            case (ulong)FwCfgMmioRegister.Selector when width == AccessWidth.Word:
                _items.Choose((ushort)BigEndian(value, sizeof(ushort)));
                return true;
            case High when width == AccessWidth.Qword:
                _address = BigEndian(value, sizeof(ulong));
                Serve(ref host);
                return true;
            case High when width == AccessWidth.Dword:
                _address = BigEndian(value, sizeof(uint)) << 32;
                return true;
            case Low when width == AccessWidth.Dword:
                _address |= BigEndian(value, sizeof(uint));
                Serve(ref host);
                return true;
            default:
                return false;
        }
    }

    /// <summary>Back to power-up.</summary>
    public void Reset() => this = default;

    // struct FWCfgDmaAccess: control 4, length 4, address 8.
    private void Serve<THost>(ref THost host)
        where THost : struct, IFwCfgMmioHost
    {
        ulong request = _address;
        _address = 0;
        Span<byte> bytes = stackalloc byte[RequestSize];
        FwCfgDmaControl answer = FwCfgDmaControl.Error;
        if (host.Read(request, bytes))
        {
            uint word = (uint)BigEndian(LittleEndian.Get(bytes, 0, 4), 4);
            uint length = (uint)BigEndian(LittleEndian.Get(bytes, 4, 4), 4);
            ulong address = BigEndian(LittleEndian.Get(bytes, 8, 8), 8);
            if ((word & (uint)FwCfgDmaControl.Select) != 0)
                _items.Choose((ushort)(word >> 16));
            answer = Move(ref host, (FwCfgDmaControl)word, address, length);
        }
        LittleEndian.Put(bytes, 0, 4, BigEndian((uint)answer, 4));
        host.Write(request, bytes.Slice(0, 4));
    }

    private FwCfgDmaControl Move<THost>(ref THost host, FwCfgDmaControl control, ulong address, uint length)
        where THost : struct, IFwCfgMmioHost
    {
        if ((control & FwCfgDmaControl.Read) == 0)
        {
            if ((control & FwCfgDmaControl.Write) != 0)
                return length == 0 ? FwCfgDmaControl.None : FwCfgDmaControl.Error;
            if ((control & FwCfgDmaControl.Skip) != 0)
                _items.Skip(length);
            return FwCfgDmaControl.None;
        }
        Span<byte> chunk = stackalloc byte[ChunkSize];
        while (length != 0)
        {
            Span<byte> part = length < ChunkSize ? chunk.Slice(0, (int)length) : chunk;
            _items.Take(ref host, part);
            if (address > ulong.MaxValue - (ulong)part.Length || !host.Write(address, part))
                return FwCfgDmaControl.Error;
            address += (ulong)part.Length;
            length -= (uint)part.Length;
        }
        return FwCfgDmaControl.None;
    }

    private static ulong BigEndian(ulong value, int size)
    {
        ulong swapped = 0;
        for (int index = 0; index < size; index++)
            swapped = swapped << 8 | (value >> index * 8 & 0xFF);
        return swapped;
    }
}
