using AxVCpu.BareMetal.Aarch64;
using AxVCpu.BareMetal.Hypervisor;
using AxVCpu.BareMetal.Tests.Machine;
using AxVM;

namespace AxVCpu.BareMetal.Tests.Hypervisor;

/// <summary>Guests that do anything at any time, under commands that come at any time.</summary>
[Collection(HostBoardTests.Name)]
public sealed unsafe class LifeStressTests
{
    private const int Vms = 4;
    private const int Commands = 300;
    private const ulong CpuOn = 0xC400_0003;
    private const ulong CpuOff = 0x8400_0002;
    private const ulong CpuSuspend = 0xC400_0001;
    private const ulong SystemOff = 0x8400_0008;
    private const ulong SystemReset = 0x8400_0009;
    private const ulong Scratch = 0x4010_0000;

    private static readonly string[] s_verbs = ["start", "start", "start", "stop -f", "suspend", "resume", "resume", "restart -f", "delete -f", "create", "create", "show"];

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public void Every_vm_can_still_be_started_in_the_end_and_no_frame_is_lost(int cpus)
    {
        int seed = Random.Shared.Next();
        TestContext.Current.TestOutputHelper?.WriteLine($"seed {seed}");
        var random = new Random(seed);
        bool calm = false;
        var ran = new HashSet<ulong>();
        var archive = new HostArchive();
        for (int i = 1; i <= Vms; i++)
        {
            int number = i;
            archive.Add($"vm{i}", cpu => Anything(cpu, number, 0), cpu => Anything(cpu, number, 1), Permit);
        }
        using var board = new HostBoard((uint)cpus, archive);
        board.PowerOn();
        board.Command("vm delete vm1 vm2 vm3 vm4");
        ulong free = HostMemory.FreePages;
        board.Command("vm create vm1");
        board.Command("vm create vm2");
        try
        {
            for (int i = 0; i < Commands; i++)
            {
                board.Command($"vm {s_verbs[random.Next(s_verbs.Length)]} vm{random.Next(1, Vms + 1)}");
                if (random.Next(4) == 0)
                    board.Drive(HostBoard.DeviceInterrupt, random.Next(2) == 0);
                board.Run((ulong)random.Next(1, 20_000));
            }
            calm = true;
            for (int i = 1; i <= Vms; i++)
            {
                board.Command($"vm delete -f vm{i}");
                board.Run(20_000);
                Assert.True(HypervisorState.Current.FindVm((uint)i) == null, $"vm{i} is still there");
            }
            Assert.Equal(0, HypervisorState.Current.Channels.Count);
            Assert.Equal(free, HostMemory.FreePages);
            for (int i = 1; i <= Vms; i++)
                board.Command($"vm create vm{i}");
            ran.Clear();
            board.Command("vm start vm1 vm2 vm3 vm4");
            board.Run(100_000);
            Assert.Equal((ulong[])[1, 2, 3, 4], ran.Order());
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            throw new InvalidOperationException($"with seed {seed}:\n{board.Console[^int.Min(board.Console.Length, 4000)..]}", e);
        }

        void Permit(VmConfig config, ulong ram)
        {
            config.Channels.Add(new ChannelConfig { Key = 1, CanWrite = true });
            config.Channels.Add(new ChannelConfig { Key = 2 });
            if (config.Base.Id == 1)
                config.Devices.Passthrough = [new PassthroughDeviceConfig($"/device@{HostBoard.Device:x}", 0, 0, 0, 0)];
        }

        IEnumerable<GuestStep> Anything(GuestCpu cpu, int vm, int vcpu)
        {
            ran.Add((ulong)vm);
            foreach (GuestStep step in GuestInterrupts.Enable(cpu, HostGic.VirtualTimerPpi, 3, GuestBoard.ChannelInterrupt, HostBoard.DeviceInterrupt))
                yield return step;
            while (true)
            {
                uint interrupt = GuestCpu.Acknowledge();
                if (interrupt != FakeCpu.NoInterrupt)
                {
                    if (interrupt == HostGic.VirtualTimerPpi)
                        GuestCpu.SetTimer(0, isOn: false);
                    GuestCpu.EndOfInterrupt(interrupt);
                    continue;
                }
                yield return calm ? GuestCpu.Compute(1000) : Step(cpu, vm, vcpu);
            }
        }

        GuestStep Step(GuestCpu cpu, int vm, int vcpu)
        {
            ulong other = (ulong)random.Next(1, Vms + 1);
            ulong key = (ulong)random.Next(3);
            switch (random.Next(22))
            {
                case < 5:
                    return GuestCpu.Compute((ulong)random.Next(1, 8000));
                case < 9:
                    GuestCpu.SetTimer(cpu.Counter + (ulong)random.Next(3000));
                    return GuestCpu.Wait();
                case 9:
                    return cpu.Write(SysReg.IccSgi1rEl1, 3UL << 24 | (ulong)random.Next(4));
                case 10:
                    cpu.TryStore(Scratch, (ulong)random.Next(0x8000));
                    return cpu.Call((ulong)HypercallNumber.PublishChannel, key, Scratch + 8, Scratch);
                case 11 or 12:
                    return cpu.Call((ulong)HypercallNumber.SubscribeChannel, other, key, Scratch + 8, Scratch);
                case 13:
                    return cpu.Call((ulong)random.Next(5, 8), random.Next(2) == 0 ? key : other, key);
                case 14:
                    return cpu.Call(CpuOn, (ulong)random.Next(2), vcpu == 0 ? HostArchive.SecondEntryOf(vm) : HostArchive.EntryOf(vm));
                case 15 when random.Next(4) == 0:
                    return cpu.Call(CpuOff);
                case 16:
                    GuestCpu.SetTimer(cpu.Counter + (ulong)random.Next(3000));
                    return cpu.Call(CpuSuspend, (ulong)random.Next(2) << 16, HostArchive.SecondEntryOf(vm));
                case 17 when random.Next(10) == 0:
                    return cpu.Call(random.Next(2) == 0 ? SystemOff : SystemReset);
                case 18:
                    return GuestCpu.Read(GuestBoard.Distributor + ((ulong)random.Next(0x2_0000) & ~3UL));
                case 19:
                    return cpu.Write(random.Next(2) == 0 ? SysReg.CntpCtlEl0 : SysReg.CntpTvalEl0, (ulong)random.Next(3000));
                case 20:
                    return cpu.Write(GuestBoard.Uart, 'x');
                default:
                    return cpu.Write(0x2000_0000 + ((ulong)random.Next(0x1000) & ~3UL), 1); // nothing is there
            }
        }
    }
}
