using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;

namespace AxVCpu;

/// <summary>Storage for the words of one exit.</summary>
[InlineArray(Length)]
public struct ExitWords
{
    /// <summary>How many 64-bit words an exit carries at most.</summary>
    public const int Length = 8;
    private ulong _first;
}

/// <summary>
/// The engine's side of an exit: a blittable record that <c>Run</c> fills. Each setter writes the whole meaning of one kind.
/// </summary>
public struct VCpuExitRecord
{
    private VCpuExitKind _kind;
    private byte _width;
    private byte _registerWidth;
    private byte _flags;
    private uint _code;
    private ExitWords _words;

    /// <summary>The kind last set.</summary>
    public readonly VCpuExitKind Kind => _kind;

    internal readonly AccessWidth Width => (AccessWidth)_width;

    internal readonly AccessWidth RegisterWidth => (AccessWidth)_registerWidth;

    internal readonly bool Flag => _flags != 0;

    internal readonly uint Code => _code;

    internal readonly uint Count => (uint)_words[1];

    internal readonly ulong Word(int index) => _words[index];

    [UnscopedRef]
    internal readonly ref readonly ExitWords Words => ref _words;

    /// <summary>
    /// Takes over what another record says, for an engine that keeps its own. For the frequent exits only what they consist of, as it was
    /// written: a wide load of what narrower stores have just written waits for them.
    /// </summary>
    public void Assign(in VCpuExitRecord other)
    {
        switch (other._kind)
        {
            case VCpuExitKind.MmioRead:
                _kind = VCpuExitKind.MmioRead;
                _width = other._width;
                _registerWidth = other._registerWidth;
                _flags = other._flags;
                _code = other._code;
                _words[0] = other._words[0];
                break;
            case VCpuExitKind.MmioWrite:
                _kind = VCpuExitKind.MmioWrite;
                _width = other._width;
                _words[0] = other._words[0];
                _words[1] = other._words[1];
                break;
            default:
                this = other;
                break;
        }
    }

    /// <summary>Handled inside the engine.</summary>
    public void SetNothing() => _kind = VCpuExitKind.Nothing;

    /// <summary>A hypercall with its number and six arguments, in the order of the architecture's convention.</summary>
    public void SetHypercall(ulong number, ulong a0, ulong a1, ulong a2, ulong a3, ulong a4, ulong a5)
    {
        _kind = VCpuExitKind.Hypercall;
        _words[0] = number;
        _words[1] = a0;
        _words[2] = a1;
        _words[3] = a2;
        _words[4] = a3;
        _words[5] = a4;
        _words[6] = a5;
    }

    /// <summary>A read of device memory that waits for <c>CompleteRead</c>.</summary>
    /// <param name="address">The guest-physical address.</param>
    /// <param name="width">How much is read.</param>
    /// <param name="register">The destination register by the architecture's index.</param>
    /// <param name="registerWidth">How much of the register the result fills.</param>
    /// <param name="signExtend">Whether the value is sign-extended to <paramref name="registerWidth"/>.</param>
    public void SetMmioRead(GuestPhysAddr address, AccessWidth width, uint register, AccessWidth registerWidth, bool signExtend)
    {
        _kind = VCpuExitKind.MmioRead;
        _width = (byte)width;
        _registerWidth = (byte)registerWidth;
        _flags = signExtend ? (byte)1 : (byte)0;
        _code = register;
        _words[0] = address.Value;
    }

    /// <summary>A write of device memory; <paramref name="data"/> holds <paramref name="width"/> bytes, zero above.</summary>
    public void SetMmioWrite(GuestPhysAddr address, AccessWidth width, ulong data)
    {
        _kind = VCpuExitKind.MmioWrite;
        _width = (byte)width;
        _words[0] = address.Value;
        _words[1] = data;
    }

    /// <summary>A read of a system register that waits for <c>CompleteRead</c>.</summary>
    public void SetSysRegRead(ulong address, uint register)
    {
        _kind = VCpuExitKind.SysRegRead;
        _code = register;
        _words[0] = address;
    }

    /// <summary>A write of a system register.</summary>
    public void SetSysRegWrite(ulong address, ulong value)
    {
        _kind = VCpuExitKind.SysRegWrite;
        _words[0] = address;
        _words[1] = value;
    }

    /// <summary>A read of an I/O port that waits for <c>CompleteRead</c>, once for each of <paramref name="count"/> values.</summary>
    public void SetIoRead(ushort port, AccessWidth width, uint count = 1)
    {
        _kind = VCpuExitKind.IoRead;
        _width = (byte)width;
        _code = port;
        _words[1] = count;
    }

    /// <summary>A write of an I/O port; <paramref name="data"/> holds <paramref name="width"/> bytes, zero above.</summary>
    public void SetIoWrite(ushort port, AccessWidth width, ulong data)
    {
        _kind = VCpuExitKind.IoWrite;
        _width = (byte)width;
        _code = port;
        _words[0] = data;
        _words[1] = 1;
        _words[2] = 0;
    }

