using Axvisor.Commands;
using Axvisor.Guests;
using Axvisor.Terminal;
using AxVM;
using AxVM.BareMetal;

namespace Axvisor.BareMetal;

/// <summary>The guests of a bare-metal machine: named ones and configuration files, compiled to one archive.</summary>
internal sealed class BareMetalGuests
{
    private const string Architecture = "aarch64";

    private readonly GuestCatalog _catalog;
    private readonly GuestArchive _archive = new();
    private readonly HashSet<uint> _ids = [];
    private readonly HashSet<string> _names = new(StringComparer.Ordinal);

    internal BareMetalGuests(GuestCatalog catalog) => _catalog = catalog;

    /// <summary>The names of the VMs, in their order.</summary>
    internal List<string> Names { get; } = [];

    /// <summary>What a named guest gets that a configuration file says itself.</summary>
    /// <param name="Cpus">Number of vCPUs, or null for 1.</param>
    /// <param name="MemoryBytes">RAM, or null for the guest's own.</param>
    /// <param name="Append">More words for the kernel's command line.</param>
    internal sealed record Choices(int? Cpus, ulong? MemoryBytes, string? Append);

    /// <summary>Adds a guest by name, prepared when needed, or by its configuration file.</summary>
    /// <exception cref="InputException">There is no such guest, or it is not for aarch64.</exception>
    /// <exception cref="AxVM.Config.ConfigException">The configuration asks for what bare metal cannot do.</exception>
    internal async Task AddAsync(string target, Choices choices, GuestArchiveOptions options, CancellationToken cancellation)
    {
        VmConfig config = target.EndsWith(".toml", StringComparison.OrdinalIgnoreCase)
            ? Load(target)
            : await DescribeAsync(target, choices, cancellation).ConfigureAwait(false);
        _archive.Add(config, options);
        _ids.Add(config.Base.Id);
        _names.Add(config.Base.Name);
        Names.Add(config.Base.Name);
    }

    /// <summary>Writes the archive; it appears whole or not at all.</summary>
    /// <exception cref="InputException">The file cannot be written.</exception>
    internal void Write(string path)
    {
        string temporary = $"{path}.{Guid.NewGuid():N}.tmp";
        try
        {
            using (FileStream file = File.Create(temporary))
                _archive.Write(file);
            File.Move(temporary, path, overwrite: true);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new InputException($"{path} cannot be written: {e.Message}", e);
        }
        finally
        {
            if (File.Exists(temporary))
                File.Delete(temporary);
        }
    }

    private static VmConfig Load(string path) =>
        File.Exists(path) ? VmConfig.Load(path) : throw new InputException($"configuration file {path} does not exist");

    private async Task<VmConfig> DescribeAsync(string name, Choices choices, CancellationToken cancellation)
    {
        NamedGuest? guest = _catalog.Find(name);
        if (guest is null || guest.Architecture != Architecture)
        {
            string known = string.Join(", ", _catalog.Guests.Where(candidate => candidate.Architecture == Architecture).Select(candidate => candidate.Name));
            throw new InputException(guest is null
                ? $"'{name}' is neither a named guest ({known}) nor a configuration file (.toml)"
                : $"guest '{name}' is for {guest.Architecture}; the bare-metal hypervisor runs {Architecture} guests ({known})");
        }
        PreparationReport report = PreparationReport.Create();
        PreparedGuest prepared;
        try
        {
            prepared = await guest.PrepareAsync(force: false, report, cancellation).ConfigureAwait(false);
        }
        finally
        {
            report.Finish();
        }
        VmConfig config = MachineOptions.Describe(prepared);
        config.ExtraDevices.Clear(); // the board has its devices
        config.Base.CpuCount = choices.Cpus ?? 1;
        config.Memory.Size = choices.MemoryBytes ?? config.Memory.Size;
        if (choices.Append is not null)
            config.Kernel.CommandLine = $"{config.Kernel.CommandLine} {choices.Append}";
        for (config.Base.Id = 1; _ids.Contains(config.Base.Id);)
            config.Base.Id++;
        for (int copy = 2; _names.Contains(config.Base.Name); copy++)
            config.Base.Name = $"{name}-{copy}";
        return config;
    }
}
