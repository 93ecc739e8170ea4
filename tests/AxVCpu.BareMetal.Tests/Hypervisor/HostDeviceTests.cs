using AxVCpu.BareMetal.Aarch64;
using AxVCpu.BareMetal.Hypervisor;
using AxVCpu.BareMetal.Tests.Machine;
using AxVM;
using VmState = AxVCpu.BareMetal.Hypervisor.VmState;

namespace AxVCpu.BareMetal.Tests.Hypervisor;

/// <summary>What a VM has of the host: devices with their interrupts, and memory at the host's own addresses.</summary>
[Collection(HostBoardTests.Name)]
public sealed unsafe class HostDeviceTests
{
    private const uint Interrupt = HostBoard.DeviceInterrupt;
    private const ulong Second = HostBoard.Frequency;

    [Fact]
    public void A_device_interrupts_its_guest_until_its_line_falls()
    {
        int taken = 0;
        using var board = new HostBoard(2, new HostArchive().Add("one", cpu => Serve(cpu, () => taken++), HasDevice));
        board.PowerOn();
        board.Drive(Interrupt, true); // nobody's yet
        board.Run(Second / 10);
        board.Drive(Interrupt, false);
        board.Command("vm start one");
        board.Run(Second / 10);
        Assert.Equal(0, taken);
        for (int i = 1; i <= 5; i++)
        {
            board.Drive(Interrupt, true);
            Assert.True(board.RunUntil(() => taken >= i, 1000), $"interrupt {i}");
            board.Drive(Interrupt, false);
            board.Run(1000);
            // The guest's end of interrupt has deactivated the physical one; while the line was high it came again.
            Assert.False(board.Spis.IsActive(Interrupt));
        }
        int before = taken;
        board.Drive(Interrupt, true);
        board.Run(1000);
        Assert.InRange(taken - before, 10, 1000);
        board.Drive(Interrupt, false);
    }

    [Fact]
    public void A_device_of_a_vm_that_stands_still_waits_and_does_not_occupy_the_host()
    {
        int taken = 0;
        using var board = new HostBoard(1, new HostArchive().Add("one", cpu => Serve(cpu, () => taken++), HasDevice));
        board.PowerOn();
        board.Command("vm start one");
        board.Run(Second / 10);
        board.Command("vm suspend one");
        board.Drive(Interrupt, true);
        board.Run(Second / 10);
        Assert.Equal(0, taken);
        board.Command("vm list"); // the host is there
        board.Command("vm resume one");
        Assert.True(board.RunUntil(() => taken == 1, 1000), "the interrupt was lost");
        board.Drive(Interrupt, false);
        board.Run(1000);
        Assert.False(board.Spis.IsActive(Interrupt));
    }

    [Fact]
    public void A_vm_that_stops_in_the_midst_of_an_interrupt_leaves_it_ready_for_its_next_start()
    {
        int taken = 0;
        bool ends = false;
        using var board = new HostBoard(1, new HostArchive().Add("one", cpu => Serve(cpu, () => taken++, () => ends), HasDevice));
        board.PowerOn();
        board.Command("vm start one");
        board.Run(1000);
        board.Drive(Interrupt, true);
        Assert.True(board.RunUntil(() => taken == 1, 1000));
        Assert.True(board.Spis.IsActive(Interrupt));
        board.Command("vm stop -f one");
        board.Run(1000);
        Assert.Equal((false, false), (board.Spis.IsActive(Interrupt), board.Spis.IsEnabled(Interrupt)));
        ends = true;
        board.Command("vm start one");
        Assert.True(board.RunUntil(() => taken == 2, 10_000));
    }

