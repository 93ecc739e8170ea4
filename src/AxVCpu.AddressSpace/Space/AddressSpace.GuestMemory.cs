namespace AxVCpu.Memory;

/// <remarks>
/// Accesses of the host and of devices. They obey the rights of the region, populate lazy pages and cross pages and regions. Only
/// <see cref="ReadVolatile"/> and <see cref="WriteVolatile"/> are atomic against the guest; a buffer that spans pages is checked as a
/// whole before a byte is transferred.
/// </remarks>
public unsafe partial struct AddressSpace<TFormat, TFrames, TTlb>
{
    /// <summary>How much is copied before a thread that waits to unmap gets its turn.</summary>
    private const ulong CopyChunk = 64 * 1024;

    /// <summary>Copies guest memory to a buffer.</summary>
    public GuestAccessStatus Read(GuestPhysAddr address, Span<byte> destination)
    {
        GuestAccessStatus status = Prepare(address, (ulong)destination.Length, MappingFlags.Read);
        for (int done = 0; done < destination.Length && status == GuestAccessStatus.Ok;)
        {
            int reader = _readers.Enter();
            if (TryLocate(address + (ulong)done, MappingFlags.Read, (ulong)(destination.Length - done), out byte* host, out int count))
            {
                new ReadOnlySpan<byte>(host, count).CopyTo(destination.Slice(done, count));
                done += count;
                _readers.Leave(reader);
            }
            else
            {
                _readers.Leave(reader);
                status = Fault(address + (ulong)done, MappingFlags.Read);
            }
        }

        return status;
    }

    /// <summary>Copies a buffer to guest memory and marks the pages dirty.</summary>
    public GuestAccessStatus Write(GuestPhysAddr address, ReadOnlySpan<byte> source)
    {
        GuestAccessStatus status = Prepare(address, (ulong)source.Length, MappingFlags.Write);
        for (int done = 0; done < source.Length && status == GuestAccessStatus.Ok;)
        {
            GuestPhysAddr at = address + (ulong)done;
            int reader = _readers.Enter();
            if (TryLocate(at, MappingFlags.Write, (ulong)(source.Length - done), out byte* host, out int count))
            {
                source.Slice(done, count).CopyTo(new Span<byte>(host, count));
                LeaveAfterWrite(reader, at, (ulong)count);
                done += count;
            }
            else
            {
                _readers.Leave(reader);
                status = Fault(at, MappingFlags.Write);
            }
        }

        return status;
    }

    /// <summary>Reads an object from guest memory; it may lie across pages and regions and at any alignment.</summary>
    public GuestAccessStatus ReadObject<T>(GuestPhysAddr address, out T value)
        where T : unmanaged
    {
        T copy = default;

        // SAFETY: a local of unmanaged type, alive during the call.
        GuestAccessStatus status = Read(address, new Span<byte>(&copy, sizeof(T)));
        value = status == GuestAccessStatus.Ok ? copy : default;
        return status;
    }

    /// <summary>Writes an object to guest memory; it may lie across pages and regions and at any alignment.</summary>
    public GuestAccessStatus WriteObject<T>(GuestPhysAddr address, T value)
        where T : unmanaged =>
        Write(address, new ReadOnlySpan<byte>(&value, sizeof(T)));

    /// <summary>Reads with one single-copy atomic access that has acquire semantics.</summary>
    /// <param name="address">A multiple of the width.</param>
    /// <param name="width">1, 2, 4 or 8 bytes.</param>
    /// <param name="value">The value, zero-extended.</param>
    public GuestAccessStatus ReadVolatile(GuestPhysAddr address, AccessWidth width, out ulong value)
    {
        value = 0;
        if (!address.IsAligned((ulong)width))
        {
            return GuestAccessStatus.Misaligned;
        }

        while (true)
        {
            int reader = _readers.Enter();
            bool located = TryLocate(address, MappingFlags.Read, (ulong)width, out byte* host, out _);
            if (located)
            {
                value = width switch
                {
                    AccessWidth.Byte => Volatile.Read(ref *host),
                    AccessWidth.Word => Volatile.Read(ref *(ushort*)host),
                    AccessWidth.Dword => Volatile.Read(ref *(uint*)host),
                    _ => Volatile.Read(ref *(ulong*)host),
                };
            }

            _readers.Leave(reader);
            GuestAccessStatus status = located ? GuestAccessStatus.Ok : Fault(address, MappingFlags.Read);
            if (located || status != GuestAccessStatus.Ok)
            {
                return status;
            }
        }
    }

