using AxVCpu.Memory;

namespace AxVCpu.Kvm;

/// <summary>
/// The address space of a sandbox. Guest-physical memory is one range: what the library needs, the code, the stack, the data. Guest-virtual
/// addresses are fixed; the pages between the areas are not there. User code can execute but not write the gate and its code, write but not
/// execute stack and data, and reach nothing else.
/// </summary>
internal sealed class SandboxLayout
{
    internal const ulong PageSize = 4096;

    internal const ulong Gate = 0x1000;
    internal const ulong System = 0x10_0000;
    internal const ulong Descriptors = System;
    internal const ulong Interrupts = System + PageSize;
    internal const ulong Stubs = System + (2 * PageSize);
    internal const ulong FaultStack = System + (3 * PageSize);
    internal const ulong FaultStackTop = FaultStack + PageSize;
    internal const ulong SystemEnd = FaultStackTop;
    internal const ulong Code = 0x40_0000;
    internal const ulong MaxCode = 32 << 20;
    internal const ulong StackTop = 0x400_0000;
    internal const ulong MaxStack = 16 << 20;
    internal const ulong Data = 0x800_0000;
    internal const ulong MaxData = 512 << 20;

    // Guest-physical: the tables of the three upper levels, then the pages of the library.
    private const ulong Root = 0;
    private const ulong Pointers = PageSize;
    private const ulong Directory = 2 * PageSize;
    private const ulong FirstTable = 3 * PageSize;
    private const ulong TableReach = 2 << 20;

    // Intel SDM volume 3, 4.5.
    private const ulong Present = 1 << 0;
    private const ulong Writable = 1 << 1;
    private const ulong User = 1 << 2;
    private const ulong NoExecute = 1UL << 63;

    private readonly Area[] _areas;
    private readonly int _tables;

    internal SandboxLayout(ulong codeBytes, ulong stackBytes, ulong dataBytes)
    {
        Area[] areas =
        [
            new(Gate, PageSize, 0, Present | User),
            new(System, SystemEnd - System, 0, Present | Writable),
            new(Code, PageUp(codeBytes), 0, Present | User),
            new(StackTop - PageUp(stackBytes), PageUp(stackBytes), 0, Present | User | Writable | NoExecute),
            new(Data, PageUp(dataBytes), 0, Present | User | Writable | NoExecute),
        ];
        _tables = areas.Where(area => area.Size != 0)
            .SelectMany(area => Enumerable.Range((int)(area.Start / TableReach), (int)(((area.End - 1) / TableReach) - (area.Start / TableReach)) + 1))
            .Distinct().Count();
        ulong at = FirstTable + ((ulong)_tables * PageSize);
        for (int i = 0; i < areas.Length; i++)
        {
            areas[i] = areas[i] with { Physical = at };
            at += areas[i].Size;
        }

        _areas = areas;
        Size = at;
    }

    /// <summary>Bytes of guest-physical memory, from address 0 on.</summary>
    internal ulong Size { get; }

    /// <summary>The guest-physical address of the page-table root.</summary>
    internal static ulong PageTableRoot => Root;

    /// <summary>Where user code may read, or write, an address range; false when it may not, or the range leaves its area.</summary>
    internal bool TryTranslateUser(ulong address, ulong size, bool write, out GuestPhysAddr physical)
    {
        foreach (Area area in _areas)
        {
            if ((area.Flags & User) != 0 && (!write || (area.Flags & Writable) != 0) && area.TryTranslate(address, size, out physical))
                return true;
        }

        physical = default;
        return false;
    }

    /// <summary>The guest-physical address of something of the library's or of the code.</summary>
    internal GuestPhysAddr Translate(ulong address)
    {
        foreach (Area area in _areas)
        {
            if (area.TryTranslate(address, 1, out GuestPhysAddr physical))
                return physical;
        }

        throw new ArgumentOutOfRangeException(nameof(address));
    }

    /// <summary>Writes the page tables.</summary>
    internal void WriteTables(GuestAddressSpace memory)
    {
        memory.WriteObject(new(Root), Pointers | Present | Writable | User);
        memory.WriteObject(new(Pointers), Directory | Present | Writable | User);
        var tables = new Dictionary<ulong, ulong>(_tables);
        foreach (Area area in _areas)
        {
            for (ulong offset = 0; offset < area.Size; offset += PageSize)
            {
                ulong address = area.Start + offset;
                ulong index = address / TableReach;
                if (!tables.TryGetValue(index, out ulong table))
                {
                    table = FirstTable + ((ulong)tables.Count * PageSize);
                    tables.Add(index, table);
                    memory.WriteObject(new(Directory + (index * 8)), table | Present | Writable | User);
                }

                memory.WriteObject(new(table + (address / PageSize % 512 * 8)), (area.Physical + offset) | area.Flags);
            }
        }
    }

    private static ulong PageUp(ulong size) => (size + (PageSize - 1)) & ~(PageSize - 1);

    private readonly record struct Area(ulong Start, ulong Size, ulong Physical, ulong Flags)
    {
        internal ulong End => Start + Size;

        internal bool TryTranslate(ulong address, ulong size, out GuestPhysAddr physical)
        {
            physical = new GuestPhysAddr(Physical + (address - Start));
            return address >= Start && address - Start < Size && size <= Size - (address - Start);
        }
    }
}
