using Axvisor.Commands;
using Axvisor.Guests;

namespace Axvisor.BareMetal;

/// <summary>The hypervisor image for aarch64 machines: built from the checkout that this program belongs to.</summary>
internal static class BareMetalImage
{
    /// <summary>The image's file name.</summary>
    internal const string FileName = "axvisor-aarch64.img";

    private const string Project = "src/AxVCpu.BareMetal/AxVCpu.BareMetal.csproj";
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
        HostTool.Result result = await HostTool.RunAsync(
            "dotnet", ["build", Path.Combine(root, Project), "-c", "Release", "-p:Image=aarch64", "-nologo", "-v", "q", "-clp:ErrorsOnly", "-nodeReuse:false"],
            root, cancellation).ConfigureAwait(false);
        if (result.ExitCode != 0)
        {
            string error = result.Output.Split('\n').FirstOrDefault(line => line.Contains("error", StringComparison.Ordinal)) ?? result.Reason;
            throw new InputException($"the image could not be built: {error.Trim()}");
        }
        string image = Path.Combine(root, "src/AxVCpu.BareMetal/bin/Release/aarch64", FileName);
        return File.Exists(image) ? image : throw new InputException($"the build left no image at {image}");
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
