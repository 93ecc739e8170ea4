using System.Runtime.CompilerServices;

namespace AxVCpu.BareMetal.Hypervisor;

/// <summary>A file of the archive and the guest-physical address where it belongs.</summary>
internal struct PlacedFile
{
    internal uint File;
    internal ulong Address;
}

/// <summary>A region of guest memory.</summary>
internal struct RegionConfig
{
    internal ulong Address;
    internal ulong Size;
    internal MappingFlags Flags;
    internal RegionType Type;

    /// <summary>Whether a range lies in the region.</summary>
    internal readonly bool Holds(ulong address, ulong size) => address >= Address && address - Address <= Size && size <= Size - (address - Address);
}

/// <summary>An emulated device of the manifest.</summary>
internal struct EmulatedDevice
{
    internal uint Type;
    internal uint Interrupt;
    internal ulong Address;
    internal ulong Size;
}

/// <summary>A range of host addresses given to the guest.</summary>
internal struct PassthroughRange
{
    internal ulong Address;
    internal ulong HostAddress;
    internal ulong Size;
    internal uint Interrupt;
}

/// <summary>Who may subscribe to what a VM publishes.</summary>
internal struct ChannelRule
{
    internal ulong Key;
    internal uint Peer;
    internal ChannelRights Rights;
}

/// <summary>A disk in memory.</summary>
internal struct MemoryDisk
{
    internal uint File;
    internal bool IsReadOnly;
}

/// <summary>A piece of the archive, which stays where it is: text is not copied.</summary>
internal unsafe struct ArchiveText
{
    private byte* _start;
    private int _length;

    // SAFETY: the archive lies in memory that is reserved for good.
    internal readonly ReadOnlySpan<byte> Span => new(_start, _length);

    internal static ArchiveText Of(ReadOnlySpan<byte> text)
    {
        ArchiveText result = default;
        fixed (byte* start = text)
            result._start = start;
        result._length = text.Length;
        return result;
    }
}

[InlineArray(ArchiveFormat.MaxVCpus)]
internal struct VCpuWords
{
    private ulong _first;
}

[InlineArray(ArchiveFormat.MaxRegions)]
internal struct RegionConfigs
{
    private RegionConfig _first;
}

[InlineArray(ArchiveFormat.MaxDevices)]
internal struct EmulatedDevices
{
    private EmulatedDevice _first;
}

[InlineArray(ArchiveFormat.MaxPassthrough)]
internal struct PassthroughRanges
{
    private PassthroughRange _first;
}

[InlineArray(ArchiveFormat.MaxPassthrough)]
internal struct ArchiveTexts
{
    private ArchiveText _first;
}

[InlineArray(ArchiveFormat.MaxChannelRules)]
internal struct ChannelRules
{
    private ChannelRule _first;
}

[InlineArray(ArchiveFormat.MaxDisks)]
internal struct MemoryDisks
{
    private MemoryDisk _first;
}

[InlineArray(ArchiveFormat.MaxImages)]
internal struct PlacedFiles
{
    private PlacedFile _first;
}

/// <summary>Why a manifest was refused: the item, and what is wrong with it.</summary>
internal enum ManifestProblem : byte
{
    None,

    /// <summary>The item has another size than its tag needs.</summary>
    WrongSize,

    /// <summary>The value is outside of its range.</summary>
    OutOfRange,

    /// <summary>There are more of these items than there is room for.</summary>
    TooMany,

    /// <summary>The item is needed, and is not there.</summary>
    Missing,

    /// <summary>The tag is not known.</summary>
    Unknown,

    /// <summary>The items do not end where the manifest does.</summary>
    Malformed,
}

/// <summary>A VM as its manifest describes it: everything in range, nothing yet compared with the host.</summary>
internal struct VmManifest
{
    internal uint Id;
    internal ArchiveText Name;
    internal uint VCpus;
    internal uint Weight;
    internal VmFlags Flags;
    internal ulong Entry;
    internal ArchiveText CommandLine;
    internal ulong DeviceTreeAddress;
    internal bool HasRamdisk;
    internal bool HasDeviceTree;
    internal PlacedFile Ramdisk;
    internal PlacedFile DeviceTree;
    internal int ImageCount;
    internal int CpuSetCount;
    internal int CpuIdCount;
    internal int RegionCount;
    internal int DeviceCount;
    internal int NodeCount;
    internal int RangeCount;
    internal int RuleCount;
    internal int DiskCount;
    internal PlacedFiles Images;
    internal VCpuWords CpuSets;
    internal VCpuWords CpuIds;
    internal RegionConfigs Regions;
    internal EmulatedDevices Devices;
    internal ArchiveTexts Nodes;
    internal PassthroughRanges Ranges;
    internal ChannelRules Rules;
    internal MemoryDisks Disks;
    private bool _hasId;
    private bool _hasEntry;

    /// <summary>The physical CPUs that may run a vCPU.</summary>
    internal readonly CpuSet CpuSetOf(int vcpu) => vcpu < CpuSetCount ? CpuSet.FromMask(CpuSets[vcpu]) : CpuSet.Unrestricted;

