namespace AxVCpu;

/// <summary>An address as the guest's own code uses it, before the guest's page tables.</summary>
/// <param name="value">The address in bytes.</param>
public readonly partial struct GuestVirtAddr(ulong value)
{
    /// <summary>The address in bytes.</summary>
    public ulong Value { get; } = value;

    /// <summary>Whether the address is a multiple of <paramref name="alignment"/>, a power of two in bytes.</summary>
    public bool IsAligned(ulong alignment) => (Value & (alignment - 1)) == 0;

    /// <summary>The address rounded down to a multiple of <paramref name="alignment"/>, a power of two in bytes.</summary>
    public GuestVirtAddr AlignDown(ulong alignment) => new(Value & ~(alignment - 1));

    /// <summary>The address <paramref name="bytes"/> further on; wraps at 2^64.</summary>
    public static GuestVirtAddr operator +(GuestVirtAddr address, ulong bytes) => new(unchecked(address.Value + bytes));

    /// <summary>The address <paramref name="bytes"/> before; wraps at zero.</summary>
    public static GuestVirtAddr operator -(GuestVirtAddr address, ulong bytes) => new(unchecked(address.Value - bytes));

    /// <summary>The distance in bytes from <paramref name="right"/> to <paramref name="left"/>; wraps at zero.</summary>
    public static ulong operator -(GuestVirtAddr left, GuestVirtAddr right) => unchecked(left.Value - right.Value);

    /// <summary>Whether both are the same address.</summary>
    public static bool operator ==(GuestVirtAddr left, GuestVirtAddr right) => left.Value == right.Value;

    /// <summary>Whether the addresses differ.</summary>
    public static bool operator !=(GuestVirtAddr left, GuestVirtAddr right) => left.Value != right.Value;

    /// <summary>Whether <paramref name="left"/> is below <paramref name="right"/>.</summary>
    public static bool operator <(GuestVirtAddr left, GuestVirtAddr right) => left.Value < right.Value;

    /// <summary>Whether <paramref name="left"/> is above <paramref name="right"/>.</summary>
    public static bool operator >(GuestVirtAddr left, GuestVirtAddr right) => left.Value > right.Value;

    /// <summary>Whether <paramref name="left"/> is not above <paramref name="right"/>.</summary>
    public static bool operator <=(GuestVirtAddr left, GuestVirtAddr right) => left.Value <= right.Value;

    /// <summary>Whether <paramref name="left"/> is not below <paramref name="right"/>.</summary>
    public static bool operator >=(GuestVirtAddr left, GuestVirtAddr right) => left.Value >= right.Value;
}
