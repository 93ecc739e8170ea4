namespace AxVCpu.Devices;

/// <summary>
/// The storage behind a disk. Called on vCPU threads, one call at a time. A failure is an exception, which the device turns
/// into an error status for the guest.
/// </summary>
public interface IBlockBackend : IDisposable
{
    /// <summary>A short text that identifies the disk to the guest; ASCII, 20 characters are kept.</summary>
    string Identity { get; }

    /// <summary>The capacity in bytes, a multiple of 512; constant.</summary>
    long Capacity { get; }

    /// <summary>Whether writes are refused; constant.</summary>
    bool IsReadOnly { get; }

    /// <summary>Reads all of <paramref name="destination"/>, within the capacity.</summary>
    void Read(long offset, Span<byte> destination);

    /// <summary>Writes all of <paramref name="source"/>, within the capacity.</summary>
    void Write(long offset, ReadOnlySpan<byte> source);

    /// <summary>Makes everything written so far durable.</summary>
    void Flush();
}
