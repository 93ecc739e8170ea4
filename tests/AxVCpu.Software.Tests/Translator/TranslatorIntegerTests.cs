using AxVCpu.Software.Translator;

namespace AxVCpu.Software.Tests.Translator;

/// <summary>Integer operations as generated code against arithmetic on big integers, over all places that an operand can have.</summary>
public sealed class TranslatorIntegerTests
{
    // Zero, mapped to host registers, and in the state block.
    private static readonly byte[] s_registers = [0, 10, 11, 9, 2, 1, 5, 6, 28];

    private static readonly ulong[] s_corners =
    [
        0, 1, 2, 31, 32, 63, 64, 0x7F, 0x80, 0xFF, 0x7FFF, 0x8000, 0x7FFF_FFFF, 0x8000_0000, 0xFFFF_FFFF, 0x1_0000_0000,
        0x7FFF_FFFF_FFFF_FFFF, 0x8000_0000_0000_0000, 0xFFFF_FFFF_8000_0000, ulong.MaxValue, ulong.MaxValue - 1,
    ];

    public static TheoryData<string> Opcodes => [.. Enum.GetValues<IrOpcode>().Where(IrSemantics.IsInteger).Select(code => code.ToString())];

    [Theory]
    [MemberData(nameof(Opcodes))]
    public void An_operation_gives_the_result_of_the_model_wherever_its_operands_are(string name)
    {
        IrOpcode code = Enum.Parse<IrOpcode>(name);
        int seed = Random.Shared.Next();
        var random = new Random(seed);
        using var machine = new TraceMachine();
        foreach (byte dst in s_registers)
        {
            foreach (byte a in s_registers)
            {
                foreach (byte b in s_registers.Append(GuestRegister.Immediate))
                    Check(machine, random, [RandomOp(random, code, dst, a, b)], $"seed {seed}");
            }
        }
    }

    [Fact]
    public void Sequences_give_the_results_of_the_model()
    {
        int seed = Random.Shared.Next();
        var random = new Random(seed);
        using var machine = new TraceMachine();
        IrOpcode[] codes = [.. Enum.GetValues<IrOpcode>().Where(IrSemantics.IsInteger)];
        byte[] registers = [0, 10, 11, 5, 6, 28, 2];
        for (int round = 0; round < 4000; round++)
        {
            var ops = new IrOp[random.Next(2, 24)];
            for (int i = 0; i < ops.Length; i++)
            {
                byte Register() => registers[random.Next(registers.Length)];
                ops[i] = random.Next(4) == 0
                    ? TraceMachine.Move(Register(), (long)Value(random))
                    : RandomOp(random, codes[random.Next(codes.Length)], Register(), Register(), random.Next(3) == 0 ? GuestRegister.Immediate : Register());
                ops[i].Guest = (ushort)i;
            }

            Check(machine, random, ops, $"seed {seed} round {round}");
        }
    }

    private static ulong Value(Random random) => random.Next(3) switch
    {
        0 => s_corners[random.Next(s_corners.Length)],
        1 => (ulong)(long)(sbyte)random.Next(),
        _ => (ulong)random.NextInt64(long.MinValue, long.MaxValue),
    };

    private static IrOp RandomOp(Random random, IrOpcode code, byte dst, byte a, byte b)
    {
        byte kind = code is IrOpcode.Set or IrOpcode.ZeroIfZero or IrOpcode.ZeroIfNotZero ? (byte)0 : (byte)random.Next(3);
        byte c = code == IrOpcode.Set ? (byte)random.Next(8) : code == IrOpcode.AddShifted ? (byte)random.Next(random.Next(2) == 0 ? 4 : 64) : (byte)0;
        bool isUnary = code is IrOpcode.Move or >= IrOpcode.SignExtend8;
        return TraceMachine.Op(code, dst, a, isUnary ? GuestRegister.None : b, b == GuestRegister.Immediate ? (long)Value(random) : 0, kind, c);
    }

    private static void Check(TraceMachine machine, Random random, IrOp[] ops, string context)
    {
        var expected = new ulong[32];
        for (int i = 1; i < 32; i++)
            machine.X[i] = expected[i] = Value(random);
        machine.X[0] = 0;
        ulong[] before = [.. expected];
        foreach (IrOp op in ops)
        {
            ulong a = op.A == GuestRegister.Immediate ? (ulong)op.Imm : expected[op.A];
            ulong b = op.B == GuestRegister.Immediate ? (ulong)op.Imm : op.B == GuestRegister.None ? 0 : expected[op.B];
            ulong result = IntegerModel.Execute(in op, a, b);
            if (op.Dst != 0)
                expected[op.Dst] = result;
        }

        IrOp[] trace = [.. ops, TraceMachine.Jump(TraceMachine.Elsewhere, ops.Length - 1)];
        ulong retired = machine.Field(TraceMachine.Layout.InstRet);
        Assert.Equal(TraceExit.Lookup, machine.TranslateAndRun(ops.Length, trace));
        Assert.Equal(TraceMachine.Elsewhere, machine.Field(TraceMachine.Layout.Pc));
        Assert.Equal(retired + (ulong)ops.Length, machine.Field(TraceMachine.Layout.InstRet));
        for (int i = 0; i < 32; i++)
        {
            if (machine.X[i] != expected[i])
            {
                string text = string.Join("; ", ops.Select(op => $"x{op.Dst}={op.Code} {(IrWidth)op.Kind} x{op.A}, x{op.B} c{op.C} imm {op.Imm:X}"));
                string values = string.Join(" ", before.Select((value, n) => $"x{n}={value:X}"));
                Assert.Fail($"{context}: x{i} is {machine.X[i]:X}, not {expected[i]:X} after {text} with {values}");
            }
        }
    }
}
