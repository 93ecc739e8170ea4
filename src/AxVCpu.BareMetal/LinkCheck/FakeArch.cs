namespace AxVCpu.BareMetal.LinkCheck;

/// <summary>An architecture that does nothing: enough for ilc to compile every member of the core.</summary>
internal struct FakeArch : IArchVCpu<FakeArch>, IArchCreate<FakeArch, ulong>, IArchSetup<ulong>, IArchPerCpu<FakeArch>
{
    private ulong _register;
    private bool _isEnabled;

    public static int GprCount => 1;

    public ulong ProgramCounter { get; set; }

    public readonly bool HasPendingInterrupt => _register != 0;

    public readonly bool IsEnabled => _isEnabled;

    public readonly int MaxGuestPageTableLevels => 4;

    public readonly int GuestPhysAddrBits => 48;

    public static EngineError Create(uint vmId, uint id, in ulong config, out FakeArch arch)
    {
        arch = default;
        arch._register = config;
        return default;
    }

    public static EngineError Create(uint cpuId, out FakeArch arch)
    {
        arch = default;
        return default;
    }

    public readonly EngineError SetEntry(GuestPhysAddr entry) => default;

    public readonly EngineError SetNestedRoot(HostPhysAddr root) => default;

    public readonly EngineError Setup(in ulong config) => default;

    public readonly EngineError Bind() => default;

    public readonly EngineError Unbind() => default;

    public EngineError Run(ref VCpuExitRecord exit)
    {
        exit.SetMmioRead(new GuestPhysAddr(_register++), AccessWidth.Dword, 0, AccessWidth.Qword, signExtend: true);
        return default;
    }

    public readonly void Kick()
    {
    }

    public readonly void ClearKick()
    {
    }

    public readonly ulong GetGpr(int index) => _register;

    public void SetGpr(int index, ulong value) => _register = value;

    public void SetReturnValue(ulong value) => _register = value;

    public bool CompleteRead(ulong value)
    {
        _register = value;
        return true;
    }

    public readonly bool FailAccess() => true;

    public EngineError InjectInterrupt(uint vector)
    {
        _register |= 1UL << (int)vector;
        return default;
    }

    public EngineError SetInterruptLine(uint vector, bool level) => InjectInterrupt(vector);

    public EngineError Reset()
    {
        _register = 0;
        return default;
    }

    public EngineError HardwareEnable()
    {
        _isEnabled = true;
        return default;
    }

    public EngineError HardwareDisable()
    {
        _isEnabled = false;
        return default;
    }
}

/// <summary>A VM whose devices answer with the address.</summary>
internal struct FakeVm : IRunLoopVm
{
    private ulong _budget;

    public FakeVm(ulong budget) => _budget = budget;

    public bool MmioRead(GuestPhysAddr address, AccessWidth width, out ulong value)
    {
        value = address.Value;
        return _budget-- != 0;
    }

    public readonly bool MmioWrite(GuestPhysAddr address, AccessWidth width, ulong value) => true;

    public readonly bool IoRead(ushort port, AccessWidth width, out ulong value)
    {
        value = port;
        return true;
    }

    public readonly bool IoWrite(ushort port, AccessWidth width, ulong value) => true;

    public readonly bool SysRegRead(ulong address, out ulong value)
    {
        value = address;
        return false;
    }

    public readonly bool SysRegWrite(ulong address, ulong value) => false;

    public readonly bool HandlePageFault(GuestPhysAddr address, MappingFlags access) => false;
}
