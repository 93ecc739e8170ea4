using System.Diagnostics.CodeAnalysis;
using System.Reflection;
using System.Runtime.CompilerServices;

namespace AxVCpu.BareMetal.Tests.Machine;

/// <summary>
/// The hypervisor's static data. On a machine the boot loader brings it and <c>start.S</c> clears <c>.bss</c>; here every machine that is
/// switched on begins with it anew.
/// </summary>
internal static unsafe class ImageData
{
    private static readonly List<(FieldInfo Field, object? Value)> s_initial = [];

    /// <summary>Keeps the initial values, before anything runs that changes them.</summary>
    [ModuleInitializer]
    [SuppressMessage("Usage", "CA2255", Justification = "nothing may run before it, and this is no library")]
    internal static void Keep()
    {
        foreach (Type type in typeof(ImageData).Assembly.GetTypes())
        {
            if (type.ContainsGenericParameters || type.Namespace is not ("AxVCpu.BareMetal" or "AxVCpu.BareMetal.Aarch64" or "AxVCpu.BareMetal.Hypervisor"))
                continue;
            foreach (FieldInfo field in type.GetFields(BindingFlags.Static | BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.DeclaredOnly))
            {
                if (field.IsLiteral || field.IsInitOnly || field.IsDefined(typeof(ThreadStaticAttribute)))
                    continue;
                s_initial.Add((field, field.FieldType.IsPointer ? Pointer.Box(null, field.FieldType) : field.GetValue(null)));
            }
        }
    }

    /// <summary>Brings all of it to its initial values.</summary>
    public static void Load()
    {
        foreach ((FieldInfo field, object? value) in s_initial)
            field.SetValue(null, value);
    }
}
