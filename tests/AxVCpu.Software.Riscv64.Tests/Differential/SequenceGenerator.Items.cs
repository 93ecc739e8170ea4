using AxVCpu.Software.Riscv64.Isa;
using static AxVCpu.Software.Riscv64.Tests.Encode;

namespace AxVCpu.Software.Riscv64.Tests.Differential;

/// <content>Items of more than one instruction, each for something that a single random instruction would not meet.</content>
internal sealed partial class SequenceGenerator
{
    private const int PageSize = 4096;

    /// <summary>Points a base register somewhere: inside a page, at its end, to pages without rights, to no address at all.</summary>
    private void AddBase()
    {
        uint register = RandomBase(default);
        switch (_random.Next(12))
        {
            case 0: // an address that the translation mode has no room for
                Add(Lui(register, (uint)_random.Next() & 0x7FFF_F000));
                Add(I(0x13, 1, register, register, 30));
                break;
            case 1:
                Add(Addi(register, 0, _random.Next(-2048, 2048))); // nothing there
                break;
            default:
                (DataPage page, int offset) = _random.Next(10) switch
                {
                    < 4 => (Ordinary(), _random.Next(PageSize / 8) * 8),
                    4 => (Ordinary(), _random.Next(PageSize)),
                    5 or 6 => ((DataPage)_random.Next((int)DataPage.End + 1), _random.Next(-20, 20)),
                    7 => ((DataPage)_random.Next((int)DataPage.End), _random.Next(PageSize / 8) * 8),
                    _ => (Ordinary(), PageSize - _random.Next(1, 20)),
                };
                ulong address = TestLayout.Window + (ulong)((int)page * PageSize + offset);
                Add(Lui(register, (uint)(address + 0x800)));
                Add(Addi(register, register, (int)(address & 0xFFF) << 20 >> 20));
                break;
        }
    }

    private DataPage Ordinary() => _random.Next(4) switch { 0 => DataPage.Second, 1 => DataPage.AliasOfFirst, 2 => DataPage.BehindUnmapped, _ => DataPage.First };

    private void AddLoopStart(int item)
    {
        if (_loopStart >= 0 || item > Items - 4)
            return;
        Add(Addi(LoopCounter, 0, _random.Next(2, 40)));
        _loopStart = item + 1;
    }

    /// <summary>Back to the loop's start while the counter is positive.</summary>
    private void AddLoopEnd()
    {
        if (_loopStart < 0)
            return;
        Add(Addi(LoopCounter, LoopCounter, -1));
        _fixups.Add(new Fixup(_code.Count, _loopStart, _code.Count));
        Add(B(4, 0, LoopCounter, 0));
        _loopStart = -1;
    }

    /// <summary>Reserve and store until it succeeds, then a store that must fail for want of a reservation.</summary>
    private void AddReservationLoop()
    {
        if (!_isa.HasFlag(IsaExtensions.A))
            return;
        uint width = (uint)_random.Next(2, 4);
        uint temporary = RandomTemporary();
        uint address = temporary == 7 ? 6u : 7u;
        Add(Lui(address, (uint)TestLayout.Window + (uint)(_random.Next(2) * PageSize)));
        Add(Addi(address, address, _random.Next(256) * 8));
        uint ordering = (uint)_random.Next(4);
        Add(R(0x2F, width, 8 | ordering, temporary, address, 0));
        Add(Addi(temporary, temporary, _random.Next(-5, 6)));
        Add(R(0x2F, width, 12 | ordering, 30, address, temporary));
        Add(B(1, 30, 0, -12));
        Add(R(0x2F, width, 12, 29, address, temporary));
        if (width == 2)
            Saw("lr.w", "sc.w");
        else
            Saw("lr.d", "sc.d");
    }

    /// <summary>
    /// Writes an instruction over one that runs next, by its address or by another mapping of it, and runs it; then again with another one.
    /// </summary>
    private void AddCodeChange()
    {
        if (!_isa.HasFlag(IsaExtensions.Zifencei))
            return;
        uint result = _random.Next(2) == 0 ? 28u : 5u;
        uint word = Addi(result, result, _random.Next(-2048, 2048));
        int from = _code.Count;
        Add(Auipc(6));
        Add(Lui(7, word + 0x800));
        Add(Addi(7, 7, (int)(word & 0xFFF) << 20 >> 20));
        if (_random.Next(2) == 0)
        {
            Add(Lui(29, unchecked((uint)(TestLayout.Alias - TestLayout.Image))));
            Add(R(0x33, 0, 0, 6, 6, 29));
        }

        Add(Addi(30, 0, _random.Next(1, 4)));
        int top = _code.Count;
        Add(Sw(7, 6, (top + 2 - from) * 4));
        Add(0x100F); // fence.i
        Add(Addi(31, 31, 1)); // the one that is written over
        Add(Lui(29, 0x10_0000));
        Add(R(0x33, 0, 0, 7, 7, 29)); // the same with the next immediate
        Add(Addi(30, 30, -1));
        Add(B(4, 0, 30, (top - _code.Count) * 4));
        Saw("fence.i", "sw");
    }

