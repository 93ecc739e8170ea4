namespace AxVCpu;

/// <summary>A hypercall: its number and arguments by the architecture's calling convention.</summary>
public readonly ref struct HypercallExit
{
    private readonly ref readonly VCpuExitRecord _record;

    internal HypercallExit(ref readonly VCpuExitRecord record) => _record = ref record;

    /// <summary>How many arguments a hypercall carries.</summary>
    public const int ArgumentCount = 6;

    /// <summary>The number of the call.</summary>
    public ulong Number => _record.Word(0);

    /// <summary>Argument <paramref name="index"/>, 0 to 5.</summary>
    public ulong Argument(int index)
    {
        if ((uint)index >= ArgumentCount)
            Misuse.Throw(MisuseKind.Argument);
        return _record.Word(1 + index);
    }
}

/// <summary>A read of device memory. The guest sees zero unless the read is completed before the next run.</summary>
/// <param name="Address">The guest-physical address.</param>
/// <param name="Width">How much is read.</param>
/// <param name="Register">The destination register by the architecture's index.</param>
/// <param name="RegisterWidth">How much of the register the result fills.</param>
/// <param name="SignExtend">Whether the engine sign-extends the completed value.</param>
public readonly struct MmioReadExit(GuestPhysAddr Address, AccessWidth Width, uint Register, AccessWidth RegisterWidth, bool SignExtend)
{
    /// <summary>The guest-physical address.</summary>
    public GuestPhysAddr Address { get; } = Address;

    /// <summary>How much is read.</summary>
    public AccessWidth Width { get; } = Width;

    /// <summary>The destination register by the architecture's index.</summary>
    public uint Register { get; } = Register;

    /// <summary>How much of the register the result fills.</summary>
    public AccessWidth RegisterWidth { get; } = RegisterWidth;

    /// <summary>Whether the engine sign-extends the completed value to <see cref="RegisterWidth"/>.</summary>
    public bool SignExtend { get; } = SignExtend;
}

/// <summary>A write of device memory.</summary>
/// <param name="Address">The guest-physical address.</param>
/// <param name="Width">How much is written.</param>
/// <param name="Data">The value, zero above the width.</param>
public readonly struct MmioWriteExit(GuestPhysAddr Address, AccessWidth Width, ulong Data)
{
    /// <summary>The guest-physical address.</summary>
    public GuestPhysAddr Address { get; } = Address;

    /// <summary>How much is written.</summary>
    public AccessWidth Width { get; } = Width;

    /// <summary>The value, zero above the width.</summary>
    public ulong Data { get; } = Data;
}

/// <summary>A read of a system register that the VMM serves; zero unless completed before the next run.</summary>
/// <param name="Address">The register by the architecture's number (CSR, MSR, encoded system register).</param>
/// <param name="Register">The destination register by the architecture's index.</param>
public readonly struct SysRegReadExit(ulong Address, uint Register)
{
    /// <summary>The register by the architecture's number (CSR, MSR, encoded system register).</summary>
    public ulong Address { get; } = Address;

    /// <summary>The destination register by the architecture's index.</summary>
    public uint Register { get; } = Register;
}

/// <summary>A write of a system register that the VMM serves.</summary>
/// <param name="Address">The register by the architecture's number (CSR, MSR, encoded system register).</param>
/// <param name="Value">The value written.</param>
public readonly struct SysRegWriteExit(ulong Address, ulong Value)
{
    /// <summary>The register by the architecture's number (CSR, MSR, encoded system register).</summary>
    public ulong Address { get; } = Address;

    /// <summary>The value written.</summary>
    public ulong Value { get; } = Value;
}

/// <summary>
/// A read of an I/O port; zero unless completed before the next run. A string instruction reads several values at once: each call of
/// <c>CompleteRead</c> answers the next of them, in order.
/// </summary>
/// <param name="Port">The port.</param>
/// <param name="Width">How much one value takes.</param>
/// <param name="Count">How many values are read, 1 unless it is a string instruction.</param>
public readonly struct IoReadExit(ushort Port, AccessWidth Width, uint Count = 1)
{
    /// <summary>The port.</summary>
    public ushort Port { get; } = Port;

    /// <summary>How much one value takes.</summary>
    public AccessWidth Width { get; } = Width;

    /// <summary>How many values are read, 1 unless it is a string instruction.</summary>
    public uint Count { get; } = Count;
}

