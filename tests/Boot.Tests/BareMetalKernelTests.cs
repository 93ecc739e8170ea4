using System.IO.Compression;
using System.Security.Cryptography;
using Axvisor.Guests;
using Axvisor.Tests;

namespace Boot.Tests;

/// <summary>Guests that are not Linux: kernels that know the addresses of QEMU's machine, and a boot loader.</summary>
public sealed class BareMetalKernelTests(BareMetalImageFixture image) : IDisposable
{
    private const string BootLoader = "/usr/lib/u-boot/qemu_arm64/u-boot.bin";

    // The patience is for a machine that does a lot besides.
    private static readonly TimeSpan s_patience = TimeSpan.FromMinutes(4);

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("kernel.elf", 0x4008_0000UL)]
    [InlineData("kernel.elf.gz", 0x4100_0000UL)]
    public async Task An_ELF_kernel_drives_the_board_by_itself(string name, ulong address)
    {
        string file = await image.RequireAsync();
        BareMetalImageFixture.Link("kernel-aarch64.S", address, _folder.File("kernel.elf"));
        if (name.EndsWith(".gz", StringComparison.Ordinal))
        {
            await using GZipStream packed = new(File.Create(_folder.File(name)), CompressionLevel.Fastest);
            await packed.WriteAsync(await File.ReadAllBytesAsync(_folder.File("kernel.elf"), TestContext.Current.CancellationToken), TestContext.Current.CancellationToken);
        }
        string config = _folder.File("kernel.toml");
        await File.WriteAllTextAsync(
            config, $"[base]\nname = \"kernel\"\ncpu_num = 2\n[kernel]\nkernel_path = \"{name}\"\n[memory]\nsize = \"32M\"\n", TestContext.Current.CancellationToken);
        await using CliProcess cli = CliProcess.Start("baremetal", "run", config, "--image", file);
        foreach (string line in (string[])["begins at EL1", "its MMU is on", "physical timer", "virtual timer", "second CPU"])
            await cli.ExpectAsync($"kernel: {line}", s_patience);
        await cli.ExpectAsync("odds!", s_patience);
        await cli.ExpectAsync("vm kernel looks for a GICv2 at 0x8010000: its interrupt controller is a GICv3", s_patience);
        await cli.ExpectAsync("kernel: no GICv2", s_patience);
        await cli.ExpectAsync("vm kernel powered off", s_patience);
        Assert.Equal(0, await cli.WaitAsync());
        Assert.DoesNotContain("failed", cli.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task U_Boot_reads_a_disk_and_powers_off()
    {
        string file = await image.RequireAsync();
        Assert.SkipUnless(File.Exists(BootLoader), $"{BootLoader} is not installed (package u-boot-qemu)");
        byte[] disk = RandomNumberGenerator.GetBytes(64 << 10);
        await File.WriteAllBytesAsync(_folder.File("disk.img"), disk, TestContext.Current.CancellationToken);
        string config = _folder.File("uboot.toml");
        // It wants the devicetree at the begin of RAM, and reads its environment out of a flash memory, here an empty one.
        await File.WriteAllTextAsync(config, $"""
            [base]
            name = "uboot"

            [kernel]
            kernel_path = "{BootLoader}"
            kernel_load_addr = 0x4020_0000
            dtb_load_addr = 0x4000_0000
            memory_regions = [[0x0400_0000, 0x4_0000, 1, 0], [0x4000_0000, 0x800_0000, 7, 0]]

            [[disk]]
            path = "disk.img"
            """, TestContext.Current.CancellationToken);
        await using CliProcess cli = CliProcess.Start("baremetal", "run", config, "--image", file, "--console", "uboot");
        await cli.ExpectAsync("U-Boot 20", s_patience);
        await cli.ExpectAsync("using default environment", s_patience);
        await cli.ExpectAsync("Hit any key to stop autoboot", s_patience);
        // Whenever it is in time: before its countdown, or at the prompt that is left when nothing could be booted.
        await cli.TypeAsync("\n");
        await cli.ExpectAsync("=> ", s_patience);
        await cli.TypeAsync("virtio scan; virtio read 0x42000000 0 0x80; crc32 0x42000000 0x10000\n");
        await cli.ExpectAsync($"==> {UBootScript.Crc32(disk):x8}", s_patience);
        await cli.TypeAsync("poweroff\n");
        await cli.ExpectAsync("vm uboot powered off", s_patience);
        Assert.Equal(0, await cli.WaitAsync());
    }
}
