using System.Globalization;

namespace AxVCpu;

public readonly partial struct GuestPhysAddr : IEquatable<GuestPhysAddr>, IComparable<GuestPhysAddr>
{
    /// <inheritdoc/>
    public bool Equals(GuestPhysAddr other) => Value == other.Value;

    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is GuestPhysAddr other && Equals(other);

    /// <inheritdoc/>
    public override int GetHashCode() => Value.GetHashCode();

    /// <inheritdoc/>
    public int CompareTo(GuestPhysAddr other) => Value.CompareTo(other.Value);

    /// <summary>The address in hexadecimal.</summary>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"0x{Value:x}");
}

public readonly partial struct GuestVirtAddr : IEquatable<GuestVirtAddr>, IComparable<GuestVirtAddr>
{
    /// <inheritdoc/>
    public bool Equals(GuestVirtAddr other) => Value == other.Value;

    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is GuestVirtAddr other && Equals(other);

    /// <inheritdoc/>
    public override int GetHashCode() => Value.GetHashCode();

    /// <inheritdoc/>
    public int CompareTo(GuestVirtAddr other) => Value.CompareTo(other.Value);

    /// <summary>The address in hexadecimal.</summary>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"0x{Value:x}");
}

public readonly partial struct HostPhysAddr : IEquatable<HostPhysAddr>, IComparable<HostPhysAddr>
{
    /// <inheritdoc/>
    public bool Equals(HostPhysAddr other) => Value == other.Value;

    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is HostPhysAddr other && Equals(other);

    /// <inheritdoc/>
    public override int GetHashCode() => Value.GetHashCode();

    /// <inheritdoc/>
    public int CompareTo(HostPhysAddr other) => Value.CompareTo(other.Value);

    /// <summary>The address in hexadecimal.</summary>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"0x{Value:x}");
}

public readonly partial struct HostVirtAddr : IEquatable<HostVirtAddr>, IComparable<HostVirtAddr>
{
    /// <inheritdoc/>
    public bool Equals(HostVirtAddr other) => Value == other.Value;

    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is HostVirtAddr other && Equals(other);

    /// <inheritdoc/>
    public override int GetHashCode() => Value.GetHashCode();

    /// <inheritdoc/>
    public int CompareTo(HostVirtAddr other) => Value.CompareTo(other.Value);

    /// <summary>The address in hexadecimal.</summary>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"0x{Value:x}");
}
