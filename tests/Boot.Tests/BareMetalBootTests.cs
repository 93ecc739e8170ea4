using System.Buffers.Binary;
using System.Security.Cryptography;
using Axvisor.Guests;
using Axvisor.Tests;

namespace Boot.Tests;

/// <summary>VMs under the hypervisor that has no operating system below it, on a machine in QEMU.</summary>
public sealed class BareMetalBootTests(PackagedGuestFixture guests, BareMetalImageFixture image) : IDisposable
{
    private const string Linux = "linux-aarch64";

    // SHA-256 of 8 MiB of zeroes.
    private const string Checksum = "2daeb1f36095b44b318410b3f4e8b5d989dcc7bb023d1426c492dab0a3053e74";

    // Boots take seconds; this is for a machine that does a lot besides.
    private static readonly TimeSpan s_patience = TimeSpan.FromMinutes(4);

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    /// <summary>The kernel's words for running a few commands instead of the guest's init, and none for the console but theirs.</summary>
    private static string Commands(string script) =>
        $"rdinit=/bin/busybox -- sh -c \"b=/bin/busybox; $b mount -t devtmpfs dev /dev; $b mount -t proc proc /proc; {script}\"";

    private const string ComputeAndPowerOff =
        "echo processors $($b nproc) of $($b uname -m); echo sum $($b head -c 8388608 /dev/zero | $b sha256sum); $b poweroff -f";

    private async Task<CliProcess> StartAsync(params string[] words)
    {
        await guests.RequireAsync(Linux);
        return CliProcess.Start(["baremetal", "run", "--image", await image.RequireAsync(), .. words]);
    }

    [Fact]
    public async Task Two_vcpus_reach_a_shell_and_power_off()
    {
        await using CliProcess cli = await StartAsync(Linux, "--vcpus", "2");
        await cli.ExpectAsync("~ # ", s_patience);
        await cli.TypeAsync("echo processors=$(nproc) clock=$(( $(date +%s) > 1700000000 )) seeds=$(dmesg | grep -c 'KASLR enabled'); head -c 8388608 /dev/zero | sha256sum\n");
        await cli.ExpectAsync("processors=2 clock=1 seeds=1", s_patience);
        await cli.ExpectAsync(Checksum, s_patience);
        await cli.TypeAsync("poweroff\n");
        await cli.ExpectAsync("all guests have ended", s_patience);
        Assert.Equal(0, await cli.WaitAsync());
    }

