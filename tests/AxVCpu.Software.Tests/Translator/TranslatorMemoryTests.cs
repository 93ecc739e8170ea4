using AxVCpu.Software.Translator;
using static AxVCpu.Software.Tests.Translator.TraceMachine;

namespace AxVCpu.Software.Tests.Translator;

/// <summary>Loads and stores of generated code: hits, misses, misaligned and page-crossing ones, and checks that several share.</summary>
public sealed unsafe class TranslatorMemoryTests
{
    private const byte Mapped = 10;
    private const byte OtherMapped = 11;
    private const byte InState = 20;
    private const byte OtherInState = 21;

    public static TheoryData<int, byte, byte> Accesses
    {
        get
        {
            var data = new TheoryData<int, byte, byte>();
            foreach (int kind in new[] { 0, 1, 2, 3, 4, 5, 6 })
            {
                foreach (byte a in new[] { Mapped, InState })
                {
                    foreach (byte b in new[] { Mapped, OtherMapped, InState, OtherInState, (byte)8, (byte)0 })
                        data.Add(kind, a, b);
                }
            }

            return data;
        }
    }

    [Theory]
    [MemberData(nameof(Accesses))]
    public void A_load_that_hits_reads_and_extends(int kind, byte address, byte dst)
    {
        using var machine = new TraceMachine();
        machine.Map(1);
        int bytes = 1 << (kind & 3);
        foreach (long displacement in new[] { 0, 8, -16, 2040, 0x1_2345_6789 })
        {
            foreach (int offset in new[] { 0, 1, 3, 2048, 4096 - bytes })
            {
                machine.Word(4096 + offset & ~7) = 0x8182_8384_8586_8788;
                if (offset % 8 + bytes > 8)
                    machine.Word((4096 + offset & ~7) + 8) = 0x9192_9394_9596_9798;
                machine.X[address] = RamStart + 4096 + (ulong)offset - (ulong)displacement;
                ulong expected = Read(machine, 4096 + offset, kind);
                Assert.Equal(TraceExit.Lookup, machine.TranslateAndRun(1,
                    Op(IrOpcode.Load, dst, address, imm: displacement, kind: (byte)kind), Jump(Elsewhere)));
                Assert.Equal(dst == 0 ? 0UL : expected, machine.X[dst]);
            }
        }

        Assert.Empty(machine.SlowCalls);
    }

    [Theory]
    [MemberData(nameof(Accesses))]
    public void A_store_that_hits_writes_its_bytes_only(int kind, byte address, byte value)
    {
        using var machine = new TraceMachine();
        machine.Map(1, load: false);
        int bytes = 1 << (kind & 3);
        foreach (long displacement in new[] { 0, 8, -16, 2040, 0x1_2345_6789 })
        {
            foreach (int offset in new[] { 0, 1, 3, 2048, 4096 - bytes })
            {
                var expected = new byte[MemoryBytes];
                new Random(offset).NextBytes(expected);
                expected.CopyTo(new Span<byte>(machine.HostMemory, MemoryBytes));
                if (value != 0)
                    machine.X[value] = 0xF1F2_F3F4_F5F6_F7F8;
                machine.X[address] = RamStart + 4096 + (ulong)offset - (ulong)displacement;
                BitConverter.GetBytes(machine.X[value]).AsSpan(0, bytes).CopyTo(expected.AsSpan(4096 + offset));
                Assert.Equal(TraceExit.Lookup, machine.TranslateAndRun(1,
                    Op(IrOpcode.Store, a: address, b: value, imm: displacement, kind: (byte)kind), Jump(Elsewhere)));
                Assert.Equal(expected, new Span<byte>(machine.HostMemory, MemoryBytes).ToArray());
            }
        }

        Assert.Empty(machine.SlowCalls);
    }

    [Theory]
    [InlineData(nameof(IrOpcode.Load), false, true, 0)]
    [InlineData(nameof(IrOpcode.Store), true, false, 0)]
    [InlineData(nameof(IrOpcode.Load), true, true, 4093)]
    [InlineData(nameof(IrOpcode.Store), true, true, 4093)]
    [InlineData(nameof(IrOpcode.LoadFloat), true, true, 4093)]
    [InlineData(nameof(IrOpcode.StoreFloat), true, false, 8)]
    public void An_access_that_misses_or_crosses_its_page_takes_the_slow_path_with_exact_registers(string name, bool load, bool store, int offset)
    {
        IrOpcode code = Enum.Parse<IrOpcode>(name);
        using var machine = new TraceMachine();
        machine.Map(0, load, store);
        machine.X[Mapped] = RamStart + (ulong)offset;
        machine.X[OtherMapped] = 5;
        ulong[]? seen = null;
        ulong retired = 0;
        machine.SlowPath = (_, _) =>
        {
            seen = machine.X.ToArray();
            retired = machine.Field(Layout.InstRet);
            machine.X[12] = 77;
            return 0;
        };
        bool isFloat = code is IrOpcode.LoadFloat or IrOpcode.StoreFloat;
        bool isLoad = code is IrOpcode.Load or IrOpcode.LoadFloat;
        byte data = (byte)(isFloat ? 32 + 3 : 12);
        Assert.Equal(TraceExit.Lookup, machine.TranslateAndRun(4,
            Move(13, 0x1234_5678_9ABC, guest: 0),
            Move(InState, 99, guest: 0),
            Op(IrOpcode.Add, OtherMapped, OtherMapped, GuestRegister.Immediate, 1, guest: 1),
            Op(code, isLoad ? data : GuestRegister.None, Mapped, isLoad ? GuestRegister.None : data, kind: 2, guest: 2),
            Op(IrOpcode.Add, OtherInState, 12, 11, guest: 3),
            Jump(Elsewhere, guest: 3)));
        Assert.Equal([(2, 1)], machine.SlowCalls);
        Assert.Equal(0x1234_5678_9ABCUL, seen![13]);
        Assert.Equal(99UL, seen[InState]);
        Assert.Equal(6UL, seen[OtherMapped]);
        Assert.Equal(4UL, retired);
        Assert.Equal(83UL, machine.X[OtherInState]);
        Assert.Equal(Elsewhere, machine.Field(Layout.Pc));
    }

