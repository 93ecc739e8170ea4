using AxVCpu.Software.Riscv64.Isa;

namespace AxVCpu.Software.Riscv64.Tests;

/// <summary>SBI 2.0 as the engine answers it in the sbi profile.</summary>
public sealed unsafe class SbiTests
{
    private const ulong Base = 0x10, Time = 0x54494D45, Ipi = 0x735049, Rfence = 0x52464E43, Hsm = 0x48534D, Srst = 0x53525354, Dbcn = 0x4442434E;
    private const long NotSupported = -2, InvalidParam = -3, InvalidAddress = -5, AlreadyAvailable = -6;
    private const ulong Ram = TestMachine.RamBase;

    private static (long Error, ulong Value) Call(TestMachine machine, ulong extension, ulong function, params ReadOnlySpan<ulong> arguments) =>
        Call(machine.Hart, extension, function, arguments);

    private static (long Error, ulong Value) Call(Hart hart, ulong extension, ulong function, params ReadOnlySpan<ulong> arguments)
    {
        HartState* s = hart.State;
        hart.ForgetExit();
        for (int i = 0; i < 6; i++)
            s->X[10 + i] = i < arguments.Length ? arguments[i] : 0;
        s->X[16] = function;
        s->X[17] = extension;
        s->Pc = Ram;
        hart.ExecuteEcall();
        return ((long)s->X[10], s->X[11]);
    }

    private static TestMachine Create(int harts = 1)
    {
        var machine = new TestMachine(StartProfile.Sbi, harts);
        machine.Machine.SetHsm(0, HsmState.Started);
        return machine;
    }

    [Fact]
    public void Base_tells_the_version_and_which_extensions_there_are()
    {
        using TestMachine machine = Create();
        Assert.Equal((0, 0x0200_0000UL), Call(machine, Base, 0));
        Assert.Equal(Ram + 4, machine.State->Pc);
        Assert.Equal(0, Call(machine, Base, 1).Error);
        Assert.Equal(0, Call(machine, Base, 2).Error);
        foreach (ulong id in (ulong[])[0, 1, 2, 3, 4, 5, 6, 7, 8, Base, Time, Ipi, Rfence, Hsm, Srst, Dbcn])
            Assert.Equal((0, 1UL), Call(machine, Base, 3, id));
        foreach (ulong id in (ulong[])[9, 0xF, 0x11, 0x504D55, 0x53555350, ulong.MaxValue, Base | (1UL << 40)])
            Assert.Equal((0, 0UL), Call(machine, Base, 3, id));
        for (ulong function = 4; function <= 6; function++)
            Assert.Equal((0, 0UL), Call(machine, Base, function));
        Assert.Equal((NotSupported, 0UL), Call(machine, Base, 7));
    }

    [Fact]
    public void Unknown_extensions_and_functions_are_not_supported()
    {
        using TestMachine machine = Create();
        foreach (ulong id in (ulong[])[9, 0xF, 0x11, 0x504D55, ulong.MaxValue])
            Assert.Equal((NotSupported, 0UL), Call(machine, id, 0));
        foreach ((ulong id, ulong function) in ((ulong, ulong)[])[(Time, 1), (Ipi, 1), (Rfence, 3), (Rfence, 6), (Rfence, 7), (Hsm, 4), (Srst, 1), (Dbcn, 3)])
            Assert.Equal((NotSupported, 0UL), Call(machine, id, function));
        Assert.Equal(NotSupported, Call(machine, Time, ulong.MaxValue).Error);
        Assert.False(machine.Hart.ExitPending);
    }

    [Fact]
    public void The_timer_call_clears_and_later_raises_the_timer_interrupt()
    {
        using TestMachine machine = Create();
        machine.Time.Advance(100);
        Assert.Equal(0, Call(machine, Time, 0, 50).Error);
        Assert.Equal(0x20UL, machine.Read(Csr.sip));
        Assert.Equal(0, Call(machine, Time, 0, 200).Error);
        Assert.Equal(0UL, machine.Read(Csr.sip));
        machine.Time.Advance(100);
        Assert.Equal(0x20UL, machine.Read(Csr.sip));
        Assert.Equal(0, Call(machine, 0, 0, ulong.MaxValue).Error);
        Assert.Equal(0UL, machine.Read(Csr.sip));
    }

