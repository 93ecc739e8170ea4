using AxVCpu.Software.Riscv64.Isa;

namespace AxVCpu.Software.Riscv64;

// The rules of the fields: which bits exist, which values are legal, and what a change brings about.
internal sealed unsafe partial class Hart
{
    private const int CounterCycle = 0;
    private const ulong CounterTime = 1UL << 1;
    private const int CounterInstret = 2;
    private const ulong CountInhibitWritable = (1UL << CounterCycle) | (1UL << CounterInstret);

    /// <summary>Everything but ecall from M mode and the reserved codes.</summary>
    private const ulong DelegableExceptions = 0xB3FF;

    private const ulong MipWritable = (ulong)InterruptBits.Supervisor;

    private const int SatpModeShift = 60;

    private bool HasStipFromSoftware => (_s->Menvcfg & EnvironmentBits.STCE) == 0;

    private ulong SenvcfgWritable => EnvironmentBits.FIOM
        | (_machine.Isa.HasFlag(IsaExtensions.Zicbom) ? EnvironmentBits.CBIE | EnvironmentBits.CBCFE : 0)
        | (_machine.Isa.HasFlag(IsaExtensions.Zicboz) ? EnvironmentBits.CBZE : 0);

    private ulong MenvcfgWritable => SenvcfgWritable
        | (_machine.Isa.HasFlag(IsaExtensions.Svadu) ? EnvironmentBits.ADUE : 0)
        | (_machine.Isa.HasFlag(IsaExtensions.Svpbmt) ? EnvironmentBits.PBMTE : 0)
        | (_machine.Isa.HasFlag(IsaExtensions.Sstc) ? EnvironmentBits.STCE : 0);

    /// <summary>misa for <paramref name="isa"/>: 64 bits and one bit per letter (Privileged ISA 3.1.1). Read-only.</summary>
    internal static ulong MisaOf(IsaExtensions isa)
    {
        static ulong Letter(char letter) => 1UL << (letter - 'A');
        ulong misa = (2UL << 62) | Letter('I') | Letter('S') | Letter('U');
        if (isa.HasFlag(IsaExtensions.M))
            misa |= Letter('M');
        if (isa.HasFlag(IsaExtensions.A))
            misa |= Letter('A');
        if (isa.HasFlag(IsaExtensions.F))
            misa |= Letter('F');
        if (isa.HasFlag(IsaExtensions.D))
            misa |= Letter('D');
        if (isa.HasFlag(IsaExtensions.C))
            misa |= Letter('C');
        if (isa.HasFlag(IsaExtensions.B))
            misa |= Letter('B');
        return misa;
    }

    private ulong ReadStatus()
    {
        ulong status = _s->Mstatus | StatusBits.Constant;
        return (status & StatusBits.FS) == StatusBits.FS ? status | StatusBits.SD : status;
    }

    private void WriteStatus(ulong value, ulong writable)
    {
        if (!_machine.Isa.HasFlag(IsaExtensions.F))
            writable &= ~StatusBits.FS;
        // MPP holds 0, 1 or 3; 2 leaves it as it was.
        if ((value & StatusBits.MPP) == 2UL << StatusBits.MPPShift)
            writable &= ~StatusBits.MPP;

        ulong old = _s->Mstatus;
        ulong status = (old & ~writable) | (value & writable);
        _s->Mstatus = status;
        ulong changed = old ^ status;
        if ((changed & StatusBits.MXR) != 0)
            FlushTranslations();
        if ((changed & (StatusBits.SUM | StatusBits.MPRV | StatusBits.MPP)) != 0)
            UpdateDataClass();
        RecheckInterrupts();
    }

    private void WriteFcsr(uint frm, uint fflags)
    {
        _s->Frm = frm & 7;
        _s->Fflags = fflags & 0x1F;
        _s->Mstatus |= StatusBits.FS;
    }

    private ulong ReadMip()
    {
        UpdateTimers();
        return PendingInterrupts();
    }

    private void WriteMip(ulong value, ulong writable)
    {
        // An SSIP that another hart sent counts as having been there before the write.
        PendingInterrupts();
        _s->Mip = (_s->Mip & ~writable) | (value & writable);
        RecheckInterrupts();
    }

    private void WriteMie(ulong value)
    {
        Volatile.Write(ref _s->Mie, value & (ulong)InterruptBits.All);
        UpdateTimers();
        RecheckInterrupts();
    }

    private void WriteMideleg(ulong value)
    {
        _s->Mideleg = value & (ulong)InterruptBits.Supervisor;
        RecheckInterrupts();
    }

    private void WriteMenvcfg(ulong value)
    {
        ulong old = _s->Menvcfg;
        _s->Menvcfg = WithEnvironment(old, value, MenvcfgWritable);
        ulong changed = old ^ _s->Menvcfg;
        if ((changed & EnvironmentBits.STCE) != 0)
        {
            // While STCE is set STIP is the comparison's result alone.
            _s->Mip &= ~(ulong)InterruptBits.STIP;
            SetSupervisorTimer(_s->Stimecmp);
        }

        if ((changed & (EnvironmentBits.ADUE | EnvironmentBits.PBMTE)) != 0)
            FlushTranslations();
    }

    private static ulong WithEnvironment(ulong old, ulong value, ulong writable)
    {
        // CBIE 2 is reserved and leaves the field as it was.
        if ((value & EnvironmentBits.CBIE) == 2UL << EnvironmentBits.CBIEShift)
            writable &= ~EnvironmentBits.CBIE;
        return (old & ~writable) | (value & writable);
    }

    private void WriteSatp(ulong value)
    {
        ulong mode = value >> SatpModeShift;
        if (mode is not (0 or 8 or 9 or 10))
            return;
        // Bare has no other fields.
        if (mode == 0)
            value = 0;
        if (value == _s->Satp)
            return;
        _s->Satp = value;
        FlushTranslations();
    }

    // Counters are InstRet plus a base, or stand still at the base while mcountinhibit says so. One instruction is one cycle.
    private ulong ReadCounter(int index, ulong start) =>
        IsInhibited(index) ? start : start + _s->InstRet - 1;

    private ulong CounterBase(int index, ulong value) => IsInhibited(index) ? value : value - _s->InstRet;

    private bool IsInhibited(int index) => ((_s->Mcountinhibit >> index) & 1) != 0;

    private void WriteCountInhibit(ulong value)
    {
        ulong changed = (_s->Mcountinhibit ^ value) & CountInhibitWritable;
        ulong cycle = ReadCounter(CounterCycle, _s->McycleBase);
        ulong instret = ReadCounter(CounterInstret, _s->MinstretBase);
        _s->Mcountinhibit ^= changed;
        if ((changed & (1UL << CounterCycle)) != 0)
            _s->McycleBase = CounterBase(CounterCycle, cycle);
        if ((changed & (1UL << CounterInstret)) != 0)
            _s->MinstretBase = CounterBase(CounterInstret, instret);
    }
}
