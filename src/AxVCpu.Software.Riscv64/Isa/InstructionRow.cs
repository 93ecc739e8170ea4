using System.Globalization;
using System.Numerics;

namespace AxVCpu.Software.Riscv64.Isa;

/// <summary>Instruction bits that must not all have these values: <c>(bits &amp; Mask) != Value</c>.</summary>
internal readonly record struct Exclusion(uint Mask, uint Value);

/// <summary>One row of <see cref="InstructionTable"/>: an encoding, what it means and when it exists.</summary>
internal sealed class InstructionRow
{
    public InstructionRow(string mnemonic, string pattern, InstructionFormat format, OpCode code, IsaExtensions requires, string where, bool overrides, IsaExtensions or = IsaExtensions.None)
    {
        uint mask = 0;
        uint value = 0;
        int width = 0;
        foreach (char c in pattern)
        {
            if (c == ' ')
                continue;
            width++;
            mask = mask << 1 | (c == '.' ? 0u : 1u);
            value = value << 1 | (c == '1' ? 1u : 0u);
        }

        if (width != format.Width || mask != format.FixedMask)
            throw new ArgumentException($"{mnemonic}: pattern '{pattern}' does not fit layout '{format.Layout}'", nameof(pattern));
        Mnemonic = mnemonic;
        Mask = mask;
        Value = value;
        Format = format;
        Code = code;
        Requires = requires;
        Alternative = or;
        Overrides = overrides;
        Exclusions = Parse(where, format, mnemonic);
    }

    /// <summary>Name as assemblers write it, without ordering suffixes.</summary>
    public string Mnemonic { get; }

    /// <summary>Bits that <see cref="Value"/> fixes.</summary>
    public uint Mask { get; }

    /// <summary>Values of the fixed bits.</summary>
    public uint Value { get; }

    public InstructionFormat Format { get; }

    public OpCode Code { get; }

    /// <summary>All of these must be present, or <see cref="Alternative"/>.</summary>
    public IsaExtensions Requires { get; }

    /// <summary>Another extension with the same instruction: one of these is enough.</summary>
    public IsaExtensions Alternative { get; }

    /// <summary>Whether this row is a declared special case inside a more general row; it wins where both match.</summary>
    public bool Overrides { get; }

    /// <summary>Encodings inside the pattern that are something else or reserved. At most two.</summary>
    public Exclusion[] Exclusions { get; }

    /// <summary>Bytes in memory: 2 or 4.</summary>
    public int Length => Format.Width / 8;

    /// <summary>Whether a machine with these extensions has the instruction.</summary>
    public bool ExistsOn(IsaExtensions isa) => (isa & Requires) == Requires || (isa & Alternative) != 0;

    /// <summary>Whether the row, if its extensions are there, is the meaning of these bits.</summary>
    public bool Matches(uint bits)
    {
        if ((bits & Mask) != Value)
            return false;
        foreach (Exclusion exclusion in Exclusions)
        {
            if ((bits & exclusion.Mask) == exclusion.Value)
                return false;
        }

        return true;
    }

    private static Exclusion[] Parse(string where, InstructionFormat format, string mnemonic)
    {
        List<Exclusion> list = [];
        foreach (string clause in where.Split(' ', StringSplitOptions.RemoveEmptyEntries))
        {
            string[] sides = clause.Split("!=");
            uint mask = format.FieldMask(sides[0]);
            if (sides[1].EndsWith('b') && mask != 0)
            {
                list.Add(BitPattern(sides[1][..^1], BitOperations.TrailingZeroCount(mask)));
                continue;
            }

            uint number = uint.Parse(sides[1], CultureInfo.InvariantCulture);
            if (mask == 0 || (number != 0 && sides[0] != "rd"))
                throw new ArgumentException($"{mnemonic}: clause '{clause}' is not understood", nameof(where));
            list.Add(new Exclusion(mask, number == 0 ? 0 : format.Rd.Put(number)));
        }

        // Unprivileged ISA, "Floating-Point Control and Status Register": rounding modes 5 and 6 are reserved.
        if (format.HasRoundingMode)
        {
            list.Add(new Exclusion(format.Rm.Bits, format.Rm.Put(5)));
            list.Add(new Exclusion(format.Rm.Bits, format.Rm.Put(6)));
        }

        return [.. list];
    }

    /// <summary>A reserved value of a field as the low bits <c>1 0 x</c> of it, x for any.</summary>
    private static Exclusion BitPattern(string bits, int shift)
    {
        uint mask = 0;
        uint value = 0;
        foreach (char bit in bits)
        {
            mask = mask << 1 | (bit == 'x' ? 0u : 1u);
            value = value << 1 | (bit == '1' ? 1u : 0u);
        }

        return new Exclusion(mask << shift, value << shift);
    }
}
