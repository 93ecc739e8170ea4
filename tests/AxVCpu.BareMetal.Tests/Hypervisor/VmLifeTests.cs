using AxVCpu.BareMetal.Aarch64;
using AxVCpu.BareMetal.Hypervisor;
using AxVCpu.BareMetal.Tests.Machine;

namespace AxVCpu.BareMetal.Tests.Hypervisor;

/// <summary>The life of a VM, by commands of the shell and by what its guest does, under the hypervisor as a whole.</summary>
[Collection(HostBoardTests.Name)]
public sealed unsafe class VmLifeTests
{
    [Theory]
    [InlineData(0, -1, "there is no guest archive: give it as the initial RAM disk")]
    [InlineData(20, -1, "the guest archive cannot be used: it is cut off")]
    [InlineData(300, -1, "the guest archive cannot be used: it is cut off")]
    [InlineData(int.MaxValue, 0, "the guest archive cannot be used: it is something else")]
    [InlineData(int.MaxValue, ArchiveFormat.VersionAt, "the guest archive cannot be used: it is of another version of the tools")]
    [InlineData(int.MaxValue, ArchiveFormat.HeaderSize + 70, "the guest archive cannot be used: its checksum is wrong")]
    public void An_archive_that_cannot_be_used_is_named_and_leaves_the_shell(int length, int damagedAt, string line)
    {
        using var board = new HostBoard(1, new HostArchive { Transport = Damage }.Add("one", Idle));
        board.PowerOn();
        Assert.Contains($"warning: {line}\r\n", board.Console, StringComparison.Ordinal);
        board.Command("vm list");
        board.Command("vm create one");
        Assert.DoesNotContain("running", board.Console, StringComparison.Ordinal);

        byte[] Damage(byte[] bytes)
        {
            bytes = bytes[..int.Min(length, bytes.Length)];
            if (damagedAt >= 0)
                bytes[damagedAt] ^= 0x55;
            return bytes;
        }
    }

    [Fact]
    public void Idle_time_counts_while_it_lasts()
    {
        using var board = new HostBoard(2, new HostArchive().Add("one", Idle));
        board.PowerOn();
        board.Run(5 * HostBoard.Frequency);
        board.Command("cpus");
        Assert.Matches(@"CPU 1 mpidr 0x1, idle for 50\d\d ms", board.Console);
    }

    private const ulong SystemOff = 0x8400_0008;
    private const ulong Mark = 0x4010_0000;
    private const ulong Second = HostBoard.Frequency;

    [Fact]
    public void A_guest_prints_and_powers_itself_off()
    {
        using var board = new HostBoard(1, new HostArchive().Add("one", Program));
        board.PowerOn();
        board.Command("vm start one");
        board.Run(1000);
        Assert.Equal(VmState.Stopped, HostBoard.Vm("one")->State);
        Assert.Contains("[one] hello", board.Console, StringComparison.Ordinal);
        Assert.Contains("vm one powered off", board.Console, StringComparison.Ordinal);
        Assert.False(board.IsOff);

        static IEnumerable<GuestStep> Program(GuestCpu cpu)
        {
            foreach (GuestStep step in cpu.Print("hello\n"))
                yield return step;
            yield return cpu.Call(SystemOff);
        }
    }

    [Theory]
    [InlineData(0UL)] // waits for ever
    [InlineData(100_000_000UL)] // computes for ever
    public void A_guest_is_stopped_whatever_it_does_and_starts_anew_in_cleared_memory(ulong computes)
    {
        var found = new List<ulong>();
        using var board = new HostBoard(2, new HostArchive().Add("one", Program));
        board.PowerOn();
        Vm* vm = HostBoard.Vm("one");
        for (ulong starts = 1; starts <= 3; starts++)
        {
            board.Command("vm start one");
            board.Run(Second);
            Assert.Equal((VmState.Running, starts), (vm->State, vm->Starts));
            board.Command("vm stop -f one");
            Assert.True(board.RunUntil(() => HostBoard.Vm("one")->State == VmState.Stopped, 100));
            ulong used = vm->Scheduling.UsedTicks;
            board.Run(Second);
            Assert.Equal(used, vm->Scheduling.UsedTicks);
        }
        board.Command("vm start one");
        board.Command("vm restart -f one");
        board.Run(Second);
        Assert.Equal((VmState.Running, 5UL), (vm->State, vm->Starts));
        Assert.Equal([0UL, 0, 0, 0, 0], found);

        IEnumerable<GuestStep> Program(GuestCpu cpu)
        {
            found.Add(cpu.Load(Mark));
            Assert.Equal(0xA5A5_A5A5_A5A5_A5A5, cpu.Load(HostArchive.GuestRam)); // its image
            Assert.True(cpu.TryStore(Mark, 0x77) && cpu.TryStore(HostArchive.GuestRam, 0));
            while (true)
                yield return computes != 0 ? GuestCpu.Compute(computes) : GuestCpu.Wait();
        }
    }

    [Fact]
    public void A_reset_by_the_guest_starts_it_anew_in_cleared_memory()
    {
        var found = new List<ulong>();
        using var board = new HostBoard(1, new HostArchive().Add("one", Program));
        board.PowerOn();
        board.Command("vm start one");
        board.Run(1000);
        Assert.Equal([0UL, 0, 0], found);
        Assert.Equal((VmState.Stopped, VmEnd.GuestPowerOff, 3UL), (HostBoard.Vm("one")->State, HostBoard.Vm("one")->End, HostBoard.Vm("one")->Starts));

        IEnumerable<GuestStep> Program(GuestCpu cpu)
        {
            found.Add(cpu.Load(Mark));
            cpu.TryStore(Mark, 0x77);
            const ulong systemReset = 0x8400_0009;
            const ulong systemReset2 = 0xC400_0012;
            yield return cpu.Call(found.Count == 1 ? systemReset : found.Count == 2 ? systemReset2 : SystemOff);
        }
    }

