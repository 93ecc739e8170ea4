namespace Axvisor.Guests;

/// <summary>A guest ready to run, as the values its machine starts from; null means "not used" or "the machine's own default".</summary>
/// <param name="Guest">The guest's name.</param>
/// <param name="Kernel">The kernel's file.</param>
internal sealed record PreparedGuest(string Guest, string Kernel)
{
    /// <summary>The initramfs file.</summary>
    public string? InitialRamDisk { get; init; }

    /// <summary>The firmware file.</summary>
    public string? Firmware { get; init; }

    /// <summary>A disk to boot from; given to the guest for reading, after the user's own disks.</summary>
    public string? BootDisk { get; init; }

    /// <summary>The kernel's command line.</summary>
    public string? CommandLine { get; init; }

    /// <summary>The instruction set, by its usual name.</summary>
    public string Architecture { get; init; } = "riscv64";

    /// <summary>The start profile of a riscv64 guest: "sbi" or "machine".</summary>
    public string? Profile { get; init; } = "sbi";

    /// <summary>Guest RAM in MiB.</summary>
    public int MemoryMiB { get; init; } = 512;

    /// <summary>Whether the machine should have an entropy device.</summary>
    public bool HasEntropy { get; init; }

    /// <summary>What it is, for lists: versions of its packages.</summary>
    public string Origin { get; init; } = "";
}
