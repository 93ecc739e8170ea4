namespace AxVCpu.Memory;

/// <summary>
/// Walks nested tables as hardware does, without a lock, while other threads change them. Entries are read once, atomically; writers
/// publish a table only when it is complete, and free one only after the TLB invalidation for it is complete. A caller that is not a
/// vCPU (and so not waited for by the invalidation) must hold off frees by other means.
/// </summary>
/// <typeparam name="TFormat">The table format.</typeparam>
public static unsafe class NestedWalker<TFormat>
    where TFormat : struct, INestedFormat
{
    /// <summary>Translates a guest-physical address. Any thread.</summary>
    /// <param name="root">The root table.</param>
    /// <param name="address">The guest-physical address.</param>
    /// <param name="map">Reaches the tables.</param>
    /// <param name="translation">What was found; the flags of a mapping without access rights hold no right.</param>
    /// <returns><see cref="NestedWalkStatus.Mapped"/>, <see cref="NestedWalkStatus.Lazy"/> or <see cref="NestedWalkStatus.NotMapped"/>.</returns>
    public static NestedWalkStatus Walk<TMap>(HostPhysAddr root, GuestPhysAddr address, TMap map, out NestedTranslation translation)
        where TMap : struct, IPhysMap
    {
        translation = default;
        if (address.Value >> TFormat.AddressBits != 0)
        {
            return NestedWalkStatus.NotMapped;
        }

        HostPhysAddr table = root;
        for (int level = NestedGeometry<TFormat>.RootLevel; ; level--)
        {
            // SAFETY: a table reached from a live root holds EntryCount(level) entries and stays allocated during the walk (see the type).
            ulong* slot = (ulong*)map.PhysToVirt(table).Value + NestedGeometry<TFormat>.Index(address.Value, level);
            ulong entry = Volatile.Read(ref *slot);
            if (TFormat.IsPresent(entry) && TFormat.IsTable(entry, level))
            {
                table = TFormat.AddressOf(entry);
                continue;
            }

            ulong size = NestedGeometry<TFormat>.BlockSize(level);
            if (TFormat.IsPresent(entry))
            {
                translation.Base = TFormat.AddressOf(entry);
                translation.Flags = TFormat.FlagsOf(entry);
            }
            else
            {
                NonPresentKind kind = NonPresentEntry.KindOf(entry);
                if (kind != NonPresentKind.Parked)
                {
                    translation.BlockSize = kind == NonPresentKind.Lazy ? size : 0;
                    translation.Base = kind == NonPresentKind.Lazy ? NonPresentEntry.AddressOf(entry) : default;
                    translation.AbsentEntry = entry == 0 ? new HostVirtAddr((ulong)slot) : default;
                    return kind == NonPresentKind.Lazy ? NestedWalkStatus.Lazy : NestedWalkStatus.NotMapped;
                }

                translation.Base = NonPresentEntry.AddressOf(entry);
                translation.Flags = NonPresentEntry.MemoryOf(entry);
            }

            translation.BlockSize = size;
            translation.Address = translation.Base + (address.Value & (size - 1));
            return NestedWalkStatus.Mapped;
        }
    }

    /// <summary>Translates for an access: as <see cref="Walk{TMap}(HostPhysAddr, GuestPhysAddr, TMap, out NestedTranslation)"/>, and
    /// <see cref="NestedWalkStatus.Permission"/> when the mapping does not permit all of <paramref name="access"/>.</summary>
    /// <param name="root">The root table.</param>
    /// <param name="address">The guest-physical address.</param>
    /// <param name="access">Read, Write, Execute or a union of them.</param>
    /// <param name="map">Reaches the tables.</param>
    /// <param name="translation">What was found.</param>
    public static NestedWalkStatus Walk<TMap>(
        HostPhysAddr root, GuestPhysAddr address, MappingFlags access, TMap map, out NestedTranslation translation)
        where TMap : struct, IPhysMap
    {
        NestedWalkStatus status = Walk(root, address, map, out translation);
        return status == NestedWalkStatus.Mapped && (access & EffectiveFlags.Access & ~translation.Flags) != 0
            ? NestedWalkStatus.Permission
            : status;
    }
}
