using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using Axvisor.Guests;
using Axvisor.Terminal;
using AxVCpu;
using AxVCpu.Devices;
using AxVM;
using AxVM.Config;

namespace Axvisor.Commands;

/// <summary>The options that describe a machine, the same for every command that takes one.</summary>
internal sealed class MachineOptions
{
    private readonly GuestCatalog _catalog;
    private readonly Action<GuestArchitecture> _requireEngine;
    private readonly Argument<string?> _target;
    private readonly Option<string?> _kernel = Text("--kernel", "FILE", "The kernel: ELF, Linux Image or bzImage, gzip of these, or raw bytes");
    private readonly Option<string?> _initrd = Text("--initrd", "FILE", "The initial ramdisk");
    private readonly Option<string[]> _modules = new("--module")
    {
        HelpName = "FILE[ WORDS]", Description = "x86_64: a module for a Multiboot or PVH kernel, with words for it; may be repeated", Arity = ArgumentArity.OneOrMore,
    };

    private readonly Option<string?> _append = Text("--append", "TEXT", "The kernel's command line; added to a named guest's own");
    private readonly Option<ulong?> _memory = new("--memory", "-m")
    {
        HelpName = "SIZE", Description = "Guest RAM: 512M, 2G; a bare number is MiB", CustomParser = ParseMemory,
    };

    private readonly Option<int?> _cpus = new("--cpus", "-c")
    {
        HelpName = "N", Description = $"Number of vCPUs, 1 to {BaseConfig.MaximumCpus}", CustomParser = ParseCpus,
    };

    private readonly Option<string[]> _disks = new("--disk", "-d")
    {
        HelpName = "FILE[,readonly][,serial=TEXT]", Description = "A virtio disk on a raw image file; may be repeated", Arity = ArgumentArity.OneOrMore,
    };

    private readonly Option<string[]> _flash = new("--pflash")
    {
        HelpName = "FILE[,readonly]", Description = "riscv64: the contents of a bank of flash; the first one is started from; may be given twice", Arity = ArgumentArity.OneOrMore,
    };

    private readonly Option<string?> _bios = Text("--bios", "FILE|none", "Firmware that starts in machine mode; none: the kernel itself starts in machine mode");
    private readonly Option<string?> _profile = Choice("--profile", "Where the guest starts: sbi (supervisor mode, the vCPU layer answers SBI) or machine", "sbi", "machine");
    private readonly Option<string?> _isa = Text("--isa", "STRING", "The guest's extensions, for instance rv64gc_zba_zbb_zbs_sstc; without it all the engine has");
    private readonly Option<string?> _mmu = Choice("--mmu", "The largest translation mode of the guest's MMU", "sv39", "sv48", "sv57");
    private readonly Option<string?> _dtb = Text("--dtb", "FILE", "A devicetree blob instead of the generated one");
    private readonly Option<bool?> _lazy = new("--lazy")
    {
        HelpName = "true|false", Description = "Whether RAM is given page by page when first touched (default true)", Arity = ArgumentArity.ZeroOrOne,
    };

    private readonly Option<string?> _console = Choice("--console", "Where the guest's console is", "uart", "virtio");
    private readonly Option<string[]> _devices = new("--device")
    {
        HelpName = "rng|console", Description = "A further virtio device; may be repeated", Arity = ArgumentArity.OneOrMore,
    };

    private readonly Option<string?> _virtio = Choice("--virtio", "The interface of the virtio devices: legacy (version 1) is for kernels that know no other", "modern", "legacy");
    private readonly Option<string?> _tier = Choice(
        "--tier", "How the software engine executes guest code: both compares the tiers trace by trace, for debugging", "auto", "interpreter", "translator", "both");

    private readonly Option<string?> _engine = Text("--engine", "NAME", "The engine, see 'axvisor engines'");
    private readonly Option<string?> _architecture = Choice("--arch", "The guest's architecture; without it that of the engine, or of the kernel's file", "riscv64", "x86_64");
    private readonly Option<string?> _irqchip = Choice("--irqchip", "x86_64: who has the interrupt controllers", "kernel", "split", "none");

