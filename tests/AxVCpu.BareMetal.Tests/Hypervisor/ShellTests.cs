using System.Text;
using AxVCpu.BareMetal.Hypervisor;

namespace AxVCpu.BareMetal.Tests.Hypervisor;

/// <summary>The line editor against a terminal, and the parser against whatever is typed.</summary>
public sealed class ShellTests
{
    [Theory]
    [InlineData("vm list", "VmList", "")]
    [InlineData("vm", "VmList", "")]
    [InlineData("  vm\tstart 1  two ", "VmStart", "1,two")]
    [InlineData("vm stop -f 3", "VmStop", "3")]
    [InlineData("vm delete 3 --force", "VmDelete", "3")]
    [InlineData("console linux", "Console", "linux")]
    [InlineData("vm console 2", "Console", "2")]
    [InlineData("log debug", "Log", "debug")]
    [InlineData("log", "Log", "")]
    [InlineData("help vm", "Help", "vm")]
    [InlineData("", "Nothing", "")]
    [InlineData("   ", "Nothing", "")]
    public void Commands_are_understood(string line, string verb, string targets)
    {
        ShellCommand command = ShellCommand.Parse(Encoding.UTF8.GetBytes(line));
        Assert.Equal(ShellProblem.None, command.Problem);
        Assert.Equal(verb, command.Verb.ToString());
        var found = new List<string>();
        for (int i = 0; i < command.TargetCount; i++)
            found.Add(Encoding.UTF8.GetString(command.Target(i)));
        Assert.Equal(targets, string.Join(',', found));
        Assert.Equal(line.Contains("-f", StringComparison.Ordinal), command.IsForced);
    }

    [Theory]
    [InlineData("vm fly", "UnknownCommand", "fly")]
    [InlineData("rm -rf /", "UnknownCommand", "rm")]
    [InlineData("vm start", "MissingTarget", "")]
    [InlineData("vm start -f 1", "UnknownOption", "-f")]
    [InlineData("vm list 1", "TooManyWords", "1")]
    [InlineData("vm start 1 2 3 4 5 6 7 8 9", "TooManyWords", "9")]
    public void Mistakes_are_named(string line, string problem, string offender)
    {
        ShellCommand command = ShellCommand.Parse(Encoding.UTF8.GetBytes(line));
        Assert.Equal(problem, command.Problem.ToString());
        Assert.Equal(offender, Encoding.UTF8.GetString(command.Offender));
    }

    [Theory]
    [InlineData("0", true, 0u)]
    [InlineData("4294967295", true, uint.MaxValue)]
    [InlineData("4294967296", false, 0u)]
    [InlineData("99999999999999999999", false, 0u)]
    [InlineData("-1", false, 0u)]
    [InlineData("1x", false, 0u)]
    [InlineData("", false, 0u)]
    public void Numbers_are_decimal_and_fit(string text, bool valid, uint value)
    {
        Assert.Equal(valid, ShellCommand.TryParseNumber(Encoding.UTF8.GetBytes(text), out uint number));
        if (valid)
            Assert.Equal(value, number);
    }

    [Theory]
    [InlineData("vm lost\b\b\bist\r", "vm list")]
    [InlineData("list\x01vm \r", "vm list")] // Ctrl-A
    [InlineData("xvm\x01\x04\x05 list\r", "vm list")] // Ctrl-D, Ctrl-E
    [InlineData("vm list now\x17\x17list\r", "vm list")] // Ctrl-W
    [InlineData("nonsense\x15vm\r", "vm")] // Ctrl-U
    [InlineData("vm list\x1b[D\x1b[D\x1b[D\x1b[D\x0b\r", "vm ")] // Left, Ctrl-K
    [InlineData("m\x1b[Hv\x1b[F!\x1b[D\x1b[3~\r", "vm")] // Home, End, Delete
    [InlineData("m\x1bOHv\r", "vm")]
    [InlineData("a\x1b[1;5Cb\r", "ab")]
    [InlineData("tab\tand\x7f\x80\xff\r", "taband\b")]
    public void Keys_edit_the_line(string keys, string expected)
    {
        if (expected.EndsWith('\b'))
            expected = expected[..^2]; // DEL took the last letter; the rest of the bytes are ignored
        (string line, string screen) = Type(keys);
        Assert.Equal(expected, line);
        Assert.Equal(expected.TrimEnd(), screen.TrimEnd());
    }

