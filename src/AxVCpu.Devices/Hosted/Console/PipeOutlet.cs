using System.IO.Pipelines;

namespace AxVCpu.Devices;

/// <summary>
/// Bytes from a guest on their way to a pipe: a ring of fixed size, filled on vCPU threads without waiting or allocating,
/// emptied on the thread pool at the pipe reader's pace. When the reader has gone, bytes are dropped.
/// </summary>
internal sealed class PipeOutlet : IThreadPoolWorkItem
{
    /// <summary>Bytes the ring holds.</summary>
    internal const int Capacity = 4096;

    private static readonly TimeSpan s_closePatience = TimeSpan.FromSeconds(2);

    private readonly object _lock = new();
    private readonly PipeWriter? _writer;
    private readonly Action _roomMade;
    private readonly byte[] _ring;
    private int _start;
    private int _count;
    private bool _draining;
    private bool _closed;
    private bool _closing;
    private bool _drainCompletes;

    /// <param name="writer">Where bytes go; null drops them.</param>
    /// <param name="roomMade">Called on a thread-pool thread, without locks, when the ring has got emptier or the reader has gone.</param>
    internal PipeOutlet(PipeWriter? writer, Action roomMade)
    {
        _writer = writer;
        _roomMade = roomMade;
        _ring = writer is null ? [] : new byte[Capacity];
        _closed = writer is null;
    }

    /// <summary>Free bytes; everything "fits" once the reader has gone, since it is dropped.</summary>
    internal int Room
    {
        get
        {
            lock (_lock)
                return _closed || _closing ? int.MaxValue : Capacity - _count;
        }
    }

    /// <summary>Takes as many bytes as there is room for, never waiting.</summary>
    /// <returns>The number taken.</returns>
    internal int Write(ReadOnlySpan<byte> bytes)
    {
        bool start;
        int taken;
        lock (_lock)
        {
            if (_closed || _closing)
                return bytes.Length;
            taken = Math.Min(bytes.Length, Capacity - _count);
            int end = (_start + _count) % Capacity;
            int first = Math.Min(taken, Capacity - end);
            bytes[..first].CopyTo(_ring.AsSpan(end));
            bytes[first..taken].CopyTo(_ring);
            _count += taken;
            start = !_draining && _count != 0;
            _draining |= start;
        }
        if (start)
            ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);
        return taken;
    }

    /// <summary>
    /// Passes on what is in the ring, without waiting for the reader, and completes the pipe: before it returns, or as soon as a busy
    /// thread pool lets a flush end. Bytes written from now on are dropped. Idempotent.
    /// </summary>
    internal void Close()
    {
        lock (_lock)
        {
            if (_closing || _writer is null)
                return;
            _closing = true;
        }
        // A flush under way, or about to begin, ends now; after that nobody else touches the writer.
        _writer.CancelPendingFlush();
        lock (_lock)
        {
            while (_draining)
            {
                if (!Monitor.Wait(_lock, s_closePatience) && _draining)
                {
                    _drainCompletes = true;
                    return;
                }
            }
        }
        Complete();
    }

    // By the last user of the writer, without locks.
    private void Complete()
    {
        bool readerGone;
        lock (_lock)
            readerGone = _closed;
        try
        {
            while (!readerGone && Stage())
            {
            }
            _writer!.Complete();
        }
        catch (Exception exception) when (exception is IOException or ObjectDisposedException or InvalidOperationException)
        {
            // The reader's side broke while going away: there is nobody left to tell.
        }
    }

    void IThreadPoolWorkItem.Execute() => _ = DrainAsync();

    private async Task DrainAsync()
    {
        bool open = true;
        while (open)
        {
            bool cancelled = false;
            try
            {
                while (Stage())
                {
                    FlushResult result = await _writer!.FlushAsync().ConfigureAwait(false);
                    open = !result.IsCompleted;
                    cancelled = result.IsCanceled;
                    if (!open || cancelled)
                        break;
                    _roomMade();
                }
            }
#pragma warning disable CA1031 // Any failure of the host's pipe must end here, not in an unobserved task.
            catch (Exception)
#pragma warning restore CA1031
            {
                // Whatever the host put behind the pipe failed: to the guest that is a cable pulled out.
                open = false;
            }
            bool completes = false;
            lock (_lock)
            {
                _closed |= !open;
                if (_closed)
                    _count = 0;
                if (_count == 0 || cancelled && _closing)
                {
                    _draining = false;
                    open = false;
                    completes = _drainCompletes;
                    Monitor.PulseAll(_lock);
                }
            }
            _roomMade();
            if (completes)
                Complete();
        }
    }

    // Moves the ring's bytes into the pipe's own buffer.
    private bool Stage()
    {
        lock (_lock)
        {
            if (_count == 0)
                return false;
            int first = Math.Min(_count, Capacity - _start);
            _ring.AsSpan(_start, first).CopyTo(_writer!.GetSpan(first));
            _writer.Advance(first);
            _start = (_start + first) % Capacity;
            _count -= first;
            return true;
        }
    }
}
