using System.Globalization;

namespace AxVM.Config;

/// <summary>Sizes as people write them: bytes, or a number with K, M, G or T in powers of 1024.</summary>
public static class ByteSize
{
    /// <summary>Reads <paramref name="text"/>: "4096", "0x1000", "512M", "512MiB", "2 GB".</summary>
    /// <returns>False when it is not a size or does not fit 64 bits.</returns>
    public static bool TryParse(string? text, out ulong bytes)
    {
        bytes = 0;
        ReadOnlySpan<char> rest = (text ?? string.Empty).AsSpan().Trim();
        if (rest.StartsWith("0x", StringComparison.OrdinalIgnoreCase))
        {
            return ulong.TryParse(rest[2..], NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out bytes);
        }

        int digits = rest.IndexOfAnyExceptInRange('0', '9');
        digits = digits < 0 ? rest.Length : digits;
        if (!ulong.TryParse(rest[..digits], NumberStyles.None, CultureInfo.InvariantCulture, out ulong number))
        {
            return false;
        }

        int? shift = rest[digits..].Trim().ToString().ToUpperInvariant() switch
        {
            "" or "B" => 0,
            "K" or "KB" or "KIB" => 10,
            "M" or "MB" or "MIB" => 20,
            "G" or "GB" or "GIB" => 30,
            "T" or "TB" or "TIB" => 40,
            _ => null,
        };
        if (shift is not int power || number > ulong.MaxValue >> power)
        {
            return false;
        }

        bytes = number << power;
        return true;
    }

    /// <summary>The shortest exact spelling that <see cref="TryParse"/> reads back: "512M", "4097".</summary>
    public static string Format(ulong bytes)
    {
        ReadOnlySpan<char> suffixes = ['T', 'G', 'M', 'K'];
        for (int i = 0; i < suffixes.Length; i++)
        {
            int power = 40 - (10 * i);
            if (bytes != 0 && (bytes & ((1UL << power) - 1)) == 0)
            {
                return (bytes >> power).ToString(CultureInfo.InvariantCulture) + suffixes[i];
            }
        }

        return bytes.ToString(CultureInfo.InvariantCulture);
    }
}
