namespace Axvisor.Guests;

/// <summary>OpenSBI in M mode starting U-Boot in S mode, which starts the Linux guest's kernel from a virtio disk.</summary>
internal sealed class UBootGuest : PackagedGuest
{
    private const int CurrentRecipe = 7;
    private const string FirmwareFile = "fw_dynamic.bin";
    private const string LoaderFile = "u-boot.bin";
    private const string DiskFile = "boot-disk.img";

    // The variables are U-Boot's own: where it found this script, and where its board wants things.
    private const string BootScript = """
        setenv bootargs console=ttyS0 quiet
        load ${devtype} ${devnum}:${distro_bootpart} ${kernel_addr_r} IMAGE
        load ${devtype} ${devnum}:${distro_bootpart} ${ramdisk_addr_r} INITRD
        booti ${kernel_addr_r} ${ramdisk_addr_r}:${filesize} ${fdtcontroladdr}

        """;

    private readonly LinuxGuest _linux;

    internal UBootGuest(GuestCache cache, string aptFolder, LinuxGuest linux)
        : base("uboot-riscv64", "OpenSBI and U-Boot in machine mode, which boot linux-riscv64 from a disk", CurrentRecipe, cache, aptFolder) =>
        _linux = linux;

    private protected override Task PrepareNeededAsync(IPreparationProgress progress, CancellationToken cancellation) =>
        _linux.PrepareAsync(force: false, progress, cancellation);

    private protected override async Task MakeAsync(
        Fetcher packages, string results, string scratch, IPreparationProgress progress, CancellationToken cancellation)
    {
        string openSbi = await packages.FetchAsync(await packages.FindAsync("opensbi").ConfigureAwait(false)).ConfigureAwait(false);
        string uBoot = await packages.FetchAsync(await packages.FindAsync("u-boot-qemu").ConfigureAwait(false)).ConfigureAwait(false);
        progress.Step("Unpacking the firmware");
        await DebPackage.ExtractAsync(openSbi, "usr/lib/riscv64-linux-gnu/opensbi/generic/fw_dynamic.bin",
            Path.Combine(results, FirmwareFile), cancellation).ConfigureAwait(false);
        await DebPackage.ExtractAsync(uBoot, "usr/lib/u-boot/qemu-riscv64_smode/u-boot.bin",
            Path.Combine(results, LoaderFile), cancellation).ConfigureAwait(false);

        progress.Step("Writing the boot disk");
        PreparedGuest linux = _linux.FindPrepared() ?? throw new PreparationException($"guest '{_linux.Name}' was removed meanwhile");
        await using FileStream disk = File.Create(Path.Combine(results, DiskFile));
        FatImage.Write(disk,
        [
            ("BOOT.SCR", UBootScript.Wrap(BootScript.ReplaceLineEndings("\n"))),
            ("IMAGE", await File.ReadAllBytesAsync(linux.Kernel, cancellation).ConfigureAwait(false)),
            ("INITRD", await File.ReadAllBytesAsync(linux.InitialRamDisk!, cancellation).ConfigureAwait(false)),
        ]);
    }

    private protected override PreparedGuest Describe(string folder, GuestManifest manifest) => new(Name, Path.Combine(folder, LoaderFile))
    {
        Firmware = Path.Combine(folder, FirmwareFile),
        BootDisk = Path.Combine(folder, DiskFile),
        Profile = "machine",
        HasEntropy = true,
        Origin = OriginOf(manifest),
    };
}
