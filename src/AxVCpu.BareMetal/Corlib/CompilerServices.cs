namespace System.Runtime.CompilerServices
{
    public static class RuntimeFeature
    {
        public const string ByRefFields = nameof(ByRefFields);
        public const string ByRefLikeGenerics = nameof(ByRefLikeGenerics);
        public const string VirtualStaticsInInterfaces = nameof(VirtualStaticsInInterfaces);
        public const string NumericIntPtr = nameof(NumericIntPtr);
        public const string UnmanagedSignatureCallingConvention = nameof(UnmanagedSignatureCallingConvention);
        public const string DefaultImplementationsOfInterfaces = nameof(DefaultImplementationsOfInterfaces);
    }

    public static class IsVolatile;

    public static class IsExternalInit;

    public class IntrinsicAttribute : Attribute;

    public class ExtensionAttribute : Attribute;

    public class IsReadOnlyAttribute : Attribute;

    public class IsByRefLikeAttribute : Attribute;

    public class IsUnmanagedAttribute : Attribute;

    public class ScopedRefAttribute : Attribute;

    public class RefSafetyRulesAttribute(int version) : Attribute
    {
        public int Version => version;
    }

    public class RequiresLocationAttribute : Attribute;

    public class CompilerGeneratedAttribute : Attribute;

    public class UnsafeValueTypeAttribute : Attribute;

    public class SkipLocalsInitAttribute : Attribute;

    public class NullableAttribute : Attribute
    {
        public NullableAttribute(byte flag) => Flag = flag;

        public NullableAttribute(byte[] flags)
        {
        }

        public byte Flag { get; }
    }

    public class NullableContextAttribute(byte flag) : Attribute
    {
        public byte Flag => flag;
    }

    public class CompilerFeatureRequiredAttribute(string name) : Attribute
    {
        public string Name => name;

        public bool IsOptional { get; set; }
    }

    public class FixedBufferAttribute(Type elementType, int length) : Attribute
    {
        public Type ElementType => elementType;

        public int Length => length;
    }

    public class InlineArrayAttribute(int length) : Attribute
    {
        public int Length => length;
    }

    public class DecimalConstantAttribute : Attribute;

    public enum MethodImplOptions
    {
        NoInlining = 8,
        AggressiveInlining = 256,
        AggressiveOptimization = 512,
        InternalCall = 4096,
    }

    public sealed class MethodImplAttribute(MethodImplOptions options) : Attribute
    {
        public MethodImplOptions Value => options;
    }

    public class IndexerNameAttribute(string name) : Attribute
    {
        public string Name => name;
    }

    public static class RuntimeHelpers
    {
        public static unsafe int OffsetToStringData => sizeof(nint) + sizeof(int);

        [Intrinsic]
        public static extern ReadOnlySpan<T> CreateSpan<T>(RuntimeFieldHandle fieldHandle);

        [Intrinsic]
        public static extern void InitializeArray(Array array, RuntimeFieldHandle fieldHandle);
    }

    /// <summary>Pointer arithmetic; ilc replaces the bodies.</summary>
    public static unsafe class Unsafe
    {
        [Intrinsic]
        public static extern ref T Add<T>(ref T source, int elementOffset);

        [Intrinsic]
        public static extern ref TTo As<TFrom, TTo>(ref TFrom source);

        [Intrinsic]
        public static extern ref T AsRef<T>(void* source);

        [Intrinsic]
        public static extern ref T AsRef<T>(scoped ref readonly T source);

        [Intrinsic]
        public static extern void* AsPointer<T>(ref T value);

        [Intrinsic]
        public static extern int SizeOf<T>();

        [Intrinsic]
        public static extern ref T NullRef<T>();

        [Intrinsic]
        public static extern bool IsNullRef<T>(ref readonly T source);
    }

    public struct StaticClassConstructionContext
    {
        public nint cctorMethodAddress;
    }
}
