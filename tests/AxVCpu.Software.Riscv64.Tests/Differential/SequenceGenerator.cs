using AxVCpu.Software.Riscv64.Isa;
using static AxVCpu.Software.Riscv64.Tests.Encode;

namespace AxVCpu.Software.Riscv64.Tests.Differential;

/// <summary>
/// Random sequences over the rows of the instruction table. They end, whatever traps, and read and write nothing but the pages made for them:
/// base registers hold nothing but addresses of the window, and loops count down a register of their own.
/// </summary>
/// <remarks>A sequence is a list of items; control goes from the start of one to the start of another only.</remarks>
internal sealed partial class SequenceGenerator
{
    /// <summary>Counts the rounds of the loop that is open; positive inside one only.</summary>
    public const int LoopCounter = 4;

    private const int Link = 1;
    private const int Items = 48;
    private const int MaximumReach = 6;

    private static readonly InstructionRow[] s_rows = [.. InstructionTable.Rows];
    private static readonly InstructionRow[] s_memoryRows = [.. InstructionTable.Rows.ToArray().Where(IsMemory)];

    private readonly Random _random;
    private readonly IsaExtensions _isa;
    private readonly HashSet<OpCode> _except;
    private readonly HashSet<InstructionRow> _rows = [];
    private readonly List<(uint Bits, int Length)> _code = [];
    private readonly List<Fixup> _fixups = [];
    private int _loopStart = -1;

    public SequenceGenerator(Random random, IsaExtensions isa, ReadOnlySpan<OpCode> except)
    {
        _random = random;
        _isa = isa;
        // Alone they would leave the mode, or succeed by chance; items of their own have them.
        _except = [.. except, OpCode.Sret, OpCode.ScW, OpCode.ScD];
    }

    /// <summary>A place in the code that is to get the distance to an item.</summary>
    private readonly record struct Fixup(int Index, int Item, int FromIndex);

    /// <summary>What was generated so far.</summary>
    public IReadOnlySet<InstructionRow> Rows => _rows;

    /// <summary>Whether a register holds addresses of the window and nothing else.</summary>
    public static bool IsBase(int register) => register is 2 or 3 or 8 or 9;

    /// <summary>The code of a sequence at an address, which ends with a jump to <paramref name="end"/>.</summary>
    public byte[] Next(ulong at, ulong end)
    {
        while (true)
        {
            _code.Clear();
            _fixups.Clear();
            _loopStart = -1;
            List<int> starts = [];
            for (int item = 0; item < Items; item++)
            {
                starts.Add(_code.Count);
                AddItem(item);
            }

            for (int item = 0; item < MaximumReach; item++)
            {
                starts.Add(_code.Count);
                Add(0x13);
            }

            starts.Add(_code.Count);
            int[] offsets = new int[_code.Count + 1];
            for (int i = 0; i < _code.Count; i++)
                offsets[i + 1] = offsets[i] + _code[i].Length;
            if (!Resolve(starts, offsets))
                continue;
            Add(Jal(0, (int)(end - (at + (ulong)offsets[^1]))));
            List<byte> bytes = [];
            foreach ((uint bits, int length) in _code)
            {
                for (int i = 0; i < length; i++)
                    bytes.Add((byte)(bits >> (8 * i)));
            }

            return [.. bytes];
        }
    }

    private static bool IsMemory(InstructionRow row) => row.Format.Syntax.Any(kind =>
        kind is OperandKind.Memory or OperandKind.MemorySp or OperandKind.Address) && row.Code != OpCode.Jalr;

    /// <summary>Puts the distances in; false when one does not fit its field.</summary>
    private bool Resolve(List<int> starts, int[] offsets)
    {
        foreach (Fixup fixup in _fixups)
        {
            (uint bits, int length) = _code[fixup.Index];
            InstructionRow row = Row(bits, length)!;
            long distance = offsets[starts[fixup.Item]] - offsets[fixup.FromIndex];
            if (!row.Format.ImmediateFits(distance))
                return false;
            bits = (bits & ~row.Format.FieldMask("imm")) | row.Format.PutImmediate(distance);
            if (!row.Matches(bits))
                return false;
            _code[fixup.Index] = (bits, length);
        }

        return true;
    }

    private static InstructionRow? Row(uint bits, int length) => s_rows
        .Where(row => row.Length == length && row.Matches(bits)).OrderByDescending(row => row.Overrides).FirstOrDefault();