    [Theory]
    [InlineData(0, 0)]
    [InlineData(1, 1)]
    [InlineData(3, 0)]
    [InlineData(3, 1)]
    public void A_slow_path_that_does_not_go_on_leaves_with_what_it_left(int layout, byte floatReady)
    {
        using var machine = new TraceMachine(layout: Layouts[layout]);
        machine.State[Layout.FloatReady] = floatReady;
        machine.X[Mapped] = 0x123;
        for (int i = 0; i < 32; i++)
            machine.F[i] = (ulong)i;
        machine.SlowPath = (_, _) =>
        {
            machine.X[8] = 0xABCD;
            machine.X[25] = 0xEF;
            machine.F[2] = 0x2222;
            machine.Field(Layout.InstRet) = 41;
            machine.Field(Layout.Pc) = 0x777;
            return 1;
        };
        Assert.Equal(TraceExit.SlowPath, machine.TranslateAndRun(2,
            Op(IrOpcode.Load, 8, Mapped, kind: 3), Op(IrOpcode.Add, 25, 8, 8, guest: 1), Jump(Elsewhere, guest: 1)));
        Assert.Equal(0xABCDUL, machine.X[8]);
        Assert.Equal(0xEFUL, machine.X[25]);
        Assert.Equal(0x2222UL, machine.F[2]);
        Assert.Equal(3UL, machine.F[3]);
        Assert.Equal(41UL, machine.Field(Layout.InstRet));
        Assert.Equal(0x777UL, machine.Field(Layout.Pc));
    }

    [Theory]
    [InlineData(Mapped)]
    [InlineData(InState)]
    public void Accesses_off_one_base_share_a_check_and_the_slow_path_executes_them_together(byte address)
    {
        using var machine = new TraceMachine();
        IrOp[] Trace() =>
        [
            Op(IrOpcode.Store, a: address, b: 11, imm: 8, kind: 3, guest: 0),
            Op(IrOpcode.Add, 12, 11, GuestRegister.Immediate, 1, guest: 1),
            Op(IrOpcode.Store, a: address, b: 12, imm: -8, kind: 2, guest: 2),
            Move(13, 0x55, guest: 3),
            Op(IrOpcode.Load, 14, address, imm: 16, kind: 3, guest: 4),
            Op(IrOpcode.LoadFloat, 33, address, imm: 16, kind: 2, guest: 5),
            Op(IrOpcode.StoreFloat, a: address, b: 33, imm: 24, kind: 3, guest: 6),
            Op(IrOpcode.Load, address, address, imm: 16, kind: 3, guest: 7),
            Op(IrOpcode.Add, 15, 13, 14, guest: 8),
            Jump(Elsewhere, guest: 8),
        ];
        machine.X[address] = RamStart + 512;
        machine.X[11] = 0x1111_2222_3333_4444;
        machine.SlowPath = (_, _) => 1;
        Assert.Equal(TraceExit.SlowPath, machine.TranslateAndRun(9, Trace()));
        Assert.Equal([(0, 8)], machine.SlowCalls);

        machine.SlowPath = (_, _) =>
        {
            machine.X[12] = 12;
            machine.X[13] = 0x55;
            machine.X[14] = 14;
            machine.X[address] = 9;
            return 0;
        };
        Assert.Equal(TraceExit.Lookup, machine.TranslateAndRun(9, Trace()));
        Assert.Equal([(0, 8), (0, 8)], machine.SlowCalls);
        Assert.Equal(0x55UL + 14, machine.X[15]);
        Assert.Equal(9UL, machine.X[address]);

        machine.Map(0);
        machine.X[address] = RamStart + 512;
        machine.X[11] = 0x1111_2222_3333_4444;
        machine.Word(512 + 16) = 0x7777_8888_9999_AAAA;
        Assert.Equal(TraceExit.Lookup, machine.TranslateAndRun(9, Trace()));
        Assert.Equal(2, machine.SlowCalls.Count);
        Assert.Equal(0x1111_2222_3333_4444UL, machine.Word(512 + 8));
        Assert.Equal(0x3333_4445UL, machine.Word(512 - 8));
        Assert.Equal(0x7777_8888_9999_AAAAUL, machine.X[14]);
        Assert.Equal(0xFFFF_FFFF_9999_AAAAUL, machine.F[1]);
        Assert.Equal(0xFFFF_FFFF_9999_AAAAUL, machine.Word(512 + 24));
        Assert.Equal(0x7777_8888_9999_AAAAUL, machine.X[address]);
        Assert.Equal(0x7777_8888_9999_AAAAUL + 0x55, machine.X[15]);

        // One end outside of the page.
        machine.X[address] = RamStart + 4;
        machine.SlowPath = (_, _) => 1;
        Assert.Equal(TraceExit.SlowPath, machine.TranslateAndRun(9, Trace()));
        Assert.Equal(3, machine.SlowCalls.Count);
    }

