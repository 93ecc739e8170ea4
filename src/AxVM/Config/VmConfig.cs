namespace AxVM;

/// <summary>
/// Everything that describes a virtual machine. Read it from TOML with <see cref="Load"/> or fill it in code; the
/// text format is described in docs/config.md and is a superset of the original family's VM config files.
/// </summary>
/// <remarks>A plain description: a virtual machine takes a copy of it.</remarks>
public sealed partial class VmConfig
{
    /// <summary><c>[base]</c>: identity and processors.</summary>
    public BaseConfig Base { get; private init; } = new();

    /// <summary><c>[kernel]</c>: what is loaded, where, and how it is started.</summary>
    public KernelConfig Kernel { get; private init; } = new();

    /// <summary><c>[devices]</c>: the original's device lists.</summary>
    public DevicesConfig Devices { get; private init; } = new();

    /// <summary><c>[engine]</c>: what executes the vCPUs.</summary>
    public EngineConfig Engine { get; private init; } = new();

    /// <summary><c>[memory]</c>: the RAM, when <see cref="KernelConfig.MemoryRegions"/> does not list it.</summary>
    public MemoryConfig Memory { get; private init; } = new();

    /// <summary><c>[virtio]</c>: how the virtio devices appear.</summary>
    public VirtioBusConfig Virtio { get; private init; } = new();

    /// <summary><c>[console]</c>: where the guest's console is.</summary>
    public ConsoleConfig Console { get; private init; } = new();

    /// <summary><c>[[disk]]</c>: virtio block devices in the order of their slots.</summary>
    public IList<DiskConfig> Disks { get; private init; } = [];

    /// <summary><c>[[module]]</c>: files for a Multiboot or PVH kernel, after the ramdisk, which is its first module.</summary>
    public IList<ModuleConfig> Modules { get; private init; } = [];

    /// <summary><c>[[pflash]]</c>: the banks of flash, at most two.</summary>
    public IList<FlashConfig> Flash { get; private init; } = [];

    /// <summary><c>[[device]]</c>: further virtio devices, after the disks.</summary>
    public IList<DeviceConfig> ExtraDevices { get; private init; } = [];

    /// <summary><c>[[channel]]</c>: who may use the memory channels that this VM publishes; only the bare-metal hypervisor has channels.</summary>
    public IList<ChannelConfig> Channels { get; private init; } = [];

    /// <summary>The file this was read from, or <c>null</c>; relative paths are relative to its folder.</summary>
    public string? SourcePath { get; init; }

    /// <summary>Where the fields stood in the text this was read from, by their paths.</summary>
    internal IReadOnlyDictionary<string, Config.Toml.TomlPosition> Places { get; set; } = new Dictionary<string, Config.Toml.TomlPosition>();

    /// <summary>A copy that shares nothing that can change.</summary>
    public VmConfig Clone() => new()
    {
        Base = Base.Clone(),
        Kernel = Kernel.Clone(),
        Devices = Devices.Clone(),
        Engine = Engine.Clone(),
        Memory = Memory.Clone(),
        Virtio = Virtio.Clone(),
        Console = Console.Clone(),
        Disks = [.. Disks.Select(disk => disk.Clone())],
        Modules = [.. Modules.Select(module => module.Clone())],
        Flash = [.. Flash.Select(flash => flash.Clone())],
        ExtraDevices = [.. ExtraDevices.Select(device => device.Clone())],
        Channels = [.. Channels],
        SourcePath = SourcePath,
        Places = Places,
    };
}

/// <summary><c>[base]</c></summary>
public sealed class BaseConfig
{
    /// <summary>The VM's number, 0 to 4294967295; unique among the VMs of one process by convention only.</summary>
    public uint Id { get; set; } = 1;

    /// <summary>A name for people.</summary>
    public string Name { get; set; } = "vm";

    /// <summary>The original's kind of guest. Carried, and without effect on a hosted engine.</summary>
    public VmType VmType { get; set; } = VmType.Linux;

    /// <summary>Number of vCPUs, 1 to <see cref="MaximumCpus"/>.</summary>
    public int CpuCount { get; set; } = 1;

    /// <summary>The number each vCPU has in the guest (hart id, MPIDR, APIC id); empty means 0, 1, 2 ...</summary>
    public IReadOnlyList<ulong> PhysicalCpuIds { get; set; } = [];

    /// <summary>A bit mask of host CPUs for each vCPU; empty means no restriction.</summary>
    public IReadOnlyList<ulong> PhysicalCpuSets { get; set; } = [];

    /// <summary>The VM's share of CPU time relative to other VMs, 1 to 10000; only the bare-metal hypervisor shares CPUs itself.</summary>
    public int Weight { get; set; } = DefaultWeight;

    /// <summary>The guest's architecture; <c>null</c> takes it from the engine, or from the kernel's file.</summary>
    public AxVCpu.GuestArchitecture? Architecture { get; set; }

