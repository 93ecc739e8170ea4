using AxVM.Config;

namespace AxVM.Tests.Config;

public sealed class VmConfigTests
{
    private const string Riscv = """
        # A Linux guest as the original family describes it.
        [base]
        id = 1
        name = "linux-qemu"
        vm_type = 0x1
        cpu_num = 2
        phys_cpu_ids = [0, 1]
        phys_cpu_sets = [1, 0b10]

        [kernel]
        entry_point = 0x8020_0000
        image_location = "fs"
        kernel_path = "/guest/linux/linux-qemu"
        kernel_load_addr = 0x8020_0000
        dtb_path = "/guest/linux/linux.dtb"
        dtb_load_addr = 0x8000_0000
        ramdisk_load_addr = 0x9000_0000
        cmdline = "console=ttyS0 root=/dev/vda"
        memory_regions = [
          [0x8000_0000, 0x1000_0000, 0x7, 1], # System RAM, identical
          { gpa = 0xa000_0000, size = 0x10_0000, flags = 0x3, map_type = 0 },
        ]

        [devices]
        emu_devices = [
          ["plic", 0xc00_0000, 0x21_0000, 0, 0x30, [2, 3]],
          ["blk", 0x1000_1000, 0x1000, 1, 0xE1],
          { name = "con", base_gpa = 0x1000_2000, length = 0x1000, irq_id = 2, emu_type = 0xE3, cfg_list = [] },
        ]
        passthrough_devices = [
          ["/soc/serial@10000000"],
          ["rtc", 0x10_1000, 0x10_1000, 0x1000, 11],
        ]
        passthrough_addresses = [[0x28041000, 0x100_0000]]
        excluded_devices = [["/gic-v3"], "/timer"]
        passthrough_ports = [[0x3f8, 8]]
        interrupt_mode = "pt"
        address_space_policy = "virtualized"
        """;

    [Fact]
    public void A_configuration_of_the_original_is_read_whole()
    {
        VmConfig config = VmConfig.Parse(Riscv);
        Assert.Equal(1u, config.Base.Id);
        Assert.Equal("linux-qemu", config.Base.Name);
        Assert.Equal(VmType.Rtos, config.Base.VmType);
        Assert.Equal([1UL, 2UL], config.Base.PhysicalCpuSets);
        Assert.Equal(0x8020_0000UL, config.Kernel.EntryPoint);
        Assert.Equal(
            [new MemoryRegionConfig(0x8000_0000, 0x1000_0000, 7, MemoryMapType.Identical), new MemoryRegionConfig(0xa000_0000, 0x10_0000, 3, MemoryMapType.Allocate)],
            config.Kernel.MemoryRegions);
        Assert.Equal([EmulatedDeviceType.PpptGlobal, EmulatedDeviceType.VirtioBlk, EmulatedDeviceType.VirtioConsole], config.Devices.Emulated.Select(device => device.Type));
        Assert.Equal([2UL, 3UL], config.Devices.Emulated[0].Arguments);
        Assert.Equal("/soc/serial@10000000", config.Devices.Passthrough[0].Name);
        Assert.Equal(11u, config.Devices.Passthrough[1].Irq);
        Assert.Equal(["/gic-v3", "/timer"], config.Devices.Excluded);
        Assert.Equal(InterruptMode.Passthrough, config.Devices.InterruptMode);
        Assert.Equal(new AddressRangeConfig(0x3f8, 8), Assert.Single(config.Devices.PassthroughPorts));
    }

    [Fact]
    public void What_is_written_reads_back_to_the_same_text()
    {
        string once = VmConfig.Parse(Riscv).ToToml();
        Assert.Equal(once, VmConfig.Parse(once).ToToml());
        Assert.Contains("0x8020_0000", once, StringComparison.Ordinal);
    }

