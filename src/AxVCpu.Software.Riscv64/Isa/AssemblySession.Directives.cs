using System.Globalization;
using System.Numerics;

namespace AxVCpu.Software.Riscv64.Isa;

/// <content>Directives, with the meaning the GNU assembler gives them for RISC-V.</content>
internal sealed partial class AssemblySession
{
    private const uint Nop = 0x00000013;
    private const uint CompressedNop = 0x0001;

    private void ReadDirective(AssemblyStatement statement, string[] operands)
    {
        switch (statement.Name)
        {
            case ".byte":
                AddData(statement, operands, 1);
                break;
            case ".half" or ".short" or ".2byte":
                AddData(statement, operands, 2);
                break;
            case ".word" or ".long" or ".4byte":
                AddData(statement, operands, 4);
                break;
            case ".dword" or ".quad" or ".8byte":
                AddData(statement, operands, 8);
                break;
            case ".ascii":
                AddStrings(statement, operands, false);
                break;
            case ".asciz" or ".string":
                AddStrings(statement, operands, true);
                break;
            case ".align" or ".p2align":
                long power = Known(Operand(operands, 0, "an exponent of two"));
                AddAlignment(statement, power is >= 0 and <= 20 ? 1L << (int)power : 0);
                break;
            case ".balign":
                AddAlignment(statement, Known(Operand(operands, 0, "a number of bytes")));
                break;
            case ".space" or ".zero" or ".skip":
                AddFill(statement, Known(Operand(operands, 0, "a number of bytes")), operands.Length > 1 ? Known(operands[1]) : 0);
                break;
            case ".org":
                AddOrigin(statement, Known(Operand(operands, 0, "an address")));
                break;
            case ".equ" or ".set" or ".equiv":
                Set(statement, Operand(operands, 0, "a name and a value"), Operand(operands, 1, "a name and a value"));
                break;
            case ".text":
                _isText = true;
                break;
            case ".data" or ".bss" or ".rodata":
                _isText = false;
                break;
            case ".section":
                _isText = Operand(operands, 0, "a name").StartsWith(".text", StringComparison.Ordinal);
                break;
            case ".option":
                if (Operand(operands, 0, "an option") is not ("rvc" or "norvc" or "push" or "pop" or "relax" or "norelax" or "pic" or "nopic"))
                    throw new AssemblySyntaxException($".option {operands[0]} is not known (rvc norvc push pop relax norelax)");
                break;
            case ".globl" or ".global" or ".local" or ".weak" or ".type" or ".size" or ".file" or ".attribute" or ".ident":
                break;
            default:
                throw new AssemblySyntaxException($"directive {statement.Name} is not known");
        }
    }

    private static string Operand(string[] operands, int index, string what) => index < operands.Length && operands[index].Length != 0
        ? operands[index]
        : throw new AssemblySyntaxException($"{what} is expected");

    /// <summary>A value that decides about sizes, so it must be known in the first pass.</summary>
    private long Known(string expression) => AssemblyExpression.TryEvaluate(expression, this, out long value, out string? missing)
        ? value
        : throw new AssemblySyntaxException($"the value must be known here, '{missing}' is defined later or not at all");

    private void AddData(AssemblyStatement statement, string[] operands, int width)
    {
        foreach (string operand in operands)
        {
            Add(statement, width, _ =>
            {
                long value = AssemblyExpression.Evaluate(operand, this);
                int bits = 8 * width;
                if (bits < 64 && (value < -(1L << (bits - 1)) || value >= 1L << bits))
                    throw new AssemblySyntaxException(string.Create(CultureInfo.InvariantCulture, $"{value} does not fit in {width} bytes"));
                Put((ulong)value, width);
            });
        }
    }

    private void AddStrings(AssemblyStatement statement, string[] operands, bool terminate)
    {
        Operand(operands, 0, "a string in double quotes");
        foreach (string operand in operands)
        {
            byte[] bytes = AssemblySource.StringBytes(operand);
            Add(statement, bytes.Length + (terminate ? 1 : 0), _ =>
            {
                _image.AddRange(bytes);
                if (terminate)
                    _image.Add(0);
            });
        }
    }

    private void AddFill(AssemblyStatement statement, long size, long value) => Add(statement, size, item =>
    {
        for (int i = 0; i < item.Size; i++)
            _image.Add((byte)value);
    });

    private void AddOrigin(AssemblyStatement statement, long address)
    {
        if ((ulong)address < _pc)
            throw new AssemblySyntaxException(string.Create(CultureInfo.InvariantCulture, $".org 0x{address:x} lies before the current address 0x{_pc:x}"));
        AddFill(statement, address - (long)_pc, 0);
    }

    /// <summary>Between instructions the gap is filled with nops, because execution may run through it.</summary>
    private void AddAlignment(AssemblyStatement statement, long alignment)
    {
        if (alignment <= 0 || !BitOperations.IsPow2(alignment))
            throw new AssemblySyntaxException("the alignment must be a power of two (.align takes the exponent, 0 to 20)");
        long size = (long)(0 - _pc & (ulong)(alignment - 1));
        bool isText = _isText;
        Add(statement, size, item =>
        {
            int left = item.Size;
            for (; left % 2 != 0 || (left != 0 && !isText); left--)
                _image.Add(0);
            if (left % 4 != 0)
            {
                Put(CompressedNop, 2);
                left -= 2;
            }

            for (; left != 0; left -= 4)
                Put(Nop, 4);
        });
    }

    private void Set(AssemblyStatement statement, string name, string expression)
    {
        if (!name.All(AssemblySource.IsSymbolCharacter) || char.IsAsciiDigit(name[0]))
            throw new AssemblySyntaxException($"'{name}' cannot be the name of a symbol");
        if (AssemblyExpression.TryEvaluate(expression, this, out long value, out _))
            _symbols[name] = value;
        else
            _lateSets.Add((statement, name, expression, _ordinal, _pc));
    }
}
