using AxVCpu.Software.SoftFloat;
using AxVCpu.Software.Tests.SoftFloat;
using AxVCpu.Software.Translator;
using static AxVCpu.Software.Tests.Translator.TraceMachine;

namespace AxVCpu.Software.Tests.Translator;

/// <summary>Float operations of generated code: results and flags bit by bit, whichever of the host's unit and the slow path computes them.</summary>
public sealed unsafe class TranslatorFloatTests
{
    private const byte F0 = GuestRegister.Float0;

    public static TheoryData<string, bool, int> Operations
    {
        get
        {
            var data = new TheoryData<string, bool, int>();
            foreach (IrOpcode code in Enum.GetValues<IrOpcode>().Where(code => code is >= IrOpcode.FloatAdd and <= IrOpcode.BitsToFloat))
            {
                for (int layout = 0; layout < Layouts.Length; layout++)
                {
                    data.Add(code.ToString(), false, layout);
                    data.Add(code.ToString(), true, layout);
                }
            }

            return data;
        }
    }

    [Theory]
    [MemberData(nameof(Operations))]
    public void Results_and_flags_are_those_of_the_model(string name, bool isDouble, int layout)
    {
        IrOpcode code = Enum.Parse<IrOpcode>(name);
        int seed = Random.Shared.Next();
        var random = new Random(seed);
        int width = code == IrOpcode.FloatConvert ? isDouble ? 32 : 64 : isDouble ? 64 : 32;
        var operands = new FloatOperands(width, random);
        ulong[] corners = FloatOperands.Corners(width);
        using var machine = new TraceMachine(layout: Layouts[layout]);
        foreach (IrOp shape in Shapes(code, isDouble))
        {
            IrOp op = shape;
            var slowFlags = FloatFlags.None;
            machine.SlowPath = (_, _) =>
            {
                (ulong result, FloatFlags flags) = Model(machine, in op);
                Write(machine, op.Dst, result);
                slowFlags |= flags;
                return 0;
            };
            nint compiled = machine.Translate(1, op, Jump(Elsewhere));
            if (compiled == 0)
            {
                machine.Translator.Clear();
                compiled = machine.Translate(1, op, Jump(Elsewhere));
            }

            for (int round = 0; round < 200; round++)
            {
                ulong a = round < corners.Length ? corners[round] : operands.Next();
                ulong b = round % 2 == 0 ? corners[random.Next(corners.Length)] : operands.NextAfter(a);
                SetUp(machine, in op, width, Scramble(random, code, width, a), b, operands.NextAddend(a, b));
                if (width == 32 && code is not IrOpcode.IntegerToFloat && random.Next(8) == 0)
                    machine.F[random.Next(4)] &= 0x7FFF_FFFF_FFFF_FFFF;
                (ulong expected, FloatFlags flags) = Model(machine, in op);
                machine.Field(Layout.HostFloatFlags) = 0;
                slowFlags = FloatFlags.None;
                string context = $"seed {seed}: {name} kind {op.Kind} c {op.C} imm {op.Imm} of {machine.F[0]:X} {machine.F[1]:X} {machine.F[2]:X} x10 {machine.X[10]:X}";
                Assert.Equal(TraceExit.Lookup, machine.Run(compiled));
                FloatFlags host = machine.Translator.FloatFlagsOf((uint)machine.Field(Layout.HostFloatFlags));
                ulong actual = Read(machine, op.Dst);
                Assert.True(actual == expected, $"{context}: {actual:X}, not {expected:X}");
                Assert.True((host | slowFlags) == flags, $"{context}: flags {host} and {slowFlags}, not {flags}");
            }
        }
    }

    [Theory]
    [MemberData(nameof(Operations))]
    public void Ordinary_numbers_do_not_need_the_slow_path(string name, bool isDouble, int layout)
    {
        IrOpcode code = Enum.Parse<IrOpcode>(name);
        if (code == IrOpcode.FloatMultiplyAdd && !System.Runtime.Intrinsics.X86.Fma.IsSupported)
            Assert.Skip("the host has no fused multiply-add");
        using var machine = new TraceMachine(layout: Layouts[layout]);
        bool isSingleOperand = code == IrOpcode.FloatConvert ? isDouble : !isDouble;
        foreach (IrOp op in Shapes(code, isDouble))
        {
            for (int i = 0; i < 3; i++)
            {
                double value = 3.25 * (i + 1);
                machine.F[i] = isSingleOperand ? 0xFFFF_FFFF_0000_0000 | BitConverter.SingleToUInt32Bits((float)value) : BitConverter.DoubleToUInt64Bits(value);
            }

            machine.X[10] = machine.X[20] = 12;
            Assert.Equal(TraceExit.Lookup, machine.TranslateAndRun(1, op, Jump(Elsewhere)));
        }

        Assert.Empty(machine.SlowCalls);
    }

