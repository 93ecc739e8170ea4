using AxVCpu.Software.Riscv64.Isa;

namespace AxVCpu.Software.Riscv64.Tests;

/// <summary>Trap entry, delegation and return at the level of the hart's state.</summary>
public sealed unsafe class TrapTests
{
    private static readonly PrivilegeMode[] s_modes = [PrivilegeMode.User, PrivilegeMode.Supervisor, PrivilegeMode.Machine];

    public static TheoryData<int> Causes => [.. Enum.GetValues<ExceptionCause>().Select(static cause => (int)cause)];

    [Theory]
    [MemberData(nameof(Causes))]
    public void Each_exception_goes_to_its_mode_with_cause_address_and_value(int code)
    {
        var cause = (ExceptionCause)code;
        foreach (PrivilegeMode mode in s_modes)
        {
            foreach (bool delegated in (bool[])[false, true])
            {
                using var machine = new TestMachine();
                machine.Write(Csr.mtvec, 0x8000_1001);
                machine.Write(Csr.stvec, 0x8000_2001);
                machine.Write(Csr.medeleg, delegated ? 1UL << (int)cause : ~(1UL << (int)cause));
                machine.Enter(mode, 0x8000_0100);
                machine.State->Mstatus = StatusBits.SIE | StatusBits.MIE;
                machine.Hart.RaiseException(cause, 0xABCD);

                bool toSupervisor = delegated && mode != PrivilegeMode.Machine && cause != ExceptionCause.EcallFromM;
                HartState* s = machine.State;
                Assert.Equal(toSupervisor ? PrivilegeMode.Supervisor : PrivilegeMode.Machine, s->Mode);
                // Vectored mode is for interrupts only.
                Assert.Equal(toSupervisor ? 0x8000_2000UL : 0x8000_1000UL, s->Pc);
                Assert.Equal((ulong)cause, toSupervisor ? s->Scause : s->Mcause);
                Assert.Equal(0x8000_0100UL, toSupervisor ? s->Sepc : s->Mepc);
                Assert.Equal(0xABCDUL, toSupervisor ? s->Stval : s->Mtval);
                ulong expected = toSupervisor
                    ? StatusBits.MIE | StatusBits.SPIE | (mode == PrivilegeMode.Supervisor ? StatusBits.SPP : 0)
                    : StatusBits.SIE | StatusBits.MPIE | ((ulong)mode << StatusBits.MPPShift);
                Assert.Equal(expected, s->Mstatus);
            }
        }
    }

    [Fact]
    public void Mret_restores_the_mode_and_the_enable_and_drops_MPRV_below_machine_mode()
    {
        foreach (PrivilegeMode to in s_modes)
        {
            foreach (bool enabled in (bool[])[false, true])
            {
                using var machine = new TestMachine();
                machine.State->Mepc = 0x8000_0400;
                machine.State->Mstatus = StatusBits.MPRV | ((ulong)to << StatusBits.MPPShift) | (enabled ? StatusBits.MPIE : StatusBits.MIE);
                Assert.True(machine.Hart.ExecuteMret());
                Assert.Equal(to, machine.State->Mode);
                Assert.Equal(0x8000_0400UL, machine.State->Pc);
                Assert.Equal(
                    StatusBits.MPIE | (enabled ? StatusBits.MIE : 0) | (to == PrivilegeMode.Machine ? StatusBits.MPRV : 0),
                    machine.State->Mstatus);
            }
        }
    }

    [Fact]
    public void Sret_restores_the_mode_and_the_enable_and_drops_MPRV()
    {
        foreach (PrivilegeMode from in (PrivilegeMode[])[PrivilegeMode.Supervisor, PrivilegeMode.Machine])
        {
            foreach (bool toSupervisor in (bool[])[false, true])
            {
                using var machine = new TestMachine();
                machine.Enter(from);
                machine.State->Sepc = 0x8000_0400;
                machine.State->Mstatus = StatusBits.SPIE | (toSupervisor ? StatusBits.SPP : 0) | (from == PrivilegeMode.Machine ? StatusBits.MPRV : 0);
                Assert.True(machine.Hart.ExecuteSret());
                Assert.Equal(toSupervisor ? PrivilegeMode.Supervisor : PrivilegeMode.User, machine.State->Mode);
                Assert.Equal(0x8000_0400UL, machine.State->Pc);
                Assert.Equal(StatusBits.SPIE | StatusBits.SIE, machine.State->Mstatus);
            }
        }
    }

