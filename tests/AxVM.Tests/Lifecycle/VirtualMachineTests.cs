using System.Diagnostics.Metrics;
using AxVCpu;
using AxVM.Boot;

namespace AxVM.Tests.Lifecycle;

public sealed class VirtualMachineTests
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(60);

    private static (VirtualMachine Vm, ScriptedMachine Machine) New(int cpus = 1, VmOptions? options = null, uint id = 1)
    {
        ScriptedMachine? machine = null;
        VmConfig config = VmConfig.Generate("t", "k", cpus);
        config.Base.Id = id;
        VirtualMachine vm = new(config, options ?? new VmOptions(), (host, _) => machine = new ScriptedMachine(host, cpus, id));
        return (vm, machine!);
    }

    private static async Task Eventually(Func<bool> condition, string what)
    {
        for (int i = 0; i < 6000; i++)
        {
            if (condition())
            {
                return;
            }

            await Task.Delay(10, TestContext.Current.CancellationToken);
        }

        Assert.Fail($"never happened: {what}");
    }

    [Fact]
    public async Task A_guest_that_powers_off_ends_the_run_and_can_be_started_again()
    {
        (VirtualMachine vm, ScriptedMachine machine) = New();
        await using (vm)
        {
            for (int round = 1; round <= 3; round++)
            {
                Task<VmExit> run = vm.RunAsync(TestContext.Current.CancellationToken);
                await Eventually(() => vm.State == VmState.Running, "running");
                machine.Cores[0].Enqueue((ref VCpuExitRecord exit) => exit.SetSystemDown(0));
                Assert.Equal(new VmExit(VmExitReason.PowerOff), await run.WaitAsync(s_patience, TestContext.Current.CancellationToken));
                Assert.Equal(VmState.Stopped, vm.State);
                Assert.Equal(round, machine.PowerOns);
            }
        }

        Assert.True(machine.IsDisposed);
    }

    [Fact]
    public async Task A_failure_code_of_the_guest_is_the_code_of_the_exit()
    {
        (VirtualMachine vm, ScriptedMachine machine) = New();
        await using VirtualMachine disposing = vm;
        await vm.StartAsync(TestContext.Current.CancellationToken);
        machine.Cores[0].Enqueue((ref VCpuExitRecord exit) => exit.SetSystemDown(7));
        Assert.Equal(new VmExit(VmExitReason.GuestExit, 7), await vm.WaitForExitAsync(TestContext.Current.CancellationToken).WaitAsync(s_patience, TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task A_reset_by_the_guest_starts_it_anew_in_place()
    {
        (VirtualMachine vm, ScriptedMachine machine) = New();
        await using VirtualMachine disposing = vm;
        await vm.StartAsync(TestContext.Current.CancellationToken);
        machine.Cores[0].Enqueue((ref VCpuExitRecord exit) => exit.SetSystemReset(0));
        await Eventually(() => machine.PowerOns == 2 && machine.Cores[0].IsInside, "reset");
        Assert.Equal(VmState.Running, vm.State);
    }

    [Fact]
    public async Task A_reset_by_the_guest_ends_the_run_when_restarting_is_off()
    {
        (VirtualMachine vm, ScriptedMachine machine) = New(options: new VmOptions { RestartOnReset = false });
        await using VirtualMachine disposing = vm;
        await vm.StartAsync(TestContext.Current.CancellationToken);
        machine.Cores[0].Enqueue((ref VCpuExitRecord exit) => exit.SetSystemReset(0));
        VmExit exit = await vm.WaitForExitAsync(TestContext.Current.CancellationToken).WaitAsync(s_patience, TestContext.Current.CancellationToken);
        Assert.Equal(VmExitReason.Reset, exit.Reason);
        Assert.Equal(1, machine.PowerOns);
    }

    [Fact]
    public async Task A_reset_that_cannot_read_its_images_fails_the_run_with_the_reason()
    {
        (VirtualMachine vm, ScriptedMachine machine) = New();
        await using VirtualMachine disposing = vm;
        await vm.StartAsync(TestContext.Current.CancellationToken);
        machine.FailNextPrepare = true;
        machine.Cores[0].Enqueue((ref VCpuExitRecord exit) => exit.SetSystemReset(0));
        VmExit exit = await vm.WaitForExitAsync(TestContext.Current.CancellationToken).WaitAsync(s_patience, TestContext.Current.CancellationToken);
        Assert.Equal(new VmExit(VmExitReason.Failed, 0, "kernel: is scripted to fail"), exit);
        Assert.Equal(VmState.Failed, vm.State);
        await vm.StopAsync(TestContext.Current.CancellationToken);
        await vm.StartAsync(TestContext.Current.CancellationToken);
        Assert.Equal(VmState.Running, vm.State);
    }

    [Fact]
    public async Task Pause_takes_every_vCPU_out_and_stops_the_clock()
    {
        (VirtualMachine vm, ScriptedMachine machine) = New(4);
        await using VirtualMachine disposing = vm;
        await vm.StartAsync(TestContext.Current.CancellationToken);
        for (ulong target = 1; target < 4; target++)
        {
            ulong id = target;
            machine.Cores[0].Enqueue((ref VCpuExitRecord exit) => exit.SetCpuUp(id, new GuestPhysAddr(0x8000_1000), id * 10));
        }

        await Eventually(() => machine.Cores.TrueForAll(core => core.IsInside), "all inside");
        Assert.Equal(0x8000_1000UL, machine.Cores[3].Entry);
        Assert.Equal(30UL, machine.Cores[3].Gprs[11]);
        await vm.PauseAsync(TestContext.Current.CancellationToken);
        Assert.Equal(VmState.Paused, vm.State);
        Assert.DoesNotContain(machine.Cores, core => core.IsInside);
        ulong ticks = machine.Clock.Ticks;
        await Task.Delay(30, TestContext.Current.CancellationToken);
        Assert.Equal(ticks, machine.Clock.Ticks);
        await vm.ResumeAsync(TestContext.Current.CancellationToken);
        await Eventually(() => machine.Cores.TrueForAll(core => core.IsInside), "all inside again");
        Assert.True(machine.Clock.IsRunning);
    }

    [Fact]
    public async Task A_vCPU_that_does_not_leave_the_guest_makes_a_pause_fail_and_the_VM_run_on()
    {
        (VirtualMachine vm, ScriptedMachine machine) = New(options: new VmOptions { VCpuPatience = TimeSpan.FromMilliseconds(50) });
        await using VirtualMachine disposing = vm;
        await vm.StartAsync(TestContext.Current.CancellationToken);
        await Eventually(() => machine.Cores[0].IsInside, "inside");
        machine.Cores[0].IsStuck = true;
        await Assert.ThrowsAsync<TimeoutException>(() => vm.PauseAsync(TestContext.Current.CancellationToken));
        Assert.Equal(VmState.Running, vm.State);
        machine.Cores[0].IsStuck = false;
        // The patience of this VM is short: on a busy machine a vCPU that leaves may still be too late for it.
        while (await Record.ExceptionAsync(() => vm.PauseAsync(TestContext.Current.CancellationToken)) is TimeoutException)
        {
            Assert.Equal(VmState.Running, vm.State);
        }

        Assert.Equal(VmState.Paused, vm.State);
    }

    [Fact]
    public async Task A_vCPU_that_went_down_can_be_started_again()
    {
        (VirtualMachine vm, ScriptedMachine machine) = New(2);
        await using VirtualMachine disposing = vm;
        await vm.StartAsync(TestContext.Current.CancellationToken);
        for (int round = 1; round <= 3; round++)
        {
            ulong argument = (ulong)round;
            machine.Cores[0].Enqueue((ref VCpuExitRecord exit) => exit.SetCpuUp(1, new GuestPhysAddr(0x8000_1000), argument));
            await Eventually(() => machine.Cores[1].IsInside && machine.Cores[1].Gprs[11] == argument, "vCPU 1 is up");
            machine.Cores[1].Enqueue((ref VCpuExitRecord exit) => exit.SetCpuDown(0));
            await Eventually(() => vm.GetStatistics().VCpus[1].State == VCpuState.Free, "vCPU 1 is down");
        }
    }

    [Fact]
    public async Task Exits_are_served_from_the_machine_and_counted()
    {
        (VirtualMachine vm, ScriptedMachine machine) = New(2);
        await using VirtualMachine disposing = vm;
        await vm.StartAsync(TestContext.Current.CancellationToken);
        ScriptedCore core = machine.Cores[0];
        core.Enqueue((ref VCpuExitRecord exit) => exit.SetMmioRead(new GuestPhysAddr(0x1000), AccessWidth.Dword, 5, AccessWidth.Qword, false));
        core.Enqueue((ref VCpuExitRecord exit) => exit.SetMmioWrite(new GuestPhysAddr(0x1000), AccessWidth.Dword, 99));
        core.Enqueue((ref VCpuExitRecord exit) => exit.SetMmioWrite(new GuestPhysAddr(0x2000), AccessWidth.Dword, 1));
        core.Enqueue((ref VCpuExitRecord exit) => exit.SetNestedPageFault(new GuestPhysAddr(0x9000), MappingFlags.Read));
        core.Enqueue((ref VCpuExitRecord exit) => exit.SetSendIpi(2, 0, false, 1));
        core.Enqueue((ref VCpuExitRecord exit) => exit.SetHypercall(77, 0, 0, 0, 0, 0, 0));
        core.Enqueue((ref VCpuExitRecord exit) => exit.SetHalt(0));
        core.Enqueue((ref VCpuExitRecord exit) => exit.SetSystemDown(0));
        await vm.WaitForExitAsync(TestContext.Current.CancellationToken).WaitAsync(s_patience, TestContext.Current.CancellationToken);
        Assert.Equal(0x1234UL, core.LastRead);
        Assert.Equal([(0x1000UL, 99UL), (0x2000UL, 1UL)], machine.Writes);
        Assert.Equal(2, core.FailedAccesses);
        Assert.Equal(1u, machine.Cores[1].Injected);
        Assert.Equal(unchecked((ulong)-2L), core.Gprs[10]);
        VCpuStatistics statistics = vm.GetStatistics().VCpus[0];
        Assert.Equal(2, statistics.Exits(VCpuExitKind.MmioWrite));
        Assert.Equal(1, statistics.Exits(VCpuExitKind.Halt));
        Assert.Equal(1, statistics.Exits(VCpuExitKind.SystemDown));
    }

    [Fact]
    public async Task A_meter_observes_what_the_vCPUs_count()
    {
        (VirtualMachine vm, ScriptedMachine machine) = New(id: 4711);
        await using VirtualMachine disposing = vm;
        machine.Execution = new ExecutionStatistics(1000, 2, 3, 4, 5, 6, 7, 8);
        await vm.StartAsync(TestContext.Current.CancellationToken);
        machine.Cores[0].Enqueue((ref VCpuExitRecord exit) => exit.SetMmioWrite(new GuestPhysAddr(0x1000), AccessWidth.Dword, 99));
        machine.Cores[0].Enqueue((ref VCpuExitRecord exit) => exit.SetSystemDown(0));
        await vm.WaitForExitAsync(TestContext.Current.CancellationToken).WaitAsync(s_patience, TestContext.Current.CancellationToken);
        Dictionary<string, long> seen = [];
        using (MeterListener listener = new())
        {
            listener.InstrumentPublished = (instrument, self) =>
            {
                if (instrument.Meter.Name == "AxVCpu")
                {
                    self.EnableMeasurementEvents(instrument);
                }
            };
            listener.SetMeasurementEventCallback<long>((instrument, value, tags, _) =>
            {
                // Machines of other tests have meters too.
                Dictionary<string, object?> named = new(tags.ToArray());
                if (named["vm"] is 4711u && named["vcpu"] is 0)
                {
                    seen[$"{instrument.Name} {named.GetValueOrDefault("kind")}".Trim()] = value;
                }
            });
            listener.Start();
            listener.RecordObservableInstruments();
        }

        Assert.Equal(1, seen["axvcpu.vcpu.exits MmioWrite"]);
        Assert.Equal(1000, seen["axvcpu.vcpu.instructions"]);
        Assert.Equal(2, seen["axvcpu.translator.instructions"]);
        Assert.Equal(4, seen["axvcpu.code.size"]);
        Assert.Equal(6, seen["axvcpu.tlb.misses"]);
        Assert.Equal(8, seen["axvcpu.translator.slow_paths"]);
        VCpuStatistics statistics = vm.GetStatistics().VCpus[0];
        Assert.Equal(1000UL, statistics.Execution!.Instructions);
        Assert.InRange(statistics.BusyTime, TimeSpan.FromTicks(1), s_patience);
    }

    [Fact]
    public async Task A_halted_vCPU_sleeps_until_an_interrupt()
    {
        (VirtualMachine vm, ScriptedMachine machine) = New();
        await using VirtualMachine disposing = vm;
        await vm.StartAsync(TestContext.Current.CancellationToken);
        machine.Cores[0].Enqueue((ref VCpuExitRecord exit) => exit.SetHalt());
        await Eventually(() => vm.GetStatistics().VCpus[0].State == VCpuState.Blocked, "blocked");
        machine.Cpus[0].InjectInterrupt(9);
        await Eventually(() => machine.Cores[0].IsInside, "woken");
    }

    [Fact]
    public async Task An_engine_that_cannot_go_on_fails_the_run_with_its_reason()
    {
        (VirtualMachine vm, ScriptedMachine machine) = New();
        await using VirtualMachine disposing = vm;
        await vm.StartAsync(TestContext.Current.CancellationToken);
        machine.Cores[0].Enqueue((ref VCpuExitRecord exit) => exit.SetFailEntry(0x21));
        VmExit exit = await vm.WaitForExitAsync(TestContext.Current.CancellationToken).WaitAsync(s_patience, TestContext.Current.CancellationToken);
        Assert.Equal("vCPU 0: the engine could not enter the guest, reason 0x21", exit.Message);
        Assert.Equal(VmState.Failed, vm.State);
    }

    [Fact]
    public async Task Cancelling_a_run_stops_the_VM()
    {
        (VirtualMachine vm, _) = New();
        await using VirtualMachine disposing = vm;
        using CancellationTokenSource cancel = new();
        Task<VmExit> run = vm.RunAsync(cancel.Token);
        await Eventually(() => vm.State == VmState.Running, "running");
        await cancel.CancelAsync();
        Assert.Equal(VmExitReason.Cancelled, (await run.WaitAsync(s_patience, TestContext.Current.CancellationToken)).Reason);
        Assert.Equal(VmState.Stopped, vm.State);
    }

    [Fact]
    public async Task A_start_that_fails_leaves_the_VM_as_it_was()
    {
        (VirtualMachine vm, ScriptedMachine machine) = New();
        await using VirtualMachine disposing = vm;
        machine.FailNextPrepare = true;
        await Assert.ThrowsAsync<ImageException>(() => vm.StartAsync(TestContext.Current.CancellationToken));
        Assert.Equal(VmState.Created, vm.State);
        await vm.StartAsync(TestContext.Current.CancellationToken);
        machine.FailNextPrepare = true;
        await Assert.ThrowsAsync<ImageException>(() => vm.ResetAsync(TestContext.Current.CancellationToken));
        Assert.Equal(VmState.Running, vm.State);
        Assert.Equal(1, machine.PowerOns);
    }

    [Fact]
    public async Task Several_VMs_run_beside_each_other_and_end_by_themselves()
    {
        (VirtualMachine Vm, ScriptedMachine Machine)[] vms = [.. Enumerable.Range(1, 5).Select(id => New(2, id: (uint)id))];
        Task<VmExit>[] runs = [.. vms.Select(pair => pair.Vm.RunAsync(TestContext.Current.CancellationToken))];
        for (int i = 0; i < vms.Length; i++)
        {
            ulong code = (ulong)i + 1;
            await Eventually(() => vms[i].Vm.State == VmState.Running, "running");
            vms[i].Machine.Cores[0].Enqueue((ref VCpuExitRecord exit) => exit.SetSystemDown(code));
            Assert.Equal((int)code, (await runs[i].WaitAsync(s_patience, TestContext.Current.CancellationToken)).Code);
            Assert.All(runs[(i + 1)..], run => Assert.False(run.IsCompleted));
            await vms[i].Vm.DisposeAsync();
        }
    }

    [Fact]
    public async Task A_disposed_VM_refuses_everything_and_can_be_disposed_again()
    {
        (VirtualMachine vm, ScriptedMachine machine) = New();
        await vm.StartAsync(TestContext.Current.CancellationToken);
        await vm.DisposeAsync();
        await vm.DisposeAsync();
        Assert.True(machine.IsDisposed);
        await Assert.ThrowsAsync<ObjectDisposedException>(() => vm.StartAsync(TestContext.Current.CancellationToken));
    }

    /// <summary>Random operations of host and guest against a model of the states.</summary>
    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public async Task Random_operations_agree_with_the_model(int cpus)
    {
        int seed = Random.Shared.Next();
        Random random = new(seed);
        (VirtualMachine vm, ScriptedMachine machine) = New(cpus);
        await using VirtualMachine disposing = vm;
        VmState model = VmState.Created;
        int powerOns = 0;
        for (int step = 0; step < 300; step++)
        {
            int operation = random.Next(9);
            bool prepareFails = operation is 0 or 1 or 5 && random.Next(5) == 0;
            machine.FailNextPrepare = prepareFails;
            string where = $"seed {seed}, step {step}, operation {operation} in {model}";
            (VmState[] from, VmState to) = operation switch
            {
                0 => (new[] { VmState.Created, VmState.Stopped }, VmState.Loaded),
                1 => ([VmState.Created, VmState.Loaded, VmState.Stopped], VmState.Running),
                2 => ([VmState.Running], VmState.Paused),
                3 => ([VmState.Paused], VmState.Running),
                4 => (Enum.GetValues<VmState>(), model == VmState.Created ? VmState.Created : VmState.Stopped),
                5 => ([VmState.Running, VmState.Paused], model),
                6 or 7 => ([VmState.Running], operation == 6 ? VmState.Stopped : VmState.Running),
                _ => ([VmState.Running], VmState.Failed),
            };
            bool loads = operation == 5 || operation == 7 || operation == 0 || (operation == 1 && model != VmState.Loaded);
            bool possible = from.Contains(model);
            if (operation >= 6)
            {
                if (!possible)
                {
                    continue;
                }

                machine.Cores[0].Enqueue((ref VCpuExitRecord exit) =>
                {
                    switch (operation)
                    {
                        case 6: exit.SetSystemDown(0); break;
                        case 7: exit.SetSystemReset(0); break;
                        default: exit.SetFailEntry(1); break;
                    }
                });
                powerOns += operation == 7 ? 1 : 0;
                model = to;
                await Eventually(() => vm.State == model && machine.PowerOns == powerOns, where);
                continue;
            }

            Task Operate() => operation switch
            {
                0 => vm.LoadAsync(TestContext.Current.CancellationToken),
                1 => vm.StartAsync(TestContext.Current.CancellationToken),
                2 => vm.PauseAsync(TestContext.Current.CancellationToken),
                3 => vm.ResumeAsync(TestContext.Current.CancellationToken),
                4 => vm.StopAsync(TestContext.Current.CancellationToken),
                _ => vm.ResetAsync(TestContext.Current.CancellationToken),
            };
            Exception? e = await Record.ExceptionAsync(() => Operate().WaitAsync(s_patience, TestContext.Current.CancellationToken));
            if (!possible)
            {
                Assert.True(e is VmStateException, $"{where}: {e}");
            }
            else if (prepareFails && loads)
            {
                Assert.True(e is ImageException, $"{where}: {e}");
            }
            else
            {
                Assert.True(e is null, $"{where}: {e}");
                model = to;
                powerOns += loads ? 1 : 0;
            }

            machine.FailNextPrepare = false;
            Assert.True(model == vm.State, $"{where}: {vm.State}");
            Assert.True(powerOns == machine.PowerOns, $"{where}: {machine.PowerOns} power-ons instead of {powerOns}");
        }
    }
}
