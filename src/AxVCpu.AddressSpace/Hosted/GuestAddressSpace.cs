namespace AxVCpu.Memory;

/// <summary>
/// The guest-physical memory of one VM in a hosted program: an <see cref="AddressSpace{TFormat, TFrames, TTlb}"/> of a format chosen at run
/// time, with its own <see cref="RamArena"/>. Used by the VM, by devices (DMA) and by engines.
/// </summary>
/// <remarks>
/// Thread-safe; dispose it after the vCPUs and devices have stopped. Refusals are return values, as guests and configuration files cause
/// them; only a host that refuses memory at creation is an exception.
/// </remarks>
public abstract unsafe class GuestAddressSpace : IDisposable
{
    private protected GuestAddressSpace()
    {
    }

    /// <summary>The format of the nested table.</summary>
    public abstract NestedFormat Format { get; }

    /// <summary>The arena that frames come from.</summary>
    public abstract RamArena Arena { get; }

    /// <summary>The root of the nested table, for <c>SetNestedRoot</c>.</summary>
    public abstract HostPhysAddr Root { get; }

    /// <summary>The first address.</summary>
    public abstract GuestPhysAddr Base { get; }

    /// <summary>The size in bytes: all that the format can address.</summary>
    public abstract ulong Size { get; }

    /// <summary>Frames of 4 KiB that hold guest memory now: lazy regions count what was touched.</summary>
    public abstract ulong ResidentFrames { get; }

    /// <summary>Frames of 4 KiB that hold tables now.</summary>
    public abstract ulong TableFrames { get; }

    /// <summary>The number of regions.</summary>
    public abstract int RegionCount { get; }

    /// <summary>Makes an empty address space.</summary>
    /// <param name="format">The format that the engine walks.</param>
    /// <param name="memoryLimit">How many bytes of guest memory can be resident, up to 2^45; room for tables comes on top.</param>
    /// <param name="regionCapacity">How many regions there can be.</param>
    /// <exception cref="ArgumentOutOfRangeException">A number is out of range or the format unknown.</exception>
    /// <exception cref="EngineException">The host refuses the memory.</exception>
    public static GuestAddressSpace Create(NestedFormat format, ulong memoryLimit, int regionCapacity = 256) => format switch
    {
        NestedFormat.Sv39x4 => new HostedAddressSpace<Sv39x4>(format, memoryLimit, regionCapacity),
        NestedFormat.Sv48x4 => new HostedAddressSpace<Sv48x4>(format, memoryLimit, regionCapacity),
        NestedFormat.Ept => new HostedAddressSpace<X64Ept>(format, memoryLimit, regionCapacity),
        NestedFormat.Npt => new HostedAddressSpace<X64Npt>(format, memoryLimit, regionCapacity),
        NestedFormat.Stage2 => new HostedAddressSpace<Aarch64Stage2<Ipa40>>(format, memoryLimit, regionCapacity),
        NestedFormat.Stage2Ipa48 => new HostedAddressSpace<Aarch64Stage2<Ipa48>>(format, memoryLimit, regionCapacity),
        _ => throw new ArgumentOutOfRangeException(nameof(format)),
    };

    /// <summary>Sets who is told of invalid translations; null for nobody. Set it before the vCPUs run.</summary>
    public abstract void SetInvalidator(INestedTlbListener? listener);

    /// <summary>Sets who is told of mappings; null for nobody. It is told of the regions there are.</summary>
    /// <exception cref="InvalidOperationException">Somebody else is told already.</exception>
    public abstract void SetMemoryListener(IGuestMemoryListener? listener);

    /// <inheritdoc cref="AddressSpace{TFormat, TFrames, TTlb}.MapLinear"/>
    public abstract AddressSpaceError MapLinear(GuestPhysAddr start, HostPhysAddr target, ulong size, MappingFlags flags);

    /// <inheritdoc cref="AddressSpace{TFormat, TFrames, TTlb}.MapAlloc"/>
    public abstract AddressSpaceError MapAlloc(GuestPhysAddr start, ulong size, MappingFlags flags, bool populate);

    /// <inheritdoc cref="AddressSpace{TFormat, TFrames, TTlb}.Unmap"/>
    public abstract AddressSpaceError Unmap(GuestPhysAddr start, ulong size);

    /// <inheritdoc cref="AddressSpace{TFormat, TFrames, TTlb}.Protect"/>
    public abstract AddressSpaceError Protect(GuestPhysAddr start, ulong size, MappingFlags flags);

    /// <inheritdoc cref="AddressSpace{TFormat, TFrames, TTlb}.Clear"/>
    public abstract void Clear();

    /// <inheritdoc cref="AddressSpace{TFormat, TFrames, TTlb}.ContainsRange"/>
    public abstract bool ContainsRange(GuestPhysAddr start, ulong size);

    /// <inheritdoc cref="AddressSpace{TFormat, TFrames, TTlb}.TryGetRegion"/>
    public abstract bool TryGetRegion(GuestPhysAddr address, out AddressRegion region);

