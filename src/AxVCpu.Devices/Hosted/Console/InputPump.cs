using System.Buffers;
using System.IO.Pipelines;

namespace AxVCpu.Devices;

/// <summary>A device that takes typed characters.</summary>
internal interface IInputSink
{
    /// <summary>
    /// Takes what it has room for. When it takes nothing it remembers to call <see cref="InputPump.Wake"/> once, when it can
    /// take more.
    /// </summary>
    int Offer(ReadOnlySpan<byte> characters);
}

/// <summary>Carries characters from a pipe to a device at the device's pace. The end of the input is only that.</summary>
internal sealed class InputPump(PipeReader? input, IInputSink sink) : IAsyncDisposable
{
    private static readonly TimeSpan s_disposePatience = TimeSpan.FromSeconds(1);

    // A device may begin to listen by the mere passing of time, without an access that could wake the pump.
    private static readonly TimeSpan s_recheck = TimeSpan.FromMilliseconds(10);

    private readonly SemaphoreSlim _room = new(0);
    private readonly CancellationTokenSource _disposing = new();
    private Task? _pump;
    private int _started;
    private volatile bool _isOver = input is null;

    /// <summary>Whether the sink has been given all that will ever come.</summary>
    internal bool IsOver => _isOver;

    /// <summary>Begins to read. Once; later calls do nothing.</summary>
    internal void Start()
    {
        if (input is not null && Interlocked.Exchange(ref _started, 1) == 0)
            _pump = Task.Run(() => PumpAsync(input));
    }

    /// <summary>The sink has room again. Any thread, also under the sink's locks.</summary>
    internal void Wake() => _room.Release();

    /// <summary>Ends the reading and completes the pipe.</summary>
    public async ValueTask DisposeAsync()
    {
        if (!_disposing.IsCancellationRequested)
        {
            await _disposing.CancelAsync().ConfigureAwait(false);
            input?.CancelPendingRead();
        }
        Task pump = _pump ?? Task.CompletedTask;
        await Task.WhenAny(pump, Task.Delay(s_disposePatience)).ConfigureAwait(false);
        // A read that cannot be cancelled still owns the pipe: completing it now would tear it.
        if (pump.IsCompleted && input is not null)
            await input.CompleteAsync().ConfigureAwait(false);
    }

    private async Task PumpAsync(PipeReader reader)
    {
        try
        {
            while (true)
            {
                ReadResult result = await reader.ReadAsync(_disposing.Token).ConfigureAwait(false);
                if (result.IsCanceled)
                    return;
                ReadOnlySequence<byte> rest = result.Buffer;
                while (!rest.IsEmpty)
                {
                    int taken = sink.Offer(rest.FirstSpan);
                    rest = rest.Slice(taken);
                    if (taken == 0)
                        await _room.WaitAsync(s_recheck, _disposing.Token).ConfigureAwait(false);
                }
                reader.AdvanceTo(result.Buffer.End);
                if (result.IsCompleted)
                    return;
            }
        }
        catch (Exception exception) when (exception is OperationCanceledException or IOException or ObjectDisposedException or InvalidOperationException)
        {
            // Disposed, or the input broke: for the guest the keyboard goes quiet.
        }
        finally
        {
            _isOver = true;
        }
    }
}
