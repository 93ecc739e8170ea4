using System.Runtime.CompilerServices;

namespace AxVCpu.X64;

/// <summary>The x87, SSE and extended registers in the XSAVE layout (Intel SDM volume 1, 13.4), standard format.</summary>
/// <remarks>The legacy region takes bytes 0 to 511, the header 512 to 575; each extended component lies where CPUID leaf 0xD says.</remarks>
[InlineArray(Size)]
public struct X64XsaveArea
{
    /// <summary>The size in bytes; components beyond it do not exist for guests of this library.</summary>
    public const int Size = 4096;
    private byte _first;
}

/// <summary>The extended control registers.</summary>
public struct X64ExtendedControl
{
    /// <summary>XCR0: which components XSAVE manages.</summary>
    public ulong Xcr0;
}

/// <summary>One model-specific register.</summary>
public struct X64Msr
{
    /// <summary>Its number.</summary>
    public uint Index;

    /// <summary>Its value.</summary>
    public ulong Value;
}

/// <summary>The entries of an <see cref="X64MsrBlock"/>.</summary>
[InlineArray(X64MsrBlock.Capacity)]
public struct X64MsrEntries
{
    private X64Msr _first;
}

/// <summary>A list of model-specific registers: to read, with the indexes filled in; to write, with the values as well.</summary>
public struct X64MsrBlock
{
    /// <summary>How many entries fit.</summary>
    public const int Capacity = 64;

    /// <summary>How many entries are used.</summary>
    public int Count;

    /// <summary>The entries.</summary>
    public X64MsrEntries Entries;

    /// <summary>Adds an entry; the block must not be full.</summary>
    public void Add(uint index, ulong value = 0)
    {
        if (Count >= Capacity)
            Misuse.Throw(MisuseKind.Argument);
        Entries[Count].Index = index;
        Entries[Count].Value = value;
        Count++;
    }
}

/// <summary>The registers of a local APIC as its xAPIC page shows them: one 32-bit register in every 16 bytes (Intel SDM volume 3, table 12-1).</summary>
[InlineArray(Size)]
public struct X64LapicState
{
    /// <summary>The size in bytes.</summary>
    public const int Size = 1024;
    private byte _first;
}

/// <summary>What a virtual CPU does besides executing instructions; in the order of the states of an application processor's start.</summary>
public enum X64RunState : uint
{
    /// <summary>Executes instructions.</summary>
    Runnable = 0,
    /// <summary>Waits for INIT and a start-up interrupt.</summary>
    Uninitialized = 1,
    /// <summary>Got INIT, waits for a start-up interrupt.</summary>
    InitReceived = 2,
    /// <summary>Executed HLT, waits for an interrupt.</summary>
    Halted = 3,
    /// <summary>Got the start-up interrupt.</summary>
    StartupReceived = 4,
}

/// <summary>The run state, as a group.</summary>
public struct X64RunStateGroup
{
    /// <summary>The state.</summary>
    public X64RunState State;
}

/// <summary>The debug registers.</summary>
public struct X64DebugRegisters
{
    /// <summary>Breakpoint address 0.</summary>
    public ulong Dr0;

    /// <summary>Breakpoint address 1.</summary>
    public ulong Dr1;

    /// <summary>Breakpoint address 2.</summary>
    public ulong Dr2;

    /// <summary>Breakpoint address 3.</summary>
    public ulong Dr3;

    /// <summary>Which condition was met.</summary>
    public ulong Dr6;

    /// <summary>Which breakpoints are enabled.</summary>
    public ulong Dr7;
}

/// <summary>Exceptions and interrupts that are on their way to the guest.</summary>
public struct X64EventState
{
    /// <summary>Whether an exception is being delivered.</summary>
    public bool ExceptionInjected;

    /// <summary>Whether an exception waits to be delivered.</summary>
    public bool ExceptionPending;

    /// <summary>Its vector.</summary>
    public byte ExceptionVector;

    /// <summary>Whether it has an error code.</summary>
    public bool ExceptionHasErrorCode;

    /// <summary>Its error code.</summary>
    public uint ExceptionErrorCode;

    /// <summary>Whether an interrupt is being delivered.</summary>
    public bool InterruptInjected;

    /// <summary>Its vector.</summary>
    public byte InterruptVector;

    /// <summary>Whether it is a software interrupt.</summary>
    public bool InterruptIsSoftware;

    /// <summary>The interrupt shadow: bit 0 after MOV SS, bit 1 after STI.</summary>
    public byte InterruptShadow;

    /// <summary>Whether a non-maskable interrupt is being delivered.</summary>
    public bool NmiInjected;

    /// <summary>Whether a non-maskable interrupt waits.</summary>
    public bool NmiPending;

    /// <summary>Whether non-maskable interrupts are held back until IRET.</summary>
    public bool NmiMasked;

    /// <summary>The vector of a start-up interrupt that was received.</summary>
    public uint StartupVector;
}
