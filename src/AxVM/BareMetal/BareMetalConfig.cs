using System.Text;
using AxVCpu;
using AxVCpu.BareMetal.Hypervisor;
using AxVM.Boot;
using AxVM.Config;

namespace AxVM.BareMetal;

/// <summary>A configuration as the bare-metal hypervisor takes it: an aarch64 guest on the board of <see cref="GuestBoard"/>.</summary>
internal sealed class BareMetalConfig
{
    private const ulong InitrdDistance = 128UL << 20;
    private readonly VmConfig _config;
    private readonly List<MemoryRegionConfig> _regions;
    private readonly List<DiskConfig> _disks;

    private BareMetalConfig(VmConfig config, List<MemoryRegionConfig> regions, List<DiskConfig> disks)
    {
        _config = config;
        _regions = regions;
        _disks = disks;
    }

    /// <exception cref="ConfigException">A field asks for what a bare-metal VM cannot have; all such fields are named.</exception>
    public static BareMetalConfig From(VmConfig config, IReadOnlySet<uint> usedIds, IReadOnlySet<string> usedNames)
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

        BaseConfig identity = config.Base;
        KernelConfig kernel = config.Kernel;
        DevicesConfig devices = config.Devices;
        Refuse(usedIds.Contains(identity.Id), "base.id", $"{identity.Id} is the number of another VM of this archive");
        Refuse(usedNames.Contains(identity.Name), "base.name", $"\"{identity.Name}\" is the name of another VM of this archive");
        Refuse(!IsName(identity.Name), "base.name", $"\"{identity.Name}\" is not 1 to {ArchiveFormat.MaxVmNameLength} letters, digits, '-', '_' or '.'");
        Refuse(identity.CpuCount is < 1 or > ArchiveFormat.MaxVCpus, "base.cpu_num", $"{identity.CpuCount} is out of range; 1 to {ArchiveFormat.MaxVCpus} is possible on bare metal");
        Refuse(identity.PhysicalCpuIds.Any(id => (id & ~0xFF_00FF_FFFFUL) != 0), "base.phys_cpu_ids", "has a value that is no MPIDR affinity (Aff3 in bits 39:32, Aff2 to Aff0 in 23:0)");
        Refuse(identity.PhysicalCpuSets.Any(set => set == 0), "base.phys_cpu_sets", "has an empty set: that vCPU could never run");
        Refuse(identity.Weight is < 1 or > (int)ArchiveFormat.MaxWeight, "base.weight", $"{identity.Weight} is out of range; 1 to {ArchiveFormat.MaxWeight} is possible");
        Refuse(config.Base.Architecture is not (null or GuestArchitecture.Aarch64), "base.architecture", $"\"{config.Base.Architecture}\" guests do not run on bare metal; only aarch64 ones do");
        Refuse(kernel.Path is null, "kernel.kernel_path", "is missing");
        Refuse(kernel.BiosPath is not null && kernel.EnableBios != false, "kernel.bios_path", "firmware is not supported on bare metal; name the kernel only");
        Refuse(kernel.BootProtocol is not (null or "direct"), "kernel.boot_protocol", $"\"{kernel.BootProtocol}\" is not for aarch64; use \"direct\"");
        Refuse(kernel.UefiFirmwarePath is not null, "kernel.uefi_firmware_path", "is not supported on bare metal");
        Refuse(!IsLine(kernel.CommandLine, ArchiveFormat.MaxCommandLineLength), "kernel.cmdline", $"is longer than {ArchiveFormat.MaxCommandLineLength} bytes, or has a control character");
        Refuse(config.Engine.Name is not ("auto" or "baremetal"), "engine.name", $"\"{config.Engine.Name}\" is not the bare-metal hypervisor; remove it");
        Refuse(config.Engine.Isa is not null, "engine.isa", "is for riscv64 guests; remove it");
        Refuse(config.Engine.Mmu is not null, "engine.mmu", "is for riscv64 guests; remove it");
        Refuse(config.Virtio.Interface != AxVCpu.Devices.VirtioMmioInterface.Modern, "virtio.interface", "\"legacy\" is not available on bare metal; use \"modern\"");
        Refuse(config.Flash.Count != 0, "pflash", "there is no flash on bare metal; remove it");
        Refuse(config.ExtraDevices.Count != 0, "device", "further virtio devices are not available on bare metal; remove them");
        Refuse(devices.PassthroughPorts.Count != 0, "devices.passthrough_ports", "aarch64 has no ports; remove them");
        Refuse(devices.AddressSpacePolicy == AddressSpacePolicy.Passthrough, "devices.address_space_policy", "\"passthrough\" would show the guest all of the host; list what it needs in passthrough_devices");
        Refuse(devices.InterruptMode is InterruptMode.Passthrough or InterruptMode.None, "devices.interrupt_mode", "the interrupt controller is always emulated; use \"emulated\", or remove it");
        Refuse(devices.Passthrough.Count > ArchiveFormat.MaxPassthrough, "devices.passthrough_devices", $"has {devices.Passthrough.Count} entries; at most {ArchiveFormat.MaxPassthrough} are possible");
        Refuse(devices.PassthroughAddresses.Count > ArchiveFormat.MaxPassthrough, "devices.passthrough_addresses", $"has {devices.PassthroughAddresses.Count} entries; at most {ArchiveFormat.MaxPassthrough} are possible");
        Refuse(devices.Passthrough.Any(device => device.Length != 0 && !IsPages(device.Address, device.HostAddress, device.Length)), "devices.passthrough_devices", "has an address or length that is not a multiple of 4096");
        Refuse(devices.PassthroughAddresses.Any(range => !IsPages(range.Address, range.Address, range.Length)), "devices.passthrough_addresses", "has an address or length that is not a multiple of 4096");
        Refuse(devices.Excluded.Count != 0, "devices.excluded_devices", "leaves out parts of a passthrough of everything; here only what is listed is passed through: remove it");
        foreach (EmulatedDeviceConfig device in devices.Emulated.Where(device => !IsKnownDevice(device)))
        {
            Refuse(true, "devices.emu_devices", $"\"{device.Name}\" ({device.Type} at 0x{device.Address:x}) is not a device of the bare-metal board; its addresses are in docs/baremetal.md");
        }

