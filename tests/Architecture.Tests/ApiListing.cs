using System.Globalization;
using System.Reflection;
using System.Runtime.CompilerServices;

namespace Architecture.Tests;

/// <summary>
/// The public surface of an assembly as lines of text, each complete in itself: a type, or "Type: member". Sorted, so that a change of the
/// order of declarations is no change.
/// </summary>
internal static class ApiListing
{
    private const BindingFlags Declared =
        BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Instance | BindingFlags.Static | BindingFlags.DeclaredOnly;

    public static IEnumerable<string> Of(Assembly assembly) =>
        assembly.GetExportedTypes().SelectMany(OfType).Order(StringComparer.Ordinal);

    private static IEnumerable<string> OfType(Type type)
    {
        string name = ApiNames.Of(type);
        yield return TypeLine(type, name);
        if (typeof(Delegate).IsAssignableFrom(type))
            yield break;
        IEnumerable<string> members = type.IsEnum
            ? type.GetFields(BindingFlags.Public | BindingFlags.Static).Select(field => $"{field.Name} = {Number(field.GetRawConstantValue()!)}")
            : type.GetFields(Declared).Where(IsVisible).Select(Field)
                .Concat(type.GetProperties(Declared).Where(IsVisible).Select(Property))
                .Concat(type.GetEvents(Declared).Where(e => IsVisible(e.AddMethod!)).Select(e => $"event {ApiNames.Of(e.EventHandlerType!)} {e.Name}"))
                .Concat(type.GetConstructors(Declared).Where(IsVisible).Select(c => $"{Access(c)}new({Parameters(c)})"))
                .Concat(type.GetMethods(Declared).Where(m => IsVisible(m) && IsListed(m)).Select(Method));
        foreach (string member in members)
            yield return $"{name}: {member}";
    }

    private static string TypeLine(Type type, string name)
    {
        string flags = type.IsDefined(typeof(FlagsAttribute)) ? "[Flags] " : type.IsDefined(typeof(ObsoleteAttribute)) && !type.IsByRefLike ? "[Obsolete] " : "";
        if (type.IsEnum)
            return $"{name} {flags}enum : {ApiNames.Of(Enum.GetUnderlyingType(type))}";
        if (typeof(Delegate).IsAssignableFrom(type))
            return $"{name} delegate {Method(type.GetMethod("Invoke")!)}";
        string kind = type.IsInterface ? "interface"
            : type.IsValueType ? (type.IsDefined(typeof(IsReadOnlyAttribute)) ? "readonly " : "") + (type.IsByRefLike ? "ref " : "") + "struct"
            : type.IsAbstract && type.IsSealed ? "static class"
            : type.IsAbstract ? "abstract class" : type.IsSealed ? "sealed class" : "class";
        IEnumerable<string> bases = type.GetInterfaces().Where(i => i.IsVisible).Select(ApiNames.Of).Order(StringComparer.Ordinal);
        if (type.BaseType is { } parent && parent != typeof(object) && parent != typeof(ValueType))
            bases = bases.Prepend(ApiNames.Of(parent));
        string list = string.Join(", ", bases);
        return $"{name} {flags}{kind}{(list.Length == 0 ? "" : " : " + list)}{Constraints(type.GetGenericArguments())}";
    }

    private static string Field(FieldInfo field)
    {
        string type = ApiNames.Nullable(field.FieldType, ApiNames.Context.Create(field));
        return field.IsLiteral
            ? $"{Access(field)}const {type} {field.Name} = {Literal(field.GetRawConstantValue())}"
            : $"{Access(field)}{(field.IsStatic ? "static " : "")}{(field.IsInitOnly ? "readonly " : "")}{type} {field.Name}";
    }

    private static string Property(PropertyInfo property)
    {
        MethodInfo shown = new[] { property.GetMethod, property.SetMethod }.First(accessor => accessor is not null && IsVisible(accessor))!;
        string get = property.GetMethod is { } getter && IsVisible(getter) ? " get;" : "";
        string set = property.SetMethod is { } setter && IsVisible(setter)
            ? setter.ReturnParameter.GetRequiredCustomModifiers().Contains(typeof(IsExternalInit)) ? " init;" : " set;"
            : "";
        string indexes = string.Join(", ", property.GetIndexParameters().Select(Parameter));
        string name = indexes.Length == 0 ? property.Name : $"this[{indexes}]";
        string required = property.IsDefined(typeof(RequiredMemberAttribute)) ? "required " : "";
        return $"{Access(shown)}{Modifiers(shown)}{required}{ApiNames.Nullable(property.PropertyType, ApiNames.Context.Create(property))} {name} {{{get}{set} }}";
    }

