using AxVCpu.BareMetal.Aarch64;
using AxVCpu.BareMetal.Hypervisor;
using AxVCpu.BareMetal.Tests.Machine;
using AxVM;
using VmState = AxVCpu.BareMetal.Hypervisor.VmState;

namespace AxVCpu.BareMetal.Tests.Hypervisor;

/// <summary>Hypercalls and their errors, and memory shared between VMs by them.</summary>
[Collection(HostBoardTests.Name)]
public sealed unsafe class ChannelTests
{
    private const ulong Publish = 3;
    private const ulong Subscribe = 4;
    private const ulong Unpublish = 5;
    private const ulong Unsubscribe = 6;
    private const ulong Notify = 7;
    private const ulong SystemOff = 0x8400_0008;
    private const ulong Key = 0x55;
    private const ulong Secret = 0x66;
    private const ulong Page = 4096;
    private const ulong AddressAt = 0x4010_0000;
    private const ulong SizeAt = 0x4010_0008;
    private const ulong Nowhere = 0x1000;

    [Fact]
    public void Every_error_of_every_call()
    {
        var answers = new List<(string Call, HypercallError Answer)>();
        using var board = new HostBoard(1, new HostArchive().Add("one", Program));
        board.PowerOn();
        ulong free = HostMemory.FreePages;
        board.Command("vm start one");
        board.Run(10_000);
        Assert.Equal(
            [
                ("disable", HypercallError.NotSupported), ("prepare", HypercallError.NotSupported), ("debug", HypercallError.None),
                ("unknown", HypercallError.NoSuchCall), ("publish: address", HypercallError.BadAddress), ("publish: size", HypercallError.BadAddress),
                ("publish: too large", HypercallError.Invalid), ("publish", HypercallError.None), ("publish: twice", HypercallError.Exists),
                ("publish: all that is left", HypercallError.None), ("publish: no room", HypercallError.NoMemory),
                ("subscribe: address", HypercallError.BadAddress), ("subscribe: size", HypercallError.BadAddress), ("subscribe: nobody", HypercallError.NotFound),
                ("subscribe: key", HypercallError.NotFound), ("subscribe: its own", HypercallError.NotPermitted), ("notify: nobody", HypercallError.NotFound),
                ("notify", HypercallError.None), ("unsubscribe: none", HypercallError.NotFound), ("unpublish: none", HypercallError.NotFound),
                ("unpublish", HypercallError.None), ("unpublish: twice", HypercallError.NotFound), ("notify: gone", HypercallError.NotFound),
                ("publish: again", HypercallError.None),
            ],
            answers);
        Assert.Equal(VmState.Stopped, HostBoard.Vm("one")->State);
        Assert.Equal(0, HypervisorState.Current.Channels.Count);
        Assert.Equal(free, HostMemory.FreePages);

        IEnumerable<GuestStep> Program(GuestCpu cpu)
        {
            (string, ulong[])[] calls =
            [
                ("disable", [0]), ("prepare", [1]), ("debug", [2, 1, 2, 3]), ("unknown", [77]),
                ("publish: address", [Publish, Key, Nowhere, SizeAt]), ("publish: size", [Publish, Key, AddressAt, Nowhere]),
                ("publish: too large", [Publish, Key, AddressAt, SizeAt, (64 * Page) + 1]), ("publish", [Publish, Key, AddressAt, SizeAt, Page + 1]),
                ("publish: twice", [Publish, Key, AddressAt, SizeAt, 0]), ("publish: all that is left", [Publish, Secret, AddressAt, SizeAt, 62 * Page]),
                ("publish: no room", [Publish, 1, AddressAt, SizeAt, 0]), ("subscribe: address", [Subscribe, 1, Key, Nowhere, SizeAt]),
                ("subscribe: size", [Subscribe, 1, Key, AddressAt, Nowhere]), ("subscribe: nobody", [Subscribe, 9, Key, AddressAt, SizeAt]),
                ("subscribe: key", [Subscribe, 1, 2, AddressAt, SizeAt]), ("subscribe: its own", [Subscribe, 1, Key, AddressAt, SizeAt]),
                ("notify: nobody", [Notify, 9, Key]), ("notify", [Notify, 1, Key]), ("unsubscribe: none", [Unsubscribe, 1, Key]),
                ("unpublish: none", [Unpublish, 2]), ("unpublish", [Unpublish, Key]), ("unpublish: twice", [Unpublish, Key]),
                ("notify: gone", [Notify, 1, Key]), ("publish: again", [Publish, Key, AddressAt, SizeAt, 0]),
            ];
            foreach ((string name, ulong[] words) in calls)
            {
                if (words[0] == Publish)
                    cpu.TryStore(SizeAt, words.ElementAtOrDefault(4));
                yield return cpu.Call(words[0], words.ElementAtOrDefault(1), words.ElementAtOrDefault(2), words.ElementAtOrDefault(3), words.ElementAtOrDefault(4));
                answers.Add((name, (HypercallError)(long)cpu.Result));
                if (name == "publish")
                    Assert.Equal((GuestBoard.Channels, 2 * Page, 1UL, Key), (cpu.Load(AddressAt), cpu.Load(SizeAt), cpu.Load(GuestBoard.Channels), cpu.Load(GuestBoard.Channels + 8)));
            }
            yield return cpu.Call(SystemOff);
        }
    }

