using AxVCpu.BareMetal.Aarch64;

namespace AxVCpu.BareMetal.Hypervisor;

/// <summary>Which addresses of the host may be given to a guest as they are: neither RAM that is shared out, nor what the hypervisor uses itself.</summary>
internal static class HostRanges
{
    /// <summary>Whether a guest may have a range of host addresses.</summary>
    internal static bool IsFree(ulong start, ulong size)
    {
        var range = new PhysicalRange { Start = start, Size = size };
        ref HostFacts facts = ref HostFdt.Facts;
        if (range.Overlaps(HostStartup.Image) || range.Overlaps(facts.Archive) || range.Overlaps(facts.Distributor) || range.Overlaps(facts.Console))
            return false;
        for (int i = 0; i < facts.RedistributorCount; i++)
        {
            if (range.Overlaps(facts.Redistributors[i]))
                return false;
        }
        for (int i = 0; i < facts.MemoryCount; i++)
        {
            if (range.Overlaps(facts.Memory[i]) && !IsReserved(range, ref facts))
                return false;
        }
        return true;
    }

    /// <summary>Whether a range lies in RAM that the host's devicetree keeps from its system.</summary>
    private static bool IsReserved(PhysicalRange range, ref HostFacts facts)
    {
        for (int i = 0; i < facts.ReservedCount; i++)
        {
            if (range.Start >= facts.Reserved[i].Start && range.End <= facts.Reserved[i].End)
                return true;
        }
        return false;
    }
}
