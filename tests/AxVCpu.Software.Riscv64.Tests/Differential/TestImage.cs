using System.Buffers.Binary;
using AxVCpu.Software.Riscv64.Isa;

namespace AxVCpu.Software.Riscv64.Tests.Differential;

/// <summary>Memory from the image's base on: harness, page tables, first registers and the sequences.</summary>
internal sealed class TestImage
{
    private const ulong LeafBits = 0xC1; // V A D
    private const ulong R = 2, W = 4, X = 8, U = 16;

    private readonly byte[] _bytes = new byte[TestLayout.ImageBytes];

    /// <summary>Makes an image of generated sequences.</summary>
    /// <param name="seed">Everything random comes from it.</param>
    /// <param name="sequences">At most <see cref="TestLayout.MaximumSequences"/>.</param>
    /// <param name="isa">What the sequences may use; everything else in the table appears as an illegal instruction.</param>
    /// <param name="except">Instructions to leave out.</param>
    public TestImage(int seed, int sequences, IsaExtensions isa, params ReadOnlySpan<OpCode> except)
    {
        var random = new Random(seed);
        Isa = isa;
        Sequences = sequences;
        AssembledProgram harness = Harness.Assemble(sequences, isa);
        harness.Code.CopyTo(_bytes, 0);
        WriteTables();
        random.NextBytes(_bytes.AsSpan((int)(TestLayout.DataPages - TestLayout.Image), TestLayout.DataPageCount * 4096));
        var generator = new SequenceGenerator(random, isa, except);
        ulong at = TestLayout.Code;
        Starts = new ulong[sequences + 1];
        for (int i = 0; i < sequences; i++)
        {
            Starts[i] = at;
            WriteStart(i, random, at);
            byte[] code = generator.Next(at, harness.Symbols["note"]);
            code.CopyTo(_bytes, (int)(at - TestLayout.Image));
            at += (ulong)code.Length;
        }

        Starts[sequences] = at;
        Rows = generator.Rows;
    }

    public IsaExtensions Isa { get; }

    public int Sequences { get; }

    /// <summary>Address of each sequence, and behind the last.</summary>
    public ulong[] Starts { get; }

    /// <summary>The rows of the table that occur.</summary>
    public IReadOnlySet<InstructionRow> Rows { get; }

    public ReadOnlySpan<byte> Bytes => _bytes;

    /// <summary>The instructions of a sequence, for a message.</summary>
    public string Disassemble(int sequence)
    {
        var text = new System.Text.StringBuilder();
        ulong at = Starts[sequence];
        while (at < Starts[sequence + 1])
        {
            uint bits = BinaryPrimitives.ReadUInt32LittleEndian(_bytes.AsSpan((int)(at - TestLayout.Image)));
            int length = Decoder.LengthOf(bits);
            text.Append(System.Globalization.CultureInfo.InvariantCulture, $"  {at:x}: {(length == 2 ? bits & 0xFFFF : bits):x8} {Disassembler.Format(bits, at, Isa)}\n");
            at += (ulong)length;
        }

        return text.ToString();
    }

    private void WriteStart(int index, Random random, ulong pc)
    {
        ulong block = TestLayout.Starts + (ulong)(index * TestLayout.StartBytes);
        for (int i = 1; i < 32; i++)
            Put(block + (ulong)(i * 8), SequenceGenerator.IsBase(i) ? TestLayout.Window + (ulong)(random.Next(0x200) * 8) + 0x800 : OperandValues.Integer(random));
        Put(block + (8 * SequenceGenerator.LoopCounter), 0);
        for (int i = 0; i < 32; i++)
            Put(block + TestLayout.StartFloats + (ulong)(i * 8), OperandValues.Float(random));
        Put(block + TestLayout.StartFcsr, (ulong)(random.Next(4) == 0 ? random.Next(256) : random.Next(5) << 5));

        // Previous mode S; the float unit mostly on; SUM and MXR at times.
        ulong mstatus = 0x800UL | (ulong)(random.Next(10) == 0 ? 0 : random.Next(1, 4)) << 13 | (ulong)random.Next(4) << 18;
        Put(block + TestLayout.StartMstatus, mstatus);
        Put(block + TestLayout.StartPc, pc);
    }

    private void WriteTables()
    {
        const ulong Root = TestLayout.Tables, WindowTable = Root + 0x1000, WindowPages = Root + 0x2000, ImageTable = Root + 0x3000, ImagePages = Root + 0x4000;
        PutTable(Root, 1, WindowTable);
        PutTable(Root, 2, ImageTable);
        PutTable(WindowTable, 0, WindowPages);
        PutLeaf(WindowTable, 1, TestLayout.Image, R | W);
        PutLeaf(WindowTable, 2, TestLayout.Clint, R | W);
        PutTable(ImageTable, 0, ImagePages);
        for (int i = 0; i < 512; i++)
            PutLeaf(ImagePages, i, TestLayout.Image + ((ulong)i << 12), R | W | X);
        PutLeaf(WindowPages, (int)DataPage.First, TestLayout.DataPages, R | W);
        PutLeaf(WindowPages, (int)DataPage.Second, TestLayout.DataPages + 0x1000, R | W);
        PutLeaf(WindowPages, (int)DataPage.ReadOnly, TestLayout.DataPages + 0x2000, R);
        PutLeaf(WindowPages, (int)DataPage.BehindUnmapped, TestLayout.DataPages + 0x3000, R | W);
        PutLeaf(WindowPages, (int)DataPage.AliasOfFirst, TestLayout.DataPages, R | W);
        PutLeaf(WindowPages, (int)DataPage.User, TestLayout.DataPages + 0x4000, R | W | U);
        PutLeaf(WindowPages, (int)DataPage.ExecuteOnly, TestLayout.DataPages + 0x5000, X);
        PutLeaf(WindowPages, (int)DataPage.Changing, TestLayout.DataPages + 0x6000, R | W);
    }

    private void PutTable(ulong table, int index, ulong next) => Put(table + (ulong)(index * 8), next >> 12 << 10 | 1);

    private void PutLeaf(ulong table, int index, ulong page, ulong rights) => Put(table + (ulong)(index * 8), page >> 12 << 10 | LeafBits | rights);

    private void Put(ulong address, ulong value) => BinaryPrimitives.WriteUInt64LittleEndian(_bytes.AsSpan((int)(address - TestLayout.Image)), value);
}