    [Fact]
    public void Flags_are_handed_over_on_the_way_out_and_do_not_come_from_compiled_code()
    {
        using var machine = new TraceMachine();
        IrOp add = Op(IrOpcode.FloatAdd, F0, F0, F0 + 1, kind: (byte)IrFloat.Double);
        nint code = machine.Translate(1, add, Jump(Elsewhere));
        machine.F[0] = BitConverter.DoubleToUInt64Bits(1);
        machine.F[1] = BitConverter.DoubleToUInt64Bits(2);
        Assert.True(Inexact(1, 3) > 0);
        machine.Run(code);
        Assert.Equal(FloatFlags.None, machine.Translator.FloatFlagsOf((uint)machine.Field(Layout.HostFloatFlags)));
        machine.F[1] = BitConverter.DoubleToUInt64Bits(1e-30);
        machine.Run(code);
        Assert.Equal(FloatFlags.Inexact, machine.Translator.FloatFlagsOf((uint)machine.Field(Layout.HostFloatFlags)));

        // What the slow path computes meanwhile is not the guest's, what came before it is.
        machine.Field(Layout.HostFloatFlags) = 0;
        FloatFlags before = FloatFlags.None;
        machine.SlowPath = (_, _) =>
        {
            before = machine.Translator.FloatFlagsOf((uint)machine.Field(Layout.HostFloatFlags));
            machine.Field(Layout.HostFloatFlags) = 0;
            return Inexact(1, 0) > 0 ? 0u : 1;
        };
        machine.F[2] = BitConverter.DoubleToUInt64Bits(1);
        Assert.Equal(TraceExit.Lookup, machine.TranslateAndRun(3,
            add, Op(IrOpcode.Interpret, guest: 1), Op(IrOpcode.FloatAdd, F0 + 2, F0 + 2, F0 + 2, kind: 1, guest: 2), Jump(Elsewhere, guest: 2)));
        Assert.Equal(FloatFlags.Inexact, before);
        Assert.Equal(0u, (uint)machine.Field(Layout.HostFloatFlags));
    }

    private static double Inexact(double a, double b) => Volatile.Read(ref a) / Volatile.Read(ref b);

    [Fact]
    public void The_guard_lets_through_when_the_unit_is_ready()
    {
        using var machine = new TraceMachine();
        machine.SlowPath = (_, _) => 1;
        nint code = machine.Translate(1, Op(IrOpcode.FloatGuard), Op(IrOpcode.FloatToBits, 10, F0, kind: 1), Op(IrOpcode.FloatDirty, imm: 0x6000), Jump(Elsewhere));
        machine.F[0] = 5;
        machine.State[Layout.FloatReady] = 0;
        Assert.Equal(TraceExit.SlowPath, machine.Run(code));
        Assert.Equal(0UL, machine.X[10]);
        machine.State[Layout.FloatReady] = 1;
        Assert.Equal(TraceExit.Lookup, machine.Run(code));
        Assert.Equal(5UL, machine.X[10]);
        Assert.Equal(0x6000UL, machine.Field(Layout.FloatDirty));
        Assert.Equal([(0, 1)], machine.SlowCalls);
    }

    [Fact]
    public void A_register_that_was_written_boxed_is_not_asked_again_and_one_that_a_double_overwrote_is()
    {
        using var machine = new TraceMachine();
        machine.X[10] = BitConverter.SingleToUInt32Bits(1.5f);
        machine.X[11] = BitConverter.DoubleToUInt64Bits(1.5);
        machine.SlowPath = (_, _) => 1;
        IrOp box = Op(IrOpcode.BitsToFloat, F0, 10);
        IrOp add = Op(IrOpcode.FloatAdd, F0 + 1, F0, F0, guest: 2);
        Assert.Equal(TraceExit.Lookup, machine.TranslateAndRun(3, box, add, Jump(Elsewhere, guest: 2)));
        Assert.Equal(0xFFFF_FFFF_4040_0000UL, machine.F[1]);
        Assert.Equal(TraceExit.SlowPath, machine.TranslateAndRun(3, box, Op(IrOpcode.BitsToFloat, F0, 11, kind: 1, guest: 1), add, Jump(Elsewhere, guest: 2)));
        Assert.Equal([(2, 1)], machine.SlowCalls);
    }

