using AxVCpu.Software.Riscv64;
using AxVCpu.Software.Riscv64.Isa;
using AxVM.Config;

namespace AxVM.Boards;

/// <summary>A configuration as the riscv64 <c>virt</c> board takes it: checked, with every choice made.</summary>
internal sealed class Riscv64VirtConfig
{
    private Riscv64VirtConfig(VmConfig config, IsaExtensions isa, ExecutionTier tier, IReadOnlyList<AddressRangeConfig> ram, IReadOnlyList<DiskConfig> disks)
    {
        Config = config;
        Isa = isa;
        Tier = tier;
        Ram = ram;
        Disks = disks;
    }

    /// <summary>The configuration.</summary>
    public VmConfig Config { get; }

    /// <summary>What the harts implement.</summary>
    public IsaExtensions Isa { get; }

    /// <summary>How guest code is executed.</summary>
    public ExecutionTier Tier { get; }

    /// <summary>RAM regions by ascending address; the first holds the board's RAM base.</summary>
    public IReadOnlyList<AddressRangeConfig> Ram { get; }

    /// <summary>The RAM as it is mapped: regions with their rights.</summary>
    public IReadOnlyList<MemoryRegionConfig> Mappings => Config.Kernel.MemoryRegions.Count > 0
        ? Config.Kernel.MemoryRegions
        : [new MemoryRegionConfig(Riscv64VirtLayout.Ram, Config.Memory.Size, 7, MemoryMapType.Allocate)];

    /// <summary>Ranges of RAM that nothing is placed in and the guest is told to leave alone.</summary>
    public IEnumerable<AddressRangeConfig> Reserved => Config.Devices.ReservedAddresses.Where(range => Ram.Any(ram =>
        range.Address >= ram.Address && range.Address - ram.Address <= ram.Length && range.Length <= ram.Length - (range.Address - ram.Address)));

    /// <summary>All disks, also those of the original's fields.</summary>
    public IReadOnlyList<DiskConfig> Disks { get; }

    /// <summary>Whether there is firmware.</summary>
    public bool HasFirmware => Config.Kernel.BiosPath is not null && Config.Kernel.EnableBios != false;

    /// <summary>Whether there is anything to start: firmware, a kernel or flash.</summary>
    public bool HasProgram => HasFirmware || Config.Kernel.Path is not null || Config.Flash.Count != 0;

    /// <summary>Bytes of RAM in all.</summary>
    public ulong RamBytes => Ram.Aggregate(0UL, (sum, region) => sum + region.Length);

    /// <summary>Number of virtio slots in use.</summary>
    public int VirtioDevices => Disks.Count + Config.ExtraDevices.Count + (Config.Console.Kind == ConsoleKind.Virtio ? 1 : 0);

    /// <exception cref="ConfigException">A field asks for what this board or engine does not have; all such fields are named.</exception>
    public static Riscv64VirtConfig From(VmConfig config)
    {
        List<ConfigProblem> problems = [];
        void Problem(string field, string message)
        {
            AxVM.Config.Toml.TomlPosition place = config.Places.GetValueOrDefault(field);
            problems.Add(new ConfigProblem(config.SourcePath, place.Line, place.Column, field, message));
        }

        void Refuse(bool isWrong, string field, string message)
        {
            if (isWrong)
            {
                Problem(field, message);
            }
        }

        KernelConfig kernel = config.Kernel;
        DevicesConfig devices = config.Devices;
        Refuse(config.Base.CpuCount is < 1 or > BaseConfig.MaximumCpus, "base.cpu_num", $"{config.Base.CpuCount} is out of range; 1 to {BaseConfig.MaximumCpus} is possible");
        Refuse(
            config.Base.PhysicalCpuIds.Where((id, index) => id != (ulong)index).Any(), "base.phys_cpu_ids", "the virt board numbers its harts 0, 1, 2 ...");
        Refuse(config.Base.PhysicalCpuSets.Count != 0 && !HostAffinity.IsPossible, "base.phys_cpu_sets", "vCPU threads cannot be bound to CPUs on this host; remove it");
        Refuse(kernel.ImageLocation == "memory", "kernel.image_location", "\"memory\" needs images built into the hypervisor; use \"fs\"");
        Refuse(kernel.BootProtocol is not (null or "direct"), "kernel.boot_protocol", $"\"{kernel.BootProtocol}\" is not for riscv64; use \"direct\"");
        Refuse(kernel.UefiFirmwarePath is not null, "kernel.uefi_firmware_path", "is not supported on this board; use bios_path");
        Refuse(config.Engine.Name is not ("auto" or "software"), "engine.name", $"\"{config.Engine.Name}\" has no riscv64 guests; use \"software\"");
        Refuse(config.Engine.InterruptController is not null, "engine.irqchip", "is of x86_64 guests; remove it");
        ExecutionTier tier = FindTier(config, Problem);
        Refuse(devices.InterruptMode == InterruptMode.Passthrough, "devices.interrupt_mode", "\"passthrough\" needs the host's interrupt controller, which the software engine does not have; use \"emulated\"");
        Refuse(devices.AddressSpacePolicy == AddressSpacePolicy.Passthrough, "devices.address_space_policy", "\"passthrough\" is not supported by the software engine; use \"virtualized\"");
        Refuse(devices.Passthrough.Count != 0, "devices.passthrough_devices", $"\"{string.Join(", ", devices.Passthrough.Select(device => device.Name))}\" cannot be passed through by the software engine; remove it");
        Refuse(devices.PassthroughAddresses.Count != 0, "devices.passthrough_addresses", "cannot be passed through by the software engine; remove them");
        Refuse(devices.PassthroughPorts.Count != 0, "devices.passthrough_ports", "riscv64 has no ports; remove them");
        Refuse(config.Modules.Count != 0, "module", "modules are for x86_64 kernels; remove them");
        Refuse(config.Channels.Count != 0, "channel", "memory channels are a service of the bare-metal hypervisor; remove it");
        Refuse(config.Base.Weight != BaseConfig.DefaultWeight, "base.weight", "the host's scheduler shares the CPUs here; remove it");
        IsaExtensions isa = IsaExtensions.Default;
        string? isaProblem = null;
        Refuse(config.Engine.Isa is { } text && !IsaString.TryParse(text, out isa, out isaProblem), "engine.isa", isaProblem ?? string.Empty);
        Refuse(isaProblem is null && (isa & (IsaExtensions.I | IsaExtensions.Zicsr)) != (IsaExtensions.I | IsaExtensions.Zicsr), "engine.isa", "must have zicsr");
        List<AddressRangeConfig> ram = FindRam(config, Problem);
        List<DiskConfig> disks = FindDisks(config, Problem);
        Riscv64VirtConfig result = new(config, isa, tier, ram, disks);
        Refuse(result.VirtioDevices > Riscv64VirtLayout.VirtioSlots, "disk", $"{result.VirtioDevices} virtio devices do not fit the board's {Riscv64VirtLayout.VirtioSlots} slots");
        Refuse(config.Flash.Count > Riscv64VirtLayout.FlashBanks, "pflash", $"{config.Flash.Count} are too many; the board has {Riscv64VirtLayout.FlashBanks} banks of flash");
        return problems.Count == 0 ? result : throw new ConfigException(problems);
    }