    /// <summary>Makes the options; one object serves one command.</summary>
    /// <param name="catalog">The named guests.</param>
    /// <param name="requireEngine">Refuses guests of an architecture with <see cref="EngineUnavailableException"/>; null asks this host.</param>
    internal MachineOptions(GuestCatalog catalog, Action<GuestArchitecture>? requireEngine = null)
    {
        _catalog = catalog;
        _requireEngine = requireEngine ?? VirtualMachine.RequireEngine;
        _devices.AcceptOnlyFromAmong("rng", "console");
        _target = new Argument<string?>("guest")
        {
            Arity = ArgumentArity.ZeroOrOne,
            HelpName = "guest|FILE.toml",
            Description = "A named guest (see 'axvisor guests') or a configuration file (.toml); options override its values",
        };
        _target.Validators.Add(result =>
        {
            if (result.Tokens is [{ Value: ['-', ..] option }])
                result.AddError($"unknown option {option}");
        });
        _target.CompletionSources.Add(_ => _catalog.Guests.Select(guest => new System.CommandLine.Completions.CompletionItem(guest.Name)));
    }

    /// <summary>Adds the argument and the options to a command.</summary>
    internal void AddTo(Command command)
    {
        command.Arguments.Add(_target);
        foreach (Option option in (Option[])
            [_kernel, _initrd, _modules, _append, _memory, _cpus, _disks, _flash, _bios, _profile, _isa, _mmu, _dtb, _lazy, _console, _devices, _virtio, _engine, _tier, _architecture, _irqchip])
        {
            command.Options.Add(option);
        }
    }

    /// <summary>Puts the machine together: the named guest, prepared when needed, or the file, or nothing; then the options over it.</summary>
    /// <exception cref="InputException">The target is neither a guest nor a file, or there is nothing to start.</exception>
    /// <exception cref="EngineUnavailableException">A named guest is to be run that this host has no engine for.</exception>
    internal async Task<VmConfig> ReadAsync(ParseResult result, CancellationToken cancellation, bool runs = false)
    {
        // Before packages are fetched in vain.
        if (runs && result.GetValue(_target) is { } target && _catalog.Find(target) is { } named)
            _requireEngine(EngineNames.Architecture(named.Architecture));
        VmConfig config = await ReadTargetAsync(result.GetValue(_target), cancellation).ConfigureAwait(false);
        Apply(result, config);
        if (config.Kernel.Path is null && config.Kernel.BiosPath is null && config.Flash.Count == 0)
            throw new InputException($"nothing to start: name a guest ({GuestNames()}), a configuration file, or give --kernel FILE");
        return config;
    }

    private async Task<VmConfig> ReadTargetAsync(string? target, CancellationToken cancellation)
    {
        if (target is null)
            return new VmConfig();
        if (_catalog.Find(target) is { } guest)
        {
            PreparationReport report = PreparationReport.Create();
            try
            {
                return Describe(await guest.PrepareAsync(force: false, report, cancellation).ConfigureAwait(false));
            }
            finally
            {
                report.Finish();
            }
        }
        if (Directory.Exists(target))
            throw new InputException($"{target} is a directory, not a configuration file");
        if (!File.Exists(target))
        {
            throw new InputException(target.EndsWith(".toml", StringComparison.OrdinalIgnoreCase)
                ? $"configuration file {target} does not exist"
                : $"'{target}' is neither a named guest ({GuestNames()}) nor a configuration file");
        }
        if (!target.EndsWith(".toml", StringComparison.OrdinalIgnoreCase))
            throw new InputException($"{target} is not a configuration file (.toml); a kernel is given with --kernel {target}");
        return VmConfig.Load(target);
    }

