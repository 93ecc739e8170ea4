namespace Axvisor.Tests;

/// <summary><c>axvisor baremetal</c> as far as it goes without a machine: what is refused, and how.</summary>
public sealed class BareMetalCommandTests : IDisposable
{
    private const int BadInput = 2;

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task A_missing_program_is_named_with_its_package()
    {
        string empty = Directory.CreateDirectory(_folder.File("empty")).FullName;
        (int code, _, string errors) = await RunAsync(empty, "baremetal", "run", "linux-aarch64");
        Assert.Equal(BadInput, code);
        Assert.Contains("qemu-system-aarch64", errors, StringComparison.Ordinal);
        Assert.Contains("package qemu-system-arm", errors, StringComparison.Ordinal);

        (code, _, errors) = await RunAsync(empty, "baremetal", "build", "-o", _folder.File("out"));
        Assert.Equal(BadInput, code);
        Assert.Contains("package binutils-aarch64-linux-gnu", errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_configuration_that_bare_metal_cannot_do_is_refused_with_its_place()
    {
        string config = _folder.File("vm.toml");
        await File.WriteAllTextAsync(config, "[base]\ncpu_num = 40\n[kernel]\nkernel_path = \"Image\"\n", TestContext.Current.CancellationToken);
        (int code, _, string errors) = await BuildAsync(config);
        Assert.Equal(BadInput, code);
        Assert.Contains("vm.toml:2:", errors, StringComparison.Ordinal);
        Assert.Contains("base.cpu_num", errors, StringComparison.Ordinal);
        Assert.False(File.Exists(_folder.File("out/guests.axv")));
    }

    [Theory]
    [InlineData("hello-riscv64", "is for riscv64")]
    [InlineData("nobody", "neither a named guest (linux-aarch64) nor")]
    [InlineData("missing.toml", "does not exist")]
    public async Task A_guest_that_cannot_run_there_is_named(string guest, string message)
    {
        (int code, _, string errors) = await BuildAsync(guest);
        Assert.Equal(BadInput, code);
        Assert.Contains(message, errors, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("--vcpus", "17")]
    [InlineData("--guest-memory", "1K")]
    [InlineData("--cpus", "0")]
    [InlineData("--timeout", "soon")]
    public async Task A_number_out_of_range_is_named(string option, string value)
    {
        (int code, _, string errors) = await CliProcess.RunAsync("baremetal", "run", option, value);
        Assert.Equal(BadInput, code);
        Assert.Contains($"{option} {value}", errors.Replace("'", "", StringComparison.Ordinal), StringComparison.Ordinal);
    }

    private Task<(int Code, string Output, string Errors)> BuildAsync(string guest)
    {
        string image = _folder.File("image");
        File.WriteAllText(image, "image");
        return CliProcess.RunAsync("baremetal", "build", guest, "--image", image, "-o", _folder.File("out"));
    }

    private static async Task<(int Code, string Output, string Errors)> RunAsync(string path, params string[] words)
    {
        await using CliProcess cli = CliProcess.Start(words, ("PATH", path));
        cli.Input.Close();
        int code = await cli.WaitAsync();
        return (code, cli.Output, cli.Errors);
    }
}
