namespace AxVCpu.Devices;

/// <summary>An interrupt of a GICv3 as a devicetree names it (bindings, "arm,gic-v3": three cells).</summary>
/// <param name="IntId">The INTID: 16 to 31 for a PPI, 32 to 1019 for an SPI.</param>
/// <param name="IsEdge">Whether it is edge triggered.</param>
public readonly struct FdtGicInterrupt(uint IntId, bool IsEdge)
{
    /// <summary>The cell that says SPI; the number counts from INTID 32.</summary>
    public const uint Spi = 0;

    /// <summary>The cell that says PPI; the number counts from INTID 16.</summary>
    public const uint Ppi = 1;

    /// <summary>The flags' value for a rising edge.</summary>
    public const uint Rising = 1;

    /// <summary>The flags' value for a high level.</summary>
    public const uint High = 4;

    /// <summary>The INTID: 16 to 31 for a PPI, 32 to 1019 for an SPI.</summary>
    public uint IntId { get; } = IntId;

    /// <summary>Whether it is edge triggered.</summary>
    public bool IsEdge { get; } = IsEdge;
}

/// <summary>What a node says about its addresses and interrupts.</summary>
public static class FdtRegisters
{
    // 2.3.5: what a parent without the properties means.
    private const uint DefaultAddressCells = 2;
    private const uint DefaultSizeCells = 1;
    private const uint MaxCells = 4;
    private const uint EdgeMask = 3;
    private const uint TriggerMask = 15;

    /// <summary>
    /// Reads entry <paramref name="index"/> of <c>reg</c> as an address of the root, through the <c>ranges</c> of every bus between
    /// (2.3.6, 2.3.8).
    /// </summary>
    /// <returns>False when there is no such entry, a number has more than 64 bits, or a bus does not map the address.</returns>
    public static bool TryRegister(this FdtNodeView node, int index, out ulong address, out ulong size)
    {
        address = 0;
        size = 0;
        FdtNodeView bus = node.Parent;
        if (index < 0 || !bus.Exists || !Cells(bus, out int addressCells, out int sizeCells) || !node.TryProperty("reg"u8, out ReadOnlySpan<byte> reg))
            return false;
        int entry = (addressCells + sizeCells) * 4;
        if (entry == 0 || reg.Length / entry <= index)
            return false;
        return TryCells(reg, index * entry, addressCells, out address) && TryCells(reg, index * entry + addressCells * 4, sizeCells, out size)
            && TryTranslate(bus, addressCells, ref address);
    }

    /// <summary>Reads entry <paramref name="index"/> of <c>interrupts</c>, taken as a GICv3's: three cells.</summary>
    /// <returns>False when there is no such entry, or it names no PPI and no SPI.</returns>
    public static bool TryGicInterrupt(this FdtNodeView node, int index, out FdtGicInterrupt interrupt)
    {
        interrupt = default;
        const int entry = 12;
        if (index < 0 || !node.TryProperty("interrupts"u8, out ReadOnlySpan<byte> list) || list.Length / entry <= index)
            return false;
        uint kind = BigEndian.Get32(list, index * entry);
        uint number = BigEndian.Get32(list, index * entry + 4);
        uint flags = BigEndian.Get32(list, index * entry + 8) & TriggerMask;
        if (kind == FdtGicInterrupt.Spi ? number >= GicIntId.MaxSpis : kind != FdtGicInterrupt.Ppi || number >= 16)
            return false;
        interrupt = new FdtGicInterrupt(number + (kind == FdtGicInterrupt.Spi ? GicIntId.FirstSpi : GicIntId.FirstPpi), (flags & EdgeMask) != 0);
        return true;
    }

    /// <summary>A CPU node's <c>reg</c>: its MPIDR affinity fields. It is no address, so nothing translates it.</summary>
    public static bool TryCpuId(this FdtNodeView node, out ulong id)
    {
        id = 0;
        return node.TryProperty("reg"u8, out ReadOnlySpan<byte> reg) && reg.Length is 4 or 8 && TryCells(reg, 0, reg.Length / 4, out id);
    }

    private static bool Cells(FdtNodeView bus, out int addressCells, out int sizeCells)
    {
        uint address = bus.TryCell("#address-cells"u8, out uint cells) ? cells : DefaultAddressCells;
        uint size = bus.TryCell("#size-cells"u8, out cells) ? cells : DefaultSizeCells;
        bool sane = address <= MaxCells && size <= MaxCells;
        addressCells = sane ? (int)address : 0;
        sizeCells = sane ? (int)size : 0;
        return sane;
    }

    private static bool TryTranslate(FdtNodeView bus, int childCells, ref ulong address)
    {
        // The root's addresses are the machine's; every bus below it maps its own to its parent's.
        for (FdtNodeView parent = bus.Parent; parent.Exists; bus = parent, parent = parent.Parent)
        {
            if (!bus.TryProperty("ranges"u8, out ReadOnlySpan<byte> ranges) || !Cells(parent, out int parentCells, out _)
                || !Cells(bus, out _, out int sizeCells))
                return false;
            // 2.3.8: an empty value maps every address to itself.
            if (!ranges.IsEmpty && !TryMap(ranges, childCells, parentCells, sizeCells, ref address))
                return false;
            childCells = parentCells;
        }
        return true;
    }

    private static bool TryMap(ReadOnlySpan<byte> ranges, int childCells, int parentCells, int sizeCells, ref ulong address)
    {
        int entry = (childCells + parentCells + sizeCells) * 4;
        for (int at = 0; entry != 0 && at <= ranges.Length - entry; at += entry)
        {
            if (!TryCells(ranges, at, childCells, out ulong child) || !TryCells(ranges, at + childCells * 4, parentCells, out ulong parent)
                || !TryCells(ranges, at + (childCells + parentCells) * 4, sizeCells, out ulong size))
                continue;
            if (address < child || address - child >= size)
                continue;
            address = parent + (address - child);
            return true;
        }
        return false;
    }

    // A number of up to four cells that fits 64 bits.
    private static bool TryCells(ReadOnlySpan<byte> value, int at, int cells, out ulong number)
    {
        number = 0;
        if (at > value.Length - cells * 4)
            return false;
        for (int index = 0; index < cells; index++)
        {
            if (number >> 32 != 0)
                return false;
            number = number << 32 | BigEndian.Get32(value, at + index * 4);
        }
        return true;
    }
}