    /// <inheritdoc cref="AddressSpace{TFormat, TFrames, TTlb}.TryGetRegionAt"/>
    public abstract bool TryGetRegionAt(int index, out AddressRegion region);

    /// <inheritdoc cref="AddressSpace{TFormat, TFrames, TTlb}.HandlePageFault"/>
    public abstract PageFaultOutcome HandlePageFault(GuestPhysAddr address, MappingFlags access);

    /// <inheritdoc cref="AddressSpace{TFormat, TFrames, TTlb}.Translate"/>
    public abstract bool Translate(GuestPhysAddr address, out HostPhysAddr target);

    /// <inheritdoc cref="AddressSpace{TFormat, TFrames, TTlb}.TranslateAndGetLimit"/>
    public abstract bool TranslateAndGetLimit(
        GuestPhysAddr address, out HostPhysAddr target, out ulong limit, ulong atMost = ulong.MaxValue);

    /// <inheritdoc cref="AddressSpace{TFormat, TFrames, TTlb}.Walk"/>
    public abstract NestedWalkStatus Walk(GuestPhysAddr address, MappingFlags access, out NestedTranslation translation);

    /// <inheritdoc cref="AddressSpace{TFormat, TFrames, TTlb}.Read"/>
    public abstract GuestAccessStatus Read(GuestPhysAddr address, Span<byte> destination);

    /// <inheritdoc cref="AddressSpace{TFormat, TFrames, TTlb}.Write"/>
    public abstract GuestAccessStatus Write(GuestPhysAddr address, ReadOnlySpan<byte> source);

    /// <inheritdoc cref="AddressSpace{TFormat, TFrames, TTlb}.ReadVolatile"/>
    public abstract GuestAccessStatus ReadVolatile(GuestPhysAddr address, AccessWidth width, out ulong value);

    /// <inheritdoc cref="AddressSpace{TFormat, TFrames, TTlb}.WriteVolatile"/>
    public abstract GuestAccessStatus WriteVolatile(GuestPhysAddr address, AccessWidth width, ulong value);

    /// <inheritdoc cref="AddressSpace{TFormat, TFrames, TTlb}.DirtyLogWords"/>
    public abstract ulong DirtyLogWords(GuestPhysAddr address);

    /// <summary>Starts logging writes to the mapping that holds <paramref name="address"/>, by the guest, the host and devices. The bitmap
    /// (one bit for each 4 KiB page) belongs to this object.</summary>
    /// <returns>NotMapped, DirtyLogState (already on); or None.</returns>
    public abstract AddressSpaceError EnableDirtyLog(GuestPhysAddr address);

    /// <summary>Stops logging for the mapping that holds <paramref name="address"/>.</summary>
    /// <returns>NotMapped, DirtyLogState (already off); or None.</returns>
    public abstract AddressSpaceError DisableDirtyLog(GuestPhysAddr address);

    /// <inheritdoc cref="AddressSpace{TFormat, TFrames, TTlb}.MarkDirty"/>
    public abstract void MarkDirty(GuestPhysAddr start, ulong size);

    /// <inheritdoc cref="AddressSpace{TFormat, TFrames, TTlb}.FetchAndClearDirty"/>
    public abstract AddressSpaceError FetchAndClearDirty(GuestPhysAddr address, Span<ulong> destination);

    /// <summary>As <see cref="AddressSpace{TFormat, TFrames, TTlb}.TryGetHostAddress"/>, as a pointer.</summary>
    /// <param name="address">The guest-physical address.</param>
    /// <param name="size">Bytes, at least 1.</param>
    /// <param name="access">Read or Write or both.</param>
    /// <param name="pointer">Valid until the mapping is changed; call <see cref="MarkDirty"/> after writing through it.</param>
    /// <returns>False when the range is not memory, not permitted, or not contiguous in the host: copy then.</returns>
    public abstract bool TryGetHostPointer(GuestPhysAddr address, ulong size, MappingFlags access, out nint pointer);

    /// <inheritdoc cref="AddressSpace{TFormat, TFrames, TTlb}.ReadObject"/>
    public GuestAccessStatus ReadObject<T>(GuestPhysAddr address, out T value)
        where T : unmanaged
    {
        T copy = default;
        GuestAccessStatus status = Read(address, new Span<byte>(&copy, sizeof(T)));
        value = status == GuestAccessStatus.Ok ? copy : default;
        return status;
    }

    /// <inheritdoc cref="AddressSpace{TFormat, TFrames, TTlb}.WriteObject"/>
    public GuestAccessStatus WriteObject<T>(GuestPhysAddr address, T value)
        where T : unmanaged =>
        Write(address, new ReadOnlySpan<byte>(&value, sizeof(T)));

    /// <summary>Frees all memory of the VM.</summary>
    public void Dispose()
    {
        Dispose(disposing: true);
        GC.SuppressFinalize(this);
    }

    /// <summary>Frees all memory of the VM.</summary>
    protected abstract void Dispose(bool disposing);
}