    [Fact]
    public void An_ipi_reaches_the_harts_of_the_mask_and_asks_to_wake_those_outside_Run()
    {
        using TestMachine machine = Create(harts: 3);
        Assert.Equal(0, Call(machine, Ipi, 0, 0b101, 0).Error);
        Assert.Equal(2UL, machine.Read(Csr.sip));
        VCpuExit exit = machine.Hart.PendingExit();
        Assert.Equal(VCpuExitKind.SendIpi, exit.Kind);
        Assert.Equal(0b100UL, exit.SendIpi.TargetMask);
        Assert.Equal(0UL, exit.SendIpi.TargetBase);
        Assert.Equal(1U, exit.SendIpi.Vector);
        Assert.Equal(0UL, machine.Harts[2].State->InjectedOnce);
        Assert.Equal(0UL, machine.Harts[1].State->InjectedOnce);

        // A hart inside Run notices by itself.
        machine.Harts[1].State->Running = 1;
        Assert.Equal(0, Call(machine, Ipi, 0, 1, 1).Error);
        Assert.False(machine.Hart.ExitPending);
        Assert.Equal(2UL, machine.Harts[1].State->InjectedOnce);
        Assert.Equal(0UL, machine.Harts[1].State->PollAt);

        Assert.Equal(0, Call(machine, Ipi, 0, 0, ulong.MaxValue).Error);
        Assert.True(machine.Hart.ExitPending);
    }

    [Theory]
    [InlineData(0b1000UL, 0UL)]
    [InlineData(1UL, 3UL)]
    [InlineData(2UL, 2UL)]
    [InlineData(1UL, ulong.MaxValue - 1)]
    [InlineData(1UL << 63, ulong.MaxValue - 62)]
    [InlineData(ulong.MaxValue, 0UL)]
    public void A_hart_mask_beyond_the_machine_is_an_invalid_parameter(ulong mask, ulong start)
    {
        using TestMachine machine = Create(harts: 3);
        Assert.Equal(InvalidParam, Call(machine, Ipi, 0, mask, start).Error);
        for (ulong function = 0; function < 3; function++)
            Assert.Equal(InvalidParam, Call(machine, Rfence, function, mask, start).Error);
        Assert.False(machine.Hart.ExitPending);
        Assert.Equal(0UL, machine.Harts[2].State->InjectedOnce);
    }

    [Fact]
    public void Remote_fences_are_left_for_a_hart_outside_Run_and_done_at_once_locally()
    {
        using TestMachine machine = Create(harts: 2);
        ulong generation = machine.State->FetchGeneration;
        Assert.Equal(0, Call(machine, Rfence, 0, 0b11, 0).Error);
        Assert.Equal(generation + 1, machine.State->FetchGeneration);
        Assert.Equal((int)HartRequests.FenceI, machine.Harts[1].State->Requests);
        Assert.Equal(0, Call(machine, Rfence, 1, 0b10, 0, 0x1000, 0x1000).Error);
        Assert.Equal((int)(HartRequests.FenceI | HartRequests.FlushTlb), machine.Harts[1].State->Requests);
        ulong remote = machine.Harts[1].State->FetchGeneration;
        Assert.True(machine.Harts[1].PollInterrupts());
        Assert.Equal(0, machine.Harts[1].State->Requests);
        Assert.Equal(remote + 1, machine.Harts[1].State->FetchGeneration);
    }

    [Fact]
    public void Two_harts_that_fence_each_other_both_go_on()
    {
        using TestMachine machine = Create(harts: 2);
        machine.Machine.SetHsm(1, HsmState.Started);
        machine.Harts[0].State->Running = 1;
        machine.Harts[1].State->Running = 1;
        int finished = 0;
        var threads = new Thread[2];
        for (int i = 0; i < 2; i++)
        {
            Hart hart = machine.Harts[i];
            threads[i] = new Thread(() =>
            {
                for (int round = 0; round < 5000; round++)
                    Call(hart, Rfence, (ulong)round % 3, 0b11, 0, 0x1000, 0x3000);
                Interlocked.Increment(ref finished);
                // From here on it is not waited for.
                Volatile.Write(ref hart.State->Running, 0);
            });
            threads[i].Start();
        }

        foreach (Thread thread in threads)
            Assert.True(thread.Join(TimeSpan.FromSeconds(60)), "a fence never ended");
        Assert.Equal(2, finished);
    }

