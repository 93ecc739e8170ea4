namespace Axvisor.Guests;

/// <summary>A guest that runs by its name alone.</summary>
/// <remarks>Instances are immutable and may be used from any thread.</remarks>
internal abstract class NamedGuest
{
    /// <summary>Describes a guest.</summary>
    /// <param name="name">The name on the command line.</param>
    /// <param name="summary">One line for lists.</param>
    /// <param name="architecture">Its instruction set, by its usual name.</param>
    private protected NamedGuest(string name, string summary, string architecture = "riscv64")
    {
        Architecture = architecture;
        Name = name;
        Summary = summary;
    }

    /// <summary>The name on the command line.</summary>
    public string Name { get; }

    /// <summary>One line for lists.</summary>
    public string Summary { get; }

    /// <summary>The guest's instruction set, by its usual name.</summary>
    public string Architecture { get; }

    /// <summary>Whether preparing it fetches packages.</summary>
    public abstract bool NeedsPackages { get; }

    /// <summary>Says where the guest is when it is prepared, without preparing it.</summary>
    /// <returns>The prepared guest, or null.</returns>
    public abstract PreparedGuest? FindPrepared();

    /// <summary>Makes the guest ready to run; at once when it already is.</summary>
    /// <param name="force">Make it again even when it is there.</param>
    /// <param name="progress">Hears how far it is.</param>
    /// <param name="cancellation">Stops the work and leaves nothing behind.</param>
    /// <returns>What to run.</returns>
    /// <exception cref="PreparationException">It cannot be made here.</exception>
    public abstract Task<PreparedGuest> PrepareAsync(bool force, IPreparationProgress progress, CancellationToken cancellation);
}
