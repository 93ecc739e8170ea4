using System.Diagnostics.CodeAnalysis;
using System.Text;

namespace AxVCpu.Software.Riscv64.Isa;

/// <summary>ISA naming strings such as <c>rv64imafdc_zicsr_zba</c> (Unprivileged ISA, "ISA Extension Naming Conventions").</summary>
public static class IsaString
{
    /// <summary>Canonical order: single letters, then Z extensions by the letter they belong to, then S extensions.</summary>
    private static readonly (string Name, IsaExtensions Flag, IsaExtensions Needs)[] s_extensions =
    [
        ("i", IsaExtensions.I, IsaExtensions.None),
        ("m", IsaExtensions.M, IsaExtensions.None),
        ("a", IsaExtensions.A, IsaExtensions.None),
        ("f", IsaExtensions.F, IsaExtensions.Zicsr),
        ("d", IsaExtensions.D, IsaExtensions.F),
        ("c", IsaExtensions.C, IsaExtensions.None),
        ("zic64b", IsaExtensions.Zic64b, IsaExtensions.None),
        ("zicbom", IsaExtensions.Zicbom, IsaExtensions.None),
        ("zicbop", IsaExtensions.Zicbop, IsaExtensions.None),
        ("zicboz", IsaExtensions.Zicboz, IsaExtensions.None),
        ("ziccamoa", IsaExtensions.Ziccamoa, IsaExtensions.Zaamo),
        ("zicclsm", IsaExtensions.Zicclsm, IsaExtensions.None),
        ("ziccrse", IsaExtensions.Ziccrse, IsaExtensions.Zalrsc),
        ("zicntr", IsaExtensions.Zicntr, IsaExtensions.Zicsr),
        ("zicond", IsaExtensions.Zicond, IsaExtensions.None),
        ("zicsr", IsaExtensions.Zicsr, IsaExtensions.None),
        ("zifencei", IsaExtensions.Zifencei, IsaExtensions.None),
        ("zihintntl", IsaExtensions.Zihintntl, IsaExtensions.None),
        ("zihintpause", IsaExtensions.Zihintpause, IsaExtensions.None),
        ("zihpm", IsaExtensions.Zihpm, IsaExtensions.Zicsr),
        ("zimop", IsaExtensions.Zimop, IsaExtensions.None),
        ("zmmul", IsaExtensions.Zmmul, IsaExtensions.None),
        ("za64rs", IsaExtensions.Za64rs, IsaExtensions.Zalrsc),
        ("zaamo", IsaExtensions.Zaamo, IsaExtensions.None),
        ("zabha", IsaExtensions.Zabha, IsaExtensions.Zaamo),
        ("zacas", IsaExtensions.Zacas, IsaExtensions.Zaamo),
        ("zalrsc", IsaExtensions.Zalrsc, IsaExtensions.None),
        ("zawrs", IsaExtensions.Zawrs, IsaExtensions.Zalrsc),
        ("zfa", IsaExtensions.Zfa, IsaExtensions.F),
        ("zfh", IsaExtensions.Zfh, IsaExtensions.Zfhmin),
        ("zfhmin", IsaExtensions.Zfhmin, IsaExtensions.F),
        ("zcb", IsaExtensions.Zcb, IsaExtensions.C),
        ("zcmop", IsaExtensions.Zcmop, IsaExtensions.C),
        ("zba", IsaExtensions.Zba, IsaExtensions.None),
        ("zbb", IsaExtensions.Zbb, IsaExtensions.None),
        ("zbc", IsaExtensions.Zbc, IsaExtensions.None),
        ("zbkb", IsaExtensions.Zbkb, IsaExtensions.None),
        ("zbkc", IsaExtensions.Zbkc, IsaExtensions.None),
        ("zbkx", IsaExtensions.Zbkx, IsaExtensions.None),
        ("zbs", IsaExtensions.Zbs, IsaExtensions.None),
        ("zknd", IsaExtensions.Zknd, IsaExtensions.None),
        ("zkne", IsaExtensions.Zkne, IsaExtensions.None),
        ("zknh", IsaExtensions.Zknh, IsaExtensions.None),
        ("zkr", IsaExtensions.Zkr, IsaExtensions.Zicsr),
        ("zksed", IsaExtensions.Zksed, IsaExtensions.None),
        ("zksh", IsaExtensions.Zksh, IsaExtensions.None),
        ("zkt", IsaExtensions.Zkt, IsaExtensions.None),
        ("ssccptr", IsaExtensions.Ssccptr, IsaExtensions.None),
        ("sscounterenw", IsaExtensions.Sscounterenw, IsaExtensions.Zicsr),
        ("sstc", IsaExtensions.Sstc, IsaExtensions.Zicsr),
        ("sstvala", IsaExtensions.Sstvala, IsaExtensions.None),
        ("sstvecd", IsaExtensions.Sstvecd, IsaExtensions.None),
        ("ssu64xl", IsaExtensions.Ssu64xl, IsaExtensions.None),
        ("svade", IsaExtensions.Svade, IsaExtensions.None),
        ("svadu", IsaExtensions.Svadu, IsaExtensions.None),
        ("svbare", IsaExtensions.Svbare, IsaExtensions.None),
        ("svinval", IsaExtensions.Svinval, IsaExtensions.None),
        ("svnapot", IsaExtensions.Svnapot, IsaExtensions.None),
        ("svpbmt", IsaExtensions.Svpbmt, IsaExtensions.None),
    ];

