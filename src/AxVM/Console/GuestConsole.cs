using System.Buffers;
using System.IO.Pipelines;
using System.Text;

namespace AxVM;

/// <summary>
/// The host's end of a guest's console: bytes the guest printed come from <see cref="Input"/>, bytes typed go to
/// <see cref="Output"/>. It lives as long as its VM, also over resets and restarts.
/// </summary>
/// <remarks>Reading is for one reader at a time, writing for one writer at a time; the two are independent of each other.</remarks>
public sealed class GuestConsole : IDuplexPipe
{
    private const int LongestKept = 4 << 20;
    private const int ShownTail = 400;

    private readonly Pipe _fromGuest;
    private readonly Pipe _toGuest = new();

    internal GuestConsole(int bufferBytes)
    {
        _fromGuest = new Pipe(new PipeOptions(pauseWriterThreshold: bufferBytes, resumeWriterThreshold: bufferBytes / 2));
    }

    /// <summary>What the guest prints. Completed when the VM is disposed.</summary>
    public PipeReader Input => _fromGuest.Reader;

    /// <summary>What the guest reads.</summary>
    public PipeWriter Output => _toGuest.Writer;

    /// <summary>The device's end.</summary>
    internal IDuplexPipe DeviceSide => field ??= new Ends(_toGuest.Reader, _fromGuest.Writer);

    /// <summary>Types a text.</summary>
    public async ValueTask WriteAsync(string text, CancellationToken cancellationToken = default) =>
        await Output.WriteAsync(Encoding.UTF8.GetBytes(text), cancellationToken).ConfigureAwait(false);

    /// <summary>Types a line and presses return.</summary>
    public ValueTask WriteLineAsync(string line, CancellationToken cancellationToken = default) => WriteAsync(line + "\n", cancellationToken);

    /// <summary>Reads until the guest has printed <paramref name="text"/>.</summary>
    /// <param name="text">What to wait for; not empty.</param>
    /// <param name="timeout">How long to wait in all; <see cref="Timeout.InfiniteTimeSpan"/> for ever.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <returns>Everything printed since the last read, up to and with <paramref name="text"/>; of very long output the last 4 MiB.</returns>
    /// <exception cref="TimeoutException">It was not printed in time; what was printed has been consumed and is shown in the message.</exception>
    /// <exception cref="EndOfStreamException">The console ended first.</exception>
    public async Task<string> ReadUntilAsync(string text, TimeSpan timeout, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(text);
        byte[] wanted = Encoding.UTF8.GetBytes(text);
        ArrayBufferWriter<byte> seen = new();
        using CancellationTokenSource ending = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        ending.CancelAfter(timeout);
        while (true)
        {
            ReadResult result;
            try
            {
                result = await Input.ReadAsync(ending.Token).ConfigureAwait(false);
            }
            catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
            {
                throw new TimeoutException($"the guest did not print \"{text}\" within {timeout.TotalSeconds:0.###} s; it printed: {Tail(seen)}");
            }

            int before = seen.WrittenCount;
            seen.Write(result.Buffer.IsSingleSegment ? result.Buffer.FirstSpan : result.Buffer.ToArray());
            int from = int.Max(0, before - wanted.Length + 1);
            int found = seen.WrittenSpan[from..].IndexOf(wanted);
            if (found >= 0)
            {
                // What follows stays in the pipe for the next reader.
                int end = from + found + wanted.Length;
                Input.AdvanceTo(result.Buffer.GetPosition(end - before));
                return Encoding.UTF8.GetString(seen.WrittenSpan[..end]);
            }

            Input.AdvanceTo(result.Buffer.End);
            if (result.IsCompleted || result.IsCanceled)
            {
                throw new EndOfStreamException($"the console ended before the guest printed \"{text}\"; it printed: {Tail(seen)}");
            }

            if (seen.WrittenCount > LongestKept)
            {
                ArrayBufferWriter<byte> shorter = new(LongestKept);
                shorter.Write(seen.WrittenSpan[^(LongestKept / 2)..]);
                seen = shorter;
            }
        }
    }

    /// <summary>Throws away what the guest prints, from now on.</summary>
    internal void Discard() => Input.Complete();

    /// <summary>Ends both directions; what was printed stays readable.</summary>
    internal void Complete()
    {
        _fromGuest.Writer.Complete();
        _toGuest.Reader.Complete();
    }

    private static string Tail(ArrayBufferWriter<byte> seen) =>
        seen.WrittenCount == 0 ? "nothing" : $"...{Encoding.UTF8.GetString(seen.WrittenSpan[int.Max(0, seen.WrittenCount - ShownTail)..])}";

    private sealed class Ends(PipeReader input, PipeWriter output) : IDuplexPipe
    {
        public PipeReader Input { get; } = input;

        public PipeWriter Output { get; } = output;
    }
}