    /// <summary>A string instruction writes several values to an I/O port.</summary>
    /// <param name="port">The port.</param>
    /// <param name="width">How much one value takes.</param>
    /// <param name="items">The values, little-endian and packed; unchanged until the next run.</param>
    /// <param name="count">How many there are, at least one.</param>
    public unsafe void SetIoWrite(ushort port, AccessWidth width, byte* items, uint count)
    {
        _kind = VCpuExitKind.IoWrite;
        _width = (byte)width;
        _code = port;
        _words[1] = count;
        _words[2] = (ulong)items;
        _words[0] = new IoWriteExit(port, width, 0, 1, items).Item(0);
    }

    /// <summary>An interrupt of the host, by the host's number.</summary>
    public void SetExternalInterrupt(ulong vector)
    {
        _kind = VCpuExitKind.ExternalInterrupt;
        _words[0] = vector;
    }

    /// <summary>A nested fault; the instruction has not retired and runs again.</summary>
    public void SetNestedPageFault(GuestPhysAddr address, MappingFlags access)
    {
        _kind = VCpuExitKind.NestedPageFault;
        _code = (uint)access;
        _words[0] = address.Value;
    }

    /// <summary>The guest waits for an interrupt, at most until its timer is due.</summary>
    /// <param name="deadline">When the vCPU's own timer fires, in ticks of the VM's clock; the maximum value is never.</param>
    public void SetHalt(ulong deadline = ulong.MaxValue)
    {
        _kind = VCpuExitKind.Halt;
        _words[0] = deadline;
    }

    /// <summary>The guest starts the vCPU <paramref name="target"/> (hart id, MPIDR affinity, APIC id).</summary>
    public void SetCpuUp(ulong target, GuestPhysAddr entry, ulong argument)
    {
        _kind = VCpuExitKind.CpuUp;
        _words[0] = target;
        _words[1] = entry.Value;
        _words[2] = argument;
    }

    /// <summary>The guest stops this vCPU; <paramref name="powerState"/> is the architecture's value, 0 for off.</summary>
    public void SetCpuDown(ulong powerState)
    {
        _kind = VCpuExitKind.CpuDown;
        _words[0] = powerState;
    }

    /// <summary>The guest powers off; 0 is a regular shutdown, anything else the guest's failure code.</summary>
    public void SetSystemDown(ulong code)
    {
        _kind = VCpuExitKind.SystemDown;
        _words[0] = code;
    }

    /// <summary>The guest resets the system.</summary>
    /// <param name="code">The architecture's kind of reset, 0 for a cold one.</param>
    public void SetSystemReset(ulong code)
    {
        _kind = VCpuExitKind.SystemReset;
        _words[0] = code;
    }

    /// <summary>The guest interrupts vCPUs <c>base + n</c> for each bit n of <paramref name="mask"/>, or all of them.</summary>
    public void SetSendIpi(ulong mask, ulong targetBase, bool toAll, uint vector)
    {
        _kind = VCpuExitKind.SendIpi;
        _flags = toAll ? (byte)1 : (byte)0;
        _code = vector;
        _words[0] = mask;
        _words[1] = targetBase;
    }

    /// <summary>The guest could not be entered, for a reason by the engine's number.</summary>
    public void SetFailEntry(ulong reason)
    {
        _kind = VCpuExitKind.FailEntry;
        _words[0] = reason;
    }

    /// <summary>The run was ended by <c>RequestExit</c>.</summary>
    public void SetInterrupted() => _kind = VCpuExitKind.Interrupted;

    /// <summary>A debug event at <paramref name="programCounter"/>.</summary>
    public void SetDebug(ulong programCounter, DebugReason reason)
    {
        _kind = VCpuExitKind.Debug;
        _code = (uint)reason;
        _words[0] = programCounter;
    }

    /// <summary>The engine failed, or met something in the guest that it cannot execute.</summary>
    public void SetInternalError(EngineErrorCode code, ulong data0 = 0, ulong data1 = 0, ulong data2 = 0, ulong data3 = 0)
    {
        _kind = VCpuExitKind.InternalError;
        _code = (uint)code;
        _words[0] = data0;
        _words[1] = data1;
        _words[2] = data2;
        _words[3] = data3;
    }

    /// <summary>An event that only this architecture has; <typeparamref name="T"/> is at most eight words.</summary>
    public void SetArchSpecific<T>(uint code, in T payload)
        where T : unmanaged
    {
        if (Unsafe.SizeOf<T>() > Unsafe.SizeOf<ExitWords>())
            Misuse.Throw(MisuseKind.Argument);
        _kind = VCpuExitKind.ArchSpecific;
        _code = code;
        // SAFETY: the size was checked; ExitWords is at least as aligned as any T of 64-bit members.
        Unsafe.As<ExitWords, T>(ref _words) = payload;
    }
}
