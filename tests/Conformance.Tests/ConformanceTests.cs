using AxVCpu.Software.Riscv64;

namespace AxVCpu.Conformance.Tests;

/// <summary>The same expectations of every engine: what a guest does is what the exits say, and what the VMM answers is what the guest sees.</summary>
public sealed class ConformanceTests
{
    /// <summary>Every engine of the project, also those that cannot run here.</summary>
    private static readonly Target[] s_targets = [new SoftwareRiscv64(ExecutionTier.Interpreter), new SoftwareRiscv64(ExecutionTier.Translator), new KvmX64()];

    public static IEnumerable<TheoryDataRow<Target>> Targets => s_targets.Select(target => new TheoryDataRow<Target>(target));

    [Fact]
    public void There_is_at_least_one_engine_that_can_run_here() =>
        Assert.Contains(s_targets, target => target.Engine.Probe().IsAvailable);

    [Theory, MemberData(nameof(Targets))]
    public void A_hypercall_carries_its_arguments_and_the_guest_sees_the_result(Target target)
    {
        using Board board = Start(target, Scenario.Hypercall);
        VCpuExit exit = Next(board);
        Assert.Equal(VCpuExitKind.Hypercall, exit.Kind);
        Assert.Equal(7UL, exit.Hypercall.Number);
        for (int i = 0; i < HypercallExit.ArgumentCount; i++)
            Assert.Equal((ulong)i + 1, exit.Hypercall.Argument(i));
        board.Cpu.SetReturnValue(0x1234);
        Assert.Equal(0x1234UL, NextWrite(board).Data);
    }

    [Theory]
    [MemberData(nameof(Targets))]
    public void A_device_read_is_sign_extended_by_the_engine_and_zero_when_nobody_answers(Target target)
    {
        foreach ((ulong? answer, ulong seen) in new (ulong?, ulong)[] { (0xFFFF_FF80UL, 0xFFFF_FFFF_FFFF_FF80UL), (0x7FUL, 0x7FUL), (null, 0UL) })
        {
            using Board board = Start(target, Scenario.MmioRead);
            VCpuExit exit = Next(board);
            Assert.Equal(VCpuExitKind.MmioRead, exit.Kind);
            Assert.Equal((Board.Device, AccessWidth.Byte), (exit.MmioRead.Address.Value, exit.MmioRead.Width));
            Assert.Equal(target.NamesDestination, exit.MmioRead.SignExtend);
            if (answer is not null)
                board.Cpu.CompleteRead(answer.Value);
            Assert.Equal(seen, NextWrite(board).Data);
        }
    }

    [Theory, MemberData(nameof(Targets))]
    public void Device_writes_keep_their_width_and_carry_nothing_above_it(Target target)
    {
        using Board board = Start(target, Scenario.MmioWrite);
        foreach ((ulong offset, AccessWidth width, ulong data) in new[]
        {
            (0UL, AccessWidth.Byte, 0x88UL), (2UL, AccessWidth.Word, 0x7788UL), (4UL, AccessWidth.Dword, 0x5566_7788UL),
            (8UL, AccessWidth.Qword, 0x1122_3344_5566_7788UL),
        })
        {
            MmioWriteExit write = NextWrite(board);
            Assert.Equal((Board.Device + offset, width, data), (write.Address.Value, write.Width, write.Data));
        }
    }

    [Theory, MemberData(nameof(Targets))]
    public void An_access_that_fails_is_a_fault_in_the_guest(Target target)
    {
        using Board board = Start(target, Scenario.FaultHandler);
        Assert.Equal(VCpuExitKind.MmioRead, Next(board).Kind);
        board.Cpu.FailAccess();
        Assert.Equal(0xFAUL, NextWrite(board).Data);
    }

