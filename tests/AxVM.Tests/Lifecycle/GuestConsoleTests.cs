using System.IO.Pipelines;
using System.Text;

namespace AxVM.Tests.Lifecycle;

public sealed class GuestConsoleTests
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(60);

    private static async Task Print(GuestConsole console, string text)
    {
        await console.DeviceSide.Output.WriteAsync(Encoding.UTF8.GetBytes(text), TestContext.Current.CancellationToken);
    }

    [Fact]
    public async Task Reading_stops_behind_the_text_and_leaves_the_rest()
    {
        GuestConsole console = new(4096);
        await Print(console, "login: # more #");
        Assert.Equal("login: #", await console.ReadUntilAsync("#", s_patience, TestContext.Current.CancellationToken));
        Assert.Equal(" more #", await console.ReadUntilAsync("#", s_patience, TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task A_text_that_arrives_in_pieces_is_found()
    {
        GuestConsole console = new(4096);
        Task<string> read = console.ReadUntilAsync("héllo", s_patience, TestContext.Current.CancellationToken);
        foreach (byte b in Encoding.UTF8.GetBytes("hé hhéllo!"))
        {
            await console.DeviceSide.Output.WriteAsync(new[] { b }, TestContext.Current.CancellationToken);
        }

        Assert.Equal("hé hhéllo", await read);
    }

    [Fact]
    public async Task More_output_than_the_buffer_holds_passes_through()
    {
        GuestConsole console = new(4096);
        Task<string> read = console.ReadUntilAsync("end", s_patience, TestContext.Current.CancellationToken);
        for (int i = 0; i < 100; i++)
        {
            await Print(console, new string('x', 1000));
        }

        await Print(console, "end");
        Assert.Equal(100_003, (await read).Length);
    }

    [Fact]
    public async Task A_timeout_shows_what_was_printed()
    {
        GuestConsole console = new(4096);
        await Print(console, "something else");
        TimeoutException e = await Assert.ThrowsAsync<TimeoutException>(() => console.ReadUntilAsync("prompt", TimeSpan.FromMilliseconds(50), TestContext.Current.CancellationToken));
        Assert.Contains("something else", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_end_of_the_console_ends_the_wait()
    {
        GuestConsole console = new(4096);
        Task<string> read = console.ReadUntilAsync("prompt", s_patience, TestContext.Current.CancellationToken);
        console.Complete();
        await Assert.ThrowsAsync<EndOfStreamException>(() => read);
    }

    [Fact]
    public async Task What_is_typed_reaches_the_device()
    {
        GuestConsole console = new(4096);
        await console.WriteLineAsync("uname", TestContext.Current.CancellationToken);
        ReadResult typed = await console.DeviceSide.Input.ReadAsync(TestContext.Current.CancellationToken);
        Assert.Equal("uname\n", Encoding.UTF8.GetString(typed.Buffer));
    }
}
