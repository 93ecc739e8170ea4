namespace AxVM.Config;

/// <summary>Turns the tables of a configuration text into a <see cref="VmConfig"/>; the one place that knows the field names.</summary>
internal sealed class VmConfigBinder(FieldSet root)
{
    private const ulong MaximumRam = 1UL << 40;
    private const ulong PageMask = 0xfff;

    public VmConfig Bind(string? file)
    {
        VmConfig config = new() { SourcePath = file };
        BindBase(root.Section("base"), config.Base);
        BindKernel(root.Section("kernel"), config.Kernel);
        BindDevices(root.Section("devices"), config.Devices);
        BindEngine(root.Section("engine"), config.Engine);
        BindMemory(root.Section("memory"), config.Memory);
        BindVirtio(root.Section("virtio"), config.Virtio);
        BindConsole(root.Section("console"), config.Console);
        foreach (FieldSet fields in root.Sections("disk"))
        {
            config.Disks.Add(BindDisk(fields));
        }

        foreach (FieldSet fields in root.Sections("module"))
        {
            config.Modules.Add(new ModuleConfig
            {
                Path = fields.Required("path", fields.FileName("path")),
                Arguments = fields.Text("arguments"),
            });
            fields.RejectUnknown();
        }

        foreach (FieldSet fields in root.Sections("pflash"))
        {
            config.Flash.Add(new FlashConfig { Path = fields.Required("path", fields.FileName("path")), ReadOnly = fields.Flag("readonly") ?? false });
            fields.RejectUnknown();
        }

        foreach (FieldSet fields in root.Sections("device"))
        {
            DeviceKind? kind = fields.Choice("type", ("rng", DeviceKind.Rng), ("console", DeviceKind.Console));
            config.ExtraDevices.Add(new DeviceConfig { Kind = fields.Required("type", kind) });
            fields.RejectUnknown();
        }

        foreach (FieldSet fields in root.Sections("channel"))
        {
            ulong key = fields.Required("key", fields.Number("key"));
            uint? subscriber = (uint?)fields.Number("subscriber", 0, uint.MaxValue - 1);
            config.Channels.Add(new ChannelConfig(key, subscriber, fields.Flag("writable") ?? false));
            fields.RejectUnknown();
        }

        root.RejectUnknown();
        return config;
    }

    private static void BindBase(FieldSet fields, BaseConfig target)
    {
        target.Id = (uint)(fields.Number("id", 0, uint.MaxValue) ?? target.Id);
        target.Name = fields.Text("name") ?? target.Name;
        target.VmType = fields.Code<VmType>("vm_type") ?? target.VmType;
        target.CpuCount = (int)(fields.Number("cpu_num", 1, BaseConfig.MaximumCpus) ?? (ulong)target.CpuCount);
        target.PhysicalCpuIds = fields.Numbers("phys_cpu_ids");
        target.PhysicalCpuSets = fields.Numbers("phys_cpu_sets");
        target.Weight = (int)(fields.Number("weight", 1, 10_000) ?? (ulong)target.Weight);
        target.Architecture = fields.Choice(
            "architecture", ("riscv64", AxVCpu.GuestArchitecture.Riscv64), ("aarch64", AxVCpu.GuestArchitecture.Aarch64), ("x86_64", AxVCpu.GuestArchitecture.X64));
        target.GuestType = fields.Choice("guest_type", ("virtualized", true)) is true ? "virtualized" : null;
        CheckPerCpu(fields, "phys_cpu_ids", target.PhysicalCpuIds, target.CpuCount);
        CheckPerCpu(fields, "phys_cpu_sets", target.PhysicalCpuSets, target.CpuCount);
        if (target.PhysicalCpuIds.Distinct().Count() != target.PhysicalCpuIds.Count)
        {
            fields.Problem("phys_cpu_ids", "names one CPU twice");
        }

        fields.RejectUnknown();
    }

    private static void CheckPerCpu(FieldSet fields, string key, IReadOnlyList<ulong> values, int cpus)
    {
        if (values.Count != 0 && values.Count != cpus)
        {
            fields.Problem(key, $"has {values.Count} entries for cpu_num = {cpus}; there must be one for each vCPU");
        }
    }