    [Theory, MemberData(nameof(Targets))]
    public void System_registers_of_the_vmm_are_read_and_written(Target target)
    {
        using Board board = Start(target, Scenario.SystemRegister);
        VCpuExit exit = Next(board);
        Assert.Equal(VCpuExitKind.SysRegRead, exit.Kind);
        ulong register = exit.SysRegRead.Address;
        board.Cpu.CompleteRead(41);
        exit = Next(board);
        Assert.Equal(VCpuExitKind.SysRegWrite, exit.Kind);
        Assert.Equal((register, 42UL), (exit.SysRegWrite.Address, exit.SysRegWrite.Value));
    }

    [Theory, MemberData(nameof(Targets))]
    public void Lazy_memory_faults_once_and_only_what_is_touched_becomes_resident(Target target)
    {
        using Board board = Start(target, Scenario.LazyMemory);
        ulong before = board.Memory.ResidentFrames;
        board.Cpu.Bind();
        VCpuExit exit = board.Cpu.Run();
        Assert.Equal(VCpuExitKind.NestedPageFault, exit.Kind);
        Assert.Equal(Board.LazyPage, exit.NestedPageFault.Address.AlignDown(4096).Value);
        Assert.Equal(MappingFlags.Write, exit.NestedPageFault.Access & MappingFlags.Write);
        Assert.Equal(AxVCpu.Memory.PageFaultOutcome.Handled, board.Memory.HandlePageFault(exit.NestedPageFault.Address, exit.NestedPageFault.Access));
        exit = board.Cpu.Run();
        Assert.Equal((VCpuExitKind.MmioWrite, 0x55UL), (exit.Kind, exit.MmioWrite.Data));
        Assert.Equal(before + 1, board.Memory.ResidentFrames);
    }

    [Theory, MemberData(nameof(Targets))]
    public void A_halt_ends_by_an_interrupt(Target target)
    {
        using Board board = Start(target, Scenario.Halt);
        Assert.Equal(VCpuExitKind.Halt, Next(board).Kind);
        var waker = new Thread(() =>
        {
            while (board.Cpu.State != VCpuState.Blocked)
                Thread.Yield();
            board.Cpu.InjectInterrupt(board.WakeUpInterrupt);
        });
        waker.Start();
        board.Cpu.Block(Timeout.InfiniteTimeSpan);
        waker.Join();
        Assert.Equal(VCpuState.Ready, board.Cpu.State);
        Assert.Equal(1UL, NextWrite(board).Data);
    }

    [Theory, MemberData(nameof(Targets))]
    public void A_guest_starts_and_stops_vcpus(Target target)
    {
        using Board board = Start(target, Scenario.StartAnother, cpus: 2);
        VCpuExit exit = Next(board);
        Assert.Equal(VCpuExitKind.CpuUp, exit.Kind);
        Assert.Equal((1UL, Board.SecondEntry, 0x77UL), (exit.CpuUp.TargetCpu, exit.CpuUp.Entry.Value, exit.CpuUp.Argument));
        VirtualCpu second = board.Cpus[1];
        second.SetEntry(exit.CpuUp.Entry);
        second.SetGpr(board.ArgumentRegister, exit.CpuUp.Argument);
        Assert.Equal(0UL, NextWrite(board).Data);
        Assert.Equal(VCpuExitKind.CpuDown, Next(board).Kind);
        board.Cpu.Unbind();
        second.Bind();
        exit = Serve(board, second);
        Assert.Equal((VCpuExitKind.MmioWrite, 0x77UL), (exit.Kind, exit.MmioWrite.Data));
        Assert.Equal(VCpuExitKind.CpuDown, Serve(board, second).Kind);
    }

    [Theory, MemberData(nameof(Targets))]
    public void An_ipi_names_its_targets(Target target)
    {
        using Board board = Start(target, Scenario.Ipi, cpus: 3);
        VCpuExit exit = Next(board);
        Assert.Equal(VCpuExitKind.SendIpi, exit.Kind);
        ulong targets = exit.SendIpi.TargetMask << (int)exit.SendIpi.TargetBase;
        Assert.Equal((0b110UL, false), (targets, exit.SendIpi.ToAll));
        foreach (VirtualCpu cpu in board.Cpus.Skip(1))
            cpu.InjectInterrupt(exit.SendIpi.Vector);
        Assert.Equal(0UL, NextWrite(board).Data);
    }

