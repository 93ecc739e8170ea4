using AxVCpu.Software.Riscv64.Isa;

namespace AxVCpu.Software.Riscv64.Tests;

/// <summary>Fields and access rules of the CSRs, each against the privileged manual.</summary>
public sealed unsafe class CsrTests
{
    private const ulong All = ulong.MaxValue;
    private const ulong FixedStatus = (2UL << 32) | (2UL << 34);

    /// <summary>CSR, value with all ones written, value with zero written; from M mode with every extension.</summary>
    public static TheoryData<Csr, ulong, ulong> WrittenInMachineMode => new()
    {
        // SIE MIE SPIE MPIE SPP MPP FS MPRV SUM MXR TVM TW TSR, SD because FS is dirty.
        { Csr.mstatus, FixedStatus | 0x8000_0000_007E_79AA, FixedStatus },
        { Csr.sstatus, (2UL << 32) | 0x8000_0000_000C_6122, 2UL << 32 },
        { Csr.medeleg, 0xB3FF, 0 },
        { Csr.mideleg, 0x222, 0 },
        { Csr.mie, 0xAAA, 0 },
        { Csr.mtvec, All & ~2UL, 0 },
        { Csr.stvec, All & ~2UL, 0 },
        { Csr.mcounteren, 0xFFFF_FFFF, 0 },
        { Csr.scounteren, 0xFFFF_FFFF, 0 },
        { Csr.mcountinhibit, 5, 0 },
        { Csr.mscratch, All, 0 },
        { Csr.sscratch, All, 0 },
        { Csr.mepc, All & ~1UL, 0 },
        { Csr.sepc, All & ~1UL, 0 },
        { Csr.mcause, All, 0 },
        { Csr.scause, All, 0 },
        { Csr.mtval, All, 0 },
        { Csr.stval, All, 0 },
        { Csr.menvcfg, 0xE000_0000_0000_00F1, 0 },
        { Csr.senvcfg, 0xF1, 0 },
        { Csr.stimecmp, All, 0 },
        { Csr.fcsr, 0xFF, 0 },
        { Csr.frm, 7, 0 },
        { Csr.fflags, 0x1F, 0 },
        { Csr.pmpaddr3, (1UL << 54) - 1, 0 },
        { Csr.mseccfg, 0x300, 0 },
        { Csr.tselect, 0, 0 },
        { Csr.tdata1, 0, 0 },
        { Csr.mhpmcounter3, 0, 0 },
        { Csr.mhpmcounter31, 0, 0 },
        { Csr.mhpmevent17, 0, 0 },
    };

    [Theory]
    [MemberData(nameof(WrittenInMachineMode))]
    public void Only_the_fields_that_exist_can_be_written(Csr csr, ulong afterOnes, ulong afterZero)
    {
        using var machine = new TestMachine();
        machine.State->Mstatus = StatusBits.FS;
        machine.Write(csr, All);
        Assert.Equal(afterOnes, machine.Read(csr));
        if (csr is Csr.mstatus or Csr.sstatus)
        {
            machine.Write(csr, 0);
            Assert.Equal(afterZero, machine.Read(csr));
            return;
        }

        machine.Write(csr, 0);
        Assert.Equal(afterZero, machine.Read(csr));
    }

    [Fact]
    public void Misa_tells_the_extensions_and_ignores_writes()
    {
        using var machine = new TestMachine();
        ulong expected = (2UL << 62) | Letters("ABCDFIMSU");
        Assert.Equal(expected, machine.Read(Csr.misa));
        machine.Write(Csr.misa, 0);
        Assert.Equal(expected, machine.Read(Csr.misa));

        using var small = new TestMachine(isa: IsaExtensions.I | IsaExtensions.M | IsaExtensions.Zicsr);
        Assert.Equal((2UL << 62) | Letters("IMSU"), small.Read(Csr.misa));

        static ulong Letters(string letters)
        {
            ulong bits = 0;
            foreach (char letter in letters)
                bits |= 1UL << (letter - 'A');
            return bits;
        }
    }

    [Fact]
    public void Identity_registers_are_read_only_and_the_hart_id_is_the_harts()
    {
        using var machine = new TestMachine(harts: 2);
        foreach (Csr csr in (Csr[])[Csr.mvendorid, Csr.marchid, Csr.mimpid, Csr.mconfigptr])
        {
            Assert.Equal(0UL, machine.Read(csr));
            Assert.False(machine.Hart.WriteCsr((int)csr, 0));
        }

        Assert.True(machine.Harts[1].ReadCsr((int)Csr.mhartid, out ulong id));
        Assert.Equal(1UL, id);
        Assert.False(machine.Harts[1].WriteCsr((int)Csr.mhartid, 0));
    }

