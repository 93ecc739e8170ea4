using AxVCpu.BareMetal.Aarch64;
using AxVCpu.Devices;

namespace AxVCpu.BareMetal.Hypervisor;

/// <content>The devicetree that describes a VM to its guest.</content>
internal unsafe partial struct Vm
{
    // Phandles are ours to choose; those of nodes that are passed through keep their own, which begin at 1.
    private const uint GicPhandle = 0x7F00_0001;
    private const uint ClockPhandle = 0x7F00_0002;
    private const uint UartClock = 24_000_000;

    /// <summary>Writes the tree to its place in guest memory.</summary>
    private VmProblem WriteTree()
    {
        if (!TryAllocate(GuestBoard.DeviceTreeRoom, out void* buffer, out ulong pages))
            return VmProblem.OutOfMemory;
        var room = new Span<byte>(buffer, GuestBoard.DeviceTreeRoom);
        var tree = new FdtBuilder(room);
        int length = Describe(ref tree);
        bool stored = length != 0 && Store(TreeAddress, room.Slice(0, length));
        HostMemory.Free(new HostPhysAddr((ulong)buffer), pages);
        return stored ? VmProblem.None : VmProblem.TreeDoesNotFit;
    }

    private int Describe(ref FdtBuilder tree)
    {
        tree.BeginNode(default);
        tree.Cell("#address-cells"u8, 2);
        tree.Cell("#size-cells"u8, 2);
        tree.Cell("interrupt-parent"u8, GicPhandle);
        tree.Text("compatible"u8, "linux,dummy-virt"u8);
        tree.Text("model"u8, "axvisor,aarch64"u8);
        DescribeChosen(ref tree);
        DescribeMemory(ref tree);
        DescribeCpus(ref tree);
        DescribeFirmware(ref tree);
        DescribeGic(ref tree);
        DescribeSerial(ref tree);
        for (int i = 0; i < Manifest.DiskCount; i++)
            DescribeVirtio(ref tree, i);
        if (HasVirtioConsole)
            DescribeVirtio(ref tree, GuestBoard.ConsoleSlot);
        DescribePassthrough(ref tree);
        tree.EndNode();
        return tree.Finish(0);
    }

    private static void DescribeVirtio(ref FdtBuilder tree, int slot)
    {
        ulong address = GuestBoard.Virtio + ((ulong)slot * GuestBoard.VirtioSize);
        tree.BeginNode("virtio_mmio"u8, address);
        tree.Text("compatible"u8, "virtio,mmio"u8);
        tree.Register(address, GuestBoard.VirtioSize);
        Interrupt(ref tree, new FdtGicInterrupt(GuestBoard.VirtioInterrupt + (uint)slot, IsEdge: false));
        tree.Flag("dma-coherent"u8);
        tree.EndNode();
    }

    private readonly void DescribeChosen(ref FdtBuilder tree)
    {
        tree.BeginNode("chosen"u8);
        if (!Manifest.CommandLine.Span.IsEmpty)
            tree.Text("bootargs"u8, Manifest.CommandLine.Span);
        tree.Text("stdout-path"u8, "/pl011@9000000"u8);
        if (Manifest.HasRamdisk && HypervisorState.Current.TryGetFile(Manifest.Ramdisk.File, out ReadOnlySpan<byte> ramdisk))
        {
            tree.Number("linux,initrd-start"u8, Manifest.Ramdisk.Address);
            tree.Number("linux,initrd-end"u8, Manifest.Ramdisk.Address + (ulong)ramdisk.Length);
        }
        DescribeSeeds(ref tree);
        tree.EndNode();
    }

    /// <summary>Random numbers for the guest's own generator and for where its kernel puts itself; new ones at each start.</summary>
    private static void DescribeSeeds(ref FdtBuilder tree)
    {
        const int words = 4;
        ulong* seed = stackalloc ulong[words];
        if (!HypervisorState.Current.Entropy.TryFill(new Span<ulong>(seed, words)))
            return;
        tree.BeginProperty("rng-seed"u8);
        for (int i = 0; i < words; i++)
            tree.AppendNumber(seed[i]);
        tree.EndProperty();
        HypervisorState.Current.Entropy.TryFill(new Span<ulong>(seed, 1));
        tree.Number("kaslr-seed"u8, seed[0]);
    }

    private readonly void DescribeMemory(ref FdtBuilder tree)
    {
        for (int i = 0; i < Manifest.RegionCount; i++)
        {
            RegionConfig region = Manifest.Regions[i];
            if ((region.Flags & (MappingFlags.Device | MappingFlags.Write)) != MappingFlags.Write)
                continue;
            tree.BeginNode("memory"u8, region.Address);
            tree.Text("device_type"u8, "memory"u8);
            tree.Register(region.Address, region.Size);
            tree.EndNode();
        }
    }

