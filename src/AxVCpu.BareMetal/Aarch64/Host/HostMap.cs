namespace AxVCpu.BareMetal.Aarch64;

/// <summary>
/// EL2's own translation table: physical and virtual addresses are the same, address 0 and the pages below the stacks are never
/// mapped. 39-bit addresses, 4 KiB granule, three levels (Arm ARM D8.2, D8.3). Changed on one CPU at a time.
/// </summary>
internal static unsafe class HostMap
{
    private const ulong Valid = 1;
    private const ulong TableOrPage = 2;
    private const ulong OnlyAp1 = 1UL << 6;             // RES1 in a translation regime with one exception level
    private const ulong InnerShareable = 3UL << 8;
    private const ulong AccessFlag = 1UL << 10;
    private const ulong ExecuteNever = 1UL << 54;
    private const ulong DeviceAttribute = 1UL << 2;     // AttrIndx 1 of MAIR_EL2, see start.S
    private const ulong AddressMask = 0x0000_FFFF_FFFF_F000;
    private const ulong PageSize = 4096;
    private const ulong GiantSize = 1UL << 30;
    private const ulong SpareTables = 8;
    private const ulong Limit = 1UL << 39;

    private static ulong s_spareUsed;
    private static SpinLock s_lock;

    /// <summary>Makes RAM reachable.</summary>
    /// <returns>False when it is out of reach or no table is left.</returns>
    public static bool TryMapRam(ulong start, ulong size) => TryMap(start, size, 0);

    /// <summary>Makes the registers of a device reachable.</summary>
    /// <returns>False when they are out of reach or no table is left.</returns>
    public static bool TryMapDevice(ulong start, ulong size) => TryMap(start, size, DeviceAttribute);

    private static bool TryMap(ulong start, ulong size, ulong attribute)
    {
        ulong at = start & ~(PageSize - 1);
        ulong end = (start + size + PageSize - 1) & ~(PageSize - 1);
        if (end < at || end > Limit)
            return false;
        at = at == 0 ? PageSize : at; // Address 0 stays unmapped: it is where null pointers lead.
        s_lock.Enter();
        bool mapped = true;
        while (at < end && mapped)
            mapped = TryMapOne(ref at, end, attribute);
        s_lock.Exit();
        Native.Dsb();
        return mapped;
    }

    /// <summary>Maps one page or block at <paramref name="at"/> and moves on; what is mapped already stays as it is.</summary>
    private static bool TryMapOne(ref ulong at, ulong end, ulong attribute)
    {
        ulong leaf = at | Valid | OnlyAp1 | InnerShareable | AccessFlag | ExecuteNever | attribute;
        ulong* table = (ulong*)Native.HostRootTable();
        for (ulong blockSize = GiantSize; ; blockSize >>= 9)
        {
            // SAFETY: tables hold 512 entries; the index is masked to that.
            ulong* entry = table + (at / blockSize & 511);
            bool isLeafLevel = blockSize == PageSize;
            bool isTable = !isLeafLevel && (*entry & (Valid | TableOrPage)) == (Valid | TableOrPage);
            bool fits = at % blockSize == 0 && end - at >= blockSize;
            if (isTable || ((*entry & Valid) == 0 && !fits))
            {
                if (!isTable)
                {
                    if (!TryAllocTable(out ulong next))
                        return false;
                    Native.Dsb();
                    *entry = next | Valid | TableOrPage;
                }

                table = (ulong*)(*entry & AddressMask);
                continue;
            }

            if ((*entry & Valid) == 0)
                *entry = isLeafLevel ? leaf | TableOrPage : leaf;
            ulong step = blockSize - at % blockSize;
            at = step < end - at ? at + step : end;
            return true;
        }
    }

    private static bool TryAllocTable(out ulong table)
    {
        table = Native.HostSpareTables() + (s_spareUsed * PageSize);
        if (s_spareUsed < SpareTables)
        {
            s_spareUsed++;
            return true;
        }

        if (!HostMemory.TryAlloc(1, PageSize, out HostPhysAddr frame))
            return false;
        table = frame.Value;
        Native.Zero(table, PageSize);
        return true;
    }
}
