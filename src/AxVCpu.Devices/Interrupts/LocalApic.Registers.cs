namespace AxVCpu.Devices;

/// <content>The register interfaces.</content>
public partial struct LocalApic
{
    private const uint RegisterStep = 0x10;
    private const uint VectorMask = 0xFF;
    private const uint LvtTimerWritable = (uint)(LvtBits.VectorMask | LvtBits.Mask | LvtBits.TimerModeMask);
    private const uint LvtPinWritable = (uint)(LvtBits.VectorMask | LvtBits.ModeMask | LvtBits.Polarity | LvtBits.Level | LvtBits.Mask);
    private const uint LvtCounterWritable = (uint)(LvtBits.VectorMask | LvtBits.ModeMask | LvtBits.Mask);
    private const uint LvtErrorWritable = (uint)(LvtBits.VectorMask | LvtBits.Mask);

    /// <summary>
    /// Reads the page of the xAPIC interface. Registers are 32 bits at multiples of 16; bytes and words within one can be read too.
    /// What does not exist reads zero and is an APIC error.
    /// </summary>
    /// <returns>False when no page answers: the APIC is disabled, or in x2APIC mode.</returns>
    public bool Read<THost>(ref THost host, ulong offset, AccessWidth width, out ulong value)
        where THost : struct, ILocalApicHost
    {
        value = 0;
        if (!IsEnabled || IsX2Apic || offset >= Size)
            return false;
        uint within = (uint)offset & (RegisterStep - 1);
        if (within + (uint)width > sizeof(uint) || !TryRead(ref host, (LocalApicRegister)(offset - within), out uint register))
        {
            Report(ref host, EsrBits.IllegalRegister);
            return true;
        }
        value = register >> (int)(within * 8);
        if (width < AccessWidth.Dword)
            value &= (1u << (int)width * 8) - 1;
        return true;
    }

    /// <summary>Writes the page of the xAPIC interface: only 32 bits at multiples of 16 have an effect.</summary>
    /// <returns>False as for <see cref="Read"/>.</returns>
    public bool Write<THost>(ref THost host, ulong offset, AccessWidth width, ulong value)
        where THost : struct, ILocalApicHost
    {
        if (!IsEnabled || IsX2Apic || offset >= Size)
            return false;
        if (width != AccessWidth.Dword || (offset & (RegisterStep - 1)) != 0 || !TryWrite(ref host, (LocalApicRegister)offset, (uint)value))
            Report(ref host, EsrBits.IllegalRegister);
        return true;
    }

    /// <summary>Reads a model-specific register of the APIC: those of <see cref="LocalApicMsr"/> and the x2APIC interface.</summary>
    /// <returns>False when the processor takes a general-protection fault.</returns>
    public bool ReadMsr<THost>(ref THost host, uint msr, out ulong value)
        where THost : struct, ILocalApicHost
    {
        value = 0;
        switch (msr)
        {
            case (uint)LocalApicMsr.IA32_APIC_BASE:
                value = _base;
                return true;
            case (uint)LocalApicMsr.IA32_TSC_DEADLINE:
                value = _timeStampDeadline;
                return true;
        }
        if (!IsX2Apic || msr - X2ApicMsrBase >= X2ApicMsrCount)
            return false;
        LocalApicRegister register = (LocalApicRegister)((msr - X2ApicMsrBase) * RegisterStep);
        switch (register)
        {
            case LocalApicRegister.ID:
                value = _id;
                return true;
            case LocalApicRegister.LDR:
                // 11.12.10.2: the logical ID follows from the ID.
                value = _id >> 4 << 16 | 1u << (int)(_id & 0xF);
                return true;
            case LocalApicRegister.ICR:
                value = _command;
                return true;
            case LocalApicRegister.DFR or LocalApicRegister.ICR_HIGH or LocalApicRegister.EOI or LocalApicRegister.SELF_IPI or LocalApicRegister.APR:
                return false;
            default:
                bool exists = TryRead(ref host, register, out uint low);
                value = low;
                return exists;
        }
    }

