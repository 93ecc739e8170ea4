using System.Text;
using AxVCpu;
using AxVCpu.Devices;

namespace AxVM.Boards;

/// <summary>
/// What kernels in text mode touch of a colour display adapter: the CRT controller, which they ask for the cursor and scroll with, and the
/// status register, on whose retrace bit they wait. The characters are plain memory at <see cref="X64VirtLayout.TextScreen"/>; nothing draws
/// them, but <see cref="Read(ReadOnlySpan{byte})"/> makes them text. Thread safe.
/// </summary>
internal sealed class X64TextScreen : IBusDevice, IResettable
{
    private const int CrtRegisters = 25;
    private const int StartHigh = 0x0C;
    private const int StartLow = 0x0D;
    private const byte DisplayOff = 1 << 0;
    private const byte VerticalRetrace = 1 << 3;

    // Offsets from 0x3D4 (IBM Color/Graphics Adapter; FreeVGA, "CRT Controller Registers" and "Input Status #1").
    private const ulong Index = 0;
    private const ulong Data = 1;
    private const ulong Status = 6;

    // Code page 437 from 0x80 on, which is what the adapter's character generator shows.
    private const string HighCharacters =
        "ÇüéâäàåçêëèïîìÄÅÉæÆôöòûùÿÖÜ¢£¥₧ƒáíóúñÑªº¿⌐¬½¼¡«»░▒▓│┤╡╢╖╕╣║╗╝╜╛┐└┴┬├─┼╞╟╚╔╩╦╠═╬╧╨╤╥╙╘╒╓╫╪┘┌█▄▌▐▀αßΓπΣσµτΦΘΩδ∞φε∩≡±≥≤⌠⌡÷≈°∙·√ⁿ²■\u00a0";

    /// <summary>Characters in a row.</summary>
    public const int Columns = 80;

    /// <summary>Rows of characters.</summary>
    public const int Rows = 25;

    /// <summary>Bytes of a character with its colours.</summary>
    public const int CellSize = 2;

    private readonly Lock _lock = new();
    private readonly byte[] _registers = new byte[CrtRegisters];
    private byte _index;
    private byte _status;

    /// <summary>Bytes of text memory; a screen that begins near its end goes on at its begin.</summary>
    public const int MemoryBytes = 0x8000;

    public string Name => "text-screen";

    public ulong Size => Status + 1;

    public bool Read(ulong offset, AccessWidth width, out ulong value)
    {
        value = 0;
        if (width != AccessWidth.Byte)
        {
            return false;
        }

        lock (_lock)
        {
            switch (offset)
            {
                case Index:
                    value = _index;
                    return true;
                case Data:
                    value = _index < CrtRegisters ? _registers[_index] : 0u;
                    return true;
                case Status:
                    // Time passes between two looks: whoever waits for an edge sees one.
                    _status ^= DisplayOff | VerticalRetrace;
                    value = _status;
                    return true;
                default:
                    return false;
            }
        }
    }

    public bool Write(ulong offset, AccessWidth width, ulong value)
    {
        lock (_lock)
        {
            // A word is the register's number and its value.
            if (offset == Index && width is AccessWidth.Byte or AccessWidth.Word)
            {
                _index = (byte)value;
            }

            ulong data = offset == Data ? value : value >> 8;
            bool hasData = offset == Data ? width == AccessWidth.Byte : offset == Index && width == AccessWidth.Word;
            if (hasData && _index < CrtRegisters)
            {
                _registers[_index] = (byte)data;
            }

            return hasData || (offset == Index && width == AccessWidth.Byte);
        }
    }

    public void Reset()
    {
        lock (_lock)
        {
            _registers.AsSpan().Clear();
            _index = 0;
            _status = 0;
        }
    }

    /// <summary>The screen as text without trailing blanks; null when nothing is on it.</summary>
    /// <param name="memory">The adapter's text memory, <see cref="MemoryBytes"/>.</param>
    public string? Read(ReadOnlySpan<byte> memory)
    {
        int start;
        lock (_lock)
        {
            start = ((_registers[StartHigh] << 8) | _registers[StartLow]) * CellSize;
        }

        StringBuilder text = new();
        StringBuilder line = new(Columns);
        for (int row = 0; row < Rows; row++)
        {
            line.Clear();
            for (int column = 0; column < Columns; column++)
            {
                line.Append(Show(memory[(start + (((row * Columns) + column) * CellSize)) % MemoryBytes]));
            }

            text.Append(line.ToString().TrimEnd()).Append('\n');
        }

        string screen = text.ToString().TrimEnd('\n');
        return screen.Length == 0 ? null : screen + "\n";
    }

    private static char Show(byte character) => character switch
    {
        < (byte)' ' or 0x7F => ' ',
        < 0x80 => (char)character,
        _ => HighCharacters[character - 0x80],
    };
}
