namespace AxVCpu;

/// <summary>The virtualization state of one physical CPU. Used only on that CPU.</summary>
/// <typeparam name="TArch">The engine's part.</typeparam>
public struct PerCpu<TArch>
    where TArch : struct, IArchPerCpu<TArch>
{
    private TArch _arch;
    private uint _cpuId;
    private bool _initialized;

    /// <summary>Whether <see cref="Init"/> has succeeded.</summary>
    public readonly bool IsInitialized => _initialized;

    /// <summary>The physical CPU.</summary>
    public readonly uint CpuId
    {
        get
        {
            Require(true);
            return _cpuId;
        }
    }

    /// <summary>Whether virtualization is on; false before <see cref="Init"/>.</summary>
    public readonly bool IsEnabled => _initialized && _arch.IsEnabled;

    /// <summary>How many levels a nested page table may have.</summary>
    public readonly int MaxGuestPageTableLevels
    {
        get
        {
            Require(true);
            return _arch.MaxGuestPageTableLevels;
        }
    }

    /// <summary>How many bits a guest-physical address may have.</summary>
    public readonly int GuestPhysAddrBits
    {
        get
        {
            Require(true);
            return _arch.GuestPhysAddrBits;
        }
    }

    /// <summary>Prepares the CPU. After a failure it can be called again; after a success a second call is a misuse.</summary>
    public EngineError Init(uint cpuId)
    {
        Require(false);
        EngineError error = TArch.Create(cpuId, out TArch arch);
        if (!error.IsNone)
            return error;
        _arch = arch;
        _cpuId = cpuId;
        _initialized = true;
        return default;
    }

    /// <summary>Switches virtualization on; does nothing when it is on.</summary>
    public EngineError HardwareEnable()
    {
        Require(true);
        return _arch.IsEnabled ? default : _arch.HardwareEnable();
    }

    /// <summary>Switches virtualization off; does nothing when it is off or the CPU was never initialised.</summary>
    public EngineError HardwareDisable() => IsEnabled ? _arch.HardwareDisable() : default;

    private readonly void Require(bool initialized)
    {
        if (_initialized != initialized)
            Misuse.Throw(MisuseKind.PerCpuState);
    }
}
