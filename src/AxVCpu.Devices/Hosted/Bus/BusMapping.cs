namespace AxVCpu.Devices;

/// <summary>A device and where it sits on its bus.</summary>
public sealed class BusMapping
{
    internal BusMapping(ulong @base, IBusDevice device)
    {
        Base = @base;
        Size = device.Size;
        Device = device;
    }

    /// <summary>The first address.</summary>
    public ulong Base { get; }

    /// <summary>Number of addresses.</summary>
    public ulong Size { get; }

    /// <summary>The last address.</summary>
    public ulong Last => Base + (Size - 1);

    /// <summary>The device.</summary>
    public IBusDevice Device { get; }

    /// <summary>The name and the range, such as <c>uart0 [0x10000000..0x100000ff]</c>.</summary>
    public override string ToString() => $"{Device.Name} [0x{Base:x}..0x{Last:x}]";
}

/// <summary>Two devices want the same addresses of one bus.</summary>
public sealed class BusConflictException : Exception
{
    internal BusConflictException(string bus, BusMapping added, BusMapping present)
        : base($"{bus}: {added} overlaps {present}")
    {
        Added = added;
        Present = present;
    }

    /// <summary>The mapping that was refused.</summary>
    public BusMapping Added { get; }

    /// <summary>The mapping that was there before.</summary>
    public BusMapping Present { get; }
}
