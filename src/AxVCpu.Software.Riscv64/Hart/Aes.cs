using System.Numerics;

namespace AxVCpu.Software.Riscv64;

/// <summary>
/// What Zknd and Zkne compute: the steps of AES (FIPS 197, chapter 5) on one half of the state, two columns; the first byte is the lowest.
/// </summary>
internal static class Aes
{
    private static readonly byte[] s_sBox = MakeSBox();
    private static readonly byte[] s_inverseSBox = Invert(s_sBox);

    /// <summary>FIPS 197, section 5.2: the first byte of the round constants; the last is for the schedule without one (AES-256).</summary>
    private static ReadOnlySpan<byte> RoundConstants => [0x01, 0x02, 0x04, 0x08, 0x10, 0x20, 0x40, 0x80, 0x1B, 0x36, 0x00];

    /// <summary>The first half of the state behind ShiftRows; the second half is that of the halves exchanged.</summary>
    public static ulong ShiftRows(ulong low, ulong high) =>
        Byte(low, 0, 0) | Byte(low, 5, 1) | Byte(high, 2, 2) | Byte(high, 7, 3) | Byte(low, 4, 4) | Byte(high, 1, 5) | Byte(high, 6, 6) | Byte(low, 3, 7);

    /// <summary>The same for InvShiftRows.</summary>
    public static ulong InverseShiftRows(ulong low, ulong high) =>
        Byte(low, 0, 0) | Byte(high, 5, 1) | Byte(high, 2, 2) | Byte(low, 7, 3) | Byte(low, 4, 4) | Byte(low, 1, 5) | Byte(high, 6, 6) | Byte(high, 3, 7);

    public static ulong SubBytes(ulong state) => Substitute(state, s_sBox);

    public static ulong InverseSubBytes(ulong state) => Substitute(state, s_inverseSBox);

    /// <summary>MixColumns: each byte becomes 2 a0 + 3 a1 + a2 + a3 of its column, from itself on.</summary>
    public static ulong MixColumns(ulong state)
    {
        ulong next = RotateColumns(state, 8);
        return Double(state ^ next) ^ next ^ RotateColumns(state, 16) ^ RotateColumns(state, 24);
    }

    /// <summary>InvMixColumns is MixColumns behind the matrix with 5, 0, 4, 0.</summary>
    public static ulong InverseMixColumns(ulong state)
    {
        ulong four = Double(Double(state ^ RotateColumns(state, 16)));
        return MixColumns(state ^ four);
    }

    /// <summary>aes64ks1i: SubWord, and RotWord and a constant unless the round is 10, of the upper word; the result in both halves.</summary>
    public static ulong KeySchedule1(ulong key, int round)
    {
        uint word = (uint)(key >> 32);
        if (round != RoundConstants.Length - 1)
            word = BitOperations.RotateRight(word, 8);
        word = (uint)SubBytes(word) ^ RoundConstants[round];
        return (ulong)word << 32 | word;
    }

    /// <summary>aes64ks2: the running sums of the key schedule.</summary>
    public static ulong KeySchedule2(ulong a, ulong b)
    {
        uint first = (uint)(a >> 32) ^ (uint)b;
        return (ulong)(first ^ (uint)(b >> 32)) << 32 | first;
    }

    private static ulong Byte(ulong half, int from, int to) => (ulong)(byte)(half >> (from * 8)) << (to * 8);

    private static ulong Substitute(ulong state, byte[] table)
    {
        ulong result = 0;
        for (int at = 0; at < 64; at += 8)
            result |= (ulong)table[(byte)(state >> at)] << at;
        return result;
    }

    private static ulong RotateColumns(ulong state, int count) =>
        (ulong)BitOperations.RotateRight((uint)(state >> 32), count) << 32 | BitOperations.RotateRight((uint)state, count);

    /// <summary>Each byte times x modulo x^8 + x^4 + x^3 + x + 1 (FIPS 197, section 4.2).</summary>
    private static ulong Double(ulong state)
    {
        const ulong Top = 0x8080_8080_8080_8080;
        return ((state & ~Top) << 1) ^ (((state & Top) >> 7) * 0x1B);
    }

    /// <summary>The S-box by its definition (section 5.1.1): the inverse in the field, then an affine map.</summary>
    private static byte[] MakeSBox()
    {
        byte[] table = new byte[256];
        byte power = 1;
        byte inverse = 1;
        do
        {
            // 3 generates the field; 0xF6 is its inverse.
            power = (byte)(power ^ Double(power));
            inverse = Multiply(inverse, 0xF6);
            table[power] = Affine(inverse);
        }
        while (power != 1);
        table[0] = Affine(0);
        return table;
    }

    private static byte Multiply(byte a, byte b)
    {
        byte product = 0;
        for (; b != 0; b >>= 1)
        {
            product ^= (b & 1) != 0 ? a : (byte)0;
            a = (byte)Double(a);
        }

        return product;
    }

    private static byte Affine(byte x) =>
        (byte)(x ^ byte.RotateLeft(x, 1) ^ byte.RotateLeft(x, 2) ^ byte.RotateLeft(x, 3) ^ byte.RotateLeft(x, 4) ^ 0x63);

    private static byte[] Invert(byte[] table)
    {
        byte[] inverse = new byte[256];
        for (int i = 0; i < 256; i++)
            inverse[table[i]] = (byte)i;
        return inverse;
    }
}
