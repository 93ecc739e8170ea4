using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using Axvisor.BareMetal;
using Axvisor.Guests;
using AxVM.BareMetal;
using AxVM.Config;

namespace Axvisor.Commands;

/// <summary><c>axvisor baremetal</c>: the hypervisor without an operating system below it, for aarch64 machines.</summary>
internal static class BareMetalCommand
{
    private const string ArchiveName = "guests.axv";

    internal static Command Create(GuestCatalog catalog)
    {
        Command command = new("baremetal", "The hypervisor without an operating system below it (aarch64, EL2)");
        command.Subcommands.Add(CreateBuild(catalog));
        command.Subcommands.Add(CreateRun(catalog));
        return command;
    }

    /// <summary>The guests and what is said about them, the same for both commands.</summary>
    private sealed class GuestOptions
    {
        private readonly Argument<string[]> _guests = new("guest|FILE.toml")
        {
            Arity = ArgumentArity.ZeroOrMore, Description = "Named guests for aarch64 (see 'axvisor guests') or configuration files; one may be named twice",
        };

        private readonly Option<int?> _cpus = Number("--vcpus", "N", $"vCPUs of each named guest, 1 to {GuestArchive.MaximumVCpus}", 1, GuestArchive.MaximumVCpus);
        private readonly Option<string?> _memory = new("--guest-memory") { HelpName = "SIZE", Description = "RAM of each named guest: 256M, 1G; a bare number is MiB" };
        private readonly Option<string?> _append = new("--append") { HelpName = "TEXT", Description = "Words to add to the kernel's command line of each named guest" };
        private readonly Option<string?> _image = new("--image") { HelpName = "FILE", Description = "A built hypervisor image; without it the image is built from source" };

        internal void AddTo(Command command)
        {
            command.Arguments.Add(_guests);
            foreach (Option option in (Option[])[_cpus, _memory, _append, _image])
                command.Options.Add(option);
            command.Validators.Add(result =>
            {
                if (result.GetValue(_memory) is { } text && !TryParseMemory(text, out _))
                    result.AddError($"--guest-memory {text}: not a size of at least 16M, such as 256M or 1G");
            });
        }

        internal async Task<string> ImageAsync(ParseResult result, CancellationToken cancellation)
        {
            if (result.GetValue(_image) is not { } image)
                return await BareMetalImage.BuildAsync(cancellation).ConfigureAwait(false);
            return File.Exists(image) ? Path.GetFullPath(image) : throw new InputException($"--image {image} does not exist");
        }

        internal async Task<BareMetalGuests> GuestsAsync(GuestCatalog catalog, ParseResult result, GuestArchiveOptions options, CancellationToken cancellation)
        {
            BareMetalGuests guests = new(catalog);
            ulong? memory = result.GetValue(_memory) is { } text && TryParseMemory(text, out ulong bytes) ? bytes : null;
            BareMetalGuests.Choices choices = new(result.GetValue(_cpus), memory, result.GetValue(_append));
            foreach (string target in result.GetValue(_guests) ?? [])
                await guests.AddAsync(target, choices, options, cancellation).ConfigureAwait(false);
            return guests;
        }

        private static bool TryParseMemory(string text, out ulong bytes) =>
            ByteSize.TryParse(text.All(char.IsAsciiDigit) ? text + "M" : text, out bytes) && bytes is >= 16 << 20 and <= 1UL << 38 && bytes % 4096 == 0;
    }

    private static Command CreateBuild(GuestCatalog catalog)
    {
        GuestOptions options = new();
        Option<string> output = new("--output", "-o") { HelpName = "FOLDER", Description = "Where the image and its guests go", Required = true };
        Option<bool> shell = new("--shell") { Description = "Guests wait for commands of the hypervisor's shell instead of starting" };
        Command command = new("build", $"Build the image, and put guests into an archive beside it ({BareMetalImage.FileName}, {ArchiveName})") { output, shell };
        options.AddTo(command);
        command.SetAction(async (result, cancellation) =>
        {
            GuestArchiveOptions start = result.GetValue(shell) ? GuestArchiveOptions.None : GuestArchiveOptions.AutoStart;
            BareMetalGuests guests = await options.GuestsAsync(catalog, result, start, cancellation).ConfigureAwait(false);
            string image = await options.ImageAsync(result, cancellation).ConfigureAwait(false);
            string folder = result.GetValue(output)!;
            try
            {
                Directory.CreateDirectory(folder);
                File.Copy(image, Path.Combine(folder, BareMetalImage.FileName), overwrite: true);
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                throw new InputException($"--output {folder} cannot be written: {e.Message}", e);
            }
            string archive = Path.Combine(folder, ArchiveName);
            guests.Write(archive);
            TextWriter data = result.InvocationConfiguration.Output;
            await data.WriteLineAsync(Path.Combine(folder, BareMetalImage.FileName)).ConfigureAwait(false);
            await data.WriteLineAsync(archive).ConfigureAwait(false);
            return ExitCode.Success;
        });
        return command;
    }

