using System.Diagnostics;
using System.Security.Cryptography;
using System.Text.RegularExpressions;
using Axvisor.BareMetal;
using Axvisor.Guests;
using Axvisor.Tests;

namespace Boot.Tests;

/// <summary>Devices and memory of the host that a guest has as they are, with the devices' interrupts.</summary>
public sealed partial class BareMetalHostDeviceTests(PackagedGuestFixture guests, BareMetalImageFixture image) : IDisposable
{
    private const string Linux = "linux-aarch64";

    // What the image does with its console's escape key is QEMU's here: its monitor, and back.
    private const string Monitor = "\x01c";

    private static readonly TimeSpan s_patience = TimeSpan.FromMinutes(4);

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Linux_in_identical_memory_drives_a_disk_of_the_host_by_interrupts()
    {
        await guests.RequireAsync(Linux);
        PreparedGuest linux = new GuestCatalog().Find(Linux)!.FindPrepared()!;
        byte[] disk = RandomNumberGenerator.GetBytes(1 << 20);
        await File.WriteAllBytesAsync(_folder.File("disk.img"), disk, TestContext.Current.CancellationToken);
        // The device writes to the guest's memory by itself: what is an address to the one must be the same to the other.
        const string Script = "b=/bin/busybox; $b mount -t devtmpfs dev /dev; $b mount -t proc proc /proc; $b mount -t sysfs sys /sys; $b --install -s; export PATH=/bin:/sbin; "
            + "modprobe virtio_mmio; modprobe virtio_blk; echo before $(sha256sum /dev/vda); dd if=/dev/zero of=/dev/vda bs=512 count=4 seek=1 conv=fsync 2>/dev/null; "
            + "echo 3 > /proc/sys/vm/drop_caches; echo after $(sha256sum /dev/vda); grep virtio0 /proc/interrupts; poweroff -f";
        string config = _folder.File("owner.toml");
        await File.WriteAllTextAsync(config, $"""
            [base]
            name = "owner"
            cpu_num = 2

            [kernel]
            kernel_path = '{linux.Kernel}'
            ramdisk_path = '{linux.InitialRamDisk}'
            cmdline = '{linux.CommandLine} rdinit=/bin/busybox -- sh -c "{Script}"'
            memory_regions = [[0x6000_0000, 0x1000_0000, 7, 1]]

            [devices]
            passthrough_devices = [["/virtio_mmio@a003e00"]]
            """, TestContext.Current.CancellationToken);

        await using CliProcess cli = CliProcess.Start(
            "baremetal", "run", config, "--image", await image.RequireAsync(), "--qemu", "-drive", "--qemu", $"if=none,id=disk,format=raw,file={_folder.File("disk.img")}",
            "--qemu", "-device", "--qemu", "virtio-blk-device,drive=disk");
        await cli.ExpectAsync($"before {Convert.ToHexStringLower(SHA256.HashData(disk))}", s_patience);
        disk.AsSpan(512, 4 * 512).Clear();
        await cli.ExpectAsync($"after {Convert.ToHexStringLower(SHA256.HashData(disk))}", s_patience);
        await cli.ExpectAsync("all guests have ended", s_patience);
        Assert.Equal(0, await cli.WaitAsync());
        Assert.Equal(disk, await File.ReadAllBytesAsync(_folder.File("disk.img"), TestContext.Current.CancellationToken));
        Match interrupts = InterruptsOfVirtio0().Match(cli.Output);
        Assert.True(interrupts.Success, cli.Output);
        int count = interrupts.Groups["count"].Captures.Sum(capture => int.Parse(capture.ValueSpan, System.Globalization.CultureInfo.InvariantCulture));
        Assert.InRange(count, 3, 10_000); // at least two reads and a write
    }