    /// <summary>Writes a model-specific register of the APIC.</summary>
    /// <returns>False when the processor takes a general-protection fault: read-only, reserved bits, or not there in this mode.</returns>
    public bool WriteMsr<THost>(ref THost host, uint msr, ulong value)
        where THost : struct, ILocalApicHost
    {
        switch (msr)
        {
            case (uint)LocalApicMsr.IA32_APIC_BASE:
                return WriteBase(ref host, value);
            case (uint)LocalApicMsr.IA32_TSC_DEADLINE:
                WriteTimeStampDeadline(ref host, value);
                return true;
        }
        if (!IsX2Apic || msr - X2ApicMsrBase >= X2ApicMsrCount)
            return false;
        LocalApicRegister register = (LocalApicRegister)((msr - X2ApicMsrBase) * RegisterStep);
        if (register == LocalApicRegister.ICR)
        {
            if ((value & ~((ulong)uint.MaxValue << 32 | (uint)IcrBits.Writable)) != 0)
                return false;
            _command = value;
            Send(ref host);
            return true;
        }
        if (value >> 32 != 0)
            return false;
        uint low = (uint)value;
        switch (register)
        {
            case LocalApicRegister.SELF_IPI:
                if (low > VectorMask)
                    return false;
                SendSelf(ref host, (byte)low);
                return true;
            case LocalApicRegister.EOI or LocalApicRegister.ESR when low != 0:
            case LocalApicRegister.TPR when low > VectorMask:
            case LocalApicRegister.SVR when (low & ~(uint)SvrBits.Writable) != 0:
            case LocalApicRegister.ID or LocalApicRegister.LDR or LocalApicRegister.DFR or LocalApicRegister.ICR_HIGH:
                return false;
            default:
                return TryWrite(ref host, register, low);
        }
    }

    private bool TryRead<THost>(ref THost host, LocalApicRegister register, out uint value)
        where THost : struct, ILocalApicHost
    {
        value = 0;
        switch (register)
        {
            case LocalApicRegister.ID:
                value = _id << 24;
                return true;
            case LocalApicRegister.VERSION:
                value = Version;
                return true;
            case LocalApicRegister.TPR:
                value = _taskPriority;
                return true;
            case LocalApicRegister.APR or LocalApicRegister.RRD or LocalApicRegister.EOI:
                return true;
            case LocalApicRegister.PPR:
                value = ProcessorPriority;
                return true;
            case LocalApicRegister.LDR:
                value = _logicalId;
                return true;
            case LocalApicRegister.DFR:
                value = _format;
                return true;
            case LocalApicRegister.SVR:
                value = _spurious;
                return true;
            case LocalApicRegister.ESR:
                value = (uint)_shownErrors;
                return true;
            case LocalApicRegister.ICR:
                value = (uint)_command;
                return true;
            case LocalApicRegister.ICR_HIGH:
                value = (uint)(_command >> 32);
                return true;
            case LocalApicRegister.TIMER_INITIAL:
                value = _initialCount;
                return true;
            case LocalApicRegister.TIMER_CURRENT:
                value = CurrentCount(host.Now());
                return true;
            case LocalApicRegister.TIMER_DIVIDE:
                value = _divide;
                return true;
            case >= LocalApicRegister.LVT_TIMER and <= LocalApicRegister.LVT_ERROR:
                value = _lvt[(int)Entry(register)];
                return true;
            case >= LocalApicRegister.ISR and < LocalApicRegister.TMR:
                value = Part(in _service, register - LocalApicRegister.ISR);
                return true;
            case >= LocalApicRegister.TMR and < LocalApicRegister.IRR:
                value = Part(in _levelTriggered, register - LocalApicRegister.TMR);
                return true;
            case >= LocalApicRegister.IRR and < LocalApicRegister.ESR:
                value = Part(in _request, register - LocalApicRegister.IRR);
                return true;
            default:
                return false;
        }
    }

