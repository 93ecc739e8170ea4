using AxVCpu.Devices;
using AxVCpu.Kvm;
using AxVM.Boot;
using AxVM.Config;

namespace AxVM.Boards;

/// <summary>A configuration as the x86-64 <c>virt</c> board takes it: checked, with every choice made.</summary>
internal sealed class X64VirtConfig
{
    private const uint RamFlags = 7;
    private const ulong LeastRam = 4UL << 20;

    private X64VirtConfig(
        VmConfig config, IReadOnlyList<AddressRangeConfig> ram, IReadOnlyList<DiskConfig> disks, X64InterruptController interruptController)
    {
        Config = config;
        Ram = ram;
        Disks = disks;
        InterruptController = interruptController;
        Usable = [.. FindUsable(ram)];
        Map = [.. FindMap(Usable)];
    }

    /// <summary>The configuration.</summary>
    public VmConfig Config { get; }

    /// <summary>RAM as it is mapped, by ascending address, the part at address 0 first.</summary>
    public IReadOnlyList<AddressRangeConfig> Ram { get; }

    /// <summary>RAM that the memory map gives to the guest: the low part, then the part from 1 MiB on, then others.</summary>
    public IReadOnlyList<AddressRangeConfig> Usable { get; }

    /// <summary>The memory map.</summary>
    public IReadOnlyList<E820Range> Map { get; }

    /// <summary>All disks, also those of the original's fields.</summary>
    public IReadOnlyList<DiskConfig> Disks { get; }

    /// <summary>Where the interrupt controllers are.</summary>
    public X64InterruptController InterruptController { get; }

    /// <summary>Bytes of RAM in all.</summary>
    public ulong RamBytes => Ram.Aggregate(0UL, (sum, region) => sum + region.Length);

    /// <summary>Ranges of RAM that nothing is placed in.</summary>
    public IEnumerable<AddressRangeConfig> Reserved => Config.Devices.ReservedAddresses.Where(range => Usable.Any(ram =>
        range.Address >= ram.Address && range.Address - ram.Address <= ram.Length && range.Length <= ram.Length - (range.Address - ram.Address)));

    /// <exception cref="ConfigException">A field asks for what this board or engine does not have; all such fields are named.</exception>
    public static X64VirtConfig From(VmConfig config)
    {
        List<ConfigProblem> problems = [];
        void Refuse(bool isWrong, string field, string message)
        {
            if (isWrong)
            {
                AxVM.Config.Toml.TomlPosition place = config.Places.GetValueOrDefault(field);
                problems.Add(new ConfigProblem(config.SourcePath, place.Line, place.Column, field, message));
            }
        }

        KernelConfig kernel = config.Kernel;
        DevicesConfig devices = config.Devices;
        EngineConfig engine = config.Engine;
        Refuse(config.Base.CpuCount is < 1 or > BaseConfig.MaximumCpus, "base.cpu_num", $"{config.Base.CpuCount} is out of range; 1 to {BaseConfig.MaximumCpus} is possible");
        Refuse(config.Base.PhysicalCpuIds.Where((id, index) => id != (ulong)index).Any(), "base.phys_cpu_ids", "the virt board numbers its processors 0, 1, 2 ...");
        Refuse(config.Base.PhysicalCpuSets.Count != 0 && !HostAffinity.IsPossible, "base.phys_cpu_sets", "vCPU threads cannot be bound to CPUs on this host; remove it");
        Refuse(kernel.ImageLocation == "memory", "kernel.image_location", "\"memory\" needs images built into the hypervisor; use \"fs\"");
        Refuse(kernel.BootProtocol is not (null or "direct"), "kernel.boot_protocol", $"\"{kernel.BootProtocol}\" is not supported for x86_64; use \"direct\"");
        Refuse(kernel.BiosPath is not null && kernel.EnableBios != false, "kernel.bios_path", "the x86-64 board starts kernels directly; remove it");
        Refuse(kernel.UefiFirmwarePath is not null, "kernel.uefi_firmware_path", "the x86-64 board starts kernels directly; remove it");
        Refuse(kernel.DtbPath is not null, "kernel.dtb_path", "an x86-64 guest is shown ACPI tables, not a devicetree; remove it");
        Refuse(engine.Name is not ("auto" or "kvm"), "engine.name", $"\"{engine.Name}\" has no x86_64 guests; use \"kvm\"");
        Refuse(engine.Tier != "auto", "engine.tier", "is of the software engine; remove it");
        Refuse(engine.Profile is not null, "engine.profile", "is of riscv64 guests; remove it");
        Refuse(engine.Isa is not null, "engine.isa", "is of riscv64 guests; remove it");
        Refuse(engine.Mmu is not null, "engine.mmu", "is of riscv64 guests; remove it");
        Refuse(devices.InterruptMode == InterruptMode.Passthrough, "devices.interrupt_mode", "\"passthrough\" is not possible in a process; use \"emulated\"");
        Refuse(devices.AddressSpacePolicy == AddressSpacePolicy.Passthrough, "devices.address_space_policy", "\"passthrough\" is not possible in a process; use \"virtualized\"");
        Refuse(devices.Passthrough.Count != 0, "devices.passthrough_devices", $"\"{string.Join(", ", devices.Passthrough.Select(device => device.Name))}\" cannot be passed through; remove it");
        Refuse(devices.PassthroughAddresses.Count != 0, "devices.passthrough_addresses", "cannot be passed through; remove them");
        Refuse(devices.PassthroughPorts.Count != 0, "devices.passthrough_ports", "cannot be passed through; remove them");
        List<AddressRangeConfig> ram = FindRam(config, Refuse);
        List<DiskConfig> disks = FindDisks(config, Refuse);
        int slots = disks.Count + config.ExtraDevices.Count + (config.Console.Kind == ConsoleKind.Virtio ? 1 : 0);
        Refuse(config.Flash.Count != 0, "pflash", "the x86_64 board has no flash; remove it");
        Refuse(slots > X64VirtLayout.VirtioSlots, "disk", $"{slots} virtio devices do not fit the board's {X64VirtLayout.VirtioSlots} slots");
        X64InterruptController interruptController = engine.InterruptController switch
        {
            InterruptControllerPlace.Kernel => X64InterruptController.Kernel,
            InterruptControllerPlace.None => X64InterruptController.None,
            InterruptControllerPlace.Split => X64InterruptController.Split,
            // Small kernels know the pair of 8259s and the 8254 behind it, which only the engine's kernel has.
            _ when kernel.Path is { } path && ImageFile.IsSmallKernel(config.ResolvePath(path)) => X64InterruptController.Kernel,
            _ => X64InterruptController.Split,
        };
        return problems.Count == 0 ? new X64VirtConfig(config, ram, disks, interruptController) : throw new ConfigException(problems);
    }

