using AxVCpu.Software.Riscv64.Isa;

namespace AxVCpu.Software.Riscv64.Tests;

/// <summary>Pending bits, enables, delegation, priority, wfi and timers.</summary>
public sealed unsafe class InterruptTests
{
    private const ulong InterruptCause = 1UL << 63;
    private static readonly int[] s_priority = [11, 3, 7, 9, 1, 5];

    [Fact]
    public void A_fence_whose_bit_was_taken_before_its_ticket_was_drawn_is_acknowledged_all_the_same()
    {
        using var machine = new TestMachine();
        machine.State->FenceRequested = 5;
        machine.State->FenceServed = 4;
        machine.State->Requests = 0;
        Assert.True(machine.Harts[0].PollInterrupts());
        Assert.Equal(5u, machine.State->FenceServed);
    }

    [Fact]
    public void Every_combination_of_pending_and_delegated_interrupts_is_taken_in_the_right_order_and_mode()
    {
        using var machine = new TestMachine();
        machine.Write(Csr.mtvec, 0x8000_1001);
        machine.Write(Csr.stvec, 0x8000_2000);
        foreach (PrivilegeMode mode in (PrivilegeMode[])[PrivilegeMode.User, PrivilegeMode.Supervisor, PrivilegeMode.Machine])
        {
            for (int enables = 0; enables < 4; enables++)
            {
                for (int pending = 0; pending < 64; pending++)
                {
                    foreach (ulong delegated in (ulong[])[0, 0x222, 0x202, 0x020])
                        One(machine, mode, enables, pending, delegated);
                }
            }
        }
    }

    private static void One(TestMachine machine, PrivilegeMode mode, int enables, int pending, ulong delegated)
    {
        machine.Enter(PrivilegeMode.Machine);
        machine.State->Mstatus = 0;
        machine.Write(Csr.mie, 0xAAA);
        machine.Write(Csr.mideleg, delegated);
        machine.Enter(mode, 0x8000_0100);
        machine.State->Mstatus = ((enables & 1) != 0 ? StatusBits.MIE : 0) | ((enables & 2) != 0 ? StatusBits.SIE : 0);
        ulong bits = 0;
        for (int i = 0; i < 6; i++)
        {
            bool level = ((pending >> i) & 1) != 0;
            bits |= level ? 1UL << s_priority[i] : 0;
            machine.Hart.SetInterruptLine((uint)s_priority[i], level);
        }

        Assert.True(machine.Hart.PollInterrupts());

        int expected = -1;
        bool toSupervisor = false;
        foreach (int cause in s_priority)
        {
            bool forSupervisor = ((delegated >> cause) & 1) != 0;
            if (!forSupervisor && ((bits >> cause) & 1) != 0 && (mode != PrivilegeMode.Machine || (enables & 1) != 0) && expected < 0)
                expected = cause;
        }

        if (expected < 0)
        {
            foreach (int cause in s_priority)
            {
                bool forSupervisor = ((delegated >> cause) & 1) != 0;
                bool enabled = mode == PrivilegeMode.User || (mode == PrivilegeMode.Supervisor && (enables & 2) != 0);
                if (forSupervisor && ((bits >> cause) & 1) != 0 && enabled && expected < 0)
                {
                    expected = cause;
                    toSupervisor = true;
                }
            }
        }

        string what = $"{mode} enables {enables} pending {bits:x} delegated {delegated:x}";
        HartState* s = machine.State;
        if (expected < 0)
        {
            Assert.True(s->Pc == 0x8000_0100 && s->Mode == mode, what);
            return;
        }

        Assert.True((toSupervisor ? s->Scause : s->Mcause) == (InterruptCause | (uint)expected), $"{what}: expected {expected}");
        Assert.True((toSupervisor ? s->Sepc : s->Mepc) == 0x8000_0100, what);
        Assert.True((toSupervisor ? s->Stval : s->Mtval) == 0, what);
        // mtvec is vectored, stvec is direct.
        Assert.True(s->Pc == (toSupervisor ? 0x8000_2000UL : 0x8000_1000UL + (4UL * (uint)expected)), what);
        Assert.True(s->Mode == (toSupervisor ? PrivilegeMode.Supervisor : PrivilegeMode.Machine), what);
    }

