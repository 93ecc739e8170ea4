namespace AxVCpu.Software.SoftFloat;

/// <summary>Comparisons, minimum and maximum, classification (IEEE 754-2019 sections 5.11, 9.6 and 5.7.2).</summary>
internal static partial class FloatCore<TFormat>
{
    /// <summary>Raises what an unordered comparison raises; its answer is always false.</summary>
    internal static bool Unordered(ulong a, ulong b, bool signaling, ref FloatStatus status)
    {
        if (signaling || IsSignalingNaN(a) || IsSignalingNaN(b))
        {
            status.Flags |= FloatFlags.Invalid;
        }

        return false;
    }

    /// <summary>minimumNumber (or maximumNumber): a NaN loses against a number, -0 is less than +0.</summary>
    internal static ulong Select(ulong a, ulong b, bool maximum, ref FloatStatus status)
    {
        if (IsNaN(a) || IsNaN(b))
        {
            ulong result = PropagateNaN(a, b, ref status);
            return !IsNaN(a) ? a : !IsNaN(b) ? b : result;
        }

        return Order(a) < Order(b) != maximum ? a : b;
    }

    /// <summary>minimum (or maximum): a NaN wins against a number, -0 is less than +0 (section 9.6).</summary>
    internal static ulong SelectOrNaN(ulong a, ulong b, bool maximum, ref FloatStatus status)
    {
        if (IsNaN(a) || IsNaN(b))
        {
            return PropagateNaN(a, b, ref status);
        }

        return Order(a) < Order(b) != maximum ? a : b;
    }

    internal static FloatClass Classify(ulong a)
    {
        if (IsNaN(a))
        {
            return IsSignalingNaN(a) ? FloatClass.SignalingNaN : FloatClass.QuietNaN;
        }

        ulong magnitude = a & MagnitudeMask;
        bool negative = a != magnitude;
        if (magnitude == Infinity)
        {
            return negative ? FloatClass.NegativeInfinity : FloatClass.PositiveInfinity;
        }

        if (magnitude > FractionMask)
        {
            return negative ? FloatClass.NegativeNormal : FloatClass.PositiveNormal;
        }

        if (magnitude != 0)
        {
            return negative ? FloatClass.NegativeSubnormal : FloatClass.PositiveSubnormal;
        }

        return negative ? FloatClass.NegativeZero : FloatClass.PositiveZero;
    }

    /// <summary>An integer that orders as the numbers do, -0 just below +0.</summary>
    private static long Order(ulong a)
    {
        long magnitude = (long)(a & MagnitudeMask);
        return (a & SignMask) != 0 ? ~magnitude : magnitude;
    }
}
