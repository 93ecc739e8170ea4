using System.CodeDom.Compiler;
using System.Collections;
using System.Reflection;

namespace Architecture.Tests;

/// <summary>Nothing is process-wide: two VMs in one process share no mutable state.</summary>
public sealed class StaticStateTests
{
    private static readonly string[] s_readOnlyCollections = ["System.Collections.Frozen", "System.Collections.Immutable", "System.Collections.ObjectModel"];

    /// <summary>Fields that are no state: what is used is their address.</summary>
    private static readonly string[] s_anchors = ["AxVCpu.TypeToken`1.s_anchor"];

    public static TheoryData<string> Projects => [.. Layers.HostedProjects];

    [Theory]
    [MemberData(nameof(Projects))]
    public void No_static_field_can_be_assigned(string project) =>
        Assert.Empty(StaticFields(project)
            .Where(field => !field.IsInitOnly && !field.IsDefined(typeof(ThreadStaticAttribute)) && !s_anchors.Contains(Name(field))).Select(Describe));

    [Theory]
    [MemberData(nameof(Projects))]
    public void No_static_field_holds_a_collection_that_others_could_change(string project) =>
        Assert.Empty(StaticFields(project).Where(IsSharedCollection).Select(Describe));

    [Fact]
    public void Only_the_current_vcpu_is_thread_static()
    {
        IEnumerable<string> found = Layers.HostedProjects.SelectMany(StaticFields)
            .Where(field => field.IsDefined(typeof(ThreadStaticAttribute))).Select(field => field.DeclaringType!.FullName!).Distinct();
        Assert.Equal(["AxVCpu.CpuLocal"], found);
    }

    // A private array is a table that its type fills once; one that leaves the type, or a growing collection, is state.
    private static bool IsSharedCollection(FieldInfo field)
    {
        Type type = field.FieldType;
        if (type.IsArray)
            return !field.IsPrivate;
        return type != typeof(string) && typeof(IEnumerable).IsAssignableFrom(type) && !type.IsInterface
            && !s_readOnlyCollections.Contains(type.Namespace) && HasMutators(type);
    }

    private static bool HasMutators(Type type) =>
        type.GetMethods(BindingFlags.Public | BindingFlags.Instance).Any(method => method.Name is "Add" or "TryAdd" or "AddOrUpdate" or "Enqueue" or "Push" or "Clear");

    private static IEnumerable<FieldInfo> StaticFields(string project) => Repository.Load(project).GetTypes()
        .Where(type => !IsGenerated(type))
        .SelectMany(type => type.GetFields(BindingFlags.Static | BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.DeclaredOnly))
        .Where(field => !field.IsLiteral && !field.Name.StartsWith("<>", StringComparison.Ordinal));

    // Closures, method-group caches and source generators; the field behind a property of ours stays in.
    private static bool IsGenerated(Type type)
    {
        for (Type? at = type; at is not null; at = at.DeclaringType)
        {
            if (at.Name.StartsWith('<') || at.IsDefined(typeof(GeneratedCodeAttribute)) || at.Namespace?.StartsWith("System.", StringComparison.Ordinal) == true)
                return true;
        }

        return false;
    }

    private static string Describe(FieldInfo field) => $"{Name(field)} ({field.FieldType.Name})";

    private static string Name(FieldInfo field) => $"{field.DeclaringType!.FullName}.{field.Name}";
}
