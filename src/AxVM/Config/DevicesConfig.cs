namespace AxVM;

/// <summary><c>[devices]</c>: the original's device lists.</summary>
public sealed class DevicesConfig
{
    /// <summary><c>emu_devices</c>: emulated devices.</summary>
    public IReadOnlyList<EmulatedDeviceConfig> Emulated { get; set; } = [];

    /// <summary><c>passthrough_devices</c>: devices of the host, by FDT path or by address.</summary>
    public IReadOnlyList<PassthroughDeviceConfig> Passthrough { get; set; } = [];

    /// <summary><c>passthrough_addresses</c>: address ranges of the host.</summary>
    public IReadOnlyList<AddressRangeConfig> PassthroughAddresses { get; set; } = [];

    /// <summary><c>passthrough_ports</c>: x86 port ranges of the host.</summary>
    public IReadOnlyList<AddressRangeConfig> PassthroughPorts { get; set; } = [];

    /// <summary><c>excluded_devices</c>: FDT paths left out of a passthrough.</summary>
    public IReadOnlyList<string> Excluded { get; set; } = [];

    /// <summary><c>reserved_addresses</c>: address ranges nothing may be placed in.</summary>
    public IReadOnlyList<AddressRangeConfig> ReservedAddresses { get; set; } = [];

    /// <summary><c>interrupt_mode</c>; <c>null</c> when not given.</summary>
    public InterruptMode? InterruptMode { get; set; }

    /// <summary><c>address_space_policy</c>; <c>null</c> when not given.</summary>
    public AddressSpacePolicy? AddressSpacePolicy { get; set; }

    internal DevicesConfig Clone() => (DevicesConfig)MemberwiseClone();
}

/// <summary>One entry of <c>emu_devices</c>: <c>[name, gpa, len, irq, type, [cfg ...]]</c>.</summary>
/// <param name="Name">A name for people.</param>
/// <param name="Address">First guest-physical address.</param>
/// <param name="Length">Bytes.</param>
/// <param name="Irq">Interrupt number; 0 for none.</param>
/// <param name="Type">What is emulated.</param>
/// <param name="Arguments">Numbers whose meaning the type gives.</param>
public sealed record EmulatedDeviceConfig(
    string Name, ulong Address, ulong Length, uint Irq, EmulatedDeviceType Type, IReadOnlyList<ulong> Arguments);

/// <summary>
/// One entry of <c>passthrough_devices</c>: <c>["/fdt/path"]</c> or <c>[name, gpa, hpa, len, irq]</c>.
/// </summary>
/// <param name="Name">A name, or an FDT path when <paramref name="Length"/> is 0.</param>
/// <param name="Address">First guest-physical address.</param>
/// <param name="HostAddress">First host-physical address.</param>
/// <param name="Length">Bytes; 0 for an FDT path.</param>
/// <param name="Irq">Interrupt number; 0 for none.</param>
public sealed record PassthroughDeviceConfig(string Name, ulong Address, ulong HostAddress, ulong Length, uint Irq);

/// <summary>A range of addresses or ports.</summary>
/// <param name="Address">The first.</param>
/// <param name="Length">How many; at least one.</param>
public readonly record struct AddressRangeConfig(ulong Address, ulong Length);

/// <summary>The original's device type codes.</summary>
public enum EmulatedDeviceType
{
    /// <summary>Nothing.</summary>
    Dummy = 0x0,

    /// <summary>The architecture's interrupt controller.</summary>
    InterruptController = 0x1,

    /// <summary>A console.</summary>
    Console = 0x2,

    /// <summary>fw_cfg.</summary>
    FwCfg = 0x3,

    /// <summary>A channel between VMs.</summary>
    IvcChannel = 0xA,

    /// <summary>Partially passed-through GIC redistributor.</summary>
    GpptRedistributor = 0x20,

    /// <summary>Partially passed-through GIC distributor.</summary>
    GpptDistributor = 0x21,

    /// <summary>Partially passed-through GIC ITS.</summary>
    GpptIts = 0x22,

    /// <summary>x86 I/O APIC.</summary>
    X86IoApic = 0x23,

    /// <summary>x86 interval timer.</summary>
    X86Pit = 0x24,

    /// <summary>LoongArch PCH-PIC.</summary>
    LoongArchPchPic = 0x25,

    /// <summary>The RISC-V PLIC.</summary>
    PpptGlobal = 0x30,

    /// <summary>virtio block device.</summary>
    VirtioBlk = 0xE1,

    /// <summary>virtio network device.</summary>
    VirtioNet = 0xE2,

    /// <summary>virtio console.</summary>
    VirtioConsole = 0xE3,
}

/// <summary>Who handles the guest's interrupts.</summary>
public enum InterruptMode
{
    /// <summary>Nobody: "no_irq", "no", "none".</summary>
    None,

    /// <summary>Emulated controllers: "emu", "emulated".</summary>
    Emulated,

    /// <summary>The host's controller: "passthrough", "pt".</summary>
    Passthrough,
}

/// <summary>What lies where no region was mapped.</summary>
public enum AddressSpacePolicy
{
    /// <summary>Nothing.</summary>
    Virtualized,

    /// <summary>The host's addresses.</summary>
    Passthrough,
}
