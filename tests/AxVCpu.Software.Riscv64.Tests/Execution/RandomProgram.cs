using AxVCpu.Software.Riscv64.Isa;
using static AxVCpu.Software.Riscv64.Tests.Encode;

namespace AxVCpu.Software.Riscv64.Tests;

/// <summary>
/// A bare-metal program of random instructions for the <c>virt</c> machine. It notes all registers every so often, and at the end sends the
/// notes and its data byte by byte to the UART and powers off. x1 points at the notes, x3 at the data; x2 and x4 belong to the trap handler,
/// which mixes the cause into a word and goes on behind the instruction.
/// </summary>
internal static class RandomProgram
{
    public const ulong Uart = 0x1000_0000;
    public const ulong Syscon = 0x10_0000;
    public const int NoteBytes = 8 * 64;

    private const ulong Entry = GuestBoard.RamBase;
    private const ulong Body = Entry + 0x1000;
    private const ulong Data = Entry + 0x8_0000;
    private const ulong Notes = Data + 0x1000;
    private const int InstructionsPerNote = 32;
    private const uint Mstatus = 0x300, Mtvec = 0x305, Mepc = 0x341, Mcause = 0x342, Fcsr = 3;

    private static readonly ulong[] s_doubles =
    [
        0, 0x8000_0000_0000_0000, 0x3FF0_0000_0000_0000, 0xBFF0_0000_0000_0000, 0x7FF0_0000_0000_0000, 0xFFF0_0000_0000_0000,
        0x7FF8_0000_0000_0000, 0x7FF0_0000_0000_0001, 1, 0x000F_FFFF_FFFF_FFFF, 0x0010_0000_0000_0000, 0x7FEF_FFFF_FFFF_FFFF,
        0x43E0_0000_0000_0000, 0xC3E0_0000_0000_0000, 0x41DF_FFFF_FFC0_0000, 0x3FE0_0000_0000_0000, 0x3CA0_0000_0000_0000,
    ];

    private static readonly uint[] s_singles =
    [
        0, 0x8000_0000, 0x3F80_0000, 0xBF80_0000, 0x7F80_0000, 0xFF80_0000, 0x7FC0_0000, 0x7F80_0001, 1, 0x007F_FFFF, 0x0080_0000,
        0x7F7F_FFFF, 0x4F00_0000, 0xDF00_0000, 0x3F00_0000, 0x3300_0000,
    ];

    /// <summary>Memory from 0x8000_0000 on, and how many bytes the program sends.</summary>
    public static byte[] Create(int seed, int instructions, out int sends)
    {
        var random = new Random(seed);
        var image = new byte[Notes - Entry];
        random.NextBytes(image.AsSpan((int)(Data - Entry), 0x1000));
        for (int i = 0; i < 32; i++)
        {
            Put(image, Data + (ulong)(i * 8), Integer(random));
            Put(image, Data + 256 + (ulong)(i * 8), Float(random));
        }

        List<byte> body = [];
        int notes = 0;
        for (int i = 0; i < instructions; i++)
        {
            if (i % InstructionsPerNote == 0)
            {
                Note(body);
                notes++;
            }

            Append(body, Next(random));
        }

        Note(body);
        notes++;
        int length = 0x1000 + (notes * NoteBytes);
        sends = length;
        Epilogue(body, length);
        body.CopyTo(image, (int)(Body - Entry));
        if ((ulong)body.Count > Data - Body)
            throw new ArgumentOutOfRangeException(nameof(instructions));
        Prologue().CopyTo(image.AsSpan());
        return image;
    }

