using AxVCpu.Software.Riscv64.Isa;
using static AxVCpu.Software.Riscv64.Tests.Encode;

namespace AxVCpu.Software.Riscv64.Tests;

/// <summary>Every fused code with random operands: the same as its instructions one by one.</summary>
public unsafe class FusedExecutionTests
{
    private const ulong Data = GuestBoard.RamBase + 0x10_0000;
    private const ulong Code = GuestBoard.RamBase + 0x1000;
    private const ulong Handler = GuestBoard.RamBase + 0x2000;
    private const uint DataRegister = 3;
    private const uint OffsetRegister = 4;
    private const uint CodeRegister = 1;
    private const int Rounds = 6;

    private static readonly string[] s_names = Enum.GetNames<OpCode>();
    private static readonly InstructionRow[] s_rows = [.. InstructionTable.Rows];

    [Fact]
    public void A_fused_code_does_what_its_instructions_do()
    {
        int seed = Environment.TickCount;
        using var fusing = new GuestBoard(codeCache: 1 << 20);
        using var plain = new GuestBoard(codeCache: 1 << 20, fuses: false);
        fusing.Cpu.Bind();
        plain.Cpu.Bind();
        List<FusedOp> neverFormed = [];
        foreach (FusedOp fused in Enum.GetValues<FusedOp>())
        {
            bool wasFused = false;
            for (int round = 0; round < Rounds; round++)
            {
                var random = new Random(HashCode.Combine(seed, (int)fused, round));
                uint[] words = Words(fused.ToString(), random);
                Op[] ops = [.. words.Select(word => Decoder.Decode(word, IsaExtensions.All)), default];
                fixed (Op* first = ops)
                    OpFusion.Fuse(first, words.Length);
                wasFused |= ops[0].Code == (OpCode)fused;
                ulong[] registers = [.. Enumerable.Range(0, 32).Select(_ => (ulong)random.NextInt64(long.MinValue, long.MaxValue) >> random.Next(64))];
                byte[] data = new byte[4096];
                for (int i = 0; i < 512; i++)
                    BitConverter.TryWriteBytes(data.AsSpan(i * 8), Data + 0x400 + (ulong)(random.Next(64) * 8));
                string ours = Run(fusing, words, registers, data);
                string expected = Run(plain, words, registers, data);
                Assert.True(expected == ours, $"{fused} (seed {seed}, round {round})\nexpected {expected}\nwas      {ours}");
            }

            if (!wasFused)
                neverFormed.Add(fused);
        }

        Assert.True(neverFormed.Count == 0, $"never formed: {string.Join(", ", neverFormed)} (seed {seed})");
    }

    /// <summary>Runs the words and says what became of registers, data, count and place.</summary>
    private static string Run(GuestBoard board, uint[] words, ulong[] registers, byte[] data)
    {
        board.Load(Code, [.. words, Addi(30, 0, 1), Sw(30, 31, 0), Addi(30, 0, 2), Sw(30, 31, 0), Addi(30, 0, 3), Sw(30, 31, 0)]);
        board.Load(Handler, [0x2073u | 29u << 7 | 0x343u << 20, 0x2073u | 30u << 7 | 0x341u << 20, Sw(30, 31, 0)]);
        board.Load(GuestBoard.RamBase, [0x100F, Jal(0, (int)(Code - GuestBoard.RamBase) - 4)]); // fence.i, for the new code
        board.Load(Data, data);
        HartState* state = board.Machine.FindHart(0)!.State;
        state->Mtvec = Handler;
        for (int i = 1; i < 32; i++)
            board.Cpu.SetGpr(i, registers[i]);
        board.Cpu.SetGpr((int)DataRegister, Data + 0x400);
        board.Cpu.SetGpr((int)OffsetRegister, 0x80);
        board.Cpu.SetGpr((int)CodeRegister, Code + (ulong)(words.Length * 4) + 8);
        board.Cpu.SetGpr(31, 0x10_0000);
        board.Cpu.ProgramCounter = GuestBoard.RamBase;
        ulong before = state->InstRet;
        VCpuExit exit = board.Cpu.Run();
        Assert.Equal(VCpuExitKind.MmioWrite, exit.Kind);
        string text = string.Join(' ', Enumerable.Range(0, 32).Select(i => board.Cpu.GetGpr(i).ToString("x")));
        return $"{text} pc {board.Cpu.ProgramCounter:x} retired {state->InstRet - before} data {Convert.ToHexString(new ReadOnlySpan<byte>(board.At(Data), 4096)).GetHashCode(StringComparison.Ordinal)}";
    }

