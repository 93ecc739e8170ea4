using System.Globalization;
using System.Numerics;

namespace AxVCpu.Software.Riscv64.Isa;

/// <summary>One run of <see cref="Assembler"/>. The first pass fixes sizes and labels, the second evaluates operands and emits.</summary>
internal sealed partial class AssemblySession : ISymbolSource
{
    /// <summary>A wrong .space or .org must not eat the host's memory.</summary>
    private const long MaxImage = 256 << 20;

    /// <summary>What a statement leaves for the second pass: a size that is already counted and how to fill it.</summary>
    private readonly record struct Item(AssemblyStatement Statement, int Ordinal, ulong Address, int Size, Action<Item> Emit);

    private readonly Dictionary<string, long> _symbols = [];
    private readonly Dictionary<string, List<(int Ordinal, ulong Address)>> _localLabels = [];
    private readonly List<(AssemblyStatement Statement, string Name, string Expression, int Ordinal, ulong Address)> _lateSets = [];
    private readonly Dictionary<long, long> _pcRelTargets = [];
    private readonly List<Item> _items = [];
    private readonly List<byte> _image = [];
    private readonly ulong _baseAddress;
    private readonly string _fileName;
    private readonly IsaExtensions _isa;
    private ulong _pc;
    private int _ordinal;
    private bool _isText = true;
    private bool _isLastPass;

    public AssemblySession(ulong baseAddress, string fileName, IsaExtensions isa)
    {
        _baseAddress = baseAddress;
        _fileName = fileName;
        _isa = isa;
        _pc = baseAddress;
    }

    public AssembledProgram Assemble(string source)
    {
        AssemblyStatement current = default;
        try
        {
            foreach (AssemblyStatement statement in AssemblySource.Statements(source))
            {
                current = statement;
                _ordinal++;
                foreach (string label in statement.Labels)
                    DefineLabel(label);
                if (statement.Name.Length != 0)
                    Read(statement);
            }

            foreach ((AssemblyStatement statement, string name, string expression, int ordinal, ulong address) in _lateSets)
            {
                current = statement;
                (_ordinal, _pc) = (ordinal, address);
                _symbols[name] = AssemblyExpression.Evaluate(expression, this);
            }

            _isLastPass = true;
            foreach (Item item in _items)
            {
                current = item.Statement;
                (_ordinal, _pc) = (item.Ordinal, item.Address);
                item.Emit(item);
            }
        }
        catch (AssemblySyntaxException problem)
        {
            throw new AssemblerException(_fileName, current.Line, current.Text, problem.Message);
        }

        return new AssembledProgram(_image.ToArray(), _baseAddress, _symbols.ToDictionary(pair => pair.Key, pair => (ulong)pair.Value));
    }

    /// <inheritdoc/>
    public bool TryGet(string name, out long value)
    {
        if (name == ".")
        {
            value = (long)_pc;
            return true;
        }

        if (char.IsAsciiDigit(name[0]))
            return TryLocal(name, out value);
        if (_symbols.TryGetValue(name, out value))
            return true;
        if (_isLastPass && (RegisterNames.TryInteger(name, out _) || RegisterNames.TryFloat(name, out _)))
            throw new AssemblySyntaxException($"a number or symbol is expected, not the register '{name}'");
        return false;
    }

    /// <inheritdoc/>
    public long Relocate(string name, long value)
    {
        switch (name)
        {
            case "%hi":
                return Upper(value, "%hi");
            case "%lo":
                return Low(value);
            case "%pcrel_hi":
                _pcRelTargets[(long)_pc] = value;
                return Upper(value - (long)_pc, "%pcrel_hi");
            case "%pcrel_lo":
                return _pcRelTargets.TryGetValue(value, out long target)
                    ? Low(target - value)
                    : throw new AssemblySyntaxException("%pcrel_lo takes the label of an earlier auipc with %pcrel_hi");
            default:
                throw new AssemblySyntaxException($"'{name}' is not known (%hi, %lo, %pcrel_hi, %pcrel_lo)");
        }
    }

    /// <summary>The part lui or auipc supplies when the low 12 bits are added with their sign.</summary>
    private static long Upper(long value, string what)
    {
        long rounded = value + 0x800;
        if (rounded is < int.MinValue or > int.MaxValue)
            throw new AssemblySyntaxException($"{what}: 0x{value:x} is out of reach of 32 bits (use la or li)");
        return rounded >> 12 & 0xFFFFF;
    }

    private static long Low(long value) => value << 52 >> 52;

    private bool TryLocal(string name, out long value)
    {
        value = 0;
        if (!_localLabels.TryGetValue(name[..^1], out List<(int Ordinal, ulong Address)>? places))
            return false;
        bool forward = name[^1] == 'f';
        bool found = false;
        foreach ((int ordinal, ulong address) in places)
        {
            if (forward ? ordinal > _ordinal && !found : ordinal <= _ordinal)
            {
                value = (long)address;
                found = true;
            }
        }

        return found;
    }

    private void DefineLabel(string label)
    {
        if (char.IsAsciiDigit(label[0]))
        {
            if (!label.All(char.IsAsciiDigit))
                throw new AssemblySyntaxException($"label '{label}' begins with a digit but is not a number");
            if (!_localLabels.TryGetValue(label, out List<(int, ulong)>? places))
                _localLabels[label] = places = [];
            places.Add((_ordinal, _pc));
            return;
        }

        if (!_symbols.TryAdd(label, (long)_pc))
            throw new AssemblySyntaxException($"symbol '{label}' is defined twice");
    }

