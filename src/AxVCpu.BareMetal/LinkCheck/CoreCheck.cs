using System.Runtime;

namespace AxVCpu.BareMetal.LinkCheck;

/// <summary>Roots for ilc: each export pulls a part of the shared code into the image.</summary>
internal static class CoreCheck
{
    [RuntimeExport("axvcpu_check_core")]
    public static ulong Core(ulong seed)
    {
        EngineError error = VCpuSetup.Create<FakeArch, ulong>(1, 0, null, CpuSet.FromMask(seed), in seed, out VCpu<FakeArch> vcpu);
        if (!error.IsNone || !vcpu.Setup(new GuestPhysAddr(seed), new HostPhysAddr(seed), in seed).IsNone)
            return 1;
        var vm = new FakeVm(seed);
        VCpuExit exit = RunLoop.Run(ref vcpu, ref vm, out error);
        ulong sum = (ulong)exit.Kind + Views(exit);
        vcpu.Bind();
        vcpu.SetGpr(0, seed);
        vcpu.SetReturnValue(vcpu.GetGpr(0));
        vcpu.SetEntry(new GuestPhysAddr(seed));
        vcpu.ProgramCounter = seed;
        vcpu.CompleteRead(seed);
        vcpu.FailAccess();
        vcpu.InjectInterrupt(1, out bool woken);
        vcpu.SetInterruptLine(2, level: true, out _);
        sum += vcpu.Block() || vcpu.Wake() || vcpu.RequestExit() || vcpu.IsExitRequested || woken ? 1UL : 0;
        vcpu.Unbind();
        vcpu.Reset();
        vcpu.TransitionState(VCpuState.Free, VCpuState.Ready);
        vcpu.SetState(VCpuState.Free);
        if (CurrentVCpu.Is<FakeArch>())
            sum += CurrentVCpu.Get<FakeArch>().Id;
        return sum + vcpu.Arch.ProgramCounter + vcpu.ProgramCounter + vcpu.PhysicalCpuSet.Count + (vcpu.PhysicalCpuSet.Contains(3) ? 1u : 0);
    }

    [RuntimeExport("axvcpu_check_percpu")]
    public static int PerCpuState(uint cpu)
    {
        PerCpu<FakeArch> state = default;
        state.Init(cpu);
        state.HardwareEnable();
        int levels = state.MaxGuestPageTableLevels + state.GuestPhysAddrBits;
        state.HardwareDisable();
        return levels;
    }

    private static ulong Views(VCpuExit exit) => exit.Kind switch
    {
        VCpuExitKind.Hypercall => exit.Hypercall.Number + exit.Hypercall.Argument(5),
        VCpuExitKind.MmioRead => exit.MmioRead.Address.Value,
        VCpuExitKind.MmioWrite => exit.MmioWrite.Data,
        VCpuExitKind.SysRegRead => exit.SysRegRead.Address,
        VCpuExitKind.SysRegWrite => exit.SysRegWrite.Value,
        VCpuExitKind.IoRead => exit.IoRead.Port,
        VCpuExitKind.IoWrite => exit.IoWrite.Item(exit.IoWrite.Count - 1),
        VCpuExitKind.ExternalInterrupt => exit.ExternalInterruptVector,
        VCpuExitKind.NestedPageFault => exit.NestedPageFault.Address.Value,
        VCpuExitKind.Halt => exit.HaltDeadline,
        VCpuExitKind.CpuUp => exit.CpuUp.TargetCpu,
        VCpuExitKind.CpuDown => exit.CpuDownPowerState,
        VCpuExitKind.SystemDown => exit.SystemDownCode,
        VCpuExitKind.SystemReset => exit.SystemResetCode,
        VCpuExitKind.SendIpi => exit.SendIpi.TargetMask,
        VCpuExitKind.FailEntry => exit.FailEntryReason,
        VCpuExitKind.Debug => exit.Debug.ProgramCounter,
        VCpuExitKind.InternalError => exit.InternalError.Data0,
        VCpuExitKind.ArchSpecific => exit.ArchSpecific<ulong>(),
        _ => 0,
    };
}
