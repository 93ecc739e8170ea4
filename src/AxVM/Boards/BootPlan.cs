using AxVCpu;
using AxVCpu.Devices;
using AxVCpu.Software.Riscv64.Isa;
using AxVM.Boot;
using AxVM.Config;
using AxVM.Fdt;

namespace AxVM.Boards;

/// <summary>Everything that is in the memory of a riscv64 <c>virt</c> board when it starts, and where its harts begin.</summary>
internal sealed class BootPlan : IPreparedBoot
{
    private const ulong InitrdDistance = 512UL << 20;
    private const ulong DtbAlignment = 2UL << 20;
    private const int RngSeedBytes = 32;
    private const ulong Page = 0x1000;

    private BootPlan(BootLayout layout, ulong entry, PlacedImage dtb, byte[]? rom, KernelImage? program, ulong move, FwCfgItems items)
    {
        Items = items;
        Images = layout.Placed;
        Tree = dtb.Data;
        Entry = entry;
        Free = FindFree(layout, dtb);
        Dtb = dtb.Address;
        Rom = rom;
        ToHost = program?.ToHost + move;
        FromHost = program?.FromHost + move;
        Signature = program?.Signature is { } signature ? signature with { Address = signature.Address + move } : null;
    }

    /// <summary>What is written to RAM.</summary>
    public IReadOnlyList<PlacedImage> Images { get; }

    /// <summary>Where the first hart, or in the machine profile every hart, begins.</summary>
    public ulong Entry { get; }

    /// <summary>The devicetree's address.</summary>
    public ulong Dtb { get; }

    /// <summary>The devicetree.</summary>
    public ReadOnlyMemory<byte> Tree { get; }

    /// <summary>Memory behind everything placed in the first RAM, up to the devicetree or the end.</summary>
    public AddressRangeConfig Free { get; }

    /// <summary>What is written to the reset ROM, in the machine profile.</summary>
    public byte[]? Rom { get; }

    /// <summary>What the firmware configuration device tells.</summary>
    public FwCfgItems Items { get; }

    /// <summary>The address of the program's <c>tohost</c>.</summary>
    public ulong? ToHost { get; }

    /// <summary>The address of the program's <c>fromhost</c>.</summary>
    public ulong? FromHost { get; }

    /// <summary>The range of memory that is the program's result.</summary>
    public AddressRangeConfig? Signature { get; }

    /// <summary>
    /// Whether the kernel is an ELF that only machine mode can be meant for: one with a <c>tohost</c> symbol or section, or one that
    /// is linked for the start of RAM, where a kernel for supervisor mode would find firmware. A file that cannot be read is not; loading
    /// it says why.
    /// </summary>
    public static bool IsMachineProgram(Riscv64VirtConfig board)
    {
        if (board.Config.Kernel.Path is not { } path)
        {
            return false;
        }

        try
        {
            string resolved = board.Config.ResolvePath(path);
            if (!ImageFile.IsElf(resolved))
            {
                return false;
            }

            KernelImage image = KernelImage.Load(resolved, GuestArchitecture.Riscv64, board.RamBytes);
            ulong lowest = board.Config.Kernel.LoadAddress
                ?? image.Segments.Where(segment => segment.HeaderBytes < segment.MemorySize).Select(segment => segment.Address + segment.HeaderBytes).DefaultIfEmpty().Min();
            return image.ToHost is not null || lowest is >= Riscv64VirtLayout.Ram and < Riscv64VirtLayout.FirmwarePayload;
        }
        catch (ImageException)
        {
            return false;
        }
    }

