using System.Runtime.CompilerServices;

namespace System.Threading
{
    /// <summary>Atomics; ilc replaces CompareExchange, Exchange, ExchangeAdd and MemoryBarrier by instructions.</summary>
    public static unsafe class Interlocked
    {
        [Intrinsic]
        public static int CompareExchange(ref int location, int value, int comparand) => CompareExchange(ref location, value, comparand);

        [Intrinsic]
        public static long CompareExchange(ref long location, long value, long comparand) => CompareExchange(ref location, value, comparand);

        public static uint CompareExchange(ref uint location, uint value, uint comparand) =>
            (uint)CompareExchange(ref Unsafe.As<uint, int>(ref location), (int)value, (int)comparand);

        public static ulong CompareExchange(ref ulong location, ulong value, ulong comparand) =>
            (ulong)CompareExchange(ref Unsafe.As<ulong, long>(ref location), (long)value, (long)comparand);

        [Intrinsic]
        public static int Exchange(ref int location, int value) => Exchange(ref location, value);

        [Intrinsic]
        public static long Exchange(ref long location, long value) => Exchange(ref location, value);

        public static uint Exchange(ref uint location, uint value) => (uint)Exchange(ref Unsafe.As<uint, int>(ref location), (int)value);

        public static ulong Exchange(ref ulong location, ulong value) => (ulong)Exchange(ref Unsafe.As<ulong, long>(ref location), (long)value);

        [Intrinsic]
        private static int ExchangeAdd(ref int location, int value) => ExchangeAdd(ref location, value);

        [Intrinsic]
        private static long ExchangeAdd(ref long location, long value) => ExchangeAdd(ref location, value);

        public static int Add(ref int location, int value) => ExchangeAdd(ref location, value) + value;

        public static long Add(ref long location, long value) => ExchangeAdd(ref location, value) + value;

        public static int Increment(ref int location) => Add(ref location, 1);

        public static long Increment(ref long location) => Add(ref location, 1);

        public static int Decrement(ref int location) => Add(ref location, -1);

        public static uint Increment(ref uint location) => (uint)Add(ref Unsafe.As<uint, int>(ref location), 1);

        public static ulong Increment(ref ulong location) => (ulong)Add(ref Unsafe.As<ulong, long>(ref location), 1);

        public static int Or(ref int location, int value)
        {
            int seen = location;
            while (true)
            {
                int before = CompareExchange(ref location, seen | value, seen);
                if (before == seen)
                    return before;
                seen = before;
            }
        }

        public static long Or(ref long location, long value)
        {
            long seen = location;
            while (true)
            {
                long before = CompareExchange(ref location, seen | value, seen);
                if (before == seen)
                    return before;
                seen = before;
            }
        }

        public static int And(ref int location, int value)
        {
            int seen = location;
            while (true)
            {
                int before = CompareExchange(ref location, seen & value, seen);
                if (before == seen)
                    return before;
                seen = before;
            }
        }

        public static long And(ref long location, long value)
        {
            long seen = location;
            while (true)
            {
                long before = CompareExchange(ref location, seen & value, seen);
                if (before == seen)
                    return before;
                seen = before;
            }
        }

        public static uint Or(ref uint location, uint value) => (uint)Or(ref Unsafe.As<uint, int>(ref location), (int)value);

        public static ulong Or(ref ulong location, ulong value) => (ulong)Or(ref Unsafe.As<ulong, long>(ref location), (long)value);

        public static uint And(ref uint location, uint value) => (uint)And(ref Unsafe.As<uint, int>(ref location), (int)value);

        public static ulong And(ref ulong location, ulong value) => (ulong)And(ref Unsafe.As<ulong, long>(ref location), (long)value);

        [Intrinsic]
        public static void MemoryBarrier() => MemoryBarrier();
    }

    /// <summary>Acquire loads and release stores through the compiler's volatile accesses.</summary>
    public static class Volatile
    {
        private struct VolatileByte
        {
            public volatile byte Value;
        }

        private struct VolatileBool
        {
            public volatile bool Value;
        }

        private struct VolatileInt32
        {
            public volatile int Value;
        }

        private struct VolatileUInt32
        {
            public volatile uint Value;
        }