    /// <summary>Names that stand for others and are not printed.</summary>
    private static readonly (string Name, IsaExtensions Members)[] s_groups =
    [
        ("g", IsaExtensions.G),
        ("b", IsaExtensions.B),
        ("zk", IsaExtensions.Zk),
        ("zkn", IsaExtensions.Zkn),
        ("zks", IsaExtensions.Zks),
    ];

    /// <summary>Reads an ISA string. Case does not matter; versions (<c>i2p1</c>) are accepted and dropped; <c>g</c>, <c>b</c>, <c>zk</c>, <c>zkn</c> and <c>zks</c> stand for their members.</summary>
    /// <param name="text">The string, beginning with <c>rv64</c>.</param>
    /// <param name="isa">The extensions named and, as the naming conventions say, those they depend on.</param>
    /// <param name="error">What is wrong and what would be right, when the result is false.</param>
    /// <returns>False for text that names something this engine does not have.</returns>
    public static bool TryParse(string text, out IsaExtensions isa, [NotNullWhen(false)] out string? error)
    {
        ArgumentNullException.ThrowIfNull(text);
        isa = IsaExtensions.None;
        string lower = text.Trim().ToLowerInvariant();
        if (!lower.StartsWith("rv64", StringComparison.Ordinal))
        {
            error = $"ISA string '{text}' must begin with rv64";
            return false;
        }

        IsaExtensions seen = IsaExtensions.None;
        int at = 4;
        while (at < lower.Length)
        {
            if (lower[at] == '_')
            {
                at++;
                continue;
            }

            int length = TokenLength(lower.AsSpan(at));
            ReadOnlySpan<char> token = lower.AsSpan(at, length);
            if (!TryName(token, out IsaExtensions flags))
            {
                error = $"ISA string '{text}' names '{token}', which is not supported (supported: {string.Join(' ', Names(IsaExtensions.All))})";
                return false;
            }

            seen |= flags;
            at += length;
        }

        if ((seen & IsaExtensions.I) == 0)
        {
            error = $"ISA string '{text}' must name the base: rv64i... or rv64g...";
            return false;
        }

        isa = Close(seen);
        error = null;
        return true;
    }

