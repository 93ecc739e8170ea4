using AxVCpu.Software.Riscv64.Isa;

namespace AxVCpu.Software.Riscv64.Tests;

/// <summary>Whole guest programs for the privileged architecture, from instructions to exits.</summary>
public abstract unsafe class SystemProgramTests(ExecutionTier tier)
{
    private const ulong Ram = TestMachine.RamBase;

    /// <summary>The program ends by storing to the address of the board's test device.</summary>
    private const ulong Finisher = 0x10_0000;

    private const string Finish = "li t6, 0x100000\n sd a0, 0(t6)\n";

    /// <summary>Where <see cref="Count"/> counts.</summary>
    private const ulong Counter = Ram + 0x10_0000;

    /// <summary>An endless loop that counts in s0 and in memory; uses s1.</summary>
    private const string Count = "li s1, 0x80100000\nloop: addi s0, s0, 1\n sd s0, 0(s1)\n j loop\n.balign 4\n";

    /// <summary>Does something from another thread, when <see cref="Count"/> has begun; after a minute in any case.</summary>
    private static Thread OnceItCounts(TestMachine machine, Action action)
    {
        nint counter = (nint)machine.Host(Counter);
        var thread = new Thread(() =>
        {
            SpinWait.SpinUntil(() => Volatile.Read(ref *(ulong*)counter) != 0, TimeSpan.FromMinutes(1));
            action();
        });
        thread.Start();
        return thread;
    }

    private static AssembledProgram Load(TestMachine machine, string source)
    {
        AssembledProgram program = Assembler.Assemble(source, Ram);
        program.Code.CopyTo(new Span<byte>(machine.Host(Ram), program.Code.Length));
        foreach (Hart hart in machine.Harts)
            hart.State->Pc = Ram;
        return program;
    }

    /// <summary>Runs the first hart to an exit that is not the end of the program, or to the end: then <paramref name="result"/> is a0.</summary>
    private static VCpuExitKind Run(TestMachine machine, out ulong result)
    {
        var record = default(VCpuExitRecord);
        machine.Hart.Run(ref record);
        var exit = new VCpuExit(in record);
        result = 0;
        if (exit.Kind == VCpuExitKind.MmioWrite && exit.MmioWrite.Address.Value == Finisher)
            result = exit.MmioWrite.Data;
        return exit.Kind;
    }

    private static ulong RunToEnd(TestMachine machine, string source)
    {
        Load(machine, source);
        VCpuExitKind kind = Run(machine, out ulong result);
        Assert.True(kind == VCpuExitKind.MmioWrite, $"{kind} at {machine.State->Pc:x}, cause {machine.State->Mcause:x} value {machine.State->Mtval:x}");
        return result;
    }

    /// <summary>An instruction with its set-up, and what the trap it takes must say; a value of -1 is the address of the instruction.</summary>
    public static TheoryData<string, string, ulong, ulong> Faults => new()
    {
        { "", ".word 0xffffffff", 2, 0xFFFF_FFFF },
        { "", ".word 0x0000000b", 2, 0xB },
        { "", ".half 0", 2, 0 },
        { "", ".half 0x8002", 2, 0x8002 },
        { "", "csrw mhartid, zero", 2, 0xF140_1073 },
        { "", "csrr a0, 0x7b0", 2, 0x7B00_2573 },
        { "csrw mstatus, zero", "fadd.d fa0, fa0, fa0", 2, 0x02A5_7553 },
        { "csrw mstatus, zero", "fld fa0, 0(sp)", 2, 0x0001_3507 },
        { "li a0, 0x2000\n csrw mstatus, a0\n csrwi frm, 5", "fadd.d fa0, fa0, fa0", 2, 0x02A5_7553 },
        { "", "ebreak", 3, ulong.MaxValue },
        { "", "c.ebreak", 3, ulong.MaxValue },
        { "", "ecall", 11, 0 },
        { "li a1, 0x80000004", "lr.d a0, (a1)", 4, 0x8000_0004 },
        { "li a1, 0x80000002", "lr.w a0, (a1)", 4, 0x8000_0002 },
        { "li a1, 0x80000004", "sc.d a0, a0, (a1)", 6, 0x8000_0004 },
        { "li a1, 0x80000001", "amoadd.w a0, a0, (a1)", 6, 0x8000_0001 },
        { "li a1, 0x0100000000000000", "ld a0, 0(a1)", 5, 0x0100_0000_0000_0000 },
        { "li a1, 0x0100000000000000", "sd a0, 8(a1)", 7, 0x0100_0000_0000_0008 },
        { "li a1, 0x10000001", "lw a0, 0(a1)", 5, 0x1000_0001 },
        { "li a1, 0x10000002", "sd a0, 0(a1)", 7, 0x1000_0002 },
        { "li a1, 0x10000000", "amoswap.d a0, a0, (a1)", 7, 0x1000_0000 },
        { "li a1, 0x10000000", "lr.d a0, (a1)", 5, 0x1000_0000 },
        { "li a1, 0x801ffffc", "ld a0, 0(a1)", 5, 0x8020_0000 },
        { "li a1, 0x801ffffe", "sw a0, 0(a1)", 7, 0x8020_0000 },
        { "li a1, 0x7ffffffc", "ld a0, 0(a1)", 5, 0x7FFF_FFFC },
        { "csrwi mie, 0", "cbo.zero (zero)", 7, 0 },
    };

