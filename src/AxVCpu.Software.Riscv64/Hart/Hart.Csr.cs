using AxVCpu.Software.Riscv64.Isa;

namespace AxVCpu.Software.Riscv64;

/// <summary>What a CSR instruction does with its operand.</summary>
internal enum CsrOperation : byte
{
    /// <summary>csrrw: the operand is the new value.</summary>
    Write,
    /// <summary>csrrs: the operand's bits are set.</summary>
    Set,
    /// <summary>csrrc: the operand's bits are cleared.</summary>
    Clear,
}

// Control and status registers: who may touch them, and one dispatch each for reading and writing. The fields' rules are in Hart.Csr.Fields.cs.
internal sealed unsafe partial class Hart
{
    /// <summary>
    /// One CSR instruction. Call it when <see cref="HartState.InstRet"/> already counts the instruction itself.
    /// </summary>
    /// <param name="csr">The CSR's number.</param>
    /// <param name="operation">What to do with <paramref name="operand"/>.</param>
    /// <param name="operand">rs1's value or the zero-extended immediate.</param>
    /// <param name="writes">False for csrrs and csrrc whose source is x0 or immediate 0: no write, and no fault for a read-only register.</param>
    /// <param name="old">The value for rd.</param>
    /// <returns>False when it is an illegal instruction; nothing has happened then.</returns>
    public bool AccessCsr(int csr, CsrOperation operation, ulong operand, bool writes, out ulong old)
    {
        if (!CheckCsr(csr, writes) || !TryRead((Csr)csr, out old))
        {
            old = 0;
            return false;
        }

        if (!writes)
            return true;

        ulong current = old;
        // Privileged ISA 3.1.9: read-modify-write of SEIP works on the software bit alone, the device's line is only visible in rd.
        if ((Csr)csr == Csr.mip)
            current = (current & ~(ulong)InterruptBits.SEIP) | (_s->Mip & (ulong)InterruptBits.SEIP);
        ulong value = operation switch
        {
            CsrOperation.Set => current | operand,
            CsrOperation.Clear => current & ~operand,
            _ => operand,
        };
        return TryWrite((Csr)csr, value);
    }

    /// <summary>Reads a CSR as an instruction of the current mode would. False when that is illegal.</summary>
    public bool ReadCsr(int csr, out ulong value)
    {
        value = 0;
        return CheckCsr(csr, write: false) && TryRead((Csr)csr, out value);
    }

    /// <summary>Writes a CSR as csrrw in the current mode would. False when that is illegal.</summary>
    public bool WriteCsr(int csr, ulong value) => CheckCsr(csr, write: true) && TryWrite((Csr)csr, value);

    /// <summary>The access rules that depend on the number, the mode and enables (Privileged ISA 2.1); not whether the register exists.</summary>
    private bool CheckCsr(int csr, bool write)
    {
        PrivilegeMode mode = _s->Mode;
        if (((csr >> 8) & 3) > (int)mode || (write && (csr >> 10) == 3))
            return false;

        switch ((Csr)csr)
        {
            case Csr.fflags or Csr.frm or Csr.fcsr:
                return (_s->Mstatus & StatusBits.FS) != 0;
            case Csr.seed:
                return write && MayReadSeed();
            case Csr.satp:
                return mode == PrivilegeMode.Machine || (_s->Mstatus & StatusBits.TVM) == 0;
            case Csr.stimecmp:
                return _machine.Isa.HasFlag(IsaExtensions.Sstc)
                    && (mode == PrivilegeMode.Machine
                        || ((_s->Menvcfg & EnvironmentBits.STCE) != 0 && (_s->Mcounteren & CounterTime) != 0));
            case >= Csr.cycle and <= Csr.hpmcounter31:
                return MayReadCounter(csr & 31);
            default:
                return true;
        }
    }

    private bool MayReadCounter(int index)
    {
        if (!_machine.Isa.HasFlag(index < 3 ? IsaExtensions.Zicntr : IsaExtensions.Zihpm))
            return false;
        ulong enabled = _s->Mode switch
        {
            PrivilegeMode.Machine => ulong.MaxValue,
            PrivilegeMode.Supervisor => _s->Mcounteren,
            _ => _s->Mcounteren & _s->Scounteren,
        };
        return ((enabled >> index) & 1) != 0;
    }