/// <summary>A write of an I/O port; a string instruction writes several values at once.</summary>
public readonly unsafe ref struct IoWriteExit
{
    private readonly byte* _items;

    internal IoWriteExit(ushort port, AccessWidth width, ulong data, uint count, byte* items)
    {
        Port = port;
        Width = width;
        Data = data;
        Count = count;
        _items = items;
    }

    /// <summary>The port.</summary>
    public ushort Port { get; }

    /// <summary>How much one value takes.</summary>
    public AccessWidth Width { get; }

    /// <summary>The value, or the first of several; zero above the width.</summary>
    public ulong Data { get; }

    /// <summary>How many values are written, 1 unless it is a string instruction.</summary>
    public uint Count { get; }

    /// <summary>One of the values, in the order in which the guest writes them; zero above the width.</summary>
    /// <param name="index">0 to <see cref="Count"/> less one; anything else is a <see cref="MisuseKind.Argument"/>.</param>
    public ulong Item(uint index)
    {
        if (index >= Count)
            Misuse.Throw(MisuseKind.Argument);
        if (_items == null)
            return Data;
        // SAFETY: SetIoWrite took the promise that count values of this width lie there until the next run; the index was checked.
        byte* item = _items + (index * (uint)Width);
        ulong value = 0;
        for (int i = (int)Width - 1; i >= 0; i--)
            value = (value << 8) | item[i];
        return value;
    }
}

/// <summary>An access that the nested page table does not permit yet, or not at all.</summary>
/// <param name="Address">The guest-physical address of the access.</param>
/// <param name="Access">What the access needs.</param>
public readonly struct NestedPageFaultExit(GuestPhysAddr Address, MappingFlags Access)
{
    /// <summary>The guest-physical address of the access.</summary>
    public GuestPhysAddr Address { get; } = Address;

    /// <summary>What the access needs.</summary>
    public MappingFlags Access { get; } = Access;
}

/// <summary>The guest starts another vCPU.</summary>
/// <param name="TargetCpu">The vCPU by the architecture's id: hart id, MPIDR affinity, APIC id.</param>
/// <param name="Entry">Where it starts.</param>
/// <param name="Argument">The value that the architecture passes to it.</param>
public readonly struct CpuUpExit(ulong TargetCpu, GuestPhysAddr Entry, ulong Argument)
{
    /// <summary>The vCPU by the architecture's id: hart id, MPIDR affinity, APIC id.</summary>
    public ulong TargetCpu { get; } = TargetCpu;

    /// <summary>Where it starts.</summary>
    public GuestPhysAddr Entry { get; } = Entry;

    /// <summary>The value that the architecture passes to it.</summary>
    public ulong Argument { get; } = Argument;
}

/// <summary>The guest interrupts other vCPUs.</summary>
/// <param name="TargetMask">Bit n names vCPU TargetBase + n.</param>
/// <param name="TargetBase">The id that bit 0 of the mask names.</param>
/// <param name="ToAll">Whether every vCPU is meant; mask and base are then void.</param>
/// <param name="Vector">The interrupt, as InjectInterrupt takes it.</param>
public readonly struct SendIpiExit(ulong TargetMask, ulong TargetBase, bool ToAll, uint Vector)
{
    /// <summary>Bit n names vCPU TargetBase + n.</summary>
    public ulong TargetMask { get; } = TargetMask;

    /// <summary>The id that bit 0 of the mask names.</summary>
    public ulong TargetBase { get; } = TargetBase;

    /// <summary>Whether every vCPU is meant; mask and base are then void.</summary>
    public bool ToAll { get; } = ToAll;

    /// <summary>The interrupt, as InjectInterrupt takes it.</summary>
    public uint Vector { get; } = Vector;
}

/// <summary>A debug event.</summary>
/// <param name="ProgramCounter">The guest-virtual address of the instruction.</param>
/// <param name="Reason">Which event it was.</param>
public readonly struct DebugExit(ulong ProgramCounter, DebugReason Reason)
{
    /// <summary>The guest-virtual address of the instruction.</summary>
    public ulong ProgramCounter { get; } = ProgramCounter;

    /// <summary>Which event it was.</summary>
    public DebugReason Reason { get; } = Reason;
}

/// <summary>
/// The engine cannot go on. When it failed itself, the vCPU's state is unknown and it is <see cref="VCpuState.Invalid"/>; when it met
/// something in the guest that it cannot execute, the vCPU is <see cref="VCpuState.Ready"/> and stands where it was.
/// </summary>
/// <param name="Code">Why.</param>
/// <param name="Data0">The engine's own detail.</param>
/// <param name="Data1">The engine's own detail.</param>
/// <param name="Data2">The engine's own detail.</param>
/// <param name="Data3">The engine's own detail.</param>
public readonly struct InternalErrorExit(EngineErrorCode Code, ulong Data0, ulong Data1, ulong Data2 = 0, ulong Data3 = 0)
{
    /// <summary>Why.</summary>
    public EngineErrorCode Code { get; } = Code;

    /// <summary>The engine's own detail.</summary>
    public ulong Data0 { get; } = Data0;

    /// <summary>The engine's own detail.</summary>
    public ulong Data1 { get; } = Data1;

    /// <summary>The engine's own detail.</summary>
    public ulong Data2 { get; } = Data2;

    /// <summary>The engine's own detail.</summary>
    public ulong Data3 { get; } = Data3;
}