    private bool TryWrite<THost>(ref THost host, LocalApicRegister register, uint value)
        where THost : struct, ILocalApicHost
    {
        switch (register)
        {
            case LocalApicRegister.ID:
                // Read-only since the Pentium 4 (11.4.6): the processor's number is fixed, the write has no effect.
                return true;
            case LocalApicRegister.TPR:
                SetTaskPriority(ref host, (byte)value);
                return true;
            case LocalApicRegister.EOI:
                EndOfInterrupt(ref host);
                return true;
            case LocalApicRegister.LDR:
                _logicalId = value & 0xFF00_0000;
                return true;
            case LocalApicRegister.DFR:
                _format = value | 0x0FFF_FFFF;
                return true;
            case LocalApicRegister.SVR:
                WriteSpurious(ref host, value & (uint)SvrBits.Writable);
                return true;
            case LocalApicRegister.ESR:
                // 11.5.3: a write shows what was gathered since the last one.
                _shownErrors = _errors;
                _errors = 0;
                return true;
            case LocalApicRegister.ICR:
                _command = _command & (ulong)uint.MaxValue << 32 | value & (uint)IcrBits.Writable;
                Send(ref host);
                return true;
            case LocalApicRegister.ICR_HIGH:
                _command = (uint)_command | (ulong)(value & 0xFF00_0000) << 32;
                return true;
            case LocalApicRegister.TIMER_INITIAL:
                WriteInitialCount(ref host, value);
                return true;
            case LocalApicRegister.TIMER_DIVIDE:
                WriteDivide(ref host, value);
                return true;
            case >= LocalApicRegister.LVT_TIMER and <= LocalApicRegister.LVT_ERROR:
                WriteEntry(ref host, Entry(register), value);
                return true;
            default:
                return false;
        }
    }

    private void WriteEntry<THost>(ref THost host, Lvt entry, uint value)
        where THost : struct, ILocalApicHost
    {
        value &= entry switch
        {
            Lvt.Timer => LvtTimerWritable,
            Lvt.Lint0 or Lvt.Lint1 => LvtPinWritable,
            Lvt.Error => LvtErrorWritable,
            _ => LvtCounterWritable,
        };
        // 11.4.7.2: while software-disabled the mask bits cannot be cleared.
        if (!IsSoftwareEnabled)
            value |= (uint)LvtBits.Mask;
        if (entry == Lvt.Timer)
        {
            WriteTimerEntry(ref host, value);
            return;
        }
        _lvt[(int)entry] = value | _lvt[(int)entry] & (uint)LvtBits.RemoteIrr;
        int pin = entry == Lvt.Lint0 ? 0 : entry == Lvt.Lint1 ? 1 : -1;
        if (pin >= 0 && (_lintLevels & 1 << pin) != 0)
            Fire(ref host, entry, isEdge: false);
    }

    private void WriteSpurious<THost>(ref THost host, uint value)
        where THost : struct, ILocalApicHost
    {
        _spurious = value;
        if ((value & (uint)SvrBits.Enable) != 0)
            return;
        for (int entry = 0; entry < LvtCount; entry++)
            _lvt[entry] |= (uint)LvtBits.Mask;
        ArmTimer(ref host);
    }

    // The transitions that figure 11-27 allows; the page stays where it is.
    private bool WriteBase<THost>(ref THost host, ulong value)
        where THost : struct, ILocalApicHost
    {
        const ulong Modes = (ulong)(ApicBaseBits.EN | ApicBaseBits.EXTD);
        ulong known = Modes | (ulong)(ApicBaseBits.BSP | ApicBaseBits.AddressMask);
        ulong mode = value & Modes;
        if ((value & ~known) != 0 || (value & (ulong)ApicBaseBits.AddressMask) != DefaultBase || mode == (ulong)ApicBaseBits.EXTD)
            return false;
        ulong before = _base & Modes;
        bool isAllowed = mode == before || before switch
        {
            0 => mode == (ulong)ApicBaseBits.EN,
            (ulong)ApicBaseBits.EN => true,
            _ => mode == 0,
        };
        if (!isAllowed)
            return false;
        _base = value;
        if (mode == 0 && before != 0)
        {
            ClearRegisters();
            host.SetTimerDeadline(ulong.MaxValue);
        }
        Update(ref host);
        return true;
    }

    private static Lvt Entry(LocalApicRegister register) => (Lvt)((register - LocalApicRegister.LVT_TIMER) / RegisterStep);

    private static uint Part(in VectorSet set, uint distance) => (uint)(set[(int)(distance / 0x20)] >> (int)(distance / RegisterStep & 1) * 32);
}