    [Fact]
    public void A_reserved_mpp_leaves_the_field_as_it_was()
    {
        using var machine = new TestMachine();
        machine.Write(Csr.mstatus, 1UL << 11);
        machine.Write(Csr.mstatus, 2UL << 11);
        Assert.Equal(1UL << 11, machine.Read(Csr.mstatus) & StatusBits.MPP);
    }

    [Fact]
    public void Without_compressed_instructions_bit_1_of_an_epc_is_zero()
    {
        using var machine = new TestMachine(isa: IsaExtensions.G);
        machine.Write(Csr.mepc, All);
        machine.Write(Csr.sepc, All);
        Assert.Equal(All & ~3UL, machine.Read(Csr.mepc));
        Assert.Equal(All & ~3UL, machine.Read(Csr.sepc));
    }

    [Fact]
    public void Fields_of_absent_extensions_stay_zero()
    {
        using var machine = new TestMachine(isa: IsaExtensions.I | IsaExtensions.Zicsr);
        machine.Write(Csr.menvcfg, All);
        Assert.Equal(EnvironmentBits.FIOM, machine.Read(Csr.menvcfg));
        machine.Write(Csr.mstatus, StatusBits.FS);
        Assert.Equal(0UL, machine.Read(Csr.mstatus) & (StatusBits.FS | StatusBits.SD));
        Assert.False(machine.Hart.ReadCsr((int)Csr.fcsr, out _));
        Assert.False(machine.Hart.ReadCsr((int)Csr.stimecmp, out _));
        Assert.False(machine.Hart.ReadCsr((int)Csr.cycle, out _));
        Assert.False(machine.Hart.ReadCsr((int)Csr.hpmcounter3, out _));
    }

    [Fact]
    public void The_reserved_cache_block_mode_is_not_taken()
    {
        using var machine = new TestMachine();
        machine.Write(Csr.menvcfg, 1UL << 4);
        machine.Write(Csr.menvcfg, (2UL << 4) | EnvironmentBits.CBZE);
        Assert.Equal((1UL << 4) | EnvironmentBits.CBZE, machine.Read(Csr.menvcfg));
    }

    [Fact]
    public void Floating_point_registers_need_FS_and_a_write_makes_it_dirty()
    {
        using var machine = new TestMachine();
        foreach (Csr csr in (Csr[])[Csr.fflags, Csr.frm, Csr.fcsr])
        {
            machine.Write(Csr.mstatus, 0);
            Assert.False(machine.Hart.ReadCsr((int)csr, out _));
            Assert.False(machine.Hart.WriteCsr((int)csr, 0));
            machine.Write(Csr.mstatus, 1UL << StatusBits.FSShift);
            machine.Read(csr);
            Assert.Equal(1UL << StatusBits.FSShift, machine.Read(Csr.mstatus) & StatusBits.FS);
            machine.Write(csr, 0);
            Assert.Equal(StatusBits.FS | StatusBits.SD, machine.Read(Csr.mstatus) & (StatusBits.FS | StatusBits.SD));
        }

        machine.Write(Csr.fcsr, 0xE5);
        Assert.Equal(5UL, machine.Read(Csr.fflags));
        Assert.Equal(7UL, machine.Read(Csr.frm));
    }

    [Fact]
    public void Every_register_is_refused_below_its_privilege()
    {
        using var machine = new TestMachine();
        machine.Write(Csr.mcounteren, All);
        machine.Write(Csr.scounteren, All);
        machine.Write(Csr.menvcfg, All);
        machine.Write(Csr.mstatus, StatusBits.FS);
        int inMachine = 0;
        foreach (PrivilegeMode mode in (PrivilegeMode[])[PrivilegeMode.Machine, PrivilegeMode.Supervisor, PrivilegeMode.User])
        {
            machine.Enter(mode);
            for (int csr = 0; csr < 4096; csr++)
            {
                int lowest = (csr >> 8) & 3;
                bool ok = machine.Hart.ReadCsr(csr, out _);
                if (mode == PrivilegeMode.Machine)
                    inMachine += ok ? 1 : 0;
                Assert.True(!ok || lowest <= (int)mode, $"{(Csr)csr} read in {mode}");
                if (csr >> 10 == 3)
                    Assert.False(machine.Hart.WriteCsr(csr, 0), $"{(Csr)csr} written in {mode}");
            }
        }

        Assert.InRange(inMachine, 100, 300);
    }

    [Theory]
    [InlineData(Csr.mstateen0), InlineData(Csr.scontext), InlineData(Csr.mcontext), InlineData(Csr.dcsr), InlineData(Csr.mtinst)]
    [InlineData(Csr.pmpcfg1), InlineData(Csr.pmpcfg3), InlineData(Csr.pmpcfg4), InlineData(Csr.pmpaddr16), InlineData(Csr.scountovf)]
    public void Registers_of_what_the_hart_lacks_do_not_exist(Csr csr)
    {
        using var machine = new TestMachine();
        Assert.False(machine.Hart.ReadCsr((int)csr, out _));
        Assert.False(machine.Hart.WriteCsr((int)csr, 0));
    }

