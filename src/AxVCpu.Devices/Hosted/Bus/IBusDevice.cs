namespace AxVCpu.Devices;

/// <summary>
/// A device on a <see cref="Bus"/>. Accesses come from any vCPU thread, several at once; the device serialises itself and
/// never throws for what a guest does.
/// </summary>
public interface IBusDevice
{
    /// <summary>The device's name in listings and error messages.</summary>
    string Name { get; }

    /// <summary>Addresses the device decodes, in bytes (or ports); constant and not zero.</summary>
    ulong Size { get; }

    /// <summary>The interrupt controller's source number of the device's line; null when it has none.</summary>
    uint? Interrupt => null;

    /// <summary>Reads <paramref name="width"/> bytes at <paramref name="offset"/>; the value is zero-extended.</summary>
    /// <returns>False when the device does not answer this access; the guest takes an access fault.</returns>
    bool Read(ulong offset, AccessWidth width, out ulong value);

    /// <summary>Writes the low <paramref name="width"/> bytes of <paramref name="value"/> at <paramref name="offset"/>.</summary>
    /// <returns>False when the device does not answer this access; the guest takes an access fault.</returns>
    bool Write(ulong offset, AccessWidth width, ulong value);
}

/// <summary>
/// A device that may hold a vCPU thread back in an access, because what it feeds is slow. The VM calls this around a pause
/// or a stop, before it waits for its vCPU threads.
/// </summary>
public interface IHoldsVCpus
{
    /// <summary>Lets every held vCPU go at once and holds none until <see cref="ResumeHolding"/>. Idempotent, any thread.</summary>
    void ReleaseHeld();

    /// <summary>Ends the effect of <see cref="ReleaseHeld"/>. Idempotent, any thread.</summary>
    void ResumeHolding();
}

/// <summary>A device that goes back to its power-on state with the machine. Called while no vCPU runs.</summary>
public interface IResettable
{
    /// <summary>Back to the power-on state; lines and deadlines are told again.</summary>
    void Reset();
}
