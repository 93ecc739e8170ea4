namespace AxVM.Boot;

/// <summary>Something that has a place in the guest's memory.</summary>
/// <param name="Name">What it is, for messages: "the kernel vmlinuz".</param>
/// <param name="Address">First guest-physical address.</param>
/// <param name="Data">The bytes to write there.</param>
/// <param name="Size">Bytes occupied: at least as many as <paramref name="Data"/> has.</param>
public readonly record struct PlacedImage(string Name, ulong Address, ReadOnlyMemory<byte> Data, ulong Size)
{
    /// <summary>The first address behind it.</summary>
    public ulong End => Address + Size;
}
