namespace AxVM.Boot;

/// <summary>A file in the guest's memory that its kernel is told of.</summary>
/// <param name="Address">First guest-physical address.</param>
/// <param name="Size">Bytes.</param>
/// <param name="Path">The file, as the configuration names it.</param>
/// <param name="Arguments">Words that go with it; may be empty.</param>
internal readonly record struct BootModule(ulong Address, ulong Size, string Path, string Arguments)
{
    /// <summary>The first address behind it.</summary>
    public ulong End => Address + Size;

    /// <summary>The file's name and the words, as a Multiboot loader's user types them.</summary>
    public string Text => $"{Path} {Arguments}".TrimEnd();
}