    /// <summary>The MPIDR affinity fields of a vCPU: as given, or Aff0 = its number.</summary>
    internal readonly ulong MpidrOf(int vcpu) => vcpu < CpuIdCount ? CpuIds[vcpu] : (ulong)vcpu;

    /// <summary>Reads a manifest.</summary>
    /// <param name="bytes">The manifest; its texts are referred to, not copied.</param>
    /// <param name="manifest">The result; in part when it is refused.</param>
    /// <param name="tag">The item that is wrong.</param>
    internal static ManifestProblem Read(ReadOnlySpan<byte> bytes, ref VmManifest manifest, out ManifestTag tag)
    {
        manifest = default;
        manifest.VCpus = 1;
        manifest.Weight = ArchiveFormat.DefaultWeight;
        var reader = new ManifestReader(bytes);
        while (reader.Next(out tag, out ReadOnlySpan<byte> value))
        {
            ManifestProblem problem = manifest.Take(tag, value);
            if (problem != ManifestProblem.None)
                return problem;
        }
        return reader.IsMalformed ? ManifestProblem.Malformed : manifest.CheckWhole(out tag);
    }

    private ManifestProblem CheckWhole(out ManifestTag tag)
    {
        tag = !_hasId ? ManifestTag.Id : Name.Span.IsEmpty ? ManifestTag.Name : !_hasEntry ? ManifestTag.Entry : RegionCount == 0 ? ManifestTag.Region
            : ManifestTag.None;
        if (tag != ManifestTag.None)
            return ManifestProblem.Missing;
        tag = CpuSetCount != 0 && CpuSetCount != (int)VCpus ? ManifestTag.CpuSet : CpuIdCount != 0 && CpuIdCount != (int)VCpus ? ManifestTag.CpuId
            : ManifestTag.None;
        return tag == ManifestTag.None ? ManifestProblem.None : ManifestProblem.OutOfRange;
    }

    private ManifestProblem Take(ManifestTag tag, ReadOnlySpan<byte> value)
    {
        int size = SizeOf(tag);
        if (size < 0)
            return ManifestProblem.Unknown;
        if (size != 0 && value.Length != size)
            return ManifestProblem.WrongSize;
        switch (tag)
        {
            case ManifestTag.Id:
                Id = LittleEndianBytes.U32(value, 0);
                _hasId = true;
                return ManifestProblem.None;
            case ManifestTag.Name:
                Name = ArchiveText.Of(value);
                return InRange(value.Length is > 0 and <= ArchiveFormat.MaxVmNameLength && IsPrintable(value));
            case ManifestTag.CpuCount:
                VCpus = LittleEndianBytes.U32(value, 0);
                return InRange(VCpus is > 0 and <= ArchiveFormat.MaxVCpus);
            case ManifestTag.CpuSet:
                if (CpuSetCount == ArchiveFormat.MaxVCpus)
                    return ManifestProblem.TooMany;
                CpuSets[CpuSetCount++] = LittleEndianBytes.U64(value, 0);
                return ManifestProblem.None;
            case ManifestTag.CpuId:
                if (CpuIdCount == ArchiveFormat.MaxVCpus)
                    return ManifestProblem.TooMany;
                CpuIds[CpuIdCount++] = LittleEndianBytes.U64(value, 0);
                return InRange((CpuIds[CpuIdCount - 1] & ~0xFF_00FF_FFFFUL) == 0); // MPIDR_EL1: Aff3 in 39:32, Aff2 to Aff0 in 23:0
            case ManifestTag.Weight:
                Weight = LittleEndianBytes.U32(value, 0);
                return InRange(Weight is > 0 and <= ArchiveFormat.MaxWeight);
            case ManifestTag.Flags:
                Flags = (VmFlags)LittleEndianBytes.U32(value, 0);
                return InRange((Flags & ~(VmFlags.AutoStart | VmFlags.EndsMachine | VmFlags.VirtioConsole)) == 0);
            case ManifestTag.Entry:
                Entry = LittleEndianBytes.U64(value, 0);
                _hasEntry = true;
                return ManifestProblem.None;
            case ManifestTag.Image:
                if (ImageCount == ArchiveFormat.MaxImages)
                    return ManifestProblem.TooMany;
                Images[ImageCount++] = File(value);
                return ManifestProblem.None;
            case ManifestTag.Ramdisk:
                Ramdisk = File(value);
                HasRamdisk = true;
                return ManifestProblem.None;
            case ManifestTag.DeviceTree:
                DeviceTree = File(value);
                HasDeviceTree = true;
                return ManifestProblem.None;
            case ManifestTag.DeviceTreeAddress:
                DeviceTreeAddress = LittleEndianBytes.U64(value, 0);
                return ManifestProblem.None;
            case ManifestTag.CommandLine:
                CommandLine = ArchiveText.Of(value);
                return InRange(value.Length <= ArchiveFormat.MaxCommandLineLength && IsPrintable(value));
            default:
                return TakeListed(tag, value);
        }
    }