    private static IEnumerable<IrOp> Shapes(IrOpcode code, bool isDouble)
    {
        byte kind = isDouble ? (byte)IrFloat.Double : (byte)IrFloat.Single;
        byte[] floats = [F0, F0 + 1, F0 + 3];
        switch (code)
        {
            case IrOpcode.FloatSet:
                foreach (IrCondition condition in new[] { IrCondition.Equal, IrCondition.LessSigned, IrCondition.LessOrEqualSigned })
                {
                    yield return Op(code, 10, F0, F0 + 1, kind: kind, c: (byte)condition);
                    yield return Op(code, 20, F0, F0, kind: kind, c: (byte)condition);
                }

                break;
            case IrOpcode.FloatToInteger:
                foreach (IrInteger integer in Enum.GetValues<IrInteger>())
                {
                    yield return Op(code, 10, F0, kind: kind, c: (byte)integer);
                    yield return Op(code, 20, F0, kind: kind, c: (byte)integer);
                }

                break;
            case IrOpcode.IntegerToFloat:
                foreach (IrInteger integer in Enum.GetValues<IrInteger>())
                {
                    yield return Op(code, F0, 10, kind: kind, c: (byte)integer);
                    yield return Op(code, F0, 20, kind: kind, c: (byte)integer);
                }

                break;
            case IrOpcode.FloatToBits:
                yield return Op(code, 10, F0, kind: kind);
                yield return Op(code, 20, F0, kind: kind);
                break;
            case IrOpcode.BitsToFloat:
                yield return Op(code, F0, 10, kind: kind);
                yield return Op(code, F0, 20, kind: kind);
                break;
            case IrOpcode.FloatMultiplyAdd:
                for (int signs = 0; signs < 4; signs++)
                {
                    yield return Op(code, F0 + 3, F0, F0 + 1, c: F0 + 2, kind: kind, imm: signs);
                    yield return Op(code, F0 + 1, F0, F0 + 1, c: F0 + 1, kind: kind, imm: signs);
                    yield return Op(code, F0, F0, F0, c: F0, kind: kind, imm: signs);
                }

                break;
            case IrOpcode.FloatSquareRoot or IrOpcode.FloatConvert:
                foreach (byte dst in floats)
                    yield return Op(code, dst, F0, kind: kind);
                break;
            default:
                foreach (byte dst in floats)
                {
                    yield return Op(code, dst, F0, F0 + 1, kind: kind);
                    yield return Op(code, dst, F0 + 1, F0 + 1, kind: kind);
                }

                break;
        }
    }

    // Numbers near the ends of the integers for what converts to them.
    private static ulong Scramble(Random random, IrOpcode code, int width, ulong a)
    {
        if (code != IrOpcode.FloatToInteger || random.Next(2) == 0)
            return a;
        double[] ends = [0, -1, 1, 0x7FFF_FFFF, -0x8000_0000L, 0xFFFF_FFFF, 0x1_0000_0000, 9.2233720368547758E18, -9.2233720368547758E18, 1.8446744073709552E19];
        double value = ends[random.Next(ends.Length)];
        value = random.Next(4) switch
        {
            0 => value,
            1 => value + 0.5,
            2 => value - 0.5,
            _ => width == 32 ? MathF.BitDecrement((float)value) : Math.BitDecrement(value),
        };
        return width == 32 ? BitConverter.SingleToUInt32Bits((float)value) : BitConverter.DoubleToUInt64Bits(value);
    }

    private static void SetUp(TraceMachine machine, in IrOp op, int width, ulong a, ulong b, ulong c)
    {
        ulong box = width == 32 ? 0xFFFF_FFFF_0000_0000 : 0;
        machine.F[0] = box | a;
        machine.F[1] = box | b;
        machine.F[2] = box | c;
        machine.F[3] = 0x1122_3344_5566_7788;
        ulong integer = op.Code == IrOpcode.IntegerToFloat ? a << (int)(b & 31) ^ b : a;
        machine.X[10] = machine.X[20] = integer;
    }

    private static (ulong Result, FloatFlags Flags) Model(TraceMachine machine, in IrOp op) =>
        FloatModel.Execute(in op, Read(machine, op.A), Read(machine, op.B), op.Code == IrOpcode.FloatMultiplyAdd ? Read(machine, op.C) : 0);

    private static ulong Read(TraceMachine machine, byte register) => register switch
    {
        < F0 => machine.X[register],
        < 64 => machine.F[register - F0],
        _ => 0,
    };

    private static void Write(TraceMachine machine, byte register, ulong value)
    {
        if (register < F0)
            machine.X[register] = value;
        else
            machine.F[register - F0] = value;
    }
}
