namespace Axvisor.Guests;

/// <summary>Debian's Linux kernel with a BusyBox shell in an initramfs of ours.</summary>
internal sealed class LinuxGuest : PackagedGuest
{
    private const int CurrentRecipe = 7;
    private const string KernelFile = "Image";
    private const string InitramfsFile = "initramfs.cpio";

    private readonly string _metaPackage;

    private LinuxGuest(string architecture, string metaPackage, GuestCache cache, string aptFolder)
        : base($"linux-{architecture}", "Debian's Linux kernel to a BusyBox shell", CurrentRecipe, cache, aptFolder, architecture) =>
        _metaPackage = metaPackage;

    /// <summary>The guest for riscv64.</summary>
    internal static LinuxGuest Riscv64(GuestCache cache, string aptFolder) => new("riscv64", "linux-image-riscv64", cache, aptFolder);

    /// <summary>The guest for x86_64, with the kernel for virtual machines.</summary>
    internal static LinuxGuest X64(GuestCache cache, string aptFolder) => new("x86_64", "linux-image-cloud-amd64", cache, aptFolder);

    /// <summary>The guest for aarch64, with the kernel for virtual machines.</summary>
    internal static LinuxGuest Aarch64(GuestCache cache, string aptFolder) => new("aarch64", "linux-image-cloud-arm64", cache, aptFolder);

    private protected override async Task MakeAsync(
        Fetcher packages, string results, string scratch, IPreparationProgress progress, CancellationToken cancellation)
    {
        // The metapackage always names today's kernel: "linux-image-6.12.107+deb13-riscv64 (= 6.12.107-1)".
        PrivateApt.Package meta = await packages.FindAsync(_metaPackage).ConfigureAwait(false);
        string concrete = meta.Depends.Split(',', '|').Select(dependency => dependency.Trim().Split(' ')[0])
            .FirstOrDefault(name => name.StartsWith("linux-image-", StringComparison.Ordinal))
            ?? throw new PreparationException($"Debian's package {_metaPackage} names no kernel (Depends: {meta.Depends})");
        string busyBoxPackage = await packages.FetchAsync(await packages.FindAsync("busybox-static").ConfigureAwait(false)).ConfigureAwait(false);
        string kernelPackage = await packages.FetchAsync(await packages.FindAsync(concrete).ConfigureAwait(false)).ConfigureAwait(false);

        progress.Step("Unpacking the kernel");
        string busyBox = Path.Combine(scratch, "busybox");
        await DebPackage.ExtractAsync(busyBoxPackage, "usr/bin/busybox", busyBox, cancellation).ConfigureAwait(false);
        using KernelModules modules = new(scratch);
        await DebPackage.VisitFilesAsync(kernelPackage, (path, entry) =>
        {
            if (path.StartsWith("boot/vmlinu", StringComparison.Ordinal))
                entry.ExtractToFile(Path.Combine(results, KernelFile), overwrite: true);
            else
                modules.Add(path, entry);
        }, cancellation).ConfigureAwait(false);
        if (!File.Exists(Path.Combine(results, KernelFile)))
            throw new PreparationException($"Debian's package {concrete} has no kernel image");

        progress.Step("Writing the initramfs");
        await using FileStream initramfs = File.Create(Path.Combine(results, InitramfsFile));
        await LinuxInitramfs.WriteAsync(initramfs, await File.ReadAllBytesAsync(busyBox, cancellation).ConfigureAwait(false),
            concrete["linux-image-".Length..], modules, Name, cancellation).ConfigureAwait(false);
    }

    private protected override PreparedGuest Describe(string folder, GuestManifest manifest) => new(Name, Path.Combine(folder, KernelFile))
    {
        Architecture = Architecture,
        Profile = Architecture == "riscv64" ? "sbi" : null,
        InitialRamDisk = Path.Combine(folder, InitramfsFile),
        CommandLine = Architecture == "aarch64" ? "console=ttyAMA0 quiet" : "console=ttyS0 quiet",
        HasEntropy = true,
        Origin = OriginOf(manifest),
    };
}
