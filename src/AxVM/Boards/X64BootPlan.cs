using AxVCpu;
using AxVCpu.Devices;
using AxVM.Acpi;
using AxVM.Boot;
using AxVM.Config;

namespace AxVM.Boards;

/// <summary>How the first processor of an x86-64 machine starts.</summary>
internal enum X64Start
{
    /// <summary>In 64-bit mode with identity page tables; rsi points to boot_params.</summary>
    Long,

    /// <summary>In 32-bit protected mode; ebx points to hvm_start_info.</summary>
    Pvh,

    /// <summary>In real mode, with the few services of <see cref="Boot.BootSector"/>.</summary>
    Real,

    /// <summary>In 32-bit protected mode; eax says by whom, ebx points to the information of a Multiboot loader.</summary>
    Multiboot,
}

/// <summary>Everything that is in the memory of an x86-64 <c>virt</c> board when it starts, and where its first processor begins.</summary>
internal sealed class X64BootPlan : IPreparedBoot
{
    // Low memory, which nothing else wants before the kernel runs.
    private const ulong StartInfo = 0x6000;
    private const ulong BootParams = 0x7000;
    private const ulong SetupData = 0x8000;
    private const ulong PageTables = 0x9000;
    private const ulong CommandLine = 0x2_0000;
    private const ulong CommandLineLimit = 0x2_0000;
    private const ulong InitrdDistance = 512UL << 20;
    private const ulong LargePage = 2UL << 20;
    private const ulong SmallPage = 0x1000;
    private const int SeedBytes = 32;

    private X64BootPlan(IReadOnlyList<PlacedImage> images, byte[] tables, X64Start start, ulong entry, ulong bootData, KernelImage kernel)
    {
        BootData = bootData;
        Images = images;
        Tables = tables;
        Start = start;
        Entry = entry;
        Magic = kernel.Multiboot is { } header ? MultibootInformation.Magic(header.Version) : 0;
        IsLinux = kernel.IsLinux;
    }

    /// <summary>What is written to RAM.</summary>
    public IReadOnlyList<PlacedImage> Images { get; }

    /// <summary>The ACPI tables, for <see cref="X64VirtLayout.TableArea"/>.</summary>
    public byte[] Tables { get; }

    /// <summary>How the first processor starts.</summary>
    public X64Start Start { get; }

    /// <summary>Where it begins.</summary>
    public ulong Entry { get; }

    /// <summary>Whether the kernel is Linux, which needs all of a processor, and not a program that may need little.</summary>
    public bool IsLinux { get; }

    /// <summary>The address for the register that points to the kernel's boot data.</summary>
    public ulong BootData { get; }

    /// <summary>What a Multiboot kernel finds in eax.</summary>
    public uint Magic { get; }

    /// <summary>The root of the page tables.</summary>
    public static ulong Root => PageTables;

