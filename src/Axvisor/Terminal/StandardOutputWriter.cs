using System.Text;

namespace Axvisor.Terminal;

/// <summary>Nobody reads standard output any more.</summary>
internal sealed class OutputClosedException : Exception;

/// <summary>Text on standard output that notices when nobody reads it; .NET's own console writer passes over that silently.</summary>
internal sealed class StandardOutputWriter : TextWriter
{
    /// <inheritdoc/>
    public override Encoding Encoding => Encoding.UTF8;

    /// <inheritdoc/>
    public override void Write(char value) => Write([value]);

    /// <inheritdoc/>
    public override void Write(string? value) => Write(value.AsSpan());

    /// <inheritdoc/>
    public override void Write(char[] buffer, int index, int count) => Write(buffer.AsSpan(index, count));

    /// <inheritdoc/>
    public override void Write(ReadOnlySpan<char> buffer) => WriteBytes(Encoding.UTF8.GetBytes(buffer.ToArray()));

    /// <summary>Writes binary data.</summary>
    /// <exception cref="OutputClosedException">Nobody reads it.</exception>
    internal static void WriteBytes(ReadOnlySpan<byte> bytes)
    {
        if (!HostStreams.Write(bytes))
            throw new OutputClosedException();
    }

    /// <inheritdoc/>
    public override void WriteLine(string? value) => Write(value + '\n');
}