    private ManifestProblem TakeListed(ManifestTag tag, ReadOnlySpan<byte> value)
    {
        switch (tag)
        {
            case ManifestTag.Region:
                return TakeRegion(value);
            case ManifestTag.Device:
                if (DeviceCount == ArchiveFormat.MaxDevices)
                    return ManifestProblem.TooMany;
                ref EmulatedDevice device = ref Devices[DeviceCount++];
                device.Type = LittleEndianBytes.U32(value, 0);
                device.Interrupt = LittleEndianBytes.U32(value, 4);
                device.Address = LittleEndianBytes.U64(value, 8);
                device.Size = LittleEndianBytes.U64(value, 16);
                return InRange(device.Size <= ulong.MaxValue - device.Address);
            case ManifestTag.PassthroughNode:
                if (NodeCount == ArchiveFormat.MaxPassthrough)
                    return ManifestProblem.TooMany;
                Nodes[NodeCount++] = ArchiveText.Of(value);
                return InRange(value.Length != 0 && value[0] == (byte)'/' && IsPrintable(value));
            case ManifestTag.PassthroughRange:
                if (RangeCount == ArchiveFormat.MaxPassthrough)
                    return ManifestProblem.TooMany;
                ref PassthroughRange range = ref Ranges[RangeCount++];
                range.Address = LittleEndianBytes.U64(value, 0);
                range.HostAddress = LittleEndianBytes.U64(value, 8);
                range.Size = LittleEndianBytes.U64(value, 16);
                range.Interrupt = LittleEndianBytes.U32(value, 24);
                return InRange(IsPageRange(range.Address, range.Size) && IsPageRange(range.HostAddress, range.Size));
            case ManifestTag.ChannelRule:
                if (RuleCount == ArchiveFormat.MaxChannelRules)
                    return ManifestProblem.TooMany;
                ref ChannelRule rule = ref Rules[RuleCount++];
                rule.Key = LittleEndianBytes.U64(value, 0);
                rule.Peer = LittleEndianBytes.U32(value, 8);
                rule.Rights = (ChannelRights)LittleEndianBytes.U32(value, 12);
                return InRange((rule.Rights & ~(ChannelRights.Read | ChannelRights.Write)) == 0);
            default:
                if (DiskCount == ArchiveFormat.MaxDisks)
                    return ManifestProblem.TooMany;
                uint flags = LittleEndianBytes.U32(value, 4);
                Disks[DiskCount].File = LittleEndianBytes.U32(value, 0);
                Disks[DiskCount++].IsReadOnly = flags != 0;
                return InRange(flags <= 1);
        }
    }

    private ManifestProblem TakeRegion(ReadOnlySpan<byte> value)
    {
        const MappingFlags Known = MappingFlags.Read | MappingFlags.Write | MappingFlags.Execute | MappingFlags.User | MappingFlags.Device | MappingFlags.Uncached;
        if (RegionCount == ArchiveFormat.MaxRegions)
            return ManifestProblem.TooMany;
        ref RegionConfig region = ref Regions[RegionCount];
        region.Address = LittleEndianBytes.U64(value, 0);
        region.Size = LittleEndianBytes.U64(value, 8);
        region.Flags = (MappingFlags)LittleEndianBytes.U32(value, 16);
        region.Type = (RegionType)LittleEndianBytes.U32(value, 20);
        RegionCount++;
        return InRange(IsPageRange(region.Address, region.Size) && (region.Flags & ~Known) == 0 && region.Type <= RegionType.Reserved);
    }

    /// <summary>The exact size of an item's value; 0 for text, negative for an unknown tag.</summary>
    private static int SizeOf(ManifestTag tag) => tag switch
    {
        ManifestTag.Name or ManifestTag.CommandLine or ManifestTag.PassthroughNode => 0,
        ManifestTag.Id or ManifestTag.CpuCount or ManifestTag.Weight or ManifestTag.Flags => 4,
        ManifestTag.CpuSet or ManifestTag.CpuId or ManifestTag.Entry or ManifestTag.DeviceTreeAddress or ManifestTag.Disk => 8,
        ManifestTag.Image or ManifestTag.Ramdisk or ManifestTag.DeviceTree or ManifestTag.ChannelRule => 16,
        ManifestTag.Region or ManifestTag.Device => 24,
        ManifestTag.PassthroughRange => 32,
        _ => -1,
    };

    private static PlacedFile File(ReadOnlySpan<byte> value)
    {
        PlacedFile file = default;
        file.File = LittleEndianBytes.U32(value, 0);
        file.Address = LittleEndianBytes.U64(value, 8);
        return file;
    }

    private static bool IsPageRange(ulong start, ulong size) => size != 0 && ((start | size) & 0xFFF) == 0 && size <= ulong.MaxValue - start;

    private static bool IsPrintable(ReadOnlySpan<byte> text)
    {
        for (int i = 0; i < text.Length; i++)
        {
            if (text[i] is < (byte)' ' or 0x7F)
                return false;
        }
        return true;
    }

    private static ManifestProblem InRange(bool isInRange) => isInRange ? ManifestProblem.None : ManifestProblem.OutOfRange;
}
