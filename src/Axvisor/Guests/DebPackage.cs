using System.Formats.Tar;

namespace Axvisor.Guests;

/// <summary>Reads the files of a Debian package without installing it.</summary>
internal static class DebPackage
{
    /// <summary>Hands every regular file of the package to <paramref name="visit"/>, in archive order, with its path without leading "./".</summary>
    /// <exception cref="PreparationException">The package cannot be read.</exception>
    internal static async Task VisitFilesAsync(string package, Action<string, TarEntry> visit, CancellationToken cancellation)
    {
        HostTool.Result result = await HostTool.RunAsync("dpkg-deb", ["--fsys-tarfile", package], async data =>
        {
            await using TarReader reader = new(data, leaveOpen: true);
            while (await reader.GetNextEntryAsync(copyData: false, cancellation).ConfigureAwait(false) is { } entry)
            {
                if (entry.EntryType is TarEntryType.RegularFile or TarEntryType.V7RegularFile)
                    visit(entry.Name.StartsWith("./", StringComparison.Ordinal) ? entry.Name[2..] : entry.Name, entry);
            }
            await data.CopyToAsync(Stream.Null, cancellation).ConfigureAwait(false); // the padding, so that dpkg-deb ends well
        }, cancellation).ConfigureAwait(false);
        if (result.ExitCode != 0)
            throw new PreparationException($"{Path.GetFileName(package)} could not be unpacked: {result.Reason}");
    }

    /// <summary>Takes one file out of the package.</summary>
    /// <param name="package">The package file.</param>
    /// <param name="path">The path inside the package, without leading "./".</param>
    /// <param name="destination">Where it goes.</param>
    /// <param name="cancellation">Stops the work.</param>
    /// <exception cref="PreparationException">The package has no such file.</exception>
    internal static async Task ExtractAsync(string package, string path, string destination, CancellationToken cancellation)
    {
        await VisitFilesAsync(package, (name, entry) =>
        {
            if (name == path)
                entry.ExtractToFile(destination, overwrite: true);
        }, cancellation).ConfigureAwait(false);
        if (!File.Exists(destination))
            throw new PreparationException($"{Path.GetFileName(package)} has no file '{path}'");
    }

    /// <summary>Decompresses an xz stream with what is surely there: dpkg-deb unwraps the data member of a package whatever is in it.</summary>
    /// <remarks>The xz program is not part of a minimal Debian system, and .NET has no reader for the format.</remarks>
    internal static async Task<byte[]> DecompressXzAsync(byte[] compressed, string scratchFolder, CancellationToken cancellation)
    {
        string wrapper = Path.Combine(scratchFolder, $"xz-{Guid.NewGuid():N}.deb");
        try
        {
            await using (FileStream file = File.Create(wrapper))
            {
                file.Write("!<arch>\n"u8);
                WriteMember(file, "debian-binary", "2.0\n"u8);
                WriteMember(file, "control.tar.xz", []);
                WriteMember(file, "data.tar.xz", compressed);
            }
            using MemoryStream plain = new();
            HostTool.Result result = await HostTool.RunAsync(
                "dpkg-deb", ["--fsys-tarfile", wrapper], data => data.CopyToAsync(plain, cancellation), cancellation).ConfigureAwait(false);
            return result.ExitCode == 0 ? plain.ToArray() : throw new PreparationException($"xz data could not be unpacked: {result.Reason}");
        }
        finally
        {
            File.Delete(wrapper);
        }
    }

    private static void WriteMember(FileStream file, string name, ReadOnlySpan<byte> content)
    {
        // ar(5): name 16, time 12, owner 6, group 6, mode 8, size 10, end marker; members start on even offsets.
        file.Write(System.Text.Encoding.ASCII.GetBytes($"{name,-16}{0,-12}{0,-6}{0,-6}{100644,-8}{content.Length,-10}`\n"));
        file.Write(content);
        if (content.Length % 2 != 0)
            file.WriteByte((byte)'\n');
    }
}
