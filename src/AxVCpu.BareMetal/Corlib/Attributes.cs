namespace System.Reflection
{
    public sealed class DefaultMemberAttribute(string memberName) : Attribute
    {
        public string MemberName => memberName;
    }
}

namespace System.Diagnostics.CodeAnalysis
{
    public sealed class UnscopedRefAttribute : Attribute;

    public sealed class DoesNotReturnAttribute : Attribute;

    public sealed class NotNullWhenAttribute(bool returnValue) : Attribute
    {
        public bool ReturnValue => returnValue;
    }

    public sealed class SuppressMessageAttribute(string category, string checkId) : Attribute
    {
        public string Category => category;

        public string CheckId => checkId;

        public string? Justification { get; set; }
    }
}

namespace System.Runtime.InteropServices
{
    public enum LayoutKind
    {
        Sequential = 0,
        Explicit = 2,
        Auto = 3,
    }

    public sealed class StructLayoutAttribute(LayoutKind layoutKind) : Attribute
    {
        public int Pack;
        public int Size;

        public LayoutKind Value => layoutKind;
    }

    public sealed class FieldOffsetAttribute(int offset) : Attribute
    {
        public int Value => offset;
    }

    public sealed class InAttribute : Attribute;

    public sealed class OutAttribute : Attribute;

    public enum UnmanagedType
    {
        Bool = 2,
    }

    /// <summary>Reference casts over spans and arrays.</summary>
    public static unsafe class MemoryMarshal
    {
        [Runtime.CompilerServices.Intrinsic]
        public static extern ref T GetArrayDataReference<T>(T[] array);

        public static ref T GetReference<T>(Span<T> span) => ref span._reference;

        public static ref T GetReference<T>(ReadOnlySpan<T> span) => ref span._reference;

        public static Span<T> CreateSpan<T>(scoped ref T reference, int length) =>
            new(ref Runtime.CompilerServices.Unsafe.AsRef(in reference), length);

        public static ReadOnlySpan<T> CreateReadOnlySpan<T>(scoped ref readonly T reference, int length) =>
            new(ref Runtime.CompilerServices.Unsafe.AsRef(in reference), length);

        public static Span<byte> AsBytes<T>(Span<T> span)
            where T : struct =>
            new(ref Runtime.CompilerServices.Unsafe.As<T, byte>(ref span._reference), span.Length * Runtime.CompilerServices.Unsafe.SizeOf<T>());

        public static ReadOnlySpan<byte> AsBytes<T>(ReadOnlySpan<T> span)
            where T : struct =>
            new(ref Runtime.CompilerServices.Unsafe.As<T, byte>(ref span._reference), span.Length * Runtime.CompilerServices.Unsafe.SizeOf<T>());
    }
}

namespace System.Runtime
{
    /// <summary>Gives a static method a C symbol.</summary>
    public sealed class RuntimeExportAttribute(string entry) : Attribute
    {
        public string Entry => entry;
    }

    /// <summary>Binds an extern static method to a C symbol.</summary>
    public sealed class RuntimeImportAttribute : Attribute
    {
        public RuntimeImportAttribute(string entry)
        {
        }

        public RuntimeImportAttribute(string dll, string entry)
        {
        }
    }

    /// <summary>Type checks are only looked up by ilc; an image that really casts does not link.</summary>
    internal static class TypeCast
    {
        [RuntimeImport("*", "AXVCPU_FORBIDDEN_cast")]
        [CompilerServices.MethodImpl(CompilerServices.MethodImplOptions.InternalCall)]
        private static extern object Forbidden();

        public static object CheckCastAny(nint type, object value) => Forbidden();

        public static object CheckCastInterface(nint type, object value) => Forbidden();

        public static object CheckCastClass(nint type, object value) => Forbidden();

        public static object CheckCastClassSpecial(nint type, object value) => Forbidden();

        public static object IsInstanceOfAny(nint type, object value) => Forbidden();

        public static object IsInstanceOfInterface(nint type, object value) => Forbidden();

        public static object IsInstanceOfClass(nint type, object value) => Forbidden();

        public static bool IsInstanceOfException(nint type, object value) => Forbidden() is not null;
    }
}

namespace System.Runtime.InteropServices
{
    public unsafe interface IDynamicInterfaceCastable
    {
        internal static nint GetDynamicInterfaceImplementation(object instance, void* type, ushort slot) => 0;
    }
}
