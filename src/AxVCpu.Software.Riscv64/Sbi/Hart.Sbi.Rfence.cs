namespace AxVCpu.Software.Riscv64;

// Remote fence extension (SBI 2.0, 8).
internal sealed unsafe partial class Hart
{
    /// <summary>A local range above this many pages is flushed as a whole.</summary>
    private const ulong MaxPagesFlushedOneByOne = 64;

    private SbiResult SbiRfence(ulong function)
    {
        ulong mask = _s->X[A0];
        ulong start = _s->X[A1];
        if (function > 2)
            return SbiError.NotSupported;
        if (!IsHartMaskValid(mask, start))
            return SbiError.InvalidParam;

        if (function == 0)
        {
            RemoteFence(mask, start, HartRequests.FenceI);
            return SbiError.Success;
        }

        // Function 2 names an address space; every one is flushed.
        RemoteSfence(mask, start, _s->X[A2], _s->X[A3]);
        return SbiError.Success;
    }

    /// <summary>sfence.vma for a range on the harts of a valid mask; start and size 0, or size -1, mean everything.</summary>
    private void RemoteSfence(ulong mask, ulong start, ulong address, ulong size)
    {
        if (IsInHartMask(HartId, mask, start))
            FlushRange(address, size);
        RemoteFence(mask, start, HartRequests.FlushTlb);
    }

    private void FlushRange(ulong address, ulong size)
    {
        ulong last = address + size - 1;
        if (size == 0 || last < address || (last >> PageShift) - (address >> PageShift) >= MaxPagesFlushedOneByOne)
        {
            FlushTranslations();
            return;
        }

        for (ulong page = address >> PageShift; page <= last >> PageShift; page++)
            FlushTranslation(page << PageShift);
    }
}
