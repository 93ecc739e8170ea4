using AxVCpu.Devices;

namespace AxVCpu.BareMetal.Tests.Machine;

/// <summary>The devicetree of a <see cref="HostBoard"/>.</summary>
internal readonly record struct HostTree(uint Cpus, ulong Ram, ulong RamSize, ulong Archive, ulong ArchiveSize, ulong Reserved, ulong ReservedSize, ReadOnlyMemory<byte> Seed)
{
    public const ulong Console = 0x0900_0000;
    public const uint ConsoleInterrupt = 33;
    public const ulong Distributor = 0x0800_0000;
    public const ulong DistributorSize = 0x1_0000;
    public const ulong Redistributors = 0x080A_0000;
    public const ulong RedistributorSize = 0x2_0000;

    private const uint FirstSpi = 32;

    /// <summary>Writes the tree.</summary>
    public void Write(Span<byte> room)
    {
        room.Clear();
        var tree = new FdtBuilder(room);
        tree.BeginNode(default);
        tree.Cell("#address-cells"u8, 2);
        tree.Cell("#size-cells"u8, 2);
        tree.BeginNode("chosen"u8);
        tree.Number("linux,initrd-start"u8, Archive);
        tree.Number("linux,initrd-end"u8, Archive + ArchiveSize);
        if (!Seed.IsEmpty)
            tree.Property("rng-seed"u8, Seed.Span);
        tree.EndNode();
        tree.BeginNode("memory"u8, Ram);
        tree.Text("device_type"u8, "memory"u8);
        tree.Register(Ram, RamSize);
        tree.EndNode();
        tree.BeginNode("reserved-memory"u8);
        tree.Cell("#address-cells"u8, 2);
        tree.Cell("#size-cells"u8, 2);
        tree.Flag("ranges"u8);
        tree.BeginNode("kept"u8, Reserved);
        tree.Register(Reserved, ReservedSize);
        tree.EndNode();
        tree.EndNode();
        tree.BeginNode("cpus"u8);
        tree.Cell("#address-cells"u8, 1);
        tree.Cell("#size-cells"u8, 0);
        for (uint cpu = 0; cpu < Cpus; cpu++)
        {
            tree.BeginNode("cpu"u8, cpu);
            tree.Text("device_type"u8, "cpu"u8);
            tree.Cell("reg"u8, cpu);
            tree.EndNode();
        }
        tree.EndNode();
        tree.BeginNode("intc"u8, Distributor);
        tree.Text("compatible"u8, "arm,gic-v3"u8);
        tree.BeginProperty("reg"u8);
        tree.AppendNumber(Distributor);
        tree.AppendNumber(DistributorSize);
        tree.AppendNumber(Redistributors);
        tree.AppendNumber(RedistributorSize * Cpus);
        tree.EndProperty();
        tree.EndNode();
        Device(ref tree, "pl011"u8, "arm,pl011"u8, Console, ConsoleInterrupt);
        Device(ref tree, "device"u8, "axvisor,test-device"u8, HostBoard.Device, HostBoard.DeviceInterrupt);
        Device(ref tree, "pair"u8, "axvisor,test-pair"u8, HostBoard.Pair, HostBoard.PairInterrupt, HostBoard.PairInterrupt + 1);
        tree.EndNode();
        Assert.NotEqual(0, tree.Finish(0));
    }

    private static void Device(ref FdtBuilder tree, ReadOnlySpan<byte> name, ReadOnlySpan<byte> model, ulong address, params ReadOnlySpan<uint> interrupts)
    {
        tree.BeginNode(name, address);
        tree.Text("compatible"u8, model);
        tree.Register(address, 0x1000);
        tree.BeginProperty("interrupts"u8);
        foreach (uint interrupt in interrupts)
        {
            tree.AppendCell(FdtGicInterrupt.Spi);
            tree.AppendCell(interrupt - FirstSpi);
            tree.AppendCell(FdtGicInterrupt.High);
        }
        tree.EndProperty();
        tree.EndNode();
    }
}
