using Axvisor.Commands;
using Axvisor.Guests;

namespace Axvisor.BareMetal;

/// <summary>The hypervisor image for aarch64 machines: built from the checkout that this program belongs to.</summary>
internal static class BareMetalImage
{
    /// <summary>The image's file name.</summary>
    internal const string FileName = "axvisor-aarch64.img";

    private const string Project = "src/AxVCpu.BareMetal/AxVCpu.BareMetal.csproj";
    // What is compiled into the image.
    private static readonly string[] s_projects = ["AxVCpu", "AxVCpu.AddressSpace", "AxVCpu.Devices", "AxVCpu.BareMetal"];

    private const string Linker = "aarch64-linux-gnu-ld";

    /// <summary>Builds the image.</summary>
    /// <returns>Its path.</returns>
    /// <exception cref="InputException">There are no sources, or a tool is missing; the message names the package.</exception>
    internal static async Task<string> BuildAsync(CancellationToken cancellation)
    {
        string root = FindSources() ?? throw new InputException(
            "the hypervisor is built from source, and there is no checkout around this program; name a built image with --image FILE");
        if (SearchPath.Find(Linker) is null)
            throw new InputException($"'{Linker}' was not found: building the image needs the package binutils-aarch64-linux-gnu");
        if (SearchPath.Find("dotnet") is null)
            throw new InputException("'dotnet' was not found: building the image needs the .NET 10 SDK");
        string image = Path.Combine(root, "src/AxVCpu.BareMetal/bin/Release/aarch64", FileName);
        using FileStream held = await LockAsync(root, cancellation).ConfigureAwait(false);
        if (File.Exists(image) && File.GetLastWriteTimeUtc(image) > NewestSource(root))
            return image;
        HostTool.Result result = await HostTool.RunAsync(
            "dotnet", ["build", Path.Combine(root, Project), "-c", "Release", "-p:Image=aarch64", "-nologo", "-v", "q", "-clp:ErrorsOnly", "-nodeReuse:false"],
            root, cancellation).ConfigureAwait(false);
        if (result.ExitCode != 0)
        {
            string error = result.Output.Split('\n').FirstOrDefault(line => line.Contains("error", StringComparison.Ordinal)) ?? result.Reason;
            throw new InputException($"the image could not be built: {error.Trim()}");
        }
        return File.Exists(image) ? image : throw new InputException($"the build left no image at {image}");
    }

    /// <summary>When the newest file that goes into the image was written; folders count, for files that went away.</summary>
    private static DateTime NewestSource(string root)
    {
        DateTime newest = DateTime.MinValue;
        foreach (string project in s_projects)
        {
            FileSystemInfo[] entries = [.. new DirectoryInfo(Path.Combine(root, "src", project)).EnumerateFileSystemInfos("*", SearchOption.AllDirectories)];
            foreach (FileSystemInfo entry in entries)
            {
                string path = Path.GetRelativePath(root, entry.FullName).Replace('\\', '/');
                bool isResult = path.Contains("/bin/", StringComparison.Ordinal) || path.Contains("/obj/", StringComparison.Ordinal)
                    || path.EndsWith("/bin", StringComparison.Ordinal) || path.EndsWith("/obj", StringComparison.Ordinal);
                if (!isResult && entry.LastWriteTimeUtc > newest)
                    newest = entry.LastWriteTimeUtc;
            }
        }
        return newest;
    }

    /// <summary>One build at a time, whoever asks for it.</summary>
    private static async Task<FileStream> LockAsync(string root, CancellationToken cancellation)
    {
        string folder = Path.Combine(root, "src/AxVCpu.BareMetal/obj");
        try
        {
            Directory.CreateDirectory(folder);
            while (true)
            {
                try
                {
                    return new FileStream(Path.Combine(folder, ".image-lock"), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
                }
                catch (IOException e) when (e is not DirectoryNotFoundException and not PathTooLongException)
                {
                    await Task.Delay(200, cancellation).ConfigureAwait(false);
                }
            }
        }
        catch (UnauthorizedAccessException e)
        {
            throw new InputException($"the image cannot be built in {root}: {e.Message}", e);
        }
    }

    private static string? FindSources()
    {
        for (DirectoryInfo? folder = new(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, Project)))
                return folder.FullName;
        }
        return null;
    }
}
