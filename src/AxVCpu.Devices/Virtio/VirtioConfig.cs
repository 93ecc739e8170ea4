namespace AxVCpu.Devices;

/// <summary>Reads from a device configuration laid out in bytes.</summary>
internal static class VirtioConfig
{
    /// <summary>The field at an offset; bytes past the end are zero.</summary>
    internal static ulong Read(ReadOnlySpan<byte> config, ulong offset, AccessWidth width)
    {
        if (offset >= (ulong)config.Length)
            return 0;
        int left = config.Length - (int)offset;
        return LittleEndian.Get(config, (int)offset, left < (int)width ? left : (int)width);
    }
}
