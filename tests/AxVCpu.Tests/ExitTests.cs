namespace AxVCpu.Tests;

public sealed class ExitTests
{
    private struct Payload
    {
        public ulong A;
        public uint B;
    }

    [System.Runtime.CompilerServices.InlineArray(ExitWords.Length + 1)]
    private struct TooLarge
    {
        private ulong _first;
    }

    private delegate void Fill(ref VCpuExitRecord record);

    [Fact]
    public void Every_kind_carries_its_fields()
    {
        Check(VCpuExitKind.Nothing, (ref VCpuExitRecord r) => r.SetNothing(), e => true);
        Check(VCpuExitKind.Hypercall, (ref VCpuExitRecord r) => r.SetHypercall(9, 1, 2, 3, 4, 5, 6),
            e => e.Hypercall.Number == 9 && e.Hypercall.Argument(0) == 1 && e.Hypercall.Argument(5) == 6);
        Check(VCpuExitKind.MmioRead, (ref VCpuExitRecord r) => r.SetMmioRead(new(0x1000), AccessWidth.Word, 5, AccessWidth.Qword, true),
            e => e.MmioRead.Address.Value == 0x1000 && e.MmioRead is { Width: AccessWidth.Word, Register: 5, RegisterWidth: AccessWidth.Qword, SignExtend: true });
        Check(VCpuExitKind.MmioWrite, (ref VCpuExitRecord r) => r.SetMmioWrite(new(0x1004), AccessWidth.Byte, 0x41),
            e => e.MmioWrite.Address.Value == 0x1004 && e.MmioWrite is { Width: AccessWidth.Byte, Data: 0x41 });
        Check(VCpuExitKind.SysRegRead, (ref VCpuExitRecord r) => r.SetSysRegRead(0x5c0, 3), e => e.SysRegRead is { Address: 0x5c0, Register: 3 });
        Check(VCpuExitKind.SysRegWrite, (ref VCpuExitRecord r) => r.SetSysRegWrite(0x5c1, 8), e => e.SysRegWrite is { Address: 0x5c1, Value: 8 });
        Check(VCpuExitKind.IoRead, (ref VCpuExitRecord r) => r.SetIoRead(0x3f8, AccessWidth.Byte), e => e.IoRead is { Port: 0x3f8, Width: AccessWidth.Byte });
        Check(VCpuExitKind.IoWrite, (ref VCpuExitRecord r) => r.SetIoWrite(0x604, AccessWidth.Word, 0x2000),
            e => e.IoWrite is { Port: 0x604, Width: AccessWidth.Word, Data: 0x2000 });
        Check(VCpuExitKind.ExternalInterrupt, (ref VCpuExitRecord r) => r.SetExternalInterrupt(33), e => e.ExternalInterruptVector == 33);
        Check(VCpuExitKind.NestedPageFault, (ref VCpuExitRecord r) => r.SetNestedPageFault(new(0x8000), MappingFlags.Write),
            e => e.NestedPageFault.Address.Value == 0x8000 && e.NestedPageFault.Access == MappingFlags.Write);
        Check(VCpuExitKind.Halt, (ref VCpuExitRecord r) => r.SetHalt(77), e => e.HaltDeadline == 77);
        Check(VCpuExitKind.CpuUp, (ref VCpuExitRecord r) => r.SetCpuUp(1, new(0x8020), 4),
            e => e.CpuUp.Entry.Value == 0x8020 && e.CpuUp is { TargetCpu: 1, Argument: 4 });
        Check(VCpuExitKind.CpuDown, (ref VCpuExitRecord r) => r.SetCpuDown(2), e => e.CpuDownPowerState == 2);
        Check(VCpuExitKind.SystemDown, (ref VCpuExitRecord r) => r.SetSystemDown(3), e => e.SystemDownCode == 3);
        Check(VCpuExitKind.SystemReset, (ref VCpuExitRecord r) => r.SetSystemReset(1), e => e.SystemResetCode == 1);
        Check(VCpuExitKind.SendIpi, (ref VCpuExitRecord r) => r.SetSendIpi(0b110, 64, toAll: false, 1),
            e => e.SendIpi is { TargetMask: 0b110, TargetBase: 64, ToAll: false, Vector: 1 });
        Check(VCpuExitKind.FailEntry, (ref VCpuExitRecord r) => r.SetFailEntry(21), e => e.FailEntryReason == 21);
        Check(VCpuExitKind.Interrupted, (ref VCpuExitRecord r) => r.SetInterrupted(), e => true);
        Check(VCpuExitKind.Debug, (ref VCpuExitRecord r) => r.SetDebug(0x80, DebugReason.SingleStep),
            e => e.Debug is { ProgramCounter: 0x80, Reason: DebugReason.SingleStep });
        Check(VCpuExitKind.InternalError, (ref VCpuExitRecord r) => r.SetInternalError(EngineErrorCode.HostFailure, 1, 2, 3, 4),
            e => e.InternalError is { Code: EngineErrorCode.HostFailure, Data0: 1, Data1: 2, Data2: 3, Data3: 4 });
        Check(VCpuExitKind.ArchSpecific, (ref VCpuExitRecord r) => r.SetArchSpecific(6, new Payload { A = 5, B = 4 }),
            e => e.ArchSpecificCode == 6 && e.ArchSpecific<Payload>() is { A: 5, B: 4 });
        Assert.Equal(Enum.GetValues<VCpuExitKind>().Length, _checked.Count);
    }

