using System.Text;
using AxVCpu;
using AxVCpu.Devices;
using AxVCpu.Memory;
using AxVCpu.Software.Riscv64;

namespace AxVM.Boards;

/// <summary>Operations of "Semihosting for AArch32 and AArch64" (Arm, 2.0); "RISC-V Semihosting" 1.0 uses the same numbers.</summary>
internal enum SemihostingOperation : ulong
{
    Open = 0x01,
    Close = 0x02,
    WriteC = 0x03,
    Write0 = 0x04,
    Write = 0x05,
    Read = 0x06,
    ReadC = 0x07,
    IsError = 0x08,
    IsTty = 0x09,
    Seek = 0x0A,
    FileLength = 0x0C,
    Clock = 0x10,
    Time = 0x11,
    Errno = 0x13,
    GetCommandLine = 0x15,
    HeapInfo = 0x16,
    Exit = 0x18,
    ExitExtended = 0x20,
    Elapsed = 0x30,
    TickFrequency = 0x31,
}

/// <summary>
/// The host's side of semihosting: the console, the clocks and the exit. The host's files are not the guest's: the only one
/// that opens besides the console is <c>:semihosting-features</c>.
/// </summary>
/// <param name="memory">The guest's memory.</param>
/// <param name="clock">The VM's clock.</param>
/// <param name="host">Told when the guest ends.</param>
/// <param name="console">Where the guest prints, and where its characters come from.</param>
internal sealed class SemihostingPort(GuestAddressSpace memory, VmClock clock, IMachineHost host, UartDevice console)
{
    private const ulong ApplicationExit = 0x20026; // ADP_Stopped_ApplicationExit
    private const ulong Failure = ulong.MaxValue;
    private const int HighestCode = 255;
    private const int LongestText = 64 * 1024;
    private const ulong ConsoleHandle = 1;
    private const ulong FeaturesHandle = 2;
    private const int NoEntry = 2; // ENOENT
    private const int BadHandle = 9; // EBADF
    private const int NotImplemented = 38; // ENOSYS
    private const int TooSmall = 34; // ERANGE

    // From the ebreak to behind the sequence that marks a call.
    private const ulong CallTail = 8;
    private static readonly TimeSpan s_typingPause = TimeSpan.FromMilliseconds(1);

    private static ReadOnlySpan<byte> ConsoleName => ":tt"u8;

    private static ReadOnlySpan<byte> FeaturesName => ":semihosting-features"u8;

    // "SHFB", then SH_EXT_EXIT_EXTENDED (bit 0) and SH_EXT_STDOUT_STDERR (bit 1).
    private static ReadOnlySpan<byte> Features => [0x53, 0x48, 0x46, 0x42, 0b11];

    private readonly Lock _gate = new();
    private byte[] _commandLine = [0];
    private AddressRangeConfig _heap;
    private int _featuresPosition;
    private int _errno;

    /// <summary>Tells what a program may ask about itself. While no vCPU runs.</summary>
    /// <param name="commandLine">Its words, or <c>null</c>.</param>
    /// <param name="heap">Memory that nothing else is in.</param>
    public void Describe(string? commandLine, AddressRangeConfig heap)
    {
        _commandLine = [.. Encoding.UTF8.GetBytes(commandLine ?? string.Empty), 0];
        _heap = heap;
        _featuresPosition = 0;
        _errno = 0;
    }

    /// <summary>Serves one call; its result goes to the vCPU's return register. On the vCPU's thread.</summary>
    public void Serve(VirtualCpu cpu, in SemihostingExit call)
    {
        ulong? result;
        lock (_gate)
            result = Serve((SemihostingOperation)call.Operation, call.Argument);
        if (result is ulong value)
        {
            cpu.SetReturnValue(value);
            return;
        }

        // It waits for a character: the guest makes the call again, so that it can be stopped and interrupted meanwhile.
        Thread.Sleep(s_typingPause);
        cpu.ProgramCounter -= CallTail;
    }

