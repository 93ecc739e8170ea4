namespace AxVCpu.Software.Riscv64;

/// <summary>Codes of the <see cref="VCpuExitKind.ArchSpecific"/> exits of this architecture; each names its payload.</summary>
public enum RiscvExit : uint
{
    /// <summary>The guest uses the SBI console: <see cref="SbiConsoleExit"/>.</summary>
    SbiConsole = 1,
    /// <summary>The guest made a semihosting call: <see cref="SemihostingExit"/>.</summary>
    Semihosting = 2,
}

/// <summary>What the guest wants of the SBI console.</summary>
public enum SbiConsoleOperation : uint
{
    /// <summary>Print the byte in <see cref="SbiConsoleExit.Byte"/>. Nothing to answer.</summary>
    WriteByte,
    /// <summary>
    /// Print guest memory. Set GPR 11 to the bytes taken (0 until then), or a negative SBI error with <c>SetReturnValue</c>.
    /// </summary>
    Write,
    /// <summary>
    /// Read input into guest memory without waiting. Set GPR 11 to the bytes stored (0 until then), or a negative SBI error with
    /// <c>SetReturnValue</c>.
    /// </summary>
    Read,
    /// <summary>Read one byte without waiting: <c>SetReturnValue</c> with the byte; the guest sees -1, nothing there, until then.</summary>
    ReadByte,
}

/// <summary>Payload of <see cref="RiscvExit.SbiConsole"/> (SBI 2.0, Debug Console Extension, and the legacy console calls).</summary>
public struct SbiConsoleExit
{
    /// <summary>What is wanted.</summary>
    public SbiConsoleOperation Operation;

    /// <summary>The byte of <see cref="SbiConsoleOperation.WriteByte"/>.</summary>
    public byte Byte;

    /// <summary>Guest-physical address of the buffer of Write and Read; every byte of it was memory when the exit was made.</summary>
    public GuestPhysAddr Address;

    /// <summary>Bytes in the buffer, at most 64 KiB: a longer request is served in part, as SBI allows.</summary>
    public ulong Length;
}

/// <summary>Payload of <see cref="RiscvExit.Semihosting"/>: the call's result goes to the guest by <c>SetReturnValue</c>.</summary>
public struct SemihostingExit
{
    /// <summary>The operation number, from a0.</summary>
    public ulong Operation;

    /// <summary>The argument, from a1: a value or the guest-virtual address of a parameter block.</summary>
    public ulong Argument;
}
