using AxVCpu.Memory;

namespace AxVCpu.Software.Riscv64;

// The second stage: guest-physical to host addresses through the VM's nested table, with a cache of pages in front.
internal sealed unsafe partial class Hart
{
    private const int NestedCacheEntries = 4096;

    /// <summary>No page-aligned address.</summary>
    private const ulong InvalidNestedTag = ~0UL;

    private readonly NestedCacheEntry[] _nestedCache = CreateNestedCache();

    private struct NestedCacheEntry
    {
        public ulong Tag;
        public ulong HostPage;
        public MappingFlags Flags;
    }

    private static NestedCacheEntry[] CreateNestedCache()
    {
        var cache = new NestedCacheEntry[NestedCacheEntries];
        Array.Fill(cache, new NestedCacheEntry { Tag = InvalidNestedTag });
        return cache;
    }

    /// <summary>
    /// The host address of guest-physical <paramref name="gpa"/> for <paramref name="access"/>. When memory must be populated or a write be
    /// logged first, an exit is set up; <paramref name="va"/> and <paramref name="cause"/> say what fault the guest gets if that is refused.
    /// </summary>
    private TlbFill TranslateNested(ulong gpa, MemoryAccess access, ulong va, MemoryAccess cause, out byte* host)
    {
        MappingFlags need = access switch
        {
            MemoryAccess.Load => MappingFlags.Read,
            MemoryAccess.Store => MappingFlags.Write,
            _ => MappingFlags.Execute,
        };
        ulong page = gpa & ~(PageSize - 1);
        ref NestedCacheEntry entry = ref _nestedCache[(int)(gpa >> PageShift) & (NestedCacheEntries - 1)];
        if (entry.Tag == page && (entry.Flags & need) != 0)
        {
            host = (byte*)(entry.HostPage + (gpa & (PageSize - 1)));
            return TlbFill.Mapped;
        }

        host = null;
        switch (_machine.WalkNested(new GuestPhysAddr(page), need, out NestedTranslation translation))
        {
            case NestedWalkStatus.Mapped:
                entry.Tag = page;
                entry.HostPage = translation.Address.Value;
                entry.Flags = translation.Flags;
                host = (byte*)(entry.HostPage + (gpa & (PageSize - 1)));
                return TlbFill.Mapped;
            case NestedWalkStatus.NotMapped:
            case NestedWalkStatus.Permission when (translation.Flags & MappingFlags.Device) != 0:
                // Nothing there, or memory of a device such as flash, which serves itself what the mapping does not permit.
                _absentEntry = (ulong*)translation.AbsentEntry.Value;
                return TlbFill.Mmio;
            default:
                _faultAddress = va;
                _faultAccess = cause;
                _exit.SetNestedPageFault(new GuestPhysAddr(gpa), need);
                _exitPending = true;
                return TlbFill.Exit;
        }
    }

    /// <summary>
    /// Forgets what the nested table said, and everything built on it. Owner thread. Blocks are compared with memory again: a host page may
    /// have come back with other contents, and no fence.i of the guest will say so.
    /// </summary>
    private void FlushNested()
    {
        _s->FetchGeneration++;
        Array.Fill(_nestedCache, new NestedCacheEntry { Tag = InvalidNestedTag });
        FlushTranslations();
    }
}