    /// <summary>Writes with one single-copy atomic access that has release semantics, and marks the page dirty.</summary>
    /// <param name="address">A multiple of the width.</param>
    /// <param name="width">1, 2, 4 or 8 bytes.</param>
    /// <param name="value">The value; the low bytes count.</param>
    public GuestAccessStatus WriteVolatile(GuestPhysAddr address, AccessWidth width, ulong value)
    {
        if (!address.IsAligned((ulong)width))
        {
            return GuestAccessStatus.Misaligned;
        }

        while (true)
        {
            int reader = _readers.Enter();
            if (TryLocate(address, MappingFlags.Write, (ulong)width, out byte* host, out _))
            {
                switch (width)
                {
                    case AccessWidth.Byte:
                        Volatile.Write(ref *host, (byte)value);
                        break;
                    case AccessWidth.Word:
                        Volatile.Write(ref *(ushort*)host, (ushort)value);
                        break;
                    case AccessWidth.Dword:
                        Volatile.Write(ref *(uint*)host, (uint)value);
                        break;
                    default:
                        Volatile.Write(ref *(ulong*)host, value);
                        break;
                }

                LeaveAfterWrite(reader, address, (ulong)width);
                return GuestAccessStatus.Ok;
            }

            _readers.Leave(reader);
            GuestAccessStatus status = Fault(address, MappingFlags.Write);
            if (status != GuestAccessStatus.Ok)
            {
                return status;
            }
        }
    }

    /// <summary>Finds guest memory that the host can use directly, populated and contiguous.</summary>
    /// <param name="address">The guest-physical address.</param>
    /// <param name="size">Bytes, at least 1.</param>
    /// <param name="access">Read or Write or both.</param>
    /// <param name="host">
    /// Where it is, until the mapping is changed: the caller keeps the mapping alive meanwhile, and calls <see cref="MarkDirty"/> after
    /// it wrote.
    /// </param>
    /// <returns>False when the range is not memory, not permitted, or not contiguous in the host: copy then.</returns>
    public bool TryGetHostAddress(GuestPhysAddr address, ulong size, MappingFlags access, out HostVirtAddr host)
    {
        host = default;
        if (size == 0 || Populate(address, size, access) != GuestAccessStatus.Ok
            || Walk(address, access, out _) != NestedWalkStatus.Mapped
            || !TranslateAndGetLimit(address, out HostPhysAddr target, out ulong limit, size)
            || limit < size)
        {
            return false;
        }

        host = _frames.PhysToVirt(target);
        return true;
    }

    /// <summary>Checks and populates a range, so that a refused access transfers nothing.</summary>
    private GuestAccessStatus Prepare(GuestPhysAddr address, ulong length, MappingFlags access)
    {
        // Within one page there is nothing to tear: the transfer itself finds out.
        return length <= PageSize - (address.Value & (PageSize - 1)) ? GuestAccessStatus.Ok : Populate(address, length, access);
    }

    private GuestAccessStatus Populate(GuestPhysAddr address, ulong length, MappingFlags access)
    {
        if (address.Value + (length - 1) < address.Value)
        {
            return GuestAccessStatus.NotMapped;
        }

        for (ulong done = 0; done < length;)
        {
            if (Walk(address + done, access, out NestedTranslation translation) == NestedWalkStatus.Mapped)
            {
                done += translation.BlockSize - (translation.Address - translation.Base);
                continue;
            }

            GuestAccessStatus status = Fault(address + done, access);
            if (status != GuestAccessStatus.Ok)
            {
                return status;
            }
        }

        return GuestAccessStatus.Ok;
    }

    /// <summary>Within a reader's section: the host memory behind an address, at most to the end of its block.</summary>
    private readonly bool TryLocate(GuestPhysAddr address, MappingFlags access, ulong wanted, out byte* host, out int count)
    {
        if (NestedWalker<TFormat>.Walk(_table.Root, address, access, _frames, out NestedTranslation found) != NestedWalkStatus.Mapped)
        {
            host = null;
            count = 0;
            return false;
        }

        ulong room = found.BlockSize - (found.Address - found.Base);
        room = room < wanted ? room : wanted;
        count = (int)(room < CopyChunk ? room : CopyChunk);

        // SAFETY: a mapped block is host memory of at least room bytes; it is not freed before this reader has left.
        host = (byte*)_frames.PhysToVirt(found.Address).Value;
        return true;
    }

    /// <summary>Ends a reader's section in which memory was written. The log is looked at inside, see <see cref="EnableDirtyLog"/>.</summary>
    private void LeaveAfterWrite(int reader, GuestPhysAddr address, ulong size)
    {
        bool isLogged = Volatile.Read(ref _loggedMappings) != 0;
        _readers.Leave(reader);
        if (isLogged)
        {
            MarkDirty(address, size);
        }
    }

    private GuestAccessStatus Fault(GuestPhysAddr address, MappingFlags access) => HandlePageFault(address, access) switch
    {
        PageFaultOutcome.Handled or PageFaultOutcome.AlreadyPresent => GuestAccessStatus.Ok,
        PageFaultOutcome.Permission => GuestAccessStatus.Permission,
        PageFaultOutcome.OutOfMemory => GuestAccessStatus.OutOfMemory,
        _ => GuestAccessStatus.NotMapped,
    };
}