    /// <summary>The canonical string, for the device tree property <c>riscv,isa</c>.</summary>
    public static string Format(IsaExtensions isa)
    {
        StringBuilder text = new("rv64");
        foreach (string name in Names(isa))
        {
            if (name.Length > 1)
                text.Append('_');
            text.Append(name);
        }

        return text.ToString();
    }

    /// <summary>The extension names in canonical order, for the device tree property <c>riscv,isa-extensions</c>.</summary>
    public static IReadOnlyList<string> Names(IsaExtensions isa)
    {
        List<string> names = [];
        foreach ((string name, IsaExtensions flag, _) in s_extensions)
        {
            if ((isa & flag) != 0)
                names.Add(name);
        }

        return names;
    }

    /// <summary>Checks a set made without <see cref="TryParse"/>: the base is there, and all that each extension depends on.</summary>
    /// <param name="isa">The set.</param>
    /// <param name="error">The first extension whose dependency is missing, and that dependency.</param>
    public static bool IsConsistent(IsaExtensions isa, [NotNullWhen(false)] out string? error)
    {
        error = null;
        if ((isa & IsaExtensions.I) == 0)
            error = "the base 'i' is missing";
        foreach ((string name, IsaExtensions flag, IsaExtensions needs) in s_extensions)
        {
            if (error is null && (isa & flag) != 0 && (WithParts(isa) & needs) != needs)
                error = $"extension '{name}' needs '{Names(needs)[0]}'";
        }

        return error is null;
    }

    private static IsaExtensions Close(IsaExtensions isa)
    {
        // Three times is enough: the longest chain is zfh, zfhmin, f, zicsr.
        for (int round = 0; round < 3; round++)
        {
            foreach ((_, IsaExtensions flag, IsaExtensions needs) in s_extensions)
            {
                if ((isa & flag) != 0)
                    isa |= needs & ~WithParts(isa);
            }
        }

        return isa;
    }

    /// <summary>The set with the parts of those that are made of parts.</summary>
    private static IsaExtensions WithParts(IsaExtensions isa) => isa
        | ((isa & IsaExtensions.A) != 0 ? IsaExtensions.Zaamo | IsaExtensions.Zalrsc : 0)
        | ((isa & IsaExtensions.M) != 0 ? IsaExtensions.Zmmul : 0);

    /// <summary>A multi-letter name (z, s, x) reaches to the next underscore, a single letter takes its version along.</summary>
    private static int TokenLength(ReadOnlySpan<char> text)
    {
        if (text[0] is 'z' or 's' or 'x')
        {
            int end = text.IndexOf('_');
            return end < 0 ? text.Length : end;
        }

        return 1 + VersionLength(text[1..]);
    }

    /// <summary>Length of a version at the start of the text: digits, or digits p digits.</summary>
    private static int VersionLength(ReadOnlySpan<char> text)
    {
        int major = DigitCount(text);
        if (major == 0 || major == text.Length || text[major] != 'p')
            return major;
        int minor = DigitCount(text[(major + 1)..]);
        return minor == 0 ? major : major + 1 + minor;
    }

    private static int DigitCount(ReadOnlySpan<char> text)
    {
        int count = 0;
        while (count < text.Length && char.IsAsciiDigit(text[count]))
            count++;
        return count;
    }

    private static bool TryName(ReadOnlySpan<char> token, out IsaExtensions flags)
    {
        for (int end = token.Length; end > 0; end--)
        {
            if (end < token.Length && VersionLength(token[end..]) != token.Length - end)
                continue;
            ReadOnlySpan<char> name = token[..end];
            flags = IsaExtensions.None;
            foreach ((string group, IsaExtensions members) in s_groups)
            {
                if (name.SequenceEqual(group))
                    flags = members;
            }

            foreach ((string known, IsaExtensions flag, _) in s_extensions)
            {
                if (name.SequenceEqual(known))
                    flags = flag;
            }

            if (flags != IsaExtensions.None)
                return true;
        }

        flags = IsaExtensions.None;
        return false;
    }
}
