using AxVCpu.Software.Riscv64.Isa;

namespace AxVCpu.Software.Riscv64.Tests;

/// <summary>Builds a guest's page table in its memory, from 0x8010_0000 on.</summary>
internal sealed unsafe class GuestPageTable
{
    private readonly TestMachine _machine;
    private readonly int _levels;
    private ulong _free = TestMachine.RamBase + 0x10_0000;

    /// <summary>An empty table for satp mode 8, 9 or 10.</summary>
    public GuestPageTable(TestMachine machine, int mode)
    {
        _machine = machine;
        _levels = mode - 5;
        Root = Allocate();
        Satp = ((ulong)mode << 60) | (Root >> 12);
    }

    public ulong Root { get; }

    public ulong Satp { get; }

    public int Levels => _levels;

    /// <summary>The first address of the upper half.</summary>
    public ulong UpperHalf => ulong.MaxValue << (12 + (9 * _levels) - 1);

    /// <summary>A leaf for <paramref name="gpa"/>, or with other physical bits of a raw entry.</summary>
    public static ulong Leaf(ulong gpa, ulong bits) => ((gpa >> 12) << 10) | bits;

    /// <summary>Sets the leaf of <paramref name="va"/> at a level (0 is a page) and returns where it is.</summary>
    public ulong Map(ulong va, ulong entry, int level = 0)
    {
        ulong table = Root;
        for (int at = _levels - 1; ; at--)
        {
            ulong slot = table + (((va >> (12 + (9 * at))) & 0x1FF) * 8);
            if (at == level)
            {
                _machine.Word(slot) = entry;
                return slot;
            }

            if ((_machine.Word(slot) & PageTableEntry.V) == 0)
                _machine.Word(slot) = Leaf(Allocate(), PageTableEntry.V);
            table = PageTableEntry.AddressOf(_machine.Word(slot));
        }
    }

    /// <summary>Switches translation on, without any stale translation.</summary>
    public void Activate()
    {
        _machine.State->Satp = 0;
        PrivilegeMode mode = _machine.State->Mode;
        Assert.Equal(PrivilegeMode.Machine, mode);
        _machine.Write(Csr.satp, Satp);
    }

    private ulong Allocate()
    {
        ulong table = _free;
        _free += 4096;
        for (ulong i = 0; i < 512; i++)
            _machine.Word(table + (i * 8)) = 0;
        return table;
    }
}
