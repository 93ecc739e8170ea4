using AxVCpu.BareMetal.Aarch64;

namespace AxVCpu.BareMetal.Tests;

/// <summary>The vCPU above a fake CPU: what an exception of the guest becomes.</summary>
public sealed unsafe class Aarch64VCpuTests
{
    private const ulong TranslationFault = 0x07;
    private const ulong PermissionFault = 0x0F;
    private const ulong Valid = 1 << 24;
    private const ulong Write = 1 << 6;

    [Fact]
    public void An_unknown_exception_is_undefined_for_the_guest_not_for_the_host()
    {
        using var machine = new FakeMachine();
        SystemRegisters system = machine.System();
        system.VbarEl1 = FakeMachine.Ram + 0x2000;
        machine.VCpu.Arch.Write(in system);
        for (uint cause = 0; cause < 64; cause++)
        {
            if ((ExceptionClass)cause is ExceptionClass.WaitFor or ExceptionClass.Hvc64 or ExceptionClass.Smc64 or ExceptionClass.SystemRegister or
                ExceptionClass.IllegalState or ExceptionClass.InstructionAbortLower or ExceptionClass.DataAbortLower)
                continue;
            machine.VCpu.ProgramCounter = FakeMachine.Ram;
            machine.Exit((ExceptionClass)cause, 0x1FF_FFFF);
            Assert.Equal(VCpuExitKind.Nothing, machine.VCpu.Run().Kind);
            Assert.Equal(FakeMachine.Ram + 0x2200, machine.VCpu.ProgramCounter);
            Assert.Equal((FakeMachine.Ram, 1UL << 25), (machine.System().ElrEl1, machine.System().EsrEl1));
        }
    }

    [Theory]
    [InlineData(0x0UL, 0x400UL)] // EL0
    [InlineData(0x3C4UL, 0x000UL)] // EL1t
    [InlineData(0x8000_03C5UL, 0x200UL)] // EL1h, N set
    [InlineData(0x10UL, 0x600UL)] // EL0 in AArch32
    public void An_injected_exception_arrives_where_the_architecture_says(ulong pstate, ulong offset)
    {
        using var machine = new FakeMachine();
        SystemRegisters system = machine.System();
        system.VbarEl1 = 0xFFFF_0000_0000_0000;
        system.SctlrEl1 = 0;
        machine.VCpu.Arch.Write(in system);
        machine.Exit(ExceptionClass.Unknown, 0, before: registers =>
        {
            registers->Pstate = pstate;
            return default;
        });
        machine.VCpu.Run();
        Assert.Equal(0xFFFF_0000_0000_0000 + offset, machine.VCpu.ProgramCounter);
        Assert.Equal(pstate, machine.System().SpsrEl1);
        // EL1h, masked, flags kept, PAN set because SCTLR_EL1.SPAN is clear.
        Assert.Equal(0x3C5UL | (pstate & 0xF000_0000) | 1 << 22, machine.Core().Pstate);
    }

    [Theory]
    [InlineData((uint)ExceptionClass.Smc64, 0UL)]
    [InlineData((uint)ExceptionClass.WaitFor, 1UL)] // WFE
    [InlineData((uint)ExceptionClass.SystemRegister, (ulong)SysReg.OslarEl1)]
    [InlineData((uint)ExceptionClass.DataAbortLower, Valid | 2UL << 22 | 5UL << 16 | TranslationFault)]
    public void An_instruction_that_was_carried_out_leaves_no_pending_step_and_no_branch_type(uint cause, ulong iss)
    {
        const ulong step = 1UL << 21, branchType = 3UL << 10, flags = 0x9000_0000;
        using var machine = new FakeMachine();
        machine.Exit((ExceptionClass)cause, iss, FakeMachine.Device, FakeMachine.Device, registers =>
        {
            registers->Pstate = flags | 0x3C5 | step | branchType;
            return default;
        });
        machine.VCpu.Run();
        machine.Exit(ExceptionClass.Hvc64, 0);
        machine.VCpu.Run();
        Assert.Equal((FakeMachine.Ram + 4, flags | 0x3C5), (machine.VCpu.ProgramCounter, machine.Core().Pstate));
    }