    private static byte[] Prologue()
    {
        uint[] handler =
        [
            Csrr(4, Mcause),
            Ld(2, 3, 2040),
            R(0x33, 0, 0, 2, 2, 2),
            R(0x33, 0, 0, 2, 2, 4),
            Sd(2, 3, 2040),
            Csrr(4, Mepc),
            I(0x03, 5, 2, 4, 0), // lhu
            I(0x13, 7, 2, 2, 3),
            Addi(2, 2, -3),
            Addi(4, 4, 2),
            B(1, 2, 0, 8),
            Addi(4, 4, 2),
            Csrw(Mepc, 4),
            0x3020_0073,
        ];
        List<uint> code =
        [
            Auipc(5, 0),
            Addi(5, 5, 16),
            Csrw(Mtvec, 5),
            Jal(0, 4 + (handler.Length * 4)),
            .. handler,
            Lui(5, 0x6000),
            0x2073u | 5u << 15 | Mstatus << 20, // FS on
        ];
        Address(code, 1, Notes);
        Address(code, 3, Data);
        for (uint i = 0; i < 32; i++)
            code.Add(I(0x07, 3, i, 3, (int)(256 + (i * 8))));
        for (uint i = 5; i < 32; i++)
            code.Add(Ld(i, 3, (int)(i * 8)));
        code.Add(Lui(2, 0x1000));
        code.Add(Addi(2, 2, -2048));
        code.Add(R(0x33, 0, 0, 3, 3, 2)); // the middle of the data page
        code.Add(Jal(0, (int)(Body - Entry) - (code.Count * 4)));
        List<byte> bytes = [];
        foreach (uint word in code)
            AppendWord(bytes, word);
        return [.. bytes];
    }

    private static void Note(List<byte> body)
    {
        for (uint i = 5; i < 32; i++)
            AppendWord(body, Sd(i, 1, (int)(i * 8)));
        AppendWord(body, Csrr(2, Fcsr));
        AppendWord(body, Sd(2, 1, 0));
        for (uint i = 0; i < 32; i++)
            AppendWord(body, S(3, 1, i, (int)(256 + (i * 8))) | 4); // fsd
        AppendWord(body, Addi(1, 1, NoteBytes));
    }

    private static void Epilogue(List<byte> body, int length)
    {
        List<uint> code = [];
        Address(code, 3, Data);
        code.Add(Lui(5, (uint)(length + 0x800) & 0xFFFF_F000));
        code.Add(Addi(5, 5, length << 20 >> 20));
        code.Add(R(0x33, 0, 0, 5, 5, 3));
        code.Add(Lui(6, (uint)Uart));
        code.Add(I(0x03, 4, 7, 3, 0)); // lbu
        code.Add(S(0, 6, 7, 0));
        code.Add(Addi(3, 3, 1));
        code.Add(B(1, 3, 5, -12));
        code.Add(Lui(6, (uint)Syscon));
        code.Add(Lui(7, 0x5000));
        code.Add(Addi(7, 7, 0x555));
        code.Add(Sw(7, 6, 0));
        code.Add(Jal(0, 0));
        foreach (uint word in code)
            AppendWord(body, word);
    }

    private static (uint Bits, int Length) Next(Random random)
    {
        ReadOnlySpan<InstructionRow> rows = InstructionTable.Rows;
        while (true)
        {
            InstructionRow row = rows[random.Next(rows.Length)];
            uint bits = row.Value | ((uint)random.NextInt64() & ~row.Mask);
            if (row.Length == 2)
                bits &= 0xFFFF;
            Op op = Decoder.Decode(bits, QemuDifferentialTests.Isa);
            OpCode code = op.Code;
            if (row.Length == 4 && IsMemory(code))
            {
                bits = (bits & ~(31u << 15)) | 3u << 15;
                if (code is >= OpCode.AmoswapW and <= OpCode.AmomaxuD)
                    return (op.Rd is 1 or 2 or 3 or 4) ? Next(random) : (bits, 4);
                // Keep clear of the handler's word.
                int offset = random.Next(-2048, 2032);
                bits = code is OpCode.Sb or OpCode.Sh or OpCode.Sw or OpCode.Sd or OpCode.Fsw or OpCode.Fsd
                    ? (bits & 0x01FF_F07F) | S(0, 0, 0, offset) & ~0x7Fu
                    : (bits & 0x000F_FFFF) | (uint)offset << 20;
                op = Decoder.Decode(bits, QemuDifferentialTests.Isa);
            }
            else if (code is >= OpCode.Csrrw and <= OpCode.Csrrci)
            {
                uint csr = (uint)random.Next(1, 4);
                bits = (bits & 0x000F_FFFF) | csr << 20;
            }
            else if (!IsComputation(code) || code == OpCode.Ctzw)
            {
                // QEMU before 8.0 counts ctzw of a value with a zero lower half beyond 32; IntegerTests has it.
                continue;
            }

            if (op.Rd is 1 or 2 or 3 or 4)
                continue;
            return (bits, row.Length);
        }
    }