    [Fact]
    public void A_configuration_with_every_section_of_ours_reads_back()
    {
        VmConfig config = VmConfig.Parse("""
            [engine]
            name = "software"
            tier = "interpreter"
            profile = "machine"
            isa = "rv64gc"
            mmu = "sv39"
            [memory]
            size = "1536M"
            lazy = false
            [console]
            type = "virtio"
            [[disk]]
            path = "a.img"
            readonly = true
            serial = "A1"
            [[disk]]
            path = "b.img"
            [[device]]
            type = "rng"
            """);
        config.Modules.Add(new ModuleConfig { Path = "one.mod", Arguments = "its words" });
        config.Modules.Add(new ModuleConfig { Path = "two.mod" });
        VmConfig again = VmConfig.Parse(config.ToToml());
        Assert.Equal([("one.mod", "its words"), ("two.mod", null)], again.Modules.Select(module => (module.Path, module.Arguments)));
        Assert.Equal(StartProfile.Machine, again.Engine.Profile);
        Assert.Equal("sv39", again.Engine.Mmu);
        Assert.Equal(1536UL << 20, again.Memory.Size);
        Assert.False(again.Memory.Lazy);
        Assert.Equal(ConsoleKind.Virtio, again.Console.Kind);
        Assert.Equal(["a.img", "b.img"], again.Disks.Select(disk => disk.Path));
        Assert.True(again.Disks[0].ReadOnly);
        Assert.Equal("A1", again.Disks[0].Serial);
        Assert.Equal(DeviceKind.Rng, Assert.Single(again.ExtraDevices).Kind);
    }

    [Theory]
    [InlineData("no_irq", InterruptMode.None)]
    [InlineData("no", InterruptMode.None)]
    [InlineData("none", InterruptMode.None)]
    [InlineData("emu", InterruptMode.Emulated)]
    [InlineData("emulated", InterruptMode.Emulated)]
    [InlineData("passthrough", InterruptMode.Passthrough)]
    [InlineData("pt", InterruptMode.Passthrough)]
    public void Interrupt_modes_have_their_synonyms(string word, InterruptMode mode) =>
        Assert.Equal(mode, VmConfig.Parse($"devices.interrupt_mode = \"{word}\"").Devices.InterruptMode);

