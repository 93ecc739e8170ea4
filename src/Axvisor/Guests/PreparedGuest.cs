namespace Axvisor.Guests;

/// <summary>A guest ready to run, as the values its machine starts from; null means "not used" or "the machine's own default".</summary>
/// <param name="Guest">The guest's name.</param>
/// <param name="Kernel">The kernel's file.</param>
public sealed record PreparedGuest(string Guest, string? Kernel)
{
    /// <summary>The kernel itself, for a guest that is made in memory.</summary>
    public ReadOnlyMemory<byte> KernelImage { get; init; }

    /// <summary>The initramfs file.</summary>
    public string? InitialRamDisk { get; init; }

    /// <summary>The firmware file.</summary>
    public string? Firmware { get; init; }

    /// <summary>The kernel's command line.</summary>
    public string? CommandLine { get; init; }

    /// <summary>The start profile: "sbi" or "machine".</summary>
    public string Profile { get; init; } = "sbi";

    /// <summary>Guest RAM in MiB.</summary>
    public int MemoryMiB { get; init; } = 512;

    /// <summary>What it is, for lists: versions of its packages.</summary>
    public string Origin { get; init; } = "";
}
