using System.Runtime.InteropServices;

namespace Axvisor.Terminal;

/// <summary>
/// Standard input and output as the guest's console uses them: plain reads and writes of the process's descriptors, with no line editing,
/// no buffering and no end-of-pipe silently passed over.
/// </summary>
internal static unsafe class HostStreams
{
    /// <summary>Reads what there is, waiting for at least one byte.</summary>
    /// <returns>The count; 0 at the end of the input or when it cannot be read.</returns>
    internal static int Read(Span<byte> buffer)
    {
        if (OperatingSystem.IsWindows())
        {
            using Stream input = Console.OpenStandardInput();
            return input.Read(buffer);
        }
        while (true)
        {
            nint got;
            // SAFETY: the span stays pinned during the call and its length is passed.
            fixed (byte* bytes = buffer)
                got = Libc.Read(Libc.STDIN_FILENO, bytes, (nuint)buffer.Length);
            if (got >= 0)
                return (int)got;
            if (!CanRetry(Libc.STDIN_FILENO, Libc.POLLIN))
                return 0;
        }
    }

    /// <summary>Writes everything to standard output.</summary>
    /// <returns>False when nobody reads it any more or it cannot be written.</returns>
    internal static bool Write(ReadOnlySpan<byte> bytes)
    {
        if (OperatingSystem.IsWindows())
        {
            using Stream output = Console.OpenStandardOutput();
            output.Write(bytes);
            return true;
        }
        while (!bytes.IsEmpty)
        {
            nint put;
            // SAFETY: the span stays pinned during the call and its length is passed.
            fixed (byte* start = bytes)
                put = Libc.Write(Libc.STDOUT_FILENO, start, (nuint)bytes.Length);
            if (put >= 0)
                bytes = bytes[(int)put..];
            else if (!CanRetry(Libc.STDOUT_FILENO, Libc.POLLOUT))
                return false;
        }
        return true;
    }

    // Interrupted, or the descriptor was made non-blocking by a program that shares it: wait and try again.
    private static bool CanRetry(int fd, short events)
    {
        int error = Marshal.GetLastPInvokeError();
        if (error == Libc.EINTR)
            return true;
        if (error != (OperatingSystem.IsMacOS() ? Libc.EAGAIN_MACOS : Libc.EAGAIN_LINUX))
            return false;
        Libc.PollFd one = new() { Fd = fd, Events = events };
        _ = Libc.Poll(&one, 1, -1);
        return true;
    }
}