    [Theory, MemberData(nameof(Targets))]
    public void A_power_off_is_one(Target target)
    {
        using Board board = Start(target, Scenario.PowerOff);
        VCpuExit exit = Next(board);
        Assert.Equal((VCpuExitKind.SystemDown, 0UL), (exit.Kind, exit.SystemDownCode));
    }

    [Theory, MemberData(nameof(Targets))]
    public void A_reset_is_one(Target target)
    {
        using Board board = Start(target, Scenario.Reset);
        Assert.Equal(VCpuExitKind.SystemReset, Next(board).Kind);
    }

    [Theory, MemberData(nameof(Targets))]
    public void Ports_keep_their_width_and_strings_their_order(Target target)
    {
        using Board board = Start(target, Scenario.Port);
        VCpuExit exit = Next(board);
        Assert.Equal((VCpuExitKind.IoRead, (ushort)0x60, AccessWidth.Word), (exit.Kind, exit.IoRead.Port, exit.IoRead.Width));
        board.Cpu.CompleteRead(0xFFFF_1234);
        exit = Next(board);
        Assert.Equal((VCpuExitKind.IoWrite, (ushort)0x62, AccessWidth.Word), (exit.Kind, exit.IoWrite.Port, exit.IoWrite.Width));
        Assert.Equal(0x1235UL, exit.IoWrite.Data);
        List<ulong> bytes = [];
        while (bytes.Count < 5)
        {
            exit = Next(board);
            Assert.Equal((VCpuExitKind.IoWrite, AccessWidth.Byte), (exit.Kind, exit.IoWrite.Width));
            for (uint i = 0; i < exit.IoWrite.Count; i++)
                bytes.Add(exit.IoWrite.Item(i));
        }

        Assert.Equal([1, 2, 3, 4, 5], bytes);
    }

    [Theory, MemberData(nameof(Targets))]
    public void A_breakpoint_stops_at_the_instruction_and_can_be_stepped_over(Target target)
    {
        using Board board = Start(target, Scenario.Breakpoint);
        VCpuExit exit = Next(board);
        Assert.Equal(VCpuExitKind.Debug, exit.Kind);
        Assert.Equal(DebugReason.Breakpoint, exit.Debug.Reason);
        Assert.Equal(exit.Debug.ProgramCounter, board.Cpu.ProgramCounter);
        board.Cpu.ProgramCounter += board.BreakpointLength;
        Assert.Equal(1UL, NextWrite(board).Data);
    }

    [Theory, MemberData(nameof(Targets))]
    public void An_entry_that_cannot_be_executed_is_a_failed_entry(Target target)
    {
        using Board board = Start(target, Scenario.Spin);
        board.Cpu.SetEntry(new GuestPhysAddr(Board.Device));
        Assert.Equal(target.BadEntry, Next(board).Kind);
    }

    [Theory, MemberData(nameof(Targets))]
    public void An_endless_loop_is_left_by_a_request_and_goes_on_after_it(Target target)
    {
        using Board board = Start(target, Scenario.Spin);
        for (int i = 0; i < 100; i++)
        {
            var kicker = new Thread(() =>
            {
                while (board.Cpu.State != VCpuState.Running)
                    Thread.Yield();
                board.Cpu.RequestExit();
            });
            kicker.Start();
            Assert.Equal(VCpuExitKind.Interrupted, Next(board).Kind);
            kicker.Join();
        }
    }

    [Theory, MemberData(nameof(Targets))]
    public void Registers_and_memory_survive_unbind_and_another_thread(Target target)
    {
        using Board board = Start(target, Scenario.Sum);
        ulong sum = 0;
        var other = new Thread(() =>
        {
            board.Cpu.Bind();
            sum = Serve(board, board.Cpu).MmioWrite.Data;
            board.Cpu.Unbind();
        });
        board.Cpu.RequestExit();
        board.Cpu.Bind();
        Assert.Equal(VCpuExitKind.Interrupted, board.Cpu.Run().Kind);
        board.Cpu.Unbind();
        other.Start();
        other.Join();
        Assert.Equal(500_500UL, sum);
    }

