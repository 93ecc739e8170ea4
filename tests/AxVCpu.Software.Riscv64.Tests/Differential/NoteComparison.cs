using System.Buffers.Binary;
using System.Globalization;
using System.Text;
using AxVCpu.Software.Riscv64.Isa;

namespace AxVCpu.Software.Riscv64.Tests.Differential;

/// <summary>Compares what two runs of an image noted, and says where they part.</summary>
internal static class NoteComparison
{
    /// <summary>
    /// Makes "the float unit's state is dirty" out of "it is on" in every note: QEMU 7.2 does not count flags that a conversion or comparison
    /// raises as a change of the state (Privileged ISA, "Extension Context Status in mstatus Register").
    /// </summary>
    public static void ForgetFloatChanges(byte[] notes)
    {
        const ulong FS = 3UL << 13, SD = 1UL << 63;
        for (int at = TestLayout.NoteMstatus; at < notes.Length; at += TestLayout.NoteBytes)
        {
            Span<byte> field = notes.AsSpan(at, 8);
            ulong mstatus = BinaryPrimitives.ReadUInt64LittleEndian(field);
            BinaryPrimitives.WriteUInt64LittleEndian(field, (mstatus & FS) == 0 ? mstatus : mstatus | FS | SD);
        }
    }

    /// <summary>Null when they agree, else a message with the first sequence that differs and all that does in it.</summary>
    public static string? Find(TestImage image, string firstName, byte[] first, string secondName, byte[] second)
    {
        int expected = image.Sequences * TestLayout.NoteBytes;
        if (first.Length != expected || second.Length != expected)
            return $"{firstName} sent {first.Length} bytes, {secondName} {second.Length}; {expected} were to come";
        for (int sequence = 0; sequence < image.Sequences; sequence++)
        {
            int from = sequence * TestLayout.NoteBytes;
            ReadOnlySpan<byte> a = first.AsSpan(from, TestLayout.NoteBytes);
            ReadOnlySpan<byte> b = second.AsSpan(from, TestLayout.NoteBytes);
            if (!a.SequenceEqual(b))
                return Describe(image, sequence, firstName, a, secondName, b);
        }

        return null;
    }

    private static string Describe(TestImage image, int sequence, string firstName, ReadOnlySpan<byte> a, string secondName, ReadOnlySpan<byte> b)
    {
        StringBuilder text = new();
        text.Append(CultureInfo.InvariantCulture, $"sequence {sequence}\n");
        for (int at = 0; at < TestLayout.NoteBytes; at += 8)
        {
            ulong mine = BinaryPrimitives.ReadUInt64LittleEndian(a[at..]);
            ulong other = BinaryPrimitives.ReadUInt64LittleEndian(b[at..]);
            if (mine != other)
                text.Append(CultureInfo.InvariantCulture, $"  {Name(at)}: {firstName} {mine:x}, {secondName} {other:x}\n");
        }

        return text.Append(image.Disassemble(sequence)).ToString();
    }

    private static string Name(int at)
    {
        const int Places = TestLayout.NoteTraps;
        const int Values = Places + (8 * TestLayout.NotedTraps);
        return at switch
        {
            0 => "traps",
            < TestLayout.NoteFloats => RegisterNames.Integer(at / 8),
            < TestLayout.NoteFcsr => RegisterNames.Float((at - TestLayout.NoteFloats) / 8),
            TestLayout.NoteFcsr => "fcsr",
            TestLayout.NoteMstatus => "mstatus",
            TestLayout.NoteTrapHash => "hash of the traps",
            TestLayout.NoteDataHash => "hash of the memory",
            < Values => string.Create(CultureInfo.InvariantCulture, $"trap {(at - Places) / 8}: cause << 56 | mepc"),
            _ => string.Create(CultureInfo.InvariantCulture, $"trap {(at - Values) / 8}: mtval"),
        };
    }
}