    /// <summary>A call by register of an item further on.</summary>
    private void AddCall(int item)
    {
        int from = _code.Count;
        Add(Auipc(6));
        _fixups.Add(new Fixup(_code.Count, item + _random.Next(1, MaximumReach), from));
        switch (_random.Next(4))
        {
            case 0 when _isa.HasFlag(IsaExtensions.C):
                Add(Addi(6, 6, 0));
                Add(0x8002 | 6u << 7, 2);
                Saw("c.jr", "addi");
                break;
            case 1 when _isa.HasFlag(IsaExtensions.C):
                Add(Addi(6, 6, 0));
                Add(0x9002 | 6u << 7, 2);
                Saw("c.jalr", "addi");
                break;
            default:
                Add(Jalr(_random.Next(3) switch { 0 => 0u, 1 => Link, _ => 5u }, 6, 0));
                Saw("auipc", "jalr");
                break;
        }
    }

    private void AddSret()
    {
        Add(Addi(6, 0, 256));
        Add(Csrrs((uint)Csr.sstatus, 6));
        Add(Auipc(6));
        Add(Addi(6, 6, 16));
        Add(0x1073u | 6u << 15 | (uint)Csr.sepc << 20);
        Add(0x1020_0073);
        Saw("sret", "csrrs");
    }

    /// <summary>Gives a page of the window other memory, other rights or none, through the page tables' own mapping.</summary>
    private void AddTableChange()
    {
        const ulong Entry = TestLayout.Alias + (TestLayout.Tables - TestLayout.Image) + 0x2000 + ((ulong)DataPage.Changing * 8);
        uint rights = _random.Next(4) switch { 0 => 0u, 1 => 0xC3u, _ => 0xC7u };
        uint entry = (uint)((TestLayout.DataPages >> 12) + (ulong)_random.Next(2, 7)) << 10 | rights;
        Add(Lui(6, (uint)(Entry + 0x800)));
        Add(Addi(6, 6, (int)(Entry & 0xFFF) << 20 >> 20));
        Add(Lui(7, entry + 0x800));
        Add(Addi(7, 7, (int)(entry & 0xFFF) << 20 >> 20));
        Add(Sd(7, 6, 0));
        if (_random.Next(2) == 0)
        {
            Add(0x1200_0073); // sfence.vma
        }
        else
        {
            uint page = (uint)TestLayout.Window + ((uint)DataPage.Changing * PageSize);
            Add(Lui(6, page));
            Add(0x1200_0073 | 6u << 15);
        }

        Add(Lui(9, (uint)TestLayout.Window + ((uint)DataPage.Changing * PageSize)));
        Saw("sfence.vma", "sd");
    }

    /// <summary>A software interrupt of this hart: a store to a device, and an interrupt soon after it.</summary>
    private void AddInterruptRequest()
    {
        Add(Lui(6, (uint)TestLayout.ClintWindow));
        Add(Addi(7, 0, 1));
        Add(Sw(7, 6, 0));
    }

    /// <summary>A call of a page that cannot be executed; the handler goes back to the caller.</summary>
    private void AddJumpToNowhere()
    {
        DataPage page = _random.Next(3) switch { 0 => DataPage.First, 1 => DataPage.Unmapped, _ => DataPage.User };
        Add(Lui(6, (uint)TestLayout.Window + ((uint)page * PageSize)));
        Add(Jalr(Link, 6, _random.Next(0, 1000) * 2));
    }

    /// <summary>An encoding that means nothing.</summary>
    private void AddNothing()
    {
        switch (_random.Next(4))
        {
            case 0: Add(0, 2); break;
            case 1: Add(uint.MaxValue); break;
            case 2: Add(((uint)_random.Next() & ~0x7Fu) | 0x0B); break; // custom-0
            default: Add(R(0x53, (uint)_random.Next(5, 7), (uint)_random.Next(4) * 4, 5, 6, 7)); break; // fadd ... with a reserved rounding mode
        }
    }

    private void AddRoundingMode() => Add(0x5073u | (uint)_random.Next(8) << 15 | (uint)Csr.frm << 20);

    private static uint Csrrs(uint csr, uint rs1) => 0x2073u | rs1 << 15 | csr << 20;

    private static uint Auipc(uint rd) => 0x17u | rd << 7;

    private void Saw(params ReadOnlySpan<string> mnemonics)
    {
        foreach (string mnemonic in mnemonics)
            _rows.Add(InstructionTable.Find(mnemonic)!);
    }
}
