using System.Globalization;
using AxVM.Fdt;

namespace AxVM.Boards;

/// <summary>What the devicetree of a <c>virt</c> board depends on.</summary>
public sealed class Riscv64VirtTreeOptions
{
    /// <summary>Hart ids, one for each vCPU.</summary>
    public required IReadOnlyList<ulong> HartIds { get; init; }

    /// <summary>RAM regions in the order of their addresses.</summary>
    public required IReadOnlyList<AddressRangeConfig> Ram { get; init; }

    /// <summary>The instruction set string, <c>rv64imafdc_zicsr_...</c>.</summary>
    public required string IsaString { get; init; }

    /// <summary>The extensions' names in lower case: <c>i</c>, <c>m</c>, <c>zicsr</c> ...</summary>
    public required IReadOnlyList<string> IsaExtensions { get; init; }

    /// <summary><c>sv39</c>, <c>sv48</c> or <c>sv57</c>.</summary>
    public string Mmu { get; init; } = "sv57";

    /// <summary>Where the guest starts: machine mode sees what belongs to it, supervisor mode does not.</summary>
    public StartProfile Profile { get; init; } = StartProfile.Sbi;

    /// <summary>The virtio-mmio slots, counted from 0; what is in them they say themselves.</summary>
    public IReadOnlyList<int> VirtioSlots { get; init; } = [];

    /// <summary>Number of banks of flash.</summary>
    public int FlashBanks { get; init; }

    /// <summary>The kernel's command line, or <c>null</c>.</summary>
    public string? CommandLine { get; init; }

    /// <summary>First address and length of the initial ramdisk, or <c>null</c>.</summary>
    public AddressRangeConfig? Initrd { get; init; }

    /// <summary>Entropy for the kernel; empty for none.</summary>
    public ReadOnlyMemory<byte> RngSeed { get; init; }
}

/// <summary>Generates the devicetree of the riscv64 <c>virt</c> board.</summary>
public static class Riscv64VirtTree
{
    private const uint NoInterrupt = 0xffff_ffff;
    private const uint SupervisorExternal = 9;
    private const uint MachineExternal = 11;
    private const uint MachineSoftware = 3;
    private const uint MachineTimer = 7;
    private const uint CacheBlockBytes = 64;

    // The values of the test finisher (sifive,test0): what to write for which ending.
    private const uint FinisherPass = 0x5555;
    private const uint FinisherReset = 0x7777;

    private const uint PlicPhandle = 1;
    private const uint TestPhandle = 2;
    private const uint FirstCpuPhandle = 3;

    /// <summary>The tree for a board with <paramref name="options"/>.</summary>
    public static FlattenedDeviceTree Generate(Riscv64VirtTreeOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        FlattenedDeviceTree tree = new() { BootCpu = (uint)options.HartIds[0] };
        FdtNode root = tree.Root
            .SetCells("#address-cells", 2)
            .SetCells("#size-cells", 2)
            .SetText("compatible", "riscv-virtio")
            .SetText("model", "riscv-virtio,axvcpu");
        AddChosen(root, options);
        root.AddChild("aliases").SetText("serial0", "/soc/" + UnitName("serial", Riscv64VirtLayout.Uart));
        AddCpus(root, options);
        foreach (AddressRangeConfig ram in options.Ram)
        {
            root.AddChild(UnitName("memory", ram.Address))
                .SetText("device_type", "memory")
                .SetLongs("reg", ram.Address, ram.Length);
        }

        AddSoc(root, options);
        root.AddChild(UnitName("fw-cfg", Riscv64VirtLayout.FwCfg))
            .SetText("compatible", "qemu,fw-cfg-mmio")
            .SetLongs("reg", Riscv64VirtLayout.FwCfg, AxVCpu.Devices.FwCfgMmio.Size)
            .Set("dma-coherent");
        AddFlash(root, options.FlashBanks);
        AddPower(root, "poweroff", "syscon-poweroff", FinisherPass);
        AddPower(root, "reboot", "syscon-reboot", FinisherReset);
        return tree;
    }

    private static void AddChosen(FdtNode root, Riscv64VirtTreeOptions options)
    {
        FdtNode chosen = root.AddChild("chosen").SetText("stdout-path", "/soc/" + UnitName("serial", Riscv64VirtLayout.Uart));
        if (options.CommandLine is { Length: > 0 } commandLine)
        {
            chosen.SetText("bootargs", commandLine);
        }

        if (options.Initrd is { } initrd)
        {
            chosen.SetLongs("linux,initrd-start", initrd.Address).SetLongs("linux,initrd-end", initrd.Address + initrd.Length);
        }

        if (!options.RngSeed.IsEmpty)
        {
            chosen.Set("rng-seed", options.RngSeed.Span);
        }
    }

    private static void AddCpus(FdtNode root, Riscv64VirtTreeOptions options)
    {
        FdtNode cpus = root.AddChild("cpus")
            .SetCells("#address-cells", 1)
            .SetCells("#size-cells", 0)
            .SetCells("timebase-frequency", Riscv64VirtLayout.TimebaseFrequency);
        for (int i = 0; i < options.HartIds.Count; i++)
        {
            FdtNode cpu = cpus.AddChild(UnitName("cpu", options.HartIds[i]))
                .SetText("device_type", "cpu")
                .SetCells("reg", (uint)options.HartIds[i])
                .SetText("status", "okay")
                .SetText("compatible", "riscv")
                .SetText("riscv,isa", options.IsaString)
                .SetText("riscv,isa-base", "rv64i")
                .SetText("riscv,isa-extensions", [.. options.IsaExtensions])
                .SetText("mmu-type", "riscv," + options.Mmu);
            if (options.IsaExtensions.Contains("zicbom"))
            {
                cpu.SetCells("riscv,cbom-block-size", CacheBlockBytes);
            }

            if (options.IsaExtensions.Contains("zicbop"))
            {
                cpu.SetCells("riscv,cbop-block-size", CacheBlockBytes);
            }

            if (options.IsaExtensions.Contains("zicboz"))
            {
                cpu.SetCells("riscv,cboz-block-size", CacheBlockBytes);
            }

            cpu.AddChild("interrupt-controller")
                .SetCells("#interrupt-cells", 1)
                .Set("interrupt-controller")
                .SetText("compatible", "riscv,cpu-intc")
                .SetCells("phandle", CpuPhandle(i));
        }
    }

