namespace AxVCpu.Memory;

public unsafe partial struct AddressSpace<TFormat, TFrames, TTlb>
{
    /// <summary>
    /// Serves a nested page fault: populates the 4 KiB page of a lazy region, clears and maps the block of a reserved one, or logs the
    /// first write to a page. Two vCPUs that fault on one page at the same time get one frame.
    /// </summary>
    /// <param name="address">The guest-physical address, with any offset in the page.</param>
    /// <param name="access">Read, Write, Execute or a union of them.</param>
    public PageFaultOutcome HandlePageFault(GuestPhysAddr address, MappingFlags access)
    {
        _gate.Enter(_frames);
        PageFaultOutcome outcome = HandleLocked(address.AlignDown(PageSize), access & EffectiveFlags.Access);
        _gate.Leave();
        return outcome;
    }

    /// <summary>Translates an address that is mapped now; lazy memory that was not touched yet is not.</summary>
    public bool Translate(GuestPhysAddr address, out HostPhysAddr target)
    {
        int reader = _readers.Enter();
        bool mapped = _table.Walk(address, out NestedTranslation translation) == NestedWalkStatus.Mapped;
        _readers.Leave(reader);
        target = translation.Address;
        return mapped;
    }

    /// <summary>Translates an address and says how far the host memory behind it is contiguous.</summary>
    /// <param name="address">The guest-physical address.</param>
    /// <param name="target">Its host-physical address.</param>
    /// <param name="limit">
    /// The bytes from <paramref name="address"/> on that are mapped, to contiguous host memory and with the rights of the first; at most
    /// <paramref name="atMost"/>, and never beyond the end of what is mapped.
    /// </param>
    /// <param name="atMost">Where looking further is of no use.</param>
    /// <returns>False when the address is not mapped now.</returns>
    public bool TranslateAndGetLimit(GuestPhysAddr address, out HostPhysAddr target, out ulong limit, ulong atMost = ulong.MaxValue)
    {
        limit = 0;
        int reader = _readers.Enter();
        bool mapped = _table.Walk(address, out NestedTranslation first) == NestedWalkStatus.Mapped;
        NestedTranslation current = first;
        while (mapped && limit < atMost)
        {
            limit += current.BlockSize - (current.Address - current.Base);
            if (_table.Walk(address + limit, out current) != NestedWalkStatus.Mapped
                || current.Address != first.Address + limit
                || current.Flags != first.Flags)
            {
                break;
            }
        }

        _readers.Leave(reader);
        limit = limit < atMost ? limit : atMost;
        target = first.Address;
        return mapped;
    }

    /// <summary>Walks the nested table as the hardware does, for diagnostics and for engines without a walker of their own.</summary>
    public NestedWalkStatus Walk(GuestPhysAddr address, MappingFlags access, out NestedTranslation translation)
    {
        int reader = _readers.Enter();
        NestedWalkStatus status = NestedWalker<TFormat>.Walk(_table.Root, address, access, _frames, out translation);
        _readers.Leave(reader);
        return status;
    }

    private PageFaultOutcome HandleLocked(GuestPhysAddr page, MappingFlags access)
    {
        int index = _regions.Find(page.Value);
        if (index < 0)
        {
            return PageFaultOutcome.NotMapped;
        }

        ref AddressRegion region = ref _regions[index];
        if ((access & ~region.Flags) != 0)
        {
            return PageFaultOutcome.Permission;
        }

        switch (_table.Walk(page, out NestedTranslation translation))
        {
            case NestedWalkStatus.Lazy when translation.Base.Value != 0:
                RevealBlock(region, page, translation, access);
                return PageFaultOutcome.Handled;
            case NestedWalkStatus.Lazy:
                return PopulatePage(region, page, access);
            case NestedWalkStatus.Mapped when (access & ~translation.Flags) == 0:
                return PageFaultOutcome.AlreadyPresent;
            default:
                // The entry has fewer rights than its region: the first write to a page since its dirty bit was cleared.
                LogWrite(region, page, translation.BlockSize);
                return PageFaultOutcome.Handled;
        }
    }

    /// <summary>Clears and maps the block that holds a page and has its frames.</summary>
    private void RevealBlock(in AddressRegion region, GuestPhysAddr page, in NestedTranslation block, MappingFlags access)
    {
        _frames.ClearFrames(block.Base, block.BlockSize / PageSize);
        _table.Reveal(page, FirstFlags(region, access));
        if (region.IsDirtyLogged && (access & MappingFlags.Write) != 0)
        {
            SetDirty(region, page.Value & ~(block.BlockSize - 1), block.BlockSize);
        }
    }

    /// <summary>The rights of memory that appears by an access: while its region is logged, to write only when that is the access.</summary>
    private static MappingFlags FirstFlags(in AddressRegion region, MappingFlags access) =>
        region.IsDirtyLogged && (access & MappingFlags.Write) == 0 ? region.Flags & ~MappingFlags.Write : region.Flags;

    private PageFaultOutcome PopulatePage(in AddressRegion region, GuestPhysAddr page, MappingFlags access)
    {
        if (!TryAlloc(PageSize, PageSize, clear: true, out HostPhysAddr frame))
        {
            return PageFaultOutcome.OutOfMemory;
        }

        MappingFlags flags = FirstFlags(region, access);
        if (_table.Populate(page, frame, flags, ref _tlb) != AddressSpaceError.None)
        {
            _frames.DeallocFrame(frame);
            return PageFaultOutcome.OutOfMemory;
        }

        _dataFrames++;
        if (region.IsDirtyLogged && (access & MappingFlags.Write) != 0)
        {
            SetDirty(region, page.Value, PageSize);
        }

        return PageFaultOutcome.Handled;
    }
}