    /// <summary>The original's <c>guest_type</c>; only "virtualized" is known.</summary>
    public string? GuestType { get; set; }

    /// <summary>The <see cref="Weight"/> of a VM that names none.</summary>
    public const int DefaultWeight = 100;

    /// <summary>The most vCPUs one VM may have.</summary>
    public const int MaximumCpus = 64;

    internal BaseConfig Clone() => (BaseConfig)MemberwiseClone();
}

/// <summary>The original's kinds of guest.</summary>
public enum VmType
{
    /// <summary>The host's own VM of a type 1.5 hypervisor.</summary>
    Host = 0,

    /// <summary>A real-time or bare-metal guest.</summary>
    Rtos = 1,

    /// <summary>A Linux guest.</summary>
    Linux = 2,
}

/// <summary><c>[kernel]</c></summary>
public sealed class KernelConfig
{
    /// <summary>The kernel: ELF, <c>Image</c>, <c>bzImage</c>, gzip of these, or raw bytes.</summary>
    public string? Path { get; set; }

    /// <summary>Where the first vCPU starts; <c>null</c> takes it from the file.</summary>
    public ulong? EntryPoint { get; set; }

    /// <summary>Where the kernel is loaded; <c>null</c> takes it from the file.</summary>
    public ulong? LoadAddress { get; set; }

    /// <summary>The firmware: raw bytes or ELF.</summary>
    public string? BiosPath { get; set; }

    /// <summary>Where the firmware is loaded; <c>null</c> means the base of RAM, or the ELF's own addresses.</summary>
    public ulong? BiosLoadAddress { get; set; }

    /// <summary>The original's switch to ignore <see cref="BiosPath"/>; <c>null</c> means "if there is one".</summary>
    public bool? EnableBios { get; set; }

    /// <summary>A devicetree blob to use instead of the generated one.</summary>
    public string? DtbPath { get; set; }

    /// <summary>Where the devicetree is put; <c>null</c> lets the planner choose.</summary>
    public ulong? DtbLoadAddress { get; set; }

    /// <summary>The initial ramdisk.</summary>
    public string? RamdiskPath { get; set; }

    /// <summary>Where the ramdisk is put; <c>null</c> lets the planner choose.</summary>
    public ulong? RamdiskLoadAddress { get; set; }

    /// <summary>Where images come from; only "fs" is possible in a process.</summary>
    public string? ImageLocation { get; set; }

    /// <summary>The kernel's command line.</summary>
    public string? CommandLine { get; set; }

    /// <summary>The original's single disk; the same as a first <c>[[disk]]</c>.</summary>
    public string? DiskPath { get; set; }

    /// <summary>The original's <c>boot_protocol</c>; "direct" is what the boards here know.</summary>
    public string? BootProtocol { get; set; }

    /// <summary>The original's <c>uefi_firmware_path</c>.</summary>
    public string? UefiFirmwarePath { get; set; }

    /// <summary>RAM and other memory of the guest; empty means one RAM region as <c>[memory]</c> says.</summary>
    public IReadOnlyList<MemoryRegionConfig> MemoryRegions { get; set; } = [];

    internal KernelConfig Clone() => (KernelConfig)MemberwiseClone();
}

/// <summary>One entry of <c>kernel.memory_regions</c>: <c>[gpa, size, flags, map_type]</c>.</summary>
/// <param name="Address">First guest-physical address; 4 KiB aligned.</param>
/// <param name="Size">Bytes; a multiple of 4 KiB.</param>
/// <param name="Flags">Read 1, write 2, execute 4, user 8, device 16, uncached 32.</param>
/// <param name="MapType">How the memory is provided.</param>
public readonly record struct MemoryRegionConfig(ulong Address, ulong Size, uint Flags, MemoryMapType MapType);

/// <summary>How a memory region is provided.</summary>
public enum MemoryMapType
{
    /// <summary>Allocated.</summary>
    Allocate = 0,

    /// <summary>Allocated; the guest-physical address equals the host's where the engine has one. Hosted engines allocate.</summary>
    Identical = 1,

    /// <summary>Existing host memory. Not possible in a process.</summary>
    Reserved = 2,
}

/// <summary><c>[engine]</c></summary>
public sealed class EngineConfig
{
    /// <summary>"auto" or an engine's name: "software", "kvm".</summary>
    public string Name { get; set; } = "auto";

    /// <summary>How guest code is executed: "auto", "interpreter", "translator" or "both".</summary>
    public string Tier { get; set; } = "auto";

    /// <summary>Where the guest starts.</summary>
    public StartProfile? Profile { get; set; }

    /// <summary>The guest's instruction set string, for instance "rv64gc_zba_zbb_zbs_sstc"; <c>null</c> means all the engine has.</summary>
    public string? Isa { get; set; }

