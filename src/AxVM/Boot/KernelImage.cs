using System.Buffers.Binary;
using AxVCpu;

namespace AxVM.Boot;

/// <summary>The form of an image, after decompression.</summary>
public enum ImageFormat
{
    /// <summary>Bytes without a header.</summary>
    Raw,

    /// <summary>Linux's <c>Image</c>.</summary>
    LinuxImage,

    /// <summary>An ELF program.</summary>
    Elf,

    /// <summary>Linux's <c>bzImage</c> for x86.</summary>
    BzImage,

    /// <summary>A boot sector for x86, with what follows it.</summary>
    BootSector,

    /// <summary>A file for x86 whose Multiboot header says which of its bytes go where.</summary>
    Multiboot,
}

/// <summary>A piece of an image with the place it wants.</summary>
/// <param name="Address">The guest-physical address; for <see cref="ImageFormat.Raw"/> and <see cref="ImageFormat.LinuxImage"/> an offset from the base that is chosen.</param>
/// <param name="Data">The bytes.</param>
/// <param name="MemorySize">Bytes occupied: at least as many as <paramref name="Data"/> has; the rest is zero.</param>
/// <param name="HeaderBytes">How many bytes at its begin are only the file's own headers, notes and padding, which may be left out where no memory is.</param>
public readonly record struct ImageSegment(ulong Address, ReadOnlyMemory<byte> Data, ulong MemorySize, ulong HeaderBytes = 0);

/// <summary>A kernel, firmware or test program, recognised by its content.</summary>
public sealed class KernelImage
{
    // Documentation/arch/riscv/boot-image-header.rst and Documentation/arch/arm64/booting.rst: one layout of header.
    private const int LinuxHeaderSize = 64;
    private const int TextOffsetAt = 8;
    private const int ImageSizeAt = 16;
    private const int MagicAt = 56;
    private const uint RiscvMagic = 0x05435352;
    private const uint Arm64Magic = 0x644d5241;
    private const string ToHostName = "tohost";
    private const ulong FromHostDistance = 64; // both are aligned to 64 bytes

    private KernelImage(string name, ImageFormat format, bool wasCompressed, IReadOnlyList<ImageSegment> segments)
    {
        Name = name;
        Format = format;
        WasCompressed = wasCompressed;
        Segments = segments;
    }

    /// <summary>The file's name.</summary>
    public string Name { get; }

    /// <summary>The form.</summary>
    public ImageFormat Format { get; }

    /// <summary>Whether the file was gzip of that form.</summary>
    public bool WasCompressed { get; }

    /// <summary>The pieces, in the order of the file.</summary>
    public IReadOnlyList<ImageSegment> Segments { get; }

    /// <summary>The physical entry address of an ELF or Multiboot file; <c>null</c> for the others, which are entered at their base.</summary>
    public ulong? Entry { get; private init; }

    /// <summary>Linux <c>Image</c>: the offset from a 2 MiB boundary the kernel wants; 0 otherwise.</summary>
    public ulong TextOffset { get; private init; }

    /// <summary>The physical address of the ELF symbol <c>tohost</c>, or else of the section <c>.tohost</c>, if there is one.</summary>
    public ulong? ToHost { get; private init; }

    /// <summary>The physical address of the ELF symbol <c>fromhost</c>, or else of its place in the section <c>.tohost</c>, if there is one.</summary>
    public ulong? FromHost { get; private init; }

    /// <summary>The range between the ELF symbols <c>begin_signature</c> and <c>end_signature</c>, if they are there.</summary>
    internal AddressRangeConfig? Signature { get; private init; }

    /// <summary>The 32-bit entry that an ELF names for PVH; <c>null</c> when it has none.</summary>
    public ulong? PvhEntry { get; private init; }

    /// <summary>Whether it is a Linux kernel, as its form or a note in it says.</summary>
    internal bool IsLinux { get; private init; }

    /// <summary>Whether an ELF file can lie anywhere, so that a place is chosen for it.</summary>
    internal bool IsMovable { get; private init; }

    /// <summary>The Multiboot header of an x86 kernel; <c>null</c> when it has none.</summary>
    internal MultibootHeader? Multiboot { get; private init; }

    /// <summary>Whether an ELF file is of 64 bits.</summary>
    internal bool Is64 { get; private init; } = true;