    /// <summary>Reads all images and finds their places.</summary>
    /// <exception cref="ImageException">An image is missing, malformed or does not fit.</exception>
    public static BootPlan Make(Riscv64VirtConfig board, StartProfile profile)
    {
        KernelConfig config = board.Config.Kernel;
        if (!board.HasProgram)
        {
            throw new ConfigException("kernel.kernel_path", "is missing; there must be a kernel, firmware (bios_path) or flash (pflash)");
        }

        BootLayout layout = new(board.Ram);
        foreach (AddressRangeConfig reserved in board.Reserved)
        {
            layout.Place("the reserved range", reserved.Address, default, reserved.Length);
        }

        KernelImage? firmware = board.HasFirmware ? Load(board, config.BiosPath!) : null;
        // What is in flash for supervisor mode loads the kernel itself, by the firmware configuration device.
        bool hasFlash = board.Config.Flash.Count != 0;
        bool isLoadedByFlash = hasFlash && (firmware is not null || profile == StartProfile.Sbi);
        FwCfgItems items = Describe(board);
        if (isLoadedByFlash)
        {
            AddFiles(items, board);
        }

        KernelImage? kernel = config.Path is { } path && !isLoadedByFlash ? Load(board, path) : null;
        ulong? firmwareEntry = firmware is null
            ? null
            : Place(layout, "the firmware", firmware, config.BiosLoadAddress ?? Riscv64VirtLayout.Ram, config.BiosLoadAddress is not null);
        ulong kernelBase = config.LoadAddress ?? DefaultBase(kernel, isAlone: profile == StartProfile.Machine && firmware is null);
        ulong kernelEntry = kernel is null ? 0 : Place(layout, "the kernel", kernel, kernelBase, config.LoadAddress is not null);
        ulong move = kernel?.Entry is ulong linked ? unchecked(kernelEntry - linked) : 0;
        kernelEntry = config.EntryPoint ?? kernelEntry;
        ulong next = isLoadedByFlash ? Riscv64VirtLayout.Flash : kernelEntry;
        if (kernel is not null && !layout.IsRam(kernelEntry, 1))
        {
            throw new ImageException(kernel.Name, $"begins at 0x{kernelEntry:x}, which is not in the guest's RAM");
        }

        PlacedImage? initrd = isLoadedByFlash ? null : PlaceInitrd(layout, board, kernel is null ? Riscv64VirtLayout.Ram : kernelBase);
        byte[] tree = config.DtbPath is { } dtbPath
            ? ReadTree(board.Config.ResolvePath(dtbPath))
            : Generate(board, profile, initrd).ToBlob();
        PlacedImage dtb = config.DtbPath is not null && config.DtbLoadAddress is ulong address
            ? layout.Place("the devicetree", address, tree)
            : layout.PlaceHigh("the devicetree", tree, DtbAlignment, Riscv64VirtLayout.DtbLimit);
        if (profile == StartProfile.Sbi)
        {
            return new BootPlan(layout, firmwareEntry ?? next, dtb, null, kernel, move, items);
        }

        ulong start = firmwareEntry ?? (hasFlash ? Riscv64VirtLayout.Flash : kernelEntry);
        byte[] rom = ResetRom.Build(start, dtb.Address, firmware is null ? 0 : next, 0);
        return new BootPlan(layout, Riscv64VirtLayout.ResetRom, dtb, rom, kernel, move, items);
    }

    /// <summary>What the firmware configuration device tells of every machine.</summary>
    public static FwCfgItems Describe(Riscv64VirtConfig board) =>
        new(board.Config.Base.CpuCount, board.RamBytes, FwCfgFeatures.Traditional | FwCfgFeatures.Dma);

    /// <summary>The tree that the board generates.</summary>
    public static FlattenedDeviceTree Generate(Riscv64VirtConfig board, StartProfile profile, PlacedImage? initrd)
    {
        FlattenedDeviceTree tree = Riscv64VirtTree.Generate(Options(board, profile, initrd));
        foreach (AddressRangeConfig reserved in board.Reserved)
        {
            tree.Reservations.Add(new FdtReservation(reserved.Address, reserved.Length));
        }

        return tree;
    }

    /// <summary>Between the highest image and the devicetree, which is placed as high as it can be.</summary>
    private static AddressRangeConfig FindFree(BootLayout layout, PlacedImage dtb)
    {
        AddressRangeConfig ram = layout.Ram[0];
        ulong end = ram.Address + ram.Length;
        ulong limit = dtb.Address > ram.Address && dtb.Address < end ? dtb.Address : end;
        ulong start = layout.Placed.Where(image => image.End <= limit && image.Address >= ram.Address).Select(image => image.End).DefaultIfEmpty(ram.Address).Max();
        start = ulong.Min((start + Page - 1) & ~(Page - 1), limit);
        return new AddressRangeConfig(start, limit - start);
    }

    private static Riscv64VirtTreeOptions Options(Riscv64VirtConfig board, StartProfile profile, PlacedImage? initrd) => new()
    {
        HartIds = [.. Enumerable.Range(0, board.Config.Base.CpuCount).Select(id => (ulong)id)],
        Ram = board.Ram,
        IsaString = IsaString.Format(board.Isa),
        IsaExtensions = IsaString.Names(board.Isa),
        Mmu = board.Config.Engine.Mmu ?? "sv57",
        Profile = profile,
        VirtioSlots = [.. Enumerable.Range(0, Riscv64VirtLayout.VirtioSlots)],
        FlashBanks = board.Config.Flash.Count,
        CommandLine = board.Config.Kernel.CommandLine,
        Initrd = initrd is { } placed ? new AddressRangeConfig(placed.Address, placed.Size) : null,
        RngSeed = RandomSeed(),
    };

