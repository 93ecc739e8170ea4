using System.Security.Cryptography;
using Axvisor.Tests;

namespace Boot.Tests;

/// <summary>Debian's kernel through the command line, from the first instruction to power-off.</summary>
public sealed class LinuxBootTests(PackagedGuestFixture guests) : IDisposable
{
    private const string Prompt = "~ # ";

    // Boots take seconds; this is for a machine that does a lot besides.
    private static readonly TimeSpan s_bootPatience = TimeSpan.FromMinutes(4);
    private static readonly TimeSpan s_patience = TimeSpan.FromMinutes(2);

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Two_harts_reach_a_shell_use_a_disk_and_power_off()
    {
        await guests.RequireAsync("linux-riscv64");
        string disk = _folder.File("disk.img");
        byte[] content = RandomNumberGenerator.GetBytes(1 << 20);
        await File.WriteAllBytesAsync(disk, content, TestContext.Current.CancellationToken);

        await using CliProcess cli = CliProcess.Start("run", "linux-riscv64", "--cpus", "2", "--disk", disk);
        await cli.ExpectAsync(Prompt, s_bootPatience);
        Assert.Contains("riscv64", await RunAsync(cli, "uname -a"), StringComparison.Ordinal);
        Assert.Contains("harts=2", await RunAsync(cli, "echo harts=$(grep -c ^processor /proc/cpuinfo)"), StringComparison.Ordinal);
        Assert.Contains(Convert.ToHexStringLower(SHA256.HashData(content)), await RunAsync(cli, "sha256sum /dev/vda"), StringComparison.Ordinal);

        await RunAsync(cli, "yes axvisor | dd of=/dev/vda bs=4096 count=64 iflag=fullblock conv=fsync 2>/dev/null");
        string sum = await RunAsync(cli, "sha256sum /dev/vda");
        await cli.TypeAsync("poweroff\n");
        Assert.Equal(0, await cli.WaitAsync());

        byte[] written = await File.ReadAllBytesAsync(disk, TestContext.Current.CancellationToken);
        Assert.Equal("axvisor\naxvisor\n"u8, written.AsSpan(0, 16));
        Assert.True(written.AsSpan(64 * 4096).SequenceEqual(content.AsSpan(64 * 4096)));
        Assert.Contains(Convert.ToHexStringLower(SHA256.HashData(written)), sum, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("interpreter")]
    [InlineData("translator")]
    public async Task Commands_piped_in_before_the_boot_are_all_run(string tier)
    {
        await guests.RequireAsync("linux-riscv64");
        await using CliProcess cli = CliProcess.Start("run", "linux-riscv64", "--tier", tier);
        await cli.TypeAsync("echo first-$((20 + 1))\necho second-$((20 + 2))\npoweroff\n");
        cli.Input.Close();
        await cli.ExpectAsync("first-21", s_bootPatience);
        await cli.ExpectAsync("second-22", s_patience);
        Assert.Equal(0, await cli.WaitAsync());
    }

    [Fact]
    public async Task Ctrl_c_stops_a_command_in_the_guest_and_not_the_guest()
    {
        await guests.RequireAsync("linux-riscv64");
        await using CliProcess cli = CliProcess.Start("run", "linux-riscv64");
        await cli.ExpectAsync(Prompt, s_bootPatience);
        await cli.TypeAsync("echo sleeping; sleep 1000\n");
        await cli.ExpectAsync("sleeping\r\n", s_patience);
        await cli.TypeAsync("\x03");
        await cli.ExpectAsync(Prompt, s_patience);
        Assert.Contains("here", await RunAsync(cli, "echo here"), StringComparison.Ordinal);
        await cli.TypeAsync("poweroff\n");
        Assert.Equal(0, await cli.WaitAsync());
    }

    [Fact]
    public async Task A_reboot_starts_the_guest_again_and_ends_the_run_where_that_is_not_wanted()
    {
        await guests.RequireAsync("linux-riscv64");
        await using CliProcess cli = CliProcess.Start("run", "linux-riscv64");
        await cli.ExpectAsync(Prompt, s_bootPatience);
        await cli.TypeAsync("reboot\n");
        await cli.ExpectAsync(Prompt, s_bootPatience); // the shell that is going down may print one more
        await cli.ExpectAsync("BusyBox shell", s_bootPatience);
        await cli.ExpectAsync(Prompt, s_bootPatience);
        await cli.TypeAsync("poweroff\n");
        Assert.Equal(0, await cli.WaitAsync());

        await using CliProcess once = CliProcess.Start("run", "linux-riscv64", "--no-reboot");
        await once.ExpectAsync(Prompt, s_bootPatience);
        await once.TypeAsync("reboot\n");
        Assert.Equal(0, await once.WaitAsync());
    }

    private static async Task<string> RunAsync(CliProcess cli, string command)
    {
        await cli.TypeAsync(command + "\n");
        await cli.ExpectAsync("\n", s_patience); // the echo of the command
        return await cli.ExpectAsync(Prompt, s_patience);
    }
}
