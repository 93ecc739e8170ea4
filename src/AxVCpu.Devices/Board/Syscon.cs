namespace AxVCpu.Devices;

/// <summary>What a <see cref="Syscon"/> asks of the world around it.</summary>
public interface ISysconHost
{
    /// <summary>The guest asked for the machine to end or start over.</summary>
    /// <param name="status">What was asked.</param>
    /// <param name="code">The guest's own code, for <see cref="SysconStatus.Fail"/>; 0 otherwise.</param>
    void Finish(SysconStatus status, ushort code);
}

/// <summary>Values of the finisher register (SiFive test finisher, as the well-known board has it), in its low 16 bits.</summary>
public enum SysconStatus : ushort
{
    /// <summary>Power off with a failure code in the high 16 bits.</summary>
    Fail = 0x3333,
    /// <summary>Power off.</summary>
    Pass = 0x5555,
    /// <summary>Reset.</summary>
    Reset = 0x7777,
}

/// <summary>The power-off and reset register of the board: one write-only register at offset 0. It has no
/// state: the machine's end belongs to the VM.</summary>
public static class Syscon
{
    /// <summary>The register window in bytes.</summary>
    public const ulong Size = 0x1000;

    /// <summary>Reads zero everywhere.</summary>
    /// <returns>False unless it is an aligned 16- or 32-bit access.</returns>
    public static bool Read(ulong offset, AccessWidth width, out ulong value)
    {
        value = 0;
        return Fits(offset, width);
    }

    /// <summary>Writes the finisher; values without a meaning and other offsets are ignored.</summary>
    /// <returns>False unless it is an aligned 16- or 32-bit access.</returns>
    public static bool Write<THost>(ref THost host, ulong offset, AccessWidth width, ulong value)
        where THost : struct, ISysconHost
    {
        if (!Fits(offset, width))
            return false;
        SysconStatus status = (SysconStatus)(ushort)value;
        if (offset == 0 && status is SysconStatus.Fail or SysconStatus.Pass or SysconStatus.Reset)
            host.Finish(status, status == SysconStatus.Fail && width == AccessWidth.Dword ? (ushort)(value >> 16) : (ushort)0);
        return true;
    }

    private static bool Fits(ulong offset, AccessWidth width) =>
        width is AccessWidth.Word or AccessWidth.Dword && (offset & ((ulong)width - 1)) == 0 && offset < Size;
}