    private readonly void DescribeCpus(ref FdtBuilder tree)
    {
        tree.BeginNode("cpus"u8);
        tree.Cell("#address-cells"u8, 2);
        tree.Cell("#size-cells"u8, 0);
        for (int i = 0; i < VCpuCount; i++)
        {
            ulong mpidr = Manifest.MpidrOf(i);
            tree.BeginNode("cpu"u8, mpidr);
            tree.Text("device_type"u8, "cpu"u8);
            tree.Text("compatible"u8, "arm,armv8"u8);
            tree.Number("reg"u8, mpidr);
            tree.Text("enable-method"u8, "psci"u8);
            tree.EndNode();
        }
        tree.EndNode();
    }

    private static void DescribeFirmware(ref FdtBuilder tree)
    {
        tree.BeginNode("psci"u8);
        tree.BeginProperty("compatible"u8);
        tree.AppendText("arm,psci-1.0"u8);
        tree.AppendText("arm,psci-0.2"u8);
        tree.EndProperty();
        tree.Text("method"u8, "hvc"u8);
        tree.EndNode();
        tree.BeginNode("timer"u8);
        tree.Text("compatible"u8, "arm,armv8-timer"u8);
        tree.BeginProperty("interrupts"u8); // secure, non-secure, virtual, hypervisor
        AppendInterrupt(ref tree, new FdtGicInterrupt(29, IsEdge: false));
        AppendInterrupt(ref tree, new FdtGicInterrupt(30, IsEdge: false));
        AppendInterrupt(ref tree, new FdtGicInterrupt(HostGic.VirtualTimerPpi, IsEdge: false));
        AppendInterrupt(ref tree, new FdtGicInterrupt(26, IsEdge: false));
        tree.EndProperty();
        tree.Flag("always-on"u8);
        tree.EndNode();
    }

    private readonly void DescribeGic(ref FdtBuilder tree)
    {
        tree.BeginNode("intc"u8, GuestBoard.Distributor);
        tree.Text("compatible"u8, "arm,gic-v3"u8);
        tree.BeginProperty("reg"u8);
        tree.AppendNumber(GuestBoard.Distributor);
        tree.AppendNumber(GuestBoard.DistributorSize);
        tree.AppendNumber(GuestBoard.Redistributors);
        tree.AppendNumber(Gic.RedistributorsSize);
        tree.EndProperty();
        tree.Flag("interrupt-controller"u8);
        tree.Cell("#interrupt-cells"u8, 3);
        tree.Cell("phandle"u8, GicPhandle);
        tree.EndNode();
    }

    private static void DescribeSerial(ref FdtBuilder tree)
    {
        tree.BeginNode("apb-pclk"u8);
        tree.Text("compatible"u8, "fixed-clock"u8);
        tree.Cell("#clock-cells"u8, 0);
        tree.Cell("clock-frequency"u8, UartClock);
        tree.Cell("phandle"u8, ClockPhandle);
        tree.EndNode();
        PrimeCell(ref tree, "pl011"u8, "arm,pl011"u8, GuestBoard.Uart, GuestBoard.UartSize, GuestBoard.UartInterrupt, twoClocks: true);
        PrimeCell(ref tree, "pl031"u8, "arm,pl031"u8, GuestBoard.Rtc, GuestBoard.RtcSize, GuestBoard.RtcInterrupt, twoClocks: false);
    }

    private static void PrimeCell(
        ref FdtBuilder tree, ReadOnlySpan<byte> name, ReadOnlySpan<byte> model, ulong address, ulong size, uint interrupt, bool twoClocks)
    {
        tree.BeginNode(name, address);
        tree.BeginProperty("compatible"u8);
        tree.AppendText(model);
        tree.AppendText("arm,primecell"u8);
        tree.EndProperty();
        tree.Register(address, size);
        Interrupt(ref tree, new FdtGicInterrupt(interrupt, IsEdge: false));
        tree.BeginProperty("clocks"u8);
        tree.AppendCell(ClockPhandle);
        if (twoClocks)
            tree.AppendCell(ClockPhandle);
        tree.EndProperty();
        tree.BeginProperty("clock-names"u8);
        if (twoClocks)
            tree.AppendText("uartclk"u8);
        tree.AppendText("apb_pclk"u8);
        tree.EndProperty();
        tree.EndNode();
    }

    private static void Interrupt(ref FdtBuilder tree, FdtGicInterrupt line)
    {
        tree.BeginProperty("interrupts"u8);
        AppendInterrupt(ref tree, line);
        tree.EndProperty();
    }

    private static void AppendInterrupt(ref FdtBuilder tree, FdtGicInterrupt line)
    {
        bool isShared = line.IntId >= GicIntId.FirstSpi;
        tree.AppendCell(isShared ? FdtGicInterrupt.Spi : FdtGicInterrupt.Ppi);
        tree.AppendCell(line.IntId - (isShared ? GicIntId.FirstSpi : GicIntId.FirstPpi));
        tree.AppendCell(line.IsEdge ? FdtGicInterrupt.Rising : FdtGicInterrupt.High);
    }
}
