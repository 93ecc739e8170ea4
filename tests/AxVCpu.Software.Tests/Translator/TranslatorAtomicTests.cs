using AxVCpu.Software.Translator;
using static AxVCpu.Software.Tests.Translator.TraceMachine;

namespace AxVCpu.Software.Tests.Translator;

/// <summary>Read-modify-write operations, reservations and fences of generated code.</summary>
public sealed unsafe class TranslatorAtomicTests
{
    private static readonly ulong[] s_values =
        [0, 1, 0x7FFF_FFFF, 0x8000_0000, 0xFFFF_FFFF, 0x7FFF_FFFF_FFFF_FFFF, 0x8000_0000_0000_0000, 0x1234_5678_9ABC_DEF0, ulong.MaxValue];

    public static TheoryData<byte, byte, byte> Places
    {
        get
        {
            var data = new TheoryData<byte, byte, byte>();
            foreach (byte dst in new byte[] { 0, GuestRegister.None, 10, 11, 12, 20, 21, 22 })
            {
                foreach (byte a in new byte[] { 10, 20 })
                {
                    foreach (byte b in new byte[] { 0, 11, 21, 10, 20 })
                        data.Add(dst, a, b);
                }
            }

            return data;
        }
    }

    [Theory]
    [MemberData(nameof(Places))]
    public void An_atomic_operation_changes_memory_and_returns_what_was_there(byte dst, byte a, byte b)
    {
        using var machine = new TraceMachine();
        machine.Map(1, load: false);
        foreach (IrAtomic operation in Enum.GetValues<IrAtomic>())
        {
            foreach (bool wide in new[] { false, true })
            {
                nint code = machine.Translate(1, Op(IrOpcode.Atomic, dst, a, b, kind: wide ? (byte)3 : (byte)2, c: (byte)operation), Jump(Elsewhere));
                foreach (ulong memory in s_values)
                {
                    foreach (ulong value in s_values)
                    {
                        machine.Word(4096 + 16) = memory;
                        if (b != 0)
                            machine.X[b] = value;
                        machine.X[a] = RamStart + 4096 + 16;
                        ulong operand = machine.X[b];
                        ulong result = Apply(operation, memory, operand, wide);
                        Assert.Equal(TraceExit.Lookup, machine.Run(code));
                        Assert.Equal(wide ? result : (memory & 0xFFFF_FFFF_0000_0000) | (uint)result, machine.Word(4096 + 16));
                        if (dst is not (0 or GuestRegister.None))
                            Assert.Equal(wide ? memory : (ulong)(long)(int)memory, machine.X[dst]);
                        Assert.Equal(0UL, machine.X[0]);
                    }
                }
            }
        }

        Assert.Empty(machine.SlowCalls);
    }

    private static ulong Apply(IrAtomic operation, ulong old, ulong operand, bool wide)
    {
        long a = wide ? (long)old : (int)old;
        long b = wide ? (long)operand : (int)operand;
        ulong ua = wide ? old : (uint)old;
        ulong ub = wide ? operand : (uint)operand;
        return operation switch
        {
            IrAtomic.Exchange => ub,
            IrAtomic.Add => ua + ub,
            IrAtomic.And => ua & ub,
            IrAtomic.Or => ua | ub,
            IrAtomic.Xor => ua ^ ub,
            IrAtomic.MinSigned => (ulong)Math.Min(a, b),
            IrAtomic.MaxSigned => (ulong)Math.Max(a, b),
            IrAtomic.MinUnsigned => Math.Min(ua, ub),
            _ => Math.Max(ua, ub),
        };
    }

    [Theory]
    [InlineData(nameof(IrOpcode.Atomic), 2, 2)]
    [InlineData(nameof(IrOpcode.Atomic), 3, 4)]
    [InlineData(nameof(IrOpcode.LoadReserved), 2, 1)]
    [InlineData(nameof(IrOpcode.LoadReserved), 3, 4)]
    [InlineData(nameof(IrOpcode.StoreConditional), 2, 3)]
    [InlineData(nameof(IrOpcode.StoreConditional), 3, 4)]
    public void A_misaligned_or_unmapped_address_is_the_slow_paths(string name, byte kind, int offset)
    {
        using var machine = new TraceMachine();
        machine.SlowPath = (_, _) => 1;
        nint code = machine.Translate(1, Op(Enum.Parse<IrOpcode>(name), 11, 10, 12, kind: kind), Jump(Elsewhere));
        machine.X[10] = RamStart + (ulong)offset;
        machine.Map(0);
        Assert.Equal(TraceExit.SlowPath, machine.Run(code));
        machine.X[10] = RamStart + 4096;
        Assert.Equal(TraceExit.SlowPath, machine.Run(code));
        machine.X[10] = RamStart;
        Assert.Equal(TraceExit.Lookup, machine.Run(code));
        Assert.Equal(2, machine.SlowCalls.Count);
    }

