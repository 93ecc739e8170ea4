using AxVCpu.BareMetal.Aarch64;
using AxVCpu.Devices;

namespace AxVCpu.BareMetal.Hypervisor;

/// <summary>
/// The system registers that the engine leaves to the VM. What is not listed here does not exist for the guest: the engine turns the
/// refusal into an undefined instruction.
/// </summary>
internal static unsafe class VmSystemRegisters
{
    internal static bool Read(VmVCpu* vcpu, ulong address, out ulong value)
    {
        bool isTimer = TryTimer((SysReg)address, out ArmTimerRegister register);
        value = isTimer ? vcpu->PhysicalTimer.Read(register, vcpu->GuestTime(HostTimer.Now)) : 0;
        return isTimer;
    }

    internal static bool Write(VmVCpu* vcpu, ulong address, ulong value)
    {
        if (TryTimer((SysReg)address, out ArmTimerRegister timer))
        {
            vcpu->PhysicalTimer.Write(timer, vcpu->GuestTime(HostTimer.Now), value);
            return true;
        }
        GicSystemRegister register;
        switch ((SysReg)address)
        {
            case SysReg.IccSgi0rEl1:
                register = GicSystemRegister.ICC_SGI0R_EL1;
                break;
            case SysReg.IccAsgi1rEl1:
                register = GicSystemRegister.ICC_ASGI1R_EL1;
                break;
            case SysReg.IccDirEl1:
                register = GicSystemRegister.ICC_DIR_EL1;
                break;
            default:
                return false;
        }
        Vm* vm = vcpu->Vm;
        var host = new VmHost(vm);
        vm->Lock.Enter();
        vm->Gic.WriteSystemRegister(ref host, vcpu->Index, register, value);
        vm->Lock.Exit();
        return true;
    }

    private static bool TryTimer(SysReg number, out ArmTimerRegister register)
    {
        register = number == SysReg.CntpCtlEl0 ? ArmTimerRegister.Control : number == SysReg.CntpCvalEl0 ? ArmTimerRegister.CompareValue : ArmTimerRegister.TimerValue;
        return number is SysReg.CntpCtlEl0 or SysReg.CntpCvalEl0 or SysReg.CntpTvalEl0;
    }
}
