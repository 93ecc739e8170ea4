using System.Runtime.InteropServices;
using System.Security.Cryptography;

namespace AxVCpu.Devices;

/// <summary>The operating system's random generator. Any thread.</summary>
public sealed unsafe partial class SystemEntropy : IEntropySource
{
    private const int EINTR = 4;

    /// <inheritdoc/>
    /// <exception cref="EngineException">The host has no random bytes.</exception>
    public void Fill(Span<byte> destination)
    {
        // On Linux straight from the kernel: the framework's generator would bring a cryptography library into every VM's process.
        if (OperatingSystem.IsLinux())
            FillFromKernel(destination);
        else
            RandomNumberGenerator.Fill(destination);
    }

    private static void FillFromKernel(Span<byte> destination)
    {
        while (!destination.IsEmpty)
        {
            nint written;
            // SAFETY: the kernel writes at most the span's length while it is pinned.
            fixed (byte* buffer = destination)
                written = GetRandom(buffer, (nuint)destination.Length, 0);
            if (written > 0)
                destination = destination[(int)written..];
            else if (Marshal.GetLastPInvokeError() is var errno && errno != EINTR)
                throw new EngineException("getrandom", errno);
        }
    }

    [LibraryImport("libc", EntryPoint = "getrandom", SetLastError = true)]
    private static partial nint GetRandom(byte* buffer, nuint length, uint flags);
}
