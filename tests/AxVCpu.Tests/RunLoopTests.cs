namespace AxVCpu.Tests;

public sealed class RunLoopTests
{
    /// <summary>A VM that answers at one address and records what it was asked.</summary>
    internal sealed class RecordingVm : IRunLoopVm
    {
        public const ulong Present = 0x1000;

        public List<string> Log { get; } = [];

        public bool MmioRead(GuestPhysAddr address, AccessWidth width, out ulong value)
        {
            Log.Add($"read {address} {width}");
            value = 0x55;
            return address.Value == Present;
        }

        public bool MmioWrite(GuestPhysAddr address, AccessWidth width, ulong value)
        {
            Log.Add($"write {address} {width} {value:x}");
            return address.Value == Present;
        }

        public bool IoRead(ushort port, AccessWidth width, out ulong value)
        {
            value = 0x66;
            return port == Present;
        }

        public bool IoWrite(ushort port, AccessWidth width, ulong value)
        {
            Log.Add($"out {port:x} {value:x}");
            return true;
        }

        public bool SysRegRead(ulong address, out ulong value)
        {
            value = 0x77;
            return address == Present;
        }

        public bool SysRegWrite(ulong address, ulong value) => address == Present;

        public bool HandlePageFault(GuestPhysAddr address, MappingFlags access)
        {
            Log.Add($"fault {address} {access}");
            return address.Value == Present;
        }
    }

    private delegate void Fill(ref VCpuExitRecord record);

    [Theory]
    [InlineData(RecordingVm.Present, 0x55UL, false)]
    [InlineData(0x2000UL, null, true)]
    public void A_device_read_is_answered_or_becomes_a_guest_fault(ulong address, ulong? completed, bool failed)
    {
        Script script = Serve((ref VCpuExitRecord r) => r.SetMmioRead(new(address), AccessWidth.Dword, 1, AccessWidth.Qword, false));
        Assert.Equal((completed, failed), (script.Completed, script.Failed));
    }

    [Theory]
    [InlineData(RecordingVm.Present, false)]
    [InlineData(0x2000UL, true)]
    public void A_device_write_or_a_page_fault_that_nobody_takes_becomes_a_guest_fault(ulong address, bool failed)
    {
        Assert.Equal(failed, Serve((ref VCpuExitRecord r) => r.SetMmioWrite(new(address), AccessWidth.Byte, 1)).Failed);
        Assert.Equal(failed, Serve((ref VCpuExitRecord r) => r.SetNestedPageFault(new(address), MappingFlags.Write)).Failed);
        Assert.Equal(failed, Serve((ref VCpuExitRecord r) => r.SetSysRegWrite(address, 1)).Failed);
        Assert.Equal(failed, Serve((ref VCpuExitRecord r) => r.SetSysRegRead(address, 1)).Failed);
    }

    /// <summary>The original drops port accesses but calls them handled.</summary>
    [Fact]
    public void Ports_reach_the_vm_and_an_empty_port_reads_ones()
    {
        Assert.Equal(0x66UL, Serve((ref VCpuExitRecord r) => r.SetIoRead((ushort)RecordingVm.Present, AccessWidth.Byte)).Completed);
        Assert.Equal(ulong.MaxValue, Serve((ref VCpuExitRecord r) => r.SetIoRead(0x80, AccessWidth.Byte)).Completed);
        var vm = new RecordingVm();
        Serve((ref VCpuExitRecord r) => r.SetIoWrite(0x3f8, AccessWidth.Byte, 0x41), vm);
        Assert.Equal(["out 3f8 41"], vm.Log);
    }

    [Fact]
    public unsafe void A_string_instruction_reaches_the_vm_value_by_value_and_in_order()
    {
        byte* items = stackalloc byte[] { 0x11, 0x22, 0x33, 0x44, 0x55, 0x66 };
        nint address = (nint)items;
        var vm = new RecordingVm();
        Serve((ref VCpuExitRecord r) => r.SetIoWrite(0x1f0, AccessWidth.Word, (byte*)address, 3), vm);
        Assert.Equal(["out 1f0 2211", "out 1f0 4433", "out 1f0 6655"], vm.Log);
        Assert.Equal(3, Serve((ref VCpuExitRecord r) => r.SetIoRead(0x80, AccessWidth.Byte, 3)).Completions);
    }

    [Fact]
    public void The_loop_ends_at_the_first_exit_for_the_vm_and_unbinds()
    {
        int runs = 0;
        var script = new Script();
        script.OnRun = s =>
        {
            if (++runs < 3)
                s.Exit.SetMmioWrite(new(RecordingVm.Present), AccessWidth.Byte, (ulong)runs);
            else
                s.Exit.SetSystemDown(0);
            return default;
        };
        VCpu<ScriptedArch> vcpu = Scripted.SetUp(script);
        var vm = new RecordingVm();
        VCpuExit exit = RunLoop.Run(ref vcpu, ref vm, out EngineError error);
        Assert.Equal(VCpuExitKind.SystemDown, exit.Kind);
        Assert.True(error.IsNone);
        Assert.Equal(["write 0x1000 Byte 1", "write 0x1000 Byte 2"], vm.Log);
        Assert.Equal(VCpuState.Free, vcpu.State);
    }

    /// <summary>The original leaves the vCPU bound when the engine fails.</summary>
    [Theory]
    [InlineData(EngineOperation.Bind, VCpuState.Free)]
    [InlineData(EngineOperation.Run, VCpuState.Invalid)]
    [InlineData(EngineOperation.Unbind, VCpuState.Invalid)]
    public void A_failure_around_the_run_is_an_exit_and_leaves_nothing_bound(EngineOperation operation, VCpuState left)
    {
        var script = new Script { Failures = { [operation] = EngineErrorCode.HostFailure } };
        if (operation == EngineOperation.Run)
            script.OnRun = s => s.Do(EngineOperation.Run);
        VCpu<ScriptedArch> vcpu = Scripted.SetUp(script);
        var vm = new RecordingVm();
        VCpuExit exit = RunLoop.Run(ref vcpu, ref vm, out EngineError error);
        Assert.Equal((VCpuExitKind.InternalError, operation, left), (exit.Kind, error.Operation, vcpu.State));
        script.Failures.Clear();
        script.OnRun = null;
        vcpu.Reset();
        Assert.True(vcpu.Bind().IsNone);
    }

    private static Script Serve(Fill fill, RecordingVm? vm = null)
    {
        bool first = true;
        var script = new Script();
        script.OnRun = s =>
        {
            if (first)
                fill(ref s.Exit);
            else
                s.Exit.SetHalt();
            first = false;
            return default;
        };
        VCpu<ScriptedArch> vcpu = Scripted.SetUp(script);
        vm ??= new RecordingVm();
        Assert.Equal(VCpuExitKind.Halt, RunLoop.Run(ref vcpu, ref vm, out _).Kind);
        return script;
    }
}