    [Fact]
    public void A_hart_is_started_once_and_reports_its_state()
    {
        using TestMachine machine = Create(harts: 2);
        Assert.Equal((0, 0UL), Call(machine, Hsm, 2, 0));
        Assert.Equal((0, 1UL), Call(machine, Hsm, 2, 1));
        Assert.Equal(0, Call(machine, Hsm, 0, 1, Ram + 0x1000, 0x77).Error);
        VCpuExit exit = machine.Hart.PendingExit();
        Assert.Equal(VCpuExitKind.CpuUp, exit.Kind);
        Assert.Equal(1UL, exit.CpuUp.TargetCpu);
        Assert.Equal(Ram + 0x1000, exit.CpuUp.Entry.Value);
        Assert.Equal(0x77UL, exit.CpuUp.Argument);
        Assert.Equal((0, 2UL), Call(machine, Hsm, 2, 1));
        Assert.Equal(AlreadyAvailable, Call(machine, Hsm, 0, 1, Ram, 0).Error);
        Assert.Equal(AlreadyAvailable, Call(machine, Hsm, 0, 0, Ram, 0).Error);
        Assert.False(machine.Hart.ExitPending);
    }

    [Fact]
    public void A_start_that_the_VMM_refuses_leaves_the_hart_stopped()
    {
        using TestMachine machine = Create(harts: 2);
        Assert.Equal(0, Call(machine, Hsm, 0, 1, Ram, 0).Error);
        machine.Hart.CancelHartStart();
        Assert.Equal((0, 1UL), Call(machine, Hsm, 2, 1));
        machine.Hart.CancelHartStart();
        Assert.Equal(0, Call(machine, Hsm, 0, 1, Ram, 0).Error);
        Assert.Equal((0, 2UL), Call(machine, Hsm, 2, 1));
    }

    [Fact]
    public void A_start_names_a_hart_and_an_address_that_exist()
    {
        using TestMachine machine = Create(harts: 2);
        foreach (ulong target in (ulong[])[2, 63, 64, ulong.MaxValue, 1UL << 63])
        {
            Assert.Equal(InvalidParam, Call(machine, Hsm, 0, target, Ram, 0).Error);
            Assert.Equal(InvalidParam, Call(machine, Hsm, 2, target).Error);
        }

        machine.MapPage(Ram + 0x3000, MappingFlags.Read | MappingFlags.Write);
        foreach (ulong entry in (ulong[])[0, 0x1000_0000, Ram + 1, Ram - 4, Ram + TestMachine.RamBytes, ulong.MaxValue - 3, Ram + 0x3000, 1UL << 56])
            Assert.Equal(InvalidAddress, Call(machine, Hsm, 0, 1, entry, 0).Error);
        Assert.False(machine.Hart.ExitPending);
        Assert.Equal((0, 1UL), Call(machine, Hsm, 2, 1));
        machine.MakeLazy(Ram + 0x3000);
        Assert.Equal(0, Call(machine, Hsm, 0, 1, Ram + 0x3000, 0).Error);
    }

    [Fact]
    public void A_stopped_hart_leaves_and_forgets_its_supervisor_state()
    {
        using TestMachine machine = Create();
        machine.Write(Csr.sie, 0x222);
        machine.Write(Csr.satp, (8UL << 60) | (Ram >> 12));
        Call(machine, Hsm, 1);
        Assert.Equal(VCpuExitKind.CpuDown, machine.Hart.PendingExit().Kind);
        Assert.Equal(HsmState.Stopped, machine.Machine.GetHsm(0));
        Assert.Equal(0UL, machine.State->Satp);
        Assert.Equal(0UL, machine.State->Mie);
        Assert.Equal(PrivilegeMode.Supervisor, machine.State->Mode);
    }