    /// <summary>The largest translation mode the guest's MMU offers: "sv39", "sv48" or "sv57"; <c>null</c> means all the engine has.</summary>
    public string? Mmu { get; set; }

    /// <summary>x86_64: who has the interrupt controllers; <c>null</c> lets the board choose.</summary>
    public InterruptControllerPlace? InterruptController { get; set; }

    internal EngineConfig Clone() => (EngineConfig)MemberwiseClone();
}

/// <summary>Where the interrupt controllers of an x86-64 guest are.</summary>
public enum InterruptControllerPlace
{
    /// <summary>"kernel": local APICs, I/O APIC and timer are in the engine's kernel.</summary>
    Kernel,

    /// <summary>"split": local APICs in the engine's kernel, the others are models of this project.</summary>
    Split,

    /// <summary>"none": all are models of this project.</summary>
    None,
}

/// <summary>Where a guest starts.</summary>
public enum StartProfile
{
    /// <summary>In supervisor mode; the vCPU layer answers SBI calls.</summary>
    Sbi,

    /// <summary>In machine mode, as at power-on: firmware or a bare-metal program.</summary>
    Machine,
}

/// <summary><c>[memory]</c></summary>
public sealed class MemoryConfig
{
    /// <summary>Bytes of RAM; a multiple of 4 KiB. In TOML an integer, or a string with K, M or G.</summary>
    public ulong Size { get; set; } = 512UL << 20;

    /// <summary>Whether a page gets memory only when the guest first touches it.</summary>
    public bool Lazy { get; set; } = true;

    internal MemoryConfig Clone() => (MemoryConfig)MemberwiseClone();
}

/// <summary><c>[virtio]</c></summary>
public sealed class VirtioBusConfig
{
    /// <summary>The interface of the virtio-mmio slots: "modern" or "legacy".</summary>
    public AxVCpu.Devices.VirtioMmioInterface Interface { get; set; }

    internal VirtioBusConfig Clone() => (VirtioBusConfig)MemberwiseClone();
}

/// <summary><c>[console]</c></summary>
public sealed class ConsoleConfig
{
    /// <summary>The device the kernel is told to use.</summary>
    public ConsoleKind Kind { get; set; } = ConsoleKind.Uart;

    internal ConsoleConfig Clone() => (ConsoleConfig)MemberwiseClone();
}

/// <summary>Where the guest's console is.</summary>
public enum ConsoleKind
{
    /// <summary>The board's 16550 UART.</summary>
    Uart,

    /// <summary>A virtio console; what goes to the UART is then lost.</summary>
    Virtio,
}

/// <summary><c>[[disk]]</c></summary>
public sealed class DiskConfig
{
    /// <summary>A raw image file; its length is the disk's, in whole 512-byte sectors.</summary>
    public required string Path { get; set; }

    /// <summary>Whether writes are refused; the file is then opened for reading only.</summary>
    public bool ReadOnly { get; set; }

    /// <summary>The serial the guest can ask for, up to 20 ASCII characters.</summary>
    public string? Serial { get; set; }

    internal DiskConfig Clone() => (DiskConfig)MemberwiseClone();
}

/// <summary><c>[[module]]</c></summary>
public sealed class ModuleConfig
{
    /// <summary>The file.</summary>
    public required string Path { get; set; }

    /// <summary>Words for the kernel that go with it; a Multiboot kernel sees them behind the file's name.</summary>
    public string? Arguments { get; set; }

    internal ModuleConfig Clone() => (ModuleConfig)MemberwiseClone();
}

/// <summary><c>[[pflash]]</c></summary>
public sealed class FlashConfig
{
    /// <summary>The file with the contents; what it has less than the bank is erased flash.</summary>
    public required string Path { get; set; }

    /// <summary>Whether the flash refuses to be changed; the file is then opened for reading only.</summary>
    public bool ReadOnly { get; set; }

    internal FlashConfig Clone() => (FlashConfig)MemberwiseClone();
}

/// <summary><c>[[device]]</c></summary>
public sealed class DeviceConfig
{
    /// <summary>What the device is.</summary>
    public DeviceKind Kind { get; set; }

    internal DeviceConfig Clone() => (DeviceConfig)MemberwiseClone();
}

/// <summary>One <c>[[channel]]</c>: permission to use a memory channel that this VM publishes with a hypercall.</summary>
/// <param name="Key">The channel's key.</param>
/// <param name="Subscriber">The number of the VM that may subscribe; <c>null</c> is every VM.</param>
/// <param name="CanWrite">Whether the subscriber may write as well as read.</param>
public readonly record struct ChannelConfig(ulong Key, uint? Subscriber, bool CanWrite);

/// <summary>Devices a board can be given beside its own.</summary>
public enum DeviceKind
{
    /// <summary>virtio-rng: entropy from the host.</summary>
    Rng,

    /// <summary>virtio-console.</summary>
    Console,
}