    [Theory]
    [InlineData(Csr.mstatus, StatusBits.MIE)]
    [InlineData(Csr.mie, 0x800UL)]
    public void Enabling_a_pending_interrupt_makes_the_hart_look_at_once(Csr csr, ulong value)
    {
        using var machine = new TestMachine();
        machine.Hart.SetInterruptLine(11, true);
        if (csr != Csr.mie)
            machine.Write(Csr.mie, 0x800);
        if (csr != Csr.mstatus)
            machine.Write(Csr.mstatus, StatusBits.MIE);
        machine.State->PollAt = ulong.MaxValue;
        machine.Write(csr, value);
        Assert.Equal(0UL, machine.State->PollAt);
        Assert.True(machine.Hart.PollInterrupts());
        Assert.Equal(InterruptCause | 11, machine.State->Mcause);
        Assert.NotEqual(0UL, machine.State->PollAt);
    }

    [Fact]
    public void Returning_into_a_pending_interrupt_makes_the_hart_look_at_once()
    {
        using var machine = new TestMachine();
        machine.Write(Csr.mie, 0x200);
        machine.Write(Csr.mideleg, 0x200);
        machine.Hart.SetInterruptLine(9, true);
        machine.State->PollAt = ulong.MaxValue;
        machine.Write(Csr.mstatus, 0);
        Assert.Equal(ulong.MaxValue, machine.State->PollAt);
        machine.Enter(PrivilegeMode.User);
        Assert.Equal(0UL, machine.State->PollAt);

        machine.Enter(PrivilegeMode.Supervisor);
        machine.State->PollAt = ulong.MaxValue;
        machine.State->Mstatus = StatusBits.SPIE | StatusBits.SPP;
        Assert.True(machine.Hart.ExecuteSret());
        Assert.Equal(0UL, machine.State->PollAt);
    }

    [Fact]
    public void An_injected_interrupt_is_taken_once_and_a_software_one_stays_until_cleared()
    {
        using var machine = new TestMachine(StartProfile.Sbi);
        machine.Write(Csr.sie, 0x222);
        Assert.False(machine.Hart.HasPendingInterrupt);
        Assert.True(machine.Hart.InjectInterrupt(9));
        Assert.True(machine.Hart.HasPendingInterrupt);
        machine.Write(Csr.sstatus, StatusBits.SIE);
        Assert.True(machine.Hart.PollInterrupts());
        Assert.Equal(InterruptCause | 9, machine.State->Scause);
        Assert.False(machine.Hart.HasPendingInterrupt);
        Assert.Equal(0UL, machine.Read(Csr.sip));

        Assert.True(machine.Hart.InjectInterrupt(1));
        machine.Write(Csr.sstatus, StatusBits.SIE);
        Assert.True(machine.Hart.PollInterrupts());
        Assert.Equal(InterruptCause | 1, machine.State->Scause);
        Assert.Equal(2UL, machine.Read(Csr.sip));
        machine.Write(Csr.sip, 0);
        Assert.False(machine.Hart.HasPendingInterrupt);
    }

    [Theory]
    [InlineData(0), InlineData(2), InlineData(4), InlineData(12), InlineData(13), InlineData(63), InlineData(64), InlineData(int.MaxValue)]
    public void Interrupts_that_do_not_exist_are_refused(uint vector)
    {
        using var machine = new TestMachine();
        Assert.False(machine.Hart.InjectInterrupt(vector));
        machine.Hart.SetInterruptLine(vector, true);
        Assert.Equal(0UL, machine.Read(Csr.mip));
    }

    [Fact]
    public void Supervisor_timer_follows_the_comparison_when_it_is_switched_on()
    {
        using var machine = new TestMachine();
        machine.Write(Csr.menvcfg, EnvironmentBits.STCE);
        machine.Write(Csr.stimecmp, 1000);
        Assert.Equal(0UL, machine.Read(Csr.mip));
        machine.Time.Advance(999);
        Assert.Equal(999UL, machine.Read(Csr.time));
        Assert.Equal(0UL, machine.Read(Csr.mip));
        machine.Time.Advance(1);
        Assert.Equal(0x20UL, machine.Read(Csr.mip));
        // Software can not change STIP now.
        machine.Write(Csr.mip, 0);
        Assert.Equal(0x20UL, machine.Read(Csr.mip));
        machine.Write(Csr.stimecmp, 1001);
        Assert.Equal(0UL, machine.Read(Csr.mip));
        machine.Write(Csr.mip, 0x20);
        Assert.Equal(0UL, machine.Read(Csr.mip));

        machine.Write(Csr.menvcfg, 0);
        machine.Time.Advance(10);
        Assert.Equal(0UL, machine.Read(Csr.mip));
        machine.Write(Csr.mip, 0x20);
        Assert.Equal(0x20UL, machine.Read(Csr.mip));
    }