    private static void AddSoc(FdtNode root, Riscv64VirtTreeOptions options)
    {
        FdtNode soc = root.AddChild("soc")
            .SetCells("#address-cells", 2)
            .SetCells("#size-cells", 2)
            .SetText("compatible", "simple-bus")
            .Set("ranges");
        bool machine = options.Profile == StartProfile.Machine;
        soc.AddChild(UnitName("test", Riscv64VirtLayout.Test))
            .SetText("compatible", "sifive,test1", "sifive,test0", "syscon")
            .SetLongs("reg", Riscv64VirtLayout.Test, Riscv64VirtLayout.TestSize)
            .SetCells("phandle", TestPhandle);
        AddInterrupt(
            soc.AddChild(UnitName("rtc", Riscv64VirtLayout.Rtc))
                .SetText("compatible", "google,goldfish-rtc")
                .SetLongs("reg", Riscv64VirtLayout.Rtc, Riscv64VirtLayout.RtcSize),
            Riscv64VirtLayout.RtcIrq);
        if (machine)
        {
            // The CLINT's timer and software interrupts go to machine mode; a supervisor has Sstc or SBI instead.
            soc.AddChild(UnitName("clint", Riscv64VirtLayout.Clint))
                .SetText("compatible", "sifive,clint0", "riscv,clint0")
                .SetLongs("reg", Riscv64VirtLayout.Clint, Riscv64VirtLayout.ClintSize)
                .SetCells("interrupts-extended", PerHart(options, MachineSoftware, MachineTimer));
        }

        soc.AddChild(UnitName("plic", Riscv64VirtLayout.Plic))
            .SetText("compatible", "sifive,plic-1.0.0", "riscv,plic0")
            .SetLongs("reg", Riscv64VirtLayout.Plic, Riscv64VirtLayout.PlicSize)
            .SetCells("#interrupt-cells", 1)
            .SetCells("#address-cells", 0)
            .Set("interrupt-controller")
            .SetCells("interrupts-extended", PerHart(options, machine ? MachineExternal : NoInterrupt, SupervisorExternal))
            .SetCells("riscv,ndev", Riscv64VirtLayout.PlicSources)
            .SetCells("phandle", PlicPhandle);
        AddInterrupt(
            soc.AddChild(UnitName("serial", Riscv64VirtLayout.Uart))
                .SetText("compatible", "ns16550a")
                .SetLongs("reg", Riscv64VirtLayout.Uart, Riscv64VirtLayout.UartSize)
                .SetCells("clock-frequency", Riscv64VirtLayout.UartClock),
            Riscv64VirtLayout.UartIrq);
        foreach (int slot in options.VirtioSlots)
        {
            ulong address = Riscv64VirtLayout.Virtio + ((ulong)slot * Riscv64VirtLayout.VirtioSize);
            AddInterrupt(
                soc.AddChild(UnitName("virtio_mmio", address))
                    .SetText("compatible", "virtio,mmio")
                    .SetLongs("reg", address, Riscv64VirtLayout.VirtioSize),
                Riscv64VirtLayout.VirtioIrq + (uint)slot);
        }
    }

    private static void AddFlash(FdtNode root, int banks)
    {
        const uint busBytes = 4;
        if (banks == 0)
        {
            return;
        }

        ulong[] ranges = new ulong[2 * banks];
        for (int bank = 0; bank < banks; bank++)
        {
            ranges[2 * bank] = Riscv64VirtLayout.Flash + ((ulong)bank * Riscv64VirtLayout.FlashSize);
            ranges[(2 * bank) + 1] = Riscv64VirtLayout.FlashSize;
        }

        root.AddChild(UnitName("flash", Riscv64VirtLayout.Flash))
            .SetText("compatible", "cfi-flash")
            .SetLongs("reg", ranges)
            .SetCells("bank-width", busBytes);
    }

    private static void AddInterrupt(FdtNode device, uint irq) =>
        device.SetCells("interrupts", irq).SetCells("interrupt-parent", PlicPhandle);

    private static void AddPower(FdtNode root, string name, string compatible, uint value) =>
        root.AddChild(name)
            .SetText("compatible", compatible)
            .SetCells("regmap", TestPhandle)
            .SetCells("offset", 0)
            .SetCells("value", value);

    private static uint[] PerHart(Riscv64VirtTreeOptions options, uint first, uint second)
    {
        uint[] cells = new uint[options.HartIds.Count * 4];
        for (int i = 0; i < options.HartIds.Count; i++)
        {
            ((ReadOnlySpan<uint>)[CpuPhandle(i), first, CpuPhandle(i), second]).CopyTo(cells.AsSpan(i * 4));
        }

        return cells;
    }

    private static uint CpuPhandle(int index) => FirstCpuPhandle + (uint)index;

    private static string UnitName(string name, ulong address) => string.Create(CultureInfo.InvariantCulture, $"{name}@{address:x}");
}
