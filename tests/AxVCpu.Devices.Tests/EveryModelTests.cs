using System.IO.Pipelines;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace AxVCpu.Devices.Tests;

/// <summary>What holds for every device.</summary>
public sealed class EveryModelTests : IAclintHost, IAclintSswiHost, ISysconHost, IPowerHost, IApicProcessor, IDisposable
{
    private readonly AlarmClock _alarms = new(new VmClock(1_000_000_000));

    public void Dispose() => _alarms.Dispose();

    void IPowerHost.PowerOff()
    {
    }

    void IPowerHost.Reset()
    {
    }

    void IApicProcessor.SetInterrupt(bool level)
    {
    }

    void IApicProcessor.RaiseNmi()
    {
    }

    void IApicProcessor.RaiseInit()
    {
    }

    void IApicProcessor.RaiseStartUp(byte page)
    {
    }

    void IAclintHost.SetSoftware(int hart, bool level)
    {
    }

    ulong IAclintHost.Now() => (ulong)Environment.TickCount64;

    void IAclintHost.SetTimerDeadline(int hart, ulong deadline)
    {
    }

    void IAclintSswiHost.RaiseSupervisorSoftware(int hart)
    {
    }

    void ISysconHost.Finish(SysconStatus status, ushort code)
    {
    }

    private sealed class MemoryDisk : IBlockBackend
    {
        private readonly byte[] _content = new byte[0x1_0000];

        public string Identity => "memory";

        public long Capacity => _content.Length;

        public bool IsReadOnly => false;

        public void Read(long offset, Span<byte> destination) => _content.AsSpan((int)offset, destination.Length).CopyTo(destination);

        public void Write(long offset, ReadOnlySpan<byte> source) => source.CopyTo(_content.AsSpan((int)offset));

        public void Flush()
        {
        }

        public void Dispose()
        {
        }
    }

    // A processor's own page and its model-specific registers, as one device.
    private sealed class ApicPage(LocalApicSet set) : IBusDevice
    {
        public string Name => "lapic";

        public ulong Size => LocalApic.Size;

        public bool Read(ulong offset, AccessWidth width, out ulong value) =>
            set.Read(0, offset, width, out value) || set.ReadMsr(0, LocalApic.X2ApicMsrBase + (uint)offset / 16, out value);

        public bool Write(ulong offset, AccessWidth width, ulong value)
        {
            set.Acknowledge(0, out _);
            set.WriteMsr(1, offset % 7 == 0 ? 0x1Bu : LocalApic.X2ApicMsrBase + (uint)offset % 0x40, value);
            return set.Write(0, offset, width, value);
        }
    }

    private sealed record Ends(PipeReader Input, PipeWriter Output) : IDuplexPipe;

    private IBusDevice Make(string kind, TestMemory memory)
    {
        Pipe gone = new();
        gone.Reader.Complete();
        Ends ends = new(new Pipe().Reader, gone.Writer);
        return kind switch
        {
            "uart" => new UartDevice(UnconnectedLine.Instance, ends),
            "plic" => new PlicDevice(95, 8),
            "aclint" => new AclintDevice(4, this),
            "sswi" => new AclintSswiDevice(4, this),
            "syscon" => new SysconDevice(this),
            "lapic" => new ApicPage(new LocalApicSet([this, this], _alarms, 1_000_000_000)),
            "ioapic" => new IoApicDevice(0, new LocalApicSet([this, this], _alarms, 1_000_000_000)),
            "pit" => new PitDevice(UnconnectedLine.Instance, _alarms),
            "cmos" => new Mc146818Device(UnconnectedLine.Instance),
            "i8042" => new I8042Device(this),
            "acpi" => new AcpiPowerDevice(UnconnectedLine.Instance, _alarms, this),
            "reset" => new ResetControlDevice(this),
            "fw-cfg" => new FwCfgDevice(2, 64 << 20),
            "fw-cfg-mmio" => new FwCfgMmioDevice(new FwCfgItems(2, 64 << 20, FwCfgFeatures.Traditional | FwCfgFeatures.Dma), memory),
            "rtc" => new GoldfishRtcDevice(UnconnectedLine.Instance),
            "blk" => new VirtioBlkDevice(new MemoryDisk(), memory, UnconnectedLine.Instance),
            "blk-legacy" => new VirtioBlkDevice(new MemoryDisk(), memory, UnconnectedLine.Instance, kind: VirtioMmioInterface.Legacy),
            "empty" => new VirtioEmptySlot(),
            "rng" => new VirtioRngDevice(new SystemEntropy(), memory, UnconnectedLine.Instance),
            "console" => new VirtioConsoleDevice(ends, memory, UnconnectedLine.Instance, (80, 25)),
            _ => throw new ArgumentException(kind),
        };
    }

    public static TheoryData<string> Kinds => 
    [
        "uart", "plic", "aclint", "sswi", "syscon", "rtc", "blk", "blk-legacy", "empty", "rng", "console",
        "lapic", "ioapic", "pit", "cmos", "i8042", "acpi", "reset", "fw-cfg", "fw-cfg-mmio",
    ];

    private static bool IsPlainData<T>() => !RuntimeHelpers.IsReferenceOrContainsReferences<T>();