    private static void BindKernel(FieldSet fields, KernelConfig target)
    {
        target.Path = fields.FileName("kernel_path");
        target.EntryPoint = fields.Number("entry_point");
        target.LoadAddress = fields.Number("kernel_load_addr");
        target.BiosPath = fields.FileName("bios_path");
        target.BiosLoadAddress = fields.Number("bios_load_addr");
        target.EnableBios = fields.Flag("enable_bios");
        target.DtbPath = fields.FileName("dtb_path");
        target.DtbLoadAddress = fields.Number("dtb_load_addr");
        target.RamdiskPath = fields.FileName("ramdisk_path");
        target.RamdiskLoadAddress = fields.Number("ramdisk_load_addr");
        target.ImageLocation = fields.Choice<int>("image_location", ("fs", 0), ("memory", 1)) switch { 0 => "fs", 1 => "memory", _ => null };
        target.CommandLine = fields.Text("cmdline");
        target.DiskPath = fields.FileName("disk_path");
        target.BootProtocol = fields.Choice<int>(
            "boot_protocol", ("direct", 0), ("kernel", 0), ("multiboot", 1), ("bios", 1), ("axvm-bios", 1), ("uefi", 2), ("efi", 2)) switch
        {
            0 => "direct",
            1 => "multiboot",
            2 => "uefi",
            _ => null,
        };
        target.UefiFirmwarePath = fields.FileName("uefi_firmware_path");
        target.MemoryRegions = BindRegions(fields);
        fields.RejectUnknown();
    }

    private static List<MemoryRegionConfig> BindRegions(FieldSet kernel)
    {
        List<MemoryRegionConfig> regions = [];
        foreach (FieldSet fields in kernel.Entries("memory_regions", "[gpa, size, flags, map_type]", 4, 4))
        {
            ulong address = fields.Required("gpa@0", fields.Number("gpa@0"));
            ulong? size = fields.Number("size@1", 1, MaximumRam);
            uint flags = (uint)(fields.Number("flags@2", 0, 0x3f) ?? 7);
            MemoryMapType type = fields.Code<MemoryMapType>("map_type@3") ?? MemoryMapType.Allocate;
            fields.Required("size@1", size);
            fields.RejectUnknown();
            if (size is not ulong bytes)
            {
                continue;
            }

            if (((address | bytes) & PageMask) != 0)
            {
                fields.Problem(((address & PageMask) != 0) ? "gpa@0" : "size@1", "is not a multiple of 4096");
            }

            MemoryRegionConfig region = new(address, bytes, flags, type);
            foreach (MemoryRegionConfig other in regions)
            {
                if (address < other.Address + other.Size && other.Address < address + bytes)
                {
                    fields.Problem("gpa@0", $"0x{address:x} to 0x{address + bytes - 1:x} overlaps the region at 0x{other.Address:x}");
                }
            }

            regions.Add(region);
        }

        return regions;
    }

    private static void BindDevices(FieldSet fields, DevicesConfig target)
    {
        target.Emulated = BindEmulated(fields);
        target.Passthrough = BindPassthrough(fields);
        target.PassthroughAddresses = BindRanges(fields, "passthrough_addresses", ulong.MaxValue >> 1);
        target.PassthroughPorts = BindRanges(fields, "passthrough_ports", 0x10000);
        target.ReservedAddresses = BindRanges(fields, "reserved_addresses", ulong.MaxValue >> 1);
        target.Excluded = fields.Texts("excluded_devices");
        target.InterruptMode = fields.Choice(
            "interrupt_mode",
            ("no_irq", InterruptMode.None), ("no", InterruptMode.None), ("none", InterruptMode.None),
            ("emu", InterruptMode.Emulated), ("emulated", InterruptMode.Emulated),
            ("passthrough", InterruptMode.Passthrough), ("pt", InterruptMode.Passthrough));
        target.AddressSpacePolicy = fields.Choice(
            "address_space_policy", ("virtualized", AddressSpacePolicy.Virtualized), ("passthrough", AddressSpacePolicy.Passthrough));
        fields.RejectUnknown();
    }

    private static List<EmulatedDeviceConfig> BindEmulated(FieldSet devices)
    {
        List<EmulatedDeviceConfig> list = [];
        foreach (FieldSet fields in devices.Entries("emu_devices", "[name, gpa, len, irq, type, [cfg ...]]", 5, 6))
        {
            list.Add(new EmulatedDeviceConfig(
                fields.Required("name@0", fields.Text("name@0")),
                fields.Required("base_gpa|gpa@1", fields.Number("base_gpa|gpa@1")),
                fields.Required("length|len@2", fields.Number("length|len@2")),
                (uint)(fields.Number("irq_id|irq@3", 0, uint.MaxValue) ?? 0),
                fields.Required("emu_type|type@4", fields.Code<EmulatedDeviceType>("emu_type|type@4")),
                fields.Numbers("cfg_list|cfg@5")));
            fields.RejectUnknown();
        }

        return list;
    }