    [Theory]
    [InlineData("[bas]\nid = 1", "f.toml:1:2: bas: unknown section; did you mean 'base'?")]
    [InlineData("[kernel]\nkernel_pth = \"x\"", "f.toml:2:1: kernel.kernel_pth: unknown field; did you mean 'kernel_path'?")]
    [InlineData("[base]\ncpu_num = \"two\"", "f.toml:2:11: base.cpu_num: is a string \"two\", expected an integer")]
    [InlineData("[base]\ncpu_num = 65", "f.toml:2:11: base.cpu_num: 65 is out of range; 1 to 64 is possible")]
    [InlineData("[base]\nid = -1", "f.toml:2:6: base.id: -1 is negative")]
    [InlineData("[base]\nvm_type = 7", "f.toml:2:11: base.vm_type: 0x7 is not a known code")]
    [InlineData("[base]\ncpu_num = 2\nphys_cpu_ids = [0]", "f.toml:3:16: base.phys_cpu_ids: has 1 entries for cpu_num = 2")]
    [InlineData("[memory]\nsize = \"5 apples\"", "f.toml:2:8: memory.size: \"5 apples\" is not a size")]
    [InlineData("[memory]\nsize = 0x100001", "f.toml:2:8: memory.size: 1048577 is not a multiple of 4096")]
    [InlineData("[memory]\nlazy = 1", "f.toml:2:8: memory.lazy: is an integer 1, expected true or false")]
    [InlineData("[kernel]\nmemory_regions = [[0, 0x1000]]", "f.toml:2:19: kernel.memory_regions[0]: has 2 items where [gpa, size, flags, map_type] is expected")]
    [InlineData("[kernel]\nmemory_regions = [[0, 0x2000, 7, 0], [0x1000, 0x1000, 7, 0]]", "kernel.memory_regions[1][0]: 0x1000 to 0x1fff overlaps the region at 0x0")]
    [InlineData("[kernel]\nmemory_regions = [[0, 0x1000, 99, 0]]", "kernel.memory_regions[0][2]: 99 is out of range")]
    [InlineData("[devices]\nemu_devices = [[\"x\", 0, 1, 0, 0x99]]", "devices.emu_devices[0][4]: 0x99 is not a known code")]
    [InlineData("[devices]\ninterrupt_mode = \"maybe\"", "f.toml:2:18: devices.interrupt_mode: \"maybe\" is not one of")]
    [InlineData("[devices]\npassthrough_ports = [[0xfff8, 16]]", "devices.passthrough_ports[0][1]: 0xfff8 + 0x10 lies beyond 0x10000")]
    [InlineData("[devices]\npassthrough_devices = [[\"uart\"]]", "must be an FDT path")]
    [InlineData("disk = 5", "f.toml:1:8: disk: is an integer 5, expected an array of tables")]
    [InlineData("[[disk]]\nreadonly = true", "f.toml:1:1: disk[0].path: is missing")]
    [InlineData("[[device]]\ntype = \"toaster\"", "f.toml:2:8: device[0].type: \"toaster\" is not one of \"rng\", \"console\"")]
    [InlineData("base = 1", "f.toml:1:8: base: is an integer 1, expected a table, written [base]")]
    [InlineData("[base", "f.toml:1:6: expected ']' to close the header")]
    public void A_wrong_field_is_named_with_its_place_and_what_would_be_right(string text, string message)
    {
        ConfigException e = Assert.Throws<ConfigException>(() => VmConfig.Parse(text, "f.toml"));
        Assert.Contains(message, e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void All_problems_are_told_at_once_in_the_order_of_the_text()
    {
        ConfigException e = Assert.Throws<ConfigException>(() => VmConfig.Parse("[memory]\nsize = true\n[base]\nnam = 1\nid = 1.5"));
        Assert.Equal([2, 4, 5], e.Problems.Select(problem => problem.Line));
    }

    [Fact]
    public void A_file_that_is_not_text_is_refused_with_its_name()
    {
        string path = Path.GetTempFileName();
        try
        {
            File.WriteAllBytes(path, [(byte)'a', (byte)'\n', 0xff, 0xfe]);
            ConfigException e = Assert.Throws<ConfigException>(() => VmConfig.Load(path));
            Assert.Equal($"{path}:2:1: the text is not UTF-8", e.Message);
        }
        finally
        {
            File.Delete(path);
        }
    }

    [Fact]
    public void Relative_paths_are_relative_to_the_file()
    {
        VmConfig config = VmConfig.Parse(string.Empty, "/etc/vms/a.toml");
        Assert.Equal("/etc/vms/kernel", config.ResolvePath("kernel"));
        Assert.Equal("/boot/kernel", config.ResolvePath("/boot/kernel"));
    }

    [Fact]
    public void A_clone_shares_nothing_that_can_change()
    {
        VmConfig config = VmConfig.Generate("a", "kernel");
        VmConfig clone = config.Clone();
        config.Base.Name = "b";
        config.Disks.Add(new DiskConfig { Path = "x" });
        Assert.Equal("a", clone.Base.Name);
        Assert.Empty(clone.Disks);
    }

    [Theory]
    [InlineData("512M", 512UL << 20)]
    [InlineData("2 GiB", 2UL << 30)]
    [InlineData("0x1000", 4096UL)]
    [InlineData("17", 17UL)]
    public void Sizes_are_read(string text, ulong bytes)
    {
        Assert.True(ByteSize.TryParse(text, out ulong actual));
        Assert.Equal(bytes, actual);
        Assert.True(ByteSize.TryParse(ByteSize.Format(bytes), out ulong again));
        Assert.Equal(bytes, again);
    }

    [Theory]
    [InlineData("")]
    [InlineData("M")]
    [InlineData("-1")]
    [InlineData("1.5G")]
    [InlineData("99999999999999T")]
    public void What_is_not_a_size_is_refused(string text) => Assert.False(ByteSize.TryParse(text, out _));
}