    [Fact]
    public void Every_state_is_plain_data()
    {
        Assert.True(IsPlainData<Uart16550>());
        Assert.True(IsPlainData<Plic>());
        Assert.True(IsPlainData<Aclint>());
        Assert.True(IsPlainData<AclintSswi>());
        Assert.True(IsPlainData<GoldfishRtc>());
        Assert.True(IsPlainData<LocalApic>());
        Assert.True(IsPlainData<IoApic>());
        Assert.True(IsPlainData<Pit8254>());
        Assert.True(IsPlainData<Mc146818>());
        Assert.True(IsPlainData<AcpiPowerManagement>());
        Assert.True(IsPlainData<I8042>());
        Assert.True(IsPlainData<ResetControl>());
        Assert.True(IsPlainData<FwCfg>());
        Assert.True(IsPlainData<FwCfgMmio>());
        Assert.True(IsPlainData<CfiFlash>());
        Assert.True(IsPlainData<VirtioMmio>());
        Assert.True(IsPlainData<Virtqueue>());
        Assert.True(IsPlainData<DescriptorChain>());
        Assert.True(IsPlainData<VirtioBlk>());
        Assert.True(IsPlainData<VirtioConsole>());
        Assert.False(IsPlainData<IBusDevice>());
    }

    [Fact]
    public void A_copied_state_goes_on_where_the_original_was()
    {
        PlicDevice first = new(95, 2);
        first.Put(4, 3);
        first.Put(0x2000, 2);
        first.Line(1).Set(true);
        byte[] saved = MemoryMarshal.AsBytes(new Span<Plic>(ref first.State)).ToArray();
        PlicDevice second = new(95, 2);
        RecordedLine line = new();
        second.Connect(0, line);
        Assert.False(line.Level);
        second.State = MemoryMarshal.Read<Plic>(saved);
        second.Resynchronize();
        Assert.True(line.Level);
        Assert.Equal(1UL, second.Get(0x20_0004));
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void A_register_access_allocates_nothing(string kind)
    {
        IBusDevice device = Make(kind, new TestMemory());
        Bus bus = Bus.CreateMmio();
        bus.Add(0x1000_0000, device);
        Random random = new(5);
        Assert.Equal(0, Garbage.Of(() =>
        {
            for (int access = 0; access < 2000; access++)
            {
                ulong address = 0x1000_0000 + (ulong)random.NextInt64((long)device.Size);
                AccessWidth width = (AccessWidth)(1 << random.Next(4));
                bus.Read(address & ~((ulong)width - 1), width, out _);
                bus.Write(address & ~((ulong)width - 1), width, (ulong)random.Next(4));
            }
        }));
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Random_register_use_neither_throws_nor_hangs(string kind)
    {
        int seed = Random.Shared.Next();
        Random random = new(seed);
        TestMemory memory = new(0x1_0000);
        IBusDevice device = Make(kind, memory);
        long end = Environment.TickCount64 + 120_000;
        try
        {
            for (int access = 0; access < 100_000; access++)
            {
                // Near the start, where registers are, half of the time; also past the end and with widths that do not exist.
                ulong offset = random.Next(2) == 0 ? (ulong)random.Next(0x200) : (ulong)random.NextInt64((long)device.Size + 16);
                AccessWidth width = random.Next(20) == 0 ? (AccessWidth)random.Next(256) : (AccessWidth)(1 << random.Next(4));
                if (random.Next(3) != 0 && (byte)width is 1 or 2 or 4 or 8)
                    offset &= ~((ulong)width - 1);
                ulong value = random.Next(3) switch
                {
                    0 => (ulong)random.Next(16),
                    1 => TestMemory.Base + (ulong)random.Next(0x1_0000),
                    _ => (ulong)random.NextInt64(long.MinValue, long.MaxValue),
                };
                if (random.Next(2) == 0)
                    device.Read(offset, width, out _);
                else
                    device.Write(offset, width, value);
                if (access % 1000 == 0)
                    random.NextBytes(memory.Ram);
                Assert.True(Environment.TickCount64 < end, $"seed {seed}: too slow at access {access}");
            }
        }
        catch (Exception exception) when (exception is not Xunit.Sdk.XunitException)
        {
            Assert.Fail($"seed {seed}: {exception}");
        }
    }

    [Theory]
    [InlineData("blk")]
    [InlineData("rng")]
    [InlineData("console")]
    public void Random_rings_in_random_memory_neither_throw_nor_hang(string kind)
    {
        int seed = Random.Shared.Next();
        Random random = new(seed);
        TestMemory memory = new(0x4_0000);
        VirtioMmioDevice device = (VirtioMmioDevice)Make(kind, memory);
        VirtioDriver driver = new(device, memory);
        long end = Environment.TickCount64 + 120_000;
        for (int round = 0; round < 60; round++)
        {
            random.NextBytes(memory.Ram);
            memory.Ram.AsSpan(0, 0x3_0000).Clear();
            driver = new VirtioDriver(device, memory).Start(queues: kind == "console" ? 2 : 1, events: random.Next(2) == 0, indirect: random.Next(2) == 0);
            for (int queue = 0; queue < (kind == "console" ? 2 : 1); queue++)
            {
                for (int index = 0; index < VirtioDriver.QueueSize; index++)
                {
                    ushort flags = (ushort)(index < 32 ? 1 : random.Next(16) == 0 ? random.Next(8) : 2 | random.Next(2));
                    driver.WriteDescriptor(
                        VirtioDriver.Descriptors(queue), index, TestMemory.Base + (ulong)random.Next(0x4_0000), (uint)random.Next(1024), flags, (ushort)random.Next(32, 66));
                }
                for (int request = 0; request < 20; request++)
                    driver.Offer(queue, (ushort)random.Next(VirtioDriver.QueueSize));
                try
                {
                    driver.Kick(queue);
                }
                catch (Exception exception)
                {
                    Assert.Fail($"seed {seed}, round {round}: {exception}");
                }
            }
            Assert.True(Environment.TickCount64 < end, $"seed {seed}: too slow at round {round}");
        }
    }
}
