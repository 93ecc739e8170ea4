using Axvisor.Tests;

namespace Boot.Tests;

/// <summary>OpenSBI and U-Boot in machine mode.</summary>
public sealed class FirmwareBootTests(PackagedGuestFixture guests)
{
    private static readonly TimeSpan s_bootPatience = TimeSpan.FromMinutes(4);
    private static readonly TimeSpan s_patience = TimeSpan.FromMinutes(2);

    [Fact]
    public async Task A_key_stops_the_autoboot_at_the_boot_loaders_prompt()
    {
        await guests.RequireAsync("uboot-riscv64");
        await using CliProcess cli = CliProcess.Start("run", "uboot-riscv64");
        await cli.ExpectAsync("OpenSBI", s_bootPatience);
        await cli.ExpectAsync("U-Boot", s_bootPatience);
        await cli.ExpectAsync("Hit any key to stop autoboot", s_bootPatience);
        await cli.TypeAsync(" ");
        await cli.ExpectAsync("=> ", s_patience);
        await cli.TypeAsync("version\n");
        await cli.ExpectAsync("U-Boot 20", s_patience);
        await cli.TypeAsync("poweroff\n");
        Assert.Equal(0, await cli.WaitAsync());
    }

    [Fact]
    public async Task The_firmware_boots_linux_from_a_disk_to_a_shell()
    {
        await guests.RequireAsync("uboot-riscv64");
        await using CliProcess cli = CliProcess.Start("run", "uboot-riscv64", "--cpus", "2");
        await cli.ExpectAsync("OpenSBI", s_bootPatience);
        await cli.ExpectAsync("Starting kernel", s_bootPatience);
        await cli.ExpectAsync("~ # ", s_bootPatience);
        await cli.TypeAsync("echo harts=$(grep -c ^processor /proc/cpuinfo)\n");
        await cli.ExpectAsync("harts=2", s_patience);
        await cli.TypeAsync("poweroff\n");
        Assert.Equal(0, await cli.WaitAsync());
    }

    [Fact]
    public async Task The_firmware_starts_the_linux_kernel_directly()
    {
        await guests.RequireAsync("linux-riscv64");
        await guests.RequireAsync("uboot-riscv64");
        string firmware = new Axvisor.Guests.GuestCatalog().Find("uboot-riscv64")!.FindPrepared()!.Firmware!;
        await using CliProcess cli = CliProcess.Start("run", "linux-riscv64", "--profile", "machine", "--bios", firmware);
        await cli.ExpectAsync("OpenSBI", s_bootPatience);
        await cli.ExpectAsync("~ # ", s_bootPatience);
        await cli.TypeAsync("poweroff\n");
        Assert.Equal(0, await cli.WaitAsync());
    }
}