        Refuse(config.Modules.Count != 0, "module", "modules are for x86_64 kernels; remove them");
        Refuse(config.Channels.Count > ArchiveFormat.MaxChannelRules, "channel", $"has {config.Channels.Count} entries; at most {ArchiveFormat.MaxChannelRules} are possible");
        List<DiskConfig> disks = [.. config.Disks];
        if (kernel.DiskPath is { } disk)
        {
            disks.Insert(0, new DiskConfig { Path = disk });
        }

        Refuse(disks.Count > ArchiveFormat.MaxDisks, "disk", $"{disks.Count} disks are too many; at most {ArchiveFormat.MaxDisks} are possible");
        List<MemoryRegionConfig> regions = FindRegions(config, Refuse);
        return problems.Count == 0 ? new BareMetalConfig(config, regions, disks) : throw new ConfigException(problems);
    }

    /// <summary>Reads the files, finds their places, and writes the manifest.</summary>
    /// <param name="manifest">The manifest.</param>
    /// <param name="flags">The VM's switches.</param>
    /// <param name="addFile">Stores a file, and gives its number.</param>
    public void WriteTo(ManifestWriter manifest, VmFlags flags, Func<string, ReadOnlyMemory<byte>, uint> addFile)
    {
        BaseConfig identity = _config.Base;
        KernelConfig kernel = _config.Kernel;
        manifest.Add(ManifestTag.Id, identity.Id);
        manifest.Add(ManifestTag.Name, identity.Name);
        manifest.Add(ManifestTag.CpuCount, (uint)identity.CpuCount);
        manifest.Add(ManifestTag.Weight, (uint)identity.Weight);
        manifest.Add(ManifestTag.Flags, (uint)(_config.Console.Kind == ConsoleKind.Virtio ? flags | VmFlags.VirtioConsole : flags));
        foreach (ulong set in identity.PhysicalCpuSets)
        {
            manifest.Add(ManifestTag.CpuSet, set);
        }

        foreach (ulong id in identity.PhysicalCpuIds)
        {
            manifest.Add(ManifestTag.CpuId, id);
        }

        foreach (MemoryRegionConfig region in _regions)
        {
            manifest.Add(ManifestTag.Region, (region.Address, 8), (region.Size, 8), ((ulong)region.Flags, 4), ((ulong)region.MapType, 4));
        }

        WriteImages(manifest, addFile);
        if (!string.IsNullOrEmpty(kernel.CommandLine))
        {
            manifest.Add(ManifestTag.CommandLine, kernel.CommandLine);
        }

        WriteDevices(manifest, addFile);
    }

    private void WriteImages(ManifestWriter manifest, Func<string, ReadOnlyMemory<byte>, uint> addFile)
    {
        KernelConfig kernel = _config.Kernel;
        // What somebody else reserved is not for our files, when there is other RAM: it is not cleared before a start, and may hold something.
        List<MemoryRegionConfig> memory = [.. _regions.Where(region => (region.Flags & (uint)MappingFlags.Device) == 0)];
        bool hasOwn = memory.Any(region => region.MapType != MemoryMapType.Reserved);
        List<AddressRangeConfig> ram = [.. memory.Where(region => !hasOwn || region.MapType != MemoryMapType.Reserved)
            .OrderBy(region => region.Address).Select(region => new AddressRangeConfig(region.Address, region.Size))];
        ulong size = ram.Aggregate(0UL, (sum, region) => sum + region.Length);
        BootLayout layout = new(ram);
        foreach (AddressRangeConfig reserved in _config.Devices.ReservedAddresses.Where(range => layout.IsRam(range.Address, range.Length)))
        {
            layout.Place("the reserved range", reserved.Address, default, reserved.Length);
        }

        string path = _config.ResolvePath(kernel.Path!);
        KernelImage image = KernelImage.Load(path, GuestArchitecture.Aarch64, size);
        ulong start = kernel.LoadAddress ?? (ram[0].Address + image.TextOffset);
        ulong entry = Place(layout, manifest, image, start, addFile);
        if (kernel.RamdiskPath is { } ramdisk)
        {
            ReadOnlyMemory<byte> data = ImageFile.Read(_config.ResolvePath(ramdisk), ImageFile.MaximumBytes);
            if (data.IsEmpty)
            {
                throw new ImageException(ramdisk, "is empty");
            }

            string name = $"the ramdisk {ramdisk}";
            PlacedImage placed = kernel.RamdiskLoadAddress is ulong address
                ? layout.Place(name, address, data)
                : layout.PlaceNear(name, data, (ram[0].Address + ulong.Min(ram[0].Length / 2, InitrdDistance)) & ~0xfffUL);
            manifest.Add(ManifestTag.Ramdisk, ((ulong)addFile(Path.GetFileName(ramdisk), data), 4), (0UL, 4), (placed.Address, 8));
        }

        WriteTree(layout, manifest, addFile);
        manifest.Add(ManifestTag.Entry, kernel.EntryPoint ?? entry);
    }

    private void WriteTree(BootLayout layout, ManifestWriter manifest, Func<string, ReadOnlyMemory<byte>, uint> addFile)
    {
        KernelConfig kernel = _config.Kernel;
        byte[] tree = new byte[GuestBoard.DeviceTreeRoom];
        if (kernel.DtbPath is { } dtb)
        {
            tree = ImageFile.Read(_config.ResolvePath(dtb), Fdt.FlattenedDeviceTree.MaximumSize).ToArray();
            try
            {
                Fdt.FlattenedDeviceTree.Read(tree);
            }
            catch (Fdt.FdtException e)
            {
                throw new ImageException(dtb, e.Message, e);
            }
        }

        PlacedImage placed = kernel.DtbLoadAddress is ulong address
            ? layout.Place("the devicetree", address, tree)
            : layout.PlaceHigh("the devicetree", tree, GuestBoard.DeviceTreeAlignment, GuestBoard.AddressLimit);
        if (kernel.DtbPath is { } file)
        {
            manifest.Add(ManifestTag.DeviceTree, ((ulong)addFile(Path.GetFileName(file), tree), 4), (0UL, 4), (placed.Address, 8));
        }
        else
        {
            manifest.Add(ManifestTag.DeviceTreeAddress, placed.Address);
        }
    }

    /// <summary>Places an image and returns its entry.</summary>
    private ulong Place(BootLayout layout, ManifestWriter manifest, KernelImage image, ulong start, Func<string, ReadOnlyMemory<byte>, uint> addFile)
    {
        string file = Path.GetFileName(image.Name);
        string name = $"the kernel {image.Name}";
        if (image.Format != ImageFormat.Elf)
        {
            layout.Place(name, start, image.Segments[0].Data, image.MemorySize);
            manifest.Add(ManifestTag.Image, ((ulong)addFile(file, image.Segments[0].Data), 4), (0UL, 4), (start, 8));
            return start;
        }

        if (image.Segments.Count > ArchiveFormat.MaxImages)
        {
            throw new ImageException(image.Name, $"has {image.Segments.Count} segments to load; at most {ArchiveFormat.MaxImages} are possible on bare metal");
        }

        // Memory is zeroed before each start, so that the part of a segment beyond its file data needs nothing.
        ulong move = _config.Kernel.LoadAddress is ulong wanted ? unchecked(wanted - image.Segments.Min(segment => segment.Address)) : 0;
        foreach (ImageSegment segment in image.Segments)
        {
            ulong address = unchecked(segment.Address + move);
            ulong skip = layout.IsRam(address, segment.MemorySize) ? 0 : segment.HeaderBytes;
            if (skip >= segment.MemorySize)
            {
                continue;
            }

            layout.Place(name, unchecked(address + skip), segment.Data[(int)skip..], segment.MemorySize - skip);
            manifest.Add(ManifestTag.Image, ((ulong)addFile($"{file}@{address + skip:x}", segment.Data[(int)skip..]), 4), (0UL, 4), (unchecked(address + skip), 8));
        }

        return unchecked(image.Entry!.Value + move);
    }

    private void WriteDevices(ManifestWriter manifest, Func<string, ReadOnlyMemory<byte>, uint> addFile)
    {
        DevicesConfig devices = _config.Devices;
        foreach (EmulatedDeviceConfig device in devices.Emulated)
        {
            manifest.Add(ManifestTag.Device, ((ulong)device.Type, 4), ((ulong)device.Irq, 4), (device.Address, 8), (device.Length, 8));
        }

        foreach (PassthroughDeviceConfig device in devices.Passthrough)
        {
            if (device.Length == 0)
            {
                manifest.Add(ManifestTag.PassthroughNode, device.Name);
            }
            else
            {
                manifest.Add(ManifestTag.PassthroughRange, (device.Address, 8), (device.HostAddress, 8), (device.Length, 8), ((ulong)device.Irq, 4), (0UL, 4));
            }
        }

        foreach (AddressRangeConfig range in devices.PassthroughAddresses)
        {
            manifest.Add(ManifestTag.PassthroughRange, (range.Address, 8), (range.Address, 8), (range.Length, 8), (0UL, 4), (0UL, 4));
        }

        foreach (ChannelConfig channel in _config.Channels)
        {
            manifest.Add(
                ManifestTag.ChannelRule, (channel.Key, 8), ((ulong)(channel.Subscriber ?? ChannelPeer.Any), 4), (channel.CanWrite ? 3UL : 1UL, 4));
        }

        foreach (DiskConfig disk in _disks)
        {
            ReadOnlyMemory<byte> data = ImageFile.Read(_config.ResolvePath(disk.Path), ImageFile.MaximumBytes);
            if (data.Length < 512)
            {
                throw new ImageException(disk.Path, "is shorter than one sector of 512 bytes");
            }

            manifest.Add(ManifestTag.Disk, ((ulong)addFile(Path.GetFileName(disk.Path), data), 4), (disk.ReadOnly ? 1UL : 0UL, 4));
        }
    }

    private static List<MemoryRegionConfig> FindRegions(VmConfig config, Action<bool, string, string> refuse)
    {
        const string Field = "kernel.memory_regions";
        List<MemoryRegionConfig> regions = config.Kernel.MemoryRegions.Count > 0
            ? [.. config.Kernel.MemoryRegions]
            : [new MemoryRegionConfig(GuestBoard.Ram, config.Memory.Size, 7, MemoryMapType.Allocate)];
        refuse(regions.Count > ArchiveFormat.MaxRegions, Field, $"has {regions.Count} entries; at most {ArchiveFormat.MaxRegions} are possible on bare metal");
        refuse(
            regions.All(region => (region.Flags & (uint)(MappingFlags.Device | MappingFlags.Write)) != (uint)MappingFlags.Write), Field, "has no RAM: no region that is writable and no device");
        foreach (MemoryRegionConfig region in regions)
        {
            refuse(
                region.Address >= GuestBoard.AddressLimit || region.Size > GuestBoard.AddressLimit - region.Address,
                Field, $"0x{region.Address:x} with 0x{region.Size:x} bytes lies beyond the guest's 39 bits of address");
            refuse(
                region.Address < GuestBoard.DevicesEnd && region.Address + region.Size > GuestBoard.DevicesStart,
                Field, $"0x{region.Address:x} overlaps the board's devices at 0x{GuestBoard.DevicesStart:x} to 0x{GuestBoard.DevicesEnd - 1:x}");
        }

        return regions;
    }

    private static bool IsKnownDevice(EmulatedDeviceConfig device) => device.Type switch
    {
        EmulatedDeviceType.Dummy => true,
        EmulatedDeviceType.InterruptController or EmulatedDeviceType.GpptDistributor => device.Address == GuestBoard.Distributor,
        EmulatedDeviceType.GpptRedistributor => device.Address == GuestBoard.Redistributors,
        EmulatedDeviceType.Console => device.Address == GuestBoard.Uart,
        EmulatedDeviceType.IvcChannel => IsPages(device.Address, device.Address, device.Length) && device.Irq is 0 or (>= 32 and < 32 + GuestBoard.Spis),
        _ => false,
    };

    private static bool IsPages(ulong address, ulong hostAddress, ulong length) =>
        ((address | hostAddress | length) & 0xfff) == 0 && length != 0 && length <= GuestBoard.AddressLimit && address <= GuestBoard.AddressLimit - length;

    private static bool IsName(string name) =>
        name.Length is > 0 and <= ArchiveFormat.MaxVmNameLength && name.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_' or '.');

    private static bool IsLine(string? text, int limit) =>
        text is null || (Encoding.UTF8.GetByteCount(text) <= limit && !text.Any(char.IsControl));
}