    /// <summary>The call's result; null when there is none yet.</summary>
    private ulong? Serve(SemihostingOperation operation, ulong block)
    {
        switch (operation)
        {
            case SemihostingOperation.WriteC:
                if (memory.ReadObject(new GuestPhysAddr(block), out byte character) == GuestAccessStatus.Ok)
                    console.Print([character]);
                return 0;
            case SemihostingOperation.ReadC:
                byte typed = 0;
                return console.Take(new Span<byte>(ref typed)) != 0 ? typed : console.IsInputOver ? Failure : null;
            case SemihostingOperation.GetCommandLine:
                return GetCommandLine(block);
            case SemihostingOperation.HeapInfo:
                return DescribeHeap(block);
            case SemihostingOperation.Write0:
                return PrintText(block);
            case SemihostingOperation.Open:
                return Open(block);
            case SemihostingOperation.Close:
                return Word(block, 0) is ConsoleHandle or FeaturesHandle ? 0 : Fail(BadHandle);
            case SemihostingOperation.Write:
                return Write(block);
            case SemihostingOperation.Read:
                return Read(block);
            case SemihostingOperation.IsError:
                return (long)Word(block, 0) < 0 ? 1UL : 0;
            case SemihostingOperation.IsTty:
                return Word(block, 0) == ConsoleHandle ? 1UL : 0;
            case SemihostingOperation.Seek:
                return Seek(block);
            case SemihostingOperation.FileLength:
                return Word(block, 0) switch
                {
                    ConsoleHandle => 0,
                    FeaturesHandle => (ulong)Features.Length,
                    _ => Fail(BadHandle),
                };
            case SemihostingOperation.Clock:
                return clock.Ticks / (clock.FrequencyHz / 100);
            case SemihostingOperation.Time:
                return (ulong)DateTimeOffset.UtcNow.ToUnixTimeSeconds();
            case SemihostingOperation.Errno:
                return (ulong)_errno;
            case SemihostingOperation.Elapsed:
                return memory.WriteObject(new GuestPhysAddr(block), clock.Ticks) == GuestAccessStatus.Ok ? 0 : Failure;
            case SemihostingOperation.TickFrequency:
                return clock.FrequencyHz;
            case SemihostingOperation.Exit or SemihostingOperation.ExitExtended:
                return Exit(block);
            default:
                return Fail(NotImplemented);
        }
    }

    /// <summary>On a 64-bit machine both forms take a block: the reason and the code.</summary>
    private ulong Exit(ulong block)
    {
        int code = Word(block, 0) == ApplicationExit ? (int)ulong.Min(Word(block, 1), HighestCode) : 1;
        host.End(code == 0 ? new VmExit(VmExitReason.PowerOff) : new VmExit(VmExitReason.GuestExit, code));
        return 0;
    }

    private ulong Open(ulong block)
    {
        Span<byte> name = stackalloc byte[32];
        ulong length = Word(block, 2);
        if (length >= (ulong)name.Length || memory.Read(new GuestPhysAddr(Word(block, 0)), name[..(int)length]) != GuestAccessStatus.Ok)
            return Fail(NoEntry);
        name = name[..(int)length];
        if (name.SequenceEqual(ConsoleName))
            return ConsoleHandle;
        if (!name.SequenceEqual(FeaturesName))
            return Fail(NoEntry);
        _featuresPosition = 0;
        return FeaturesHandle;
    }

    /// <summary>The result counts the bytes that were not written.</summary>
    private ulong Write(ulong block)
    {
        ulong length = Word(block, 2);
        if (Word(block, 0) != ConsoleHandle)
            return length;
        Span<byte> chunk = stackalloc byte[256];
        ulong at = Word(block, 1);
        // The guest chooses the length: past a bound it asks again, so that a stop never waits for one call.
        ulong end = length - ulong.Min(length, LongestText);
        while (length != end)
        {
            Span<byte> part = chunk[..(int)ulong.Min(length - end, (ulong)chunk.Length)];
            if (memory.Read(new GuestPhysAddr(at), part) != GuestAccessStatus.Ok)
                break;
            console.Print(part);
            at += (ulong)part.Length;
            length -= (ulong)part.Length;
        }

        return length;
    }