    [Fact]
    public unsafe void A_string_write_shows_every_value_and_refuses_others()
    {
        byte* items = stackalloc byte[] { 1, 0, 0, 0x80, 2, 0, 0, 0 };
        VCpuExitRecord record = default;
        record.SetIoWrite(0x60, AccessWidth.Dword, items, 2);
        var exit = new VCpuExit(in record);
        Assert.Equal((2u, 0x8000_0001UL, 2UL), (exit.IoWrite.Count, exit.IoWrite.Data, exit.IoWrite.Item(1)));
        Assert.Equal(MisuseKind.Argument, Assert.Throws<MisuseException>(() => new VCpuExit(in record).IoWrite.Item(2)).Kind);
        record.SetIoRead(0x60, AccessWidth.Word, 7);
        Assert.Equal(7u, new VCpuExit(in record).IoRead.Count);
        record.SetIoWrite(0x60, AccessWidth.Byte, 5);
        Assert.Equal((1u, 5UL), (new VCpuExit(in record).IoWrite.Count, new VCpuExit(in record).IoWrite.Item(0)));
    }

    [Fact]
    public void A_view_of_another_kind_is_a_misuse()
    {
        VCpuExitRecord record = default;
        record.SetHalt();
        Assert.Equal(MisuseKind.WrongExitView, Caught(in record, e => e.MmioRead));
        Assert.Equal(MisuseKind.WrongExitView, Caught(in record, e => e.Hypercall.Number));
        Assert.Equal(MisuseKind.WrongExitView, Caught(in record, e => e.SystemDownCode));
        Assert.Equal(MisuseKind.WrongExitView, Caught(in record, e => e.ArchSpecific<ulong>()));
        record.SetHypercall(0, 0, 0, 0, 0, 0, 0);
        Assert.Equal(MisuseKind.Argument, Caught(in record, e => e.Hypercall.Argument(6)));
    }

    [Fact]
    public void A_payload_larger_than_the_record_is_a_misuse()
    {
        VCpuExitRecord record = default;
        Assert.Throws<MisuseException>(() => record.SetArchSpecific(1, default(TooLarge)));
        Assert.Equal(VCpuExitKind.Nothing, record.Kind);
    }

    [Fact]
    public void An_exit_allocates_nothing()
    {
        VCpu<ScriptedArch> vcpu = Scripted.Bound(new Script());
        ulong sum = 0;
        Assert.Equal(0, Garbage.Of(() =>
        {
            sum = 0;
            for (int i = 0; i < 100_000; i++)
                sum += vcpu.Run().Hypercall.Number;
        }));
        Assert.Equal(100_000UL, sum);
    }

    private readonly HashSet<VCpuExitKind> _checked = [];

    private delegate bool Inspect(VCpuExit exit);

    private delegate object Look(VCpuExit exit);

    private void Check(VCpuExitKind kind, Fill fill, Inspect inspect)
    {
        // Through a real vCPU: what the engine wrote is what the caller of Run sees.
        var script = new Script();
        script.OnRun = s =>
        {
            fill(ref s.Exit);
            return default;
        };
        VCpu<ScriptedArch> vcpu = Scripted.Bound(script);
        if (kind == VCpuExitKind.Interrupted)
            vcpu.RequestExit();
        VCpuExit exit = vcpu.Run();
        Assert.Equal(kind, exit.Kind);
        Assert.True(inspect(exit), kind.ToString());
        Assert.True(_checked.Add(kind));
    }

    private static MisuseKind? Caught(ref readonly VCpuExitRecord record, Look look)
    {
        try
        {
            _ = look(new VCpuExit(in record));
            return null;
        }
        catch (MisuseException e)
        {
            return e.Kind;
        }
    }
}
