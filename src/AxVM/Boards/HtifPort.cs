using System.Buffers.Binary;
using AxVCpu;
using AxVCpu.Devices;
using AxVCpu.Memory;

namespace AxVM.Boards;

/// <summary>
/// The host's side of HTIF, the mailbox of Berkeley's test programs: two words, <c>tohost</c> and <c>fromhost</c>, in
/// the guest's memory. A write to <c>tohost</c> ends the run, prints a character or asks for a system call.
/// </summary>
/// <param name="memory">The guest's memory.</param>
/// <param name="toHost">The address of <c>tohost</c>.</param>
/// <param name="fromHost">The address of <c>fromhost</c>, or <c>null</c>.</param>
/// <param name="host">Told when the guest ends.</param>
/// <param name="console">Where the guest prints, and where its characters come from.</param>
internal sealed class HtifPort(GuestAddressSpace memory, ulong toHost, ulong? fromHost, IMachineHost host, UartDevice console)
{
    private const int HighestCode = 120;
    private const ulong LongestWrite = 64 * 1024;
    private const byte SystemCallDevice = 0;
    private const byte ConsoleDevice = 1;
    private const byte ConsoleRead = 0;
    private const byte ConsoleWrite = 1;
    private const ulong CharacterHere = 0x100;
    private const ulong CallWrite = 64;
    private const ulong CallExit = 93;
    private const ulong NotSupported = unchecked((ulong)-38L); // -ENOSYS
    private const ulong BadAddress = unchecked((ulong)-14L); // -EFAULT

    private readonly Lock _gate = new();
    private bool _isOver;
    private bool _wantsCharacter;

    /// <summary>Looks for a message and serves it. Any thread.</summary>
    public void Poll()
    {
        lock (_gate)
        {
            if (_isOver)
            {
                return;
            }

            if (memory.ReadVolatile(new GuestPhysAddr(toHost), AccessWidth.Qword, out ulong message) == GuestAccessStatus.Ok && message != 0)
            {
                Serve(message);
            }

            GiveCharacter();
        }
    }

    private void Serve(ulong message)
    {
        byte device = (byte)(message >> 56);
        byte command = (byte)(message >> 48);
        ulong payload = message & 0xffff_ffff_ffff;
        if (device == SystemCallDevice && (payload & 1) != 0)
        {
            // A program that only passes has no code; a failed test has its number.
            End(payload >> 1);
        }
        else if (device == SystemCallDevice)
        {
            SystemCall(payload);
        }
        else
        {
            // A character is taken without an answer, one that is wanted comes when it is typed; of anything else the guest hears
            // nothing, as if no device were there.
            Clear();
            if (device == ConsoleDevice && command == ConsoleWrite)
            {
                console.Print([(byte)payload]);
            }

            _wantsCharacter |= device == ConsoleDevice && command == ConsoleRead;
        }
    }

    /// <summary>Answers the guest's wish for a character once one is typed and the last answer was taken.</summary>
    private void GiveCharacter()
    {
        byte character = 0;
        if (_wantsCharacter && fromHost is ulong address
            && memory.ReadVolatile(new GuestPhysAddr(address), AccessWidth.Qword, out ulong last) == GuestAccessStatus.Ok && last == 0
            && console.Take(new Span<byte>(ref character)) != 0)
        {
            _wantsCharacter = false;
            ulong answer = ((ulong)ConsoleDevice << 56) | ((ulong)ConsoleRead << 48) | CharacterHere | character;
            memory.WriteVolatile(new GuestPhysAddr(address), AccessWidth.Qword, answer);
        }
    }

    private void End(ulong code)
    {
        _isOver = true;
        host.End(code == 0
            ? new VmExit(VmExitReason.PowerOff)
            : new VmExit(VmExitReason.GuestExit, (int)ulong.Min(code, HighestCode)));
    }

    /// <summary>A block of eight words: the call, its arguments; the first word takes the result.</summary>
    private void SystemCall(ulong block)
    {
        Span<byte> words = stackalloc byte[64];
        if (memory.Read(new GuestPhysAddr(block), words) != GuestAccessStatus.Ok)
        {
            Answer();
            return;
        }

        ulong Argument(Span<byte> from, int index) => BinaryPrimitives.ReadUInt64LittleEndian(from[(index * 8)..]);
        ulong result = NotSupported;
        switch (Argument(words, 0))
        {
            case CallExit:
                End(Argument(words, 1) & 0xffff_ffff);
                return;
            case CallWrite:
                byte[] text = new byte[ulong.Min(Argument(words, 3), LongestWrite)];
                bool isRead = memory.Read(new GuestPhysAddr(Argument(words, 2)), text) == GuestAccessStatus.Ok;
                result = isRead ? (ulong)text.Length : BadAddress;
                console.Print(isRead ? text : []);
                break;
        }

        memory.WriteVolatile(new GuestPhysAddr(block & ~7UL), AccessWidth.Qword, result);
        Answer();
    }

    /// <summary>The call is done: its result is in the block.</summary>
    private void Answer()
    {
        Clear();
        if (fromHost is ulong address)
        {
            memory.WriteVolatile(new GuestPhysAddr(address), AccessWidth.Qword, 1);
        }
    }

    private void Clear() => memory.WriteVolatile(new GuestPhysAddr(toHost), AccessWidth.Qword, 0);
}
