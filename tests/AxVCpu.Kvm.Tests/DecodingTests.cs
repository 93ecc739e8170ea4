using AxVCpu.Kvm.Abi;
using AxVCpu.X64;

namespace AxVCpu.Kvm.Tests;

/// <summary>
/// What the kernel can say and no guest makes it say on every machine: the shared page is filled in as it would do, and decoded.
/// </summary>
public sealed unsafe class DecodingTests
{
    private delegate void Fill(KvmRun* page);

    [Fact]
    public void A_refused_entry_has_the_reason_of_the_hardware()
    {
        VCpuExitRecord record = Decode(KvmExitReason.FailEntry, static page => page->FailEntry.Reason = 0x8000_0021);
        Assert.Equal((VCpuExitKind.FailEntry, 0x8000_0021UL), (record.Kind, new VCpuExit(in record).FailEntryReason));
    }

    [Theory]
    [InlineData(1u, 0ul, VCpuExitKind.SystemDown, 0ul)]
    [InlineData(2u, 5ul, VCpuExitKind.SystemReset, (ulong)X64ResetCode.Cold)]
    [InlineData(3u, 0ul, VCpuExitKind.SystemDown, 1ul)]
    [InlineData(3u, 7ul, VCpuExitKind.SystemDown, 7ul)]
    public void A_system_event_is_what_its_type_says(uint type, ulong data, VCpuExitKind kind, ulong code)
    {
        VCpuExitRecord record = Decode(KvmExitReason.SystemEvent, page =>
        {
            page->SystemEvent.Type = type;
            page->SystemEvent.Count = 1;
            page->SystemEvent.Data[0] = data;
        });
        var exit = new VCpuExit(in record);
        Assert.Equal((kind, code), (exit.Kind, kind == VCpuExitKind.SystemDown ? exit.SystemDownCode : exit.SystemResetCode));
    }

    [Fact]
    public void A_hypercall_has_its_number_and_arguments()
    {
        VCpuExitRecord record = Decode(KvmExitReason.Xen, static page =>
        {
            page->Xen.Type = KvmRunXen.Hypercall;
            page->Xen.PrivilegeLevel = 0;
            page->Xen.Number = 7;
            for (int i = 0; i < HypercallExit.ArgumentCount; i++)
                page->Xen.Arguments[i] = (ulong)i + 1;
        });
        var exit = new VCpuExit(in record);
        Assert.Equal((VCpuExitKind.Hypercall, 7UL, 1UL, 6UL), (exit.Kind, exit.Hypercall.Number, exit.Hypercall.Argument(0), exit.Hypercall.Argument(5)));
    }

    [Fact]
    public void An_internal_error_carries_the_data_of_the_kernel()
    {
        VCpuExitRecord record = Decode(KvmExitReason.InternalError, static page =>
        {
            page->Internal.Type = 2;
            page->Internal.Count = 2;
            page->Internal.Data[0] = 0x11;
            page->Internal.Data[1] = 0x22;
            page->Internal.Data[2] = 0x33;
        });
        InternalErrorExit error = new VCpuExit(in record).InternalError;
        Assert.Equal((2UL, 0x11UL, 0x22UL, 0UL), (error.Data0, error.Data1, error.Data2, error.Data3));
    }

    [Theory]
    [InlineData(3u, 0ul, 0ul, DebugReason.Breakpoint)]
    [InlineData(1u, 1ul << 14, 0ul, DebugReason.SingleStep)]
    [InlineData(1u, 1ul << 0, 0ul, DebugReason.Breakpoint)]
    [InlineData(1u, 1ul << 2, 1ul << 24, DebugReason.Watchpoint)]
    public void A_debug_event_says_what_it_was(uint exception, ulong dr6, ulong dr7, DebugReason reason)
    {
        VCpuExitRecord record = Decode(KvmExitReason.Debug, page =>
            page->Debug = new KvmRunDebug { Exception = exception, Pc = 0x1234, Dr6 = dr6, Dr7 = dr7 });
        DebugExit debug = new VCpuExit(in record).Debug;
        Assert.Equal((0x1234UL, reason), (debug.ProgramCounter, debug.Reason));
    }

    [Fact]
    public void An_ended_interrupt_and_what_nobody_knows_are_of_the_architecture()
    {
        VCpuExitRecord ended = Decode(KvmExitReason.IoApicEoi, static page => page->EoiVector = 0x31);
        Assert.Equal(0x31, new VCpuExit(in ended).ArchSpecific<X64EndOfInterrupt>().Vector);
        VCpuExitRecord unknown = Decode((KvmExitReason)999, static page => page->HardwareExitReason = 77);
        X64UnknownExit exit = new VCpuExit(in unknown).ArchSpecific<X64UnknownExit>();
        Assert.Equal((999u, 77UL), (exit.Reason, exit.HardwareReason));
    }

    [Fact]
    public void A_fault_in_guest_memory_is_one_and_another_failure_is_the_hosts()
    {
        VCpuExitRecord fault = Decode(KvmExitReason.MemoryFault, static page => page->MemoryFault.Address = 0x5000, -Libc.ErrorBadAddress);
        Assert.Equal((VCpuExitKind.NestedPageFault, 0x5000UL), (fault.Kind, new VCpuExit(in fault).NestedPageFault.Address.Value));
        Decode(KvmExitReason.Io, static _ => { }, -Libc.ErrorNoMemory, failure: new EngineError(EngineOperation.Run, EngineErrorCode.HostFailure, Libc.ErrorNoMemory));
    }

    private static VCpuExitRecord Decode(KvmExitReason reason, Fill fill, int result = 0, EngineError failure = default)
    {
        using var guest = new Guest(Mode.Long, static c => c.hlt());
        KvmRun* page = guest.Arch.Live.Page;
        page->ExitReason = reason;
        fill(page);
        VCpuExitRecord record = default;
        EngineError error = default;
        Assert.True(guest.Arch.Live.Decode(result, ref record, ref error));
        Assert.Equal(failure, error);
        return record;
    }
}