    /// <summary>What a bzImage says about itself; <c>null</c> for the other forms.</summary>
    internal BzImageHeader? Setup { get; private init; }

    /// <summary>Bytes of memory that a <see cref="ImageFormat.Raw"/> or <see cref="ImageFormat.LinuxImage"/> occupies from its base.</summary>
    public ulong MemorySize => Segments[0].MemorySize;

    /// <summary>Reads and recognises a file.</summary>
    /// <param name="path">The file.</param>
    /// <param name="architecture">What the guest is; an image for another is refused.</param>
    /// <param name="limit">The most bytes the image may have once decompressed, usually the guest's RAM.</param>
    /// <exception cref="ImageException">The file cannot be read or is not an image for that guest.</exception>
    public static KernelImage Load(string path, GuestArchitecture architecture, ulong limit) =>
        Parse(ImageFile.Read(path, ImageFile.MaximumBytes), path, architecture, limit);

    /// <summary>Recognises an image in memory.</summary>
    /// <inheritdoc cref="Load" path="/exception"/>
    public static KernelImage Parse(ReadOnlyMemory<byte> file, string name, GuestArchitecture architecture, ulong limit)
    {
        if (file.IsEmpty)
        {
            throw new ImageException(name, "is empty");
        }

        bool compressed = ImageFile.IsGzip(file.Span);
        ReadOnlyMemory<byte> bytes = compressed ? ImageFile.Gunzip(file, name, limit) : file;
        ReadOnlySpan<byte> data = bytes.Span;
        if (data.StartsWith(ElfFile.Magic))
        {
            ElfFile elf = ElfFile.Parse(bytes, name, architecture);
            MultibootHeader? header = architecture == GuestArchitecture.X64 && elf.PvhEntry is null ? MultibootHeader.Find(bytes, name) : null;
            // A file without symbols still has the section that Berkeley's linker scripts keep for the mailbox.
            (ulong Address, ulong Size)? mailbox = elf.SymbolAddress(ToHostName) is null ? elf.FindSection(".tohost") : null;
            return header?.Load is not null
                ? MultibootImage(bytes, name, compressed, header, elf.Entry)
                : new KernelImage(name, ImageFormat.Elf, compressed, elf.Segments)
                {
                    Entry = header?.Entry ?? elf.Entry,
                    ToHost = elf.SymbolAddress(ToHostName) ?? mailbox?.Address,
                    FromHost = elf.SymbolAddress("fromhost") ?? (mailbox?.Size > FromHostDistance ? mailbox?.Address + FromHostDistance : null),
                    Signature = FindSignature(elf, name, limit),
                    PvhEntry = elf.PvhEntry,
                    Multiboot = header,
                    Is64 = elf.Is64,
                    IsLinux = elf.IsLinux,
                    IsMovable = elf.IsMovable,
                };
        }

        if (BzImageHeader.IsOne(data))
        {
            CheckArchitecture(name, "an x86 bzImage", GuestArchitecture.X64, architecture);
            BzImageHeader setup = BzImageHeader.Parse(bytes, name, limit);
            return new KernelImage(name, ImageFormat.BzImage, compressed, [new ImageSegment(0, setup.Payload, setup.MemorySize)])
            {
                Setup = setup,
                IsLinux = true,
            };
        }

        if (architecture == GuestArchitecture.X64 && MultibootHeader.Find(bytes, name) is { } multiboot)
        {
            return MultibootImage(bytes, name, compressed, multiboot, null);
        }

        if (architecture == GuestArchitecture.X64 && BootSector.IsOne(data, data.Length))
        {
            return new KernelImage(name, ImageFormat.BootSector, compressed, [new ImageSegment(BootSector.Address, bytes, (ulong)data.Length)]);
        }

        RefuseOtherForms(data, name);
        if (data.Length >= LinuxHeaderSize)
        {
            uint magic = BinaryPrimitives.ReadUInt32LittleEndian(data[MagicAt..]);
            if (magic is RiscvMagic or Arm64Magic)
            {
                CheckArchitecture(name, "a Linux Image", magic == RiscvMagic ? GuestArchitecture.Riscv64 : GuestArchitecture.Aarch64, architecture);
                return LinuxImage(bytes, name, compressed, limit);
            }
        }

        return (ulong)data.Length <= limit
            ? new KernelImage(name, ImageFormat.Raw, compressed, [new ImageSegment(0, bytes, (ulong)data.Length)])
            : throw TooLarge(name, (ulong)data.Length, limit);
    }

