using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace AxVCpu.Kvm.Abi;

/// <summary>struct kvm_run: the page that the kernel shares with the process for each vCPU (api.rst, section 5).</summary>
[StructLayout(LayoutKind.Explicit, Size = Size)]
internal struct KvmRun
{
    internal const int Size = 2352;

    [FieldOffset(0)] internal byte RequestInterruptWindow;
    [FieldOffset(1)] internal byte ImmediateExit;
    [FieldOffset(8)] internal KvmExitReason ExitReason;
    [FieldOffset(12)] internal byte ReadyForInterruptInjection;
    [FieldOffset(13)] internal byte InterruptFlag;
    [FieldOffset(14)] internal ushort Flags;
    [FieldOffset(16)] internal ulong Cr8;
    [FieldOffset(24)] internal ulong ApicBase;

    // The union, by exit reason.
    [FieldOffset(32)] internal ulong HardwareExitReason;
    [FieldOffset(32)] internal KvmRunFailEntry FailEntry;
    [FieldOffset(32)] internal KvmRunIo Io;
    [FieldOffset(32)] internal KvmRunDebug Debug;
    [FieldOffset(32)] internal KvmRunMmio Mmio;
    [FieldOffset(32)] internal KvmRunXen Xen;
    [FieldOffset(32)] internal KvmRunInternal Internal;
    [FieldOffset(32)] internal KvmRunInternal SystemEvent;
    [FieldOffset(32)] internal byte EoiVector;
    [FieldOffset(32)] internal KvmRunMsr Msr;
    [FieldOffset(32)] internal KvmRunMemoryFault MemoryFault;

    [FieldOffset(288)] internal KvmSync ValidRegisters;
    [FieldOffset(296)] internal KvmSync DirtyRegisters;
    [FieldOffset(304)] internal KvmRegisters Registers;
    [FieldOffset(448)] internal KvmSystemRegisters SystemRegisters;
    [FieldOffset(760)] internal KvmVCpuEvents Events;
}

internal struct KvmRunFailEntry
{
    internal ulong Reason;
    internal uint Cpu;
}

internal struct KvmRunIo
{
    internal const byte Out = 1;

    internal byte Direction;
    internal byte Width;
    internal ushort Port;
    internal uint Count;
    internal ulong DataOffset;
}

internal struct KvmRunDebug
{
    internal uint Exception;
    internal uint Padding;
    internal ulong Pc;
    internal ulong Dr6;
    internal ulong Dr7;
}

internal struct KvmRunMmio
{
    internal ulong Address;
    internal ulong Data;
    internal uint Length;
    internal byte IsWrite;
}

/// <summary>struct kvm_xen_exit: a hypercall.</summary>
internal struct KvmRunXen
{
    internal const uint Hypercall = 1;

    internal uint Type;
    internal uint Padding;
    internal uint LongMode;
    internal uint PrivilegeLevel;
    internal ulong Number;
    internal ulong Result;
    internal SixWords Arguments;
}

/// <summary>A type, a count and data: KVM_EXIT_INTERNAL_ERROR and KVM_EXIT_SYSTEM_EVENT.</summary>
internal struct KvmRunInternal
{
    internal uint Type;
    internal uint Count;
    internal SixteenWords Data;
}

[StructLayout(LayoutKind.Explicit, Size = 24)]
internal struct KvmRunMsr
{
    [FieldOffset(0)] internal byte Error;
    [FieldOffset(8)] internal KvmMsrExit Reason;
    [FieldOffset(12)] internal uint Index;
    [FieldOffset(16)] internal ulong Data;
}

internal struct KvmRunMemoryFault
{
    internal ulong Flags;
    internal ulong Address;
    internal ulong Size;
}

[InlineArray(6)]
internal struct SixWords
{
    private ulong _first;
}

[InlineArray(16)]
internal struct SixteenWords
{
    private ulong _first;
}