    [Fact]
    public async Task A_level_of_the_host_comes_again_until_its_device_is_silent()
    {
        string config = await WriteAsync("level", "[memory]\nsize = \"4M\"\n[devices]\npassthrough_devices = [[\"/pl061@9030000\"]]");
        await using CliProcess cli = CliProcess.Start("baremetal", "run", config, "--image", await image.RequireAsync());
        for (int press = 0; press < 2; press++)
        {
            await cli.ExpectAsync("ready", s_patience);
            // The button is down for a tenth of a second, which a busy machine may spend on something else.
            for (int tries = 0; tries < 200 && cli.Output.AsSpan().Count("pressed") <= press; tries++)
            {
                await cli.TypeAsync($"{Monitor}system_powerdown\n{Monitor}");
                for (int waits = 0; waits < 50 && cli.Output.AsSpan().Count("pressed") <= press; waits++)
                    await Task.Delay(20, TestContext.Current.CancellationToken);
            }
            await cli.ExpectAsync("pressed", s_patience);
        }
        await cli.ExpectAsync("vm level powered off", s_patience);
        Assert.Equal(0, await cli.WaitAsync());
        Assert.DoesNotContain("failed", cli.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Reserved_memory_and_a_hole_for_devices_are_the_hosts_own()
    {
        string file = await image.RequireAsync();
        string config = await WriteAsync(
            "reserved", "memory_regions = [[0x4000_0000, 0x40_0000, 7, 0], [0x7000_0000, 0x20_0000, 7, 2], [0x40_1000_0000, 0x10_0000, 19, 2]]");
        string stranger = await WriteAsync("stranger", "memory_regions = [[0x4000_0000, 0x40_0000, 7, 0], [0x7800_0000, 0x20_0000, 7, 2]]", id: 2, code: "reserved");
        await File.WriteAllTextAsync(_folder.File("left.bin"), "left by the loader\n\0", TestContext.Current.CancellationToken);
        await using CliProcess cli = CliProcess.Start(
            "baremetal", "run", config, stranger, "--image", file, "--qemu", "-dtb", "--qemu", HostTree(file), "--qemu", "-device", "--qemu",
            $"loader,file={_folder.File("left.bin")},addr=0x70001000,force-raw=on");
        await cli.ExpectAsync("all guests have ended", s_patience);
        Assert.Equal(0, await cli.WaitAsync());
        Assert.Contains("left by the loader", cli.Output, StringComparison.Ordinal);
        Assert.Contains("the bridge is there", cli.Output, StringComparison.Ordinal);
        Assert.Contains("vm stranger cannot be made: host memory is not free at 0x78000000", cli.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("failed", cli.Output, StringComparison.Ordinal);
    }

    [GeneratedRegex(@"\d+:(\s+(?<count>\d+))+\s+GICv3\s+79\s+Edge\s+virtio0")]
    private static partial Regex InterruptsOfVirtio0();

    /// <summary>The devicetree of the machine in QEMU, with a region that it keeps from its system.</summary>
    private string HostTree(string file)
    {
        Assert.SkipWhen(SearchPath.Find("dtc") is null, "dtc is not installed (package device-tree-compiler)");
        string tree = _folder.File("host.dtb");
        string[] words = [.. new QemuMachine(file, file).Words];
        int machine = Array.IndexOf(words, "-M") + 1;
        words[machine] += $",dumpdtb={tree}";
        Run(QemuMachine.FindProgram(), words);
        string source = _folder.File("host.dts");
        Run("dtc", "-q", "-I", "dtb", "-O", "dts", "-o", source, tree);
        File.AppendAllText(source, "/ { reserved-memory { #address-cells = <2>; #size-cells = <2>; ranges; kept@70000000 { reg = <0 0x70000000 0 0x200000>; no-map; }; }; };\n");
        Run("dtc", "-q", "-I", "dts", "-O", "dtb", "-o", tree, source);
        return tree;
    }

    private static void Run(string program, params string[] words)
    {
        using Process process = Process.Start(new ProcessStartInfo(program, words) { RedirectStandardError = true, RedirectStandardOutput = true })!;
        string errors = process.StandardError.ReadToEnd();
        process.WaitForExit();
        Assert.True(process.ExitCode == 0, errors);
    }

    private async Task<string> WriteAsync(string name, string more, int id = 1, string? code = null)
    {
        BareMetalImageFixture.Assemble($"{code ?? name}-aarch64.S", Path.GetDirectoryName(_folder.File("x"))!);
        string config = _folder.File($"{name}.toml");
        await File.WriteAllTextAsync(
            config, $"[base]\nid = {id}\nname = \"{name}\"\n[kernel]\nkernel_path = \"{code ?? name}-aarch64.bin\"\n{more}\n", TestContext.Current.CancellationToken);
        return config;
    }
}
