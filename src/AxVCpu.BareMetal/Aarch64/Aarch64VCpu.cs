using System.Runtime.CompilerServices;

namespace AxVCpu.BareMetal.Aarch64;

/// <summary>
/// A vCPU at EL1 and EL0 of the CPU below it. <see cref="Bind"/> loads the EL1 system registers, keys, debug registers, timer and
/// tables; <see cref="Run"/> adds list registers, general and vector registers for each stay in the guest; <see cref="Unbind"/>
/// stores what Bind loaded. The struct must stay where it is while it is bound.
/// </summary>
internal unsafe partial struct Aarch64VCpu :
    IArchVCpu<Aarch64VCpu>,
    IArchCreate<Aarch64VCpu, Aarch64CreateConfig>,
    IArchSetup<Aarch64SetupConfig>
{
    /// <summary>PSTATE at the start: EL1 with its own stack pointer, interrupts masked.</summary>
    private const ulong StartPstate = 0x3C5;

    /// <summary>SCTLR_EL1 at the start: its RES1 bits; MMU and caches off.</summary>
    private const ulong StartSctlr = 0x30D0_0800;

    private const ulong MpidrAffinity = 0xFF_00FF_FFFF;
    private const ulong MpidrAlwaysOne = 1UL << 31;
    private const ulong TimerStatus = 4;

    private GuestRegisters _registers;
    private SystemRegisters _system;
    private PointerKeys _keys;
    private DebugRegisters _debug;
    private Aarch64VmContext* _vm;
    private HostPhysAddr _root;
    private ulong _entry;
    private ulong _firstArgument;
    private ulong _mpidr;
    private ulong _hcr;
    private uint _id;
    private int _runningOn;
    private int _kick;
    private int _lines;
    private bool _isBound;
    private bool _isSetUp;
    private bool _hasPointerKeys;
    private bool _usesDebug;
    private bool _isOsLocked;
    private bool _smcIsHypercall;
    private bool _hasDirectLines;
    private bool _timerWasListed;
    private bool _isVgicLoaded;
    private int _loadedLists;
    private ulong _loadedVmcr;
    private byte _breakpoints;
    private byte _watchpoints;
    private PendingAccess _pending;

    /// <summary>The virtual interrupt interface; filled and read between runs.</summary>
    public VgicCpuInterface Vgic;

    /// <summary>The virtual timer as of the last exit.</summary>
    public GuestTimer Timer;

    /// <summary>The guest's MPIDR_EL1, affinity fields only.</summary>
    public readonly ulong Mpidr => _mpidr;

    /// <inheritdoc/>
    public static EngineError Create(uint vmId, uint id, in Aarch64CreateConfig config, out Aarch64VCpu arch)
    {
        arch = default;
        if ((config.Mpidr & ~MpidrAffinity) != 0)
            return new EngineError(EngineOperation.Create, EngineErrorCode.InvalidConfiguration);
        arch._id = id;
        arch._mpidr = config.Mpidr;
        arch._firstArgument = config.FdtAddress;
        ulong isar1 = Native.ReadIdRegister(IdRegisterFilter.IndexOf(IdRegister.AA64ISAR1));
        ulong isar2 = Native.ReadIdRegister(IdRegisterFilter.IndexOf(IdRegister.AA64ISAR2));
        arch._hasPointerKeys = (isar1 & 0xFF00_0FF0) != 0 || (isar2 & 0xFF00) != 0; // GPI, GPA, API, APA; APA3, GPA3
        ulong dfr0 = Native.ReadIdRegister(IdRegisterFilter.IndexOf(IdRegister.AA64DFR0));
        arch._breakpoints = (byte)((dfr0 >> 12 & 0xF) + 1);
        arch._watchpoints = (byte)((dfr0 >> 20 & 0xF) + 1);
        arch.ResetState();
        return default;
    }

    /// <inheritdoc/>
    public EngineError Setup(in Aarch64SetupConfig config)
    {
        if (config.Vm == null)
            return new EngineError(EngineOperation.Setup, EngineErrorCode.InvalidConfiguration);
        _vm = config.Vm;
        _vm->Root = _root;
        _smcIsHypercall = config.SmcIsHypercall;
        _hasDirectLines = config.HasDirectLines;
        Vgic.Hcr = _hasDirectLines ? 0 : VgicCpuInterface.Enable;
        Timer.Offset = config.CounterOffset;
        _hcr = GuestTraps.Hcr | (config.TrapWaitForEvent ? GuestTraps.TrapWfe : 0);
        _isSetUp = true;
        return default;
    }

    /// <inheritdoc/>
    public EngineError SetEntry(GuestPhysAddr entry)
    {
        _entry = entry.Value;
        _registers.Pc = entry.Value;
        return default;
    }

    /// <inheritdoc/>
    public EngineError SetNestedRoot(HostPhysAddr root)
    {
        if (!root.IsAligned(4096))
            return new EngineError(EngineOperation.SetNestedRoot, EngineErrorCode.InvalidAddress);
        _root = root;
        return default;
    }

    /// <inheritdoc/>
    public EngineError Reset()
    {
        ResetState();
        _registers.Pc = _entry;
        return default;
    }

    /// <inheritdoc/>
    public EngineError Bind()
    {
        PerCpuBlock* cpu = Native.CurrentCpu();
        if (!_isSetUp || !cpu->Virtualization.IsEnabled)
            return new EngineError(EngineOperation.Bind, EngineErrorCode.Inconsistent);
        Vmid.Acquire(ref _vm->Vmid, cpu->Index);
        Native.WriteVttbrEl2(_vm->Vttbr);
        Native.WriteVpidrEl2(Native.ReadMidrEl1());
        Native.WriteVmpidrEl2(MpidrAlwaysOne | _mpidr);
        Native.WriteCntVoffEl2(Timer.Offset);
        Native.WriteHcrEl2(EffectiveHcr());
        if (_vm->LastVCpus[(int)cpu->Index] != _id + 1)
        {
            _vm->LastVCpus[(int)cpu->Index] = _id + 1;
            Native.InvalidateLocalGuest();
        }

        LoadSystem();
        if (_hasPointerKeys)
            Native.LoadPointerKeys(Pointer(ref _keys));
        if (_usesDebug)
            LoadDebug();
        _isVgicLoaded = false;
        _isBound = true;
        return default;
    }

    /// <inheritdoc/>
    public EngineError Unbind()
    {
        StoreSystem();
        StorePriorities();
        _isVgicLoaded = false;
        Native.WriteCntVCtlEl0(0);
        if (_hasPointerKeys)
            Native.SavePointerKeys(Pointer(ref _keys));
        if (_usesDebug)
            StoreDebug();
        PerCpuBlock* cpu = Native.CurrentCpu();
        if (cpu->IsTimerActive)
        {
            HostGic.SetPpiActive(HostGic.VirtualTimerPpi, isActive: false);
            cpu->IsTimerActive = false;
        }

        Native.WriteHcrEl2(GuestTraps.HostHcr);
        Vmid.Release(cpu->Index);
        _isBound = false;
        return default;
    }

    /// <inheritdoc/>
    public EngineError Run(ref VCpuExitRecord exit)
    {
        if (ContinueAccess(ref exit))
            return default;
        PerCpuBlock* cpu = Native.CurrentCpu();
        // Kick sets its flag before it looks where the vCPU runs; this says where before it looks at the flag.
        Interlocked.Exchange(ref _runningOn, (int)cpu->Index + 1);
        if (Volatile.Read(ref _kick) != 0)
        {
            Volatile.Write(ref _runningOn, 0);
            exit.SetInterrupted();
            return default;
        }

        ExceptionKind kind = EnterGuest(cpu);
        Volatile.Write(ref _runningOn, 0);
        Decode(kind, cpu, ref exit);
        return default;
    }

    /// <inheritdoc/>
    public void Kick()
    {
        Interlocked.Exchange(ref _kick, 1);
        int cpu = Volatile.Read(ref _runningOn);
        if (cpu != 0)
            HostGic.SendSgi((uint)cpu - 1, HostGic.KickSgi);
    }

    /// <inheritdoc/>
    public void ClearKick() => Interlocked.Exchange(ref _kick, 0);

    private ExceptionKind EnterGuest(PerCpuBlock* cpu)
    {
        bool usesVgic = (Vgic.Hcr & VgicCpuInterface.Enable) != 0;
        if (usesVgic)
        {
            PrepareTimerInterrupt(cpu);
            LoadVgic();
        }

        ulong hcr = EffectiveHcr();
        bool isSpecial = (hcr & (GuestTraps.VirtualIrq | GuestTraps.VirtualFiq | GuestTraps.VirtualSError)) != 0;
        if (isSpecial)
            Native.WriteHcrEl2(hcr);
        ExceptionKind kind = Native.EnterGuest(Pointer(ref _registers));
        if (isSpecial)
        {
            // The CPU clears VSE when the guest takes the SError.
            if ((Native.ReadHcrEl2() & GuestTraps.VirtualSError) == 0)
                _hcr &= ~GuestTraps.VirtualSError;
            Native.WriteHcrEl2(_hcr & ~GuestTraps.VirtualSError);
        }

        if (usesVgic)
        {
            Native.SaveVgicLists(Pointer(ref Vgic), (uint)_loadedLists);
            _loadedVmcr = Vgic.Vmcr;
            ReviewTimerInterrupt(cpu);
        }

        Timer.Control = Native.ReadCntVCtlEl0();
        if (Timer.IsOn)
            Timer.Compare = Native.ReadCntVCvalEl0();
        return kind;
    }

    /// <summary>Loads what may differ from what the CPU has: accesses to these registers are slow.</summary>
    private void LoadVgic()
    {
        int used = Vgic.UsedLists;
        if (!_isVgicLoaded || _loadedVmcr != Vgic.Vmcr)
        {
            Native.LoadVgic(Pointer(ref Vgic), (uint)Vgic.Count, (uint)Vgic.PriorityRegisters);
            _isVgicLoaded = true;
        }
        else
        {
            // Those that the last stay used may have to be emptied.
            Native.LoadVgicLists(Pointer(ref Vgic), (uint)(used > _loadedLists ? used : _loadedLists));
        }

        _loadedLists = used;
    }

    /// <summary>Brings the active priorities up to date, which only a decision about a waiting vCPU needs.</summary>
    private void StorePriorities()
    {
        if (_isVgicLoaded)
            Native.SaveVgicPriorities(Pointer(ref Vgic), 0, (uint)Vgic.PriorityRegisters);
    }

    /// <summary>The control register with the interrupts that are driven without a modelled interrupt controller.</summary>
    private ulong EffectiveHcr()
    {
        if (!_hasDirectLines)
            return _hcr;
        int lines = Volatile.Read(ref _lines);
        return _hcr | ((lines & 1) != 0 ? GuestTraps.VirtualIrq : 0) | ((lines & 2) != 0 ? GuestTraps.VirtualFiq : 0);
    }

    private void LoadSystem() => Native.LoadSystemRegisters(Pointer(ref _system));

    private void StoreSystem()
    {
        Native.SaveSystemRegisters(Pointer(ref _system));
        _system.CntvCtlEl0 &= ~TimerStatus;
    }

    /// <summary>Brings the stored system registers up to date, to look at them or, followed by <see cref="ReloadSystem"/>, change them.</summary>
    private void RefreshSystem()
    {
        if (_isBound)
            StoreSystem();
    }

    private void ReloadSystem()
    {
        if (_isBound)
            LoadSystem();
        Timer.Control = _system.CntvCtlEl0;
        Timer.Compare = _system.CntvCvalEl0;
    }

    private void ResetState()
    {
        _registers = default;
        _system = default;
        _keys = default;
        _debug = default;
        _pending = default;
        _usesDebug = false;
        _isOsLocked = true;
        _lines = 0;
        _hcr &= ~GuestTraps.VirtualSError;
        _registers.Pstate = StartPstate;
        _registers.X[0] = _firstArgument;
        _system.SctlrEl1 = StartSctlr;
        Timer.Control = 0;
        Timer.Compare = 0;
        Vgic = VgicCpuInterface.AfterReset(Native.ReadIchVtrEl2());
        Vgic.Hcr = _hasDirectLines ? 0 : VgicCpuInterface.Enable;
    }

    // SAFETY: a vCPU that is bound stays where it is, and the callee does not keep the pointer.
    private static T* Pointer<T>(ref T value)
        where T : unmanaged => (T*)Unsafe.AsPointer(ref value);
}