    private bool TryRead(Csr csr, out ulong value)
    {
        switch (csr)
        {
            case Csr.fflags: value = _s->Fflags; return true;
            case Csr.frm: value = _s->Frm; return true;
            case Csr.fcsr: value = (_s->Frm << 5) | _s->Fflags; return true;
            case Csr.seed: value = ReadSeed(); return true;
            case Csr.cycle or Csr.mcycle: value = ReadCounter(CounterCycle, _s->McycleBase); return true;
            case Csr.time: value = Time; return true;
            case Csr.instret or Csr.minstret: value = ReadCounter(CounterInstret, _s->MinstretBase); return true;
            case >= Csr.hpmcounter3 and <= Csr.hpmcounter31: value = 0; return true;

            case Csr.sstatus: value = ReadStatus() & (StatusBits.SstatusReadable | StatusBits.SD); return true;
            case Csr.sie: value = _s->Mie & _s->Mideleg; return true;
            case Csr.stvec: value = _s->Stvec; return true;
            case Csr.scounteren: value = _s->Scounteren; return true;
            case Csr.senvcfg: value = _s->Senvcfg; return true;
            case Csr.sscratch: value = _s->Sscratch; return true;
            case Csr.sepc: value = _s->Sepc; return true;
            case Csr.scause: value = _s->Scause; return true;
            case Csr.stval: value = _s->Stval; return true;
            case Csr.sip: value = ReadMip() & _s->Mideleg; return true;
            case Csr.stimecmp: value = _s->Stimecmp; return true;
            case Csr.satp: value = _s->Satp; return true;

            case Csr.mvendorid or Csr.marchid or Csr.mimpid or Csr.mconfigptr: value = 0; return true;
            case Csr.mhartid: value = HartId; return true;
            case Csr.mstatus: value = ReadStatus(); return true;
            case Csr.misa: value = _s->Misa; return true;
            case Csr.medeleg: value = _s->Medeleg; return true;
            case Csr.mideleg: value = _s->Mideleg; return true;
            case Csr.mie: value = _s->Mie; return true;
            case Csr.mtvec: value = _s->Mtvec; return true;
            case Csr.mcounteren: value = _s->Mcounteren; return true;
            case Csr.menvcfg: value = _s->Menvcfg; return true;
            case Csr.mcountinhibit: value = _s->Mcountinhibit; return true;
            case >= Csr.mhpmevent3 and <= Csr.mhpmevent31: value = 0; return true;
            case >= Csr.mhpmcounter3 and <= Csr.mhpmcounter31: value = 0; return true;
            case Csr.mscratch: value = _s->Mscratch; return true;
            case Csr.mepc: value = _s->Mepc; return true;
            case Csr.mcause: value = _s->Mcause; return true;
            case Csr.mtval: value = _s->Mtval; return true;
            case Csr.mip: value = ReadMip(); return true;
            case Csr.pmpcfg0 or Csr.pmpcfg2: value = _s->Pmp.ReadConfig(csr - Csr.pmpcfg0); return true;
            case >= Csr.pmpaddr0 and <= Csr.pmpaddr15: value = _s->Pmp.ReadAddress(csr - Csr.pmpaddr0); return true;

            case Csr.mseccfg: value = _s->Mseccfg; return true;

            // No triggers, so tselect holds 0 and tdata1 says type 0 (Debug 5.7).
            case Csr.tselect or Csr.tdata1 or Csr.tdata2 or Csr.tdata3: value = 0; return true;
            case Csr.tinfo: value = 1; return true;
            default: value = 0; return false;
        }
    }

    private bool TryWrite(Csr csr, ulong value)
    {
        switch (csr)
        {
            case Csr.fflags: WriteFcsr(_s->Frm, (uint)value); return true;
            case Csr.frm: WriteFcsr((uint)value, _s->Fflags); return true;
            case Csr.fcsr: WriteFcsr((uint)value >> 5, (uint)value); return true;
            case Csr.seed: return true;

            case Csr.sstatus: WriteStatus(value, StatusBits.SstatusWritable); return true;
            case Csr.sie: WriteMie((_s->Mie & ~_s->Mideleg) | (value & _s->Mideleg)); return true;
            case Csr.stvec: _s->Stvec = value & ~2UL; return true;
            case Csr.scounteren: _s->Scounteren = value & uint.MaxValue; return true;
            case Csr.senvcfg: _s->Senvcfg = WithEnvironment(_s->Senvcfg, value, SenvcfgWritable); return true;
            case Csr.sscratch: _s->Sscratch = value; return true;
            case Csr.sepc: _s->Sepc = value & PcMask; return true;
            case Csr.scause: _s->Scause = value; return true;
            case Csr.stval: _s->Stval = value; return true;
            case Csr.sip: WriteMip(value, (ulong)InterruptBits.SSIP & _s->Mideleg); return true;
            case Csr.stimecmp: SetSupervisorTimer(value); return true;
            case Csr.satp: WriteSatp(value); return true;

            case Csr.mstatus: WriteStatus(value, StatusBits.MstatusWritable); return true;
            case Csr.misa: return true;
            case Csr.medeleg: _s->Medeleg = value & DelegableExceptions; return true;
            case Csr.mideleg: WriteMideleg(value); return true;
            case Csr.mie: WriteMie(value); return true;
            case Csr.mtvec: _s->Mtvec = value & ~2UL; return true;
            case Csr.mcounteren: _s->Mcounteren = value & uint.MaxValue; return true;
            case Csr.menvcfg: WriteMenvcfg(value); return true;
            case Csr.mcountinhibit: WriteCountInhibit(value); return true;
            case Csr.mcycle: _s->McycleBase = CounterBase(CounterCycle, value); return true;
            case Csr.minstret: _s->MinstretBase = CounterBase(CounterInstret, value); return true;
            case >= Csr.mhpmevent3 and <= Csr.mhpmevent31: return true;
            case >= Csr.mhpmcounter3 and <= Csr.mhpmcounter31: return true;
            case Csr.mscratch: _s->Mscratch = value; return true;
            case Csr.mepc: _s->Mepc = value & PcMask; return true;
            case Csr.mcause: _s->Mcause = value; return true;
            case Csr.mtval: _s->Mtval = value; return true;
            case Csr.mip: WriteMip(value, HasStipFromSoftware ? MipWritable : MipWritable & ~(ulong)InterruptBits.STIP); return true;
            case Csr.pmpcfg0 or Csr.pmpcfg2: _s->Pmp.WriteConfig(csr - Csr.pmpcfg0, value); FlushTranslations(); return true;
            case >= Csr.pmpaddr0 and <= Csr.pmpaddr15: _s->Pmp.WriteAddress(csr - Csr.pmpaddr0, value); FlushTranslations(); return true;
            case Csr.mseccfg: _s->Mseccfg = value & MseccfgWritable; return true;
            case Csr.tselect or Csr.tdata1 or Csr.tdata2 or Csr.tdata3 or Csr.tinfo: return true;
            default: return false;
        }
    }
}
