// The root types that the compiler and ilc bind by name and layout. No member here is called by the product's own code
// unless C# itself needs it.
namespace System
{
    public unsafe class Object
    {
        // The method table pointer; ilc fixes this layout.
        internal nint _methodTable;

        ~Object()
        {
        }

        public virtual bool Equals(object? other) => false;

        public virtual int GetHashCode() => 0;
    }

    public struct Void;

    public struct Boolean;

    public struct Char;

    public struct SByte;

    public struct Byte;

    public struct Int16;

    public struct UInt16;

    public struct Int32
    {
        public const int MaxValue = 0x7FFFFFFF;
        public const int MinValue = unchecked((int)0x80000000);
    }

    public struct UInt32
    {
        public const uint MaxValue = 0xFFFFFFFF;
    }

    public struct Int64
    {
        public const long MaxValue = 0x7FFFFFFFFFFFFFFF;
        public const long MinValue = unchecked((long)0x8000000000000000);
    }

    public struct UInt64
    {
        public const ulong MaxValue = 0xFFFFFFFFFFFFFFFF;
    }

    public struct IntPtr;

    public struct UIntPtr;

    public struct Single;

    public struct Double;

    public abstract class ValueType;

    public abstract class Enum : ValueType;

    public struct Nullable<T>
        where T : struct
    {
        private readonly bool _hasValue;
        private readonly T _value;

        public Nullable(T value)
        {
            _value = value;
            _hasValue = true;
        }

        public readonly bool HasValue => _hasValue;

        public readonly T Value => _value;

        public readonly T GetValueOrDefault() => _value;

        public readonly T GetValueOrDefault(T defaultValue) => _hasValue ? _value : defaultValue;

        public static implicit operator Nullable<T>(T value) => new Nullable<T>(value);
    }

    public sealed class String
    {
        // Layout known to ilc: the length, then the characters.
        public readonly int Length;
        internal char _firstChar;
    }

    public abstract class Array
    {
        internal int _length;

        public int Length => _length;
    }

    public class Array<T> : Array;

    public abstract class Delegate;

    public abstract class MulticastDelegate : Delegate;

    public struct RuntimeTypeHandle;

    public struct RuntimeMethodHandle;

    public struct RuntimeFieldHandle;

    public abstract class Type;

    public class RuntimeType : Type;

    public class Attribute;

    public class AttributeUsageAttribute(AttributeTargets validOn) : Attribute
    {
        public AttributeTargets ValidOn => validOn;

        public bool AllowMultiple { get; set; }

        public bool Inherited { get; set; }
    }

    public enum AttributeTargets
    {
        All = 0x7FFF,
    }

    public class FlagsAttribute : Attribute;

    public class ParamArrayAttribute : Attribute;

    public class ObsoleteAttribute(string message) : Attribute
    {
        public string Message => message;
    }

    public class Exception;

    public interface IDisposable
    {
        void Dispose();
    }

    public struct ValueTuple<T1, T2>(T1 item1, T2 item2)
    {
        public T1 Item1 = item1;
        public T2 Item2 = item2;
    }

    public struct ValueTuple<T1, T2, T3>(T1 item1, T2 item2, T3 item3)
    {
        public T1 Item1 = item1;
        public T2 Item2 = item2;
        public T3 Item3 = item3;
    }

    internal static unsafe class Buffer
    {
        internal static void BulkMoveWithWriteBarrier(ref byte destination, ref byte source, nuint length) =>
            SpanHelpers.Memmove(ref destination, ref source, length);
    }
}
