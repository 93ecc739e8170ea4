namespace AxVCpu.Devices;

/// <summary>What the power and reset registers of a PC ask for. Called on the vCPU thread that wrote them; must not wait for it.</summary>
public interface IPowerHost
{
    /// <summary>The machine is switched off.</summary>
    void PowerOff();

    /// <summary>The machine starts over.</summary>
    void Reset();
}
