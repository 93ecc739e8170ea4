using System.Buffers.Binary;
using System.Numerics;
using System.Security.Cryptography;
using AxVCpu.Software.Riscv64.Isa;

namespace AxVCpu.Software.Riscv64.Tests;

/// <summary>Whole algorithms made of the instructions, against the standards' own vectors and the class library.</summary>
public abstract class CryptographyTests(ExecutionTier tier)
{
    // FIPS 197, appendices C.1 and C.3.
    private static readonly byte[] s_plain = Convert.FromHexString("00112233445566778899aabbccddeeff");

    [Theory]
    [InlineData("000102030405060708090a0b0c0d0e0f", "69c4e0d86a7b0430d8cdb78070b4c55a")]
    [InlineData("000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f", "8ea2b7ca516745bfeafc49904b496089")]
    public void Aes_gives_the_vectors_of_the_standard(string key, string cipher)
    {
        using InstructionProbe probe = new(tier);
        ulong[] keys = AesKeys(probe, Words(Convert.FromHexString(key)));
        (ulong low, ulong high) = (Words(s_plain)[0] ^ keys[0], Words(s_plain)[1] ^ keys[1]);
        for (int at = 2; at < keys.Length; at += 2)
        {
            string step = at + 2 < keys.Length ? "aes64esm" : "aes64es";
            (low, high) = (probe.Run($"{step} t2,t0,t1", low, high) ^ keys[at], probe.Run($"{step} t2,t0,t1", high, low) ^ keys[at + 1]);
        }

        Assert.Equal(cipher, Hex(low, high));
        (low, high) = (low ^ keys[^2], high ^ keys[^1]);
        for (int at = keys.Length - 4; at >= 0; at -= 2)
        {
            string step = at != 0 ? "aes64dsm" : "aes64ds";
            (ulong first, ulong second) = at != 0 ? (probe.Run("aes64im t2,t0", keys[at]), probe.Run("aes64im t2,t0", keys[at + 1])) : (keys[0], keys[1]);
            (low, high) = (probe.Run($"{step} t2,t0,t1", low, high) ^ first, probe.Run($"{step} t2,t0,t1", high, low) ^ second);
        }

        Assert.Equal(Convert.ToHexStringLower(s_plain), Hex(low, high));
    }

    [Fact]
    public void Sha_256_and_sha_512_hash_as_the_class_library_does()
    {
        using InstructionProbe probe = new(tier);
        int seed = Random.Shared.Next();
        Random random = new(seed);
        for (int round = 0; round < 4; round++)
        {
            byte[] message = new byte[random.Next(56)];
            random.NextBytes(message);
            Assert.True(Convert.ToHexString(SHA256.HashData(message)) == Convert.ToHexString(Sha(probe, message, 32)), $"SHA-256, seed {seed}");
            Assert.True(Convert.ToHexString(SHA512.HashData(message)) == Convert.ToHexString(Sha(probe, message, 64)), $"SHA-512, seed {seed}");
        }
    }

    [Fact]
    public void Sm4_gives_the_vector_of_the_standard_and_deciphers_it()
    {
        // GB/T 32907, appendix A.1: key and plain text are the same.
        byte[] text = Convert.FromHexString("0123456789abcdeffedcba9876543210");
        using InstructionProbe probe = new(tier);
        uint[] system = [0xA3B1BAC6, 0x56AA3350, 0x677D9197, 0xB27022DC];
        uint[] key = new uint[36];
        for (int i = 0; i < 4; i++)
            key[i] = BinaryPrimitives.ReadUInt32LittleEndian(text.AsSpan(i * 4)) ^ BinaryPrimitives.ReverseEndianness(system[i]);
        for (int i = 0; i < 32; i++)
        {
            uint constant = 0;
            for (int j = 0; j < 4; j++)
                constant |= (uint)(((4 * i) + j) * 7 & 0xFF) << (8 * j);
            key[i + 4] = Sm4Step(probe, "sm4ks", key[i], key[i + 1] ^ key[i + 2] ^ key[i + 3] ^ constant);
        }

        byte[] cipher = Sm4Crypt(probe, text, key[4..]);
        Assert.Equal("681edf34d206965e86b3e94f536e4246", Convert.ToHexStringLower(cipher));
        Assert.Equal(text, Sm4Crypt(probe, cipher, [.. key[4..].Reverse()]));
    }

