using System.Numerics;
using System.Runtime.CompilerServices;

namespace AxVCpu.Devices;

/// <summary>What a <see cref="CfiFlash"/> asks of the world around it. Offsets and lengths lie within its size.</summary>
public interface ICfiFlashHost
{
    /// <summary>Reads the contents, little-endian.</summary>
    ulong ReadArray(ulong offset, AccessWidth width);

    /// <summary>Programs bytes: clears the bits that are 0 in <paramref name="data"/>.</summary>
    void Program(ulong offset, ReadOnlySpan<byte> data);

    /// <summary>Sets all bits of a block.</summary>
    void Erase(ulong offset, ulong length);

    /// <summary>Whether reads give the contents, so that they need not ask the model; told on changes, and at a reset.</summary>
    void SetReadArray(bool isArray);
}

/// <summary>
/// A bank of NOR flash with the command set of Intel (JEDEC JEP137 command set 0001; JESD68.01 for the query): two 16-bit chips side by
/// side on a bus of 32 bits, as the bank of the well-known board is. Every operation is done when its write returns; programming only
/// clears bits. Plain data: a copy is a snapshot, without the contents. About 4 KiB: keep it in place and pass it by reference. Not thread
/// safe; the owner serialises.
/// </summary>
public struct CfiFlash
{
    /// <summary>Bytes that one buffered write programs at most, within an aligned block of as many.</summary>
    public const int BufferSize = 4096;

    private const int Chips = 2;
    private const int ChipBits = 16;
    private const int BusBytes = 4;
    // Intel, the 28F128J3: what the well-known board says it has.
    private const ushort Manufacturer = 0x89;
    private const ushort Device = 0x18;

    [InlineArray(BufferSize)]
    private struct Buffer
    {
        private byte _first;
    }

    private enum Cycle : byte
    {
        Command,
        Data,
        Buffer,
        Confirm,
    }

    private Buffer _buffer;
    private ulong _size;
    private ulong _bufferAt;
    private uint _blockSize;
    private uint _left;
    private CfiFlashCommand _command;
    private CfiFlashStatus _status;
    private Cycle _cycle;
    private byte _readOnly;

    /// <summary>A bank that reads as its contents.</summary>
    /// <param name="size">Bytes; a power of two.</param>
    /// <param name="blockSize">Bytes that are erased together; a power of two, at most <paramref name="size"/>.</param>
    /// <param name="readOnly">Whether programming and erasing fail.</param>
    public CfiFlash(ulong size, uint blockSize, bool readOnly)
    {
        _size = size;
        _blockSize = blockSize;
        _readOnly = readOnly ? (byte)1 : (byte)0;
        _command = CfiFlashCommand.ReadArray;
        _status = CfiFlashStatus.Ready;
    }

    /// <summary>Bytes of the bank.</summary>
    public readonly ulong Size => _size;

    /// <summary>Whether reads give the contents.</summary>
    public readonly bool IsReadArray => _command == CfiFlashCommand.ReadArray;

    /// <summary>Back to reading the contents, which stay.</summary>
    public void Reset<THost>(ref THost host)
        where THost : struct, ICfiFlashHost
    {
        _command = CfiFlashCommand.ReadArray;
        _status = CfiFlashStatus.Ready;
        _cycle = Cycle.Command;
        host.SetReadArray(true);
    }

    /// <summary>Reads what the last command asked for.</summary>
    /// <returns>False for an access that is misaligned or leaves the bank.</returns>
    public readonly bool Read<THost>(ref THost host, ulong offset, AccessWidth width, out ulong value)
        where THost : struct, ICfiFlashHost
    {
        value = 0;
        if (!Fits(offset, width))
            return false;
        value = _command switch
        {
            CfiFlashCommand.ReadArray => host.ReadArray(offset, width),
            CfiFlashCommand.ReadIdentifier => Lanes(offset, Identifier((uint)(offset / BusBytes)), Identifier((uint)(offset / BusBytes) + 1)),
            CfiFlashCommand.Query => Lanes(offset, Query((uint)(offset / BusBytes)), Query((uint)(offset / BusBytes) + 1)),
            _ => Lanes(offset, (byte)_status, (byte)_status),
        };
        if (width < AccessWidth.Qword)
            value &= (1UL << (int)width * 8) - 1;
        return true;
    }

