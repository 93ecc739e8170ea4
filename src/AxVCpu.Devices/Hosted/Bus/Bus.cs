using System.Diagnostics.CodeAnalysis;

namespace AxVCpu.Devices;

/// <summary>
/// An address space of devices: guest-physical MMIO or x86 port I/O. Accesses are lock free and may come from any thread
/// while devices are added and removed; an access that began before a removal may still reach the removed device.
/// </summary>
public sealed class Bus
{
    private readonly Lock _change = new();
    private readonly ulong _last;
    // Sorted by base, never changed in place: a reader works on the array it picked up.
    private BusMapping[] _mappings = [];
    // A guess, corrected by whoever finds it wrong; a stale value costs a search and nothing else.
    private int _lastHit;

    private Bus(string name, ulong last)
    {
        Name = name;
        _last = last;
    }

    /// <summary>A bus of guest-physical addresses.</summary>
    public static Bus CreateMmio(string name = "mmio") => new(name, ulong.MaxValue);

    /// <summary>A bus of the 65536 I/O ports of x86.</summary>
    public static Bus CreatePortIo(string name = "ports") => new(name, ushort.MaxValue);

    /// <summary>The bus's name in error messages.</summary>
    public string Name { get; }

    /// <summary>The devices, by ascending base; a snapshot that later changes do not touch.</summary>
    public IReadOnlyList<BusMapping> Mappings => Volatile.Read(ref _mappings);

    /// <summary>Puts a device on the bus.</summary>
    /// <returns>Where it sits.</returns>
    /// <exception cref="BusConflictException">Another device has some of the addresses.</exception>
    /// <exception cref="ArgumentOutOfRangeException">The device has no addresses, or they go past the end of the bus.</exception>
    public BusMapping Add(ulong @base, IBusDevice device)
    {
        ArgumentNullException.ThrowIfNull(device);
        ulong size = device.Size;
        if (size == 0 || @base > _last || size - 1 > _last - @base)
            throw new ArgumentOutOfRangeException(nameof(device), $"{Name}: {device.Name} at 0x{@base:x} with 0x{size:x} addresses does not fit 0..0x{_last:x}");
        BusMapping added = new(@base, device);
        lock (_change)
        {
            int index = 0;
            while (index < _mappings.Length && _mappings[index].Last < @base)
                index++;
            if (index < _mappings.Length && _mappings[index].Base <= added.Last)
                throw new BusConflictException(Name, added, _mappings[index]);
            Volatile.Write(ref _mappings, [.. _mappings[..index], added, .. _mappings[index..]]);
        }
        return added;
    }

    /// <summary>Takes a device off the bus.</summary>
    /// <returns>False when it was not on it.</returns>
    public bool Remove(IBusDevice device)
    {
        lock (_change)
        {
            int index = Array.FindIndex(_mappings, mapping => ReferenceEquals(mapping.Device, device));
            if (index < 0)
                return false;
            Volatile.Write(ref _mappings, [.. _mappings[..index], .. _mappings[(index + 1)..]]);
            return true;
        }
    }

    /// <summary>The mapping that holds <paramref name="address"/>.</summary>
    public bool TryFind(ulong address, [NotNullWhen(true)] out BusMapping? mapping)
    {
        BusMapping[] mappings = Volatile.Read(ref _mappings);
        int guess = Volatile.Read(ref _lastHit);
        if ((uint)guess < (uint)mappings.Length)
        {
            mapping = mappings[guess];
            if (address - mapping.Base < mapping.Size)
                return true;
        }
        int low = 0;
        int high = mappings.Length - 1;
        while (low <= high)
        {
            int middle = (low + high) >>> 1;
            mapping = mappings[middle];
            if (address < mapping.Base)
            {
                high = middle - 1;
            }
            else if (address - mapping.Base < mapping.Size)
            {
                Volatile.Write(ref _lastHit, middle);
                return true;
            }
            else
            {
                low = middle + 1;
            }
        }
        mapping = null;
        return false;
    }

    /// <summary>Reads from whatever device is at <paramref name="address"/>; the value is cut to the width.</summary>
    /// <returns>
    /// False, with a value of zero, when nobody is there, the access leaves the device, or the device refuses it: on hardware
    /// the access would not be answered, and the guest takes an access fault.
    /// </returns>
    public bool Read(ulong address, AccessWidth width, out ulong value)
    {
        if (TryFind(address, out BusMapping? mapping) && Fits(mapping, address, width)
            && mapping.Device.Read(address - mapping.Base, width, out value))
        {
            if (width < AccessWidth.Qword)
                value &= (1UL << (int)width * 8) - 1;
            return true;
        }
        value = 0;
        return false;
    }

    /// <summary>Writes to whatever device is at <paramref name="address"/>; the device sees the value cut to the width.</summary>
    /// <returns>False as for <see cref="Read"/>.</returns>
    public bool Write(ulong address, AccessWidth width, ulong value)
    {
        if (!TryFind(address, out BusMapping? mapping) || !Fits(mapping, address, width))
            return false;
        if (width < AccessWidth.Qword)
            value &= (1UL << (int)width * 8) - 1;
        return mapping.Device.Write(address - mapping.Base, width, value);
    }

    private static bool Fits(BusMapping mapping, ulong address, AccessWidth width) =>
        (ulong)width <= mapping.Size && address - mapping.Base <= mapping.Size - (ulong)width;
}
