namespace AxVCpu.Samples;

/// <summary>
/// Run a vCPU until the VM must see an exit. This is <see cref="RunLoop"/> written out, for a VMM that wants a loop of its own.
/// </summary>
public static class RunVCpu
{
    /// <summary>Runs <paramref name="vcpu"/> against the devices and memory of <paramref name="vm"/>.</summary>
    /// <returns>The kind of the exit that was not served.</returns>
    public static VCpuExitKind Run<TVm>(VirtualCpu vcpu, TVm vm)
        where TVm : class, IRunLoopVm
    {
        vcpu.Bind();
        try
        {
            while (true)
            {
                VCpuExit exit = vcpu.Run();
                switch (exit.Kind)
                {
                    case VCpuExitKind.MmioRead:
                        if (vm.MmioRead(exit.MmioRead.Address, exit.MmioRead.Width, out ulong value))
                            vcpu.CompleteRead(value);
                        else
                            vcpu.FailAccess();
                        break;
                    case VCpuExitKind.MmioWrite:
                        if (!vm.MmioWrite(exit.MmioWrite.Address, exit.MmioWrite.Width, exit.MmioWrite.Data))
                            vcpu.FailAccess();
                        break;
                    case VCpuExitKind.NestedPageFault:
                        if (!vm.HandlePageFault(exit.NestedPageFault.Address, exit.NestedPageFault.Access))
                            vcpu.FailAccess();
                        break;
                    case VCpuExitKind.Nothing:
                        break;
                    default:
                        return exit.Kind;
                }
            }
        }
        finally
        {
            if (vcpu.State == VCpuState.Ready)
                vcpu.Unbind();
        }
    }
}