    private static byte[] RandomSeed()
    {
        byte[] seed = new byte[RngSeedBytes];
        new SystemEntropy().Fill(seed);
        return seed;
    }

    private static KernelImage Load(Riscv64VirtConfig board, string path) =>
        KernelImage.Load(board.Config.ResolvePath(path), GuestArchitecture.Riscv64, board.RamBytes);

    /// <summary>
    /// A kernel alone in machine mode has the start of RAM, or what a Linux image asks for. Every other one is where firmware would
    /// put it, also when SBI is answered without firmware in memory.
    /// </summary>
    private static ulong DefaultBase(KernelImage? kernel, bool isAlone) => isAlone
        ? Riscv64VirtLayout.Ram + (kernel?.TextOffset ?? 0)
        : Riscv64VirtLayout.FirmwarePayload;

    /// <summary>Places an image and returns its entry.</summary>
    private static ulong Place(BootLayout layout, string what, KernelImage image, ulong wanted, bool isExplicit)
    {
        string name = $"{what} {image.Name}";
        if (image.Format != ImageFormat.Elf)
        {
            layout.Place(name, wanted, image.Segments[0].Data, image.MemorySize);
            return wanted;
        }

        // An ELF knows its addresses; an explicit load address moves it as a whole, and so does one that can lie anywhere.
        ulong lowest = image.Segments.Min(segment => segment.Address);
        ulong move = isExplicit || image.IsMovable ? wanted - lowest : 0;
        foreach (ImageSegment segment in image.Segments)
        {
            ulong address = unchecked(segment.Address + move);
            ulong skip = layout.IsRam(address, segment.MemorySize) ? 0 : segment.HeaderBytes;
            if (skip < segment.MemorySize)
            {
                layout.Place(name, unchecked(address + skip), segment.Data[(int)skip..], segment.MemorySize - skip);
            }
        }

        return unchecked(image.Entry!.Value + move);
    }

    /// <summary>
    /// The ramdisk lies half of RAM, at most 512 MiB, behind the kernel: far enough for the kernel to unpack itself,
    /// near enough to be mapped early. When that place is taken it goes as high as possible.
    /// </summary>
    private static PlacedImage? PlaceInitrd(BootLayout layout, Riscv64VirtConfig board, ulong kernelBase)
    {
        if (board.Config.Kernel.RamdiskPath is not { } path)
        {
            return null;
        }

        string resolved = board.Config.ResolvePath(path);
        ReadOnlyMemory<byte> data = ImageFile.Read(resolved, ImageFile.MaximumBytes);
        if (data.IsEmpty)
        {
            throw new ImageException(resolved, "is empty");
        }

        string name = $"the ramdisk {path}";
        return board.Config.Kernel.RamdiskLoadAddress is ulong address
            ? layout.Place(name, address, data)
            : layout.PlaceNear(name, data, (kernelBase + ulong.Min(board.Ram[0].Length / 2, InitrdDistance)) & ~0xfffUL);
    }

    /// <summary>The kernel, its ramdisk and its command line for firmware that loads them itself.</summary>
    private static void AddFiles(FwCfgItems items, Riscv64VirtConfig board)
    {
        KernelConfig config = board.Config.Kernel;
        if (config.Path is { } path)
        {
            string resolved = board.Config.ResolvePath(path);
            ReadOnlyMemory<byte> file = ImageFile.Read(resolved, ImageFile.MaximumBytes);
            ReadOnlyMemory<byte> kernel = ImageFile.IsGzip(file.Span) ? ImageFile.Gunzip(file, resolved, board.RamBytes) : file;
            items.Add(FwCfgKey.KernelData, kernel);
            items.Add(FwCfgKey.KernelSize, (uint)kernel.Length);
        }

        if (config.RamdiskPath is { } ramdisk)
        {
            ReadOnlyMemory<byte> data = ImageFile.Read(board.Config.ResolvePath(ramdisk), ImageFile.MaximumBytes);
            items.Add(FwCfgKey.InitrdData, data);
            items.Add(FwCfgKey.InitrdSize, (uint)data.Length);
        }

        if (config.CommandLine is { } commandLine)
        {
            byte[] text = [.. System.Text.Encoding.UTF8.GetBytes(commandLine), 0];
            items.Add(FwCfgKey.CommandLineData, text);
            items.Add(FwCfgKey.CommandLineSize, (uint)text.Length);
        }
    }

    private static byte[] ReadTree(string path)
    {
        byte[] blob = ImageFile.Read(path, FlattenedDeviceTree.MaximumSize).ToArray();
        try
        {
            FlattenedDeviceTree.Read(blob);
            return blob;
        }
        catch (FdtException e)
        {
            throw new ImageException(path, e.Message, e);
        }
    }
}
