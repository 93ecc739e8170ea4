namespace AxVCpu.Devices;

/// <summary>Names and string lists of a devicetree, as bytes.</summary>
internal static class FdtText
{
    internal static bool Same(ReadOnlySpan<byte> a, ReadOnlySpan<byte> b)
    {
        if (a.Length != b.Length)
            return false;
        for (int index = 0; index < a.Length; index++)
        {
            if (a[index] != b[index])
                return false;
        }
        return true;
    }

    /// <summary>Takes the first string off a list whose strings are each closed by a zero; what is not closed is not a string.</summary>
    internal static bool TryPart(scoped ref ReadOnlySpan<byte> list, out ReadOnlySpan<byte> part)
    {
        for (int end = 0; end < list.Length; end++)
        {
            if (list[end] != 0)
                continue;
            part = list.Slice(0, end);
            list = list.Slice(end + 1);
            return true;
        }
        part = default;
        return false;
    }
}