    [Fact]
    public void A_group_with_a_store_needs_a_page_that_takes_stores()
    {
        using var machine = new TraceMachine();
        machine.Map(0, store: false);
        machine.X[Mapped] = RamStart;
        machine.SlowPath = (_, _) => 1;
        Assert.Equal(TraceExit.SlowPath, machine.TranslateAndRun(2,
            Op(IrOpcode.Load, 12, Mapped, kind: 3), Op(IrOpcode.Store, a: Mapped, b: 12, imm: 8, kind: 3, guest: 1), Jump(Elsewhere, guest: 1)));
        Assert.Equal([(0, 2)], machine.SlowCalls);
    }

    [Fact]
    public void A_group_ends_at_another_base_a_division_a_branch_and_the_limit_of_instructions()
    {
        using var machine = new TraceMachine();
        machine.SlowPath = (_, _) => 1;
        IrOp access = Op(IrOpcode.Load, 12, Mapped, kind: 3);
        IrOp last = Op(IrOpcode.Load, 13, Mapped, imm: 8, kind: 3, guest: 2);
        IrOp[] between =
        [
            Op(IrOpcode.Load, 14, 11, kind: 3, guest: 1),
            Op(IrOpcode.DivideSigned, 14, 12, 12, guest: 1),
            Op(IrOpcode.Branch, a: 14, b: 12, imm: (long)Pc + 64, guest: 1),
            Op(IrOpcode.Interpret, guest: 1),
            Op(IrOpcode.Add, Mapped, Mapped, GuestRegister.Immediate, 1, guest: 1),
            Op(IrOpcode.Fence, guest: 1),
            Op(IrOpcode.Atomic, 14, 11, 12, kind: 3, guest: 1),
        ];
        foreach (IrOp op in between)
        {
            machine.SlowCalls.Clear();
            machine.TranslateAndRun(3, access, op, last, Jump(Elsewhere, guest: 2));
            Assert.Equal([(0, 1)], machine.SlowCalls);
        }

        machine.SlowCalls.Clear();
        IrOp far = last;
        far.Guest = 15;
        machine.TranslateAndRun(16, access, far, Jump(Elsewhere, guest: 15));
        Assert.Equal([(0, 1)], machine.SlowCalls);
    }

    [Fact]
    public void Float_loads_of_four_bytes_are_boxed_and_float_stores_take_the_low_bytes()
    {
        using var machine = new TraceMachine();
        machine.Map(0);
        machine.X[Mapped] = RamStart;
        machine.Word(0) = 0x4142_4344_3F80_0001;
        Assert.Equal(TraceExit.Lookup, machine.TranslateAndRun(4,
            Op(IrOpcode.LoadFloat, 32, Mapped, kind: 2),
            Op(IrOpcode.LoadFloat, 63, Mapped, kind: 3, guest: 1),
            Op(IrOpcode.StoreFloat, a: Mapped, b: 63, imm: 16, kind: 2, guest: 2),
            Op(IrOpcode.StoreFloat, a: Mapped, b: 32, imm: 24, kind: 3, guest: 3),
            Jump(Elsewhere, guest: 3)));
        Assert.Equal(0xFFFF_FFFF_3F80_0001UL, machine.F[0]);
        Assert.Equal(0x4142_4344_3F80_0001UL, machine.F[31]);
        Assert.Equal(0x3F80_0001UL, machine.Word(16));
        Assert.Equal(0xFFFF_FFFF_3F80_0001UL, machine.Word(24));
    }

    private static ulong Read(TraceMachine machine, int offset, int kind)
    {
        ulong raw = *(ulong*)(machine.HostMemory + offset);
        return kind switch
        {
            0 => (byte)raw,
            1 => (ushort)raw,
            2 => (uint)raw,
            3 => raw,
            4 => (ulong)(long)(sbyte)raw,
            5 => (ulong)(long)(short)raw,
            _ => (ulong)(long)(int)raw,
        };
    }
}