        private struct VolatileNInt
        {
            public volatile nint Value;
        }

        private struct VolatileUInt16
        {
            public volatile ushort Value;
        }

        public static bool Read(ref readonly bool location) => Unsafe.As<bool, VolatileBool>(ref Unsafe.AsRef(in location)).Value;

        public static byte Read(ref readonly byte location) => Unsafe.As<byte, VolatileByte>(ref Unsafe.AsRef(in location)).Value;

        public static ushort Read(ref readonly ushort location) => Unsafe.As<ushort, VolatileUInt16>(ref Unsafe.AsRef(in location)).Value;

        public static int Read(ref readonly int location) => Unsafe.As<int, VolatileInt32>(ref Unsafe.AsRef(in location)).Value;

        public static uint Read(ref readonly uint location) => Unsafe.As<uint, VolatileUInt32>(ref Unsafe.AsRef(in location)).Value;

        public static long Read(ref readonly long location) => Unsafe.As<long, VolatileNInt>(ref Unsafe.AsRef(in location)).Value;

        public static ulong Read(ref readonly ulong location) => (ulong)Unsafe.As<ulong, VolatileNInt>(ref Unsafe.AsRef(in location)).Value;

        public static nint Read(ref readonly nint location) => Unsafe.As<nint, VolatileNInt>(ref Unsafe.AsRef(in location)).Value;

        public static void Write(ref bool location, bool value) => Unsafe.As<bool, VolatileBool>(ref location).Value = value;

        public static void Write(ref byte location, byte value) => Unsafe.As<byte, VolatileByte>(ref location).Value = value;

        public static void Write(ref ushort location, ushort value) => Unsafe.As<ushort, VolatileUInt16>(ref location).Value = value;

        public static void Write(ref int location, int value) => Unsafe.As<int, VolatileInt32>(ref location).Value = value;

        public static void Write(ref uint location, uint value) => Unsafe.As<uint, VolatileUInt32>(ref location).Value = value;

        public static void Write(ref long location, long value) => Unsafe.As<long, VolatileNInt>(ref location).Value = (nint)value;

        public static void Write(ref ulong location, ulong value) => Unsafe.As<ulong, VolatileNInt>(ref location).Value = (nint)value;

        public static void Write(ref nint location, nint value) => Unsafe.As<nint, VolatileNInt>(ref location).Value = value;
    }
}

namespace System.Numerics
{
    /// <summary>Bit counting; ilc replaces the leading and trailing counts by instructions where the target has them.</summary>
    public static class BitOperations
    {
        [Intrinsic]
        public static int LeadingZeroCount(ulong value)
        {
            int count = 0;
            for (ulong bit = 1UL << 63; bit != 0 && (value & bit) == 0; bit >>= 1)
                count++;
            return count;
        }

        [Intrinsic]
        public static int LeadingZeroCount(uint value) => LeadingZeroCount((ulong)value) - 32;

        [Intrinsic]
        public static int TrailingZeroCount(ulong value)
        {
            int count = 0;
            for (; count < 64 && (value >> count & 1) == 0; count++)
            {
            }

            return count;
        }

        [Intrinsic]
        public static int TrailingZeroCount(uint value) => value == 0 ? 32 : TrailingZeroCount((ulong)value);

        public static int TrailingZeroCount(int value) => TrailingZeroCount((uint)value);

        public static int Log2(ulong value) => 63 - LeadingZeroCount(value | 1);

        public static int Log2(uint value) => 31 - LeadingZeroCount(value | 1);

        public static int PopCount(ulong value)
        {
            int count = 0;
            for (; value != 0; value &= value - 1)
                count++;
            return count;
        }

        public static int PopCount(uint value) => PopCount((ulong)value);

        public static bool IsPow2(ulong value) => value != 0 && (value & (value - 1)) == 0;

        public static bool IsPow2(uint value) => value != 0 && (value & (value - 1)) == 0;

        public static ulong RoundUpToPowerOf2(ulong value) => value <= 1 ? value : 1UL << (64 - LeadingZeroCount(value - 1));

        public static uint RotateLeft(uint value, int offset) => value << offset | value >> (32 - offset);

        public static ulong RotateLeft(ulong value, int offset) => value << offset | value >> (64 - offset);
    }
}
