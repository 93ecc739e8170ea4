namespace AxVCpu.Devices;

/// <summary>What a <see cref="ResetControl"/> asks of the world around it.</summary>
public interface IResetControlHost
{
    /// <summary>The guest resets the machine.</summary>
    void Reset();
}

/// <summary>
/// The reset control register of PC chipsets, port 0xCF9 (ICH9 data sheet, 13.7.5); ACPI's reset register points to it.
/// Plain data: a copy is a snapshot. Not thread safe; the owner serialises.
/// </summary>
public struct ResetControl
{
    /// <summary>The value that resets: SYS_RST and RST_CPU.</summary>
    public const byte ResetValue = SystemReset | ResetCpu;

    private const byte SystemReset = 1 << 1;
    private const byte ResetCpu = 1 << 2;
    private const byte FullReset = 1 << 3;

    private byte _value;

    /// <summary>The register.</summary>
    public readonly byte Value => _value;

    /// <summary>Writes the register: RST_CPU going from 0 to 1 resets.</summary>
    public void Write<THost>(ref THost host, byte value)
        where THost : struct, IResetControlHost
    {
        bool isReset = (value & ~_value & ResetCpu) != 0;
        _value = (byte)(value & (SystemReset | ResetCpu | FullReset));
        if (isReset)
            host.Reset();
    }

    /// <summary>Back to power-up.</summary>
    public void Reset() => _value = 0;
}