    [Fact]
    public void A_retentive_suspension_waits_like_wfi_until_an_enabled_interrupt()
    {
        using TestMachine machine = Create(harts: 2);
        machine.Write(Csr.sie, 2);
        Assert.Equal(0, Call(machine, Hsm, 3, 0).Error);
        Assert.Equal(VCpuExitKind.Halt, machine.Hart.PendingExit().Kind);
        Assert.Equal(Ram + 4, machine.State->Pc);
        Assert.Equal(HsmState.Suspended, machine.Machine.GetHsm(0));
        machine.Hart.ForgetExit();
        Assert.False(machine.Hart.PollInterrupts());
        Assert.Equal(VCpuExitKind.Halt, machine.Hart.PendingExit().Kind);
        machine.Hart.ForgetExit();
        machine.Hart.InjectInterrupt(1);
        Assert.True(machine.Hart.PollInterrupts());
        Assert.Equal(HsmState.Started, machine.Machine.GetHsm(0));
        Assert.Equal(Ram + 4, machine.State->Pc);
    }

    [Fact]
    public void A_non_retentive_suspension_resumes_elsewhere_with_translation_off()
    {
        using TestMachine machine = Create();
        machine.Write(Csr.sie, 2);
        machine.Write(Csr.sstatus, StatusBits.SIE);
        machine.Write(Csr.satp, (8UL << 60) | (Ram >> 12));
        Call(machine, Hsm, 3, 0x8000_0000, Ram + 0x2000, 0x99);
        Assert.Equal(VCpuExitKind.Halt, machine.Hart.PendingExit().Kind);
        machine.Hart.ForgetExit();
        machine.Hart.InjectInterrupt(1);
        Assert.True(machine.Hart.PollInterrupts());
        Assert.Equal(Ram + 0x2000, machine.State->Pc);
        Assert.Equal(0UL, machine.State->X[10]);
        Assert.Equal(0x99UL, machine.State->X[11]);
        Assert.Equal(0UL, machine.Read(Csr.satp));
        Assert.Equal(0UL, machine.Read(Csr.sstatus) & StatusBits.SIE);
    }

    [Theory]
    [InlineData(1UL, InvalidParam)]
    [InlineData(0x0FFF_FFFFUL, InvalidParam)]
    [InlineData(0x1000_0000UL, NotSupported)]
    [InlineData(0x7FFF_FFFFUL, NotSupported)]
    [InlineData(0x8000_0001UL, InvalidParam)]
    [InlineData(0x8FFF_FFFFUL, InvalidParam)]
    [InlineData(0x9000_0000UL, NotSupported)]
    [InlineData(0xFFFF_FFFFUL, NotSupported)]
    public void Other_suspensions_are_refused(ulong type, long error)
    {
        using TestMachine machine = Create();
        Assert.Equal(error, Call(machine, Hsm, 3, type, Ram, 0).Error);
        Assert.Equal(InvalidAddress, Call(machine, Hsm, 3, 0x8000_0000, 0x1000, 0).Error);
        Assert.False(machine.Hart.ExitPending);
        Assert.Equal(HsmState.Started, machine.Machine.GetHsm(0));
    }

    [Fact]
    public void System_reset_leaves_with_its_kind_and_code()
    {
        using TestMachine machine = Create();
        Call(machine, Srst, 0, 0, 0);
        Assert.Equal(VCpuExitKind.SystemDown, machine.Hart.PendingExit().Kind);
        Assert.Equal(0UL, machine.Hart.PendingExit().SystemDownCode);
        Call(machine, Srst, 0, 0, 1);
        Assert.Equal(1UL, machine.Hart.PendingExit().SystemDownCode);
        Call(machine, Srst, 0, 1, 0);
        Assert.Equal(VCpuExitKind.SystemReset, machine.Hart.PendingExit().Kind);
        Call(machine, Srst, 0, 2, 0);
        Assert.Equal(VCpuExitKind.SystemReset, machine.Hart.PendingExit().Kind);
        Call(machine, 8, 0);
        Assert.Equal(VCpuExitKind.SystemDown, machine.Hart.PendingExit().Kind);
    }