    private static ExecutionTier FindTier(VmConfig config, Action<string, string> problem)
    {
        if (EngineTierNames.TryParse(config.Engine.Tier, out ExecutionTier tier))
        {
            if (tier == ExecutionTier.Both && config.Base.CpuCount != 1)
            {
                problem("engine.tier", $"\"both\" compares the tiers of one vCPU, and base.cpu_num is {config.Base.CpuCount}");
            }

            return tier;
        }

        problem("engine.tier", $"\"{config.Engine.Tier}\" is not a tier of the software engine; {EngineTierNames.Listed} are possible");
        return ExecutionTier.Auto;
    }

    private static List<AddressRangeConfig> FindRam(VmConfig config, Action<string, string> problem)
    {
        if (config.Kernel.MemoryRegions.Count == 0)
        {
            return [new AddressRangeConfig(Riscv64VirtLayout.Ram, config.Memory.Size)];
        }

        List<AddressRangeConfig> ram = [];
        foreach (MemoryRegionConfig region in config.Kernel.MemoryRegions.OrderBy(region => region.Address))
        {
            if (region.MapType == MemoryMapType.Reserved)
            {
                problem("kernel.memory_regions", $"0x{region.Address:x}: map_type 2 (existing host memory) is not possible in a process; use 0");
            }

            if ((region.Flags & ~7u) != 0 || (region.Flags & 1) == 0)
            {
                problem("kernel.memory_regions", $"0x{region.Address:x}: flags 0x{region.Flags:x} are not for RAM; read 1 with or without write 2 and execute 4 is possible");
            }

            if (region.Address < Riscv64VirtLayout.Ram)
            {
                problem("kernel.memory_regions", $"0x{region.Address:x} is below the board's RAM at 0x{Riscv64VirtLayout.Ram:x}, where its devices are");
            }

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

        if (ram.Count > 0 && ram[0].Address != Riscv64VirtLayout.Ram)
        {
            problem("kernel.memory_regions", $"the first region must begin at the board's RAM base 0x{Riscv64VirtLayout.Ram:x}");
        }

        return ram;
    }

    private static List<DiskConfig> FindDisks(VmConfig config, Action<string, string> problem)
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
                EmulatedDeviceType.InterruptController or EmulatedDeviceType.PpptGlobal => device.Address == Riscv64VirtLayout.Plic,
                EmulatedDeviceType.Console => device.Address == Riscv64VirtLayout.Uart,
                // The board has its slots at fixed places; what fills them is given by [[disk]] and [[device]].
                _ => false,
            };
            if (!isOurs)
            {
                problem("devices.emu_devices", $"\"{device.Name}\" ({device.Type} at 0x{device.Address:x}) is not a device of the virt board; disks are given as [[disk]], consoles by [console]");
            }
        }

        return disks;
    }
}
