namespace AxVCpu.Devices;

/// <summary>What a <see cref="Psci"/> call asks of the VM.</summary>
public interface IPsciHost
{
    /// <summary>Number of vCPUs.</summary>
    int VCpuCount { get; }

    /// <summary>A vCPU's affinity: the Aff fields of its MPIDR_EL1, all other bits zero.</summary>
    ulong Affinity(int vcpu);

    /// <summary>Whether a vCPU is on.</summary>
    PsciPowerState PowerState(int vcpu);

    /// <summary>Whether a vCPU can start at a guest-physical address: there is memory.</summary>
    bool CanStartAt(ulong address);
}

/// <summary>What a call asks its caller to do.</summary>
public enum PsciAction : byte
{
    /// <summary>Nothing but return <see cref="PsciOutcome.Result"/>.</summary>
    Return,
    /// <summary>Start <see cref="PsciOutcome.Target"/>, then return the result.</summary>
    CpuOn,
    /// <summary>Stop the calling vCPU; the call does not return.</summary>
    CpuOff,
    /// <summary>Let the calling vCPU wait for an interrupt as WFI does, then return the result.</summary>
    Standby,
    /// <summary>Let the calling vCPU wait for an interrupt, then start it anew at <see cref="PsciOutcome.Entry"/>; the call does not return.</summary>
    PowerDown,
    /// <summary>Stop the VM.</summary>
    SystemOff,
    /// <summary>Reset the VM.</summary>
    SystemReset,
}

/// <summary>What became of a call.</summary>
/// <param name="Action">What is to be done.</param>
/// <param name="Result">The caller's first register, where the call returns.</param>
/// <param name="Target">The affinity of the vCPU that is started.</param>
/// <param name="Entry">Where a vCPU starts, guest-physical.</param>
/// <param name="Context">The first register of a vCPU that starts.</param>
public readonly struct PsciOutcome(PsciAction Action, long Result, ulong Target = 0, ulong Entry = 0, ulong Context = 0)
{
    /// <summary>What is to be done.</summary>
    public PsciAction Action { get; } = Action;

    /// <summary>The caller's first register, where the call returns.</summary>
    public long Result { get; } = Result;

    /// <summary>The affinity of the vCPU that is started.</summary>
    public ulong Target { get; } = Target;

    /// <summary>Where a vCPU starts, guest-physical.</summary>
    public ulong Entry { get; } = Entry;

    /// <summary>The first register of a vCPU that starts.</summary>
    public ulong Context { get; } = Context;

    /// <summary>Describes the outcome as an exit of the core; a call that only returns is none.</summary>
    /// <returns>False when nothing but the result is to be done.</returns>
    public bool TryDescribe(ref VCpuExitRecord exit)
    {
        switch (Action)
        {
            case PsciAction.CpuOn:
                exit.SetCpuUp(Target, new GuestPhysAddr(Entry), Context);
                return true;
            case PsciAction.CpuOff:
                exit.SetCpuDown(0);
                return true;
            case PsciAction.Standby:
            case PsciAction.PowerDown:
                exit.SetHalt();
                return true;
            case PsciAction.SystemOff:
                exit.SetSystemDown(0);
                return true;
            case PsciAction.SystemReset:
                exit.SetSystemReset(Context);
                return true;
            default:
                return false;
        }
    }
}

/// <summary>
/// PSCI 1.1 (Arm DEN 0022F) and the calling convention's own functions for guests: decides what a call does, and does nothing itself.
/// No state, any thread; the host answers for what it reads.
/// </summary>
public static class Psci
{
    /// <summary>The version implemented: 1.1.</summary>
    public const uint Version = 0x1_0001;

    // 5.1.7: no trusted OS, or one that needs no moving.
    private const long NoMigration = 2;

    // SYSTEM_RESET2's kinds (5.1.12): only the architectural warm reset.
    private const uint WarmReset = 0;

    // power_state in its original format (5.4.2.1), of which only the lowest power level exists.
    private const uint StateIdMask = 0xFFFF;
    private const uint PowerDownState = 1 << 16;

    // The Aff fields of MPIDR_EL1.
    private const ulong AffinityMask = 0xFF_00FF_FFFF;
    private const int MaxAffinityLevel = 3;