    [Fact]
    public void What_one_vm_publishes_another_reads_and_each_rings_the_other()
    {
        var events = new List<string>();
        using var board = new HostBoard(2, new HostArchive().Add("publisher", Publisher, Permit(Key, 2, canWrite: true)).Add("subscriber", Subscriber));
        board.PowerOn();
        ulong free = HostMemory.FreePages;
        board.Command("vm start publisher subscriber");
        board.Run(100_000);
        Assert.Equal(["somebody subscribed", "read 0x1234", "answer 0x4321", "taken back", "still there", "left"], events);
        Assert.Equal((VmState.Stopped, VmState.Stopped), (HostBoard.Vm("publisher")->State, HostBoard.Vm("subscriber")->State));
        Assert.Equal(0, HypervisorState.Current.Channels.Count);
        Assert.Equal(free, HostMemory.FreePages);

        IEnumerable<GuestStep> Publisher(GuestCpu cpu)
        {
            foreach (GuestStep step in GuestInterrupts.Enable(cpu, GuestBoard.ChannelInterrupt))
                yield return step;
            cpu.TryStore(SizeAt, 0);
            yield return cpu.Call(Publish, Key, AddressAt, SizeAt);
            Assert.Equal(0UL, cpu.Result);
            ulong memory = cpu.Load(AddressAt);
            Assert.True(cpu.TryStore(memory + 64, 0x1234));
            foreach (GuestStep step in Ring())
                yield return step;
            events.Add("somebody subscribed");
            foreach (GuestStep step in Ring())
                yield return step;
            events.Add($"answer 0x{cpu.Load(memory + 128):x}");
            yield return cpu.Call(Unpublish, Key);
            Assert.Equal(0UL, cpu.Result);
            Assert.False(cpu.TryStore(memory + 64, 1)); // not its own any more
            yield return cpu.Call(SystemOff);
        }

        IEnumerable<GuestStep> Subscriber(GuestCpu cpu)
        {
            foreach (GuestStep step in GuestInterrupts.Enable(cpu, GuestBoard.ChannelInterrupt))
                yield return step;
            do
            {
                yield return GuestCpu.Compute(100);
                yield return cpu.Call(Subscribe, 1, Key, AddressAt, SizeAt);
            }
            while ((HypercallError)(long)cpu.Result == HypercallError.NotFound);
            Assert.Equal(0UL, cpu.Result);
            Assert.Equal(Page, cpu.Load(SizeAt));
            ulong memory = cpu.Load(AddressAt);
            yield return cpu.Call(Subscribe, 1, Key, AddressAt, SizeAt);
            Assert.Equal(HypercallError.Exists, (HypercallError)(long)cpu.Result);
            yield return GuestCpu.Compute(1000);
            events.Add($"read 0x{cpu.Load(memory + 64):x}");
            Assert.True(cpu.TryStore(memory + 128, 0x4321));
            yield return cpu.Call(Notify, 1, Key);
            Assert.Equal(0UL, cpu.Result);
            Assert.Equal(FakeCpu.NoInterrupt, GuestCpu.Acknowledge()); // who rings does not hear it
            foreach (GuestStep step in Ring())
                yield return step;
            events.Add("taken back");
            if (cpu.Load(memory + 128) == 0x4321)
                events.Add("still there");
            yield return cpu.Call(Unsubscribe, 1, Key);
            Assert.Equal(0UL, cpu.Result);
            Assert.False(cpu.TryStore(memory + 128, 1));
            events.Add("left");
            yield return cpu.Call(SystemOff);
        }
    }

