using Axvisor.Tests;

namespace Boot.Tests;

/// <summary>What only the hypervisor itself offers: its shell with the life of a VM, and channels between VMs.</summary>
public sealed class BareMetalShellTests(PackagedGuestFixture guests, BareMetalImageFixture image) : IDisposable
{
    private const string Linux = "linux-aarch64";
    private const string Prompt = "~ # ";
    private const string ShellPrompt = "axvisor> ";

    private static readonly TimeSpan s_patience = TimeSpan.FromMinutes(4);

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task A_vm_stands_still_goes_on_has_the_console_and_is_made_anew_after_its_deletion()
    {
        await guests.RequireAsync(Linux);
        await using CliProcess cli = CliProcess.Start(
            "baremetal", "run", Linux, "--image", await image.RequireAsync(), "--shell", "--guest-memory", "256M");
        await cli.ExpectAsync(ShellPrompt, s_patience);
        await cli.TypeAsync($"vm start {Linux}\r");
        await cli.ExpectAsync("BusyBox shell", s_patience);
        await cli.TypeAsync("vm suspend 1\rvm list\r");
        await cli.ExpectAsync("suspended", s_patience);
        await cli.TypeAsync("vm start 1\r");
        await cli.ExpectAsync("not possible: VM 1 is suspended", s_patience);
        await cli.TypeAsync("vm resume 1\rvm show 1\r");
        await cli.ExpectAsync("running, started 1 times", s_patience);
        await cli.TypeAsync("console 1\r\n");
        await cli.ExpectAsync(Prompt, s_patience);
        await cli.TypeAsync("echo answer=$((40 + 2))\n");
        await cli.ExpectAsync("answer=42", s_patience);
        await cli.ExpectAsync(Prompt, s_patience);
        await cli.TypeAsync("\x1d"); // Ctrl-]
        await cli.ExpectAsync(ShellPrompt, s_patience);
        await cli.TypeAsync("vm delete 1\r");
        await cli.ExpectAsync("not possible: VM 1 is running", s_patience);
        await cli.TypeAsync("vm delete -f 1\r");
        await cli.ExpectAsync($"vm {Linux} stopped", s_patience);
        await cli.TypeAsync($"vm show 1\r");
        await cli.ExpectAsync("there is no VM 1", s_patience);
        await cli.TypeAsync($"vm create {Linux}\rvm list\r");
        await cli.ExpectAsync("created", s_patience);
        await cli.TypeAsync("poweroff\r");
        Assert.Equal(0, await cli.WaitAsync());
    }

    [Fact]
    public async Task Vms_share_memory_through_a_channel_that_the_configuration_permits()
    {
        await image.RequireAsync();
        BareMetalImageFixture.Assemble("channel-aarch64.S", Path.GetDirectoryName(_folder.File("x"))!);
        string publisher = await WriteAsync("publisher", 1, 0, "\n[[channel]]\nkey = 0x55\nsubscriber = 2\nwritable = true\n");
        string subscriber = await WriteAsync("subscriber", 2, 1, "");
        await using CliProcess cli = CliProcess.Start("baremetal", "run", publisher, subscriber, "--image", await image.RequireAsync());
        await cli.ExpectAsync("all guests have ended", s_patience);
        Assert.Equal(0, await cli.WaitAsync());
        foreach (string line in (string[])
            [
                "[publisher] published", "[publisher] subscribed", "[publisher] good evening", "[subscriber] good morning", "[subscriber] refused", "[subscriber] left",
            ])
        {
            Assert.Contains(line, cli.Output, StringComparison.Ordinal);
        }
        Assert.DoesNotContain("failed", cli.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_vm_has_what_it_is_given_of_the_host_and_nothing_that_is_the_hypervisors()
    {
        string file = await image.RequireAsync();
        BareMetalImageFixture.Assemble("passthrough-aarch64.S", Path.GetDirectoryName(_folder.File("x"))!);
        const string Regions = "[0x40000000, 0x400000, 7, 0], [0x60000000, 0x200000, 7, 1]";
        string given = await WriteAsync("given", 1, Regions, "/pl061@9030000");
        string uart = await WriteAsync("uart", 2, "[0x40000000, 0x400000, 7, 0]", "/pl011@9000000");
        string taken = await WriteAsync("taken", 3, "[0x40000000, 0x400000, 7, 0]", "/pl061@9030000");
        string missing = await WriteAsync("missing", 4, "[0x40000000, 0x400000, 7, 0]", "/nothing@0");
        string memory = await WriteAsync("memory", 5, Regions, "/pl031@9010000");
        await using CliProcess cli = CliProcess.Start("baremetal", "run", given, uart, taken, missing, memory, "--image", file);
        await cli.ExpectAsync("all guests have ended", s_patience);
        Assert.Equal(0, await cli.WaitAsync());
        foreach (string line in (string[])
            [
                "[given] the device is there", "[given] the memory is there", "vm uart cannot be made: not a device", "vm taken cannot be made: device belongs to another",
                "vm missing cannot be made: no such node", "vm memory cannot be made: host memory is not free",
            ])
        {
            Assert.Contains(line, cli.Output, StringComparison.Ordinal);
        }
    }

    private async Task<string> WriteAsync(string name, int id, string regions, string device)
    {
        string config = _folder.File($"{name}.toml");
        await File.WriteAllTextAsync(config, $"""
            [base]
            id = {id}
            name = "{name}"
            [kernel]
            kernel_path = "passthrough-aarch64.bin"
            memory_regions = [{regions}]
            [devices]
            passthrough_devices = [["{device}"]]
            """, TestContext.Current.CancellationToken);
        return config;
    }

    private async Task<string> WriteAsync(string name, int id, int affinity, string more)
    {
        string config = _folder.File($"{name}.toml");
        await File.WriteAllTextAsync(config, $"""
            [base]
            id = {id}
            name = "{name}"
            phys_cpu_ids = [{affinity}]
            [kernel]
            kernel_path = "channel-aarch64.bin"
            [memory]
            size = "4M"
            {more}
            """, TestContext.Current.CancellationToken);
        return config;
    }
}