    /// <summary>Decides a call.</summary>
    /// <param name="host">The VM.</param>
    /// <param name="function">The caller's first register.</param>
    /// <param name="a1">The second.</param>
    /// <param name="a2">The third.</param>
    /// <param name="a3">The fourth.</param>
    /// <returns>What to do. A number that is not known returns <see cref="PsciResult.NOT_SUPPORTED"/>.</returns>
    public static PsciOutcome Decide<THost>(ref THost host, ulong function, ulong a1, ulong a2, ulong a3)
        where THost : struct, IPsciHost
    {
        uint id = (uint)function;
        if (!Supports(id))
            return Return(PsciResult.NOT_SUPPORTED);
        if ((id & Smccc.Wide) == 0)
        {
            a1 = (uint)a1;
            a2 = (uint)a2;
            a3 = (uint)a3;
        }
        if (id == Smccc.SMCCC_VERSION)
            return new PsciOutcome(PsciAction.Return, Smccc.Version);
        // 7.3: which functions of the architecture there are. None against side channels: a guest is to know that it is not protected.
        if (id == Smccc.SMCCC_ARCH_FEATURES)
            return Return((uint)a1 is Smccc.SMCCC_VERSION or Smccc.SMCCC_ARCH_FEATURES ? PsciResult.SUCCESS : PsciResult.NOT_SUPPORTED);
        switch ((PsciFunction)(id & ~Smccc.Wide))
        {
            case PsciFunction.PSCI_VERSION:
                return new PsciOutcome(PsciAction.Return, Version);
            case PsciFunction.PSCI_FEATURES:
                // Of CPU_SUSPEND: original state format, platform-coordinated; every other function has no flags.
                return Return(Supports((uint)a1) && (uint)a1 != Smccc.SMCCC_ARCH_FEATURES ? PsciResult.SUCCESS : PsciResult.NOT_SUPPORTED);
            case PsciFunction.MIGRATE_INFO_TYPE:
                return new PsciOutcome(PsciAction.Return, NoMigration);
            case PsciFunction.AFFINITY_INFO:
                return AffinityInfo(ref host, a1, a2);
            case PsciFunction.CPU_ON:
                return CpuOn(ref host, a1, a2, a3);
            case PsciFunction.CPU_OFF:
                return new PsciOutcome(PsciAction.CpuOff, (long)PsciResult.DENIED);
            case PsciFunction.CPU_SUSPEND:
                return CpuSuspend(ref host, (uint)a1, a2, a3);
            case PsciFunction.SYSTEM_OFF:
                return new PsciOutcome(PsciAction.SystemOff, (long)PsciResult.INTERNAL_FAILURE);
            case PsciFunction.SYSTEM_RESET:
                return new PsciOutcome(PsciAction.SystemReset, (long)PsciResult.INTERNAL_FAILURE);
            default:
                return SystemReset2((uint)a1);
        }
    }

    /// <summary>Whether a function id is one that <see cref="Decide"/> knows.</summary>
    public static bool Supports(uint function)
    {
        if (function is Smccc.SMCCC_VERSION or Smccc.SMCCC_ARCH_FEATURES)
            return true;
        switch ((PsciFunction)(function & ~Smccc.Wide))
        {
            case PsciFunction.CPU_SUSPEND:
            case PsciFunction.CPU_ON:
            case PsciFunction.AFFINITY_INFO:
            case PsciFunction.SYSTEM_RESET2:
                return true;
            case PsciFunction.PSCI_VERSION:
            case PsciFunction.CPU_OFF:
            case PsciFunction.MIGRATE_INFO_TYPE:
            case PsciFunction.SYSTEM_OFF:
            case PsciFunction.SYSTEM_RESET:
            case PsciFunction.PSCI_FEATURES:
                return (function & Smccc.Wide) == 0;
            default:
                return false;
        }
    }

