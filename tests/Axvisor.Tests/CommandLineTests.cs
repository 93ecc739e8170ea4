using Axvisor.Commands;
using Axvisor.Guests;

namespace Axvisor.Tests;

public sealed class CommandLineTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("run", "--memory", "3x", "3x")]
    [InlineData("run", "--memory", "0", "--memory 0")]
    [InlineData("run", "--cpus", "0", "--cpus 0")]
    [InlineData("run", "--cpus", "65", "--cpus 65")]
    [InlineData("run", "--cpus", "two", "--cpus two")]
    [InlineData("run", "--timeout", "-1", "--timeout -1")]
    [InlineData("run", "--timeout", "NaN", "--timeout NaN")]
    [InlineData("run", "--profile", "user", "user")]
    [InlineData("run", "--device", "gpu", "gpu")]
    [InlineData("run", "--unknown", "x", "--unknown")]
    [InlineData("run", "no-such-guest", null, "no-such-guest")]
    [InlineData("run", "missing.toml", null, "missing.toml")]
    [InlineData("run", null, null, "nothing to start")]
    [InlineData("check", "/", null, "is a directory")]
    [InlineData("guests", "prepare", "nobody", "nobody")]
    [InlineData("frobnicate", null, null, "frobnicate")]
    [InlineData(null, null, null, "command")]
    public async Task Bad_usage_is_one_clear_line_and_code_2(string? first, string? second, string? third, string named)
    {
        string[] words = [.. new[] { first, second, third }.OfType<string>()];
        (int code, string output, string errors) = await RunAsync(words);
        Assert.Equal(ExitCode.BadInput, code);
        Assert.Empty(output);
        Assert.Contains(named, errors, StringComparison.Ordinal);
        Assert.All(Lines(errors), line => Assert.StartsWith("axvisor: ", line, StringComparison.Ordinal));
        Assert.DoesNotContain("   at ", errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_unknown_configuration_field_is_named_with_file_and_line()
    {
        string file = _folder.File("vm.toml");
        await File.WriteAllTextAsync(file, "[base]\nid = 1\ncpu_nums = 2\n", TestContext.Current.CancellationToken);
        (int code, string output, string errors) = await RunAsync("run", file);
        Assert.Equal(ExitCode.BadInput, code);
        Assert.Empty(output);
        Assert.Contains($"{file}:3", errors, StringComparison.Ordinal);
        Assert.Contains("cpu_nums", errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_generated_configuration_generates_itself_again()
    {
        (int code, string first, _) = await RunAsync("generate", "--kernel", "/boot/Image", "--cpus", "2", "--memory", "256", "--append", "a=\"b\" c",
            "--disk", "/d/disk,1.img,readonly,serial=S1", "--profile", "machine", "--isa", "rv64gc", "--lazy", "false", "--device", "rng", "--virtio", "legacy", "--pflash", "/d/code.fd,readonly", "--pflash", "/d/vars.fd");
        Assert.Equal(ExitCode.Success, code);
        string file = _folder.File("vm.toml");
        await File.WriteAllTextAsync(file, first, TestContext.Current.CancellationToken);

        (code, string second, string errors) = await RunAsync("generate", file);
        Assert.Equal("", errors);
        Assert.Equal(ExitCode.Success, code);
        Assert.Equal(first, second);
        foreach (string part in (string[])["/boot/Image", "cpu_num = 2", "\"256M\"", "/d/disk,1.img", "S1", "machine", "lazy = false", "rng", "[virtio]", "/d/code.fd\"", "/d/vars.fd"])
            Assert.Contains(part, first, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_output_file_is_not_overwritten_unless_forced_and_nothing_half_written_stays()
    {
        string file = _folder.File("out.toml");
        string[] words = ["generate", "--kernel", "/k", "--output", file];
        Assert.Equal(ExitCode.Success, (await RunAsync(words)).Code);
        (int code, _, string errors) = await RunAsync(words);
        Assert.Equal(ExitCode.BadInput, code);
        Assert.Contains(file, errors, StringComparison.Ordinal);
        Assert.Equal(ExitCode.Success, (await RunAsync([.. words, "--force"])).Code);

        (code, _, errors) = await RunAsync("generate", "--kernel", "/k", "--output", _folder.File("none/out.toml"));
        Assert.Equal(ExitCode.BadInput, code);
        Assert.Contains("none/out.toml", errors, StringComparison.Ordinal);
        Assert.Equal([file], Directory.GetFileSystemEntries(_folder.Path).Where(entry => !entry.EndsWith("cache", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task The_guests_are_listed_as_text_and_as_json()
    {
        (int code, string text, string errors) = await RunAsync("guests");
        Assert.Equal((ExitCode.Success, ""), (code, errors));
        (_, string json, _) = await RunAsync("guests", "list", "--json");
        using System.Text.Json.JsonDocument document = System.Text.Json.JsonDocument.Parse(json);
        string[] names = [.. document.RootElement.EnumerateArray().Select(guest => guest.GetProperty("name").GetString()!)];
        Assert.Equal(["hello-riscv64", "linux-riscv64", "uboot-riscv64", "linux-x86_64", "linux-aarch64"], names);
        Assert.All(names, name => Assert.Contains(name, text, StringComparison.Ordinal));
        Assert.False(document.RootElement[1].GetProperty("prepared").GetBoolean());
    }

    [Fact]
    public async Task A_guest_from_packages_says_what_is_missing_where_no_archive_is_configured()
    {
        (int code, _, string errors) = await RunAsync("guests", "prepare", "linux-riscv64");
        Assert.Equal(ExitCode.BadInput, code);
        Assert.Contains("no Debian archive is configured", errors, StringComparison.Ordinal);
        Assert.Equal([".lock"], Directory.GetFileSystemEntries(_folder.File("cache")).Select(Path.GetFileName));
    }

    [Theory]
    [InlineData("a.img", "a.img", false, null)]
    [InlineData("a.img,readonly", "a.img", true, null)]
    [InlineData("a,b.img,serial=X,ro", "a,b.img", true, "X")]
    public void Disk_words_give_path_and_options(string text, string path, bool readOnly, string? serial)
    {
        AxVM.DiskConfig disk = MachineOptions.ParseDisk(text);
        Assert.Equal((Path.GetFullPath(path), readOnly, serial), (disk.Path, disk.ReadOnly, disk.Serial));
    }

    [Theory]
    [InlineData("a.mod", "a.mod", null)]
    [InlineData("a.mod one two", "a.mod", "one two")]
    [InlineData("a.mod  ", "a.mod", null)]
    public void Module_words_give_path_and_arguments(string text, string path, string? arguments)
    {
        AxVM.ModuleConfig module = MachineOptions.ParseModule(text);
        Assert.Equal((Path.GetFullPath(path), arguments), (module.Path, module.Arguments));
    }

    [Theory]
    [InlineData("profile = \"machine\"", "--kernel", "/k", "--bios", "none")]
    [InlineData("profile = \"machine\"", "--kernel", "/k", "--bios", "/b")]
    [InlineData("profile = \"sbi\"", "--kernel", "/k", "--bios", "none", "--profile", "sbi")]
    [InlineData("profile = \"sbi\"", "--bios", "none", "hello-riscv64")]
    [InlineData(null, "--kernel", "/k")]
    [InlineData(null, "--kernel", "/k", "--bios", "none", "--arch", "x86_64")]
    public async Task Without_firmware_the_kernel_is_for_machine_mode(string? expected, params string[] words)
    {
        (int code, string output, string errors) = await RunAsync(["generate", .. words]);
        Assert.Equal((ExitCode.Success, ""), (code, errors));
        if (expected is null)
            Assert.DoesNotContain("profile", output, StringComparison.Ordinal);
        else
            Assert.Contains(expected, output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Help_is_data_and_no_failure()
    {
        foreach (string command in (string[])["run", "check", "generate", "guests", "engines", "dump-dtb"])
        {
            (int code, string output, string errors) = await RunAsync(command, "--help");
            Assert.Equal((0, ""), (code, errors));
            Assert.Contains(command, output, StringComparison.Ordinal);
        }
    }

    private async Task<(int Code, string Output, string Errors)> RunAsync(params string[] words)
    {
        GuestCatalog catalog = new(new GuestCache(_folder.File("cache")), _folder.File("no-apt"));
        using StringWriter output = new();
        using StringWriter errors = new();
        int code = await new AxvisorCommandLine(catalog).RunAsync(words, output, errors, TestContext.Current.CancellationToken);
        return (code, output.ToString(), errors.ToString());
    }

    private static string[] Lines(string text) => text.Split('\n', StringSplitOptions.RemoveEmptyEntries);
}
