using System.Runtime.CompilerServices;
using AxVCpu.Devices;

namespace AxVCpu.BareMetal.Aarch64;

/// <summary>A run of physical addresses.</summary>
internal struct PhysicalRange
{
    /// <summary>The first address.</summary>
    public ulong Start;

    /// <summary>How many bytes.</summary>
    public ulong Size;

    /// <summary>The address after the last.</summary>
    public readonly ulong End => Start + Size;

    /// <summary>Whether the two have an address in common.</summary>
    public readonly bool Overlaps(PhysicalRange other) => Start < other.End && other.Start < End;
}

/// <summary>Storage for ranges.</summary>
[InlineArray(Count)]
internal struct PhysicalRanges
{
    /// <summary>As many as are used.</summary>
    public const int Count = 16;
    private PhysicalRange _first;
}

/// <summary>Storage for the affinities of CPUs.</summary>
[InlineArray((int)PerCpuBlock.MaxCpus)]
internal struct CpuAffinities
{
    private ulong _first;
}

/// <summary>What the boot loader's device tree says about the host.</summary>
internal struct HostFacts
{
    /// <summary>RAM.</summary>
    public PhysicalRanges Memory;

    /// <summary>How many ranges <see cref="Memory"/> has.</summary>
    public int MemoryCount;

    /// <summary>RAM that belongs to somebody else.</summary>
    public PhysicalRanges Reserved;

    /// <summary>How many ranges <see cref="Reserved"/> has.</summary>
    public int ReservedCount;

    /// <summary>The affinity fields of each CPU's MPIDR_EL1.</summary>
    public CpuAffinities Cpus;

    /// <summary>How many CPUs there are.</summary>
    public uint CpuCount;

    /// <summary>The interrupt distributor.</summary>
    public PhysicalRange Distributor;

    /// <summary>The redistributors' regions.</summary>
    public PhysicalRanges Redistributors;

    /// <summary>How many ranges <see cref="Redistributors"/> has.</summary>
    public int RedistributorCount;

    /// <summary>The PL011 that is the console; of size 0 when there is none.</summary>
    public PhysicalRange Console;

    /// <summary>The console's interrupt; 0 when it has none.</summary>
    public uint ConsoleInterrupt;

    /// <summary>What the boot loader put into the initial RAM disk.</summary>
    public PhysicalRange Archive;

    /// <summary>Reads the facts.</summary>
    public static HostFacts Of(FdtBlob blob)
    {
        HostFacts facts = default;
        for (FdtNodeView node = blob.Root.FirstChild; node.Exists; node = node.NextSibling)
        {
            if (node.TryText("device_type"u8, out ReadOnlySpan<byte> type) && FdtText.Same(type, "memory"u8) && node.IsEnabled)
                AddRanges(node, 0, ref facts.Memory, ref facts.MemoryCount);
        }

        for (FdtNodeView node = blob.Root.Child("reserved-memory"u8).FirstChild; node.Exists; node = node.NextSibling)
            AddRanges(node, 0, ref facts.Reserved, ref facts.ReservedCount);
        for (int i = 0; facts.ReservedCount < PhysicalRanges.Count && blob.TryReservation(i, out ulong address, out ulong length); i++)
            facts.Reserved[facts.ReservedCount++] = new PhysicalRange { Start = address, Size = length };

        for (FdtNodeView cpu = blob.Root.Child("cpus"u8).FirstChild; cpu.Exists; cpu = cpu.NextSibling)
        {
            if (facts.CpuCount < PerCpuBlock.MaxCpus && cpu.IsEnabled && cpu.TryCpuId(out ulong id))
                facts.Cpus[(int)facts.CpuCount++] = id;
        }

        FdtNodeView gic = blob.Root.FindCompatible("arm,gic-v3"u8);
        if (gic.TryRegister(0, out ulong start, out ulong size))
            facts.Distributor = new PhysicalRange { Start = start, Size = size };
        AddRanges(gic, 1, ref facts.Redistributors, ref facts.RedistributorCount);
        if (gic.TryCell("#redistributor-regions"u8, out uint regions) || gic.Exists)
            facts.RedistributorCount = Lower(facts.RedistributorCount, regions == 0 ? 1 : (int)regions);

        FdtNodeView uart = FindConsole(blob.Root);
        if (uart.TryRegister(0, out start, out size))
            facts.Console = new PhysicalRange { Start = start, Size = size };
        if (uart.TryGicInterrupt(0, out FdtGicInterrupt interrupt))
            facts.ConsoleInterrupt = interrupt.IntId;

        FdtNodeView chosen = blob.Root.Child("chosen"u8);
        if (chosen.TryNumber("linux,initrd-start"u8, out start) && chosen.TryNumber("linux,initrd-end"u8, out ulong end) && end > start)
            facts.Archive = new PhysicalRange { Start = start, Size = end - start };
        return facts;
    }