    [Fact]
    public void Configuration_says_who_may_subscribe_and_whether_to_write()
    {
        var answers = new List<(string Vm, ulong Key, HypercallError Answer, bool CanWrite)>();
        using var board = new HostBoard(
            1,
            new HostArchive()
                .Add("publisher", Publisher, (config, _) =>
                {
                    config.Channels.Add(new ChannelConfig { Key = Key, Subscriber = 2 });
                    config.Channels.Add(new ChannelConfig { Key = Key, Subscriber = 3, CanWrite = true });
                    config.Channels.Add(new ChannelConfig { Key = Secret });
                })
                .Add("reader", cpu => Subscriber(cpu, "reader")).Add("writer", cpu => Subscriber(cpu, "writer")).Add("stranger", cpu => Subscriber(cpu, "stranger")));
        board.PowerOn();
        board.Command("vm start publisher");
        board.Run(10_000);
        board.Command("vm start reader");
        board.Run(10_000);
        board.Command("vm start writer");
        board.Run(10_000);
        board.Command("vm start stranger");
        board.Run(10_000);
        Assert.Equal(
            [
                ("reader", Key, HypercallError.None, false), ("reader", Secret, HypercallError.None, false), ("writer", Key, HypercallError.None, true),
                ("writer", Secret, HypercallError.None, false), ("stranger", Key, HypercallError.NotPermitted, false), ("stranger", Secret, HypercallError.None, false),
            ],
            answers);
        // Who publishes goes away: so does the channel, when the last that uses it does.
        board.Command("vm stop -f publisher");
        board.Run(10_000);
        Assert.Equal(2, HypervisorState.Current.Channels.Count);
        board.Command("vm stop -f reader writer stranger");
        board.Run(10_000);
        Assert.Equal(0, HypervisorState.Current.Channels.Count);

        static IEnumerable<GuestStep> Publisher(GuestCpu cpu)
        {
            cpu.TryStore(SizeAt, 0);
            yield return cpu.Call(Publish, Key, AddressAt, SizeAt);
            yield return cpu.Call(Publish, Secret, AddressAt, SizeAt);
        }

        IEnumerable<GuestStep> Subscriber(GuestCpu cpu, string name)
        {
            foreach (ulong key in (ulong[])[Key, Secret])
            {
                yield return cpu.Call(Subscribe, 1, key, AddressAt, SizeAt);
                var answer = (HypercallError)(long)cpu.Result;
                answers.Add((name, key, answer, answer == HypercallError.None && cpu.TryStore(cpu.Load(AddressAt) + 64, 1)));
            }
        }
    }

    /// <summary>Waits for the channel interrupt, and takes it.</summary>
    private static IEnumerable<GuestStep> Ring()
    {
        while (GuestCpu.Acknowledge() != GuestBoard.ChannelInterrupt)
            yield return GuestCpu.Wait();
        GuestCpu.EndOfInterrupt(GuestBoard.ChannelInterrupt);
    }

    private static Action<VmConfig, ulong> Permit(ulong key, uint subscriber, bool canWrite) =>
        (config, _) => config.Channels.Add(new ChannelConfig { Key = key, Subscriber = subscriber, CanWrite = canWrite });
}
