using System.Runtime.CompilerServices;

namespace AxVCpu.Kvm.Abi;

/// <summary>struct kvm_userspace_memory_region.</summary>
internal struct KvmMemoryRegion
{
    internal const uint LogDirtyPages = 1 << 0;
    internal const uint ReadOnly = 1 << 1;

    internal uint Slot;
    internal uint Flags;
    internal ulong GuestAddress;
    internal ulong Size;
    internal ulong HostAddress;
}

/// <summary>struct kvm_dirty_log.</summary>
internal struct KvmDirtyLog
{
    internal uint Slot;
    internal uint Padding;
    internal ulong Bitmap;
}

/// <summary>struct kvm_enable_cap.</summary>
internal struct KvmEnableCapability
{
    internal uint Capability;
    internal uint Flags;
    internal FourWords Arguments;
    internal EightWords Padding;
}

/// <summary>struct kvm_irq_level.</summary>
internal struct KvmIrqLevel
{
    internal uint Line;
    internal uint Level;
}

/// <summary>struct kvm_msi.</summary>
internal struct KvmMsi
{
    internal uint AddressLow;
    internal uint AddressHigh;
    internal uint Data;
    internal uint Flags;
    internal uint DeviceId;
    internal uint Padding0;
    internal ulong Padding1;
}

/// <summary>struct kvm_irq_routing_entry.</summary>
internal struct KvmIrqRoute
{
    internal const uint TypeIrqChip = 1;
    internal const uint TypeMsi = 2;

    internal uint Line;
    internal uint Type;
    internal uint Flags;
    internal uint Padding;
    internal uint Data0;
    internal uint Data1;
    internal uint Data2;
    internal uint Data3;
    internal ulong Unused0;
    internal ulong Unused1;
}

/// <summary>struct kvm_irqfd.</summary>
internal struct KvmIrqFd
{
    internal const uint Deassign = 1 << 0;
    internal const uint Resample = 1 << 1;

    internal int File;
    internal uint Line;
    internal uint Flags;
    internal int ResampleFile;
    internal ulong Padding0;
    internal ulong Padding1;
}

/// <summary>struct kvm_ioeventfd.</summary>
internal struct KvmIoEventFd
{
    internal const uint DataMatch = 1 << 0;
    internal const uint PortIo = 1 << 1;
    internal const uint Deassign = 1 << 2;

    internal ulong DataToMatch;
    internal ulong Address;
    internal uint Length;
    internal int File;
    internal uint Flags;
    internal uint Padding;
    internal FourWords Padding1;
}

/// <summary>struct kvm_xen_hvm_config.</summary>
internal struct KvmXenHvmConfig
{
    internal const uint InterceptHypercalls = 1 << 1;

    /// <summary>
    /// A register through which a guest of Xen has its hypercall page made. The kernel wants one to be named before it intercepts anything;
    /// no guest reaches it, as it is on no list of allowed registers.
    /// </summary>
    internal const uint PageRegister = 0x4000_0000;

    internal uint Flags;
    internal uint Register;
    internal ulong Blob32;
    internal ulong Blob64;
    internal FourWords SizesAndPadding;
}

/// <summary>struct kvm_clock_data.</summary>
internal struct KvmClockData
{
    internal ulong Nanoseconds;
    internal uint Flags;
    internal uint Padding;
    internal ulong RealTime;
    internal ulong HostTsc;
    internal ulong Padding1;
    internal ulong Padding2;
}

/// <summary>struct kvm_pit_config.</summary>
internal struct KvmPitConfig
{
    internal const uint SpeakerStub = 1;

    internal uint Flags;
    internal uint Padding;
    internal SevenWords Padding1;
}

/// <summary>struct kvm_irqchip: the registers of one controller, by number: the two PICs (8259), the I/O APIC.</summary>
internal struct KvmIrqChip
{
    internal const int Count = 3;

    internal uint Number;
    internal uint Padding;
    internal SixtyFourWords Registers;
}

/// <summary>struct kvm_pit_state2.</summary>
internal struct KvmPitState
{
    internal FourteenWords Registers;
}

/// <summary>struct kvm_device_attr.</summary>
internal struct KvmDeviceAttribute
{
    /// <summary>KVM_VCPU_TSC_CTRL and its only attribute, KVM_VCPU_TSC_OFFSET (Documentation/virt/kvm/devices/vcpu.rst, section 4).</summary>
    internal const uint TscControl = 0;
    internal const ulong TscOffset = 0;

    internal uint Flags;
    internal uint Group;
    internal ulong Attribute;
    internal ulong Address;
}

[InlineArray(64)]
internal struct SixtyFourWords
{
    private ulong _first;
}

[InlineArray(14)]
internal struct FourteenWords
{
    private ulong _first;
}

[InlineArray(7)]
internal struct SevenWords
{
    private ulong _first;
}

/// <summary>struct kvm_msr_filter_range.</summary>
internal struct KvmMsrFilterRange
{
    internal const uint Read = 1 << 0;
    internal const uint Write = 1 << 1;

    internal uint Flags;
    internal uint Count;
    internal uint Base;
    internal uint Padding;
    internal ulong Bitmap;
}

/// <summary>struct kvm_msr_filter.</summary>
internal struct KvmMsrFilter
{
    internal const int MaxRanges = 16;
    internal const uint DefaultDeny = 1;

    internal uint Flags;
    internal uint Padding;
    internal SixteenRanges Ranges;
}

[InlineArray(KvmMsrFilter.MaxRanges)]
internal struct SixteenRanges
{
    private KvmMsrFilterRange _first;
}