    /// <summary>The PL011 that <c>stdout-path</c> names, else the first that is for us: a secure one is marked as disabled.</summary>
    private static FdtNodeView FindConsole(FdtNodeView root)
    {
        if (root.Child("chosen"u8).TryText("stdout-path"u8, out ReadOnlySpan<byte> path))
        {
            for (int end = 0; end < path.Length; end++)
            {
                if (path[end] == (byte)':') // options of the line follow
                    path = path.Slice(0, end);
            }

            if (path.Length != 0 && path[0] != (byte)'/' && root.Child("aliases"u8).TryText(path, out ReadOnlySpan<byte> alias))
                path = alias;
            FdtNodeView named = root.At(path);
            if (named.Exists && named.IsEnabled && named.IsCompatible("arm,pl011"u8))
                return named;
        }

        FdtNodeView node = root.FindCompatible("arm,pl011"u8);
        while (node.Exists && !node.IsEnabled)
            node = node.NextInBlob.FindCompatible("arm,pl011"u8);
        return node;
    }

    private static void AddRanges(FdtNodeView node, int first, ref PhysicalRanges ranges, ref int count)
    {
        for (int i = first; count < PhysicalRanges.Count && node.TryRegister(i, out ulong start, out ulong size); i++)
        {
            if (size != 0 && start + size > start)
                ranges[count++] = new PhysicalRange { Start = start, Size = size };
        }
    }

    private static int Lower(int a, int b) => a < b ? a : b;
}

/// <summary>The device tree that the boot loader gave, and what it says.</summary>
internal static unsafe class HostFdt
{
    private static ulong s_address;
    private static int s_size;
    private static HostFacts s_facts;

    /// <summary>What the tree says.</summary>
    public static ref HostFacts Facts => ref s_facts;

    /// <summary>The tree's bytes.</summary>
    // SAFETY: Open checked the size and reserved the memory for good.
    public static ReadOnlySpan<byte> Bytes => new((void*)s_address, s_size);

    /// <summary>The tree, opened.</summary>
    public static FdtBlob Blob
    {
        get
        {
            FdtBlob.Open(Bytes, out FdtBlob blob);
            return blob;
        }
    }

    /// <summary>The command line; empty when there is none.</summary>
    public static ReadOnlySpan<byte> BootArguments =>
        Blob.Root.Child("chosen"u8).TryText("bootargs"u8, out ReadOnlySpan<byte> text) ? text : default;

    /// <summary>The initial RAM disk; empty when there is none.</summary>
    // SAFETY: the boot code reserves and maps this memory before anybody asks.
    public static ReadOnlySpan<byte> Archive => new((void*)s_facts.Archive.Start, (int)s_facts.Archive.Size);

    /// <summary>Looks for a tree at an address that is mapped as far as the largest tree reaches.</summary>
    public static FdtStatus Open(ulong address)
    {
        FdtStatus status = FdtBlob.Open(new ReadOnlySpan<byte>((void*)address, FdtFormat.MaximumSize), out FdtBlob blob);
        if (status == FdtStatus.Ok)
        {
            s_address = address;
            s_size = blob.Bytes.Length;
            s_facts = HostFacts.Of(blob);
        }

        return status;
    }
}
