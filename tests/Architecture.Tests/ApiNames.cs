using System.Reflection;

namespace Architecture.Tests;

/// <summary>Type names as C# writes them.</summary>
internal static class ApiNames
{
    private static readonly Dictionary<Type, string> s_keywords = new()
    {
        [typeof(void)] = "void", [typeof(object)] = "object", [typeof(string)] = "string", [typeof(bool)] = "bool", [typeof(char)] = "char",
        [typeof(byte)] = "byte", [typeof(sbyte)] = "sbyte", [typeof(short)] = "short", [typeof(ushort)] = "ushort", [typeof(int)] = "int",
        [typeof(uint)] = "uint", [typeof(long)] = "long", [typeof(ulong)] = "ulong", [typeof(nint)] = "nint", [typeof(nuint)] = "nuint",
        [typeof(float)] = "float", [typeof(double)] = "double", [typeof(decimal)] = "decimal",
    };

    /// <summary>A reader of nullable annotations; it caches and is not safe to share between the tests, which run in parallel.</summary>
    public static NullabilityInfoContext Context => new();

    public static string Of(Type type) => Write(type, null);

    /// <summary>With a question mark on the reference types that may be null.</summary>
    public static string Nullable(Type type, NullabilityInfo info) => Write(type, info);

    private static string Write(Type type, NullabilityInfo? info)
    {
        string mark = info is { ReadState: NullabilityState.Nullable } && !type.IsValueType ? "?" : "";
        if (s_keywords.TryGetValue(type, out string? keyword))
            return keyword + mark;
        if (type.IsByRef)
            return "ref " + Write(type.GetElementType()!, null);
        if (type.IsPointer)
            return Write(type.GetElementType()!, null) + "*";
        if (type.IsFunctionPointer)
            return $"delegate*<{string.Join(", ", type.GetFunctionPointerParameterTypes().Append(type.GetFunctionPointerReturnType()).Select(Of))}>";
        if (type.IsArray)
            return $"{Write(type.GetElementType()!, info?.ElementType)}[{new string(',', type.GetArrayRank() - 1)}]{mark}";
        if (type.IsGenericParameter)
            return type.Name + mark;
        if (System.Nullable.GetUnderlyingType(type) is { } underlying)
            return Of(underlying) + "?";
        return Named(type, info) + mark;
    }

    private static string Named(Type type, NullabilityInfo? info)
    {
        Type[] arguments = type.GetGenericArguments();
        int outer = type.DeclaringType?.GetGenericArguments().Length ?? 0;
        string prefix = type.DeclaringType is { } parent
            ? Of(parent.IsGenericTypeDefinition && !type.IsGenericTypeDefinition ? parent.MakeGenericType(arguments[..outer]) : parent) + "."
            : type.Namespace is "System" or null ? "" : type.Namespace + ".";
        string name = type.Name.Split('`')[0];
        if (arguments.Length == outer)
            return prefix + name;
        NullabilityInfo[] inner = info?.GenericTypeArguments ?? [];
        IEnumerable<string> list = arguments.Skip(outer).Select((argument, index) =>
            Write(argument, inner.Length == arguments.Length ? inner[outer + index] : null));
        return $"{prefix}{name}<{string.Join(", ", list)}>";
    }
}