    /// <summary>Reads all images and finds their places.</summary>
    /// <exception cref="ImageException">An image is missing, malformed or does not fit.</exception>
    public static X64BootPlan Make(X64VirtConfig board, IReadOnlyList<int> virtioSlots)
    {
        VmConfig config = board.Config;
        if (config.Kernel.Path is not { } path)
        {
            throw new ConfigException("kernel.kernel_path", "is missing");
        }

        BootLayout layout = new(board.Usable);
        foreach (AddressRangeConfig reserved in board.Reserved)
        {
            layout.Place("the reserved range", reserved.Address, default, reserved.Length);
        }

        byte[] commandLine = X64BootData.CommandLine(config.Kernel.CommandLine);
        KernelImage kernel = KernelImage.Load(config.ResolvePath(path), GuestArchitecture.X64, board.RamBytes);
        X64Start start = FindStart(kernel);
        // The fixed places first: a kernel that wants one of them is told so.
        if (start == X64Start.Long)
        {
            layout.Place("the page tables", PageTables, X64BootData.IdentityPageTables(PageTables));
        }

        ulong longest = ulong.Min(kernel.Setup?.CommandLineMaximum ?? CommandLineLimit, CommandLineLimit);
        if ((ulong)commandLine.Length > longest)
        {
            throw new ConfigException("kernel.cmdline", $"has {commandLine.Length - 1} bytes; this kernel takes {longest - 1}");
        }

        if (start == X64Start.Real)
        {
            layout.Place("the interrupt vectors", 0, BootSector.LowMemory());
        }
        else if (start != X64Start.Multiboot)
        {
            layout.Place("the command line", CommandLine, commandLine);
        }

        ulong entry = config.Kernel.EntryPoint ?? 0;
        ulong kernelEntry = PlaceKernel(layout, kernel, config.Kernel, board);
        entry = config.Kernel.EntryPoint is null ? kernelEntry : entry;
        PlacedImage? initrd = PlaceInitrd(layout, board, kernel);
        List<BootModule> modules = PlaceModules(layout, board, kernel, start, initrd);

        byte[] tables = new byte[X64VirtLayout.TableAreaSize];
        AcpiTables.Build(X64VirtLayout.TableArea, config.Base.CpuCount, virtioSlots).CopyTo(tables, 0);
        byte[] seed = new byte[SeedBytes];
        new SystemEntropy().Fill(seed);
        X64BootData.Pointers pointers = new(CommandLine, initrd?.Address ?? 0, initrd?.Size ?? 0, SetupData, X64VirtLayout.TableArea);
        ulong bootData = start == X64Start.Long ? BootParams : StartInfo;
        if (start == X64Start.Multiboot)
        {
            // It has pointers into itself, so its size is known before its place: kernels with real-mode parts may want the usual one.
            byte[] Information(ulong address) => MultibootInformation.Build(kernel.Multiboot!.Version, new(
                address, config.Kernel.CommandLine ?? string.Empty, path, modules, board.Map, tables.AsMemory(0, AcpiTables.RsdpSize)));
            ulong size = (ulong)Information(StartInfo).Length;
            bootData = layout.IsFree(StartInfo, size) ? StartInfo : layout.FindHigh("the Multiboot information", size, SmallPage, X64VirtLayout.LowRamEnd);
            layout.Place("the Multiboot information", bootData, Information(bootData));
        }
        else if (start == X64Start.Real)
        {
            BootSector.Services.CopyTo(tables.AsSpan((int)(BootSector.ServicesAddress - X64VirtLayout.TableArea)));
        }
        else if (start == X64Start.Pvh)
        {
            layout.Place("the start info", StartInfo, X64BootData.PvhStartInfo(StartInfo, board.Map, pointers, modules));
        }
        else
        {
            layout.Place("the setup data", SetupData, X64BootData.SetupDataSeed(seed));
            layout.Place("the boot parameters", BootParams, X64BootData.BootParams(kernel.Setup is { } setup ? setup.Header.Span : default, board.Map, pointers));
        }

        return new X64BootPlan(layout.Placed, tables, start, entry, bootData, kernel);
    }

    /// <summary>By the file's own words; a 32-bit program that says nothing starts as one with the PVH note.</summary>
    private static X64Start FindStart(KernelImage kernel) => kernel switch
    {
        { PvhEntry: not null } => X64Start.Pvh,
        { Multiboot: not null } => X64Start.Multiboot,
        { Format: ImageFormat.BootSector } => X64Start.Real,
        { Is64: false } => X64Start.Pvh,
        _ => X64Start.Long,
    };