    [Fact]
    public void Machine_timer_follows_the_boards_comparison()
    {
        using var machine = new TestMachine();
        machine.Hart.SetMachineTimer(500);
        Assert.Equal(0UL, machine.Read(Csr.mip));
        machine.Time.Advance(500);
        Assert.Equal(0x80UL, machine.Read(Csr.mip));
        machine.Hart.SetMachineTimer(ulong.MaxValue);
        Assert.Equal(0UL, machine.Read(Csr.mip));
    }

    [Fact]
    public void A_near_deadline_shortens_the_time_to_the_next_look()
    {
        using var machine = new TestMachine();
        Assert.True(machine.Hart.PollInterrupts());
        ulong far = machine.State->PollAt - machine.State->InstRet;
        machine.Hart.SetMachineTimer(10);
        Assert.Equal(0UL, machine.State->PollAt);
        Assert.True(machine.Hart.PollInterrupts());
        ulong near = machine.State->PollAt - machine.State->InstRet;
        Assert.InRange(near, 1UL, far / 10);
    }

    [Fact]
    public void Wfi_leaves_with_the_earliest_enabled_deadline()
    {
        using var machine = new TestMachine();
        machine.Write(Csr.menvcfg, EnvironmentBits.STCE);
        machine.Hart.SetMachineTimer(3000);
        machine.Write(Csr.stimecmp, 2000);
        Assert.Equal(ulong.MaxValue, Wait(machine));
        machine.Write(Csr.mie, 0x80);
        Assert.Equal(3000UL, Wait(machine));
        machine.Write(Csr.mie, 0xA0);
        Assert.Equal(2000UL, Wait(machine));

        static ulong Wait(TestMachine machine)
        {
            machine.Hart.ForgetExit();
            machine.State->Pc = 0x8000_0000;
            Assert.False(machine.Hart.ExecuteWfi());
            Assert.Equal(0x8000_0004UL, machine.State->Pc);
            VCpuExit exit = machine.Hart.PendingExit();
            Assert.Equal(VCpuExitKind.Halt, exit.Kind);
            return exit.HaltDeadline;
        }
    }

    [Fact]
    public void Wfi_goes_on_when_an_enabled_interrupt_is_pending_even_with_interrupts_off()
    {
        using var machine = new TestMachine();
        machine.Write(Csr.mie, 0x800);
        machine.Hart.SetInterruptLine(11, true);
        machine.State->Pc = 0x8000_0000;
        Assert.True(machine.Hart.ExecuteWfi());
        Assert.False(machine.Hart.ExitPending);
        Assert.Equal(0x8000_0004UL, machine.State->Pc);
        Assert.True(machine.Hart.PollInterrupts());
        Assert.Equal(0x8000_0004UL, machine.State->Pc);
    }

    [Fact]
    public void Lines_set_by_another_thread_are_never_lost()
    {
        using var machine = new TestMachine();
        machine.Write(Csr.mie, 0x800);
        machine.Write(Csr.mtvec, 0x8000_1000);
        const int Rounds = 1000;
        int seen = 0;
        var setter = new Thread(() =>
        {
            for (int i = 0; i < Rounds; i++)
            {
                machine.Hart.SetInterruptLine(11, true);
                while (Volatile.Read(ref seen) <= i)
                    Thread.Yield();
            }
        });
        setter.Start();
        HartState* s = machine.State;
        for (int i = 0; i < Rounds;)
        {
            s->InstRet += 5;
            if (s->InstRet < Volatile.Read(ref s->PollAt))
            {
                // A lost request would leave the hart here until the interval ends, and the interval never ends.
                s->InstRet -= 5;
                Thread.Yield();
                continue;
            }

            s->Mstatus = StatusBits.MIE;
            Assert.True(machine.Hart.PollInterrupts());
            if ((s->Mstatus & StatusBits.MIE) != 0)
                continue;
            machine.Hart.SetInterruptLine(11, false);
            i++;
            Volatile.Write(ref seen, i);
        }

        setter.Join();
        Assert.Equal(Rounds, seen);
    }
}