    [Fact]
    public void A_device_with_several_interrupts_has_all_of_them()
    {
        List<uint> taken = [];
        using var board = new HostBoard(1, new HostArchive().Add("one", Program, HasPair).Add("second", Idle, HasPair));
        board.PowerOn();
        Assert.Contains("vm second cannot be made: device belongs to another VM", board.Console, StringComparison.Ordinal);
        board.Command("vm start one");
        board.Run(1000);
        foreach (uint interrupt in (uint[])[HostBoard.PairInterrupt + 1, HostBoard.PairInterrupt])
        {
            board.Drive(interrupt, true);
            Assert.True(board.RunUntil(() => taken.Count != 0 && taken[^1] == interrupt, 1000), $"interrupt {interrupt}");
            board.Drive(interrupt, false);
            board.Run(1000);
            Assert.False(board.Spis.IsActive(interrupt));
        }
        board.Command("vm delete -f one");
        board.Run(1000);
        Assert.Equal((false, false), (board.Spis.IsEnabled(HostBoard.PairInterrupt), board.Spis.IsEnabled(HostBoard.PairInterrupt + 1)));
        board.Command("vm create second");
        Assert.Equal(VmState.Created, HostBoard.Vm("second")->State);

        IEnumerable<GuestStep> Program(GuestCpu cpu)
        {
            foreach (GuestStep step in GuestInterrupts.Enable(cpu, HostBoard.PairInterrupt, HostBoard.PairInterrupt + 1))
                yield return step;
            while (true)
            {
                uint interrupt = GuestCpu.Acknowledge();
                if (interrupt is HostBoard.PairInterrupt or HostBoard.PairInterrupt + 1)
                {
                    taken.Add(interrupt);
                    yield return GuestCpu.Compute(10);
                    GuestCpu.EndOfInterrupt(interrupt);
                }
                yield return GuestCpu.Wait();
            }
        }
    }

    [Fact]
    public void A_devices_interrupt_goes_to_the_cpu_of_the_vcpu_that_the_guest_chose()
    {
        const ulong router = GuestBoard.Distributor + 0x6000 + (Interrupt * 8); // GICD_IROUTER<n>
        List<(int VCpu, uint Cpu)> taken = [];
        bool moves = false;
        BoardSpis? spis = null;
        using var board = new HostBoard(3, new HostArchive().Add("one", First, Second, (config, ram) =>
        {
            HasDevice(config, ram);
            config.Base.PhysicalCpuSets = [0b100, 0b010];
        }));
        spis = board.Spis;
        board.PowerOn();
        board.Command("vm start one");
        board.Run(1000);
        Take();
        moves = true;
        board.Run(20_000);
        Take();
        board.Command("vm restart -f one"); // the route is the first's again
        board.Run(1000);
        Take();
        Assert.Equal([(0, 2u), (1, 1u), (0, 2u)], taken);

        void Take()
        {
            int before = taken.Count;
            board.Drive(Interrupt, true);
            Assert.True(board.RunUntil(() => taken.Count > before, 1000), $"after {before}; the route is {board.Spis.RouteOf(Interrupt)}");
            board.Drive(Interrupt, false);
            board.Run(1000);
        }

        IEnumerable<GuestStep> First(GuestCpu cpu)
        {
            foreach (GuestStep step in GuestInterrupts.Enable(cpu, Interrupt))
                yield return step;
            yield return cpu.Call(0xC400_0003, 1, HostArchive.SecondEntryOf(1)); // CPU_ON
            while (taken.Count == 0 || !moves)
            {
                foreach (GuestStep step in TakeOne(0))
                    yield return step;
                yield return GuestCpu.Compute(10);
            }
            moves = false;
            yield return cpu.Write(router, 1);
            while (true)
            {
                foreach (GuestStep step in TakeOne(0))
                    yield return step;
                yield return GuestCpu.Wait();
            }
        }

        IEnumerable<GuestStep> Second(GuestCpu cpu)
        {
            GuestCpu.EnableInterrupts();
            while (true)
            {
                foreach (GuestStep step in TakeOne(1))
                    yield return step;
                yield return GuestCpu.Wait();
            }
        }

        IEnumerable<GuestStep> TakeOne(int vcpu)
        {
            if (GuestCpu.Acknowledge() != Interrupt)
                yield break;
            taken.Add((vcpu, BoardCpu.Current.Index));
            Assert.Equal(BoardCpu.Current.Index, spis!.RouteOf(Interrupt));
            spis.Drive(Interrupt, false);
            yield return GuestCpu.Compute(10);
            GuestCpu.EndOfInterrupt(Interrupt);
        }
    }