    [Fact]
    public void SMC_never_reaches_the_firmware()
    {
        using var machine = new FakeMachine();
        machine.VCpu.SetGpr(0, 0x8400_0008); // SYSTEM_OFF
        machine.Exit(ExceptionClass.Smc64, 0);
        Assert.Equal(VCpuExitKind.Nothing, machine.VCpu.Run().Kind);
        Assert.Equal((ulong.MaxValue, FakeMachine.Ram + 4), (machine.VCpu.GetGpr(0), machine.VCpu.ProgramCounter));
        Assert.DoesNotContain(machine.Cpu.Calls, call => call.StartsWith("Smc", StringComparison.Ordinal));
    }

    [Fact]
    public void SMC_is_a_hypercall_where_the_VM_wants_it()
    {
        using var machine = new FakeMachine(new Aarch64SetupConfig { SmcIsHypercall = true });
        machine.VCpu.SetGpr(0, 0x8400_0008);
        machine.Exit(ExceptionClass.Smc64, 0);
        Assert.Equal(VCpuExitKind.SystemDown, machine.VCpu.Run().Kind);
        Assert.DoesNotContain(machine.Cpu.Calls, call => call.StartsWith("Smc", StringComparison.Ordinal));
    }

    [Fact]
    public void A_call_with_32_bits_has_32_bit_arguments()
    {
        using var machine = new FakeMachine();
        machine.VCpu.SetGpr(0, 0x8400_0003);
        machine.VCpu.SetGpr(1, 0xFFFF_FFFF_0000_0001);
        machine.VCpu.SetGpr(2, 0x1_4000_0000);
        machine.Exit(ExceptionClass.Hvc64, 0);
        CpuUpExit up = machine.VCpu.Run().CpuUp;
        Assert.Equal((1UL, 0x4000_0000UL), (up.TargetCpu, up.Entry.Value));
    }

    [Fact]
    public void An_SError_goes_to_the_guest()
    {
        using var machine = new FakeMachine();
        machine.Cpu.Guest.Enqueue(_ => ExceptionKind.SError);
        Assert.Equal(VCpuExitKind.Nothing, machine.VCpu.Run().Kind);
        ulong seen = 0;
        machine.Cpu.Guest.Enqueue(_ =>
        {
            seen = machine.Cpu.Registers["HcrEl2"];
            machine.Cpu.Registers["HcrEl2"] = seen & ~GuestTraps.VirtualSError; // taken
            return ExceptionKind.Irq;
        });
        machine.VCpu.Run();
        Assert.NotEqual(0UL, seen & GuestTraps.VirtualSError);
        machine.Cpu.Guest.Enqueue(_ =>
        {
            seen = machine.Cpu.Registers["HcrEl2"];
            return ExceptionKind.Irq;
        });
        machine.VCpu.Run();
        Assert.Equal(0UL, seen & GuestTraps.VirtualSError);
    }

    [Fact]
    public void A_page_that_is_not_there_yet_is_asked_for_with_the_access()
    {
        using var machine = new FakeMachine();
        machine.Exit(ExceptionClass.DataAbortLower, TranslationFault | Write, FakeMachine.Lazy + 8, FakeMachine.Lazy);
        NestedPageFaultExit fault = machine.VCpu.Run().NestedPageFault;
        Assert.Equal((FakeMachine.Lazy + 8, MappingFlags.Write), (fault.Address.Value, fault.Access));
        machine.Exit(ExceptionClass.InstructionAbortLower, TranslationFault, FakeMachine.Lazy, FakeMachine.Lazy);
        Assert.Equal(MappingFlags.Execute, machine.VCpu.Run().NestedPageFault.Access);
        machine.VCpu.FailAccess();
        Assert.Equal((0x21UL, 0x10UL), (machine.System().EsrEl1 >> 26, machine.System().EsrEl1 & 0x3F));
        Assert.Equal(FakeMachine.Lazy, machine.System().FarEl1);
    }

