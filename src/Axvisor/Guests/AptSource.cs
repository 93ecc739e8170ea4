namespace Axvisor.Guests;

/// <summary>One binary package source of the system's apt configuration.</summary>
/// <param name="Uri">The archive's base address.</param>
/// <param name="Suites">Its suites, as written.</param>
/// <param name="Components">Its components, as written.</param>
/// <param name="SignedBy">The value of Signed-By (a key ring's path, or a key block with its continuation lines), or null.</param>
internal sealed record AptSource(string Uri, IReadOnlyList<string> Suites, IReadOnlyList<string> Components, string? SignedBy)
{
    private static readonly string[] s_debianSuites =
        ["bullseye", "bookworm", "trixie", "forky", "duke", "sid", "oldoldstable", "oldstable", "stable", "testing", "unstable"];

    /// <summary>Reads every source below an apt configuration folder.</summary>
    /// <param name="folder">The folder, on a real system /etc/apt.</param>
    /// <returns>The enabled binary sources in apt's reading order; none when nothing is configured.</returns>
    public static IReadOnlyList<AptSource> ReadSystem(string folder)
    {
        List<AptSource> found = [];
        string main = Path.Combine(folder, "sources.list");
        if (File.Exists(main))
            found.AddRange(ParseOneLineStyle(File.ReadAllText(main)));
        string parts = Path.Combine(folder, "sources.list.d");
        if (!Directory.Exists(parts))
            return found;
        foreach (string file in Directory.GetFiles(parts).Order(StringComparer.Ordinal))
        {
            if (file.EndsWith(".list", StringComparison.Ordinal))
                found.AddRange(ParseOneLineStyle(File.ReadAllText(file)));
            else if (file.EndsWith(".sources", StringComparison.Ordinal))
                found.AddRange(ParseDeb822(File.ReadAllText(file)));
        }
        return found;
    }

    /// <summary>Finds the source that carries the main Debian archive (not security, updates or backports, which have no kernel of their own).</summary>
    /// <param name="sources">What the system has configured.</param>
    /// <returns>The source, or null.</returns>
    public static AptSource? FindDebianArchive(IEnumerable<AptSource> sources) => sources.FirstOrDefault(source =>
        source.Components.Contains("main") && source.Suites.Any(s_debianSuites.Contains)
        && (source.Uri.StartsWith("http://", StringComparison.Ordinal) || source.Uri.StartsWith("https://", StringComparison.Ordinal)
            || source.Uri.StartsWith("file:", StringComparison.Ordinal) || source.Uri.StartsWith("mirror", StringComparison.Ordinal)));

    /// <summary>Reads the one-line style: <c>deb [options] uri suite component...</c></summary>
    /// <param name="text">The file's text.</param>
    /// <returns>The sources in order; lines that are not binary sources are passed over.</returns>
    public static IEnumerable<AptSource> ParseOneLineStyle(string text)
    {
        foreach (string raw in text.Split('\n'))
        {
            int comment = raw.IndexOf('#', StringComparison.Ordinal);
            string line = (comment < 0 ? raw : raw[..comment]).Trim();
            if (!line.StartsWith("deb ", StringComparison.Ordinal) && !line.StartsWith("deb\t", StringComparison.Ordinal))
                continue;
            line = line[4..].Trim();
            string? signedBy = null;
            if (line.StartsWith('['))
            {
                int end = line.IndexOf(']', StringComparison.Ordinal);
                if (end < 0)
                    continue;
                signedBy = Words(line[1..end]).Select(option => option.Split('=', 2))
                    .FirstOrDefault(option => option.Length == 2 && option[0].Equals("signed-by", StringComparison.OrdinalIgnoreCase))?[1];
                line = line[(end + 1)..].Trim();
            }
            string[] words = Words(line);
            if (words.Length >= 2)
                yield return new AptSource(words[0], [words[1]], words[2..], signedBy);
        }
    }

    /// <summary>Reads the deb822 style: stanzas of <c>Field: value</c> with continuation lines.</summary>
    /// <param name="text">The file's text.</param>
    /// <returns>The enabled binary sources in order, one for each address of a stanza.</returns>
    public static IEnumerable<AptSource> ParseDeb822(string text)
    {
        foreach (Dictionary<string, string> stanza in Stanzas(text))
        {
            string enabled = stanza.GetValueOrDefault("Enabled", "yes").Trim();
            if (enabled is "no" or "false" or "0" or "off" or "without" or "disable" || !Words(stanza.GetValueOrDefault("Types", "")).Contains("deb"))
                continue;
            foreach (string uri in Words(stanza.GetValueOrDefault("URIs", "")))
            {
                yield return new AptSource(uri, Words(stanza.GetValueOrDefault("Suites", "")),
                    Words(stanza.GetValueOrDefault("Components", "")), stanza.GetValueOrDefault("Signed-By"));
            }
        }
    }

    private static IEnumerable<Dictionary<string, string>> Stanzas(string text)
    {
        Dictionary<string, string> stanza = new(StringComparer.OrdinalIgnoreCase);
        string? field = null;
        foreach (string line in text.Split('\n').Select(line => line.TrimEnd()).Append(""))
        {
            if (line.Length == 0)
            {
                if (stanza.Count > 0)
                    yield return stanza;
                stanza = new(StringComparer.OrdinalIgnoreCase);
                field = null;
            }
            else if (line[0] is ' ' or '\t')
            {
                if (field is not null)
                    stanza[field] += "\n" + line;
            }
            else if (line[0] != '#' && line.IndexOf(':', StringComparison.Ordinal) is int colon and > 0)
            {
                field = line[..colon];
                stanza[field] = line[(colon + 1)..].Trim();
            }
        }
    }

    private static string[] Words(string text) =>
        text.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
}
