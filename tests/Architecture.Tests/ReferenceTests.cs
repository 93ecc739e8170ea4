using System.Xml.Linq;

namespace Architecture.Tests;

/// <summary>An arrow only ever points down.</summary>
public sealed class ReferenceTests
{
    public static TheoryData<string> Projects => [.. Repository.Projects];

    public static TheoryData<string> HostedProjects => [.. Layers.HostedProjects];

    [Fact]
    public void Every_project_has_a_layer() =>
        Assert.DoesNotContain(Repository.Projects, project => !Layers.IsKnown(project));

    [Fact]
    public void Every_assembly_in_the_product_has_a_layer()
    {
        string[] found = [.. Directory.EnumerateFiles(AppContext.BaseDirectory, "AxV*.dll", new EnumerationOptions { MatchCasing = MatchCasing.CaseInsensitive })
            .Select(path => Path.GetFileNameWithoutExtension(path))];
        Assert.NotEmpty(found);
        Assert.Empty(found.Except(Layers.HostedProjects.Select(Layers.AssemblyName)));
    }

    [Theory]
    [MemberData(nameof(HostedProjects))]
    public void An_assembly_references_only_lower_layers(string project)
    {
        IEnumerable<string> allowed = Layers.Allowed(project).Select(Layers.AssemblyName);
        Assert.Empty(Layers.ReferencesOf(Repository.Load(project)).Except(allowed));
    }

    [Theory]
    [MemberData(nameof(Projects))]
    public void A_project_file_references_only_lower_layers(string project)
    {
        IEnumerable<string> references = XDocument.Load(Repository.ProjectFile(project)).Descendants("ProjectReference")
            .Select(reference => Path.GetFileNameWithoutExtension(reference.Attribute("Include")!.Value.Replace('\\', '/')));
        Assert.Empty(references.Except(Layers.Allowed(project)));
    }

    [Fact]
    public void No_engine_references_devices_and_devices_reference_no_engine()
    {
        // The table above could be edited by mistake; the rule itself stands here.
        string[] engines = [.. Repository.Projects.Where(project => project.StartsWith("AxVCpu.Software", StringComparison.Ordinal) || project == "AxVCpu.Kvm")];
        Assert.NotEmpty(engines);
        Assert.All(engines, engine => Assert.DoesNotContain("AxVCpu.Devices", Layers.Allowed(engine)));
        Assert.Empty(Layers.Allowed("AxVCpu.Devices").Intersect(engines));
        Assert.DoesNotContain(Layers.Allowed("AxVCpu.Software"), name => name.StartsWith("AxVCpu.Software.", StringComparison.Ordinal));
        Assert.Empty(Layers.Allowed("AxVCpu"));
    }
}
