using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using AxVCpu.Kvm.Abi;

namespace AxVCpu.Kvm.Tests;

/// <summary>The structures have the kernel's layout (checked against include/uapi/linux/kvm.h compiled as C).</summary>
public sealed unsafe class AbiTests
{
    [Fact]
    public void Structures_have_the_size_that_their_requests_say()
    {
        Assert.True(KvmRequest.SetUserMemoryRegion.Fits<KvmMemoryRegion>());
        Assert.True(KvmRequest.GetDirtyLog.Fits<KvmDirtyLog>());
        Assert.True(KvmRequest.EnableCapability.Fits<KvmEnableCapability>());
        Assert.True(KvmRequest.IrqLine.Fits<KvmIrqLevel>());
        Assert.True(KvmRequest.SignalMsi.Fits<KvmMsi>());
        Assert.True(KvmRequest.IrqFd.Fits<KvmIrqFd>());
        Assert.True(KvmRequest.IoEventFd.Fits<KvmIoEventFd>());
        Assert.True(KvmRequest.XenHvmConfig.Fits<KvmXenHvmConfig>());
        Assert.True(KvmRequest.GetClock.Fits<KvmClockData>());
        Assert.True(KvmRequest.GetIrqChip.Fits<KvmIrqChip>());
        Assert.True(KvmRequest.GetPit2.Fits<KvmPitState>());
        Assert.True(KvmRequest.SetDeviceAttribute.Fits<KvmDeviceAttribute>());
        Assert.True(KvmRequest.CreatePit2.Fits<KvmPitConfig>());
        Assert.True(KvmRequest.SetMsrFilter.Fits<KvmMsrFilter>());
        Assert.True(KvmRequest.GetRegisters.Fits<KvmRegisters>());
        Assert.True(KvmRequest.GetSystemRegisters.Fits<KvmSystemRegisters>());
        Assert.True(KvmRequest.GetVCpuEvents.Fits<KvmVCpuEvents>());
        Assert.True(KvmRequest.GetDebugRegisters.Fits<KvmDebugRegisters>());
        Assert.True(KvmRequest.GetXcrs.Fits<KvmXcrs>());
        Assert.True(KvmRequest.GetXsave.Fits<X64.X64XsaveArea>());
        Assert.True(KvmRequest.GetLapic.Fits<X64.X64LapicState>());
        Assert.True(KvmRequest.SetGuestDebug.Fits<KvmGuestDebug>());
        Assert.Equal(40, sizeof(KvmCpuidEntry));
        Assert.Equal(16, sizeof(KvmMsrEntry));
        Assert.Equal(48, sizeof(KvmIrqRoute));
    }

    [Fact]
    public void The_shared_page_has_its_fields_where_the_kernel_puts_them()
    {
        KvmRun run;
        Assert.Equal(KvmRun.Size, sizeof(KvmRun));
        Assert.Equal(0, Offset(&run, &run.RequestInterruptWindow));
        Assert.Equal(1, Offset(&run, &run.ImmediateExit));
        Assert.Equal(8, Offset(&run, &run.ExitReason));
        Assert.Equal(12, Offset(&run, &run.ReadyForInterruptInjection));
        Assert.Equal(13, Offset(&run, &run.InterruptFlag));
        Assert.Equal(16, Offset(&run, &run.Cr8));
        Assert.Equal(40, Offset(&run, &run.Io.DataOffset));
        Assert.Equal(48, Offset(&run, &run.Mmio.Length));
        Assert.Equal(52, Offset(&run, &run.Mmio.IsWrite));
        Assert.Equal(44, Offset(&run, &run.Xen.PrivilegeLevel));
        Assert.Equal(48, Offset(&run, &run.Xen.Number));
        Assert.Equal(56, Offset(&run, &run.Xen.Result));
        Assert.Equal(64, Offset(&run, &run.Xen.Arguments));
        Assert.Equal(40, Offset(&run, &run.Internal.Data));
        Assert.Equal(40, Offset(&run, &run.Msr.Reason));
        Assert.Equal(44, Offset(&run, &run.Msr.Index));
        Assert.Equal(48, Offset(&run, &run.Msr.Data));
        Assert.Equal(288, Offset(&run, &run.ValidRegisters));
        Assert.Equal(296, Offset(&run, &run.DirtyRegisters));
        Assert.Equal(304, Offset(&run, &run.Registers));
        Assert.Equal(304 + Unsafe.SizeOf<KvmRegisters>(), Offset(&run, &run.SystemRegisters));
        Assert.Equal(304 + 456, Offset(&run, &run.Events));
        Assert.Equal(272, (int)Marshal.OffsetOf<KvmSystemRegisters>(nameof(KvmSystemRegisters.ApicBase)));
    }

    private static int Offset(void* start, void* field) => (int)((byte*)field - (byte*)start);
}
