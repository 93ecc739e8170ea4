using AxVCpu.Software.Translator;
using static AxVCpu.Software.Tests.Translator.TraceMachine;

namespace AxVCpu.Software.Tests.Translator;

/// <summary>
/// Random traces of arithmetic, memory accesses that hit or miss, and branches, against a model that executes them one by one. The slow path
/// is the model, too, so that what generated code keeps to itself between instructions shows when it should not have been kept.
/// </summary>
public sealed unsafe class TranslatorSequenceTests
{
    private const int Words = 32;
    private static readonly byte[] s_registers = [0, 10, 11, 5, 6, 28, 29];
    private static readonly byte[] s_bases = [12, 7];
    private static readonly IrOpcode[] s_codes = [.. Enum.GetValues<IrOpcode>().Where(IrSemantics.IsInteger)];

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_trace_does_what_its_instructions_do_one_by_one(bool isSlow)
    {
        int seed = Random.Shared.Next();
        var random = new Random(seed);
        using var machine = new TraceMachine();
        if (!isSlow)
            machine.Map(0);
        for (int round = 0; round < 6000; round++)
            Check(machine, random, $"seed {seed} round {round}");
        Assert.Equal(isSlow, machine.SlowCalls.Count > 0);
    }

    private static void Check(TraceMachine machine, Random random, string context)
    {
        IrOp[] trace = Trace(random);
        var registers = new ulong[32];
        var memory = new ulong[Words];
        for (int i = 1; i < 32; i++)
            registers[i] = random.Next(3) == 0 ? (ulong)random.Next(-1, 2) : (ulong)random.NextInt64(long.MinValue, long.MaxValue);
        foreach (byte register in s_bases)
            registers[register] = RamStart + 64;
        for (int i = 0; i < Words; i++)
            memory[i] = machine.Word(8 * i) = (ulong)random.NextInt64(long.MinValue, long.MaxValue);
        registers.CopyTo(machine.X);

        // The slow path executes what it is asked to in the machine's own state.
        machine.SlowPath = (index, count) =>
        {
            for (int i = index; i < index + count; i++)
                Execute(in trace[i], machine.X, new Span<ulong>(machine.HostMemory, Words));
            return 0;
        };
        int retired = 0;
        ulong? target = null;
        while (target == null)
        {
            target = Execute(in trace[retired], registers, memory);
            if (trace[retired].Code != IrOpcode.Jump)
                retired++;
        }

        machine.Field(Layout.InstRet) = 0;
        string text = string.Join("; ", trace.Select(op => $"{op.Dst} = {op.Code} {op.Kind} {op.A}, {op.B} c{op.C} imm {op.Imm:X}"));
        Assert.Equal(TraceExit.Lookup, machine.TranslateAndRun(trace.Length - 1, [.. trace]));
        Assert.True(target == machine.Field(Layout.Pc), $"{context}: Pc {machine.Field(Layout.Pc):X}, not {target:X}: {text}");
        Assert.True((ulong)retired == machine.Field(Layout.InstRet), $"{context}: retired {machine.Field(Layout.InstRet)}, not {retired}: {text}");
        for (int i = 0; i < 32; i++)
            Assert.True(registers[i] == machine.X[i], $"{context}: x{i} is {machine.X[i]:X}, not {registers[i]:X}: {text}");
        for (int i = 0; i < Words; i++)
            Assert.True(memory[i] == machine.Word(8 * i), $"{context}: word {i} is {machine.Word(8 * i):X}, not {memory[i]:X}: {text}");
    }

    private static IrOp[] Trace(Random random)
    {
        var trace = new IrOp[random.Next(2, 20)];
        for (int i = 0; i < trace.Length - 1; i++)
        {
            trace[i] = random.Next(8) switch
            {
                0 => Op(IrOpcode.Load, Any(random), Base(random), imm: 8 * random.Next(-8, 8), kind: (byte)random.Next(7)),
                1 => Op(IrOpcode.Store, a: Base(random), b: Any(random), imm: 8 * random.Next(-8, 8), kind: (byte)random.Next(4)),
                2 => Op(IrOpcode.Branch, a: Any(random), b: random.Next(2) == 0 ? (byte)0 : Any(random), c: (byte)random.Next(8), imm: (long)Elsewhere + 64 * i),
                3 => Move(Any(random), random.Next(-3, 4)),
                4 => Op(IrOpcode.Add, Any(random), Any(random), GuestRegister.Immediate, random.Next(-1, 2), kind: (byte)random.Next(3)),
                5 => Op(random.Next(2) == 0 ? IrOpcode.And : IrOpcode.Sub, Any(random), Any(random), Any(random), kind: (byte)random.Next(3)),
                _ => Integer(random),
            };
            trace[i].Guest = (ushort)i;
        }

        trace[^1] = Jump(Elsewhere + 4096, trace.Length - 2);
        return trace;
    }

    private static IrOp Integer(Random random)
    {
        IrOpcode code = s_codes[random.Next(s_codes.Length)];
        bool isPlain = code is IrOpcode.Set or IrOpcode.ZeroIfZero or IrOpcode.ZeroIfNotZero;
        byte b = code is IrOpcode.Move or >= IrOpcode.SignExtend8 ? GuestRegister.None : random.Next(3) == 0 ? GuestRegister.Immediate : Any(random);
        byte c = code == IrOpcode.Set ? (byte)random.Next(8) : code == IrOpcode.AddShifted ? (byte)random.Next(4) : (byte)0;
        return Op(code, Any(random), Any(random), b, b == GuestRegister.Immediate ? random.Next() : 0, isPlain ? (byte)0 : (byte)random.Next(3), c);
    }

    private static byte Any(Random random) => s_registers[random.Next(s_registers.Length)];

    private static byte Base(Random random) => s_bases[random.Next(s_bases.Length)];

    /// <summary>One instruction by the model; where it goes if it leaves.</summary>
    private static ulong? Execute(in IrOp op, Span<ulong> x, Span<ulong> memory)
    {
        switch (op.Code)
        {
            case IrOpcode.Jump:
                return (ulong)op.Imm;
            case IrOpcode.Branch:
                return IntegerModel.Holds((IrCondition)op.C, x[op.A], x[op.B]) ? (ulong)op.Imm : null;
            case IrOpcode.Load:
                ulong raw = memory[Index(in op, x)];
                Write(x, op.Dst, op.Kind switch
                {
                    0 => (byte)raw,
                    1 => (ushort)raw,
                    2 => (uint)raw,
                    3 => raw,
                    4 => (ulong)(sbyte)raw,
                    5 => (ulong)(short)raw,
                    _ => (ulong)(int)raw,
                });
                return null;
            case IrOpcode.Store:
                ulong mask = op.Kind == 3 ? ulong.MaxValue : (1UL << (8 << op.Kind)) - 1;
                ref ulong word = ref memory[Index(in op, x)];
                word = (word & ~mask) | (x[op.B] & mask);
                return null;
            default:
                Write(x, op.Dst, IntegerModel.Execute(in op, op.A == GuestRegister.Immediate ? (ulong)op.Imm : x[op.A],
                    op.B switch { GuestRegister.Immediate => (ulong)op.Imm, GuestRegister.None => 0, _ => x[op.B] }));
                return null;
        }
    }

    private static int Index(in IrOp op, Span<ulong> x) => (int)(x[op.A] + (ulong)op.Imm - RamStart) / 8;

    private static void Write(Span<ulong> x, byte register, ulong value)
    {
        if (register != 0)
            x[register] = value;
    }
}
