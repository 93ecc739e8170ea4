using AxVCpu.Memory;

namespace AxVCpu.BareMetal.Aarch64;

/// <content>Second-stage faults: pages that are missing, and devices.</content>
internal unsafe partial struct Aarch64VCpu
{
    private const ulong PageMask = 4095;
    private const ulong ParFault = 1;                   // PAR_EL1.F
    private const ulong ParAddress = 0x000F_FFFF_FFFF_F000;
    private const ulong SctlrEe = 1UL << 25;            // SCTLR_EL1.EE
    private const ulong SctlrE0e = 1UL << 24;           // SCTLR_EL1.E0E

    private readonly bool IsUser => (_registers.Pstate & 0xF) == 0;

    private void DecodeAbort(Syndrome syndrome, bool isFetch, ref VCpuExitRecord exit)
    {
        exit.SetNothing();
        if (!syndrome.IsStage2Fault || !TryFaultAddress(syndrome, out ulong address))
        {
            InjectAbort(isFetch, _registers.Far, Syndrome.ExternalAbort, syndrome.IsWrite);
            return;
        }

        MappingFlags access = isFetch ? MappingFlags.Execute : syndrome.IsWrite ? MappingFlags.Write : MappingFlags.Read;
        NestedWalkStatus status = NestedWalker<Aarch64Stage2<Ipa39>>.Walk(
            _vm->Root, new GuestPhysAddr(address), access, default(IdentityPhysMap), out _);
        if (status is NestedWalkStatus.Lazy or NestedWalkStatus.Permission)
        {
            _pending.Kind = PendingKind.NestedFault;
            _pending.IsFetch = isFetch;
            _pending.Access.IsLoad = !syndrome.IsWrite;
            exit.SetNestedPageFault(new GuestPhysAddr(address), access);
        }
        else if (status == NestedWalkStatus.NotMapped)
        {
            if (isFetch || syndrome.IsTableWalk)
                InjectAbort(isFetch, _registers.Far, Syndrome.ExternalAbort, syndrome.IsWrite);
            else if (syndrome.IsCacheMaintenance)
                Advance(); // there is no memory to maintain
            else
                DecodeDevice(syndrome, address, ref exit);
        }

        // Mapped: another CPU was faster; the guest tries again.
    }

    /// <summary>The guest-physical address of the fault; false when the guest's own tables no longer lead there.</summary>
    private bool TryFaultAddress(Syndrome syndrome, out ulong address)
    {
        address = ((_registers.Hpfar & 0xFFF_FFFF_FFF0) << 8) | (_registers.Far & PageMask);
        return syndrome.HasPage || TryTranslate(_registers.Far, IsUser, isWrite: false, out address, out _);
    }

    /// <summary>Translates as the guest's own tables say now; otherwise gives the fault status.</summary>
    private static bool TryTranslate(ulong address, bool isUser, bool isWrite, out ulong physical, out ulong fault)
    {
        ulong par = Native.TranslateStage1(address, isUser ? 1u : 0, isWrite ? 1u : 0);
        physical = (par & ParAddress) | (address & PageMask);
        fault = par >> 1 & 0x3F; // PAR_EL1.FST
        return (par & ParFault) == 0;
    }

    private void DecodeDevice(Syndrome syndrome, ulong physical, ref VCpuExitRecord exit)
    {
        _pending = default;
        ulong address = _registers.Far;
        if (syndrome.IsValid)
        {
            _pending.Access.IsLoad = !syndrome.IsWrite;
            _pending.Access.IsSigned = syndrome.IsSigned;
            _pending.Access.ElementBytes = (byte)syndrome.Width;
            _pending.Access.RegisterBytes = (byte)(syndrome.Is64Bit ? 8 : 4);
            _pending.Access.Count = 1;
            _pending.Access.Rt = (byte)syndrome.Register;
        }
        else if (!TryDecodeInstruction(syndrome, out address))
        {
            return;
        }

        _pending.Kind = PendingKind.Mmio;
        _pending.Address = address;
        _pending.KnownPage = _registers.Far & ~PageMask;
        _pending.KnownPhysical = physical & ~PageMask;
        _pending.IsBigEndian = (Native.ReadSctlrEl1() & (IsUser ? SctlrE0e : SctlrEe)) != 0;
        BeginPart(ref exit);
    }

