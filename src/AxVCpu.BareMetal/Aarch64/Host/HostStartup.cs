using AxVCpu.Devices;

namespace AxVCpu.BareMetal.Aarch64;

/// <summary>
/// From <c>start.S</c> to a machine that can be used: the device tree read, the console open, RAM mapped and counted, the interrupt
/// controller set up, all CPUs up with virtualization enabled.
/// </summary>
internal static unsafe class HostStartup
{
    private const ulong PageSize = 4096;
    private const ulong BlockSize = 2UL << 20;

    private static PhysicalRange s_image;

    /// <summary>The hypervisor's own memory.</summary>
    public static PhysicalRange Image => s_image;

    /// <summary>Sets up everything that is there once, and the boot CPU.</summary>
    /// <returns>False when the machine lacks something needed; what, stands in the log.</returns>
    public static bool TryBoot(ulong fdt, PhysicalRange image)
    {
        HostCpus.OpenBootCpu();
        if (!TryOpenConsole(fdt, image))
            return false;
        ref HostFacts facts = ref HostFdt.Facts;
        if (!TryTakeMemory(ref facts))
            return Failed("its memory is not described, or out of reach"u8);
        if (facts.Distributor.Size == 0 || !HostMap.TryMapDevice(facts.Distributor.Start, facts.Distributor.Size))
            return Failed("the machine has no GICv3"u8);
        for (int i = 0; i < facts.RedistributorCount; i++)
        {
            if (!HostMap.TryMapDevice(facts.Redistributors[i].Start, facts.Redistributors[i].Size))
                return Failed("the redistributors are out of reach"u8);
        }

        HostGic.Open(facts.Distributor.Start);
        if (!TryEnterCpu())
            return false;
        HostCpus.StartOthers();
        Log.Info("up: "u8).Dec(HostCpus.Count).Text(" CPUs, "u8).Dec(HostMemory.TotalPages >> 8).Text(" MiB, image at "u8).Hex(image.Start)
            .Text(", virtualization on"u8).End();
        return true;
    }

    /// <summary>Says that the machine has no EL2, at EL1, and switches it off. There is no per-CPU block, and so no log.</summary>
    public static void RefuseEl1(ulong fdt, PhysicalRange image)
    {
        if (!TryOpenConsole(fdt, image))
            return;
        HostConsole.Write("[axvisor] error: the CPU has started at EL1: the hypervisor needs a machine with EL2\r\n"u8);
        if (HostFdt.Blob.Root.Child("psci"u8).TryText("method"u8, out ReadOnlySpan<byte> method) && FdtText.Same(method, "hvc"u8))
            Native.Hvc((ulong)FirmwareFunction.SystemOff);
        else
            HostCpus.PowerOff();
    }

    /// <summary>Reads the device tree and opens the console. Nobody can be told about a failure here.</summary>
    private static bool TryOpenConsole(ulong fdt, PhysicalRange image)
    {
        s_image = image;
        var tree = new PhysicalRange { Start = fdt & ~(BlockSize - 1), Size = 2 * BlockSize };
        if (fdt == 0 || !TryMapAround(tree) || HostFdt.Open(fdt) != FdtStatus.Ok)
            return false;
        ref HostFacts facts = ref HostFdt.Facts;
        if (facts.Console.Size != 0 && HostMap.TryMapDevice(facts.Console.Start, facts.Console.Size))
            HostConsole.Open(facts.Console.Start);
        return true;
    }

    /// <summary>Sets up this CPU: interrupts and virtualization.</summary>
    public static bool TryEnterCpu()
    {
        PerCpuBlock* cpu = Native.CurrentCpu();
        if (!HostGic.OpenCpu(cpu))
            return Failed("it has no redistributor"u8);
        EngineError error = cpu->Virtualization.Init(cpu->Index);
        if (error.IsNone)
            error = cpu->Virtualization.HardwareEnable();
        return error.IsNone || Failed("it has no second-stage translation of 39 bits"u8);
    }

    private static bool Failed(ReadOnlySpan<byte> what)
    {
        Log.Error("cpu "u8).Dec(Native.CurrentCpu()->Index).Text(" cannot be used: "u8).Text(what).End();
        return false;
    }

    private static bool TryTakeMemory(ref HostFacts facts)
    {
        for (int i = 0; i < facts.MemoryCount; i++)
        {
            PhysicalRange range = facts.Memory[i];
            ulong end = range.End & ~(PageSize - 1);
            range.Start = (range.Start + PageSize - 1) & ~(PageSize - 1);
            range.Start = range.Start == 0 ? PageSize : range.Start;
            if (end <= range.Start)
                continue;
            range.Size = end - range.Start;
            ulong words = FrameBitmap.WordsFor(range.Size / PageSize) * sizeof(ulong);
            if (!TryMapAround(range) || !TryPlace(ref facts, range, words, out ulong storage) ||
                !HostMemory.TryAddRange(range.Start, range.Size, storage))
                return false;
            HostMemory.Reserve(storage, words);
        }

        HostMemory.Reserve(s_image.Start, s_image.Size);
        fixed (byte* tree = HostFdt.Bytes)
            HostMemory.Reserve((ulong)tree, (ulong)HostFdt.Bytes.Length);
        HostMemory.Reserve(facts.Archive.Start, facts.Archive.Size);
        for (int i = 0; i < facts.ReservedCount; i++)
            HostMemory.Reserve(facts.Reserved[i].Start, facts.Reserved[i].Size);
        return facts.MemoryCount != 0;
    }

    /// <summary>The first place in a range that nobody owns yet.</summary>
    private static bool TryPlace(ref HostFacts facts, PhysicalRange range, ulong size, out ulong place)
    {
        var candidate = new PhysicalRange { Start = range.Start, Size = size };
        for (bool moved = true; moved;)
        {
            moved = MovePast(ref candidate, s_image) | MovePast(ref candidate, facts.Archive);
            fixed (byte* tree = HostFdt.Bytes)
                moved |= MovePast(ref candidate, new PhysicalRange { Start = (ulong)tree, Size = (ulong)HostFdt.Bytes.Length });
            for (int i = 0; i < facts.ReservedCount; i++)
                moved |= MovePast(ref candidate, facts.Reserved[i]);
        }

        place = candidate.Start;
        return candidate.End <= range.End;
    }

    private static bool MovePast(ref PhysicalRange candidate, PhysicalRange owned)
    {
        if (!candidate.Overlaps(owned))
            return false;
        candidate.Start = (owned.End + PageSize - 1) & ~(PageSize - 1);
        return true;
    }

    /// <summary>Maps RAM except the image, whose pages are mapped with their rights and whose guard pages must not be.</summary>
    private static bool TryMapAround(PhysicalRange range)
    {
        ulong below = range.Start < s_image.Start ? (range.End < s_image.Start ? range.End : s_image.Start) : range.Start;
        ulong above = range.End > s_image.End ? (range.Start > s_image.End ? range.Start : s_image.End) : range.End;
        return (below == range.Start || HostMap.TryMapRam(range.Start, below - range.Start)) &&
               (above == range.End || HostMap.TryMapRam(above, range.End - above));
    }
}
