namespace Architecture.Tests;

/// <summary>The public surface of each assembly is a committed file, so that a change of it is seen in review.</summary>
public sealed class PublicApiTests
{
    public static TheoryData<string> Projects => [.. Layers.HostedProjects];

    private static bool IsUpdating => Environment.GetEnvironmentVariable("AXVCPU_UPDATE_API") == "1";

    [Theory]
    [MemberData(nameof(Projects))]
    public void The_public_surface_is_the_recorded_one(string project)
    {
        string path = Path.Combine(Repository.Root, "api", Layers.AssemblyName(project) + ".txt");
        string[] actual = [.. ApiListing.Of(Repository.Load(project))];
        if (IsUpdating)
        {
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            File.WriteAllText(path, string.Concat(actual.Select(line => line + "\n")));
            return;
        }

        string[] recorded = File.Exists(path) ? File.ReadAllLines(path) : [];
        string[] difference = [.. recorded.Except(actual).Select(line => "- " + line), .. actual.Except(recorded).Select(line => "+ " + line)];
        Assert.True(
            difference.Length == 0 && recorded.Length == actual.Length,
            $"api/{Path.GetFileName(path)} is not the public surface (- recorded, + built):\n{string.Join('\n', difference)}\nrefresh it with: ./test --update-api");
    }

    [Fact]
    public void Every_listing_belongs_to_an_assembly()
    {
        IEnumerable<string> files = Directory.EnumerateFiles(Path.Combine(Repository.Root, "api"), "*.txt").Select(path => Path.GetFileNameWithoutExtension(path));
        Assert.Empty(files.Except(Layers.HostedProjects.Select(Layers.AssemblyName)));
    }
}
