namespace AxVM.Boot;

/// <summary>
/// Decides where things lie in the guest's RAM and refuses what does not fit: everything placed is inside one RAM
/// region, and no two things overlap. A message names both sides.
/// </summary>
/// <param name="ram">The RAM regions in the order of their addresses.</param>
public sealed class BootLayout(IReadOnlyList<AddressRangeConfig> ram)
{
    private const ulong Page = 0x1000;
    private readonly List<PlacedImage> _placed = [];

    /// <summary>What has been placed, in the order of placing.</summary>
    public IReadOnlyList<PlacedImage> Placed => _placed;

    /// <summary>The RAM regions.</summary>
    public IReadOnlyList<AddressRangeConfig> Ram { get; } = ram;

    /// <summary>Puts something at an address.</summary>
    /// <exception cref="ImageException">It does not fit there, or something else lies there.</exception>
    public PlacedImage Place(string name, ulong address, ReadOnlyMemory<byte> data, ulong size = 0)
    {
        size = ulong.Max(size, (ulong)data.Length);
        PlacedImage image = new(name, address, data, size);
        if (!IsRam(address, size))
        {
            string regions = string.Join(", ", Ram.Select(region => $"0x{region.Address:x} to 0x{region.Address + region.Length - 1:x}"));
            throw new ImageException(name, $"does not fit the guest's RAM ({regions}) at 0x{address:x} with 0x{size:x} bytes");
        }

        if (Overlapping(address, size) is { } other)
        {
            throw new ImageException(
                name, $"at 0x{address:x} to 0x{image.End - 1:x} overlaps {other.Name} at 0x{other.Address:x} to 0x{other.End - 1:x}");
        }

        _placed.Add(image);
        return image;
    }

    /// <summary>Puts something as high as possible, but ending at or below <paramref name="limit"/>.</summary>
    /// <param name="name">What it is.</param>
    /// <param name="data">Its bytes.</param>
    /// <param name="alignment">Alignment of its address, a power of two in bytes.</param>
    /// <param name="limit">The first address it must not reach.</param>
    /// <exception cref="ImageException">There is no room.</exception>
    public PlacedImage PlaceHigh(string name, ReadOnlyMemory<byte> data, ulong alignment, ulong limit) =>
        Place(name, FindHigh(name, (ulong)data.Length, alignment, limit), data);

    /// <summary>The place that <see cref="PlaceHigh"/> would choose for so many bytes.</summary>
    /// <exception cref="ImageException">There is no room.</exception>
    internal ulong FindHigh(string name, ulong size, ulong alignment, ulong limit)
    {
        for (int i = Ram.Count - 1; i >= 0; i--)
        {
            AddressRangeConfig region = Ram[i];
            ulong end = ulong.Min(region.Address + region.Length, limit);
            while (end >= region.Address + size)
            {
                ulong address = (end - size) & ~(alignment - 1);
                if (address < region.Address)
                {
                    break;
                }

                if (Overlapping(address, size) is not { } other)
                {
                    return address;
                }

                end = other.Address;
            }
        }

        throw NoRoom(name, size);
    }

    /// <summary>Puts something at <paramref name="wanted"/> or, when that is not free, as high as possible.</summary>
    /// <exception cref="ImageException">There is no room.</exception>
    public PlacedImage PlaceNear(string name, ReadOnlyMemory<byte> data, ulong wanted)
    {
        return IsFree(wanted, (ulong)data.Length)
            ? Place(name, wanted, data)
            : PlaceHigh(name, data, Page, ulong.MaxValue);
    }

    /// <summary>Whether a range lies in one RAM region.</summary>
    public bool IsRam(ulong address, ulong size)
    {
        foreach (AddressRangeConfig region in Ram)
        {
            if (address >= region.Address && address - region.Address <= region.Length && size <= region.Length - (address - region.Address))
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>Whether something of that size could lie there.</summary>
    internal bool IsFree(ulong address, ulong size) => IsRam(address, size) && Overlapping(address, size) is null;

    private PlacedImage? Overlapping(ulong address, ulong size)
    {
        foreach (PlacedImage other in _placed)
        {
            if (address < other.End && other.Address < address + size)
            {
                return other;
            }
        }

        return null;
    }

    private ImageException NoRoom(string name, ulong size)
    {
        ulong total = 0;
        foreach (AddressRangeConfig region in Ram)
        {
            total += region.Length;
        }

        string others = _placed.Count == 0
            ? string.Empty
            : $" beside {string.Join(", ", _placed.Select(image => $"{image.Name} at 0x{image.Address:x} to 0x{image.End - 1:x}"))}";
        return new ImageException(name, $"with 0x{size:x} bytes does not fit the guest's 0x{total:x} bytes of RAM{others}");
    }
}
