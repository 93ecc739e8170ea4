using AxVCpu.Samples;

namespace AxVCpu.Tests;

public sealed unsafe class SampleTests
{
    [Fact]
    public void The_hal_sample_hands_out_aligned_writable_frames()
    {
        Assert.True(HostHal.AllocFrame(out HostPhysAddr frame));
        Assert.True(frame.IsAligned(4096));
        HostVirtAddr address = HostHal.PhysToVirt(frame);
        *(ulong*)address.Value = 42;
        Assert.Equal(frame, HostHal.VirtToPhys(address));
        HostHal.DeallocFrame(frame);
        Assert.Equal(0UL, Irq<HostHal>());
    }

    [Fact]
    public void The_vcpu_on_sample_sets_entry_and_argument()
    {
        VirtualCpu[] vcpus = [new VirtualCpu<ScriptedArch>(Scripted.SetUp(new Script())), new VirtualCpu<ScriptedArch>(Scripted.SetUp(new Script()))];
        VirtualCpu target = SecondaryBoot.VCpuOn(vcpus, 1, new GuestPhysAddr(0x8020_0000), 0xabc);
        Assert.Same(vcpus[1], target);
        Assert.Equal((0x8020_0000UL, 0xabcUL), (target.ProgramCounter, target.GetGpr(SecondaryBoot.FirstArgument)));
        Array.ForEach(vcpus, vcpu => vcpu.Dispose());
    }

    [Fact]
    public void The_run_vcpu_sample_serves_devices_until_the_vm_must_act()
    {
        Queue<Action<Script>> exits = new(
        [
            s => s.Exit.SetMmioRead(new(0x1000), AccessWidth.Byte, 1, AccessWidth.Qword, false),
            s => s.Exit.SetMmioWrite(new(0x9999), AccessWidth.Byte, 1),
            s => s.Exit.SetNestedPageFault(new(0x1000), MappingFlags.Read),
            s => s.Exit.SetSystemDown(0),
        ]);
        var script = new Script();
        script.OnRun = s =>
        {
            exits.Dequeue()(s);
            return default;
        };
        using var cpu = new VirtualCpu<ScriptedArch>(Scripted.SetUp(script));
        Assert.Equal(VCpuExitKind.SystemDown, RunVCpu.Run(cpu, new RunLoopTests.RecordingVm()));
        Assert.Equal((0x55UL, true, VCpuState.Free), (script.Completed, script.Failed, cpu.State));
    }

    private static ulong Irq<THal>()
        where THal : IVCpuHal
    {
        THal.IrqHandler();
        return THal.IrqFetch();
    }
}
