using AxVM.Config.Toml;

namespace AxVM;

public sealed partial class VmConfig
{
    /// <summary>
    /// A configuration to start from: a named VM with a kernel, RAM at the board's place, one vCPU and the UART.
    /// </summary>
    /// <param name="name">The VM's name.</param>
    /// <param name="kernelPath">The kernel.</param>
    /// <param name="cpuCount">Number of vCPUs.</param>
    /// <param name="memorySize">Bytes of RAM.</param>
    public static VmConfig Generate(string name, string kernelPath, int cpuCount = 1, ulong memorySize = 512UL << 20)
    {
        VmConfig config = new();
        config.Base.Name = name;
        config.Base.CpuCount = cpuCount;
        config.Kernel.Path = kernelPath;
        config.Kernel.ImageLocation = "fs";
        config.Memory.Size = memorySize;
        return config;
    }

    /// <summary>The configuration as TOML text; <see cref="Parse"/> reads it back to the same values.</summary>
    public string ToToml()
    {
        TomlTable root = new(TomlTableOrigin.Header);
        root.Add("base", WriteBase());
        root.Add("kernel", WriteKernel());
        AddIfAny(root, "devices", WriteDevices());
        TomlTable engine = Section();
        AddText(engine, "name", Engine.Name);
        AddText(engine, "tier", Engine.Tier);
        AddText(engine, "profile", Engine.Profile switch { StartProfile.Sbi => "sbi", StartProfile.Machine => "machine", _ => null });
        AddText(engine, "isa", Engine.Isa);
        AddText(engine, "mmu", Engine.Mmu);
        AddText(engine, "irqchip", Engine.InterruptController switch
        {
            InterruptControllerPlace.Kernel => "kernel",
            InterruptControllerPlace.Split => "split",
            InterruptControllerPlace.None => "none",
            _ => null,
        });
        root.Add("engine", engine);
        TomlTable memory = Section();
        AddText(memory, "size", Config.ByteSize.Format(Memory.Size));
        memory.Add("lazy", new TomlBoolean(Memory.Lazy));
        root.Add("memory", memory);
        if (Virtio.Interface == AxVCpu.Devices.VirtioMmioInterface.Legacy)
        {
            TomlTable virtio = Section();
            AddText(virtio, "interface", "legacy");
            root.Add("virtio", virtio);
        }

        TomlTable console = Section();
        AddText(console, "type", Console.Kind == ConsoleKind.Virtio ? "virtio" : "uart");
        root.Add("console", console);
        AddIfAny(root, "disk", Disks.Select(WriteDisk));
        AddIfAny(root, "module", Modules.Select(WriteModule));
        AddIfAny(root, "pflash", Flash.Select(WriteFlash));
        AddIfAny(root, "device", ExtraDevices.Select(WriteDevice));
        AddIfAny(root, "channel", Channels.Select(WriteChannel));
        return TomlWriter.Write(root);
    }

    private TomlTable WriteBase()
    {
        TomlTable table = Section();
        AddNumber(table, "id", Base.Id);
        AddText(table, "name", Base.Name);
        AddNumber(table, "vm_type", (ulong)Base.VmType);
        AddNumber(table, "cpu_num", (ulong)Base.CpuCount);
        AddNumbers(table, "phys_cpu_ids", Base.PhysicalCpuIds);
        AddNumbers(table, "phys_cpu_sets", Base.PhysicalCpuSets);
        if (Base.Weight != BaseConfig.DefaultWeight)
        {
            table.Add("weight", new TomlInteger(Base.Weight));
        }

        AddText(table, "architecture", Base.Architecture is { } architecture ? Boot.KernelImage.Text(architecture) : null);
        AddText(table, "guest_type", Base.GuestType);
        return table;
    }

    private TomlTable WriteKernel()
    {
        TomlTable table = Section();
        AddAddress(table, "entry_point", Kernel.EntryPoint);
        AddText(table, "image_location", Kernel.ImageLocation);
        AddText(table, "boot_protocol", Kernel.BootProtocol);
        AddText(table, "kernel_path", Kernel.Path);
        AddAddress(table, "kernel_load_addr", Kernel.LoadAddress);
        if (Kernel.EnableBios is bool enable)
        {
            table.Add("enable_bios", new TomlBoolean(enable));
        }

        AddText(table, "bios_path", Kernel.BiosPath);
        AddAddress(table, "bios_load_addr", Kernel.BiosLoadAddress);
        AddText(table, "uefi_firmware_path", Kernel.UefiFirmwarePath);
        AddText(table, "dtb_path", Kernel.DtbPath);
        AddAddress(table, "dtb_load_addr", Kernel.DtbLoadAddress);
        AddText(table, "ramdisk_path", Kernel.RamdiskPath);
        AddAddress(table, "ramdisk_load_addr", Kernel.RamdiskLoadAddress);
        AddText(table, "cmdline", Kernel.CommandLine);
        AddText(table, "disk_path", Kernel.DiskPath);
        AddRows(table, "memory_regions", Kernel.MemoryRegions.Select(region =>
            Row(Hex(region.Address), Hex(region.Size), Hex(region.Flags), new TomlInteger((long)region.MapType))));
        return table;
    }