    /// <summary>Writes a command, or what belongs to one.</summary>
    /// <returns>False for an access that is misaligned or leaves the bank.</returns>
    public bool Write<THost>(ref THost host, ulong offset, AccessWidth width, ulong value)
        where THost : struct, ICfiFlashHost
    {
        if (!Fits(offset, width))
            return false;
        bool wasArray = IsReadArray;
        switch (_cycle)
        {
            case Cycle.Command:
                Begin((CfiFlashCommand)(byte)value, offset);
                break;
            case Cycle.Data:
                GoOn(ref host, offset, width, value);
                break;
            case Cycle.Buffer:
                Collect(offset, width, value);
                break;
            default:
                Finish(ref host, (CfiFlashCommand)(byte)value);
                break;
        }
        if (wasArray != IsReadArray)
            host.SetReadArray(!wasArray);
        return true;
    }

    private readonly bool Fits(ulong offset, AccessWidth width)
    {
        ulong bytes = (ulong)width;
        return bytes - 1 < sizeof(ulong) && (offset & (bytes - 1)) == 0 && offset < _size;
    }

    // Each chip drives its half of the bus; a read of 64 bits is two of the bus.
    private static ulong Lanes(ulong offset, ushort low, ushort high)
    {
        ulong both = low | (ulong)low << ChipBits | (ulong)high << 2 * ChipBits | (ulong)high << 3 * ChipBits;
        return both >> (int)(offset & (BusBytes - 1)) * 8;
    }

    private static ushort Identifier(uint word) => (word & 0xFF) switch
    {
        0 => Manufacturer,
        1 => Device,
        _ => 0, // among them the lock of each block: open
    };

    /// <summary>The query structure (JESD68.01, tables 1 to 4; the primary table is Intel's), for one chip of the two.</summary>
    private readonly byte Query(uint word)
    {
        uint chipBlock = _blockSize / Chips;
        uint lastBlock = (uint)(_size / _blockSize) - 1;
        return word switch
        {
            0x10 => (byte)'Q',
            0x11 => (byte)'R',
            0x12 => (byte)'Y',
            0x13 => 0x01, // command set: Intel, extended
            0x15 => 0x31, // where its table is
            0x1B => 0x45, // 4.5 to 5.5 V
            0x1C => 0x55,
            0x1F => 0x07, // 2^n us for a word, 2^n us for a buffer, 2^n ms for a block; at most 2^n times that
            0x20 => 0x07,
            0x21 => 0x0A,
            0x23 => 0x04,
            0x24 => 0x04,
            0x25 => 0x04,
            0x27 => (byte)BitOperations.TrailingZeroCount(_size / Chips),
            0x28 => 0x02, // 8 and 16 bits
            0x2A => (byte)BitOperations.TrailingZeroCount(BufferSize / Chips),
            0x2C => 0x01, // one region: its blocks but one, their size in 256 bytes
            0x2D => (byte)lastBlock,
            0x2E => (byte)(lastBlock >> 8),
            0x2F => (byte)(chipBlock >> 8),
            0x30 => (byte)(chipBlock >> 16),
            0x31 => (byte)'P',
            0x32 => (byte)'R',
            0x33 => (byte)'I',
            0x34 => (byte)'1',
            0x35 => (byte)'0',
            0x3F => 0x01, // protection fields
            _ => 0,
        };
    }

    private void Begin(CfiFlashCommand command, ulong offset)
    {
        _command = command;
        switch (command)
        {
            case CfiFlashCommand.Program:
            case CfiFlashCommand.ProgramAlternate:
            case CfiFlashCommand.Erase:
            case CfiFlashCommand.Lock:
                _cycle = Cycle.Data;
                break;
            case CfiFlashCommand.WriteBuffer:
                _cycle = Cycle.Data;
                _bufferAt = offset & ~(ulong)(BufferSize - 1);
                break;
            case CfiFlashCommand.ReadStatus:
            case CfiFlashCommand.ReadIdentifier:
            case CfiFlashCommand.Query:
                break;
            case CfiFlashCommand.ClearStatus:
                _status = CfiFlashStatus.Ready;
                _command = CfiFlashCommand.ReadArray;
                break;
            default:
                // Also what resets flash of other makers, for which drivers try it first.
                _command = CfiFlashCommand.ReadArray;
                break;
        }
    }

