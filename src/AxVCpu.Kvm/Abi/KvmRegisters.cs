using System.Runtime.CompilerServices;

namespace AxVCpu.Kvm.Abi;

/// <summary>struct kvm_regs. The order is the kernel's own, not that of the encoding.</summary>
internal struct KvmRegisters
{
    internal ulong Rax;
    internal ulong Rbx;
    internal ulong Rcx;
    internal ulong Rdx;
    internal ulong Rsi;
    internal ulong Rdi;
    internal ulong Rsp;
    internal ulong Rbp;
    internal ulong R8;
    internal ulong R9;
    internal ulong R10;
    internal ulong R11;
    internal ulong R12;
    internal ulong R13;
    internal ulong R14;
    internal ulong R15;
    internal ulong Rip;
    internal ulong Rflags;
}

/// <summary>struct kvm_segment.</summary>
internal struct KvmSegment
{
    internal ulong Base;
    internal uint Limit;
    internal ushort Selector;
    internal byte Type;
    internal byte Present;
    internal byte Dpl;
    internal byte Db;
    internal byte S;
    internal byte L;
    internal byte G;
    internal byte Avl;
    internal byte Unusable;
    internal byte Padding;
}

/// <summary>struct kvm_dtable.</summary>
internal struct KvmDescriptorTable
{
    internal ulong Base;
    internal ushort Limit;
    internal ushort Padding0;
    internal uint Padding1;
}

/// <summary>struct kvm_sregs.</summary>
internal struct KvmSystemRegisters
{
    internal KvmSegment Cs;
    internal KvmSegment Ds;
    internal KvmSegment Es;
    internal KvmSegment Fs;
    internal KvmSegment Gs;
    internal KvmSegment Ss;
    internal KvmSegment Tr;
    internal KvmSegment Ldt;
    internal KvmDescriptorTable Gdt;
    internal KvmDescriptorTable Idt;
    internal ulong Cr0;
    internal ulong Cr2;
    internal ulong Cr3;
    internal ulong Cr4;
    internal ulong Cr8;
    internal ulong Efer;
    internal ulong ApicBase;
    internal FourWords InterruptBitmap;
}

[InlineArray(4)]
internal struct FourWords
{
    private ulong _first;
}

/// <summary>struct kvm_vcpu_events.</summary>
internal struct KvmVCpuEvents
{
    internal const uint ValidNmiPending = 1 << 0;
    internal const uint ValidSipiVector = 1 << 1;
    internal const uint ValidShadow = 1 << 2;

    internal byte ExceptionInjected;
    internal byte ExceptionVector;
    internal byte ExceptionHasErrorCode;
    internal byte ExceptionPending;
    internal uint ExceptionErrorCode;
    internal byte InterruptInjected;
    internal byte InterruptVector;
    internal byte InterruptSoft;
    internal byte InterruptShadow;
    internal byte NmiInjected;
    internal byte NmiPending;
    internal byte NmiMasked;
    internal byte NmiPadding;
    internal uint SipiVector;
    internal uint Flags;
    internal uint SystemManagement;
    internal TwentySevenBytes Reserved;
    internal byte ExceptionHasPayload;
    internal ulong ExceptionPayload;
}

[InlineArray(27)]
internal struct TwentySevenBytes
{
    private byte _first;
}

/// <summary>struct kvm_debugregs.</summary>
internal struct KvmDebugRegisters
{
    internal ulong Db0;
    internal ulong Db1;
    internal ulong Db2;
    internal ulong Db3;
    internal ulong Dr6;
    internal ulong Dr7;
    internal ulong Flags;
    internal NineWords Reserved;
}

[InlineArray(9)]
internal struct NineWords
{
    private ulong _first;
}

/// <summary>struct kvm_guest_debug.</summary>
internal struct KvmGuestDebug
{
    internal const uint Enable = 1 << 0;
    internal const uint SingleStep = 1 << 1;
    internal const uint SoftwareBreakpoints = 1 << 16;
    internal const uint HardwareBreakpoints = 1 << 17;

    internal uint Control;
    internal uint Padding;
    internal EightWords DebugRegisters;

    internal readonly bool IsStepping => (Control & SingleStep) != 0;
}

[InlineArray(8)]
internal struct EightWords
{
    private ulong _first;
}

/// <summary>struct kvm_xcr.</summary>
internal struct KvmXcr
{
    internal uint Number;
    internal uint Reserved;
    internal ulong Value;
}

/// <summary>struct kvm_xcrs.</summary>
internal struct KvmXcrs
{
    internal uint Count;
    internal uint Flags;
    internal SixteenXcrs Entries;
    internal SixteenWords Padding;
}

[InlineArray(16)]
internal struct SixteenXcrs
{
    private KvmXcr _first;
}

/// <summary>struct kvm_msr_entry.</summary>
internal struct KvmMsrEntry
{
    internal uint Index;
    internal uint Reserved;
    internal ulong Data;
}

/// <summary>struct kvm_cpuid_entry2.</summary>
internal struct KvmCpuidEntry
{
    internal const uint SignificantIndex = 1;

    internal uint Leaf;
    internal uint Subleaf;
    internal uint Flags;
    internal uint Eax;
    internal uint Ebx;
    internal uint Ecx;
    internal uint Edx;
    internal uint Padding0;
    internal uint Padding1;
    internal uint Padding2;
}