    [Theory]
    [InlineData(2, 11, 12, 13, false)]
    [InlineData(3, 11, 12, 13, false)]
    [InlineData(2, 20, 21, 22, false)]
    [InlineData(3, 20, 21, 21, false)]
    [InlineData(3, 10, 11, 11, false)]
    [InlineData(2, 11, 12, 13, true)]
    [InlineData(3, 11, 12, 13, true)]
    [InlineData(2, 20, 21, 22, true)]
    [InlineData(3, 20, 21, 21, true)]
    [InlineData(3, 10, 11, 11, true)]
    public void A_conditional_store_succeeds_under_the_reservation_of_the_same_word_only(byte kind, byte loaded, byte value, byte dst, bool isAlone)
    {
        using var machine = new TraceMachine(layout: isAlone ? TraceMachine.AloneLayout : null);
        machine.Map(0);
        IrOp load = Op(IrOpcode.LoadReserved, loaded, 9, kind: kind);
        IrOp store = Op(IrOpcode.StoreConditional, dst, 9, value, kind: kind, guest: 1);
        nint reserve = machine.Translate(1, load, Jump(Elsewhere));
        nint conditional = machine.Translate(2, store, Jump(Elsewhere, guest: 1));
        bool wide = kind == 3;
        ulong Stored(ulong old, ulong with) => wide ? with : (old & 0xFFFF_FFFF_0000_0000) | (uint)with;

        void Reserve(ulong word)
        {
            machine.Word(64) = word;
            machine.X[9] = RamStart + 64;
            machine.Run(reserve);
            Assert.Equal(wide ? word : (ulong)(long)(int)word, machine.X[loaded]);
            Assert.Equal((ulong)(machine.HostMemory + 64) | (wide ? 1u : 0), machine.Field(Layout.ReservationHost));
            Assert.Equal(wide ? word : (uint)word, machine.Field(Layout.ReservationValue));
        }

        ulong Store(ulong address, ulong what)
        {
            machine.X[9] = address;
            machine.X[value] = what;
            machine.Run(conditional);
            Assert.Equal(0UL, machine.Field(Layout.ReservationHost));
            return machine.X[dst];
        }

        const ulong Word = 0x8765_4321_8899_AABB;
        Reserve(Word);
        Assert.Equal(0UL, Store(RamStart + 64, 0x1111_2222_3333_4444));
        Assert.Equal(Stored(Word, 0x1111_2222_3333_4444), machine.Word(64));

        // Gone.
        Assert.Equal(1UL, Store(RamStart + 64, 0x55));
        Assert.Equal(Stored(Word, 0x1111_2222_3333_4444), machine.Word(64));

        // Elsewhere.
        Reserve(Word);
        Assert.Equal(1UL, Store(RamStart + 72, 0x55));
        Assert.Equal(0UL, machine.Word(72));

        // Somebody else wrote.
        Reserve(Word);
        machine.Word(64)++;
        Assert.Equal(1UL, Store(RamStart + 64, 0x55));
        Assert.Equal(Word + 1, machine.Word(64));

        // Another width.
        Reserve(Word);
        machine.Field(Layout.ReservationHost) ^= 1;
        Assert.Equal(1UL, Store(RamStart + 64, 0x55));
        Assert.Equal(Word, machine.Word(64));
    }

    [Fact]
    public void Additions_of_two_machines_in_one_memory_are_not_lost()
    {
        const int Rounds = 200_000;
        using var first = new TraceMachine();
        using var second = new TraceMachine();
        TraceMachine[] machines = [first, second];
        foreach (TraceMachine machine in machines)
        {
            ulong host = (ulong)first.HostMemory;
            machine.Tlb.Fill(0, SoftTlb.StoreOffset, RamStart, host);
            machine.Tlb.Fill(0, SoftTlb.LoadOffset, RamStart, host);
            machine.X[10] = RamStart;
            machine.X[11] = 1;
            machine.X[14] = RamStart + 64;
            machine.X[13] = Rounds;
        }

        Thread[] threads = [.. machines.Select(machine => new Thread(() =>
        {
            nint code = machine.Translate(6,
                Op(IrOpcode.Atomic, 12, 10, 11, kind: 3, c: (byte)IrAtomic.Add),
                Op(IrOpcode.LoadReserved, 15, 14, kind: 3, guest: 1),
                Op(IrOpcode.Add, 15, 15, GuestRegister.Immediate, 1, guest: 2),
                Op(IrOpcode.StoreConditional, 15, 14, 15, kind: 3, guest: 3),
                Op(IrOpcode.Sub, 13, 13, 11, guest: 4),
                Op(IrOpcode.Add, 16, 16, 15, guest: 4),
                Op(IrOpcode.Branch, a: 13, b: 0, c: (byte)IrCondition.NotEqual, imm: (long)Pc, guest: 5),
                Jump(Elsewhere, guest: 5));
            machine.Run(code);
        }))];
        foreach (Thread thread in threads)
            thread.Start();
        foreach (Thread thread in threads)
            thread.Join();
        Assert.Equal(2UL * Rounds, first.Word(0));
        Assert.Equal(2UL * Rounds, first.Word(64) + first.X[16] + second.X[16]);
    }

    [Fact]
    public void A_fence_changes_nothing_else()
    {
        using var machine = new TraceMachine();
        machine.X[10] = 4;
        Assert.Equal(TraceExit.Lookup, machine.TranslateAndRun(2, Op(IrOpcode.Fence), Op(IrOpcode.Add, 10, 10, 10, guest: 1), Jump(Elsewhere, guest: 1)));
        Assert.Equal(8UL, machine.X[10]);
    }
}
