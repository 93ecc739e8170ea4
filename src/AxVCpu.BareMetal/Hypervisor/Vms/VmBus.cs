using AxVCpu.Memory;

namespace AxVCpu.BareMetal.Hypervisor;

/// <summary>What a vCPU of a VM reaches: the devices, the memory, and the few system registers that are the VM's to answer.</summary>
internal readonly unsafe struct VmBus(VmVCpu* vcpu) : IRunLoopVm
{
    private readonly VmVCpu* _vcpu = vcpu;

    private Vm* Vm => _vcpu->Vm;

    /// <inheritdoc/>
    public bool MmioRead(GuestPhysAddr address, AccessWidth width, out ulong value)
    {
        Vm->Lock.Enter();
        bool answered = Vm->Devices.Read(Vm, _vcpu->Index, address.Value, width, out value);
        if (!answered)
            Vm->ReportAbsence(address.Value);
        Vm->Lock.Exit();
        return answered;
    }

    /// <inheritdoc/>
    public bool MmioWrite(GuestPhysAddr address, AccessWidth width, ulong value)
    {
        Vm->Lock.Enter();
        bool answered = Vm->Devices.Write(Vm, _vcpu->Index, address.Value, width, value);
        if (!answered)
            Vm->ReportAbsence(address.Value);
        Vm->Lock.Exit();
        return answered;
    }

    /// <summary>There are no ports.</summary>
    public bool IoRead(ushort port, AccessWidth width, out ulong value)
    {
        value = 0;
        return false;
    }

    /// <summary>There are no ports.</summary>
    public bool IoWrite(ushort port, AccessWidth width, ulong value) => false;

    /// <inheritdoc/>
    public bool SysRegRead(ulong address, out ulong value) => VmSystemRegisters.Read(_vcpu, address, out value);

    /// <inheritdoc/>
    public bool SysRegWrite(ulong address, ulong value) => VmSystemRegisters.Write(_vcpu, address, value);

    /// <inheritdoc/>
    public bool HandlePageFault(GuestPhysAddr address, MappingFlags access) =>
        Vm->Space.HandlePageFault(address, access) is PageFaultOutcome.Handled or PageFaultOutcome.AlreadyPresent;
}