    /// <summary>A prepared guest as a configuration.</summary>
    internal static VmConfig Describe(PreparedGuest guest)
    {
        VmConfig config = VmConfig.Generate(guest.Guest, guest.Kernel, cpuCount: 1, (ulong)guest.MemoryMiB << 20);
        config.Kernel.RamdiskPath = guest.InitialRamDisk;
        config.Kernel.BiosPath = guest.Firmware;
        config.Kernel.CommandLine = guest.CommandLine;
        config.Base.Architecture = EngineNames.Architecture(guest.Architecture);
        config.Engine.Profile = guest.Profile switch { "machine" => StartProfile.Machine, "sbi" => StartProfile.Sbi, _ => null };
        if (guest.BootDisk is not null)
            config.Disks.Add(new DiskConfig { Path = guest.BootDisk, ReadOnly = true });
        if (guest.HasEntropy)
            config.ExtraDevices.Add(new DeviceConfig { Kind = DeviceKind.Rng });
        return config;
    }

    private void Apply(ParseResult result, VmConfig config)
    {
        // A path on the command line is relative to the working folder, one in the file to the file's folder.
        string? PathOf(Option<string?> option) => result.GetValue(option) is { } path ? Path.GetFullPath(path) : null;

        bool named = result.GetValue(_target) is { } target && _catalog.Find(target) is not null;
        if (result.GetValue(_target) is null && PathOf(_kernel) is { } kernelPath)
            config.Base.Name = Path.GetFileNameWithoutExtension(kernelPath);
        config.Kernel.Path = PathOf(_kernel) ?? config.Kernel.Path;
        config.Kernel.RamdiskPath = PathOf(_initrd) ?? config.Kernel.RamdiskPath;
        foreach (string module in result.GetValue(_modules) ?? [])
            config.Modules.Add(ParseModule(module));
        config.Kernel.DtbPath = PathOf(_dtb) ?? config.Kernel.DtbPath;
        if (result.GetValue(_append) is { } append)
        {
            config.Kernel.CommandLine = named && config.Kernel.CommandLine is { } own ? $"{own} {append}" : append;
        }
        if (result.GetValue(_memory) is { } memory)
        {
            config.Memory.Size = memory;
            config.Kernel.MemoryRegions = [];
        }
        if (result.GetValue(_cpus) is { } cpus)
        {
            config.Base.CpuCount = cpus;
            config.Base.PhysicalCpuIds = [];
            config.Base.PhysicalCpuSets = [];
        }
        // A named guest's own disk comes last: the first one given here is always /dev/vda.
        int place = named ? 0 : config.Disks.Count;
        foreach (string disk in result.GetValue(_disks) ?? [])
            config.Disks.Insert(place++, ParseDisk(disk));
        foreach (string flash in result.GetValue(_flash) ?? [])
            config.Flash.Add(ParseFlash(flash));
        if (result.GetValue(_bios) is { } bios)
        {
            config.Kernel.BiosPath = bios == "none" ? null : Path.GetFullPath(bios);
            config.Kernel.EnableBios = null;
        }
        if (result.GetValue(_profile) is { } profile)
            config.Engine.Profile = profile == "machine" ? StartProfile.Machine : StartProfile.Sbi;
        config.Engine.Isa = result.GetValue(_isa) ?? config.Engine.Isa;
        config.Engine.Mmu = result.GetValue(_mmu) ?? config.Engine.Mmu;
        config.Engine.Name = result.GetValue(_engine) ?? config.Engine.Name;
        config.Engine.Tier = result.GetValue(_tier) ?? config.Engine.Tier;
        if (result.GetValue(_architecture) is { } architecture)
            config.Base.Architecture = EngineNames.Architecture(architecture);
        // Firmware, and a kernel that is to run without any, begin where the processor does; x86 has no such choice.
        if (result.GetValue(_bios) is not null && config.Engine.Profile is null && VirtualMachine.FindArchitecture(config) == GuestArchitecture.Riscv64)
            config.Engine.Profile = StartProfile.Machine;
        config.Engine.InterruptController = result.GetValue(_irqchip) switch
        {
            "kernel" => InterruptControllerPlace.Kernel,
            "split" => InterruptControllerPlace.Split,
            "none" => InterruptControllerPlace.None,
            _ => config.Engine.InterruptController,
        };
        if (result.GetResult(_lazy) is not null)
            config.Memory.Lazy = result.GetValue(_lazy) ?? true;
        if (result.GetValue(_console) is { } console)
            config.Console.Kind = console == "virtio" ? ConsoleKind.Virtio : ConsoleKind.Uart;
        if (result.GetValue(_virtio) is { } virtio)
            config.Virtio.Interface = virtio == "legacy" ? VirtioMmioInterface.Legacy : VirtioMmioInterface.Modern;
        foreach (string device in result.GetValue(_devices) ?? [])
            config.ExtraDevices.Add(new DeviceConfig { Kind = device == "rng" ? DeviceKind.Rng : DeviceKind.Console });
    }

