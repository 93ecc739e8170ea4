using System.IO.Pipelines;
using System.Text;

namespace AxVCpu.Devices.Tests;

public sealed class UartDeviceTests : IAsyncDisposable
{
    private const ulong RBR = 0, THR = 0, IER = 1, IIR = 2, FCR = 2, MCR = 4, LSR = 5, MSR = 6;

    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(60);

    private readonly Pipe _keyboard = new();
    private readonly Pipe _screen = new();
    private readonly RecordedLine _line = new();
    private readonly UartDevice _uart;

    private sealed record Ends(PipeReader Input, PipeWriter Output) : IDuplexPipe;

    public UartDeviceTests() => _uart = new UartDevice(_line, new Ends(_keyboard.Reader, _screen.Writer));

    public ValueTask DisposeAsync() => _uart.DisposeAsync();

    private void Put(ulong offset, byte value) => _uart.Put(offset, value, AccessWidth.Byte);

    private byte Get(ulong offset) => (byte)_uart.Get(offset, AccessWidth.Byte);

    private static async Task Until(Func<bool> condition)
    {
        long end = Environment.TickCount64 + (long)s_patience.TotalMilliseconds;
        while (!condition())
        {
            Assert.True(Environment.TickCount64 < end, "it never happened");
            await Task.Delay(1, TestContext.Current.CancellationToken);
        }
    }

    [Fact]
    public async Task What_the_guest_prints_arrives_and_disposal_ends_the_output()
    {
        foreach (byte value in "hello"u8)
            Put(THR, value);
        await _uart.DisposeAsync();
        using MemoryStream all = new();
        await _screen.Reader.CopyToAsync(all, TestContext.Current.CancellationToken);
        Assert.Equal("hello", Encoding.ASCII.GetString(all.ToArray()));
    }

    [Fact]
    public async Task Input_waits_until_the_guest_listens_and_nothing_is_lost_in_between()
    {
        _uart.Start();
        string text = string.Concat(Enumerable.Range(0, 40).Select(number => $"line {number}\n"));
        await _keyboard.Writer.WriteAsync(Encoding.ASCII.GetBytes(text), TestContext.Current.CancellationToken);
        await _keyboard.Writer.CompleteAsync();
        // The start-up of a driver: FIFOs on and cleared, stale characters read away.
        Put(FCR, 0x07);
        await Task.Delay(20, TestContext.Current.CancellationToken);
        Assert.Equal(0, Get(LSR) & 1);
        Get(RBR);
        Put(IER, 0x01);
        StringBuilder received = new();
        while (received.Length < text.Length)
        {
            await Until(() => _line.Level);
            Assert.Equal(0x4, Get(IIR) & 0x07);
            while ((Get(LSR) & 1) != 0)
                received.Append((char)Get(RBR));
        }
        Assert.Equal(text, received.ToString());
    }

    [Fact]
    public async Task A_guest_that_polls_receives_without_interrupts()
    {
        _uart.Start();
        await _keyboard.Writer.WriteAsync("poll"u8.ToArray(), TestContext.Current.CancellationToken);
        StringBuilder received = new();
        await Until(() =>
        {
            if ((Get(LSR) & 1) != 0)
                received.Append((char)Get(RBR));
            return received.Length == 4;
        });
        Assert.Equal("poll", received.ToString());
    }

    /// <summary>Firmware that looks at a timer's pace, at the modem's status too, and prints each key that it takes.</summary>
    [Fact]
    public async Task A_guest_that_took_a_key_by_polling_is_given_the_next_after_few_looks()
    {
        _uart.Start();
        await _keyboard.Writer.WriteAsync("shell"u8.ToArray(), TestContext.Current.CancellationToken);
        StringBuilder received = new();
        for (int looks = 40; received.Length < 5; looks = 2)
        {
            for (int look = 0; look < looks && (Get(LSR) & 1) == 0; look++)
                _ = Get(MSR) | Get(MCR);
            await Until(() => _uart.State.Waiting == 1);
            Assert.Equal(1, Get(LSR) & 1);
            received.Append((char)Get(RBR));
            Put(THR, (byte)received[^1]);
        }
        Assert.Equal("shell", received.ToString());
        // Who sets the port up anew has not listened yet.
        await _keyboard.Writer.WriteAsync("x"u8.ToArray(), TestContext.Current.CancellationToken);
        Put(FCR, 0x07);
        for (int look = 0; look < 4; look++)
            Assert.Equal(0, Get(LSR) & 1);
    }

