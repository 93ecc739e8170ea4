using System.Text;
using Axvisor.Terminal;

namespace Axvisor.Tests;

public sealed class EscapeKeysTests
{
    [Theory]
    [InlineData("abc", "abc", "")]
    [InlineData("\x01x", "", "Leave")]
    [InlineData("\x01X", "", "Leave")]
    [InlineData("\x01\x18", "", "Leave")]
    [InlineData("a\x01hb", "ab", "Help")]
    [InlineData("\x01\x01", "\x01", "")]
    [InlineData("\x01q", "\x01q", "")]
    [InlineData("\x01\x01x", "\x01x", "")]
    [InlineData("\x03\x1a\x04", "\x03\x1a\x04", "")]
    public void Only_the_prefixed_keys_are_axvisors(string typed, string forGuest, string commands)
    {
        EscapeKeys escape = new();
        List<byte> passed = [];
        List<EscapeCommand> found = [];
        Span<byte> room = stackalloc byte[2];
        foreach (byte key in Encoding.Latin1.GetBytes(typed))
        {
            EscapeCommand command = escape.Take(key, room, out int count);
            passed.AddRange(room[..count]);
            if (command != EscapeCommand.None)
                found.Add(command);
        }
        Assert.Equal(forGuest, Encoding.Latin1.GetString([.. passed]));
        Assert.Equal(commands, string.Join(',', found));
    }
}
