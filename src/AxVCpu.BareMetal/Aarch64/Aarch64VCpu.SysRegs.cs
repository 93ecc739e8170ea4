namespace AxVCpu.BareMetal.Aarch64;

/// <content>Trapped system registers.</content>
internal unsafe partial struct Aarch64VCpu
{
    private const ulong OsLockModel = 1UL << 3;         // OSLSR_EL1.OSLM: the OS lock exists
    private const ulong OsLockLocked = 1UL << 1;        // OSLSR_EL1.OSLK
    private const ulong PointEnabled = 1;               // DBGBCR.E, DBGWCR.E

    private void DecodeSysReg(SysRegAccess access, ref VCpuExitRecord exit)
    {
        exit.SetNothing();
        switch (SysRegTable.RuleOf(access))
        {
            case SysRegRule.Vm when access.IsRead:
                _pending.Kind = PendingKind.SysRegRead;
                _pending.Register = (byte)access.Rt;
                exit.SetSysRegRead((ulong)access.Register, (uint)access.Rt);
                break;
            case SysRegRule.Vm:
                _pending.Kind = PendingKind.SysRegWrite;
                exit.SetSysRegWrite((ulong)access.Register, GetGpr(access.Rt));
                break;
            case SysRegRule.Zero:
                Answer(access, 0);
                break;
            case SysRegRule.Identification:
                uint id = (access.CRm * 8) + access.Op2;
                Answer(access, IdRegisterFilter.Filter((IdRegister)id, Native.ReadIdRegister(id - 8)));
                break;
            case SysRegRule.Counter:
                Answer(access, HostTimer.Now - Timer.Offset);
                break;
            case SysRegRule.SendSgi:
                DecodeSgi(GetGpr(access.Rt), ref exit);
                Advance();
                break;
            case SysRegRule.Debug:
                DecodeDebug(access);
                break;
            default:
                InjectUndefined();
                break;
        }
    }

    private void Answer(SysRegAccess access, ulong value)
    {
        if (access.IsRead)
            SetGpr(access.Rt, value);
        Advance();
    }

    // ICC_SGI1R_EL1 (GIC architecture specification, 12.2.20).
    private static void DecodeSgi(ulong value, ref VCpuExitRecord exit)
    {
        ulong targets = value & 0xFFFF;
        ulong affinity = (value >> 48 & 0xFF) << 32 | (value >> 32 & 0xFF) << 16 | (value >> 16 & 0xFF) << 8 | (value >> 44 & 0xF) << 4;
        exit.SetSendIpi(targets, affinity, toAll: (value >> 40 & 1) != 0, vector: (uint)(value >> 24) & 0xF);
    }

    private void DecodeDebug(SysRegAccess access)
    {
        if (access.Op2 >= 4 && access.CRn == 0)
        {
            DecodePoint(access);
            return;
        }

        switch (access.Register)
        {
            case SysReg.OslarEl1 when !access.IsRead:
                _isOsLocked = (GetGpr(access.Rt) & 1) != 0;
                Answer(access, 0);
                break;
            case SysReg.OslsrEl1 when access.IsRead:
                Answer(access, OsLockModel | (_isOsLocked ? OsLockLocked : 0));
                break;
            case SysReg.MdscrEl1:
                RefreshSystem();
                if (!access.IsRead)
                    _system.MdscrEl1 = GetGpr(access.Rt);
                Answer(access, _system.MdscrEl1);
                ReloadSystem();
                break;
            default:
                InjectUndefined();
                break;
        }
    }

    /// <summary>
    /// A breakpoint or watchpoint register. They are kept in memory until one is enabled; from then on the CPU's own are the guest's
    /// and switched with it.
    /// </summary>
    private void DecodePoint(SysRegAccess access)
    {
        int index = (int)access.CRm;
        bool isBreakpoint = access.Op2 < 6;
        bool isControl = (access.Op2 & 1) != 0;
        if (index >= (isBreakpoint ? _breakpoints : _watchpoints))
        {
            InjectUndefined();
            return;
        }

        ref DebugPoints values = ref _debug.BreakpointValues;
        ref DebugPoints controls = ref _debug.BreakpointControls;
        if (!isBreakpoint)
        {
            values = ref _debug.WatchpointValues;
            controls = ref _debug.WatchpointControls;
        }

        ref ulong register = ref isControl ? ref controls[index] : ref values[index];
        if (!access.IsRead)
            register = GetGpr(access.Rt);
        Answer(access, register);
        if (isControl && (register & PointEnabled) != 0 && !_usesDebug)
        {
            _usesDebug = true;
            LoadDebug();
        }
    }

    private void LoadDebug()
    {
        Native.LoadDebugRegisters(Pointer(ref _debug), _breakpoints, _watchpoints);
        Native.WriteMdcrEl2(GuestTraps.MdcrWithDebug(Native.ReadMdcrEl2()));
    }

    private void StoreDebug()
    {
        Native.SaveDebugRegisters(Pointer(ref _debug), _breakpoints, _watchpoints);
        // The next guest must not run into this one's.
        DebugRegisters none = default;
        Native.LoadDebugRegisters(Pointer(ref none), _breakpoints, _watchpoints);
        Native.WriteMdcrEl2(GuestTraps.Mdcr(Native.ReadMdcrEl2()));
    }
}