    [Fact]
    public void Sm3_gives_the_vector_of_the_standard()
    {
        using InstructionProbe probe = new(tier);

        // GB/T 32905, appendix A.1: the message is "abc".
        uint[] state = [0x7380166F, 0x4914B2B9, 0x172442D7, 0xDA8A0600, 0xA96F30BC, 0x163138AA, 0xE38DEE4D, 0xB0FB0E4E];
        uint[] w = new uint[68];
        (w[0], w[15]) = (0x61626380, 24);
        for (int j = 16; j < 68; j++)
        {
            uint mixed = w[j - 16] ^ w[j - 9] ^ BitOperations.RotateLeft(w[j - 3], 15);
            w[j] = (uint)probe.Run("sm3p1 t2,t0", mixed) ^ BitOperations.RotateLeft(w[j - 13], 7) ^ w[j - 6];
        }

        uint[] v = [.. state];
        for (int j = 0; j < 64; j++)
        {
            uint constant = j < 16 ? 0x79CC4519u : 0x7A879D8A;
            uint first = BitOperations.RotateLeft(BitOperations.RotateLeft(v[0], 12) + v[4] + BitOperations.RotateLeft(constant, j), 7);
            uint second = first ^ BitOperations.RotateLeft(v[0], 12);
            uint ff = j < 16 ? v[0] ^ v[1] ^ v[2] : (v[0] & v[1]) | (v[0] & v[2]) | (v[1] & v[2]);
            uint gg = j < 16 ? v[4] ^ v[5] ^ v[6] : (v[4] & v[5]) | (~v[4] & v[6]);
            uint one = ff + v[3] + second + (w[j] ^ w[j + 4]);
            uint two = gg + v[7] + first + w[j];
            v = [one, v[0], BitOperations.RotateLeft(v[1], 9), v[2], (uint)probe.Run("sm3p0 t2,t0", two), v[4], BitOperations.RotateLeft(v[5], 19), v[6]];
        }

        Assert.Equal(
            "66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0",
            string.Concat(state.Zip(v, (a, b) => (a ^ b).ToString("x8", System.Globalization.CultureInfo.InvariantCulture))));
    }

    [Fact]
    public void Results_of_32_bits_are_sign_extended_and_the_upper_halves_of_operands_do_not_matter()
    {
        using InstructionProbe probe = new(tier);
        foreach (string mnemonic in (string[])["sha256sum0", "sha256sum1", "sha256sig0", "sha256sig1", "sm3p0", "sm3p1"])
        {
            for (ulong bit = 0; bit < 32; bit++)
            {
                ulong result = probe.Run($"{mnemonic} t2,t0", 1UL << (int)bit);
                Assert.Equal((ulong)(int)result, result);
                Assert.Equal(result, probe.Run($"{mnemonic} t2,t0", 1UL << (int)bit | 0xDEAD_BEEF_0000_0000));
            }
        }
    }

    [Fact]
    public void The_entropy_source_gives_16_fresh_bits_to_modes_that_it_is_open_to()
    {
        using InstructionProbe probe = new(tier);
        HashSet<ulong> seen = [];
        for (int i = 0; i < 64; i++)
        {
            ulong value = probe.Run("csrrw t2, seed, x0");
            Assert.Equal(2UL, value >> 30);
            Assert.Equal(0UL, value & 0x3FFF_0000);
            seen.Add(value);
        }

        // 64 equal draws have a chance of 2^-1008.
        Assert.True(seen.Count > 1);
        const ulong IllegalInstruction = 2;
        Assert.Equal(IllegalInstruction, probe.Run("li t2, 99; csrrs t2, seed, x0"));
        Assert.Equal(IllegalInstruction, probe.Run("li t2, 99; csrrci t2, seed, 0"));
        Assert.Equal(2UL, probe.Run("csrrwi t2, seed, 0") >> 30);
        Assert.Equal(0x300UL, probe.Run("li t0, -1; csrw mseccfg, t0; csrr t2, mseccfg"));
    }

    [Theory]
    [InlineData(0x100UL, PrivilegeMode.User, true)]
    [InlineData(0x200UL, PrivilegeMode.User, false)]
    [InlineData(0x200UL, PrivilegeMode.Supervisor, true)]
    [InlineData(0x100UL, PrivilegeMode.Supervisor, false)]
    [InlineData(0x000UL, PrivilegeMode.Machine, true)]
    internal void Mseccfg_opens_the_entropy_source_to_lower_modes(ulong mseccfg, PrivilegeMode mode, bool isOpen)
    {
        using TestMachine machine = new(tier: tier);
        machine.Write(Csr.mseccfg, mseccfg);
        machine.Enter(mode);
        Assert.Equal(isOpen, machine.Hart.AccessCsr((int)Csr.seed, CsrOperation.Write, 0, writes: true, out _));
        Assert.False(machine.Hart.AccessCsr((int)Csr.seed, CsrOperation.Set, 0, writes: false, out _));
    }

    private static ulong[] AesKeys(InstructionProbe probe, ulong[] key)
    {
        List<ulong> keys = [.. key];
        int rounds = key.Length == 2 ? 10 : 14;
        ulong[] k = [.. key];
        for (int i = 0; keys.Count < (rounds + 1) * 2; i++)
        {
            Word(0, probe.Run($"aes64ks1i t2,t0,{i}", k[^1]));
            Word(1, k[0]);
            if (key.Length == 4)
            {
                Word(2, probe.Run("aes64ks1i t2,t0,10", k[1]));
                Word(3, k[2]);
            }

            keys.AddRange(k);
        }

        return [.. keys.Take((rounds + 1) * 2)];

        void Word(int index, ulong before) => k[index] = probe.Run("aes64ks2 t2,t0,t1", before, k[index]);
    }