    /// <summary>The result counts the bytes that were not read; of the console at least one byte is, until its input is over.</summary>
    private ulong? Read(ulong block)
    {
        ulong length = Word(block, 2);
        if (Word(block, 0) == ConsoleHandle && length != 0)
        {
            Span<byte> typed = stackalloc byte[256];
            typed = typed[..(int)ulong.Min(length, (ulong)typed.Length)];
            // Before a character is taken that would then be lost.
            if (memory.Read(new GuestPhysAddr(Word(block, 1)), typed) != GuestAccessStatus.Ok)
                return length;
            typed = typed[..console.Take(typed)];
            if (typed.IsEmpty)
                return console.IsInputOver ? length : null;
            return memory.Write(new GuestPhysAddr(Word(block, 1)), typed) == GuestAccessStatus.Ok ? length - (ulong)typed.Length : length;
        }

        if (Word(block, 0) != FeaturesHandle)
            return length;
        ReadOnlySpan<byte> rest = Features[_featuresPosition..];
        rest = rest[..(int)ulong.Min(length, (ulong)rest.Length)];
        if (memory.Write(new GuestPhysAddr(Word(block, 1)), rest) != GuestAccessStatus.Ok)
            return length;
        _featuresPosition += rest.Length;
        return length - (ulong)rest.Length;
    }

    private ulong Seek(ulong block)
    {
        ulong position = Word(block, 1);
        if (Word(block, 0) != FeaturesHandle || position > (ulong)Features.Length)
            return Fail(BadHandle);
        _featuresPosition = (int)position;
        return 0;
    }

    /// <summary>Prints a text closed by a zero byte, up to a bound.</summary>
    private ulong PrintText(ulong address)
    {
        for (int i = 0; i < LongestText; i++)
        {
            if (memory.ReadObject(new GuestPhysAddr(address + (ulong)i), out byte character) != GuestAccessStatus.Ok || character == 0)
                break;
            console.Print([character]);
        }

        return 0;
    }

    /// <summary>The block has a buffer and its length; the length becomes the text's.</summary>
    private ulong GetCommandLine(ulong block)
    {
        if (Word(block, 1) < (ulong)_commandLine.Length)
            return Fail(TooSmall);
        bool isWritten = memory.Write(new GuestPhysAddr(Word(block, 0)), _commandLine) == GuestAccessStatus.Ok
            && memory.WriteObject(new GuestPhysAddr(block + 8), (ulong)(_commandLine.Length - 1)) == GuestAccessStatus.Ok;
        return isWritten ? 0 : Failure;
    }

    /// <summary>The block points to four words: begin and end of the heap, and of the stack, which grows down from the end of the same memory.</summary>
    private ulong DescribeHeap(ulong block)
    {
        ulong words = Word(block, 0);
        ulong end = _heap.Address + _heap.Length;
        ReadOnlySpan<ulong> limits = [_heap.Address, end, end, _heap.Address];
        for (int i = 0; i < limits.Length; i++)
        {
            if (memory.WriteObject(new GuestPhysAddr(words + (ulong)(8 * i)), limits[i]) != GuestAccessStatus.Ok)
                return Failure;
        }

        return 0;
    }

    /// <summary>Word <paramref name="index"/> of a parameter block; zero when the guest has no memory there.</summary>
    private ulong Word(ulong block, int index) =>
        memory.ReadObject(new GuestPhysAddr(block + (ulong)(8 * index)), out ulong word) == GuestAccessStatus.Ok ? word : 0;

    private ulong Fail(int errno)
    {
        _errno = errno;
        return Failure;
    }
}