    [Fact]
    public void Counters_are_opened_level_by_level()
    {
        using var machine = new TestMachine();
        for (int machineOpen = 0; machineOpen < 2; machineOpen++)
        {
            for (int supervisorOpen = 0; supervisorOpen < 2; supervisorOpen++)
            {
                for (int i = 0; i < 32; i++)
                {
                    machine.Enter(PrivilegeMode.Machine);
                    machine.Write(Csr.mcounteren, machineOpen != 0 ? 1UL << i : ~(1UL << i));
                    machine.Write(Csr.scounteren, supervisorOpen != 0 ? 1UL << i : ~(1UL << i));
                    int csr = (int)Csr.cycle + i;
                    Assert.True(machine.Hart.ReadCsr(csr, out _));
                    machine.Enter(PrivilegeMode.Supervisor);
                    Assert.Equal(machineOpen != 0, machine.Hart.ReadCsr(csr, out _));
                    machine.Enter(PrivilegeMode.User);
                    Assert.Equal(machineOpen != 0 && supervisorOpen != 0, machine.Hart.ReadCsr(csr, out _));
                }
            }
        }
    }

    [Fact]
    public void Counters_count_instructions_and_can_be_set_and_stopped()
    {
        using var machine = new TestMachine();
        // As the interpreter does, InstRet counts the CSR instruction itself before it executes.
        machine.State->InstRet = 1;
        machine.Write(Csr.minstret, 1000);
        machine.State->InstRet += 1;
        Assert.Equal(1000UL, machine.Read(Csr.minstret));
        machine.State->InstRet += 41;
        Assert.Equal(1041UL, machine.Read(Csr.instret));
        Assert.Equal(42UL, machine.Read(Csr.cycle));

        machine.Write(Csr.mcountinhibit, 4);
        machine.State->InstRet += 100;
        Assert.Equal(1041UL, machine.Read(Csr.minstret));
        Assert.Equal(142UL, machine.Read(Csr.mcycle));
        machine.Write(Csr.minstret, 5);
        machine.State->InstRet += 100;
        Assert.Equal(5UL, machine.Read(Csr.minstret));
        machine.Write(Csr.mcountinhibit, 0);
        machine.State->InstRet += 7;
        Assert.Equal(11UL, machine.Read(Csr.minstret));
    }

    [Fact]
    public void Satp_takes_only_modes_that_exist()
    {
        using var machine = new TestMachine();
        foreach (ulong mode in (ulong[])[8, 9, 10])
        {
            ulong value = (mode << 60) | (0xFFFFUL << 44) | 0x80123;
            machine.Write(Csr.satp, value);
            Assert.Equal(value, machine.Read(Csr.satp));
        }

        foreach (ulong mode in (ulong[])[1, 2, 3, 4, 5, 6, 7, 11, 12, 13, 14, 15])
        {
            ulong before = machine.Read(Csr.satp);
            machine.Write(Csr.satp, mode << 60);
            Assert.Equal(before, machine.Read(Csr.satp));
        }

        machine.Write(Csr.satp, 0);
        Assert.Equal(0UL, machine.Read(Csr.satp));
    }

    [Fact]
    public void Satp_and_fences_trap_in_supervisor_mode_with_TVM()
    {
        using var machine = new TestMachine();
        machine.Write(Csr.mstatus, StatusBits.TVM);
        Assert.True(machine.Hart.ReadCsr((int)Csr.satp, out _));
        Assert.True(machine.Hart.ExecuteSfenceVma(0, false, 0, false));
        machine.Enter(PrivilegeMode.Supervisor);
        Assert.False(machine.Hart.ReadCsr((int)Csr.satp, out _));
        Assert.False(machine.Hart.WriteCsr((int)Csr.satp, 0));
        Assert.False(machine.Hart.ExecuteSfenceVma(0, false, 0, false));
        machine.Enter(PrivilegeMode.User);
        machine.State->Mstatus = 0;
        Assert.False(machine.Hart.ExecuteSfenceVma(0, false, 0, false));
    }

    [Fact]
    public void Stimecmp_needs_STCE_and_TM_in_supervisor_mode()
    {
        using var machine = new TestMachine();
        for (int bits = 0; bits < 4; bits++)
        {
            machine.Enter(PrivilegeMode.Machine);
            machine.Write(Csr.menvcfg, (bits & 1) != 0 ? EnvironmentBits.STCE : 0);
            machine.Write(Csr.mcounteren, (bits & 2) != 0 ? 2UL : 0);
            Assert.True(machine.Hart.ReadCsr((int)Csr.stimecmp, out _));
            machine.Enter(PrivilegeMode.Supervisor);
            Assert.Equal(bits == 3, machine.Hart.ReadCsr((int)Csr.stimecmp, out _));
            Assert.Equal(bits == 3, machine.Hart.WriteCsr((int)Csr.stimecmp, All));
        }
    }