    [Fact]
    public void A_device_is_one_vms()
    {
        using var board = new HostBoard(1, new HostArchive().Add("first", Idle, HasDevice).Add("second", Idle, HasDevice));
        board.PowerOn();
        Assert.Contains("vm second cannot be made: device belongs to another VM", board.Console, StringComparison.Ordinal);
        board.Command("vm delete first");
        board.Command("vm create second");
        Assert.Equal(VmState.Created, HostBoard.Vm("second")->State);
    }

    [Theory]
    [InlineData(31u, "not a device")] // a PPI
    [InlineData(HostTree.ConsoleInterrupt, "not a device")]
    [InlineData(128u, "not a device")] // behind those of the guest's interrupt controller
    [InlineData(GuestBoard.RtcInterrupt, "region overlaps another, or a device")]
    [InlineData(GuestBoard.ChannelInterrupt, "region overlaps another, or a device")]
    [InlineData(GuestBoard.VirtioInterrupt, null)] // there is no disk
    [InlineData(127u, null)]
    public void An_interrupt_is_the_devices_alone(uint interrupt, string? problem)
    {
        using var board = new HostBoard(
            1,
            new HostArchive().Add(
                "one", Idle, (config, _) => config.Devices.Passthrough = [new PassthroughDeviceConfig("device", HostBoard.Device, HostBoard.Device, 0x1000, interrupt)]));
        board.PowerOn();
        if (problem is not null)
            Assert.Contains($"vm one cannot be made: {problem}", board.Console, StringComparison.Ordinal);
        else
            Assert.Equal(VmState.Created, HostBoard.Vm("one")->State);
    }

    [Fact]
    public void Identical_memory_is_the_hosts_own_while_it_is_free()
    {
        ulong free = 0;
        Action<VmConfig, ulong> identical = (config, ram) => config.Kernel.MemoryRegions =
        [
            new MemoryRegionConfig(HostArchive.GuestRam, HostArchive.Memory, 7, MemoryMapType.Allocate),
            new MemoryRegionConfig(ram + (96 << 20), 2 << 20, 7, MemoryMapType.Identical),
        ];
        ulong found = 1;
        using var board = new HostBoard(1, new HostArchive().Add("first", Program, identical).Add("second", Idle, identical));
        board.PowerOn();
        ulong place = board.Ram + (97 << 20); // behind the devicetree
        Assert.Contains("vm second cannot be made: host memory is not free", board.Console, StringComparison.Ordinal);
        free = HostMemory.FreePages;
        board.Command("vm start first");
        board.Run(1000);
        Assert.Equal((0UL, 0x77UL), (found, *(ulong*)place));
        board.Command("vm delete -f first");
        board.Run(1000);
        Assert.True(HostMemory.FreePages >= free + 512);
        board.Command("vm create second");
        Assert.Equal(0UL, *(ulong*)place); // nothing of the first is left for the second

        IEnumerable<GuestStep> Program(GuestCpu cpu)
        {
            ulong at = BoardCpu.Current.Ram + (97 << 20);
            found = cpu.Load(at);
            Assert.True(cpu.TryStore(at, 0x77));
            yield return GuestCpu.Wait();
        }
    }

