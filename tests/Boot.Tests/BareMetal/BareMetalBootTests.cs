using System.Diagnostics;
using Axvisor.Tests;

namespace Boot.Tests.BareMetal;

/// <summary>The hypervisor at EL2 of a machine in QEMU, through the command line, with Debian's kernel as its guests.</summary>
public sealed class BareMetalBootTests(PackagedGuestFixture guests) : IDisposable
{
    private const string Guest = "linux-aarch64";
    private const string Prompt = "~ # ";
    private const string ShellPrompt = "axvisor> ";

    // Of eight MiB of zeros.
    private const string Checksum = "2daeb1f36095b44b318410b3f4e8b5d989dcc7bb023d1426c492dab0a3053e74";

    private const string ChecksumAndEnd =
        "rdinit=/bin/busybox -- sh -c \"B=/bin/busybox; $B mount -t devtmpfs d /dev; $B head -c 8388608 /dev/zero | $B sha256sum; $B poweroff -f\"";

    private static readonly TimeSpan s_bootPatience = TimeSpan.FromMinutes(4);
    private static readonly TimeSpan s_patience = TimeSpan.FromMinutes(2);

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Two_vcpus_reach_a_shell_run_commands_and_power_off()
    {
        await RequireAsync();
        await using CliProcess cli = CliProcess.Start("baremetal", "run", Guest, "--vcpus", "2", "--guest-memory", "256M");
        await cli.ExpectAsync(Prompt, s_bootPatience);
        await cli.TypeAsync("echo cpus=$(nproc) on $(uname -m)\n");
        await cli.ExpectAsync("cpus=2 on aarch64", s_patience);
        await cli.TypeAsync("for i in 0 1; do taskset $((i + 1)) sh -c 'head -c 8388608 /dev/zero | sha256sum' & done; wait\n");
        await cli.ExpectAsync(Checksum, s_patience);
        await cli.ExpectAsync(Checksum, s_patience);
        await cli.TypeAsync("poweroff\n");
        await cli.ExpectAsync("all guests have ended", s_patience);
        Assert.Equal(0, await cli.WaitAsync());
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public async Task Two_vms_run_beside_each_other(int cpus)
    {
        await RequireAsync();
        await using CliProcess cli = CliProcess.Start(
            "baremetal", "run", Guest, Guest, "--guest-memory", "256M", "--cpus", $"{cpus}", "--append", ChecksumAndEnd);
        await cli.ExpectAsync("all guests have ended", s_bootPatience);
        Assert.Equal(0, await cli.WaitAsync());
        string[] lines = cli.Output.Split('\n');
        foreach (string vm in (string[])[Guest, Guest + "-2"])
        {
            Assert.Single(lines, line => line.Contains($"[{vm}] {Checksum}", StringComparison.Ordinal));
            Assert.Single(lines, line => line.Contains($"vm {vm} powered off", StringComparison.Ordinal));
        }
    }

    [Fact]
    public async Task A_vm_is_started_stopped_suspended_and_started_again_from_the_shell()
    {
        await RequireAsync();
        await using CliProcess cli = CliProcess.Start("baremetal", "run", Guest, "--shell", "--guest-memory", "256M");
        await cli.ExpectAsync(ShellPrompt, s_bootPatience);
        for (int start = 1; start <= 2; start++)
        {
            await cli.TypeAsync($"vm start {Guest}\r");
            await cli.ExpectAsync("BusyBox shell", s_bootPatience); // of this start: what was printed before is behind
            await cli.TypeAsync("vm suspend 1\rvm list\r");
            await cli.ExpectAsync("suspended", s_patience);
            await cli.TypeAsync("vm resume 1\rvm show 1\r");
            await cli.ExpectAsync($"running, started {start} times", s_patience);
            await cli.TypeAsync("console 1\r\n");
            await cli.ExpectAsync(Prompt, s_patience);
            await cli.TypeAsync($"echo start=$(({start} + 40))\n");
            await cli.ExpectAsync($"start={start + 40}", s_patience);
            await cli.TypeAsync("\x1d"); // Ctrl-]
            await cli.ExpectAsync(ShellPrompt, s_patience);
            await cli.TypeAsync("vm stop 1\rvm list\r");
            await cli.ExpectAsync("stopped", s_patience);
        }
        await cli.TypeAsync("vm delete 1\rvm list\rvm create linux-aarch64\rvm list\r");
        await cli.ExpectAsync("created", s_patience);
        await cli.TypeAsync("poweroff\r");
        Assert.Equal(0, await cli.WaitAsync());
    }

    [Fact]
    public async Task A_hostile_guest_harms_neither_the_hypervisor_nor_another_vm()
    {
        await RequireAsync();
        string hostile = await AssembleAsync("hostile.S");
        string config = _folder.File("hostile.toml");
        await File.WriteAllTextAsync(config, $"""
            [base]
            id = 66
            name = "hostile"
            cpu_num = 2
            [kernel]
            kernel_path = "{hostile}"
            [memory]
            size = "4M"
            """, TestContext.Current.CancellationToken);
        await using CliProcess cli = CliProcess.Start(
            "baremetal", "run", config, Guest, "--guest-memory", "256M", "--cpus", "1", "--append", ChecksumAndEnd);
        await cli.ExpectAsync($"[{Guest}] {Checksum}", s_bootPatience);
        await cli.ExpectAsync($"vm {Guest} powered off", s_patience);
        await cli.TypeAsync("vm list\r");
        await cli.ExpectAsync("hostile", s_patience);
        await cli.ExpectAsync("running", s_patience);
        await cli.TypeAsync("vm stop hostile\r");
        await cli.ExpectAsync("all guests have ended", s_patience);
        Assert.Equal(0, await cli.WaitAsync());
        Assert.DoesNotContain("panic", cli.Output, StringComparison.Ordinal);
    }

    private async Task RequireAsync()
    {
        foreach ((string program, string package) in (ReadOnlySpan<(string, string)>)
            [("qemu-system-aarch64", "qemu-system-arm"), ("aarch64-linux-gnu-ld", "binutils-aarch64-linux-gnu")])
        {
            Assert.SkipWhen(Axvisor.BareMetal.SearchPath.Find(program) is null, $"'{program}' is not installed ({package})");
        }
        await guests.RequireAsync(Guest);
    }

    /// <summary>Makes a raw program of a source file beside this one.</summary>
    private async Task<string> AssembleAsync(string name)
    {
        string source = Path.Combine(AppContext.BaseDirectory, "BareMetal", name);
        string program = _folder.File("program");
        await RunAsync("aarch64-linux-gnu-as", "-o", program + ".o", source);
        await RunAsync("aarch64-linux-gnu-ld", "-Ttext=0x40000000", "-o", program + ".elf", program + ".o");
        await RunAsync("aarch64-linux-gnu-objcopy", "-O", "binary", program + ".elf", program + ".bin");
        return program + ".bin";
    }

    private static async Task RunAsync(string program, params string[] words)
    {
        using Process process = Process.Start(new ProcessStartInfo(program, words) { RedirectStandardError = true })!;
        string errors = await process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        Assert.True(process.ExitCode == 0, errors);
    }
}