    /// <summary>CPU_ON (5.1.4): starts a vCPU that is off.</summary>
    /// <param name="host">The VM.</param>
    /// <param name="target">The vCPU's affinity.</param>
    /// <param name="entry">Where it starts.</param>
    /// <param name="context">Its first register.</param>
    public static PsciOutcome CpuOn<THost>(ref THost host, ulong target, ulong entry, ulong context)
        where THost : struct, IPsciHost
    {
        int vcpu = Find(ref host, target);
        if (vcpu < 0)
            return Return(PsciResult.INVALID_PARAMETERS);
        switch (host.PowerState(vcpu))
        {
            case PsciPowerState.On:
                return Return(PsciResult.ALREADY_ON);
            case PsciPowerState.OnPending:
                return Return(PsciResult.ON_PENDING);
            default:
                return CanStart(ref host, entry)
                    ? new PsciOutcome(PsciAction.CpuOn, (long)PsciResult.SUCCESS, target, entry, context)
                    : Return(PsciResult.INVALID_ADDRESS);
        }
    }

    /// <summary>CPU_SUSPEND (5.1.2): a standby state waits and returns, a power-down state waits and starts anew.</summary>
    /// <param name="host">The VM.</param>
    /// <param name="state">The state asked for, in its original format; a vCPU alone has levels.</param>
    /// <param name="entry">Where it starts anew.</param>
    /// <param name="context">Its first register then.</param>
    public static PsciOutcome CpuSuspend<THost>(ref THost host, uint state, ulong entry, ulong context)
        where THost : struct, IPsciHost
    {
        if ((state & ~(StateIdMask | PowerDownState)) != 0)
            return Return(PsciResult.INVALID_PARAMETERS);
        if ((state & PowerDownState) == 0)
            return new PsciOutcome(PsciAction.Standby, (long)PsciResult.SUCCESS);
        return CanStart(ref host, entry)
            ? new PsciOutcome(PsciAction.PowerDown, (long)PsciResult.SUCCESS, 0, entry, context)
            : Return(PsciResult.INVALID_ADDRESS);
    }

    /// <summary>SYSTEM_RESET2 (5.1.12): the architectural warm reset is the only kind.</summary>
    /// <param name="type">The kind asked for.</param>
    public static PsciOutcome SystemReset2(uint type) => type == WarmReset
        ? new PsciOutcome(PsciAction.SystemReset, (long)PsciResult.INTERNAL_FAILURE, 0, 0, Context: 1UL << 32 | type)
        : Return(PsciResult.INVALID_PARAMETERS);

    // 5.1.5: an instance of a level is on while one of its vCPUs is.
    private static PsciOutcome AffinityInfo<THost>(ref THost host, ulong target, ulong level)
        where THost : struct, IPsciHost
    {
        if (level > MaxAffinityLevel || (target & ~AffinityMask) != 0)
            return Return(PsciResult.INVALID_PARAMETERS);
        // Affinity level 3 is apart from the others in MPIDR_EL1.
        ulong mask = AffinityMask & ~(level == MaxAffinityLevel ? 0xFF_FFFFUL : (1UL << (int)level * 8) - 1);
        bool found = false;
        bool pending = false;
        for (int vcpu = 0; vcpu < host.VCpuCount; vcpu++)
        {
            if ((host.Affinity(vcpu) & mask) != (target & mask))
                continue;
            found = true;
            PsciPowerState state = host.PowerState(vcpu);
            if (state == PsciPowerState.On)
                return new PsciOutcome(PsciAction.Return, (long)PsciPowerState.On);
            pending |= state == PsciPowerState.OnPending;
        }
        if (!found)
            return Return(PsciResult.INVALID_PARAMETERS);
        return new PsciOutcome(PsciAction.Return, (long)(pending ? PsciPowerState.OnPending : PsciPowerState.Off));
    }

    private static int Find<THost>(ref THost host, ulong affinity)
        where THost : struct, IPsciHost
    {
        for (int vcpu = 0; vcpu < host.VCpuCount; vcpu++)
        {
            if (host.Affinity(vcpu) == affinity)
                return vcpu;
        }
        return -1;
    }

    private static bool CanStart<THost>(ref THost host, ulong entry)
        where THost : struct, IPsciHost => (entry & 3) == 0 && host.CanStartAt(entry);

    private static PsciOutcome Return(PsciResult result) => new(PsciAction.Return, (long)result);
}
