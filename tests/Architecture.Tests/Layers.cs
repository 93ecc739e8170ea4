using System.Reflection;

namespace Architecture.Tests;

/// <summary>The layers of the design: which project may reference which. A project that is not listed here is an error.</summary>
internal static class Layers
{
    private static readonly string[] s_core = ["AxVCpu"];
    private static readonly string[] s_memory = [.. s_core, "AxVCpu.AddressSpace"];

    // Devices and engines stand beside each other; only AxVM knows both.
    private static readonly string[] s_engine = [.. s_memory, "AxVCpu.Software"];
    private static readonly string[] s_machine = [.. s_engine, "AxVCpu.Software.Riscv64", "AxVCpu.Kvm", "AxVCpu.Devices"];

    private static readonly Dictionary<string, string[]> s_allowed = new(StringComparer.Ordinal)
    {
        ["AxVCpu"] = [],
        ["AxVCpu.AddressSpace"] = s_core,
        ["AxVCpu.Devices"] = s_memory,
        ["AxVCpu.Kvm"] = s_memory,
        ["AxVCpu.Software"] = s_memory,
        ["AxVCpu.Software.Riscv64"] = s_engine,
        ["AxVM"] = s_machine,
        ["Axvisor"] = [.. s_machine, "AxVM"],
        // Compiles the shared sources itself, against its own corlib: it references nothing at all.
        ["AxVCpu.BareMetal"] = [],
    };

    /// <summary>The namespace that a project's types live in, or below.</summary>
    private static readonly Dictionary<string, string> s_namespaces = new(StringComparer.Ordinal)
    {
        ["AxVCpu.AddressSpace"] = "AxVCpu.Memory",
    };

    /// <summary>The parts that also compile for bare metal: folders, with what is excluded below them.</summary>
    public static IReadOnlyList<string> Freestanding { get; } = ["src/AxVCpu", "src/AxVCpu.AddressSpace", "src/AxVCpu.Devices"];

    /// <summary>The projects whose assemblies run on .NET.</summary>
    public static IEnumerable<string> HostedProjects => Repository.Projects.Where(project => project != "AxVCpu.BareMetal");

    public static string AssemblyName(string project) => project == "Axvisor" ? "axvisor" : project;

    public static string NamespaceOf(string project) => s_namespaces.GetValueOrDefault(project, project);

    public static bool IsKnown(string project) => s_allowed.ContainsKey(project);

    public static IReadOnlyList<string> Allowed(string project) =>
        s_allowed.TryGetValue(project, out string[]? allowed)
            ? allowed
            : throw new InvalidOperationException($"src/{project} is in no layer: add it to {nameof(Layers)}.cs with what it may reference");

    /// <summary>The referenced assemblies that are built from this repository.</summary>
    public static IEnumerable<string> ReferencesOf(Assembly assembly) => assembly.GetReferencedAssemblies()
        .Select(name => name.Name!)
        .Where(name => name.StartsWith("AxV", StringComparison.OrdinalIgnoreCase));
}
