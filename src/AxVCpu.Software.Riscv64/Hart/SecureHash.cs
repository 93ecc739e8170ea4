using System.Numerics;

namespace AxVCpu.Software.Riscv64;

/// <summary>
/// What Zknh and Zksh compute: the functions of FIPS 180-4, sections 4.1.2 and 4.1.3, and the permutations of SM3 (GB/T 32905, section 4.4).
/// 32-bit results are sign-extended.
/// </summary>
internal static class SecureHash
{
    public static ulong Sha256Sum0(uint x) => Extend(Ror(x, 2) ^ Ror(x, 13) ^ Ror(x, 22));

    public static ulong Sha256Sum1(uint x) => Extend(Ror(x, 6) ^ Ror(x, 11) ^ Ror(x, 25));

    public static ulong Sha256Sigma0(uint x) => Extend(Ror(x, 7) ^ Ror(x, 18) ^ x >> 3);

    public static ulong Sha256Sigma1(uint x) => Extend(Ror(x, 17) ^ Ror(x, 19) ^ x >> 10);

    public static ulong Sha512Sum0(ulong x) => Ror(x, 28) ^ Ror(x, 34) ^ Ror(x, 39);

    public static ulong Sha512Sum1(ulong x) => Ror(x, 14) ^ Ror(x, 18) ^ Ror(x, 41);

    public static ulong Sha512Sigma0(ulong x) => Ror(x, 1) ^ Ror(x, 8) ^ x >> 7;

    public static ulong Sha512Sigma1(ulong x) => Ror(x, 19) ^ Ror(x, 61) ^ x >> 6;

    public static ulong Sm3P0(uint x) => Extend(x ^ BitOperations.RotateLeft(x, 9) ^ BitOperations.RotateLeft(x, 17));

    public static ulong Sm3P1(uint x) => Extend(x ^ BitOperations.RotateLeft(x, 15) ^ BitOperations.RotateLeft(x, 23));

    private static uint Ror(uint x, int count) => BitOperations.RotateRight(x, count);

    private static ulong Ror(ulong x, int count) => BitOperations.RotateRight(x, count);

    private static ulong Extend(uint x) => (ulong)(long)(int)x;
}