    private void Add(AssemblyStatement statement, long size, Action<Item> emit)
    {
        if (size < 0 || (long)(_pc - _baseAddress) + size > MaxImage)
            throw new AssemblySyntaxException(string.Create(CultureInfo.InvariantCulture, $"the image would be larger than {MaxImage >> 20} MiB"));
        _items.Add(new Item(statement, _ordinal, _pc, (int)size, emit));
        _pc += (ulong)size;
    }

    private void Read(AssemblyStatement statement)
    {
        string[] operands = AssemblySource.SplitOperands(statement.Operands);
        if (statement.Name[0] == '.')
            ReadDirective(statement, operands);
        else if (!TryReadSequence(statement, operands))
            AddInstruction(statement, statement.Name, operands);
    }

    /// <summary>The pseudo-instructions that stand for more than one instruction.</summary>
    private bool TryReadSequence(AssemblyStatement statement, string[] operands)
    {
        switch (statement.Name, operands.Length)
        {
            case ("li", 2):
                if (!AssemblyExpression.TryEvaluate(operands[1], this, out long value, out string? missing))
                    throw new AssemblySyntaxException($"li needs a value known here, '{missing}' is not (use la for an address)");
                foreach ((string mnemonic, string sources) in LoadImmediate(operands[0], value))
                    AddInstruction(statement, mnemonic, AssemblySource.SplitOperands(sources));
                return true;
            case ("la" or "lla", 2):
                AddPcRelative(statement, operands[1], operands[0], "addi", pointer => [operands[0], pointer, ""]);
                return true;
            case ("call", 1):
                AddPcRelative(statement, operands[0], "ra", "jalr", pointer => ["ra", $"({pointer})"]);
                return true;
            case ("tail", 1):
                AddPcRelative(statement, operands[0], "t1", "jalr", pointer => ["zero", $"({pointer})"]);
                return true;
            default:
                return false;
        }
    }

    /// <summary>auipc and a second instruction that adds the low 12 bits, as an immediate operand or an address offset.</summary>
    private void AddPcRelative(AssemblyStatement statement, string target, string pointer, string second, Func<string, string[]> operands)
    {
        InstructionRow high = InstructionTable.Find("auipc")!;
        InstructionRow low = InstructionTable.Find(second)!;
        Add(statement, 8, item =>
        {
            long distance = AssemblyExpression.Evaluate(target, this) - (long)item.Address;
            string upper = Upper(distance, statement.Name).ToString(CultureInfo.InvariantCulture);
            string lower = Low(distance).ToString(CultureInfo.InvariantCulture);
            string[] written = operands(pointer);
            written[^1] = lower + written[^1];
            Put(OperandEncoder.Encode(high, 0, [pointer, upper], item.Address, this), 4);
            Put(OperandEncoder.Encode(low, 0, written, item.Address + 4, this), 4);
        });
    }

    private void AddInstruction(AssemblyStatement statement, string mnemonic, string[] operands)
    {
        InstructionRow? row = InstructionTable.Find(mnemonic);
        uint ordering = 0;
        if (row is null)
        {
            (string name, ordering) = SplitOrdering(mnemonic);
            row = InstructionTable.Find(name) is { Format.HasOrdering: true } atomic ? atomic : null;
        }

        if ((row is null || row.Format.Syntax.Length != operands.Length) && PseudoInstructions.Find(mnemonic, operands.Length) is { } pseudo)
        {
            operands = PseudoInstructions.Expand(pseudo, operands);
            row = InstructionTable.Find(pseudo.Target)!;
        }

        if (row is null)
        {
            throw new AssemblySyntaxException(PseudoInstructions.Knows(mnemonic)
                ? $"'{mnemonic}' does not take {operands.Length} operands"
                : $"instruction '{mnemonic}' is not known");
        }

        if (!row.ExistsOn(_isa))
            throw new AssemblySyntaxException($"'{mnemonic}' needs {row.Requires & ~_isa}, which {IsaString.Format(_isa)} lacks");
        Add(statement, row.Length, item => Put(OperandEncoder.Encode(row, ordering, operands, item.Address, this), row.Length));
    }

    private static (string Name, uint Ordering) SplitOrdering(string mnemonic)
    {
        foreach ((string suffix, uint value) in (ReadOnlySpan<(string, uint)>)[(".aqrl", 3), (".aq", 2), (".rl", 1)])
        {
            if (mnemonic.EndsWith(suffix, StringComparison.Ordinal))
                return (mnemonic[..^suffix.Length], value);
        }

        return (mnemonic, 0);
    }

    /// <summary>
    /// Any 64-bit constant: 12 bits with addi, 32 with lui and addiw, more by making the upper part, shifting and adding the low 12 bits.
    /// </summary>
    private static List<(string Mnemonic, string Operands)> LoadImmediate(string rd, long value)
    {
        List<(string, string)> sequence = [];
        Build(value);
        return sequence;

        void Build(long part)
        {
            long low = Low(part);
            if (part == low)
            {
                sequence.Add(("addi", $"{rd},zero,{part}"));
                return;
            }

            if (part is >= int.MinValue and <= int.MaxValue)
            {
                sequence.Add(("lui", $"{rd},{part + 0x800 >> 12 & 0xFFFFF}"));
                if (low != 0)
                    sequence.Add(("addiw", $"{rd},{rd},{low}"));
                return;
            }

            // Wraps for values next to 2^63, where the shift drops the bit again.
            long high = unchecked(part - low) >> 12;
            int zeros = BitOperations.TrailingZeroCount(high);
            Build(high >> zeros);
            sequence.Add(("slli", $"{rd},{rd},{12 + zeros}"));
            if (low != 0)
                sequence.Add(("addi", $"{rd},{rd},{low}"));
        }
    }

    private void Put(ulong value, int bytes)
    {
        for (int i = 0; i < bytes; i++)
            _image.Add((byte)(value >> (8 * i)));
    }
}