    [Theory, MemberData(nameof(Targets))]
    public void Exits_allocate_nothing(Target target)
    {
        using Board board = Start(target, Scenario.Spin);
        board.Cpu.Bind();
        Assert.Equal(0, Garbage.Of(() => Run(board, 10_000)));

        static void Run(Board board, int times)
        {
            for (int i = 0; i < times; i++)
            {
                ulong pc = board.Cpu.ProgramCounter;
                board.Cpu.RequestExit();
                if (board.Cpu.Run().Kind != VCpuExitKind.Interrupted)
                    throw new InvalidOperationException("no interruption");
                board.Cpu.ProgramCounter = pc;
            }
        }
    }

    /// <summary>Which exits an engine claims, and that the scenarios above really show every one of them.</summary>
    [Theory, MemberData(nameof(Targets))]
    public void Every_exit_that_an_engine_claims_is_produced(Target target)
    {
        HashSet<VCpuExitKind> seen = [];
        foreach (Scenario scenario in Enum.GetValues<Scenario>())
        {
            using Board? board = Skipped(target) ? null : target.Create(scenario, cpus: 3);
            if (board is null)
                continue;
            board.Cpu.Bind();
            // A program that has done its work loops: requests are what ends it, and Interrupted is an exit as well. One request says
            // nothing, for it may come before this thread got as far as the guest: a program has the time between several.
            var kicker = new Timer(_ => board.Cpu.RequestExit(), null, 20, 20);
            int interruptions = 0;
            VCpuExitKind kind;
            do
            {
                VCpuExit exit = board.Cpu.Run();
                kind = exit.Kind;
                seen.Add(kind);
                interruptions += kind == VCpuExitKind.Interrupted ? 1 : 0;
                if (kind == VCpuExitKind.NestedPageFault)
                    board.Memory.HandlePageFault(exit.NestedPageFault.Address, exit.NestedPageFault.Access);
                else if (kind == VCpuExitKind.Debug)
                    board.Cpu.ProgramCounter += board.BreakpointLength;
            }
            while (interruptions < 5 && kind is not (VCpuExitKind.Halt or VCpuExitKind.CpuDown or VCpuExitKind.SystemDown or VCpuExitKind.SystemReset));
            using var kicked = new ManualResetEvent(false);
            kicker.Dispose(kicked);
            kicked.WaitOne();
        }

        using (Board board = Start(target, Scenario.Spin))
        {
            board.Cpu.SetEntry(new GuestPhysAddr(Board.Device));
            seen.Add(Next(board).Kind);
        }

        Assert.Equal(target.Produces.Order(), seen.Order());
    }

    private static bool Skipped(Target target) => !target.Engine.Probe().IsAvailable;

    private static Board Start(Target target, Scenario scenario, int cpus = 1)
    {
        EngineProbe probe = target.Engine.Probe();
        Assert.SkipUnless(probe.IsAvailable, $"{target.Name}: {probe.Detail}");
        Board? board = target.Create(scenario, cpus);
        Assert.SkipWhen(board is null, $"{target.Name} has no {scenario}");
        return board!;
    }

    /// <summary>The next exit that is not a page of RAM becoming present.</summary>
    private static VCpuExit Next(Board board)
    {
        if (board.Cpu.State == VCpuState.Free)
            board.Cpu.Bind();
        return Serve(board, board.Cpu);
    }

    private static MmioWriteExit NextWrite(Board board)
    {
        VCpuExit exit = Next(board);
        Assert.Equal(VCpuExitKind.MmioWrite, exit.Kind);
        return exit.MmioWrite;
    }

    private static VCpuExit Serve(Board board, VirtualCpu cpu)
    {
        while (true)
        {
            VCpuExit exit = cpu.Run();
            if (exit.Kind != VCpuExitKind.NestedPageFault)
                return exit;
            board.Memory.HandlePageFault(exit.NestedPageFault.Address, exit.NestedPageFault.Access);
        }
    }
}
