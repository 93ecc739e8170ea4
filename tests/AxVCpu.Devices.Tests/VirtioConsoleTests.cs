using System.IO.Pipelines;
using System.Text;

namespace AxVCpu.Devices.Tests;

public sealed class VirtioConsoleTests : IAsyncDisposable
{
    private const ulong Data = TestMemory.Base + 0x8_0000;

    private readonly Pipe _keyboard = new();
    private readonly Pipe _screen = new(new PipeOptions(pauseWriterThreshold: 1024, resumeWriterThreshold: 512));
    private readonly TestMemory _memory = new();
    private readonly RecordedLine _line = new();
    private readonly VirtioConsoleDevice _console;
    private readonly VirtioDriver _driver;

    private sealed record Ends(PipeReader Input, PipeWriter Output) : IDuplexPipe;

    public VirtioConsoleTests()
    {
        _console = new VirtioConsoleDevice(new Ends(_keyboard.Reader, _screen.Writer), _memory, _line, (80, 25));
        _driver = new VirtioDriver(_console, _memory);
    }

    public ValueTask DisposeAsync() => _console.DisposeAsync();

    private static async Task Until(Func<bool> condition)
    {
        long end = Environment.TickCount64 + 120_000;
        while (!condition())
        {
            Assert.True(Environment.TickCount64 < end, "it never happened");
            await Task.Delay(1, TestContext.Current.CancellationToken);
        }
    }

    [Fact]
    public void The_size_is_in_the_configuration_and_a_change_is_announced()
    {
        _driver.Start(queues: 2, features: 1);
        Assert.Equal(80UL, _console.Get(0x100, AccessWidth.Word));
        Assert.Equal(25UL, _console.Get(0x102, AccessWidth.Word));
        uint generation = _driver.Get(VirtioMmioRegister.ConfigGeneration);
        _console.Resize(132, 43);
        Assert.Equal(43UL << 16 | 132, _console.Get(0x100));
        Assert.NotEqual(generation, _driver.Get(VirtioMmioRegister.ConfigGeneration));
        Assert.Equal(2u, _driver.Get(VirtioMmioRegister.InterruptStatus));
    }

    [Fact]
    public async Task Output_waits_in_the_guests_queue_for_a_slow_reader_and_arrives_whole()
    {
        _driver.Start(queues: 2);
        byte[] text = new byte[40_000];
        new Random(3).NextBytes(text);
        text.CopyTo(_memory.At(Data, text.Length));
        for (int part = 0; part < 4; part++)
            _driver.Add(1, new Piece(Data + (ulong)part * 10_000, 4_000), new Piece(Data + (ulong)part * 10_000 + 4_000, 6_000));
        _driver.Kick(1);
        Assert.InRange(_driver.UsedIndex(1), 0, 3);
        using MemoryStream all = new();
        while (all.Length < text.Length)
        {
            ReadResult result = await _screen.Reader.ReadAsync(TestContext.Current.CancellationToken);
            foreach (ReadOnlyMemory<byte> segment in result.Buffer)
                all.Write(segment.Span);
            _screen.Reader.AdvanceTo(result.Buffer.End);
        }
        Assert.Equal(text, all.ToArray());
        await Until(() => _driver.UsedIndex(1) == 4 && _line.Level);
    }

    [Fact]
    public async Task Input_fills_buffers_as_the_guest_adds_them()
    {
        _console.Start();
        string text = "a line that is longer than two buffers\n";
        await _keyboard.Writer.WriteAsync(Encoding.ASCII.GetBytes(text), TestContext.Current.CancellationToken);
        _driver.Start(queues: 2, events: true);
        StringBuilder received = new();
        while (received.Length < text.Length)
        {
            ushort used = _driver.UsedIndex(0);
            _driver.Add(0, new Piece(Data, 8, true), new Piece(Data + 8, 8, true));
            _driver.Kick(0);
            await Until(() => _driver.UsedIndex(0) != used);
            received.Append(Encoding.ASCII.GetString(_memory.At(Data, (int)_driver.UsedEntry(0, used).Length)));
        }
        Assert.Equal(text, received.ToString());
    }

    [Fact]
    public void When_the_reader_has_gone_output_is_taken_and_dropped()
    {
        _screen.Reader.Complete();
        _driver.Start(queues: 2);
        int expected = 0;
        for (int request = 0; request < 50; request++)
        {
            _driver.Add(1, new Piece(Data, 5_000));
            _driver.Kick(1);
            expected++;
        }
        Assert.True(SpinWait.SpinUntil(() => _driver.UsedIndex(1) == expected, 60_000));
    }
}