    [Theory]
    [InlineData(3UL, 0UL, InvalidParam)]
    [InlineData(0xDFFF_FFFFUL, 0UL, InvalidParam)]
    [InlineData(0UL, 2UL, InvalidParam)]
    [InlineData(1UL, 0xDFFF_FFFFUL, InvalidParam)]
    [InlineData(0xE000_0000UL, 0UL, NotSupported)]
    [InlineData(0xFFFF_FFFFUL, 1UL, NotSupported)]
    public void Other_resets_are_refused(ulong type, ulong reason, long error)
    {
        using TestMachine machine = Create();
        Assert.Equal(error, Call(machine, Srst, 0, type, reason).Error);
        Assert.False(machine.Hart.ExitPending);
    }

    [Fact]
    public void The_debug_console_leaves_with_a_checked_buffer_of_bounded_size()
    {
        using TestMachine machine = Create();
        Assert.Equal((0, 0UL), Call(machine, Dbcn, 0, 100, Ram + 0xFF0, 0));
        SbiConsoleExit console = machine.Hart.PendingExit().ArchSpecific<SbiConsoleExit>();
        Assert.Equal(SbiConsoleOperation.Write, console.Operation);
        Assert.Equal(Ram + 0xFF0, console.Address.Value);
        Assert.Equal(100UL, console.Length);

        Call(machine, Dbcn, 1, 1UL << 20, Ram, 0);
        console = machine.Hart.PendingExit().ArchSpecific<SbiConsoleExit>();
        Assert.Equal(SbiConsoleOperation.Read, console.Operation);
        Assert.Equal(65536UL, console.Length);

        Assert.Equal((0, 0UL), Call(machine, Dbcn, 2, 0x141));
        console = machine.Hart.PendingExit().ArchSpecific<SbiConsoleExit>();
        Assert.Equal(SbiConsoleOperation.WriteByte, console.Operation);
        Assert.Equal(0x41, console.Byte);

        Assert.Equal((0, 0UL), Call(machine, Dbcn, 0, 0, 0x10, 0));
        Assert.False(machine.Hart.ExitPending);
    }

    [Theory]
    [InlineData(1UL, 0x1000_0000UL, 0UL)]
    [InlineData(1UL, Ram, 1UL)]
    [InlineData(2UL, Ram + TestMachine.RamBytes - 1, 0UL)]
    [InlineData(ulong.MaxValue, Ram, 0UL)]
    [InlineData(16UL, ulong.MaxValue - 7, 0UL)]
    [InlineData(4096UL, Ram + 0x3001, 0UL)]
    public void A_console_buffer_that_is_not_memory_is_an_invalid_parameter(ulong length, ulong low, ulong high)
    {
        using TestMachine machine = Create();
        machine.UnmapPage(Ram + 0x4000);
        Assert.Equal(InvalidParam, Call(machine, Dbcn, 0, length, low, high).Error);
        Assert.Equal(InvalidParam, Call(machine, Dbcn, 1, length, low, high).Error);
        Assert.False(machine.Hart.ExitPending);
    }

    [Fact]
    public void Input_is_not_stored_in_read_only_memory()
    {
        using TestMachine machine = Create();
        machine.MapPage(Ram + 0x3000, MappingFlags.Read);
        Assert.Equal(0, Call(machine, Dbcn, 0, 16, Ram + 0x3000, 0).Error);
        Assert.Equal(InvalidParam, Call(machine, Dbcn, 1, 16, Ram + 0x3000, 0).Error);
    }

    [Fact]
    public void Legacy_calls_change_a0_alone()
    {
        using TestMachine machine = Create();
        for (ulong call = 0; call < 8; call++)
        {
            (long error, ulong value) = Call(machine, call, 0x55, 0, 0x1234);
            Assert.Equal(call == 2 ? -1 : 0, error);
            Assert.Equal(0x1234UL, value);
            Assert.Equal(call is 1 or 2, machine.Hart.ExitPending);
        }
    }