    private static List<AddressRangeConfig> FindRam(VmConfig config, Action<bool, string, string> refuse)
    {
        const string Regions = "kernel.memory_regions";
        if (config.Kernel.MemoryRegions.Count == 0)
        {
            ulong size = config.Memory.Size;
            refuse(size < LeastRam, "memory.size", $"{ByteSize.Format(size)} is too little for an x86-64 guest; at least {ByteSize.Format(LeastRam)} is needed");
            return size <= X64VirtLayout.DeviceHole
                ? [new AddressRangeConfig(0, size)]
                : [new AddressRangeConfig(0, X64VirtLayout.DeviceHole), new AddressRangeConfig(X64VirtLayout.FarRam, size - X64VirtLayout.DeviceHole)];
        }

        List<AddressRangeConfig> ram = [];
        foreach (MemoryRegionConfig region in config.Kernel.MemoryRegions.OrderBy(region => region.Address))
        {
            refuse(region.MapType == MemoryMapType.Reserved, Regions, $"0x{region.Address:x}: map_type 2 (existing host memory) is not possible in a process; use 0");
            refuse(region.Flags != RamFlags, Regions, $"0x{region.Address:x}: flags 0x{region.Flags:x} are not for RAM; 7 (read, write, execute) is possible");
            refuse(
                region.Address < X64VirtLayout.FarRam && region.Address + region.Size > X64VirtLayout.DeviceHole,
                Regions, $"0x{region.Address:x} reaches into the board's devices at 0x{X64VirtLayout.DeviceHole:x} to 0x{X64VirtLayout.FarRam - 1:x}");
            AddressRangeConfig next = new(region.Address, region.Size);
            if (ram.Count > 0 && ram[^1].Address + ram[^1].Length == next.Address)
            {
                // Neighbours are one RAM to the guest.
                ram[^1] = new AddressRangeConfig(ram[^1].Address, ram[^1].Length + next.Length);
            }
            else
            {
                ram.Add(next);
            }
        }

        refuse(ram[0].Address != 0 || ram[0].Length < LeastRam, Regions, $"the first region must begin at 0 and have at least {ByteSize.Format(LeastRam)}");
        return ram;
    }

    /// <summary>Everything but the top of the low memory and the table area.</summary>
    private static IEnumerable<AddressRangeConfig> FindUsable(IReadOnlyList<AddressRangeConfig> ram)
    {
        yield return new AddressRangeConfig(0, X64VirtLayout.ExtendedBiosData);
        yield return new AddressRangeConfig(X64VirtLayout.HighRam, ram[0].Length - X64VirtLayout.HighRam);
        foreach (AddressRangeConfig region in ram.Skip(1))
        {
            yield return region;
        }
    }

    private static IEnumerable<E820Range> FindMap(IReadOnlyList<AddressRangeConfig> usable)
    {
        yield return new E820Range(0, X64VirtLayout.ExtendedBiosData, E820Type.Usable);
        yield return new E820Range(X64VirtLayout.ExtendedBiosData, X64VirtLayout.LowRamEnd - X64VirtLayout.ExtendedBiosData, E820Type.Reserved);
        yield return new E820Range(X64VirtLayout.TableArea, X64VirtLayout.TableAreaSize, E820Type.Reserved);
        foreach (AddressRangeConfig region in usable.Skip(1))
        {
            yield return new E820Range(region.Address, region.Length, E820Type.Usable);
        }
    }

    private static List<DiskConfig> FindDisks(VmConfig config, Action<bool, string, string> refuse)
    {
        List<DiskConfig> disks = [];
        if (config.Kernel.DiskPath is { } path)
        {
            disks.Add(new DiskConfig { Path = path });
        }

        disks.AddRange(config.Disks);
        foreach (EmulatedDeviceConfig device in config.Devices.Emulated)
        {
            bool isOurs = device.Type switch
            {
                EmulatedDeviceType.Dummy => true,
                EmulatedDeviceType.InterruptController => device.Address == LocalApic.DefaultBase,
                EmulatedDeviceType.X86IoApic => device.Address == X64VirtLayout.IoApic,
                EmulatedDeviceType.X86Pit => device.Address == X64VirtLayout.TimerPort,
                EmulatedDeviceType.Console => device.Address == X64VirtLayout.UartPort,
                _ => false,
            };
            refuse(
                !isOurs,
                "devices.emu_devices", $"\"{device.Name}\" ({device.Type} at 0x{device.Address:x}) is not a device of the x86-64 virt board; disks are given as [[disk]], consoles by [console]");
        }

        return disks;
    }
}