    [Theory]
    [MemberData(nameof(Faults))]
    public void A_faulting_instruction_traps_precisely(string setup, string instruction, ulong cause, ulong value)
    {
        using var machine = new TestMachine(tier: tier);
        AssembledProgram program = Load(machine, $"la t0, handler\n csrw mtvec, t0\n li s0, 1\n {setup}\nfault: {instruction}\n.balign 4\n li s0, 2\n nop\nhandler: {Finish}");
        VCpuExitKind kind = Run(machine, out _);
        ulong fault = program.Symbols["fault"];
        Assert.Equal(VCpuExitKind.MmioWrite, kind);
        Assert.Equal(cause, machine.State->Mcause);
        Assert.Equal(value == ulong.MaxValue ? fault : value, machine.State->Mtval);
        Assert.Equal(fault, machine.State->Mepc);
        Assert.Equal(1UL, machine.State->X[8]);
    }

    [Theory]
    [InlineData(0x1000_0000UL, 1UL)]
    [InlineData(0x0100_0000_0000_0000UL, 1UL)]
    public void A_jump_to_where_nothing_is_faults_at_the_target(ulong target, ulong cause)
    {
        using var machine = new TestMachine(tier: tier);
        RunToEnd(machine, $"la t0, handler\n csrw mtvec, t0\n li a1, {target}\n jr a1\nhandler: {Finish}");
        Assert.Equal(cause, machine.State->Mcause);
        Assert.Equal(target, machine.State->Mepc);
        Assert.Equal(target, machine.State->Mtval);
    }

    [Fact]
    public void Without_compressed_instructions_a_jump_to_an_odd_half_word_faults_at_the_jump()
    {
        using var machine = new TestMachine(isa: IsaExtensions.G | IsaExtensions.Zicsr, tier: tier);
        AssembledProgram program = Load(machine, $"la t0, handler\n csrw mtvec, t0\n la a1, handler\n addi a1, a1, 2\nfault: jalr s0, 0(a1)\nhandler: {Finish}");
        Assert.Equal(VCpuExitKind.MmioWrite, Run(machine, out _));
        Assert.Equal(0UL, machine.State->Mcause);
        Assert.Equal(program.Symbols["fault"], machine.State->Mepc);
        Assert.Equal(program.Symbols["handler"] + 2, machine.State->Mtval);
        Assert.Equal(0UL, machine.State->X[8]);
    }

