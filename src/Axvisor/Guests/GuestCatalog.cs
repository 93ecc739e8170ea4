namespace Axvisor.Guests;

/// <summary>All guests that have a name.</summary>
internal sealed class GuestCatalog
{
    private readonly NamedGuest[] _guests;

    /// <summary>Makes the catalog on the user's cache and the system's apt configuration.</summary>
    public GuestCatalog()
        : this(GuestCache.OfUser(), "/etc/apt")
    {
    }

    internal GuestCatalog(GuestCache cache, string aptFolder)
    {
        LinuxGuest linux = LinuxGuest.Riscv64(cache, aptFolder);
        _guests =
        [
            new HelloGuest(cache), linux, new UBootGuest(cache, aptFolder, linux), LinuxGuest.X64(cache, aptFolder), LinuxGuest.Aarch64(cache, aptFolder),
        ];
    }

    /// <summary>The guests, in the order of lists.</summary>
    public IReadOnlyList<NamedGuest> Guests => _guests;

    /// <summary>Finds a guest.</summary>
    /// <param name="name">Its exact name.</param>
    /// <returns>The guest, or null.</returns>
    public NamedGuest? Find(string name) => _guests.FirstOrDefault(guest => guest.Name == name);
}