    private static string Method(MethodInfo method)
    {
        string arguments = method.IsGenericMethod ? $"<{string.Join(", ", method.GetGenericArguments().Select(a => a.Name))}>" : "";
        string result = ApiNames.Nullable(method.ReturnType, ApiNames.Context.Create(method.ReturnParameter));
        return $"{Access(method)}{Modifiers(method)}{result} {method.Name}{arguments}({Parameters(method)}){Constraints(method.GetGenericArguments())}";
    }

    private static string Parameters(MethodBase method) => string.Join(", ", method.GetParameters().Select(Parameter));

    private static string Parameter(ParameterInfo parameter)
    {
        string direction = !parameter.ParameterType.IsByRef ? ""
            : parameter.IsOut ? "out " : parameter.IsIn || parameter.IsDefined(typeof(IsReadOnlyAttribute)) ? "in " : "ref ";
        Type bare = parameter.ParameterType.IsByRef ? parameter.ParameterType.GetElementType()! : parameter.ParameterType;
        string scoped = parameter.IsDefined(typeof(ParamArrayAttribute)) ? "params " : "";
        string value = parameter.HasDefaultValue ? " = " + Literal(parameter.RawDefaultValue) : "";
        return $"{scoped}{direction}{ApiNames.Nullable(bare, ApiNames.Context.Create(parameter))} {parameter.Name}{value}";
    }

    private static string Constraints(Type[] arguments)
    {
        IEnumerable<string> clauses = arguments.Where(a => a.IsGenericParameter).Select(argument =>
        {
            GenericParameterAttributes attributes = argument.GenericParameterAttributes;
            bool isUnmanaged = argument.CustomAttributes.Any(a => a.AttributeType.Name == "IsUnmanagedAttribute");
            IEnumerable<string> parts = argument.GetGenericParameterConstraints().Where(c => c != typeof(ValueType)).Select(ApiNames.Of).Order(StringComparer.Ordinal);
            if (isUnmanaged)
                parts = parts.Prepend("unmanaged");
            else if (attributes.HasFlag(GenericParameterAttributes.NotNullableValueTypeConstraint))
                parts = parts.Prepend("struct");
            else if (attributes.HasFlag(GenericParameterAttributes.ReferenceTypeConstraint))
                parts = parts.Prepend("class");
            if (attributes.HasFlag(GenericParameterAttributes.AllowByRefLike))
                parts = parts.Append("allows ref struct");
            string list = string.Join(", ", parts);
            return list.Length == 0 ? "" : $" where {argument.Name} : {list}";
        });
        return string.Concat(clauses);
    }

    private static string Modifiers(MethodInfo method)
    {
        string slot = method.IsStatic ? "static " : "";
        slot += method.IsAbstract ? (method.DeclaringType!.IsInterface && !method.IsStatic ? "" : "abstract ")
            : !method.IsVirtual || method.IsFinal ? ""
            : method.GetBaseDefinition() != method ? "override " : "virtual ";
        return slot + (method.IsDefined(typeof(IsReadOnlyAttribute)) && !method.DeclaringType!.IsDefined(typeof(IsReadOnlyAttribute)) ? "readonly " : "");
    }

    // Only the operators among the special names: accessors are listed with their property or event.
    private static bool IsListed(MethodInfo method) =>
        (!method.IsSpecialName || method.Name.StartsWith("op_", StringComparison.Ordinal)) && !method.Name.Contains('<', StringComparison.Ordinal);

    private static bool IsVisible(MethodBase method) => method.IsPublic || method.IsFamily || method.IsFamilyOrAssembly;

    private static bool IsVisible(FieldInfo field) => field.IsPublic || field.IsFamily || field.IsFamilyOrAssembly;

    private static bool IsVisible(PropertyInfo property) => property.GetAccessors(nonPublic: true).Any(IsVisible);

    private static string Access(MethodBase method) => method.IsPublic ? "" : "protected ";

    private static string Access(FieldInfo field) => field.IsPublic ? "" : "protected ";

    private static string Literal(object? value) => value switch
    {
        null => "default",
        string text => "\"" + text.Replace("\n", "\\n", StringComparison.Ordinal) + "\"",
        bool flag => flag ? "true" : "false",
        char letter => $"'\\u{(int)letter:x4}'",
        _ => Number(value),
    };

    private static string Number(object value) => ((IFormattable)value).ToString(null, CultureInfo.InvariantCulture);
}