    private void GoOn<THost>(ref THost host, ulong offset, AccessWidth width, ulong value)
        where THost : struct, ICfiFlashHost
    {
        _cycle = Cycle.Command;
        switch (_command)
        {
            case CfiFlashCommand.Program:
            case CfiFlashCommand.ProgramAlternate:
                Span<byte> data = stackalloc byte[sizeof(ulong)];
                LittleEndian.Put(data, 0, (int)width, value);
                Program(ref host, offset, data.Slice(0, (int)width));
                break;
            case CfiFlashCommand.Erase when (CfiFlashCommand)(byte)value == CfiFlashCommand.Confirm:
                if (_readOnly != 0)
                    _status |= CfiFlashStatus.EraseError;
                else
                    host.Erase(offset & ~((ulong)_blockSize - 1), _blockSize);
                break;
            case CfiFlashCommand.Lock when (CfiFlashCommand)(byte)value is CfiFlashCommand.Confirm or CfiFlashCommand.LockBlock:
                // There are no locks: what is to be kept is in a bank that is read only as a whole.
                break;
            case CfiFlashCommand.WriteBuffer:
                // One less than the words for each chip; both take theirs from one write of the bus.
                _left = (ushort)value + 1u;
                if (_left > BufferSize / BusBytes)
                {
                    _status |= CfiFlashStatus.ProgramError | CfiFlashStatus.EraseError;
                    break;
                }
                ((Span<byte>)_buffer).Fill(0xFF);
                _cycle = Cycle.Buffer;
                break;
            default:
                _command = CfiFlashCommand.ReadArray;
                break;
        }
    }

    private void Collect(ulong offset, AccessWidth width, ulong value)
    {
        if ((offset & ~(ulong)(BufferSize - 1)) == _bufferAt)
            LittleEndian.Put(_buffer, (int)(offset - _bufferAt), (int)width, value);
        else
            _status |= CfiFlashStatus.ProgramError;
        if (--_left == 0)
            _cycle = Cycle.Confirm;
    }

    private void Finish<THost>(ref THost host, CfiFlashCommand confirm)
        where THost : struct, ICfiFlashHost
    {
        _cycle = Cycle.Command;
        if (confirm == CfiFlashCommand.Confirm)
            Program(ref host, _bufferAt, _buffer);
        else
            _command = CfiFlashCommand.ReadArray;
    }

    private void Program<THost>(ref THost host, ulong offset, ReadOnlySpan<byte> data)
        where THost : struct, ICfiFlashHost
    {
        if (_readOnly != 0)
            _status |= CfiFlashStatus.ProgramError;
        else
            host.Program(offset, data);
    }
}

/// <summary>Commands of a <see cref="CfiFlash"/> (Intel command set, JEP137 0001).</summary>
public enum CfiFlashCommand : byte
{
    /// <summary>The second word of <see cref="Lock"/>: lock the block.</summary>
    LockBlock = 0x01,
    /// <summary>Program a word; the older number.</summary>
    ProgramAlternate = 0x10,
    /// <summary>Erase a block, after <see cref="Confirm"/>.</summary>
    Erase = 0x20,
    /// <summary>Program a word, which follows.</summary>
    Program = 0x40,
    /// <summary>Clear the errors in the status.</summary>
    ClearStatus = 0x50,
    /// <summary>Lock or unlock a block.</summary>
    Lock = 0x60,
    /// <summary>Read the status.</summary>
    ReadStatus = 0x70,
    /// <summary>Read who made it and what it is.</summary>
    ReadIdentifier = 0x90,
    /// <summary>Read the query structure.</summary>
    Query = 0x98,
    /// <summary>The last word of what must be confirmed.</summary>
    Confirm = 0xD0,
    /// <summary>Program many words: their number less one follows, the words, and <see cref="Confirm"/>.</summary>
    WriteBuffer = 0xE8,
    /// <summary>Read the contents.</summary>
    ReadArray = 0xFF,
}

/// <summary>The status of a <see cref="CfiFlash"/> (Intel command set).</summary>
[Flags]
public enum CfiFlashStatus : byte
{
    /// <summary>Busy, which is never seen.</summary>
    None = 0,
    /// <summary>Programming failed; with <see cref="EraseError"/>: the commands made no sense.</summary>
    ProgramError = 0x10,
    /// <summary>Erasing failed.</summary>
    EraseError = 0x20,
    /// <summary>The last operation is done.</summary>
    Ready = 0x80,
}