    private TomlTable WriteDevices()
    {
        TomlTable table = Section();
        AddRows(table, "emu_devices", Devices.Emulated.Select(device => Row(
            new TomlString(device.Name), Hex(device.Address), Hex(device.Length), new TomlInteger(device.Irq), Hex((ulong)device.Type),
            Row([.. device.Arguments.Select(Hex)]))));
        AddRows(table, "passthrough_devices", Devices.Passthrough.Select(device => device.Length == 0
            ? Row(new TomlString(device.Name))
            : Row(new TomlString(device.Name), Hex(device.Address), Hex(device.HostAddress), Hex(device.Length), new TomlInteger(device.Irq))));
        AddRows(table, "passthrough_addresses", Devices.PassthroughAddresses.Select(range => Row(Hex(range.Address), Hex(range.Length))));
        AddRows(table, "passthrough_ports", Devices.PassthroughPorts.Select(range => Row(Hex(range.Address), Hex(range.Length))));
        AddRows(table, "excluded_devices", Devices.Excluded.Select(path => Row(new TomlString(path))));
        AddRows(table, "reserved_addresses", Devices.ReservedAddresses.Select(range => Row(Hex(range.Address), Hex(range.Length))));
        AddText(table, "interrupt_mode", Devices.InterruptMode switch
        {
            InterruptMode.None => "no_irq",
            InterruptMode.Emulated => "emulated",
            InterruptMode.Passthrough => "passthrough",
            _ => null,
        });
        AddText(table, "address_space_policy", Devices.AddressSpacePolicy switch
        {
            AddressSpacePolicy.Virtualized => "virtualized",
            AddressSpacePolicy.Passthrough => "passthrough",
            _ => null,
        });
        return table;
    }

    private static TomlTable WriteDisk(DiskConfig disk)
    {
        TomlTable table = Section();
        AddText(table, "path", disk.Path);
        table.Add("readonly", new TomlBoolean(disk.ReadOnly));
        AddText(table, "serial", disk.Serial);
        return table;
    }

    private static TomlTable WriteModule(ModuleConfig module)
    {
        TomlTable table = Section();
        AddText(table, "path", module.Path);
        AddText(table, "arguments", module.Arguments);
        return table;
    }

    private static TomlTable WriteFlash(FlashConfig flash)
    {
        TomlTable table = Section();
        AddText(table, "path", flash.Path);
        table.Add("readonly", new TomlBoolean(flash.ReadOnly));
        return table;
    }

    private static TomlTable WriteDevice(DeviceConfig device)
    {
        TomlTable table = Section();
        AddText(table, "type", device.Kind == DeviceKind.Rng ? "rng" : "console");
        return table;
    }

    private static TomlTable WriteChannel(ChannelConfig channel)
    {
        TomlTable table = Section();
        table.Add("key", Hex(channel.Key));
        if (channel.Subscriber is uint subscriber)
        {
            table.Add("subscriber", new TomlInteger(subscriber));
        }

        table.Add("writable", new TomlBoolean(channel.CanWrite));
        return table;
    }

    private static TomlTable Section() => new(TomlTableOrigin.Header);

    private static TomlInteger Hex(ulong value) => new((long)value, 16);

    private static TomlArray Row(params ReadOnlySpan<TomlValue> values)
    {
        TomlArray row = [];
        foreach (TomlValue value in values)
        {
            row.Add(value);
        }

        return row;
    }

    private static void AddText(TomlTable table, string key, string? value)
    {
        if (value is not null)
        {
            table.Add(key, new TomlString(value));
        }
    }

    private static void AddNumber(TomlTable table, string key, ulong value) => table.Add(key, new TomlInteger((long)value));

    private static void AddAddress(TomlTable table, string key, ulong? value)
    {
        if (value is ulong address)
        {
            table.Add(key, Hex(address));
        }
    }

    private static void AddNumbers(TomlTable table, string key, IReadOnlyList<ulong> values)
    {
        if (values.Count > 0)
        {
            table.Add(key, Row([.. values.Select(value => new TomlInteger((long)value))]));
        }
    }

    private static void AddRows(TomlTable table, string key, IEnumerable<TomlArray> rows)
    {
        TomlArray array = Row([.. rows]);
        if (array.Count > 0)
        {
            table.Add(key, array);
        }
    }

    private static void AddIfAny(TomlTable root, string key, TomlTable table)
    {
        if (table.Count > 0)
        {
            root.Add(key, table);
        }
    }

    private static void AddIfAny(TomlTable root, string key, IEnumerable<TomlTable> tables)
    {
        TomlArray array = new(isTableArray: true);
        foreach (TomlTable table in tables)
        {
            array.Add(table);
        }

        if (array.Count > 0)
        {
            root.Add(key, array);
        }
    }
}