    [Fact]
    public void Earlier_lines_come_back()
    {
        LineEditor editor = default;
        var terminal = new Terminal();
        Assert.Equal("first", Feed(ref editor, terminal, "first\r"));
        Assert.Equal("second", Feed(ref editor, terminal, "second\r\n"));
        Assert.Equal("first", Feed(ref editor, terminal, "\x1b[A\x1b[A\r"));
        Assert.Equal("first", Feed(ref editor, terminal, "\x10\r"));
        Assert.Equal("", Feed(ref editor, terminal, "\x1b[A\x1b[B\r"));
        Assert.Equal("firsts", Feed(ref editor, terminal, "\x1b[As\r"));
    }

    [Fact]
    public void Random_bytes_neither_leave_the_line_nor_lose_the_screen()
    {
        int seed = Random.Shared.Next();
        TestContext.Current.TestOutputHelper?.WriteLine($"seed {seed}");
        var random = new Random(seed);
        LineEditor editor = default;
        var terminal = new Terminal();
        editor.Begin();
        for (int i = 0; i < 200_000; i++)
        {
            byte key = random.Next(3) == 0 ? (byte)random.Next(32) : random.Next(8) == 0 ? (byte)0x1b : (byte)random.Next(256);
            if (editor.Take(key, ref terminal) != LineEvent.None)
            {
                ShellCommand command = ShellCommand.Parse(editor.Line);
                for (int target = 0; target < command.TargetCount; target++)
                    Assert.NotEqual(0, command.Target(target).Length);
                editor.Begin();
                terminal.Clear();
            }
            Assert.InRange(editor.Line.Length, 0, LineEditor.Capacity);
            Assert.Equal(Encoding.ASCII.GetString(editor.Line), terminal.Text);
        }
    }

    private static (string Line, string Screen) Type(string keys)
    {
        LineEditor editor = default;
        var terminal = new Terminal();
        return (Feed(ref editor, terminal, keys), terminal.LastLine);
    }

    private static string Feed(ref LineEditor editor, Terminal terminal, string keys)
    {
        editor.Begin();
        string? line = null;
        foreach (char key in keys)
        {
            if (editor.Take((byte)key, ref terminal) == LineEvent.Line)
                line ??= Encoding.ASCII.GetString(editor.Line);
        }
        return line ?? throw new InvalidOperationException("the line did not end");
    }

    /// <summary>A terminal of one line: what stands on it, as somebody who looks at it sees it.</summary>
    private sealed class Terminal : IByteSink
    {
        private readonly byte[] _cells = new byte[1024];
        private int _cursor;
        private int _end;
        private string _pending = "";

        public string Text => Encoding.ASCII.GetString(_cells, 0, _end);

        public string LastLine { get; private set; } = "";

        public void Clear()
        {
            _cursor = 0;
            _end = 0;
        }

        public void Write(ReadOnlySpan<byte> bytes)
        {
            foreach (byte value in bytes)
                Put((char)value);
        }

        private void Put(char value)
        {
            if (_pending.Length != 0 || value == '\e')
            {
                _pending += value;
                if (_pending == "\e[K")
                {
                    _end = _cursor;
                    _pending = "";
                }
                Assert.InRange(_pending.Length, 0, 2);
                return;
            }
            switch (value)
            {
                case '\b':
                    Assert.NotEqual(0, _cursor);
                    _cursor--;
                    break;
                case '\a':
                    break;
                case '\n':
                    LastLine = Text;
                    Clear();
                    break;
                case '\r':
                    break;
                default:
                    _cells[_cursor++] = (byte)value;
                    _end = int.Max(_end, _cursor);
                    break;
            }
        }
    }
}
