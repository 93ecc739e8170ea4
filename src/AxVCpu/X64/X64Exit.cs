namespace AxVCpu.X64;

/// <summary>Codes of the <see cref="VCpuExitKind.ArchSpecific"/> exits of this architecture; each names its payload.</summary>
public enum X64Exit : uint
{
    /// <summary>
    /// The guest can take an interrupt, and the INTR input is high: acknowledge the interrupt controller and inject the vector.
    /// The payload is empty.
    /// </summary>
    InterruptWindow = 1,
    /// <summary>The guest ended a level-triggered interrupt of a local APIC inside the engine: <see cref="X64EndOfInterrupt"/>.</summary>
    EndOfInterrupt = 2,
    /// <summary>
    /// The guest lowered its task priority (CR8), and its local APIC is not in the engine: <see cref="X64TaskPriority"/>. An interrupt that it
    /// held back can be due now.
    /// </summary>
    TaskPriority = 4,
    /// <summary>An event that this version does not know: <see cref="X64UnknownExit"/>.</summary>
    Unknown = 3,
}

/// <summary>Payload of <see cref="X64Exit.EndOfInterrupt"/>: for the VMM's I/O APIC.</summary>
public struct X64EndOfInterrupt
{
    /// <summary>The vector.</summary>
    public byte Vector;
}

/// <summary>Payload of <see cref="X64Exit.TaskPriority"/>.</summary>
public struct X64TaskPriority
{
    /// <summary>CR8: bits 7 to 4 of the local APIC's task priority register, 0 to 15.</summary>
    public byte Class;
}

/// <summary>Payload of <see cref="X64Exit.Unknown"/>.</summary>
public struct X64UnknownExit
{
    /// <summary>The engine's number of the event.</summary>
    public uint Reason;

    /// <summary>The hardware's number of the event, where the engine tells it.</summary>
    public ulong HardwareReason;
}

/// <summary>Codes of <see cref="VCpuExitKind.SystemReset"/>.</summary>
public enum X64ResetCode : ulong
{
    /// <summary>A reset that the guest asked the platform for.</summary>
    Cold = 0,
    /// <summary>A fault while a double fault was delivered (Intel SDM volume 3, 6.15): what a processor answers with its shutdown state.</summary>
    TripleFault = 1,
}

/// <summary>Inputs of a vCPU beside the vectors 0 to 255, for <c>InjectInterrupt</c> and <c>SetInterruptLine</c>.</summary>
public enum X64InterruptInput : uint
{
    /// <summary>The INTR pin, a level: see <see cref="X64Exit.InterruptWindow"/>.</summary>
    Intr = 256,
    /// <summary>A non-maskable interrupt.</summary>
    Nmi = 257,
}
