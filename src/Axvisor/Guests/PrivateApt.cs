using System.Globalization;

namespace Axvisor.Guests;

/// <summary>apt with a configuration, lists and cache of its own: packages of another architecture arrive without touching the system's apt.</summary>
/// <remarks>
/// Only the system's archive address, its signing key and its network settings (proxies, credentials) are used. apt itself checks the
/// signatures and checksums of all it fetches.
/// </remarks>
internal sealed class PrivateApt
{
    // A released suite with riscv64 first; the moving names after it, for the day it has left the mirrors.
    private static readonly string[] s_suites = ["trixie", "stable", "testing"];

    private readonly string _configuration;

    private PrivateApt(string configuration, string suite)
    {
        _configuration = configuration;
        Suite = suite;
    }

    /// <summary>A package as the archive's index describes it.</summary>
    internal readonly record struct Package(string Name, string Version, string Architecture, string Sha256, long Size, string Depends);

    /// <summary>The suite that packages come from.</summary>
    internal string Suite { get; }

    /// <summary>Sets apt up below <paramref name="folder"/> and fetches the package index of the first suite that has the architecture.</summary>
    /// <exception cref="PreparationException">No Debian archive is configured, or the index cannot be fetched.</exception>
    internal static async Task<PrivateApt> CreateAsync(string folder, string architecture, string aptFolder, CancellationToken cancellation)
    {
        AptSource archive = AptSource.FindDebianArchive(AptSource.ReadSystem(aptFolder)) ?? throw new PreparationException(
            $"no Debian archive is configured in {aptFolder}/sources.list or {aptFolder}/sources.list.d: named guests are made from Debian packages");
        string? reason = null;
        foreach (string suite in s_suites)
        {
            string root = Path.Combine(folder, suite);
            string configuration = WriteConfiguration(root, architecture, archive, suite);
            HostTool.Result result = await HostTool.RunAsync("apt-get", ["-c", configuration, "update"], root, cancellation).ConfigureAwait(false);
            if (result.ExitCode == 0)
                return new PrivateApt(configuration, suite);
            reason ??= result.Reason;
            if (!result.Errors.Contains("does not have a Release file", StringComparison.Ordinal))
                break; // the archive did not answer: another suite of it will not either
        }
        throw new PreparationException($"the package index could not be fetched from the system's Debian mirror: {reason}");
    }

    /// <summary>Looks a package up in the index.</summary>
    /// <exception cref="PreparationException">The suite does not have it.</exception>
    internal async Task<Package> FindAsync(string name, CancellationToken cancellation)
    {
        HostTool.Result result =
            await HostTool.RunAsync("apt-cache", ["-c", _configuration, "show", "--no-all-versions", name], workingFolder: null, cancellation).ConfigureAwait(false);
        if (result.ExitCode != 0)
            throw new PreparationException($"Debian {Suite} has no package '{name}': {result.Reason}");
        Dictionary<string, string> fields = new(StringComparer.Ordinal);
        foreach (string line in result.Output.Split('\n').TakeWhile(line => line.Length > 0))
        {
            int colon = line.IndexOf(':', StringComparison.Ordinal);
            if (colon > 0 && line[0] != ' ')
                fields[line[..colon]] = line[(colon + 1)..].Trim();
        }
        return new Package(name, fields.GetValueOrDefault("Version", ""), fields.GetValueOrDefault("Architecture", ""),
            fields.GetValueOrDefault("SHA256", ""),
            long.TryParse(fields.GetValueOrDefault("Size"), CultureInfo.InvariantCulture, out long size) ? size : 0,
            fields.GetValueOrDefault("Depends", ""));
    }

    /// <summary>Fetches a package file, checked by apt against the signed index.</summary>
    /// <returns>The path of the package file in <paramref name="folder"/>.</returns>
    /// <exception cref="PreparationException">The download failed.</exception>
    internal async Task<string> DownloadAsync(Package package, string folder, IPreparationProgress progress, CancellationToken cancellation)
    {
        Directory.CreateDirectory(folder);
        Task<HostTool.Result> download =
            HostTool.RunAsync("apt-get", ["-c", _configuration, "download", $"{package.Name}={package.Version}"], folder, cancellation);
        while (!download.IsCompleted)
        {
            await Task.WhenAny(download, Task.Delay(100, CancellationToken.None)).ConfigureAwait(false);
            long fetched = new DirectoryInfo(folder).EnumerateFiles($"{package.Name}_*").Sum(file => file.Exists ? file.Length : 0);
            if (package.Size > 0)
                progress.Advance(Math.Min(fetched, package.Size), package.Size);
        }
        HostTool.Result result = await download.ConfigureAwait(false);
        string? file = Directory.EnumerateFiles(folder, $"{package.Name}_*.deb").FirstOrDefault();
        return result.ExitCode == 0 && file is not null
            ? file
            : throw new PreparationException($"package '{package.Name}' could not be fetched: {result.Reason}");
    }

    private static string WriteConfiguration(string root, string architecture, AptSource archive, string suite)
    {
        if (root.Contains('"', StringComparison.Ordinal))
            throw new PreparationException($"the cache folder's name must not contain a double quote: {root}");
        foreach (string part in (ReadOnlySpan<string>)["lists/partial", "cache/archives/partial", "sources", "empty"])
            Directory.CreateDirectory(Path.Combine(root, part));
        string status = Path.Combine(root, "status");
        File.WriteAllText(status, "");

        // The address may carry credentials: readable by this user only.
        string sources = Path.Combine(root, "sources", "axvisor.sources");
        FileStreamOptions options = new() { Mode = FileMode.Create, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows())
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        using (StreamWriter writer = new(new FileStream(sources, options)))
        {
            writer.Write($"Types: deb\nURIs: {archive.Uri}\nSuites: {suite}\nComponents: main\nArchitectures: {architecture}\nTargets: Packages\n");
            if (archive.SignedBy is not null)
                writer.Write($"Signed-By: {archive.SignedBy}\n");
        }

        // Hooks of the system's configuration are cleared: container images clean the system's package cache in them.
        string configuration = Path.Combine(root, "apt.conf");
        File.WriteAllText(configuration, $$"""
            #clear APT::Architectures;
            #clear APT::Update::Pre-Invoke;
            #clear APT::Update::Post-Invoke;
            #clear APT::Update::Post-Invoke-Success;
            #clear APT::Default-Release;
            APT::Architecture "{{architecture}}";
            APT::Architectures { "{{architecture}}"; };
            APT::Update::Error-Mode "any";
            APT::Sandbox::User "root";
            Acquire::Languages "none";
            Acquire::Retries "2";
            Dir::Etc::SourceList "/dev/null";
            Dir::Etc::SourceParts "{{root}}/sources";
            Dir::Etc::Preferences "/dev/null";
            Dir::Etc::PreferencesParts "{{root}}/empty";
            Dir::State::Lists "{{root}}/lists";
            Dir::State::status "{{status}}";
            Dir::State::extended_states "{{root}}/extended_states";
            Dir::Cache "{{root}}/cache";

            """);
        return configuration;
    }
}