    /// <summary>Reads the instruction and makes an access of it; otherwise injects what fits.</summary>
    private bool TryDecodeInstruction(Syndrome syndrome, out ulong address)
    {
        address = 0;
        // An instruction that cannot be read now was unmapped by another vCPU: the guest finds out by itself.
        if (!TryTranslate(_registers.Pc, IsUser, isWrite: false, out ulong physical, out _) ||
            FindHost(physical, MappingFlags.Execute, out ulong host) != NestedWalkStatus.Mapped)
            return false;
        // SAFETY: the address is guest RAM by the second-stage tables, which the host maps as it is; instructions are aligned.
        LoadStoreStatus status = LoadStore.Decode(*(uint*)host, out LoadStore access);
        if (status == LoadStoreStatus.Prefetch)
        {
            Advance();
            return false;
        }

        if (status == LoadStoreStatus.Decoded)
        {
            ulong baseValue = access.Mode == AddressMode.Literal ? _registers.Pc : access.Rn == 31 ? StackPointer() : _registers.X[access.Rn];
            ulong indexValue = GetGpr(access.Rm);
            address = access.AddressOf(baseValue, indexValue);
            _pending.Access = access;
            _pending.BaseBefore = baseValue;
            _pending.BaseAfter = access.BaseAfter(baseValue, indexValue);
            if (_registers.Far - address < (ulong)access.TotalBytes)
                return true;
        }

        ulong fault = status == LoadStoreStatus.Atomic ? Syndrome.UnsupportedAtomic : Syndrome.ExternalAbort;
        InjectAbort(isFetch: false, _registers.Far, fault, syndrome.IsWrite);
        return false;
    }

    /// <summary>Where guest RAM is for the host.</summary>
    private readonly NestedWalkStatus FindHost(ulong physical, MappingFlags access, out ulong host)
    {
        NestedWalkStatus status = NestedWalker<Aarch64Stage2<Ipa39>>.Walk(
            _vm->Root, new GuestPhysAddr(physical), access, default(IdentityPhysMap), out NestedTranslation translation);
        host = translation.Address.Value;
        return status;
    }

    /// <summary>Carries out the parts that are in RAM, up to one that is an exit or the end.</summary>
    private void BeginPart(ref VCpuExitRecord exit)
    {
        bool isLoad = _pending.Access.IsLoad;
        MappingFlags access = isLoad ? MappingFlags.Read : MappingFlags.Write;
        exit.SetNothing();
        for (; _pending.Part < _pending.Parts; _pending.Part++)
        {
            ulong address = _pending.Address + (ulong)(_pending.Part * _pending.PartBytes);
            ulong physical = _pending.KnownPhysical | (address & PageMask);
            ulong fault = Syndrome.Alignment;
            // A part that crosses the end of a page is not aligned, as it has to be for a device. Its bytes may be apart in the host's memory.
            if ((address & PageMask) + (ulong)_pending.PartBytes > PageMask + 1 ||
                ((address & ~PageMask) != _pending.KnownPage && !TryTranslate(address, IsUser, !isLoad, out physical, out fault)))
            {
                // The next page is not there, or not the guest program's to write: the guest handles that, and may run the instruction again.
                GiveUpAccess();
                _pending.Kind = PendingKind.None;
                InjectAbort(isFetch: false, address, fault, !isLoad);
                return;
            }

            switch (FindHost(physical, access, out ulong host))
            {
                case NestedWalkStatus.NotMapped:
                    ReportPart(new GuestPhysAddr(physical), ref exit);
                    return;
                case NestedWalkStatus.Mapped:
                    // SAFETY: the address is guest RAM by the second-stage tables, which the host maps as it is.
                    if (isLoad)
                        StorePart(ReadHost(host, _pending.PartBytes));
                    else
                        WriteHost(host, _pending.PartBytes, LoadPart());
                    break;
                default:
                    GiveUpAccess();
                    _pending.Kind = PendingKind.NestedFault;
                    _pending.IsFetch = false;
                    exit.SetNestedPageFault(new GuestPhysAddr(physical), access);
                    return;
            }
        }

        RetireAccess();
    }

    private void ReportPart(GuestPhysAddr address, ref VCpuExitRecord exit)
    {
        _pending.IsPartDone = false;
        var width = (AccessWidth)_pending.PartBytes;
        if (_pending.Access.IsLoad)
        {
            int register = RegisterOfPart();
            exit.SetMmioRead(address, width, (uint)register, (AccessWidth)_pending.Access.RegisterBytes, _pending.Access.IsSigned);
        }
        else
        {
            exit.SetMmioWrite(address, width, LoadPart());
        }
    }

    /// <summary>Goes on with what the last exit left: true when that is an exit again.</summary>
    private bool ContinueAccess(ref VCpuExitRecord exit)
    {
        switch (_pending.Kind)
        {
            case PendingKind.Mmio:
                if (!_pending.IsPartDone && _pending.Access.IsLoad)
                    StorePart(0);
                _pending.Part++;
                BeginPart(ref exit);
                return _pending.Kind == PendingKind.Mmio;
            case PendingKind.SysRegRead:
                SetGpr(_pending.Register, 0);
                Advance();
                break;
            case PendingKind.SysRegWrite:
                Advance();
                break;
        }

        _pending.Kind = PendingKind.None;
        return false;
    }