    private static uint[] Words(string name, Random random)
    {
        List<uint> words = [];
        foreach (string part in name.Split('_'))
        {
            bool isChained = part.EndsWith("Chain", StringComparison.Ordinal);
            string codes = isChained ? part[..^5] : part;
            if (Enum.TryParse(codes, out OpCode single))
            {
                words.Add(Word(single, Destination(random), null, random, words.Count));
                continue;
            }

            (OpCode first, OpCode second) = Split(codes);
            uint link = Destination(random);
            bool leadsToAddress = isChained && (IsMemory(second) || second == OpCode.Jalr);
            words.Add(Word(first, link, null, random, words.Count, leadsToAddress ? second : null));
            uint next = Word(second, Destination(random), isChained ? link : null, random, words.Count, reads: isChained ? null : link);
            // From auipc's own address to behind the pair: a smaller offset would loop.
            words.Add(first == OpCode.Auipc && second == OpCode.Jalr ? next | (uint)(8 + (8 * random.Next(3))) << 20 : next);
        }

        return [.. words];
    }

    private static (OpCode First, OpCode Second) Split(string codes)
    {
        foreach (string first in s_names)
        {
            if (codes.StartsWith(first, StringComparison.Ordinal) && Enum.TryParse(codes[first.Length..], out OpCode second))
                return (Enum.Parse<OpCode>(first), second);
        }

        throw new ArgumentException($"{codes} is not two instructions", nameof(codes));
    }

    /// <summary>An instruction; with <paramref name="towards"/> its result must be an address that instruction can use.</summary>
    private static uint Word(OpCode code, uint rd, uint? rs1, Random random, int index, OpCode? towards = null, uint? reads = null)
    {
        InstructionRow row = s_rows.First(candidate => candidate.Code == code && candidate.Length == 4 && !candidate.Overrides);
        uint bits = row.Value | ((uint)random.NextInt64() & ~row.Mask);
        uint a = rs1 ?? Source(random, reads);
        uint b = Source(random, reads);
        int imm = random.Next(-64, 64) * 8;
        switch (code)
        {
            case OpCode.Auipc when towards is not null and not OpCode.Jalr:
                return 0x17u | rd << 7 | (uint)(Data - Code) & 0xFFFF_F000;
            case OpCode.Auipc or OpCode.Lui:
                return (bits & 0xF000_007F & ~(towards is null ? 0u : 0xFFFF_F000)) | rd << 7;
            case OpCode.Jal:
                return Jal(rd, 4 + (8 * random.Next(1, 3)));
            case OpCode.Jalr:
                return Jalr(rd, rs1 ?? CodeRegister, rs1 is null ? 8 * random.Next(2) : 0);
            case >= OpCode.Beq and <= OpCode.Bgeu:
                return Fields(bits, row, rd: null, a, b, clear: 0xFE00_0F80) | (B(0, 0, 0, 4 + (8 * random.Next(1, 3))) & ~0x7Fu);
            case OpCode.Sd or OpCode.Sw or OpCode.Sb:
                return Fields(bits, row, rd: null, rs1 ?? DataRegister, b, clear: 0xFE00_0F80) | (S(0, 0, 0, imm / 2) & ~0x7Fu);
            case OpCode.Ld or OpCode.Lw or OpCode.Lbu or OpCode.Lhu:
                uint from = rs1 is null || index == 0 ? DataRegister : rs1.Value;
                return Fields(bits, row, rd, rs1 ?? from, 0, clear: 0xFFF0_0000) | (uint)((imm / 2) & 0xFFF) << 20;
        }

        if (towards == OpCode.Jalr)
            return Addi(rd, CodeRegister, 8 * random.Next(2));
        if (towards is not null)
            return code == OpCode.Addi ? Addi(rd, DataRegister, imm) : Fields(bits, row, rd, DataRegister, OffsetRegister, clear: 0);
        return code is OpCode.Slli or OpCode.Srli or OpCode.Srai or OpCode.Addi or OpCode.Addiw or OpCode.Andi or OpCode.Sltiu
            ? Fields(bits, row, rd, a, null, clear: 0)
            : Fields(bits, row, rd, a, b, clear: 0);
    }

    private static uint Fields(uint bits, InstructionRow row, uint? rd, uint rs1, uint? rs2, uint clear)
    {
        bits &= ~(clear & ~row.Mask);
        if (rd is { } destination)
            bits = (bits & ~(31u << 7)) | destination << 7;
        bits = (bits & ~(31u << 15)) | rs1 << 15;
        return rs2 is { } second && (row.Mask & (31u << 20)) == 0 && (clear & (31u << 20)) == 0 ? (bits & ~(31u << 20)) | second << 20 : bits;
    }

    private static bool IsMemory(OpCode code) =>
        code is OpCode.Ld or OpCode.Lw or OpCode.Lbu or OpCode.Lhu or OpCode.Sd or OpCode.Sw or OpCode.Sb;

    // x5 to x28: not the pointers, not what the end of the run uses.
    private static uint Destination(Random random) => (uint)random.Next(5, 29);

    /// <summary>Any register but <paramref name="not"/>, which would make a chain.</summary>
    private static uint Source(Random random, uint? not)
    {
        uint register;
        do
            register = (uint)random.Next(0, 29);
        while (register == not);
        return register;
    }
}