    [Fact]
    public void Time_stands_still_while_a_vm_is_suspended()
    {
        var times = new List<(ulong Guest, ulong Host)>();
        using var board = new HostBoard(1, new HostArchive().Add("one", Program));
        board.PowerOn();
        board.Command("vm start one");
        board.Run(Second);
        board.Command("vm suspend one");
        Assert.True(board.RunUntil(() => HostBoard.Vm("one")->State == VmState.Suspended, 100));
        int before = times.Count;
        Assert.InRange(before, 9, 11);
        board.Run(5 * Second);
        Assert.Equal(before, times.Count);
        board.Command("vm resume one");
        board.Run(Second);
        Assert.InRange(times.Count - before, 9, 11);
        for (int i = 1; i < times.Count; i++)
        {
            // Its timer is due after a tenth of a second of its own time, five seconds later for the host where it was suspended.
            Assert.InRange(times[i].Guest - times[i - 1].Guest, Second / 10, (Second / 10) + 100);
            Assert.InRange(times[i].Host - times[i - 1].Host, Second / 10, i == before ? (51 * Second / 10) + 300 : (Second / 10) + 100);
        }
        Assert.True(times[before].Host - times[before - 1].Host > 5 * Second);

        IEnumerable<GuestStep> Program(GuestCpu cpu)
        {
            foreach (GuestStep step in GuestInterrupts.Enable(cpu, HostGic.VirtualTimerPpi))
                yield return step;
            ulong next = cpu.Counter;
            while (true)
            {
                next += Second / 10;
                GuestCpu.SetTimer(next);
                uint interrupt;
                while ((interrupt = GuestCpu.Acknowledge()) != HostGic.VirtualTimerPpi)
                    yield return GuestCpu.Wait();
                times.Add((cpu.Counter, BoardCpu.Current.Now));
                next = cpu.Counter;
                GuestCpu.SetTimer(0, isOn: false);
                GuestCpu.EndOfInterrupt(interrupt);
            }
        }
    }

    [Fact]
    public void Deletion_gives_every_frame_back()
    {
        using var board = new HostBoard(1, new HostArchive().Add("one", Program));
        board.PowerOn();
        board.Command("vm delete one");
        ulong free = HostMemory.FreePages;
        for (int i = 0; i < 20; i++)
        {
            board.Command("vm create one");
            board.Command("vm start one");
            board.Run(1000);
            board.Command("vm delete -f one");
            Assert.True(board.RunUntil(() => HypervisorState.Current.VmAt(0) == null, 1000));
        }
        Assert.Equal(free, HostMemory.FreePages);

        static IEnumerable<GuestStep> Program(GuestCpu cpu)
        {
            yield return GuestCpu.Compute(200);
            yield return GuestCpu.Wait();
        }
    }

    [Fact]
    public void A_vm_whose_cpu_fails_stops_alone_and_can_be_started_again()
    {
        using var board = new HostBoard(2, new HostArchive().Add("broken", Sleep, On(0b10)).Add("whole", Count, On(0b01)));
        board.PowerOn();
        board.Command("vm start broken whole");
        board.Run(Second);
        Assert.Equal(VmState.Running, HostBoard.Vm("broken")->State);
        FakeCpu.Enter(board.Cpus[1]);
        Assert.True(board.Cpus[1].Hardware.HardwareDisable().IsNone);
        board.Run(Second);
        Assert.Equal((VmState.Failed, VmEnd.Failure), (HostBoard.Vm("broken")->State, HostBoard.Vm("broken")->End));
        Assert.Equal(VmState.Running, HostBoard.Vm("whole")->State);
        Assert.Contains("vm broken: vCPU 0 failed", board.Console, StringComparison.Ordinal);

        ulong exits = HostBoard.Vm("whole")->Exits;
        FakeCpu.Enter(board.Cpus[1]);
        Assert.True(board.Cpus[1].Hardware.HardwareEnable().IsNone);
        board.Command("vm start broken");
        board.Run(Second);
        Assert.Equal((VmState.Running, 2UL), (HostBoard.Vm("broken")->State, HostBoard.Vm("broken")->Starts));
        Assert.InRange(HostBoard.Vm("whole")->Exits - exits, 990UL, 1010UL); // one for each millisecond

        static IEnumerable<GuestStep> Sleep(GuestCpu cpu)
        {
            while (true)
            {
                GuestCpu.SetTimer(cpu.Counter + 1000);
                yield return GuestCpu.Wait();
            }
        }

        static IEnumerable<GuestStep> Count(GuestCpu cpu)
        {
            while (true)
            {
                yield return GuestCpu.Compute(1000);
                yield return cpu.Call(2);
            }
        }
    }

    private static Action<AxVM.VmConfig, ulong> On(ulong cpus) => (config, _) => config.Base.PhysicalCpuSets = [cpus];

    private static IEnumerable<GuestStep> Idle(GuestCpu cpu)
    {
        yield return GuestCpu.Wait();
    }
}
