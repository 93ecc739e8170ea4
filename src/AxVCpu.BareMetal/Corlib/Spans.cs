using System.Runtime.CompilerServices;

namespace System
{
    /// <summary>What block copies and clears compile to; the JIT calls these by name.</summary>
    internal static unsafe class SpanHelpers
    {
        private struct Block
        {
            internal ulong A, B, C, D;
        }

        internal static void Memmove(ref byte destination, ref byte source, nuint length)
        {
            byte* d = (byte*)Unsafe.AsPointer(ref destination);
            byte* s = (byte*)Unsafe.AsPointer(ref source);
            if (d <= s || d >= s + length)
            {
                // Ascending, so that a destination below the source may overlap it. The compiler makes wide loads and stores of a block.
                for (; length >= (nuint)sizeof(Block); length -= (nuint)sizeof(Block), d += sizeof(Block), s += sizeof(Block))
                    *(Block*)d = *(Block*)s;
                for (; length >= 8; length -= 8, d += 8, s += 8)
                    *(ulong*)d = *(ulong*)s;
                for (; length != 0; length--)
                    *d++ = *s++;
                return;
            }

            for (; length >= 8; length -= 8)
                *(ulong*)(d + length - 8) = *(ulong*)(s + length - 8);
            while (length != 0)
            {
                length--;
                d[length] = s[length];
            }
        }

        internal static void ClearWithoutReferences(ref byte destination, nuint length) => Fill(ref destination, length, 0);

        internal static void Fill(ref byte destination, nuint length, byte value)
        {
            byte* d = (byte*)Unsafe.AsPointer(ref destination);
            ulong wide = value * 0x0101010101010101UL;
            for (; length >= 8; length -= 8, d += 8)
                *(ulong*)d = wide;
            for (; length != 0; length--)
                *d++ = value;
        }
    }

    public readonly unsafe ref struct Span<T>
    {
        internal readonly ref T _reference;
        private readonly int _length;

        public Span(void* pointer, int length)
        {
            _reference = ref Unsafe.AsRef<T>(pointer);
            _length = length;
        }

        // The compiler looks for this one before it takes the one over a local; see ReadOnlySpan.
        public Span(T[] array)
        {
            _reference = ref System.Runtime.InteropServices.MemoryMarshal.GetArrayDataReference(array);
            _length = array.Length;
        }

        public Span(ref T reference)
        {
            _reference = ref reference;
            _length = 1;
        }

        internal Span(ref T reference, int length)
        {
            _reference = ref reference;
            _length = length;
        }

        public int Length => _length;

        public bool IsEmpty => _length == 0;

        public ref T this[int index]
        {
            get
            {
                if ((uint)index >= (uint)_length)
                    Internal.Runtime.CompilerHelpers.ThrowHelpers.ThrowIndexOutOfRangeException();
                return ref Unsafe.Add(ref _reference, index);
            }
        }

        public Span<T> Slice(int start) => Slice(start, _length - start);

        public Span<T> Slice(int start, int length)
        {
            if ((uint)start > (uint)_length || (uint)length > (uint)(_length - start))
                Internal.Runtime.CompilerHelpers.ThrowHelpers.ThrowIndexOutOfRangeException();
            return new Span<T>(ref Unsafe.Add(ref _reference, start), length);
        }

        public void CopyTo(Span<T> destination)
        {
            if (_length > destination.Length)
                Internal.Runtime.CompilerHelpers.ThrowHelpers.ThrowIndexOutOfRangeException();
            SpanHelpers.Memmove(ref Unsafe.As<T, byte>(ref destination._reference), ref Unsafe.As<T, byte>(ref _reference), (nuint)_length * (nuint)Unsafe.SizeOf<T>());
        }

        public void Clear() => Fill(default!);

        public void Fill(T value)
        {
            for (int i = 0; i < _length; i++)
                Unsafe.Add(ref _reference, i) = value;
        }

        public ref T GetPinnableReference() => ref _reference;

        public Enumerator GetEnumerator() => new(this);

        public static implicit operator ReadOnlySpan<T>(Span<T> span) => new(ref span._reference, span._length);

        public ref struct Enumerator
        {
            private readonly Span<T> _span;
            private int _index;

            internal Enumerator(Span<T> span)
            {
                _span = span;
                _index = -1;
            }

            public readonly ref T Current => ref _span[_index];

            public bool MoveNext() => ++_index < _span.Length;
        }
    }

    public readonly unsafe ref struct ReadOnlySpan<T>
    {
        internal readonly ref T _reference;
        private readonly int _length;

        public ReadOnlySpan(void* pointer, int length)
        {
            _reference = ref Unsafe.AsRef<T>(pointer);
            _length = length;
        }

        public ReadOnlySpan(T[] array)
            : this(array, 0, array.Length)
        {
        }

        public ReadOnlySpan(T[] array, int start, int length)
        {
            _reference = ref Unsafe.Add(ref System.Runtime.InteropServices.MemoryMarshal.GetArrayDataReference(array), start);
            _length = length;
        }

        public ReadOnlySpan(ref readonly T reference)
        {
            _reference = ref Unsafe.AsRef(in reference);
            _length = 1;
        }

        internal ReadOnlySpan(ref T reference, int length)
        {
            _reference = ref reference;
            _length = length;
        }

        public int Length => _length;

        public bool IsEmpty => _length == 0;

        public ref readonly T this[int index]
        {
            get
            {
                if ((uint)index >= (uint)_length)
                    Internal.Runtime.CompilerHelpers.ThrowHelpers.ThrowIndexOutOfRangeException();
                return ref Unsafe.Add(ref _reference, index);
            }
        }

        public ReadOnlySpan<T> Slice(int start) => Slice(start, _length - start);

        public ReadOnlySpan<T> Slice(int start, int length)
        {
            if ((uint)start > (uint)_length || (uint)length > (uint)(_length - start))
                Internal.Runtime.CompilerHelpers.ThrowHelpers.ThrowIndexOutOfRangeException();
            return new ReadOnlySpan<T>(ref Unsafe.Add(ref _reference, start), length);
        }

        public void CopyTo(Span<T> destination)
        {
            if (_length > destination.Length)
                Internal.Runtime.CompilerHelpers.ThrowHelpers.ThrowIndexOutOfRangeException();
            SpanHelpers.Memmove(ref Unsafe.As<T, byte>(ref destination._reference), ref Unsafe.As<T, byte>(ref _reference), (nuint)_length * (nuint)Unsafe.SizeOf<T>());
        }

        public ref readonly T GetPinnableReference() => ref _reference;

        public Enumerator GetEnumerator() => new(this);

        public ref struct Enumerator
        {
            private readonly ReadOnlySpan<T> _span;
            private int _index;

            internal Enumerator(ReadOnlySpan<T> span)
            {
                _span = span;
                _index = -1;
            }

            public readonly ref readonly T Current => ref _span[_index];

            public bool MoveNext() => ++_index < _span.Length;
        }
    }
}