    /// <summary>The instruction aborts, or will run again: its base must be what it was before.</summary>
    private void GiveUpAccess()
    {
        if (_pending.Access.IsLoad && !_pending.Access.IsVector && _pending.Part != 0 && _pending.Access.Rn != 31)
            _registers.X[_pending.Access.Rn] = _pending.BaseBefore;
    }

    private void RetireAccess()
    {
        if (_pending.Access.WritesBack)
        {
            if (_pending.Access.Rn == 31)
                SetStackPointer(_pending.BaseAfter);
            else
                _registers.X[_pending.Access.Rn] = _pending.BaseAfter;
        }

        _pending.Kind = PendingKind.None;
        Advance();
    }

    /// <summary>Puts the part under way into its register.</summary>
    private void StorePart(ulong value)
    {
        ref LoadStore access = ref _pending.Access;
        int bytes = _pending.PartBytes;
        value = Swap(bytes == 8 ? value : value & ((1UL << (bytes * 8)) - 1), bytes);
        int register = RegisterOfPart();
        if (access.IsStructure)
        {
            StoreElement(register, value);
            return;
        }

        if (access.IsVector)
        {
            _registers.V[(register * 2) + HalfOf(_pending.Part)] = value;
            if (access.ElementBytes < 16)
                _registers.V[(register * 2) + 1] = 0;
            return;
        }

        if (access.IsSigned)
            value = (ulong)((long)(value << (64 - (bytes * 8))) >> (64 - (bytes * 8)));
        SetGpr(register, access.RegisterBytes == 4 ? (uint)value : value);
    }

    /// <summary>Takes the part under way out of its register.</summary>
    private ulong LoadPart()
    {
        ref LoadStore access = ref _pending.Access;
        int bytes = _pending.PartBytes;
        int register = RegisterOfPart();
        ulong value = !access.IsVector ? GetGpr(register)
            : access.IsStructure ? _registers.V[ElementWord(register)] >> ElementShift()
            : _registers.V[(register * 2) + HalfOf(_pending.Part)];
        return Swap(bytes == 8 ? value : value & ((1UL << (bytes * 8)) - 1), bytes);
    }

    private readonly int RegisterOfPart() => _pending.Access.RegisterAt(_pending.Part / _pending.PartsPerRegister);

    /// <summary>Puts the element under way into its register.</summary>
    private void StoreElement(int register, ulong value)
    {
        ref LoadStore access = ref _pending.Access;
        if (access.Replicates)
        {
            for (int bytes = access.ElementBytes; bytes < 8; bytes *= 2)
                value |= value << (bytes * 8);
            _registers.V[register * 2] = value;
            _registers.V[(register * 2) + 1] = access.IsFullWidth ? value : 0;
            return;
        }

        ref ulong word = ref _registers.V[ElementWord(register)];
        ulong mask = access.ElementBytes == 8 ? ulong.MaxValue : (1UL << (access.ElementBytes * 8)) - 1;
        word = (word & ~(mask << ElementShift())) | (value << ElementShift());
        if (!access.IsFullWidth && !access.KeepsRest)
            _registers.V[(register * 2) + 1] = 0;
    }

    private readonly int ElementWord(int register) => (register * 2) + (_pending.Access.LaneAt(_pending.Part) * _pending.Access.ElementBytes / 8);

    private readonly int ElementShift() => _pending.Access.LaneAt(_pending.Part) * _pending.Access.ElementBytes % 8 * 8;

    /// <summary>Which half of a 16-byte register a part is: the upper one lies first in big-endian memory.</summary>
    private readonly int HalfOf(int part) =>
        _pending.PartsPerRegister == 1 ? 0 : _pending.IsBigEndian ? 1 - (part & 1) : part & 1;

    private readonly ulong Swap(ulong value, int bytes)
    {
        if (!_pending.IsBigEndian)
            return value;
        ulong swapped = 0;
        for (int i = 0; i < bytes; i++)
            swapped = swapped << 8 | (value >> (i * 8) & 0xFF);
        return swapped;
    }

    private static ulong ReadHost(ulong address, int bytes) => bytes switch
    {
        1 => *(byte*)address,
        2 => *(ushort*)address,
        4 => *(uint*)address,
        _ => *(ulong*)address,
    };

    private static void WriteHost(ulong address, int bytes, ulong value)
    {
        switch (bytes)
        {
            case 1:
                *(byte*)address = (byte)value;
                break;
            case 2:
                *(ushort*)address = (ushort)value;
                break;
            case 4:
                *(uint*)address = (uint)value;
                break;
            default:
                *(ulong*)address = value;
                break;
        }
    }
}