    [Fact]
    public void A_legacy_mask_is_read_as_the_caller_would_and_faults_as_its_own_access()
    {
        using TestMachine machine = Create(harts: 2);
        ulong pointer = Ram + 0xFFC;
        machine.Half(pointer) = 0b11;
        machine.Half(pointer + 4) = 0;
        Assert.Equal(0, Call(machine, 4, 0, pointer).Error);
        Assert.Equal(VCpuExitKind.SendIpi, machine.Hart.PendingExit().Kind);
        machine.Half(pointer) = 0b100;
        Assert.Equal(InvalidParam, Call(machine, 4, 0, pointer).Error);

        machine.Write(Csr.stvec, Ram + 0x800);
        machine.UnmapPage(Ram + 0x1000);
        machine.Hart.RequestFence(HartRequests.FlushNested);
        Assert.True(machine.Hart.PollInterrupts());
        Call(machine, 4, 0, pointer);
        Assert.Equal((ulong)ExceptionCause.LoadAccessFault, machine.State->Scause);
        Assert.Equal(Ram, machine.State->Sepc);
        Assert.Equal(Ram + 0x1000, machine.State->Stval);
        Assert.Equal(Ram + 0x800, machine.State->Pc);

        machine.MakeLazy(Ram + 0x1000);
        Call(machine, 4, 0, pointer);
        Assert.Equal(VCpuExitKind.NestedPageFault, machine.Hart.PendingExit().Kind);
        Assert.Equal(Ram, machine.State->Pc);
    }

    [Fact]
    public void A_call_to_the_hypervisor_leaves_with_number_and_arguments()
    {
        using TestMachine machine = Create();
        Assert.Equal(NotSupported, Call(machine, 0x485643, 42, 1, 2, 3, 4, 5, 6).Error);
        HypercallExit call = machine.Hart.PendingExit().Hypercall;
        Assert.Equal(42UL, call.Number);
        for (int i = 0; i < 6; i++)
            Assert.Equal((ulong)i + 1, call.Argument(i));
        Assert.Equal(Ram + 4, machine.State->Pc);
    }

    [Fact]
    public void User_mode_calls_trap_to_the_supervisor()
    {
        using TestMachine machine = Create();
        machine.Write(Csr.stvec, Ram + 0x400);
        Assert.True(machine.Hart.ExecuteSret());
        Call(machine, Srst, 0);
        Assert.False(machine.Hart.ExitPending);
        Assert.Equal((ulong)ExceptionCause.EcallFromU, machine.State->Scause);
        Assert.Equal(Ram + 0x400, machine.State->Pc);
    }

    [Fact]
    public void Random_calls_never_harm_the_host_and_always_answer()
    {
        int seed = Environment.TickCount;
        var random = new Random(seed);
        using TestMachine machine = Create(harts: 2);
        ulong[] extensions = [0, 1, 2, 3, 4, 5, 6, 7, 8, Base, Time, Ipi, Rfence, Hsm, Srst, Dbcn, 0x485643];
        ulong[] interesting = [0, 1, 2, 3, 8, ulong.MaxValue, 1UL << 63, Ram, Ram + 0xFFF, Ram + TestMachine.RamBytes, 0x8000_0001, 0xFFFF_FFFF, 0x1000_0000];
        for (int round = 0; round < 20_000; round++)
        {
            ulong extension = random.Next(20) == 0 ? (ulong)random.NextInt64() : extensions[random.Next(extensions.Length)];
            ulong function = random.Next(10) == 0 ? (ulong)random.NextInt64() : (ulong)random.Next(5);
            ulong[] arguments = new ulong[6];
            for (int i = 0; i < 6; i++)
                arguments[i] = random.Next(2) == 0 ? interesting[random.Next(interesting.Length)] : (ulong)random.NextInt64() >> random.Next(64);
            Call(machine, extension, function, arguments);
            string what = $"seed {seed} round {round}: {extension:x} {function:x}";
            Assert.True(machine.State->Mode == PrivilegeMode.Supervisor, what);
            machine.Machine.SetHsm(0, HsmState.Started);
            machine.Machine.SetHsm(1, HsmState.Stopped);
        }
    }
}