    [Fact]
    public void Returns_and_wfi_are_illegal_where_the_manual_says_so()
    {
        Refused(PrivilegeMode.User, 0, InstructionBits.Mret, static h => h.ExecuteMret());
        Refused(PrivilegeMode.Supervisor, 0, InstructionBits.Mret, static h => h.ExecuteMret());
        Refused(PrivilegeMode.User, 0, InstructionBits.Sret, static h => h.ExecuteSret());
        Refused(PrivilegeMode.Supervisor, StatusBits.TSR, InstructionBits.Sret, static h => h.ExecuteSret());
        Refused(PrivilegeMode.User, 0, InstructionBits.Wfi, static h => h.ExecuteWfi());
        Refused(PrivilegeMode.Supervisor, StatusBits.TW, InstructionBits.Wfi, static h => h.ExecuteWfi());

        static void Refused(PrivilegeMode mode, ulong status, uint bits, Func<Hart, bool> execute)
        {
            using var machine = new TestMachine();
            machine.Enter(mode, 0x8000_0040);
            machine.State->Mstatus |= status;
            Assert.False(execute(machine.Hart));
            Assert.False(machine.Hart.ExitPending);
            Assert.Equal((ulong)ExceptionCause.IllegalInstruction, machine.State->Mcause);
            Assert.Equal(bits, machine.State->Mtval);
            Assert.Equal(0x8000_0040UL, machine.State->Mepc);
        }
    }

    [Fact]
    public void Ecall_has_a_cause_for_each_mode()
    {
        (PrivilegeMode Mode, ExceptionCause Cause)[] expected =
        [
            (PrivilegeMode.User, ExceptionCause.EcallFromU),
            (PrivilegeMode.Supervisor, ExceptionCause.EcallFromS),
            (PrivilegeMode.Machine, ExceptionCause.EcallFromM),
        ];
        foreach ((PrivilegeMode mode, ExceptionCause cause) in expected)
        {
            using var machine = new TestMachine();
            machine.Enter(mode, 0x8000_0080);
            Assert.False(machine.Hart.ExecuteEcall());
            Assert.Equal((ulong)cause, machine.State->Mcause);
            Assert.Equal(0x8000_0080UL, machine.State->Mepc);
            Assert.Equal(0UL, machine.State->Mtval);
        }
    }

    [Fact]
    public void In_the_sbi_profile_everything_that_traps_goes_to_supervisor_mode()
    {
        foreach (ExceptionCause cause in Enum.GetValues<ExceptionCause>())
        {
            foreach (bool user in (bool[])[false, true])
            {
                using var machine = new TestMachine(StartProfile.Sbi);
                Assert.Equal(PrivilegeMode.Supervisor, machine.State->Mode);
                if (user)
                    Assert.True(machine.Hart.ExecuteSret());
                machine.Hart.RaiseException(cause, 0);
                Assert.Equal(PrivilegeMode.Supervisor, machine.State->Mode);
                Assert.Equal((ulong)cause, machine.State->Scause);
            }
        }
    }

    [Fact]
    public void Ebreak_traps_with_its_address()
    {
        using var machine = new TestMachine(semihosting: true);
        machine.Load(TestMachine.RamBase, 0x0010_0073, 0x0010_0073, 0x0010_0073);
        machine.State->Pc = TestMachine.RamBase + 4;
        Assert.False(machine.Hart.ExecuteEbreak(compressed: false));
        Assert.False(machine.Hart.ExitPending);
        Assert.Equal((ulong)ExceptionCause.Breakpoint, machine.State->Mcause);
        Assert.Equal(TestMachine.RamBase + 4, machine.State->Mtval);
        Assert.Equal(TestMachine.RamBase + 4, machine.State->Mepc);
    }

    [Theory]
    [InlineData(0x100UL, true, true)]
    [InlineData(0x100UL, false, false)]
    [InlineData(0xFF4UL, true, true)]
    [InlineData(0xFF8UL, true, false)]
    [InlineData(0xFFCUL, true, false)]
    public void Semihosting_is_the_whole_sequence_in_one_page(ulong offset, bool enabled, bool isCall)
    {
        using var machine = new TestMachine(semihosting: enabled);
        machine.Load(TestMachine.RamBase + offset, InstructionBits.SemihostingEntry, 0x0010_0073, InstructionBits.SemihostingExit);
        machine.State->Pc = TestMachine.RamBase + offset + 4;
        Assert.False(machine.Hart.ExecuteEbreak(compressed: false));
        Assert.Equal(isCall, machine.Hart.ExitPending);
        Assert.Equal(isCall ? TestMachine.RamBase + offset + 12 : 0, machine.State->Pc);
    }
}