    [Fact]
    public async Task A_flooding_guest_is_held_back_and_goes_on_when_the_reader_reads()
    {
        const int flood = 1_000_000;
        int written = 0;
        Thread guest = new(() =>
        {
            for (int count = 0; count < flood; count++)
            {
                Put(THR, (byte)count);
                Volatile.Write(ref written, count + 1);
            }
        });
        guest.Start();
        int before = -1;
        await Until(() =>
        {
            int now = Volatile.Read(ref written);
            bool still = now == before;
            before = now;
            Thread.Sleep(30);
            return still && now > 0;
        });
        Assert.InRange(before, 1, 200_000);
        long received = 0;
        bool inOrder = true;
        while (received < flood)
        {
            ReadResult result = await _screen.Reader.ReadAsync(TestContext.Current.CancellationToken);
            foreach (ReadOnlyMemory<byte> segment in result.Buffer)
            {
                foreach (byte value in segment.Span)
                    inOrder &= value == (byte)received++;
            }
            _screen.Reader.AdvanceTo(result.Buffer.End);
        }
        Assert.True(guest.Join(s_patience));
        Assert.Equal(flood, received);
        Assert.True(inOrder);
    }

    [Fact]
    public async Task A_held_guest_is_let_go_for_a_pause_and_loses_nothing()
    {
        bool done = false;
        int written = 0;
        Thread guest = new(() =>
        {
            while (!Volatile.Read(ref done))
            {
                Put(THR, (byte)written);
                written++;
            }
        });
        guest.Start();
        int before = -1;
        await Until(() =>
        {
            bool still = Volatile.Read(ref written) == before;
            before = Volatile.Read(ref written);
            Thread.Sleep(30);
            return still && before > 0;
        });
        Volatile.Write(ref done, true);
        _uart.ReleaseHeld();
        Assert.True(guest.Join(s_patience));
        _uart.ResumeHolding();
        Task disposal = _uart.DisposeAsync().AsTask();
        using MemoryStream all = new();
        await _screen.Reader.CopyToAsync(all, TestContext.Current.CancellationToken);
        await disposal;
        Assert.Equal(written, all.Length);
    }

    /// <summary>A thread pool with nothing free until it is told.</summary>
    private sealed class BusyScheduler : PipeScheduler
    {
        private readonly Queue<Action> _waiting = [];

        public override void Schedule(Action<object?> action, object? state)
        {
            lock (_waiting)
                _waiting.Enqueue(() => action(state));
        }

        public bool RunOne()
        {
            Action? next;
            lock (_waiting)
            {
                if (!_waiting.TryDequeue(out next))
                    return false;
            }

            next();
            return true;
        }
    }

    [Fact]
    public async Task The_output_ends_also_when_the_thread_pool_was_too_busy_for_it_during_disposal()
    {
        const int Count = 1000;
        bool wasTooBusy = false;
        while (!wasTooBusy)
        {
            BusyScheduler busy = new();
            Pipe screen = new(new PipeOptions(writerScheduler: busy, pauseWriterThreshold: 16, resumeWriterThreshold: 8));
            UartDevice uart = new(_line, new Ends(_keyboard.Reader, screen.Writer));
            for (int count = 0; count < Count; count++)
                uart.Put(THR, (byte)count, AccessWidth.Byte);
            // A flush waits for the reader; what ends it is not run before disposal has lost its patience.
            Assert.True((await screen.Reader.ReadAtLeastAsync(16, TestContext.Current.CancellationToken)).Buffer.Length >= 16);
            screen.Reader.AdvanceTo(default, default);
            await uart.DisposeAsync();
            // Disposal may have come before the flush began to wait; then there was nothing to be late with.
            wasTooBusy = busy.RunOne();
            using MemoryStream all = new();
            await screen.Reader.CopyToAsync(all, TestContext.Current.CancellationToken).WaitAsync(s_patience, TestContext.Current.CancellationToken);
            Assert.Equal(Count, all.Length);
        }
    }

    [Fact]
    public void When_the_reader_has_gone_characters_are_dropped()
    {
        _screen.Reader.Complete();
        for (int count = 0; count < 300_000; count++)
            Put(THR, (byte)count);
        Assert.Equal(0x60, Get(LSR));
    }

    [Fact]
    public async Task Without_a_console_characters_go_nowhere_and_none_arrive()
    {
        UartDevice alone = new(_line, console: null);
        alone.Start();
        for (int count = 0; count < 10_000; count++)
            alone.Put(THR, 1, AccessWidth.Byte);
        Assert.Equal(0x60UL, alone.Get(LSR, AccessWidth.Byte));
        await alone.DisposeAsync();
    }

    [Fact]
    public void Past_its_registers_the_device_does_not_answer()
    {
        Assert.False(_uart.Read(8, AccessWidth.Byte, out _));
        Assert.False(_uart.Write(0xFF, AccessWidth.Byte, 0));
    }
}