    [Fact]
    public void Wfi_sleeps_until_the_timer_and_the_interrupt_is_vectored()
    {
        using var machine = new TestMachine(StartProfile.Sbi, tier: tier);
        Load(machine, $"""
            la t0, vector + 1
            csrw stvec, t0
            li t0, 1000
            csrw stimecmp, t0
            li t0, 0x20
            csrw sie, t0
            csrsi sstatus, 2
            wfi
            li a0, 1
            {Finish}
            .balign 4
            vector: j bad
            j bad
            j bad
            j bad
            j bad
            csrr a0, scause
            j end
            bad: li a0, 99
            end: {Finish}
            """);
        Assert.Equal(VCpuExitKind.Halt, Run(machine, out _));
        Assert.Equal(1000UL, machine.Hart.PendingExit().HaltDeadline);
        machine.Time.Advance(999);
        // A wake-up for another reason: wfi may end early, the interrupt does not come early.
        machine.Time.Advance(1);
        Assert.Equal(VCpuExitKind.MmioWrite, Run(machine, out ulong cause));
        Assert.Equal((1UL << 63) | 5, cause);
    }

    [Fact]
    public void A_user_program_in_its_own_address_space_calls_its_supervisor()
    {
        using var machine = new TestMachine(StartProfile.Sbi, tier: tier);
        var table = new GuestPageTable(machine, 8);
        const ulong All = PageTableEntry.V | PageTableEntry.R | PageTableEntry.W | PageTableEntry.X;
        // The supervisor keeps its physical addresses; the program sees its page at 0x1000 and its data at 0x2000.
        table.Map(Ram, GuestPageTable.Leaf(Ram, All), level: 1);
        table.Map(Finisher, GuestPageTable.Leaf(Finisher, All));
        table.Map(0x1000, GuestPageTable.Leaf(Ram + 0x1000, All | PageTableEntry.U));
        table.Map(0x2000, GuestPageTable.Leaf(Ram + 0x2000, PageTableEntry.V | PageTableEntry.R | PageTableEntry.U));
        machine.Word(Ram + 0x2010) = 41;
        ulong result = RunToEnd(machine, $"""
            la t0, handler
            csrw stvec, t0
            li t0, {table.Satp}
            csrw satp, t0
            sfence.vma
            li t0, 0x1000
            csrw sepc, t0
            sret
            handler: csrr s1, scause
            li s2, 8
            bne s1, s2, fault
            csrr s3, sepc
            addi s3, s3, 4
            csrw sepc, s3
            sret
            fault: csrr s4, stval
            slli a0, s1, 32
            or a0, a0, s4
            add a0, a0, a7
            {Finish}
            .org 0x80001000
            li a1, 0x2000
            ld a7, 0x10(a1)
            addi a7, a7, 1
            ecall
            sd a7, 0x20(a1)
            """);
        // The store to the read-only page is the last fault: cause 15, address 0x2020, plus the 42 computed before the call.
        Assert.Equal((15UL << 32) | (0x2020 + 42), result);
    }

    [Fact]
    public void Pmp_stops_a_fetch_in_the_middle_of_a_page()
    {
        using var machine = new TestMachine(tier: tier);
        AssembledProgram program = Load(machine, $"""
            la t0, handler
            csrw mtvec, t0
            la t0, limit
            srli t0, t0, 2
            csrw pmpaddr0, t0
            li t0, 0x0f
            csrw pmpcfg0, t0
            li t0, 0x800
            csrs mstatus, t0
            la t0, code
            csrw mepc, t0
            mret
            code: addi s0, s0, 1
            c.addi s0, 1
            c.addi s0, 1
            addi s0, s0, 1
            .balign 4
            limit: addi s0, s0, 100
            handler: mv a0, s0
            {Finish}
            """);
        // The same code from M mode first: a block over the line exists already when S mode comes.
        machine.State->Pc = program.Symbols["code"];
        Assert.Equal(VCpuExitKind.MmioWrite, Run(machine, out ulong free));
        Assert.Equal(104UL, free);
        machine.Hart.Reset();
        machine.State->Pc = Ram;
        Assert.Equal(VCpuExitKind.MmioWrite, Run(machine, out ulong result));
        Assert.Equal(4UL, result);
        Assert.Equal((ulong)ExceptionCause.InstructionAccessFault, machine.State->Mcause);
        Assert.Equal(program.Symbols["limit"], machine.State->Mepc);
        Assert.Equal(program.Symbols["limit"], machine.State->Mtval);
    }

