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
/// The hypervisor's log on the host's console. A line is collected on the writer's stack and written at once, so that lines of
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
    public static void Write(ReadOnlySpan<byte> text)
    {
        s_lock.Enter();
        Aarch64.HostConsole.Write(text);
        s_lock.Exit();
    }

    /// <summary>Writes whatever another CPU may be doing: this one will never write again.</summary>
    public static void WriteLast(ReadOnlySpan<byte> text) => Aarch64.HostConsole.Write(text);

    private static LogLine Begin(LogLevel level, ReadOnlySpan<byte> prefix, ReadOnlySpan<byte> text)
    {
        var line = new LogLine(level <= s_level);
        return line.Text("[axvisor] "u8).Text(prefix).Text(text);
    }
}

/// <summary>Storage for one line.</summary>
[InlineArray(Length)]
internal struct LogBuffer
{
    /// <summary>Longer lines are cut.</summary>
    public const int Length = 200;
    private byte _first;
}

/// <summary>One line of text under construction; without allocation, cut when it is too long.</summary>
internal ref struct LogLine
{
    private LogBuffer _buffer;
    private int _length;
    private readonly bool _isWanted;

    /// <summary>An empty line; one that is not wanted ignores everything.</summary>
    public LogLine(bool isWanted) => _isWanted = isWanted;

    /// <summary>What the line holds.</summary>
    [System.Diagnostics.CodeAnalysis.UnscopedRef]
    public ReadOnlySpan<byte> Content => ((Span<byte>)_buffer).Slice(0, _length);

    /// <summary>Adds text.</summary>
    public LogLine Text(ReadOnlySpan<byte> text)
    {
        for (int i = 0; i < text.Length; i++)
            Add(text[i]);
        return this;
    }

    /// <summary>Adds a decimal number.</summary>
    public LogLine Dec(ulong value)
    {
        Digits(value, 10);
        return this;
    }

    /// <summary>Adds a hexadecimal number with its prefix.</summary>
    public LogLine Hex(ulong value)
    {
        Add((byte)'0');
        Add((byte)'x');
        Digits(value, 16);
        return this;
    }

    /// <summary>Writes the line.</summary>
    public void End()
    {
        if (!_isWanted)
            return;
        Finish();
        Log.Write(Content);
    }

    /// <summary>Writes the line without taking the lock; see <see cref="Log.WriteLast"/>.</summary>
    public void EndLast()
    {
        Finish();
        Log.WriteLast(Content);
    }

    private void Finish()
    {
        _length = _length > LogBuffer.Length - 2 ? LogBuffer.Length - 2 : _length;
        Add((byte)'\r');
        Add((byte)'\n');
    }

    private void Digits(ulong value, uint radix)
    {
        ulong unit = 1;
        while (value / unit >= radix)
            unit *= radix;
        for (; unit != 0; unit /= radix)
        {
            uint digit = (uint)(value / unit % radix);
            Add((byte)(digit < 10 ? '0' + digit : 'a' + digit - 10));
        }
    }

    private void Add(byte value)
    {
        if (_isWanted && _length < LogBuffer.Length)
            _buffer[_length++] = value;
    }
}
