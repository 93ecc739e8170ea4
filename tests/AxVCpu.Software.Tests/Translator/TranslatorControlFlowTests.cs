using AxVCpu.Software.Translator;
using static AxVCpu.Software.Tests.Translator.TraceMachine;

namespace AxVCpu.Software.Tests.Translator;

/// <summary>How traces are entered, left and joined.</summary>
public sealed unsafe class TranslatorControlFlowTests
{
    [Theory]
    [InlineData(10, 11)]
    [InlineData(10, 20)]
    [InlineData(20, 10)]
    [InlineData(20, 21)]
    [InlineData(10, 0)]
    [InlineData(0, 10)]
    [InlineData(20, 0)]
    [InlineData(0, 20)]
    public void A_branch_goes_where_its_condition_says(byte a, byte b)
    {
        ulong[] values = [0, 1, 5, 0x7FFF_FFFF_FFFF_FFFF, 0x8000_0000_0000_0000, ulong.MaxValue];
        using var machine = new TraceMachine();
        foreach (IrCondition condition in Enum.GetValues<IrCondition>())
        {
            foreach (ulong x in values)
            {
                foreach (ulong y in values)
                {
                    machine.X[a] = a == 0 ? 0 : x;
                    machine.X[b] = b == 0 ? 0 : y;
                    ulong left = machine.X[a];
                    ulong right = machine.X[b];
                    machine.TranslateAndRun(3,
                        Op(IrOpcode.Branch, a: a, b: b, c: (byte)condition, imm: (long)Elsewhere, guest: 0),
                        Op(IrOpcode.Add, 12, 12, GuestRegister.Immediate, 1, guest: 1),
                        Jump(Elsewhere + 64, guest: 2));
                    Assert.Equal(IntegerModel.Holds(condition, left, right) ? Elsewhere : Elsewhere + 64, machine.Field(Layout.Pc));
                }
            }
        }
    }

    [Fact]
    public void A_branch_on_constants_goes_where_they_say()
    {
        using var machine = new TraceMachine();
        foreach (IrCondition condition in Enum.GetValues<IrCondition>())
        {
            machine.TranslateAndRun(3,
                Move(10, 3), Move(20, -4), Op(IrOpcode.Branch, a: 10, b: 20, c: (byte)condition, imm: (long)Elsewhere, guest: 1), Jump(Elsewhere + 64, guest: 2));
            Assert.Equal(IntegerModel.Holds(condition, 3, unchecked((ulong)-4)) ? Elsewhere : Elsewhere + 64, machine.Field(Layout.Pc));
            Assert.Equal(3UL, machine.X[10]);
            Assert.Equal(unchecked((ulong)-4), machine.X[20]);
        }
    }

    [Fact]
    public void A_way_out_in_the_middle_retires_what_was_executed()
    {
        using var machine = new TraceMachine();
        machine.Field(Layout.InstRet) = 100;
        Assert.Equal(TraceExit.Lookup, machine.TranslateAndRun(10,
            Op(IrOpcode.Branch, a: 0, b: 0, c: (byte)IrCondition.Equal, imm: (long)Elsewhere, guest: 3), Jump(Elsewhere + 8, guest: 9)));
        Assert.Equal(104UL, machine.Field(Layout.InstRet));
    }