    [Fact]
    public void A_permission_fault_is_looked_up_because_the_page_is_not_reported()
    {
        using var machine = new FakeMachine();
        machine.Cpu.FirstStage = address => address == 0xFFFF_8000_0000_0123 ? FakeMachine.Lazy : null;
        machine.Exit(ExceptionClass.DataAbortLower, PermissionFault | Write, 0xFFFF_8000_0000_0123, physical: 0xBAD000);
        Assert.Equal(FakeMachine.Lazy + 0x123, machine.VCpu.Run().NestedPageFault.Address.Value);
    }

    [Theory]
    [InlineData(false, 0UL, 0x1122_3344UL)]
    [InlineData(true, 1UL << 25, 0x4433_2211UL)]
    public void Device_accesses_have_the_guests_byte_order(bool isBigEndian, ulong sctlr, ulong expected)
    {
        using var machine = new FakeMachine();
        machine.Cpu.System.SctlrEl1 = sctlr;
        machine.Exit(ExceptionClass.DataAbortLower, Valid | 2 << 22 | 5 << 16 | TranslationFault, FakeMachine.Device, FakeMachine.Device);
        Assert.Equal(AccessWidth.Dword, machine.VCpu.Run().MmioRead.Width);
        machine.VCpu.CompleteRead(0xAAAA_BBBB_1122_3344);
        Assert.Equal(expected, machine.VCpu.GetGpr(5));
        Assert.Equal(isBigEndian, machine.Cpu.System.SctlrEl1 != 0);
    }

    [Fact]
    public void A_read_that_nobody_completes_is_zero_and_retires()
    {
        using var machine = new FakeMachine();
        machine.VCpu.SetGpr(5, 77);
        machine.Exit(ExceptionClass.DataAbortLower, Valid | 2 << 22 | 5 << 16 | TranslationFault, FakeMachine.Device, FakeMachine.Device);
        machine.VCpu.Run();
        machine.Exit(ExceptionClass.Hvc64, 0);
        Assert.Equal(VCpuExitKind.Hypercall, machine.VCpu.Run().Kind);
        Assert.Equal((0UL, FakeMachine.Ram + 4), (machine.VCpu.GetGpr(5), machine.VCpu.ProgramCounter));
    }

    [Fact]
    public void A_pair_across_the_end_of_RAM_is_half_memory_half_device()
    {
        using var machine = new FakeMachine();
        // Two pages of the guest: the upper one is a device.
        machine.Cpu.FirstStage = address => address >> 12 == 0x9 ? FakeMachine.Device : address >> 12 == 0x8 ? FakeMachine.Ram + 0x3000 : address;
        *(ulong*)(machine.Host + 0x3FF8) = 0x0123_4567_89AB_CDEF;
        machine.Instruction(0xa9400c22); // ldp x2, x3, [x1]
        machine.VCpu.SetGpr(1, 0x8FF8);
        machine.Exit(ExceptionClass.DataAbortLower, TranslationFault, 0x9000, FakeMachine.Device);
        MmioReadExit read = machine.VCpu.Run().MmioRead;
        Assert.Equal((FakeMachine.Device, 3u), (read.Address.Value, read.Register));
        machine.VCpu.CompleteRead(42);
        machine.Exit(ExceptionClass.Hvc64, 0);
        machine.VCpu.Run();
        Assert.Equal((0x0123_4567_89AB_CDEFUL, 42UL), (machine.VCpu.GetGpr(2), machine.VCpu.GetGpr(3)));
    }

