using System.Buffers.Binary;

namespace AxVM.Boot;

/// <summary>
/// The setup header of a Linux <c>bzImage</c> (Documentation/arch/x86/boot.rst, "The Real-Mode Kernel Header"). Nothing in
/// the file is trusted.
/// </summary>
internal sealed class BzImageHeader
{
    // Offsets in the file, which are those in boot_params too.
    private const int SetupSectorsAt = 0x1f1;
    private const int HeaderAt = 0x1f1;
    private const int JumpAt = 0x201;
    private const int MagicAt = 0x202;
    private const int VersionAt = 0x206;
    private const int InitrdMaximumAt = 0x22c;
    private const int AlignmentAt = 0x230;
    private const int RelocatableAt = 0x234;
    private const int XLoadFlagsAt = 0x236;
    private const int CommandLineSizeAt = 0x238;
    private const int PreferredAddressAt = 0x258;
    private const int InitSizeAt = 0x260;
    private const int HeaderEnd = 0x264;
    private const int SectorSize = 512;
    private const int DefaultSetupSectors = 4;
    private const int Oldest = 0x20c; // the first with xloadflags
    private const ushort Kernel64 = 1 << 0; // XLF_KERNEL_64: a 64-bit entry at +0x200
    private const ushort AboveFourGigabytes = 1 << 1; // XLF_CAN_BE_LOADED_ABOVE_4G
    private const ulong Entry64 = 0x200;
    private const uint MaximumAlignment = 1 << 30;

    private BzImageHeader(ReadOnlyMemory<byte> header, ReadOnlyMemory<byte> payload)
    {
        Header = header;
        Payload = payload;
    }

    /// <summary>The setup header as it lies in the file, to be copied to <see cref="HeaderOffset"/> of boot_params.</summary>
    public ReadOnlyMemory<byte> Header { get; }

    /// <summary>Where the header lies in the file and in boot_params.</summary>
    public static int HeaderOffset => HeaderAt;

    /// <summary>The protected-mode kernel.</summary>
    public ReadOnlyMemory<byte> Payload { get; }

    /// <summary>Bytes of memory the kernel needs from its load address on before it knows the memory map.</summary>
    public ulong MemorySize { get; private init; }

    /// <summary>Where the kernel would like to be.</summary>
    public ulong PreferredAddress { get; private init; }

    /// <summary>Alignment of its address; 1 for a kernel that cannot move.</summary>
    public ulong Alignment { get; private init; }

    /// <summary>Whether it may be loaded elsewhere.</summary>
    public bool IsRelocatable { get; private init; }

    /// <summary>The highest address of the ramdisk's last byte.</summary>
    public ulong InitrdMaximum { get; private init; }

    /// <summary>The most bytes of command line, without the closing zero.</summary>
    public uint CommandLineMaximum { get; private init; }

    /// <summary>The distance of the 64-bit entry from the load address.</summary>
    public static ulong EntryOffset => Entry64;

    public static bool IsOne(ReadOnlySpan<byte> file) => file.Length > VersionAt && file[MagicAt..].StartsWith("HdrS"u8);

    /// <exception cref="ImageException">The header is damaged, too old, or the kernel has no 64-bit entry.</exception>
    public static BzImageHeader Parse(ReadOnlyMemory<byte> file, string name, ulong limit)
    {
        ReadOnlySpan<byte> data = file.Span;
        if (data.Length < HeaderEnd)
        {
            throw new ImageException(name, $"is a truncated bzImage: it has {data.Length} bytes, its header alone needs {HeaderEnd}");
        }

        int version = BinaryPrimitives.ReadUInt16LittleEndian(data[VersionAt..]);
        if (version < Oldest)
        {
            throw new ImageException(name, $"is a bzImage of boot protocol {version >> 8}.{version & 0xff}; at least 2.12 is needed");
        }

        ushort flags = BinaryPrimitives.ReadUInt16LittleEndian(data[XLoadFlagsAt..]);
        if ((flags & Kernel64) == 0)
        {
            throw new ImageException(name, "is a bzImage of a 32-bit kernel; a 64-bit one is needed");
        }

        // The jump over the header tells where it ends.
        int end = MagicAt + data[JumpAt];
        if (end < HeaderEnd || end > data.Length)
        {
            throw new ImageException(name, $"is a damaged bzImage: its header ends at 0x{end:x}");
        }

        int sectors = data[SetupSectorsAt] == 0 ? DefaultSetupSectors : data[SetupSectorsAt];
        int payload = (sectors + 1) * SectorSize;
        if (payload >= data.Length)
        {
            throw new ImageException(name, $"is a truncated bzImage: its kernel would begin at 0x{payload:x}, but it has 0x{data.Length:x} bytes");
        }

        ulong size = ulong.Max(BinaryPrimitives.ReadUInt32LittleEndian(data[InitSizeAt..]), (ulong)(data.Length - payload));
        bool relocatable = data[RelocatableAt] != 0;
        uint alignment = BinaryPrimitives.ReadUInt32LittleEndian(data[AlignmentAt..]);
        if (relocatable && (alignment is 0 or > MaximumAlignment || !System.Numerics.BitOperations.IsPow2(alignment)))
        {
            throw new ImageException(name, $"is a damaged bzImage: its alignment 0x{alignment:x} is not a power of two up to 1 GiB");
        }

        if (size > limit)
        {
            throw KernelImage.TooLarge(name, size, limit);
        }

        return new BzImageHeader(file[HeaderAt..end], file[payload..])
        {
            MemorySize = size,
            PreferredAddress = BinaryPrimitives.ReadUInt64LittleEndian(data[PreferredAddressAt..]),
            Alignment = relocatable ? alignment : 1,
            IsRelocatable = relocatable,
            InitrdMaximum = (flags & AboveFourGigabytes) != 0 ? ulong.MaxValue >> 1 : BinaryPrimitives.ReadUInt32LittleEndian(data[InitrdMaximumAt..]),
            CommandLineMaximum = BinaryPrimitives.ReadUInt32LittleEndian(data[CommandLineSizeAt..]),
        };
    }
}
