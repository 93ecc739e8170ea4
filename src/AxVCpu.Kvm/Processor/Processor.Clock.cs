using AxVCpu.Kvm.Abi;
using AxVCpu.X64;

namespace AxVCpu.Kvm;

/// <content>
/// The guest's time-stamp counter over a pause. It counts with the host's; a pause is taken out of it by its offset, which all vCPUs change by
/// the same amount, so that they stay in step. A timer of the local APIC in the kernel that counts to a time stamp is taken down and set up
/// again, as the kernel has translated it to the host's time.
/// </content>
internal sealed unsafe partial class Processor
{
    private const uint TimeStampCounter = 0x10;
    private const uint TimeStampDeadline = 0x6E0;

    private ulong _heldTimeStamp;
    private ulong _heldDeadline;

    internal EngineError ReadTimeStamp(out ulong value) => ReadMsr(TimeStampCounter, out value);

    /// <summary>The vCPU does not run until <see cref="StartTime"/>.</summary>
    internal void StopTime()
    {
        ReadTimeStamp(out _heldTimeStamp);
        _heldDeadline = 0;
        if (_hasKernelLapic && ReadMsr(TimeStampDeadline, out ulong deadline).IsNone && deadline != 0
            && WriteMsr(TimeStampDeadline, 0).IsNone)
            _heldDeadline = deadline;
    }

    /// <summary>How far the counter went on since <see cref="StopTime"/>.</summary>
    internal ulong TimeStampsSinceStop => ReadTimeStamp(out ulong now).IsNone ? now - _heldTimeStamp : 0;

    /// <summary>Takes a pause out of the counter, where the kernel can.</summary>
    internal void StartTime(ulong pause)
    {
        ulong offset;
        KvmDeviceAttribute attribute = new()
        {
            Group = KvmDeviceAttribute.TscControl,
            Attribute = KvmDeviceAttribute.TscOffset,
            Address = (ulong)&offset,
        };
        // Since Linux 5.16. Without, the counter shows the pause, as it does on a machine that was suspended.
        if (pause != 0 && Libc.Request(_descriptor, KvmRequest.GetDeviceAttribute, &attribute) == 0)
        {
            offset -= pause;
            _ = Libc.Request(_descriptor, KvmRequest.SetDeviceAttribute, &attribute);
        }

        if (_heldDeadline != 0)
            _ = WriteMsr(TimeStampDeadline, _heldDeadline);
        _heldDeadline = 0;
    }

    /// <summary>Lets the guest's watchdogs know that it was stopped; refused, which does not matter, by a guest that does not use kvmclock.</summary>
    internal void NotifyPaused() => _ = Libc.Request(_descriptor, KvmRequest.KvmClockControl);

    private EngineError ReadMsr(uint index, out ulong value)
    {
        X64MsrBlock block = default;
        block.Add(index);
        EngineError error = ReadMsrs(ref block);
        value = block.Entries[0].Value;
        return error;
    }

    private EngineError WriteMsr(uint index, ulong value)
    {
        X64MsrBlock block = default;
        block.Add(index, value);
        return WriteMsrs(in block);
    }
}