    private static Command CreateRun(GuestCatalog catalog)
    {
        GuestOptions options = new();
        Option<int?> cpus = Number("--cpus", "N", "Physical CPUs of the machine, 1 to 8 (default 2)", 1, 8);
        Option<int?> memory = Number("--memory", "MIB", "RAM of the machine in MiB (default 2048)", 128, 1 << 20);
        Option<string?> cpu = new("--cpu") { HelpName = "MODEL", Description = "The CPU's model, as QEMU names it" };
        Option<int?> timeout = Number("--timeout", "SECONDS", $"End the machine after this time, with exit code {ExitCode.Timeout}", 1, 1_000_000);
        Option<bool> shell = new("--shell") { Description = "The hypervisor's shell has the console, and guests wait for its commands" };
        Option<string?> console = new("--console") { HelpName = "VM", Description = "The VM that has the console; without it the only one has, and of several all lines are shown" };
        Option<string[]> extra = new("--qemu") { HelpName = "WORD", Description = "One more word for QEMU; may be repeated", Arity = ArgumentArity.OneOrMore };
        Command command = new("run", "Build the image and start it in QEMU with guests; Ctrl-] leaves a guest's console for the shell, Ctrl-A X ends the machine")
        {
            cpus, memory, cpu, timeout, shell, console, extra,
        };
        options.AddTo(command);
        command.SetAction(async (result, cancellation) =>
        {
            bool waits = result.GetValue(shell);
            QemuMachine.FindProgram(); // before anything is prepared
            GuestArchiveOptions start = waits ? GuestArchiveOptions.None : GuestArchiveOptions.AutoStart | GuestArchiveOptions.EndsMachine;
            BareMetalGuests guests = await options.GuestsAsync(catalog, result, start, cancellation).ConfigureAwait(false);
            string? focus = result.GetValue(console) ?? (guests.Names.Count == 1 && !waits ? guests.Names[0] : null);
            if (focus is not null && !guests.Names.Contains(focus))
                throw new InputException($"--console {focus}: the guests are {string.Join(", ", guests.Names)}");
            string image = await options.ImageAsync(result, cancellation).ConfigureAwait(false);
            DirectoryInfo folder = Directory.CreateTempSubdirectory("axvisor-baremetal-");
            try
            {
                string archive = Path.Combine(folder.FullName, ArchiveName);
                guests.Write(archive);
                QemuMachine machine = new(image, archive)
                {
                    Cpus = result.GetValue(cpus) ?? 2,
                    MemoryMiB = result.GetValue(memory) ?? 2048,
                    Arguments = focus is null ? "" : $"axvisor.console={focus}",
                    Extra = result.GetValue(extra) ?? [],
                };
                if (result.GetValue(cpu) is { } model)
                    machine = machine with { CpuModel = model };
                int? limit = result.GetValue(timeout);
                int? code = await machine.RunAsync(limit is { } seconds ? TimeSpan.FromSeconds(seconds) : null, cancellation).ConfigureAwait(false);
                return await FinishAsync(code, limit, result.InvocationConfiguration.Error).ConfigureAwait(false);
            }
            finally
            {
                folder.Delete(recursive: true);
            }
        });
        return command;
    }

    private static async Task<int> FinishAsync(int? code, int? limit, TextWriter errors)
    {
        if (code is null)
        {
            await errors.WriteLineAsync(string.Create(CultureInfo.InvariantCulture, $"axvisor: the machine did not end within {limit} s")).ConfigureAwait(false);
            return ExitCode.Timeout;
        }
        if (code == 0)
            return ExitCode.Success;
        await errors.WriteLineAsync(string.Create(CultureInfo.InvariantCulture, $"axvisor: QEMU ended with code {code}")).ConfigureAwait(false);
        return ExitCode.Internal;
    }

    private static Option<int?> Number(string name, string valueName, string description, int minimum, int maximum)
    {
        Option<int?> option = new(name) { HelpName = valueName, Description = description };
        option.Validators.Add(result =>
        {
            if (result.Tokens is [{ Value: var text }] && (!int.TryParse(text, CultureInfo.InvariantCulture, out int value) || value < minimum || value > maximum))
                result.AddError($"{name} {text}: not a number from {minimum} to {maximum}");
        });
        return option;
    }
}
