using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;

namespace AxVCpu.BareMetal;

/// <summary>How important a line of the log is.</summary>
internal enum LogLevel : byte
{
    /// <summary>Nothing is written.</summary>
    Off,
    /// <summary>Something failed.</summary>
    Error,
    /// <summary>Something is not as it should be.</summary>
    Warn,
    /// <summary>What happens.</summary>
    Info,
    /// <summary>Details for whoever looks for a fault.</summary>
    Debug,
    /// <summary>Every step.</summary>
    Trace,
}

/// <summary>
/// The hypervisor's log on the host's console. A line is collected for each CPU and written at once, so that lines of
/// several CPUs do not mix: <c>Log.Info("vm "u8).Dec(id).Text(" starts at "u8).Hex(entry).End()</c>.
/// </summary>
internal static class Log
{
    private static LogLevel s_level = LogLevel.Info;
    private static SpinLock s_lock;

    /// <summary>The least important level that is written.</summary>
    public static LogLevel Level
    {
        get => s_level;
        set => s_level = value;
    }

    /// <summary>Begins a line.</summary>
    public static LogLine Error(ReadOnlySpan<byte> text) => Begin(LogLevel.Error, "error: "u8, text);

    /// <inheritdoc cref="Error"/>
    public static LogLine Warn(ReadOnlySpan<byte> text) => Begin(LogLevel.Warn, "warning: "u8, text);

    /// <inheritdoc cref="Error"/>
    public static LogLine Info(ReadOnlySpan<byte> text) => Begin(LogLevel.Info, default, text);

    /// <inheritdoc cref="Error"/>
    public static LogLine Debug(ReadOnlySpan<byte> text) => Begin(LogLevel.Debug, "debug: "u8, text);

    /// <inheritdoc cref="Error"/>
    public static LogLine Trace(ReadOnlySpan<byte> text) => Begin(LogLevel.Trace, "trace: "u8, text);

    /// <summary>Begins the last line of this CPU; it is written at every level, with <see cref="LogLine.EndLast"/>.</summary>
    public static LogLine Panic(ReadOnlySpan<byte> text)
    {
        var line = new LogLine(isWanted: true);
        return line.Text("\r\n[axvisor] panic: "u8).Text(text);
    }

    /// <summary>Writes bytes that belong together.</summary>
    public static void Write(ReadOnlySpan<byte> text) => Write(text, default, default);

    /// <summary>Writes bytes that belong together and lie apart: nothing of another CPU comes in between.</summary>
    public static void Write(ReadOnlySpan<byte> first, ReadOnlySpan<byte> second, ReadOnlySpan<byte> third)
    {
        s_lock.Enter();
        Aarch64.HostConsole.Write(first);
        Aarch64.HostConsole.Write(second);
        Aarch64.HostConsole.Write(third);
        s_lock.Exit();
    }

    /// <summary>Writes whatever another CPU may be doing: this one will never write again.</summary>
    public static void WriteLast(ReadOnlySpan<byte> text) => Aarch64.HostConsole.Write(text);

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static LogLine Begin(LogLevel level, ReadOnlySpan<byte> prefix, ReadOnlySpan<byte> text)
    {
        var line = new LogLine(level <= s_level);
        return line.Text("[axvisor] "u8).Text(prefix).Text(text);
    }
}

/// <summary>Room for the line that a CPU writes, in its <see cref="Aarch64.PerCpuBlock"/>.</summary>
internal struct LogBuffer
{
    /// <summary>Longer lines are cut.</summary>
    public const int Capacity = 252;

    [InlineArray(Capacity)]
    private struct Bytes
    {
        private byte _first;
    }

    private int _length;
    private Bytes _bytes;

    /// <summary>What the line holds.</summary>
    [UnscopedRef]
    public ReadOnlySpan<byte> Content => ((Span<byte>)_bytes).Slice(0, _length);

    /// <summary>Begins a new line.</summary>
    public void Clear() => _length = 0;

    /// <summary>Adds a byte when there is room.</summary>
    public void Add(byte value)
    {
        if (_length < Capacity)
            _bytes[_length++] = value;
    }

    /// <summary>Ends the line, whatever its length.</summary>
    public void Finish()
    {
        _length = _length > Capacity - 2 ? Capacity - 2 : _length;
        Add((byte)'\r');
        Add((byte)'\n');
    }
}

/// <summary>
/// One line of text under construction, in its CPU's own buffer: a CPU makes one line at a time. Without allocation, cut when too long.
/// </summary>
internal readonly unsafe ref struct LogLine
{
    private readonly LogBuffer* _buffer;

    /// <summary>An empty line; one that is not wanted ignores everything.</summary>
    public LogLine(bool isWanted)
    {
        // SAFETY: the block is this CPU's as long as the CPU runs, and EL2 is not interrupted.
        _buffer = isWanted ? &Aarch64.Native.CurrentCpu()->Line : null;
        if (_buffer != null)
            _buffer->Clear();
    }

    /// <summary>What the line holds, until the CPU begins another.</summary>
    public ReadOnlySpan<byte> Content => _buffer == null ? default : _buffer->Content;

    /// <summary>Adds text.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public LogLine Text(ReadOnlySpan<byte> text)
    {
        for (int i = 0; _buffer != null && i < text.Length; i++)
            _buffer->Add(text[i]);
        return this;
    }

    /// <summary>Adds a decimal number.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public LogLine Dec(ulong value)
    {
        Digits(value, 10);
        return this;
    }

    /// <summary>Adds a hexadecimal number with its prefix.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public LogLine Hex(ulong value)
    {
        Text("0x"u8);
        Digits(value, 16);
        return this;
    }

    /// <summary>Writes the line.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public void End()
    {
        if (_buffer == null)
            return;
        _buffer->Finish();
        Log.Write(Content);
    }

    /// <summary>Writes the line without taking the lock; see <see cref="Log.WriteLast"/>.</summary>
    public void EndLast()
    {
        if (_buffer == null)
            return;
        _buffer->Finish();
        Log.WriteLast(Content);
    }

    private void Digits(ulong value, uint radix)
    {
        if (_buffer == null)
            return;
        ulong unit = 1;
        while (value / unit >= radix)
            unit *= radix;
        for (; unit != 0; unit /= radix)
        {
            uint digit = (uint)(value / unit % radix);
            _buffer->Add((byte)(digit < 10 ? '0' + digit : 'a' + digit - 10));
        }
    }
}
