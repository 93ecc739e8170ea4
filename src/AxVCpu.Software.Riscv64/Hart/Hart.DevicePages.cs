namespace AxVCpu.Software.Riscv64;

// Pages without memory, as loads and stores found them: a TLB of their own, because the other one leads to host memory.
internal sealed unsafe partial class Hart
{
    private const int DevicePageEntries = 16;

    /// <summary>A bit of <see cref="DevicePage.Key"/> that every entry in use has.</summary>
    private const ulong DeviceKeyValid = 1UL << 11;

    /// <summary>The bit of <see cref="DevicePage.Key"/> that tells stores from loads; the MMU class is below.</summary>
    private const ulong DeviceKeyStore = 1UL << 10;

    private readonly DevicePage[] _devicePages = new DevicePage[DevicePageEntries];
    private bool _hasDevicePages;

    /// <summary>The nested table's entry because of which the last walk found no memory; null when there is none.</summary>
    private ulong* _absentEntry;

    /// <summary>What the walks of one page found: that the guest may access it, and that nothing is mapped there.</summary>
    private struct DevicePage
    {
        /// <summary>The virtual page, the MMU class and the kind of access.</summary>
        public ulong Key;

        /// <summary>The guest-physical page.</summary>
        public ulong Physical;

        /// <summary>
        /// The nested table's entry. Memory may be mapped there without an invalidation, as nothing is invalid then: the entry is read again
        /// at each access, and is zero as long as nothing is mapped.
        /// </summary>
        public ulong* Entry;
    }

    /// <summary>Whether a load or store goes to a page that is known to be no memory, and where.</summary>
    private bool FindDevicePage(ulong va, MemoryAccess access, out ulong gpa)
    {
        ref DevicePage page = ref _devicePages[(int)(va >> PageShift) & (DevicePageEntries - 1)];
        gpa = page.Physical | (va & (PageSize - 1));
        // SAFETY: an entry in use is of a table that was not freed, or a flush would have taken it back (NestedTranslation.AbsentEntry).
        return page.Key == DeviceKey(va, access) && Volatile.Read(ref *page.Entry) == 0;
    }

    /// <summary>Remembers where a load or store found no memory, just after the walk.</summary>
    private void NoteDevicePage(ulong va, ulong gpa, MemoryAccess access)
    {
        if (_absentEntry == null)
            return;
        _hasDevicePages = true;
        _devicePages[(int)(va >> PageShift) & (DevicePageEntries - 1)] = new DevicePage
        {
            Key = DeviceKey(va, access),
            Physical = gpa & ~(PageSize - 1),
            Entry = _absentEntry,
        };
    }

    private void FlushDevicePages()
    {
        if (!_hasDevicePages)
            return;
        _hasDevicePages = false;
        Array.Clear(_devicePages);
    }

    private void FlushDevicePage(ulong va) => _devicePages[(int)(va >> PageShift) & (DevicePageEntries - 1)].Key = 0;

    private ulong DeviceKey(ulong va, MemoryAccess access) =>
        (va & ~(PageSize - 1)) | DeviceKeyValid | (access == MemoryAccess.Store ? DeviceKeyStore : 0) | (ulong)_s->DataClass;
}
