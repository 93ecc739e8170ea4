using Axvisor.Tests;

namespace Boot.Tests;

/// <summary>Machines that are not as the hypervisor would have them: it says what is wrong, and is done.</summary>
public sealed class BareMetalHostTests(BareMetalImageFixture image) : IDisposable
{
    private static readonly TimeSpan s_patience = TimeSpan.FromMinutes(2);

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("virtualization=off", "error: the CPU has started at EL1: the hypervisor needs a machine with EL2")]
    [InlineData("gic-version=2", "error: cpu 0 cannot be used: the machine has no GICv3")]
    public async Task A_machine_that_lacks_something_is_told_so_and_switched_off(string machine, string line)
    {
        await using CliProcess cli = await StartAsync("--qemu", "-machine", "--qemu", machine);
        await cli.ExpectAsync(line, s_patience);
        Assert.Equal(0, await cli.WaitAsync());
    }

    [Fact]
    public async Task A_machine_with_a_secure_console_has_its_log_on_the_other_one()
    {
        await using CliProcess cli = await StartAsync("--cpus", "1", "--qemu", "-machine", "--qemu", "secure=on");
        await cli.ExpectAsync("kernel: begins at EL1", s_patience);
        await cli.ExpectAsync("kernel: virtual timer", s_patience);
        await cli.ExpectAsync("vm kernel powered off", s_patience);
        Assert.Equal(0, await cli.WaitAsync());
    }

    private async Task<CliProcess> StartAsync(params string[] words)
    {
        string file = await image.RequireAsync();
        BareMetalImageFixture.Link("kernel-aarch64.S", 0x4008_0000, _folder.File("kernel.elf"));
        string config = _folder.File("kernel.toml");
        await File.WriteAllTextAsync(
            config, "[base]\nname = \"kernel\"\ncpu_num = 2\n[kernel]\nkernel_path = \"kernel.elf\"\n[memory]\nsize = \"32M\"\n", TestContext.Current.CancellationToken);
        return CliProcess.Start(["baremetal", "run", config, "--image", file, .. words]);
    }
}