    private static List<PassthroughDeviceConfig> BindPassthrough(FieldSet devices)
    {
        List<PassthroughDeviceConfig> list = [];
        foreach (FieldSet fields in devices.Entries("passthrough_devices", "[\"/fdt/path\"] or [name, gpa, hpa, len, irq]", 1, 5))
        {
            string name = fields.Required("name@0", fields.Text("name@0"));
            if (fields.PositionalCount is not (0 or 1 or 4 or 5))
            {
                fields.Problem("name@0", $"has {fields.PositionalCount} items where [\"/fdt/path\"] or [name, gpa, hpa, len, irq] is expected");
            }

            ulong length = fields.Number("length|len@3", 1) ?? 0;
            ulong address = fields.Number("base_gpa|gpa@1") ?? 0;
            if (length == 0 && !name.StartsWith('/'))
            {
                fields.Problem("name@0", $"\"{name}\" has no address, so it must be an FDT path that begins with '/'");
            }

            list.Add(new PassthroughDeviceConfig(
                name, address, fields.Number("base_hpa|hpa@2") ?? address, length, (uint)(fields.Number("irq_id|irq@4", 0, uint.MaxValue) ?? 0)));
            fields.RejectUnknown();
        }

        return list;
    }

    private static List<AddressRangeConfig> BindRanges(FieldSet devices, string key, ulong end)
    {
        List<AddressRangeConfig> ranges = [];
        foreach (FieldSet fields in devices.Entries(key, "[base, len]", 2, 2))
        {
            ulong first = fields.Required("base|base_gpa|gpa@0", fields.Number("base|base_gpa|gpa@0", 0, end - 1));
            ulong? length = fields.Number("length|len@1", 1);
            fields.Required("length|len@1", length);
            if (length > end - first)
            {
                fields.Problem("length|len@1", $"0x{first:x} + 0x{length:x} lies beyond 0x{end:x}");
            }

            ranges.Add(new AddressRangeConfig(first, length ?? 1));
            fields.RejectUnknown();
        }

        return ranges;
    }

    private static void BindEngine(FieldSet fields, EngineConfig target)
    {
        target.Name = fields.Text("name") ?? target.Name;
        target.Tier = fields.Text("tier") ?? target.Tier;
        target.Profile = fields.Choice("profile", ("sbi", StartProfile.Sbi), ("machine", StartProfile.Machine));
        target.Isa = fields.Text("isa");
        target.InterruptController = fields.Choice(
            "irqchip", ("kernel", InterruptControllerPlace.Kernel), ("split", InterruptControllerPlace.Split), ("none", InterruptControllerPlace.None));
        target.Mmu = fields.Choice<int>("mmu", ("sv39", 39), ("sv48", 48), ("sv57", 57)) is int bits ? $"sv{bits}" : null;
        fields.RejectUnknown();
    }

    private static void BindMemory(FieldSet fields, MemoryConfig target)
    {
        target.Size = fields.Bytes("size", 1 << 20, MaximumRam) ?? target.Size;
        target.Lazy = fields.Flag("lazy") ?? target.Lazy;
        if ((target.Size & PageMask) != 0)
        {
            fields.Problem("size", $"{target.Size} is not a multiple of 4096");
        }

        fields.RejectUnknown();
    }

    private static void BindVirtio(FieldSet fields, VirtioBusConfig target)
    {
        target.Interface = fields.Choice(
            "interface", ("modern", AxVCpu.Devices.VirtioMmioInterface.Modern), ("legacy", AxVCpu.Devices.VirtioMmioInterface.Legacy)) ?? target.Interface;
        fields.RejectUnknown();
    }

    private static void BindConsole(FieldSet fields, ConsoleConfig target)
    {
        target.Kind = fields.Choice("type", ("uart", ConsoleKind.Uart), ("virtio", ConsoleKind.Virtio)) ?? target.Kind;
        fields.RejectUnknown();
    }

    private static DiskConfig BindDisk(FieldSet fields)
    {
        DiskConfig disk = new()
        {
            Path = fields.Required("path", fields.FileName("path")),
            ReadOnly = fields.Flag("readonly") ?? false,
            Serial = fields.Text("serial"),
        };
        if (disk.Serial is { } serial && (serial.Length > 20 || serial.Any(c => c is < ' ' or > '~')))
        {
            fields.Problem("serial", $"\"{serial}\" is not at most 20 printable ASCII characters");
        }

        fields.RejectUnknown();
        return disk;
    }
}
