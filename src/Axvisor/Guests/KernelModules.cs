using System.Formats.Tar;
using System.Text;

namespace Axvisor.Guests;

/// <summary>The loadable modules of a kernel package, indexed on disk; works out what a set of modules needs.</summary>
/// <remarks>Debian makes modules.dep when a kernel is installed, so the package has none: dependencies come from the modules themselves.</remarks>
internal sealed class KernelModules : IDisposable
{
    private const string Suffix = ".ko.xz";

    private readonly Dictionary<string, (long Offset, int Length)> _index = new(StringComparer.Ordinal);
    private readonly Dictionary<string, byte[]> _plain = new(StringComparer.Ordinal);
    private readonly FileStream _spool;
    private readonly string _scratchFolder;

    /// <summary>Starts an empty set.</summary>
    /// <param name="scratchFolder">A folder for temporary data; the caller removes it.</param>
    internal KernelModules(string scratchFolder)
    {
        _scratchFolder = scratchFolder;
        _spool = new FileStream(Path.Combine(scratchFolder, "modules"), FileMode.Create, FileAccess.ReadWrite);
    }

    /// <summary>Takes a package file in when it is a module.</summary>
    internal void Add(string path, TarEntry entry)
    {
        if (!path.EndsWith(Suffix, StringComparison.Ordinal) || entry.DataStream is null)
            return;
        long offset = _spool.Length;
        _spool.Seek(0, SeekOrigin.End);
        entry.DataStream.CopyTo(_spool);
        _index[Name(Path.GetFileName(path)[..^Suffix.Length])] = (offset, (int)(_spool.Length - offset));
    }

    /// <summary>Orders modules and all they need so that each comes after its dependencies; names the kernel does not have are left out.</summary>
    internal async Task<IReadOnlyList<string>> ResolveAsync(IEnumerable<string> roots, CancellationToken cancellation)
    {
        List<string> ordered = [];
        HashSet<string> seen = new(StringComparer.Ordinal);
        foreach (string root in roots)
            await VisitAsync(Name(root), ordered, seen, cancellation).ConfigureAwait(false);
        return ordered;
    }

    /// <summary>A module as the package has it, xz-compressed.</summary>
    internal byte[] Compressed(string module)
    {
        (long offset, int length) = _index[module];
        byte[] bytes = new byte[length];
        _spool.Seek(offset, SeekOrigin.Begin);
        _spool.ReadExactly(bytes);
        return bytes;
    }

    /// <summary>A module ready to load: an ELF object.</summary>
    internal async Task<byte[]> DecompressedAsync(string module, CancellationToken cancellation)
    {
        if (!_plain.TryGetValue(module, out byte[]? bytes))
            _plain[module] = bytes = await DebPackage.DecompressXzAsync(Compressed(module), _scratchFolder, cancellation).ConfigureAwait(false);
        return bytes;
    }

    /// <summary>The modules that a module names in its <c>depends=</c> line.</summary>
    internal async Task<IReadOnlyList<string>> DependenciesAsync(string module, CancellationToken cancellation) =>
        ReadDependencies(await DecompressedAsync(module, cancellation).ConfigureAwait(false));

    /// <summary>The names under which the kernel asks for a module, such as "fs-ext4".</summary>
    internal async Task<IReadOnlyList<string>> AliasesAsync(string module, CancellationToken cancellation) =>
        ReadStrings(await DecompressedAsync(module, cancellation).ConfigureAwait(false), "\0alias="u8);

    /// <summary>Reads the <c>depends=</c> entry of an ELF module's .modinfo strings.</summary>
    internal static IReadOnlyList<string> ReadDependencies(ReadOnlySpan<byte> module) => ReadStrings(module, "\0depends="u8)
        .SelectMany(value => value.Split(',', StringSplitOptions.RemoveEmptyEntries)).Select(Name).ToArray();

    // .modinfo is a run of "key=value" strings, each ended by a zero byte; no other section has these keys after a zero.
    private static List<string> ReadStrings(ReadOnlySpan<byte> module, ReadOnlySpan<byte> key)
    {
        List<string> values = [];
        for (int start; (start = module.IndexOf(key)) >= 0;)
        {
            module = module[(start + key.Length)..];
            int end = module.IndexOf((byte)0);
            values.Add(Encoding.ASCII.GetString(end < 0 ? module : module[..end]));
        }
        return values;
    }

    /// <inheritdoc/>
    public void Dispose() => _spool.Dispose();

    private async Task VisitAsync(string module, List<string> ordered, HashSet<string> seen, CancellationToken cancellation)
    {
        if (!_index.ContainsKey(module) || !seen.Add(module))
            return;
        foreach (string needed in await DependenciesAsync(module, cancellation).ConfigureAwait(false))
            await VisitAsync(needed, ordered, seen, cancellation).ConfigureAwait(false);
        ordered.Add(module);
    }

    // The kernel treats '-' and '_' in module names alike.
    private static string Name(string module) => module.Replace('-', '_');
}
