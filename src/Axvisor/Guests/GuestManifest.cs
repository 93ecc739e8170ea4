using System.Security.Cryptography;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Axvisor.Guests;

/// <summary>What a prepared guest was made from; kept beside its files.</summary>
/// <param name="Recipe">Counts changes of how the guest is made; another number means: make it again.</param>
/// <param name="Guest">The guest's name.</param>
/// <param name="Suite">The Debian suite the packages are from.</param>
/// <param name="PreparedAt">When, in UTC.</param>
/// <param name="Packages">The packages used.</param>
/// <param name="Files">The files made, by name inside the guest's folder.</param>
internal sealed record GuestManifest(
    int Recipe, string Guest, string Suite, DateTime PreparedAt,
    IReadOnlyList<GuestManifest.Package> Packages, IReadOnlyList<GuestManifest.StoredFile> Files)
{
    /// <summary>The manifest's file name.</summary>
    internal const string FileName = "manifest.json";

    /// <summary>A package: its name, version and architecture, and the SHA-256 of its file.</summary>
    internal sealed record Package(string Name, string Version, string Architecture, string Sha256);

    /// <summary>A file: its name, its length in bytes and its SHA-256.</summary>
    internal sealed record StoredFile(string Name, long Length, string Sha256);

    /// <summary>Describes files of a folder.</summary>
    internal static IReadOnlyList<StoredFile> Describe(string folder, IEnumerable<string> names) => names.Select(name =>
    {
        using FileStream file = File.OpenRead(Path.Combine(folder, name));
        return new StoredFile(name, file.Length, Convert.ToHexStringLower(SHA256.HashData(file)));
    }).ToArray();

    /// <summary>Reads the manifest of a folder when it is whole: the right recipe, every file there with its length.</summary>
    /// <returns>The manifest, or null when the guest has to be made.</returns>
    internal static GuestManifest? TryRead(string folder, int recipe)
    {
        try
        {
            using FileStream file = File.OpenRead(Path.Combine(folder, FileName));
            GuestManifest? manifest = JsonSerializer.Deserialize(file, GuestManifestJson.Default.GuestManifest);
            return manifest is not null && manifest.Recipe == recipe
                && manifest.Files.All(stored => new FileInfo(Path.Combine(folder, stored.Name)) is { Exists: true } info && info.Length == stored.Length)
                ? manifest
                : null;
        }
        catch (Exception e) when (e is IOException or JsonException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    /// <summary>Writes the manifest into a folder.</summary>
    internal void Write(string folder) => File.WriteAllText(
        Path.Combine(folder, FileName), JsonSerializer.Serialize(this, GuestManifestJson.Default.GuestManifest));
}

/// <summary>Reads and writes manifests without reflection.</summary>
[JsonSourceGenerationOptions(WriteIndented = true, PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(GuestManifest))]
internal sealed partial class GuestManifestJson : JsonSerializerContext;
