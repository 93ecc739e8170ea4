namespace AxVCpu.BareMetal.Aarch64;

/// <summary>Virtualization on one physical CPU at EL2: traps and vectors, and what was there before.</summary>
internal struct Aarch64PerCpu : IArchPerCpu<Aarch64PerCpu>
{
    private const int NeededAddressBits = 39;

    private bool _isEnabled;
    private ulong _hcr;
    private ulong _vbar;
    private ulong _cptr;
    private ulong _mdcr;
    private ulong _hstr;
    private ulong _cnthctl;
    private ulong _vtcr;
    private ulong _vttbr;
    private ulong _vpidr;
    private ulong _vmpidr;

    /// <inheritdoc/>
    public readonly bool IsEnabled => _isEnabled;

    /// <summary>The levels of <see cref="Memory.Aarch64Stage2{TIpa}"/> with 39-bit addresses.</summary>
    public readonly int MaxGuestPageTableLevels => Memory.Aarch64Stage2<Memory.Ipa39>.Levels;

    /// <inheritdoc/>
    public readonly int GuestPhysAddrBits => NeededAddressBits;

    /// <inheritdoc/>
    public static EngineError Create(uint cpuId, out Aarch64PerCpu arch)
    {
        arch = default;
        ulong mmfr0 = Native.ReadIdRegister(IdRegisterFilter.IndexOf(IdRegister.AA64MMFR0));
        bool hasGranule = (mmfr0 >> 28 & 0xF) != 0xF; // TGran4
        return hasGranule && Stage2Control.PhysicalAddressBits(mmfr0) >= NeededAddressBits
            ? default
            : new EngineError(EngineOperation.HardwareEnable, EngineErrorCode.NotSupported);
    }

    /// <inheritdoc/>
    public EngineError HardwareEnable()
    {
        _hcr = Native.ReadHcrEl2();
        _vbar = Native.ReadVbarEl2();
        _cptr = Native.ReadCptrEl2();
        _mdcr = Native.ReadMdcrEl2();
        _hstr = Native.ReadHstrEl2();
        _cnthctl = Native.ReadCntHctlEl2();
        _vtcr = Native.ReadVtcrEl2();
        _vttbr = Native.ReadVttbrEl2();
        _vpidr = Native.ReadVpidrEl2();
        _vmpidr = Native.ReadVmpidrEl2();

        Native.WriteVbarEl2(Native.GuestVectors());
        Native.WriteVtcrEl2(Stage2Control.Value(Native.ReadIdRegister(IdRegisterFilter.IndexOf(IdRegister.AA64MMFR0))));
        Native.WriteCptrEl2(GuestTraps.Cptr);
        Native.WriteMdcrEl2(GuestTraps.Mdcr(_mdcr));
        Native.WriteHstrEl2(0);
        Native.WriteOslarEl1(0); // the guests' own lock is emulated
        Native.WriteCntHctlEl2(GuestTraps.CntHctl);
        if ((Native.ReadIdRegister(IdRegisterFilter.IndexOf(IdRegister.AA64MMFR1)) >> 40 & 0xF) != 0) // HCX
            Native.WriteHcrxEl2(0);
        _isEnabled = true;
        return default;
    }

    /// <inheritdoc/>
    public EngineError HardwareDisable()
    {
        Native.WriteHcrEl2(_hcr);
        Native.WriteVbarEl2(_vbar);
        Native.WriteCptrEl2(_cptr);
        Native.WriteMdcrEl2(_mdcr);
        Native.WriteHstrEl2(_hstr);
        Native.WriteCntHctlEl2(_cnthctl);
        Native.WriteVtcrEl2(_vtcr);
        Native.WriteVttbrEl2(_vttbr);
        Native.WriteVpidrEl2(_vpidr);
        Native.WriteVmpidrEl2(_vmpidr);
        _isEnabled = false;
        return default;
    }
}