    /// <summary>One block of SHA-256 or SHA-512 (FIPS 180-4, chapter 6).</summary>
    private static byte[] Sha(InstructionProbe probe, byte[] message, int digestBytes)
    {
        int word = digestBytes / 8;
        string name = word == 4 ? "sha256" : "sha512";
        ulong mask = ulong.MaxValue >> (64 - (word * 8));
        byte[] block = new byte[16 * word];
        message.CopyTo(block, 0);
        block[message.Length] = 0x80;
        BinaryPrimitives.WriteUInt64BigEndian(block.AsSpan(block.Length - 8), (ulong)message.Length * 8);
        int rounds = word == 4 ? 64 : 80;
        ulong[] primes = [.. Enumerable.Range(2, 500).Where(n => !Enumerable.Range(2, n - 2).Any(d => d < n && n % d == 0)).Take(rounds).Select(n => (ulong)n)];
        ulong[] w = new ulong[rounds];
        for (int t = 0; t < rounds; t++)
        {
            w[t] = t < 16
                ? (word == 4 ? BinaryPrimitives.ReadUInt32BigEndian(block.AsSpan(t * 4)) : BinaryPrimitives.ReadUInt64BigEndian(block.AsSpan(t * 8)))
                : (Function("sig1", w[t - 2]) + w[t - 7] + Function("sig0", w[t - 15]) + w[t - 16]) & mask;
        }

        ulong[] state = [.. primes.Take(8).Select(prime => FractionOfRoot(prime, 2))];
        ulong[] v = [.. state];
        for (int t = 0; t < rounds; t++)
        {
            ulong one = v[7] + Function("sum1", v[4]) + ((v[4] & v[5]) ^ (~v[4] & v[6])) + FractionOfRoot(primes[t], 3) + w[t];
            ulong two = Function("sum0", v[0]) + ((v[0] & v[1]) ^ (v[0] & v[2]) ^ (v[1] & v[2]));
            v = [(one + two) & mask, v[0], v[1], v[2], (v[3] + one) & mask, v[4], v[5], v[6]];
        }

        byte[] digest = new byte[digestBytes];
        for (int i = 0; i < 8; i++)
        {
            ulong sum = (state[i] + v[i]) & mask;
            if (word == 4)
                BinaryPrimitives.WriteUInt32BigEndian(digest.AsSpan(i * 4), (uint)sum);
            else
                BinaryPrimitives.WriteUInt64BigEndian(digest.AsSpan(i * 8), sum);
        }

        return digest;

        ulong Function(string function, ulong x) => probe.Run($"{name}{function} t2,t0", x) & mask;

        // The first bits of the fraction of a prime's square or cube root (section 4.2).
        ulong FractionOfRoot(ulong prime, int degree)
        {
            BigInteger scaled = (BigInteger)prime << (word * 8 * degree);
            BigInteger root = 0;
            for (int bit = (word * 8) + 5; bit >= 0; bit--)
            {
                BigInteger candidate = root | BigInteger.One << bit;
                if (BigInteger.Pow(candidate, degree) <= scaled)
                    root = candidate;
            }

            return (ulong)(root & mask);
        }
    }

    private static uint Sm4Step(InstructionProbe probe, string mnemonic, uint sum, uint input)
    {
        ulong result = sum;
        for (int i = 0; i < 4; i++)
            result = probe.Run($"{mnemonic} t2,t0,t1,{i}", result, input);
        return (uint)result;
    }

    private static byte[] Sm4Crypt(InstructionProbe probe, byte[] text, uint[] keys)
    {
        uint[] x = new uint[36];
        for (int i = 0; i < 4; i++)
            x[i] = BinaryPrimitives.ReadUInt32LittleEndian(text.AsSpan(i * 4));
        for (int i = 0; i < 32; i++)
            x[i + 4] = Sm4Step(probe, "sm4ed", x[i], x[i + 1] ^ x[i + 2] ^ x[i + 3] ^ keys[i]);
        byte[] result = new byte[16];
        for (int i = 0; i < 4; i++)
            BinaryPrimitives.WriteUInt32LittleEndian(result.AsSpan(i * 4), x[35 - i]);
        return result;
    }

    private static ulong[] Words(byte[] bytes) => [.. Enumerable.Range(0, bytes.Length / 8).Select(i => BinaryPrimitives.ReadUInt64LittleEndian(bytes.AsSpan(i * 8)))];

    private static string Hex(ulong low, ulong high)
    {
        byte[] bytes = new byte[16];
        BinaryPrimitives.WriteUInt64LittleEndian(bytes, low);
        BinaryPrimitives.WriteUInt64LittleEndian(bytes.AsSpan(8), high);
        return Convert.ToHexStringLower(bytes);
    }
}

public sealed class CryptographyTestsInterpreted() : CryptographyTests(ExecutionTier.Interpreter);

public sealed class CryptographyTestsTranslated() : CryptographyTests(ExecutionTier.Translator);