    [Fact]
    public void Debug_registers_are_kept_in_memory_until_one_is_enabled()
    {
        using var machine = new FakeMachine();
        machine.VCpu.SetGpr(1, 0x1234);
        Run(machine, op2: 4, isRead: false, rt: 1); // DBGBVR0_EL1
        Assert.Equal(0UL, machine.Cpu.Debug.BreakpointValues[0]);
        Run(machine, op2: 4, isRead: true, rt: 2);
        Assert.Equal(0x1234UL, machine.VCpu.GetGpr(2));
        machine.VCpu.SetGpr(1, 0x1E5);
        Run(machine, op2: 5, isRead: false, rt: 1); // DBGBCR0_EL1, E set
        Assert.Equal((0x1234UL, 0x1E5UL), (machine.Cpu.Debug.BreakpointValues[0], machine.Cpu.Debug.BreakpointControls[0]));
        Assert.Equal(0UL, machine.Cpu.Registers["MdcrEl2"] >> 9 & 1); // no trap any more
        machine.VCpu.Unbind();
        Assert.Equal(0UL, machine.Cpu.Debug.BreakpointControls[0]);
        Assert.Equal(1UL, machine.Cpu.Registers["MdcrEl2"] >> 9 & 1);

        static void Run(FakeMachine machine, uint op2, bool isRead, uint rt)
        {
            machine.Exit(ExceptionClass.SystemRegister, 2 << 20 | op2 << 17 | rt << 5 | (isRead ? 1u : 0));
            Assert.Equal(VCpuExitKind.Nothing, machine.VCpu.Run().Kind);
        }
    }

    [Fact]
    public void A_breakpoint_that_the_CPU_lacks_is_undefined()
    {
        using var machine = new FakeMachine();
        machine.Exit(ExceptionClass.SystemRegister, 2 << 20 | 4 << 17 | 15 << 1 | 1);
        machine.VCpu.Run();
        Assert.Equal(1UL << 25, machine.System().EsrEl1);
    }

    [Fact]
    public void A_wait_says_how_long()
    {
        using var machine = new FakeMachine(new Aarch64SetupConfig { CounterOffset = 1000 });
        machine.Exit(ExceptionClass.WaitFor, 0);
        Assert.Equal(ulong.MaxValue, machine.VCpu.Run().HaltDeadline);
        machine.Exit(ExceptionClass.WaitFor, 0, before: _ =>
        {
            machine.Cpu.System.CntvCtlEl0 = 1;
            machine.Cpu.System.CntvCvalEl0 = 500;
            return default;
        });
        Assert.Equal(1500UL, machine.VCpu.Run().HaltDeadline);
        machine.VCpu.SetGpr(7, 400);
        machine.Exit(ExceptionClass.WaitFor, 2 | 1 << 2 | 7 << 5); // WFIT X7
        Assert.Equal(1400UL, machine.VCpu.Run().HaltDeadline);
        machine.Exit(ExceptionClass.WaitFor, 1); // WFE
        Assert.Equal((uint)Aarch64Exit.WaitForEvent, machine.VCpu.Run().ArchSpecificCode);
    }

    [Fact]
    public void The_guest_sees_its_own_counter()
    {
        using var machine = new FakeMachine(new Aarch64SetupConfig { CounterOffset = 1000 });
        machine.Cpu.Registers["CntPctEl0"] = 1234;
        machine.SysReg(SysReg.CntPctEl0, isRead: true, 4);
        machine.VCpu.Run();
        Assert.Equal(234UL, machine.VCpu.GetGpr(4));
    }

    [Fact]
    public void A_kick_before_the_run_keeps_the_guest_out()
    {
        using var machine = new FakeMachine();
        machine.VCpu.RequestExit();
        Assert.Equal(VCpuExitKind.Interrupted, machine.VCpu.Run().Kind);
        machine.Exit(ExceptionClass.Hvc64, 0);
        Assert.Equal(VCpuExitKind.Hypercall, machine.VCpu.Run().Kind);
    }

    [Fact]
    public void A_kick_of_a_running_vCPU_is_an_SGI_to_its_CPU()
    {
        using var machine = new FakeMachine();
        machine.Cpu.Block->Mpidr = 0x1_0203;
        machine.Cpu.Guest.Enqueue(_ =>
        {
            machine.VCpu.RequestExit();
            machine.Cpu.Interrupts.Enqueue(HostGic.KickSgi);
            return ExceptionKind.Irq;
        });
        Assert.Equal(VCpuExitKind.Interrupted, machine.VCpu.Run().Kind);
        Assert.Equal([1UL << 32 | 2 << 16 | 1 << 3], machine.Cpu.Sgis);
        Assert.Equal([HostGic.KickSgi], machine.Cpu.Deactivated);
    }
}