    /// <summary>Places the kernel and returns its entry.</summary>
    private static ulong PlaceKernel(BootLayout layout, KernelImage kernel, KernelConfig config, X64VirtConfig board)
    {
        string name = $"the kernel {kernel.Name}";
        if (kernel.Setup is { } setup)
        {
            ulong wanted = config.LoadAddress ?? setup.PreferredAddress;
            if (!setup.IsRelocatable && wanted != setup.PreferredAddress)
            {
                throw new ImageException(kernel.Name, $"cannot be moved from 0x{setup.PreferredAddress:x} to 0x{wanted:x}");
            }

            if ((wanted & (setup.Alignment - 1)) != 0)
            {
                throw new ImageException(kernel.Name, $"at 0x{wanted:x} is not aligned to 0x{setup.Alignment:x}");
            }

            layout.Place(name, wanted, setup.Payload, setup.MemorySize);
            return wanted + BzImageHeader.EntryOffset;
        }

        if (kernel.Format == ImageFormat.BootSector)
        {
            layout.Place(name, BootSector.Address, kernel.Segments[0].Data);
            return BootSector.ServicesAddress;
        }

        if (kernel.Format is not (ImageFormat.Elf or ImageFormat.Multiboot))
        {
            ulong at = config.LoadAddress ?? X64VirtLayout.HighRam;
            layout.Place(name, at, kernel.Segments[0].Data, kernel.MemorySize);
            return at;
        }

        ulong move = config.LoadAddress is ulong address ? address - kernel.Segments.Min(segment => segment.Address) : 0;
        foreach (ImageSegment segment in kernel.Segments)
        {
            ulong place = unchecked(segment.Address + move);
            ulong skip = layout.IsRam(place, segment.MemorySize) ? 0 : segment.HeaderBytes;
            if (skip < segment.MemorySize)
            {
                layout.Place(name, unchecked(place + skip), segment.Data[(int)ulong.Min(skip, (ulong)segment.Data.Length)..], segment.MemorySize - skip);
            }
        }

        return unchecked((kernel.PvhEntry ?? kernel.Entry!.Value) + move);
    }

    /// <summary>The ramdisk lies half of the low RAM, at most 512 MiB, behind the first mebibyte; when that place is taken, as high as possible.</summary>
    private static PlacedImage? PlaceInitrd(BootLayout layout, X64VirtConfig board, KernelImage kernel)
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
        PlacedImage placed = board.Config.Kernel.RamdiskLoadAddress is ulong address
            ? layout.Place(name, address, data)
            : layout.PlaceNear(name, data, MiddleOf(board));
        ulong limit = kernel.Setup?.InitrdMaximum ?? uint.MaxValue;
        return placed.End - 1 <= limit
            ? placed
            : throw new ImageException(name, $"ends at 0x{placed.End - 1:x}, but this kernel reaches only 0x{limit:x}");
    }

    private static ulong MiddleOf(X64VirtConfig board)
    {
        AddressRangeConfig main = board.Usable[1];
        return (main.Address + ulong.Min(main.Length / 2, InitrdDistance)) & ~(LargePage - 1);
    }

    /// <summary>All modules, the ramdisk first; each begins on a page behind the one before, or as high as possible where that is taken.</summary>
    private static List<BootModule> PlaceModules(BootLayout layout, X64VirtConfig board, KernelImage kernel, X64Start start, PlacedImage? initrd)
    {
        IList<ModuleConfig> wanted = board.Config.Modules;
        if (wanted.Count != 0 && start is not (X64Start.Multiboot or X64Start.Pvh))
        {
            throw new ImageException(kernel.Name, "takes no modules: it has neither a Multiboot header nor the PVH note");
        }

        List<BootModule> modules = [];
        ulong next = MiddleOf(board);
        if (initrd is { } placed)
        {
            modules.Add(new BootModule(placed.Address, placed.Size, board.Config.Kernel.RamdiskPath!, string.Empty));
            next = placed.End;
        }

        foreach (ModuleConfig module in wanted)
        {
            // An empty module is one: its words may be all that the kernel wants.
            ReadOnlyMemory<byte> data = ImageFile.Read(board.Config.ResolvePath(module.Path), ImageFile.MaximumBytes);
            string name = $"the module {module.Path}";
            PlacedImage at = layout.PlaceNear(name, data, (next + SmallPage - 1) & ~(SmallPage - 1));
            if (at.End - 1 > uint.MaxValue)
            {
                throw new ImageException(name, $"ends at 0x{at.End - 1:x}, beyond the 32 bits that its kernel is told addresses with");
            }

            modules.Add(new BootModule(at.Address, at.Size, module.Path, module.Arguments ?? string.Empty));
            next = at.End;
        }

        return modules;
    }
}
