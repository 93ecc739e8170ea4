namespace AxVCpu.Devices;

/// <summary>One interrupt wire, level triggered.</summary>
public interface IInterruptLine
{
    /// <summary>Drives the wire. Any thread; never blocks on a vCPU.</summary>
    void Set(bool level);
}

/// <summary>A wire that leads nowhere.</summary>
public sealed class UnconnectedLine : IInterruptLine
{
    private UnconnectedLine()
    {
    }

    /// <summary>The wire; it has no state, so one is enough.</summary>
    public static UnconnectedLine Instance { get; } = new();

    /// <inheritdoc/>
    public void Set(bool level)
    {
    }
}