    private static bool IsMemory(OpCode code) => code
        is OpCode.Ld or OpCode.Lw or OpCode.Lwu or OpCode.Lh or OpCode.Lhu or OpCode.Lb or OpCode.Lbu
        or OpCode.Sd or OpCode.Sw or OpCode.Sh or OpCode.Sb
        or OpCode.Fld or OpCode.Flw or OpCode.Fsd or OpCode.Fsw
        or (>= OpCode.AmoswapW and <= OpCode.AmomaxuW) or (>= OpCode.AmoswapD and <= OpCode.AmomaxuD);

    private static bool IsComputation(OpCode code) => !IsMemory(code)
        && code is not (OpCode.LrW or OpCode.LrD or OpCode.ScW or OpCode.ScD)
        && code is OpCode.Illegal or OpCode.Nop or OpCode.Addi or OpCode.Add or OpCode.Addiw or OpCode.Addw or OpCode.Lui or OpCode.Auipc
            or (>= OpCode.Andi and <= OpCode.Sraw)
            or (>= OpCode.Mul and <= OpCode.Bseti)
            or (>= OpCode.Clmul and <= OpCode.Clmulr)
            or OpCode.Fence
            or (>= OpCode.FmvXW and <= OpCode.FcvtDS);

    private static ulong Integer(Random random) => random.Next(4) switch
    {
        0 => (ulong)random.Next(-2, 3),
        1 => 1UL << random.Next(64),
        2 => (ulong)random.Next(int.MinValue, int.MaxValue),
        _ => (ulong)random.NextInt64(long.MinValue, long.MaxValue),
    };

    private static ulong Float(Random random) => random.Next(6) switch
    {
        0 => s_doubles[random.Next(s_doubles.Length)],
        1 or 2 => 0xFFFF_FFFF_0000_0000 | s_singles[random.Next(s_singles.Length)],
        3 => 0xFFFF_FFFF_0000_0000 | (uint)random.NextInt64(),
        4 => BitConverter.DoubleToUInt64Bits((random.NextDouble() - 0.5) * Math.Pow(2, random.Next(-70, 70))),
        _ => (ulong)random.NextInt64(long.MinValue, long.MaxValue),
    };

    private static uint Csrr(uint rd, uint csr) => 0x2073u | rd << 7 | csr << 20;

    private static uint Csrw(uint csr, uint rs1) => 0x1073u | rs1 << 15 | csr << 20;

    private static uint Auipc(uint rd, uint value) => 0x17u | rd << 7 | (value & 0xFFFF_F000);

    /// <summary>An address in the upper half of the low 4 GiB: lui would extend its sign.</summary>
    private static void Address(List<uint> code, uint rd, ulong value)
    {
        code.Add(Lui(rd, (uint)value));
        code.Add(I(0x13, 1, rd, rd, 32));
        code.Add(I(0x13, 5, rd, rd, 32));
    }

    private static void Append(List<byte> body, (uint Bits, int Length) instruction)
    {
        for (int i = 0; i < instruction.Length; i++)
            body.Add((byte)(instruction.Bits >> (8 * i)));
    }

    private static void AppendWord(List<byte> body, uint word) => Append(body, (word, 4));

    private static void Put(byte[] image, ulong address, ulong value) => BitConverter.TryWriteBytes(image.AsSpan((int)(address - Entry)), value);
}
