namespace AxVCpu.Devices;

/// <summary>What an <see cref="AclintSswi"/> asks of the world around it.</summary>
public interface IAclintSswiHost
{
    /// <summary>Sets the supervisor software interrupt (SSIP) of a hart; the hart clears it itself.</summary>
    void RaiseSupervisorSoftware(int hart);
}

/// <summary>
/// The supervisor software interrupt device of RISC-V (ACLINT 1.0-rc4, chapter 4): one SETSSIP register of 32 bits for
/// each hart, edge sensitive, reads zero. Plain data. Not thread safe; the owner serialises.
/// </summary>
public struct AclintSswi
{
    /// <summary>The register window in bytes.</summary>
    public const ulong Size = 0x4000;

    private int _harts;

    /// <summary>A device for <paramref name="harts"/> harts; clipped to <see cref="Aclint.MaxHarts"/>.</summary>
    public AclintSswi(int harts) => _harts = harts < 0 ? 0 : harts > Aclint.MaxHarts ? Aclint.MaxHarts : harts;

    /// <summary>Number of harts.</summary>
    public readonly int Harts => _harts;

    /// <summary>Reads a register: always zero.</summary>
    /// <returns>False unless it is an aligned 32-bit access.</returns>
    public static bool Read(ulong offset, AccessWidth width, out ulong value)
    {
        value = 0;
        return width == AccessWidth.Dword && (offset & 3) == 0 && offset < Size;
    }

    /// <summary>Writes a register; bit 0 raises the interrupt, harts that do not exist ignore it.</summary>
    /// <returns>False unless it is an aligned 32-bit access.</returns>
    public readonly bool Write<THost>(ref THost host, ulong offset, AccessWidth width, ulong value)
        where THost : struct, IAclintSswiHost
    {
        if (width != AccessWidth.Dword || (offset & 3) != 0 || offset >= Size)
            return false;
        if (offset / 4 < (ulong)_harts && (value & 1) != 0)
            host.RaiseSupervisorSoftware((int)(offset / 4));
        return true;
    }
}