    /// <summary>Reads FILE[ WORDS]; a file whose name has spaces is taken when there is one and no words follow.</summary>
    internal static ModuleConfig ParseModule(string text)
    {
        int space = File.Exists(text) ? -1 : text.IndexOf(' ', StringComparison.Ordinal);
        string path = space < 0 ? text : text[..space];
        string? words = space < 0 ? null : text[(space + 1)..].Trim();
        return path.Length > 0
            ? new ModuleConfig { Path = Path.GetFullPath(path), Arguments = string.IsNullOrEmpty(words) ? null : words }
            : throw new InputException($"--module {text}: the file's name is missing");
    }

    /// <summary>Reads FILE[,readonly][,serial=TEXT].</summary>
    internal static DiskConfig ParseDisk(string text) => ParseFile("--disk", text, allowsSerial: true);

    private static DiskConfig ParseFile(string option, string text, bool allowsSerial)
    {
        string[] parts = text.Split(',');
        int count = parts.Length;
        bool readOnly = false;
        string? serial = null;
        // Only known words at the end are options, so that a file name may have commas.
        for (; count > 1; count--)
        {
            string part = parts[count - 1];
            if (part is "readonly" or "ro")
                readOnly = true;
            else if (allowsSerial && part.StartsWith("serial=", StringComparison.Ordinal))
                serial = part["serial=".Length..];
            else
                break;
        }
        string path = string.Join(',', parts[..count]);
        return path.Length > 0
            ? new DiskConfig { Path = Path.GetFullPath(path), ReadOnly = readOnly, Serial = serial }
            : throw new InputException($"{option} {text}: the file's name is missing");
    }

    /// <summary>Reads FILE[,readonly].</summary>
    internal static FlashConfig ParseFlash(string text)
    {
        DiskConfig file = ParseFile("--pflash", text, allowsSerial: false);
        return new FlashConfig { Path = file.Path, ReadOnly = file.ReadOnly };
    }

    private string GuestNames() => string.Join(", ", _catalog.Guests.Select(guest => guest.Name));

    private static Option<string?> Text(string name, string valueName, string description) =>
        new(name) { HelpName = valueName, Description = description };

    private static Option<string?> Choice(string name, string description, params string[] values) =>
        new Option<string?>(name) { HelpName = string.Join('|', values), Description = description }.AcceptOnlyFromAmong(values);

    private static ulong? ParseMemory(ArgumentResult result)
    {
        string text = result.Tokens[0].Value;
        bool bare = text.All(char.IsAsciiDigit);
        if (ByteSize.TryParse(bare ? text + "M" : text, out ulong bytes) && bytes is >= 1 << 20 and <= 1UL << 40 && bytes % 4096 == 0)
            return bytes;
        result.AddError($"--memory {text}: not a size from 1M to 1T, such as 512M or 2G");
        return null;
    }

    private static int? ParseCpus(ArgumentResult result)
    {
        string text = result.Tokens[0].Value;
        if (int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int count) && count is >= 1 and <= BaseConfig.MaximumCpus)
            return count;
        result.AddError($"--cpus {text}: not a number from 1 to {BaseConfig.MaximumCpus}");
        return null;
    }
}
