using System.Diagnostics.CodeAnalysis;

namespace AxVCpu;

/// <summary>What a VM offers to its running vCPUs: devices, system registers and memory. Called on the vCPU's own CPU (thread).</summary>
public interface IRunLoopVm
{
    /// <summary>Reads a device.</summary>
    /// <returns>False when nothing answers there: the guest gets a fault.</returns>
    bool MmioRead(GuestPhysAddr address, AccessWidth width, out ulong value);

    /// <summary>Writes a device.</summary>
    /// <returns>False when nothing answers there: the guest gets a fault.</returns>
    bool MmioWrite(GuestPhysAddr address, AccessWidth width, ulong value);

    /// <summary>Reads a port.</summary>
    /// <returns>False when nothing answers there: the guest reads ones, as from an open bus.</returns>
    bool IoRead(ushort port, AccessWidth width, out ulong value);

    /// <summary>Writes a port. A write that nobody takes is lost.</summary>
    bool IoWrite(ushort port, AccessWidth width, ulong value);

    /// <summary>Reads a system register.</summary>
    /// <returns>False when the VM does not have it: the guest gets a fault.</returns>
    bool SysRegRead(ulong address, out ulong value);

    /// <summary>Writes a system register.</summary>
    /// <returns>False when the VM does not have it: the guest gets a fault.</returns>
    bool SysRegWrite(ulong address, ulong value);

    /// <summary>Makes a guest-physical page present.</summary>
    /// <returns>False when the VM has no memory there, or not with this access: the guest gets a fault.</returns>
    bool HandlePageFault(GuestPhysAddr address, MappingFlags access);
}

/// <summary>How the answer to an exit gets back to the vCPU.</summary>
public interface IExitCompletion
{
    /// <summary>Answers the read of the last exit.</summary>
    void CompleteRead(ulong value);

    /// <summary>Turns the access of the last exit into a guest fault.</summary>
    void FailAccess();
}

/// <summary>The loop around <c>Run</c> that serves what a VM can serve by itself.</summary>
public static class RunLoop
{
    /// <summary>
    /// Binds the vCPU, runs it, serves device, port, system-register and nested-fault exits, and returns the first exit that the VM
    /// must see. The vCPU is unbound on every path.
    /// </summary>
    /// <param name="vcpu">The vCPU, in state Free.</param>
    /// <param name="vm">What serves the exits.</param>
    /// <param name="error">The failure of binding, running or unbinding; the exit is then an InternalError.</param>
    public static VCpuExit Run<TArch, TVm>([UnscopedRef] ref VCpu<TArch> vcpu, ref TVm vm, out EngineError error)
        where TArch : struct, IArchVCpu<TArch>
        where TVm : IRunLoopVm, allows ref struct
    {
        error = vcpu.Bind();
        if (!error.IsNone)
            return vcpu.Failed(error);
        while (true)
        {
            VCpuExit exit = vcpu.Run();
            if (Serve(exit, ref vm, ref vcpu))
                continue;
            error = vcpu.State == VCpuState.Ready ? vcpu.Unbind() : vcpu.Failure;
            return error.IsNone ? exit : vcpu.Failed(error);
        }
    }

    /// <summary>Serves one exit from the VM's devices, registers and memory.</summary>
    /// <returns>False when the exit is not of a kind that is served here.</returns>
    public static bool Serve<TVm, TCpu>(VCpuExit exit, ref TVm vm, ref TCpu vcpu)
        where TVm : IRunLoopVm, allows ref struct
        where TCpu : IExitCompletion, allows ref struct
    {
        switch (exit.Kind)
        {
            case VCpuExitKind.Nothing:
                return true;
            case VCpuExitKind.MmioRead:
                MmioReadExit read = exit.MmioRead;
                Complete(ref vcpu, vm.MmioRead(read.Address, read.Width, out ulong data), data);
                return true;
            case VCpuExitKind.MmioWrite:
                MmioWriteExit write = exit.MmioWrite;
                if (!vm.MmioWrite(write.Address, write.Width, write.Data))
                    vcpu.FailAccess();
                return true;
            case VCpuExitKind.IoRead:
                IoReadExit input = exit.IoRead;
                for (uint i = 0; i < input.Count; i++)
                    vcpu.CompleteRead(vm.IoRead(input.Port, input.Width, out ulong port) ? port : ulong.MaxValue);
                return true;
            case VCpuExitKind.IoWrite:
                IoWriteExit output = exit.IoWrite;
                for (uint i = 0; i < output.Count; i++)
                    vm.IoWrite(output.Port, output.Width, output.Item(i));
                return true;
            case VCpuExitKind.SysRegRead:
                Complete(ref vcpu, vm.SysRegRead(exit.SysRegRead.Address, out ulong register), register);
                return true;
            case VCpuExitKind.SysRegWrite:
                SysRegWriteExit sysReg = exit.SysRegWrite;
                if (!vm.SysRegWrite(sysReg.Address, sysReg.Value))
                    vcpu.FailAccess();
                return true;
            case VCpuExitKind.NestedPageFault:
                NestedPageFaultExit fault = exit.NestedPageFault;
                if (!vm.HandlePageFault(fault.Address, fault.Access))
                    vcpu.FailAccess();
                return true;
            default:
                return false;
        }
    }

    private static void Complete<TCpu>(ref TCpu vcpu, bool answered, ulong value)
        where TCpu : IExitCompletion, allows ref struct
    {
        if (answered)
            vcpu.CompleteRead(value);
        else
            vcpu.FailAccess();
    }
}