    [Fact]
    public void Reserved_memory_is_what_the_hosts_devicetree_keeps_and_nothing_else()
    {
        ulong found = 0;
        using var board = new HostBoard(
            1,
            new HostArchive().Add("kept", Program, Reserves(HostBoard.ReservedOffset, HostBoard.ReservedSize)).Add("ram", Idle, Reserves(96 << 20, 2 << 20))
                .Add("image", Idle, Reserves(0, 2 << 20)).Add("beyond", Idle, Reserves(HostBoard.ReservedOffset, HostBoard.ReservedSize + 0x1000)));
        *(ulong*)(board.Ram + HostBoard.ReservedOffset + 64) = 0x1234;
        board.PowerOn();
        foreach (string name in (string[])["ram", "image", "beyond"])
            Assert.Contains($"vm {name} cannot be made: host memory is not free", board.Console, StringComparison.Ordinal);
        ulong free = HostMemory.FreePages;
        board.Command("vm start kept");
        board.Run(1000);
        Assert.Equal((0x1234UL, 0x77UL), (found, *(ulong*)(board.Ram + HostBoard.ReservedOffset + 64)));
        // A start anew does not clear what is not the hypervisor's, and a deletion does not free it.
        board.Command("vm restart -f kept");
        board.Run(1000);
        Assert.Equal(0x77UL, found);
        board.Command("vm delete -f kept");
        board.Run(1000);
        Assert.False(HostMemory.TryReserve(new HostPhysAddr(board.Ram + HostBoard.ReservedOffset), 1));
        Assert.True(HostMemory.FreePages > free);

        IEnumerable<GuestStep> Program(GuestCpu cpu)
        {
            ulong at = BoardCpu.Current.Ram + HostBoard.ReservedOffset + 64;
            found = cpu.Load(at);
            Assert.True(cpu.TryStore(at, 0x77));
            yield return GuestCpu.Wait();
        }
    }

    [Theory]
    [InlineData(0x0801_000C, "vm one looks for a GICv2 at 0x801000c: its interrupt controller is a GICv3")]
    [InlineData(0x0D00_0000, "vm one accesses 0xd000000, where nothing answers: it takes an external abort")]
    public void A_guest_that_looks_for_a_device_in_vain_is_told_of_once(ulong address, string line)
    {
        using var board = new HostBoard(1, new HostArchive().Add("one", Program));
        board.PowerOn();
        foreach (string command in (string[])["vm start one", "vm restart -f one"])
        {
            board.Command(command);
            board.Run(1000);
        }
        Assert.Equal(VmState.Running, HostBoard.Vm("one")->State);
        Assert.Single(System.Text.RegularExpressions.Regex.Matches(board.Console, System.Text.RegularExpressions.Regex.Escape(line)));

        IEnumerable<GuestStep> Program(GuestCpu cpu)
        {
            for (int i = 0; i < 3; i++)
            {
                yield return GuestCpu.Read(address);
                yield return cpu.Write(address, 1);
            }
        }
    }

    private static Action<VmConfig, ulong> Reserves(ulong offset, ulong size) => (config, ram) => config.Kernel.MemoryRegions =
    [
        new MemoryRegionConfig(HostArchive.GuestRam, HostArchive.Memory, 7, MemoryMapType.Allocate),
        new MemoryRegionConfig(ram + offset, size, 7, MemoryMapType.Reserved),
    ];

    private static void HasDevice(VmConfig config, ulong ram) =>
        config.Devices.Passthrough = [new PassthroughDeviceConfig($"/device@{HostBoard.Device:x}", 0, 0, 0, 0)];

    private static void HasPair(VmConfig config, ulong ram) =>
        config.Devices.Passthrough = [new PassthroughDeviceConfig($"/pair@{HostBoard.Pair:x}", 0, 0, 0, 0)];

    /// <summary>Takes the device's interrupts; never ends them when <paramref name="ends"/> says so.</summary>
    private static IEnumerable<GuestStep> Serve(GuestCpu cpu, Action taken, Func<bool>? ends = null)
    {
        foreach (GuestStep step in GuestInterrupts.Enable(cpu, Interrupt))
            yield return step;
        while (true)
        {
            while (GuestCpu.Acknowledge() != Interrupt)
                yield return GuestCpu.Wait();
            taken();
            yield return GuestCpu.Compute(10);
            while (ends is not null && !ends())
                yield return GuestCpu.Compute(10);
            GuestCpu.EndOfInterrupt(Interrupt);
        }
    }

    private static IEnumerable<GuestStep> Idle(GuestCpu cpu)
    {
        yield return GuestCpu.Wait();
    }
}