    [Fact]
    public void A_trace_is_not_entered_once_the_poll_is_due()
    {
        using var machine = new TraceMachine();
        nint code = machine.Translate(4, Op(IrOpcode.Add, 10, 10, GuestRegister.Immediate, 1), Jump(Pc, guest: 3));
        machine.Field(Layout.PollAt) = 41;
        Assert.Equal(TraceExit.Poll, machine.Run(code));
        Assert.Equal(11UL, machine.X[10]);
        Assert.Equal(44UL, machine.Field(Layout.InstRet));
        Assert.Equal(Pc, machine.Field(Layout.Pc));
        Assert.Equal(TraceExit.Poll, machine.Run(code));
        Assert.Equal(11UL, machine.X[10]);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    public void A_loop_in_a_trace_runs_until_its_condition_fails(int behind)
    {
        using var machine = new TraceMachine();
        machine.X[11] = 1000;
        Assert.Equal(TraceExit.Lookup, machine.TranslateAndRun(2 + behind,
            Op(IrOpcode.Add, 10, 10, GuestRegister.Immediate, 1, guest: 0),
            Op(IrOpcode.Branch, a: 10, b: 11, c: (byte)IrCondition.NotEqual, imm: (long)Pc, guest: 1),
            Jump(Elsewhere, guest: 1 + behind)));
        Assert.Equal(1000UL, machine.X[10]);
        Assert.Equal(2000UL + (ulong)behind, machine.Field(Layout.InstRet));
    }

    [Fact]
    public void Edges_ask_to_be_linked_and_then_go_straight()
    {
        using var machine = new TraceMachine();
        const ulong Target = Pc + 0x40;
        const ulong Side = Pc + 0x80;
        const ulong Late = Pc + 0xC0;
        nint first = machine.Translate(3,
            Op(IrOpcode.Branch, a: 10, b: 0, c: (byte)IrCondition.NotEqual, imm: (long)Side, guest: 0),
            Op(IrOpcode.Branch, a: 11, b: 0, c: (byte)IrCondition.NotEqual, imm: (long)Late, guest: 2),
            Jump(Target, guest: 2));
        TraceEdge[] edges = machine.Edges.ToArray();
        Assert.Equal([Side, Late, Target], edges.Select(edge => edge.Target));
        ulong[] targets = [Side, Late, Target];
        (ulong, ulong)[] inputs = [(1, 0), (0, 1), (0, 0)];
        for (int i = 0; i < edges.Length; i++)
        {
            (machine.X[10], machine.X[11]) = inputs[i];
            machine.Field(Layout.InstRet) = 0;
            Assert.Equal(TraceExit.Unlinked, machine.Run(first));
            Assert.Equal(70u + (uint)i, (uint)machine.Field(Layout.Edge));
            Assert.Equal(i == 0 ? 1UL : 3, machine.Field(Layout.InstRet));
        }

        for (int i = 0; i < edges.Length; i++)
        {
            nint code = machine.Translate(targets[i], 1, [Op(IrOpcode.Add, 12, 12, GuestRegister.Immediate, 1 << i), Jump(Elsewhere)]);
            machine.Translator.Link(edges[i].Site, code);
            (machine.X[10], machine.X[11]) = inputs[i];
            machine.X[12] = 0;
            Assert.Equal(TraceExit.Lookup, machine.Run(first));
            Assert.Equal(1UL << i, machine.X[12]);
        }
    }

    [Theory]
    [InlineData(10)]
    [InlineData(20)]
    public void The_jump_cache_is_asked_by_address_and_context(byte register)
    {
        using var machine = new TraceMachine();
        nint found = machine.Translate(Elsewhere, 1, [Op(IrOpcode.Add, 12, 12, GuestRegister.Immediate, 1), Jump(Elsewhere + 4096)]);
        nint direct = machine.Translate(1, Jump(Elsewhere));
        nint indirect = machine.Translate(1, Op(IrOpcode.JumpIndirect, a: register, imm: 0xFFFF_FFF8));
        nint cold = machine.Translate(2, Op(IrOpcode.Branch, a: 0, b: 0, c: (byte)IrCondition.Equal, imm: (long)Elsewhere), Jump(Pc + 64, guest: 1));
        foreach (nint code in new[] { direct, indirect, cold })
        {
            machine.ResetJumps();
            ref JumpEntry entry = ref machine.Jumps[JumpCache.IndexOf(Elsewhere)];
            machine.X[register] = Elsewhere + 9;
            machine.X[12] = 0;
            Assert.Equal(TraceExit.Lookup, machine.Run(code));
            Assert.Equal(Elsewhere, machine.Field(Layout.Pc));

            entry = new JumpEntry { Pc = Elsewhere, Context = 8, Native = found };
            Assert.Equal(TraceExit.Lookup, machine.Run(code));
            Assert.Equal(Elsewhere, machine.Field(Layout.Pc));
            Assert.Equal(0UL, machine.X[12]);

            entry.Context = 7;
            Assert.Equal(TraceExit.Lookup, machine.Run(code));
            Assert.Equal(Elsewhere + 4096, machine.Field(Layout.Pc));
            Assert.Equal(1UL, machine.X[12]);

            entry.Native = machine.Translator.NoTrace;
            Assert.Equal(TraceExit.Lookup, machine.Run(code));
            Assert.Equal(Elsewhere, machine.Field(Layout.Pc));
        }

        machine.Field(Layout.Pc) = 0x99;
        Assert.Equal(TraceExit.Lookup, machine.Run(machine.Translator.NoTrace));
        Assert.Equal(0x99UL, machine.Field(Layout.Pc));
    }

    [Theory]
    [InlineData(1, 1, 0)]
    [InlineData(1, 10, 16)]
    [InlineData(20, 20, -16)]
    [InlineData(20, 1, 0)]
    [InlineData(0, 10, 0)]
    [InlineData(GuestRegister.None, 10, 4)]
    public void An_indirect_jump_leaves_its_return_address_behind(byte dst, byte a, int displacement)
    {
        using var machine = new TraceMachine();
        machine.X[a] = Elsewhere - (ulong)displacement;
        Assert.Equal(TraceExit.Lookup, machine.TranslateAndRun(1, Op(IrOpcode.JumpIndirect, dst, a, imm: (uint)displacement | 0x24L << 32)));
        Assert.Equal(Elsewhere, machine.Field(Layout.Pc));
        if (dst is not (0 or GuestRegister.None))
            Assert.Equal(Pc + 0x24, machine.X[dst]);
    }

    [Fact]
    public void An_interpreted_instruction_goes_on_or_leaves()
    {
        using var machine = new TraceMachine();
        machine.SlowPath = (_, _) =>
        {
            machine.X[10] = 5;
            return 0;
        };
        IrOp[] Trace(byte leave) =>
        [
            Move(10, 1, guest: 0),
            Op(IrOpcode.Interpret, c: leave, guest: 1),
            Op(IrOpcode.Add, 11, 10, GuestRegister.Immediate, 1, guest: 2),
            Jump(Elsewhere, guest: 2),
        ];
        Assert.Equal(TraceExit.Lookup, machine.TranslateAndRun(3, Trace(0)));
        Assert.Equal(6UL, machine.X[11]);
        machine.X[11] = 0;
        Assert.Equal(TraceExit.SlowPath, machine.TranslateAndRun(3, Trace(1)));
        Assert.Equal(0UL, machine.X[11]);
        Assert.Equal(5UL, machine.X[10]);
        machine.SlowPath = (_, _) => 1;
        Assert.Equal(TraceExit.SlowPath, machine.TranslateAndRun(3, Trace(0)));
        Assert.Equal(1UL, machine.X[10]);
        Assert.Equal([(1, 1), (1, 1), (1, 1)], machine.SlowCalls);
    }

    [Fact]
    public void State_fields_and_the_scratch_register_are_read_and_written()
    {
        using var machine = new TraceMachine();
        machine.Field(StateField) = 0x1234;
        machine.TranslateAndRun(1,
            Op(IrOpcode.LoadState, 10, imm: StateField),
            Op(IrOpcode.LoadState, 20, imm: StateField),
            Op(IrOpcode.Add, GuestRegister.Scratch, 10, 20),
            Op(IrOpcode.Add, GuestRegister.Scratch, GuestRegister.Scratch, GuestRegister.Immediate, 1),
            Op(IrOpcode.StoreState, a: GuestRegister.Scratch, imm: StateField + 8),
            Op(IrOpcode.Move, GuestRegister.Scratch, GuestRegister.Immediate, imm: -3),
            Op(IrOpcode.Move, 21, GuestRegister.Scratch),
            Op(IrOpcode.FloatDirty, imm: 0x6000),
            Jump(Elsewhere));
        Assert.Equal(0x2469UL, machine.Field(StateField + 8));
        Assert.Equal(unchecked((ulong)-3), machine.X[21]);
        Assert.Equal(0x1234UL, machine.X[10]);
        Assert.Equal(0x6000UL, machine.Field(Layout.FloatDirty));
    }

    [Fact]
    public void Code_that_does_not_fit_is_refused_until_all_is_dropped()
    {
        using var machine = new TraceMachine(capacity: 64 * 1024);
        IrOp[] ops = [.. Enumerable.Repeat(Op(IrOpcode.Load, 12, 10, kind: 3), 50), Jump(Elsewhere)];
        int traces = 0;
        while (machine.Translate(50, [.. ops]) != 0)
            traces++;
        Assert.InRange(traces, 2, 200);
        Assert.InRange(machine.Translator.CodeBytes, 16 * 1024, machine.Translator.Capacity);
        machine.Translator.Clear();
        Assert.Equal(0, machine.Translator.CodeBytes);
        Assert.Equal(TraceExit.Lookup, machine.TranslateAndRun(1, Move(10, 3), Jump(Elsewhere)));
        Assert.Equal(3UL, machine.X[10]);
    }

    [Fact]
    public void Two_translators_have_nothing_in_common()
    {
        using var first = new TraceMachine();
        using var second = new TraceMachine();
        nint one = first.Translate(1, Move(10, 1), Jump(Elsewhere));
        nint two = second.Translate(1, Move(10, 2), Jump(Elsewhere));
        first.Translator.Clear();
        first.Translate(1, Move(10, 3), Jump(Elsewhere));
        Assert.Equal(TraceExit.Lookup, second.Run(two));
        Assert.Equal(TraceExit.Lookup, first.Run(one));
        Assert.Equal(3UL, first.X[10]);
        Assert.Equal(2UL, second.X[10]);
    }

    [Fact]
    public void A_collection_does_not_wait_for_running_code()
    {
        using var machine = new TraceMachine();
        nint code = machine.Translate(1, Op(IrOpcode.Add, 10, 10, GuestRegister.Immediate, 1), Jump(Pc));
        var runner = new Thread(() => machine.Run(code));
        runner.Start();
        while (Volatile.Read(ref machine.Field(Layout.InstRet)) == 0 && runner.ThreadState == ThreadState.Unstarted)
            Thread.Yield();
        GC.Collect();
        Volatile.Write(ref machine.Field(Layout.PollAt), 0);
        Assert.True(runner.Join(TimeSpan.FromSeconds(60)));
    }
}