    [Fact]
    public void Sie_and_sip_show_and_change_only_what_is_delegated()
    {
        using var machine = new TestMachine();
        machine.Write(Csr.mie, 0xAAA);
        machine.Write(Csr.mideleg, 0x202);
        Assert.Equal(0x202UL, machine.Read(Csr.sie));
        machine.Write(Csr.sie, 0);
        Assert.Equal(0x8A8UL, machine.Read(Csr.mie));
        machine.Write(Csr.sie, All);
        Assert.Equal(0xAAAUL, machine.Read(Csr.mie));

        machine.Write(Csr.mip, 0x222);
        Assert.Equal(0x202UL, machine.Read(Csr.sip));
        machine.Write(Csr.sip, 0);
        Assert.Equal(0x220UL, machine.Read(Csr.mip));
        machine.Write(Csr.mideleg, 0x220);
        machine.Write(Csr.sip, All);
        Assert.Equal(0x220UL, machine.Read(Csr.mip));
    }

    [Fact]
    public void Sstatus_changes_nothing_of_machine_mode()
    {
        using var machine = new TestMachine();
        machine.Write(Csr.mstatus, StatusBits.MIE | StatusBits.MPP | StatusBits.TSR);
        machine.Write(Csr.sstatus, All);
        machine.Write(Csr.sstatus, 0);
        Assert.Equal(FixedStatus | StatusBits.MIE | StatusBits.MPP | StatusBits.TSR, machine.Read(Csr.mstatus));
    }

    [Fact]
    public void Setting_another_bit_of_mip_does_not_latch_the_device_line()
    {
        using var machine = new TestMachine();
        machine.Hart.SetInterruptLine(9, true);
        Assert.True(machine.Hart.AccessCsr((int)Csr.mip, CsrOperation.Set, 2, writes: true, out ulong old));
        Assert.Equal(0x200UL, old);
        Assert.Equal(0x202UL, machine.Read(Csr.mip));
        machine.Hart.SetInterruptLine(9, false);
        Assert.Equal(2UL, machine.Read(Csr.mip));

        Assert.True(machine.Hart.AccessCsr((int)Csr.mip, CsrOperation.Set, 0x200, writes: true, out _));
        Assert.Equal(0x202UL, machine.Read(Csr.mip));
        Assert.True(machine.Hart.AccessCsr((int)Csr.mip, CsrOperation.Clear, 0x202, writes: true, out old));
        Assert.Equal(0x202UL, old);
        Assert.Equal(0UL, machine.Read(Csr.mip));
    }

    [Fact]
    public void Set_and_clear_without_a_source_may_touch_read_only_registers()
    {
        using var machine = new TestMachine();
        Assert.True(machine.Hart.AccessCsr((int)Csr.mhartid, CsrOperation.Set, 0, writes: false, out _));
        Assert.False(machine.Hart.AccessCsr((int)Csr.mhartid, CsrOperation.Set, 0, writes: true, out _));
        Assert.False(machine.Hart.AccessCsr((int)Csr.cycle, CsrOperation.Write, 0, writes: true, out _));
    }

    [Fact]
    public void Pmp_configuration_is_legalised_and_locked()
    {
        using var machine = new TestMachine();
        // R=0 W=1 grants nothing; bits 5 and 6 do not exist.
        machine.Write(Csr.pmpcfg0, 0x7A);
        Assert.Equal(0x18UL, machine.Read(Csr.pmpcfg0));
        machine.Write(Csr.pmpaddr0, 0x1234);
        machine.Write(Csr.pmpaddr1, 0x5678);
        // Entry 1: locked TOR; so pmpaddr0 and pmpaddr1 and the entry's configuration stand still.
        machine.Write(Csr.pmpcfg0, 0x8900);
        machine.Write(Csr.pmpcfg0, 0);
        Assert.Equal(0x8900UL, machine.Read(Csr.pmpcfg0));
        machine.Write(Csr.pmpaddr0, 0);
        machine.Write(Csr.pmpaddr1, 0);
        machine.Write(Csr.pmpaddr2, 7);
        Assert.Equal(0x1234UL, machine.Read(Csr.pmpaddr0));
        Assert.Equal(0x5678UL, machine.Read(Csr.pmpaddr1));
        Assert.Equal(7UL, machine.Read(Csr.pmpaddr2));
        machine.Hart.Reset();
        Assert.Equal(0UL, machine.Read(Csr.pmpcfg0));
    }
}