    [Fact]
    public void Lazy_memory_is_asked_for_and_a_refusal_is_an_access_fault()
    {
        using var machine = new TestMachine(tier: tier);
        machine.MakeLazy(Ram + 0x4000);
        Load(machine, $"la t0, handler\n csrw mtvec, t0\n li a1, 0x80004010\n li a0, 7\n sd a0, 0(a1)\n ld a0, 0(a1)\n addi a0, a0, 1\n {Finish}\nhandler: csrr a0, mcause\n {Finish}");
        Assert.Equal(VCpuExitKind.NestedPageFault, Run(machine, out _));
        Assert.Equal(Ram + 0x4010, machine.Hart.PendingExit().NestedPageFault.Address.Value);
        machine.MapPage(Ram + 0x4000, MappingFlags.Read | MappingFlags.Write);
        Assert.Equal(VCpuExitKind.MmioWrite, Run(machine, out ulong result));
        Assert.Equal(8UL, result);

        machine.Hart.Reset();
        machine.State->Pc = Ram;
        machine.MakeLazy(Ram + 0x4000);
        Assert.Equal(VCpuExitKind.NestedPageFault, Run(machine, out _));
        Assert.True(machine.Hart.FailAccess());
        Assert.Equal(VCpuExitKind.MmioWrite, Run(machine, out result));
        Assert.Equal((ulong)ExceptionCause.StoreAccessFault, result);
        Assert.Equal(Ram + 0x4010, machine.State->Mtval);
    }

    [Fact]
    public void Code_in_lazy_memory_is_asked_for()
    {
        using var machine = new TestMachine(tier: tier);
        Load(machine, "li t0, 0x80004000\n jr t0");
        machine.MakeLazy(Ram + 0x4000);
        Assert.Equal(VCpuExitKind.NestedPageFault, Run(machine, out _));
        Assert.Equal(MappingFlags.Execute, machine.Hart.PendingExit().NestedPageFault.Access);
        machine.MapPage(Ram + 0x4000, MappingFlags.Read | MappingFlags.Execute);
        Assembler.Assemble($"li a0, 5\n {Finish}", Ram + 0x4000).Code.CopyTo(new Span<byte>(machine.Host(Ram + 0x4000), 64));
        Assert.Equal(VCpuExitKind.MmioWrite, Run(machine, out ulong result));
        Assert.Equal(5UL, result);
    }

    [Fact]
    public void A_device_line_interrupts_an_endless_loop()
    {
        using var machine = new TestMachine(tier: tier);
        Load(machine, $"la t0, handler\n csrw mtvec, t0\n li t0, 0x800\n csrw mie, t0\n csrsi mstatus, 8\n{Count}handler: csrr a0, mcause\n {Finish}");
        Thread device = OnceItCounts(machine, () => machine.Hart.SetInterruptLine(11, true));
        Assert.Equal(VCpuExitKind.MmioWrite, Run(machine, out ulong cause));
        device.Join();
        Assert.Equal((1UL << 63) | 11, cause);
        Assert.True(machine.State->X[8] > 0);
    }

    [Fact]
    public void A_remote_fence_i_makes_another_running_hart_see_new_code()
    {
        using var machine = new TestMachine(StartProfile.Sbi, harts: 2, tier: tier);
        // Hart 1 calls f for ever and stores what it returns. Hart 0 changes f, fences, and then only the first result may be
        // old: that of a call that was over before the fence.
        Load(machine, """
            bnez a0, other
            la s0, result
            la s1, f
            li s2, 2
            li s3, 400
            next: slli t0, s2, 20
            li t1, 0x513
            or t0, t0, t1
            sw t0, 0(s1)
            fence
            li a7, 0x52464e43
            li a6, 0
            li a0, 2
            li a1, 0
            ecall
            bnez a0, fail
            sd zero, 0(s0)
            fence
            wait: ld t0, 0(s0)
            beqz t0, wait
            sd zero, 0(s0)
            fence
            wait2: ld t0, 0(s0)
            beqz t0, wait2
            bne t0, s2, fail
            addi s2, s2, 1
            bne s2, s3, next
            li a0, 1
            j end
            fail: li a0, 2
            end: li t6, 0x100000
            sd a0, 0(t6)
            other: la s0, result
            again: call f
            sd a0, 0(s0)
            j again
            .balign 64
            f: li a0, 1
            ret
            .balign 64
            result: .dword 0
            """);
        machine.Harts[1].State->X[10] = 1;
        var other = new Thread(() =>
        {
            var record = default(VCpuExitRecord);
            machine.Harts[1].Run(ref record);
        });
        other.Start();
        while (!machine.Harts[1].IsRunning)
            Thread.Yield();
        VCpuExitKind kind = Run(machine, out ulong result);
        machine.Harts[1].RequestPoll(HartRequests.Kick);
        Assert.True(other.Join(TimeSpan.FromSeconds(60)), "the other hart did not leave");
        Assert.Equal(VCpuExitKind.MmioWrite, kind);
        Assert.Equal(1UL, result);
    }

