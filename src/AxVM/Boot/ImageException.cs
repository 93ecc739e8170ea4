namespace AxVM.Boot;

/// <summary>A file to be loaded into a guest that cannot be, or several that cannot be together. The message names the file.</summary>
public sealed class ImageException : Exception
{
    /// <summary>Reports <paramref name="problem"/> of the file <paramref name="name"/>.</summary>
    public ImageException(string name, string problem)
        : base($"{name}: {problem}")
    {
        Name = name;
    }

    /// <summary>Reports <paramref name="problem"/> of the file <paramref name="name"/>, caused by <paramref name="inner"/>.</summary>
    public ImageException(string name, string problem, Exception inner)
        : base($"{name}: {problem}", inner)
    {
        Name = name;
    }

    /// <summary>The file, or the thing, that has the problem.</summary>
    public string Name { get; }
}