    private void AddItem(int item)
    {
        switch (_random.Next(40))
        {
            case < 10: AddRow(s_memoryRows[_random.Next(s_memoryRows.Length)], item); break;
            case < 14: AddBase(); break;
            case 14: AddLoopStart(item); break;
            case 15: AddLoopEnd(); break;
            case 16: AddReservationLoop(); break;
            case 17: AddCodeChange(); break;
            case 18: AddCall(item); break;
            case 19: AddSret(); break;
            case 20: AddTableChange(); break;
            case 21: AddInterruptRequest(); break;
            case 22: AddJumpToNowhere(); break;
            case 23: AddNothing(); break;
            case 24: AddRoundingMode(); break;
            default: AddRow(s_rows[_random.Next(s_rows.Length)], item); break;
        }
    }

    /// <summary>One instruction of a row with random operands.</summary>
    private void AddRow(InstructionRow row, int item)
    {
        // Rare, because each stops until the next interrupt.
        if (_except.Contains(row.Code) || (row.Code == OpCode.Wfi && _random.Next(4) != 0))
            return;
        InstructionFormat format = row.Format;
        if (!row.ExistsOn(_isa) && format.Syntax.Contains(OperandKind.Target))
            return;
        for (int attempt = 0; attempt < 100; attempt++)
        {
            uint bits = row.Value | ((uint)_random.NextInt64() & ~row.Mask);
            if (row.Length == 2)
                bits &= 0xFFFF;
            bool isMemory = IsMemory(row);
            if (isMemory && format.Rs1.Mask != 0)
                bits = (bits & ~format.Rs1.Bits) | format.Rs1.Put(RandomBase(format.Rs1));
            if (format.Syntax.Contains(OperandKind.CsrName))
                ChooseCsr(row.Code, ref bits);
            if (Row(bits, row.Length) != row)
                continue;
            uint rd = format.Rd.Get(bits);
            if (row.Code == OpCode.Jalr || (format.HasIntegerRd && (IsBase((int)rd) || rd == LoopCounter) && !(row.Length == 2 && format.Rd.Mask == 0)))
                continue;
            // The other half of a pair is written, too.
            if (row.Code == OpCode.AmocasQ && (IsBase((int)rd + 1) || rd + 1 == LoopCounter))
                continue;
            if (format.Syntax.Contains(OperandKind.Target))
                _fixups.Add(new Fixup(_code.Count, item + _random.Next(1, row.Length == 2 ? 4 : MaximumReach), _code.Count));
            _rows.Add(row);
            Add(bits, row.Length);
            return;
        }
    }

    private uint RandomBase(BitField field) => _random.Next(field.Base == 0 ? 4 : 2) switch { 0 => 8u, 1 => 9u, 2 => 2u, _ => 3u };

    private void ChooseCsr(OpCode code, ref uint bits)
    {
        ReadOnlySpan<Csr> free = [Csr.fflags, Csr.frm, Csr.fcsr, Csr.sscratch, Csr.stval, Csr.fflags, Csr.fcsr];
        ReadOnlySpan<Csr> refused = [Csr.mscratch, Csr.mstatus, Csr.mepc, (Csr)0x7C0, (Csr)0x400];
        ReadOnlySpan<Csr> readable = [Csr.satp, Csr.sepc, Csr.scounteren];
        bool isImmediate = code is OpCode.Csrrwi or OpCode.Csrrsi or OpCode.Csrrci;
        Csr csr;
        switch (_random.Next(8))
        {
            case 0:
                csr = refused[_random.Next(refused.Length)];
                break;
            case 1 when code is not (OpCode.Csrrw or OpCode.Csrrwi):
                csr = readable[_random.Next(readable.Length)];
                bits &= ~(31u << 15);
                break;
            case 2 when isImmediate && code != OpCode.Csrrwi:
                csr = Csr.sstatus;
                break;
            default:
                csr = free[_random.Next(free.Length)];
                break;
        }

        bits = (bits & 0x000F_FFFF) | (uint)csr << 20;
    }

    private void Add(uint bits, int length = 4) => _code.Add((bits, length));

    private uint RandomTemporary() => (uint)_random.Next(4) switch { 0 => 5u, 1 => 6u, 2 => 7u, _ => 28u };
}
