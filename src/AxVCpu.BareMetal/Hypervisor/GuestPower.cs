using AxVCpu.BareMetal.Aarch64;
using AxVCpu.Devices;
using AxVCpu.Memory;

namespace AxVCpu.BareMetal.Hypervisor;

/// <summary>What PSCI asks about a VM.</summary>
internal readonly unsafe struct VmPsciHost(Vm* vm) : IPsciHost
{
    private readonly Vm* _vm = vm;

    /// <inheritdoc/>
    public int VCpuCount => _vm->VCpuCount;

    /// <inheritdoc/>
    public ulong Affinity(int vcpu) => _vm->VCpu(vcpu).Mpidr;

    /// <inheritdoc/>
    public PsciPowerState PowerState(int vcpu) => _vm->VCpu(vcpu).Power;

    /// <inheritdoc/>
    public bool CanStartAt(ulong address) => 
        _vm->Space.TryGetRegion(new GuestPhysAddr(address), out AddressRegion region) && (region.Flags & MappingFlags.Execute) != 0;
}

/// <summary>Firmware calls of guests: PSCI and the calling convention's own.</summary>
internal static unsafe class GuestPower
{
    private const int EntryRegister = 2;
    private const int ContextRegister = 3;

    /// <summary>Answers a call that does nothing but return.</summary>
    internal static ulong Answer(VmVCpu* vcpu, HypercallExit call)
    {
        var host = new VmPsciHost(vcpu->Vm);
        PsciOutcome outcome = Psci.Decide(ref host, call.Number, call.Argument(0), call.Argument(1), call.Argument(2));
        // Whatever does more is an exit of its own and does not come here.
        return outcome.Action == PsciAction.Return ? (ulong)outcome.Result : unchecked((ulong)PsciResult.NOT_SUPPORTED);
    }

    /// <summary>PSCI SYSTEM_RESET2 with another kind than the architecture's is refused; the plain reset is not.</summary>
    /// <returns>Whether to reset.</returns>
    internal static bool Resets(VmVCpu* vcpu, ulong code)
    {
        if ((code & Aarch64VCpu.IsReset2) == 0)
            return true;
        PsciOutcome outcome = Psci.SystemReset2((uint)code);
        if (outcome.Action == PsciAction.SystemReset)
            return true;
        vcpu->Core.SetReturnValue((ulong)outcome.Result);
        return false;
    }

    /// <summary>PSCI CPU_SUSPEND: waits as a WFI does; a power-down state then starts anew.</summary>
    /// <returns>Whether the CPU has given the vCPU back.</returns>
    internal static bool Suspend(ref HypervisorState hypervisor, uint cpu, VmVCpu* vcpu, ulong state)
    {
        var host = new VmPsciHost(vcpu->Vm);
        ulong entry = vcpu->Core.GetGpr(EntryRegister);
        ulong context = vcpu->Core.GetGpr(ContextRegister);
        PsciOutcome outcome = Psci.CpuSuspend(ref host, (uint)state, entry, context);
        vcpu->Core.SetReturnValue((ulong)outcome.Result);
        if (outcome.Action is not (PsciAction.Standby or PsciAction.PowerDown))
            return false;
        // Before it is given up: another CPU may continue it at once.
        vcpu->ResumeEntry = outcome.Entry;
        vcpu->ResumeContext = outcome.Context;
        vcpu->IsPoweredDown = outcome.Action == PsciAction.PowerDown;
        if (CpuLoop.TryBlock(ref hypervisor, cpu, vcpu, vcpu->Core.Arch.Timer.Deadline))
            return true;
        // It woke before the state was reached: the call returns (5.4.2).
        vcpu->IsPoweredDown = false;
        return false;
    }
}
