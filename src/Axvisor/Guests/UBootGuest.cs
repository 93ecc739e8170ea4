namespace Axvisor.Guests;

/// <summary>OpenSBI in M mode starting U-Boot in S mode.</summary>
internal sealed class UBootGuest : PackagedGuest
{
    private const int CurrentRecipe = 1;
    private const string FirmwareFile = "fw_dynamic.bin";
    private const string LoaderFile = "u-boot.bin";

    internal UBootGuest(GuestCache cache, string aptFolder)
        : base("uboot-riscv64", "OpenSBI firmware and the U-Boot boot loader, in machine mode", CurrentRecipe, cache, aptFolder)
    {
    }

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
    }

    private protected override PreparedGuest Describe(string folder, GuestManifest manifest) => new(Name, Path.Combine(folder, LoaderFile))
    {
        Firmware = Path.Combine(folder, FirmwareFile),
        Profile = "machine",
        Origin = OriginOf(manifest),
    };
}
