namespace Axvisor.Guests;

/// <summary>A guest made from Debian packages and kept in the user's cache.</summary>
internal abstract class PackagedGuest : NamedGuest
{
    private readonly GuestCache _cache;
    private readonly string _aptFolder;
    private readonly int _recipe;

    private protected PackagedGuest(string name, string summary, int recipe, GuestCache cache, string aptFolder, string architecture = "riscv64")
        : base(name, summary, architecture)
    {
        _recipe = recipe;
        _cache = cache;
        _aptFolder = aptFolder;
    }

    private string DebianArchitecture => Architecture switch { "x86_64" => "amd64", "aarch64" => "arm64", string same => same };

    /// <inheritdoc/>
    public sealed override bool NeedsPackages => true;

    /// <inheritdoc/>
    public sealed override PreparedGuest? FindPrepared()
    {
        string folder = _cache.FolderOf(Name);
        return GuestManifest.TryRead(folder, _recipe) is { } manifest ? Describe(folder, manifest) : null;
    }

    /// <inheritdoc/>
    public sealed override async Task<PreparedGuest> PrepareAsync(bool force, IPreparationProgress progress, CancellationToken cancellation)
    {
        if (!force && FindPrepared() is { } present)
            return present;
        await PrepareNeededAsync(progress, cancellation).ConfigureAwait(false);
        GuestManifest manifest = await _cache.PublishAsync(Name, _recipe, force, progress, async (results, scratch) =>
        {
            progress.Step($"Fetching Debian's package index for {Architecture}");
            PrivateApt apt = await PrivateApt.CreateAsync(Path.Combine(scratch, "apt"), DebianArchitecture, _aptFolder, cancellation).ConfigureAwait(false);
            Fetcher fetcher = new(apt, Path.Combine(scratch, "packages"), progress, cancellation);
            await MakeAsync(fetcher, results, scratch, progress, cancellation).ConfigureAwait(false);
            IEnumerable<string> files = Directory.EnumerateFiles(results).Select(file => Path.GetFileName(file)).Order(StringComparer.Ordinal);
            return new GuestManifest(_recipe, Name, apt.Suite, DateTime.UtcNow, fetcher.Used, GuestManifest.Describe(results, files));
        }, cancellation).ConfigureAwait(false);
        return Describe(_cache.FolderOf(Name), manifest);
    }

    /// <summary>Prepares other guests whose files this one uses.</summary>
    private protected virtual Task PrepareNeededAsync(IPreparationProgress progress, CancellationToken cancellation) => Task.CompletedTask;

    /// <summary>Makes the guest's files in <paramref name="results"/>.</summary>
    private protected abstract Task MakeAsync(
        Fetcher packages, string results, string scratch, IPreparationProgress progress, CancellationToken cancellation);

    /// <summary>Says how to run what <see cref="MakeAsync"/> left in a folder.</summary>
    private protected abstract PreparedGuest Describe(string folder, GuestManifest manifest);

    /// <summary>The versions of the packages, for lists.</summary>
    private protected static string OriginOf(GuestManifest manifest) =>
        $"Debian {manifest.Suite}: " + string.Join(", ", manifest.Packages.Select(package => $"{package.Name} {package.Version}"));

    /// <summary>Fetches packages and remembers which.</summary>
    private protected sealed class Fetcher(PrivateApt apt, string folder, IPreparationProgress progress, CancellationToken cancellation)
    {
        private readonly List<GuestManifest.Package> _used = [];

        internal IReadOnlyList<GuestManifest.Package> Used => _used;

        internal Task<PrivateApt.Package> FindAsync(string name) => apt.FindAsync(name, cancellation);

        internal async Task<string> FetchAsync(PrivateApt.Package package)
        {
            progress.Step($"Fetching {package.Name} {package.Version} ({Math.Max(1, package.Size >> 20)} MiB)");
            string file = await apt.DownloadAsync(package, folder, progress, cancellation).ConfigureAwait(false);
            _used.Add(new GuestManifest.Package(package.Name, package.Version, package.Architecture, package.Sha256));
            return file;
        }
    }
}