    [Theory]
    [InlineData(2)]
    [InlineData(1)]
    public async Task Two_isolated_vms_finish_on_as_many_physical_cpus(int cpus)
    {
        await using CliProcess cli = await StartAsync(Linux, Linux, "--vcpus", "2", "--cpus", $"{cpus}", "--guest-memory", "256M", "--append", Commands(ComputeAndPowerOff));
        await cli.ExpectAsync("all guests have ended", s_patience);
        Assert.Equal(0, await cli.WaitAsync());
        foreach (string name in (string[])[Linux, $"{Linux}-2"])
        {
            Assert.Contains($"[{name}] processors 2 of aarch64", cli.Output, StringComparison.Ordinal);
            Assert.Contains($"[{name}] sum {Checksum}", cli.Output, StringComparison.Ordinal);
            Assert.Contains($"vm {name} powered off", cli.Output, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task A_vm_starts_again_after_it_was_stopped_and_after_it_restarted()
    {
        await using CliProcess cli = await StartAsync(Linux, "--vcpus", "2", "--shell", "--append", Commands("echo here I am; while true; do $b sleep 1; done"));
        await cli.ExpectAsync("axvisor>", s_patience);
        await cli.TypeAsync($"vm start {Linux}\r");
        await cli.ExpectAsync("here I am", s_patience);
        await cli.TypeAsync($"vm stop -f {Linux}\r");
        await cli.ExpectAsync($"vm {Linux} stopped", s_patience);
        await cli.TypeAsync($"vm start {Linux}\r");
        await cli.ExpectAsync("here I am", s_patience);
        await cli.TypeAsync($"vm restart -f {Linux}\r");
        await cli.ExpectAsync("here I am", s_patience);
        await cli.TypeAsync("poweroff\r");
        Assert.Equal(0, await cli.WaitAsync());
    }

    [Fact]
    public async Task A_guest_uses_a_disk_in_memory_and_a_virtio_console()
    {
        await guests.RequireAsync(Linux);
        PreparedGuest linux = new GuestCatalog().Find(Linux)!.FindPrepared()!;
        byte[] disk = RandomNumberGenerator.GetBytes(1 << 20);
        await File.WriteAllBytesAsync(_folder.File("disk.img"), disk, TestContext.Current.CancellationToken);
        string script = "$b mount -t sysfs sys /sys; $b --install -s; export PATH=/bin:/sbin; modprobe virtio_mmio; modprobe virtio_blk; echo before $(sha256sum /dev/vda); "
            + "dd if=/dev/zero of=/dev/vda bs=512 count=4 seek=1 conv=fsync 2>/dev/null; echo 3 > /proc/sys/vm/drop_caches; echo after $(sha256sum /dev/vda); "
            + "exec <>/dev/hvc0 >&0 2>&1; stty -echo; echo your name; read name; echo hello $name; sleep 1; poweroff -f";
        string config = _folder.File("devices.toml");
        await File.WriteAllTextAsync(config, $"""
            [base]
            name = "devices"
            architecture = "aarch64"

            [kernel]
            kernel_path = '{linux.Kernel}'
            ramdisk_path = '{linux.InitialRamDisk}'
            cmdline = '{linux.CommandLine} {Commands(script)}'

            [memory]
            size = "256M"

            [console]
            type = "virtio"

            [[disk]]
            path = "disk.img"
            """, TestContext.Current.CancellationToken);

        await using CliProcess cli = await StartAsync(config, "--console", "devices");
        await cli.ExpectAsync($"before {Convert.ToHexStringLower(SHA256.HashData(disk))}", s_patience);
        disk.AsSpan(512, 4 * 512).Clear();
        await cli.ExpectAsync($"after {Convert.ToHexStringLower(SHA256.HashData(disk))}", s_patience);
        await cli.ExpectAsync("your name", s_patience);
        await cli.TypeAsync("virtio\n");
        await cli.ExpectAsync("hello virtio", s_patience);
        await cli.ExpectAsync("vm devices powered off", s_patience);
        Assert.Equal(0, await cli.WaitAsync());
    }

    [Fact]
    public async Task A_hostile_guest_does_not_disturb_another_or_the_hypervisor()
    {
        await guests.RequireAsync(Linux);
        await image.RequireAsync();
        string folder = Path.GetDirectoryName(_folder.File("x"))!;
        byte[] code = BareMetalImageFixture.Assemble("hostile-aarch64.S", folder);
        ulong seed = (ulong)Random.Shared.NextInt64(1, long.MaxValue);
        BinaryPrimitives.WriteUInt64LittleEndian(code.AsSpan(8), seed);
        await File.WriteAllBytesAsync(_folder.File("hostile.bin"), code, TestContext.Current.CancellationToken);
        string config = _folder.File("hostile.toml");
        await File.WriteAllTextAsync(config, """
            [base]
            id = 7
            name = "hostile"
            architecture = "aarch64"
            cpu_num = 2

            [kernel]
            kernel_path = "hostile.bin"
            kernel_load_addr = 0x4008_0000
            entry_point = 0x4008_0000

            [memory]
            size = "16M"
            """, TestContext.Current.CancellationToken);

        try
        {
            await using CliProcess cli = await StartAsync(config, Linux, "--append", Commands(ComputeAndPowerOff), "--shell");
            await cli.ExpectAsync("axvisor>", s_patience);
            await cli.TypeAsync("vm start hostile\r");
            await cli.ExpectAsync("hostile: begins", s_patience);
            await cli.TypeAsync($"vm start {Linux}\r");
            await cli.ExpectAsync($"sum {Checksum}", s_patience);
            await cli.ExpectAsync($"vm {Linux} powered off", s_patience);
            await cli.TypeAsync("vm stop -f hostile\r");
            await cli.ExpectAsync("vm hostile stopped", s_patience);
            await cli.TypeAsync("poweroff\r");
            Assert.Equal(0, await cli.WaitAsync());
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            throw new InvalidOperationException($"with seed 0x{seed:x}", e);
        }
    }
}