    internal static void CheckArchitecture(string name, string what, GuestArchitecture found, GuestArchitecture wanted)
    {
        if (found != wanted)
        {
            throw new ImageException(name, $"is {what} for {Text(found)}, but the guest is {Text(wanted)}");
        }
    }

    internal static string Text(GuestArchitecture architecture) => architecture switch
    {
        GuestArchitecture.Riscv64 => "riscv64",
        GuestArchitecture.Aarch64 => "aarch64",
        _ => "x86_64",
    };

    internal static ImageException TooLarge(string name, ulong size, ulong limit) =>
        new(name, $"needs {size} bytes of memory, but the guest has {limit}");

    private static AddressRangeConfig? FindSignature(ElfFile elf, string name, ulong limit)
    {
        if (elf.SymbolAddress("begin_signature") is not ulong begin || elf.SymbolAddress("end_signature") is not ulong end)
        {
            return null;
        }

        return end >= begin && end - begin <= limit
            ? new AddressRangeConfig(begin, end - begin)
            : throw new ImageException(name, $"has its signature from 0x{begin:x} to 0x{end:x}, which is no range of memory");
    }

    private static KernelImage MultibootImage(ReadOnlyMemory<byte> bytes, string name, bool compressed, MultibootHeader header, ulong? elfEntry)
    {
        ImageSegment segment = header.Load
            ?? throw new ImageException(name, "has a Multiboot header without load addresses and is no ELF file, so its place is unknown");
        ulong entry = header.Entry ?? elfEntry
            ?? throw new ImageException(name, "has a Multiboot header without an entry address and is no ELF file, so its entry is unknown");
        return new KernelImage(name, ImageFormat.Multiboot, compressed, [segment]) { Entry = entry, Multiboot = header };
    }

    private static KernelImage LinuxImage(ReadOnlyMemory<byte> bytes, string name, bool compressed, ulong limit)
    {
        ulong textOffset = BinaryPrimitives.ReadUInt64LittleEndian(bytes.Span[TextOffsetAt..]);
        ulong size = ulong.Max(BinaryPrimitives.ReadUInt64LittleEndian(bytes.Span[ImageSizeAt..]), (ulong)bytes.Length);
        if (textOffset >= limit || size > limit - textOffset)
        {
            throw new ImageException(name, $"says it needs 0x{size:x} bytes at offset 0x{textOffset:x}, but the guest has 0x{limit:x} bytes of memory");
        }

        return new KernelImage(name, ImageFormat.LinuxImage, compressed, [new ImageSegment(0, bytes, size)]) { TextOffset = textOffset };
    }

    /// <summary>Forms that would be loaded as raw bytes and then fail in a way nobody understands.</summary>
    private static void RefuseOtherForms(ReadOnlySpan<byte> data, string name)
    {
        string? form =
            data.StartsWith((ReadOnlySpan<byte>)[0xfd, (byte)'7', (byte)'z', (byte)'X', (byte)'Z', 0]) ? "compressed with xz; unpack it first"
            : data.StartsWith((ReadOnlySpan<byte>)[0x28, 0xb5, 0x2f, 0xfd]) ? "compressed with zstd; unpack it first"
            : data.StartsWith("BZh"u8) ? "compressed with bzip2; unpack it first"
            : data.StartsWith((ReadOnlySpan<byte>)[0x04, 0x22, 0x4d, 0x18]) || data.StartsWith((ReadOnlySpan<byte>)[0x02, 0x21, 0x4c, 0x18]) ? "compressed with lz4; unpack it first"
            : data.StartsWith("MZ\0\0zimg"u8) ? "an EFI zboot image; unpack the kernel inside first"
            : data.StartsWith("!<arch>\n"u8) ? "an archive (a Debian package?)"
            : data.StartsWith((ReadOnlySpan<byte>)[0x27, 0x05, 0x19, 0x56]) ? "a U-Boot uImage; load the kernel inside instead"
            : null;
        if (form is not null)
        {
            throw new ImageException(name, $"is {form}, which cannot be loaded");
        }
    }
}