    [Fact]
    public void After_a_reset_harts_can_be_started_again()
    {
        using var machine = new TestMachine(StartProfile.Sbi, harts: 2, tier: tier);
        for (int round = 0; round < 2; round++)
        {
            Load(machine, "li a7, 0x48534d\n li a6, 0\n li a0, 1\n li a1, 0x80000000\n ecall");
            Assert.Equal(VCpuExitKind.CpuUp, Run(machine, out _));
            Assert.Equal(0UL, machine.State->X[10]);
            foreach (Hart hart in machine.Harts)
                hart.Reset();
        }
    }

    [Fact]
    public void A_fence_asked_for_outside_Run_is_served_before_any_code_is_read()
    {
        using var machine = new TestMachine(tier: tier);
        AssembledProgram old = Assembler.Assemble($"again: li a0, 1\n {Finish} j again", Ram);
        old.Code.CopyTo(new Span<byte>(machine.Host(Ram), old.Code.Length));
        old.Code.CopyTo(new Span<byte>(machine.Host(Ram + 0x1000), old.Code.Length));
        machine.Word(Ram + 0x1000) = machine.Word(Ram) + (1UL << 20);
        machine.State->Pc = Ram;
        Assert.Equal(VCpuExitKind.MmioWrite, Run(machine, out ulong result));
        Assert.Equal(1UL, result);

        // The page gets other memory behind it, without a word to the guest.
        machine.MapPageTo(Ram, Ram + 0x1000);
        machine.Hart.RequestFence(HartRequests.FlushNested);
        Assert.Equal(VCpuExitKind.MmioWrite, Run(machine, out result));
        Assert.Equal(2UL, result);
    }

    [Fact]
    public void An_interrupt_that_comes_with_a_kick_is_taken_first_thing_in_the_next_run()
    {
        using var machine = new TestMachine(tier: tier);
        Load(machine, $"la t0, handler\n csrw mtvec, t0\n li t0, 0x800\n csrw mie, t0\n csrsi mstatus, 8\nloop: addi s0, s0, 1\n j loop\n.balign 4\nhandler: mv a0, s0\n {Finish}");
        machine.Hart.RequestPoll(HartRequests.Kick);
        Assert.Equal(VCpuExitKind.Interrupted, Run(machine, out _));
        var timer = new Timer(_ => machine.Hart.RequestPoll(HartRequests.Kick), null, 20, 20);
        do
            Assert.Equal(VCpuExitKind.Interrupted, Run(machine, out _));
        while (machine.State->X[8] == 0);
        using (var over = new ManualResetEvent(false))
        {
            timer.Dispose(over);
            over.WaitOne();
        }

        ulong before = machine.State->X[8];
        machine.Hart.SetInterruptLine(11, true);
        machine.Hart.RequestPoll(HartRequests.Kick);
        Assert.Equal(VCpuExitKind.Interrupted, Run(machine, out _));
        Assert.Equal(VCpuExitKind.MmioWrite, Run(machine, out ulong after));
        Assert.Equal(before, after);
    }
}

public sealed class SystemProgramTestsInterpreted() : SystemProgramTests(ExecutionTier.Interpreter);

public sealed class SystemProgramTestsTranslated() : SystemProgramTests(ExecutionTier.Translator);
