using System.Runtime.CompilerServices;
using AxVCpu.Devices;

namespace AxVCpu.BareMetal.Aarch64;

/// <summary>
/// Random numbers for guests, from all that the host has: the CPU's generator, the firmware's, and the seed that the boot loader left in
/// the device tree. They are mixed into a key, which ChaCha20 turns into numbers and the next key, so that nobody can go back from the key
/// to what was given before. Any CPU.
/// </summary>
internal unsafe struct HostEntropy
{
    private const int KeyWords = 8;
    private const int SeedWords = KeyWords / 2;
    private const int CpuTries = 10;
    private const int GeneratorField = 60;              // ID_AA64ISAR0_EL1.RNDR

    [InlineArray(KeyWords)]
    private struct Key
    {
        private uint _first;
    }

    private SpinLock _lock;
    private Key _key;
    private bool _isSeeded;
    private bool _hasGenerator;

    /// <summary>Whether anything that nobody can guess has gone in.</summary>
    internal readonly bool IsSeeded => _isSeeded;

    /// <summary>Collects what there is; once, before guests ask.</summary>
    internal void Open()
    {
        _hasGenerator = (Native.ReadIdRegister(IdRegisterFilter.IndexOf(IdRegister.AA64ISAR0)) >> GeneratorField & 0xF) != 0;
        FdtNodeView chosen = HostFdt.Blob.Root.Child("chosen"u8);
        if (chosen.TryProperty("rng-seed"u8, out ReadOnlySpan<byte> seed))
        {
            Absorb(seed);
            _isSeeded |= seed.Length >= KeyWords * sizeof(uint);
        }
        if (chosen.TryProperty("kaslr-seed"u8, out seed))
            Absorb(seed);
        AbsorbFirmware();
        AbsorbCpu();
    }

    /// <summary>Gives random numbers.</summary>
    /// <param name="words">Where they go, up to four.</param>
    /// <returns>False when there is no source.</returns>
    internal bool TryFill(Span<ulong> words)
    {
        if (!_isSeeded)
            return false;
        _lock.Enter();
        AbsorbCpu();
        ChaCha20Block block = Advance(HostTimer.Now);
        _lock.Exit();
        for (int i = 0; i < words.Length && i < SeedWords; i++)
            words[i] = block[KeyWords + (2 * i)] | (ulong)block[KeyWords + (2 * i) + 1] << 32;
        return true;
    }

    private void Absorb(ReadOnlySpan<byte> bytes)
    {
        for (int start = 0; start < bytes.Length; start += KeyWords * sizeof(uint))
        {
            for (int i = start; i < bytes.Length && i < start + (KeyWords * sizeof(uint)); i++)
                _key[(i - start) / sizeof(uint)] ^= (uint)bytes[i] << (i % sizeof(uint) * 8);
            Advance(HostTimer.Now);
        }
    }

    private void AbsorbCpu()
    {
        if (!_hasGenerator)
            return;
        int found = 0;
        for (int tries = 0; tries < CpuTries && found < SeedWords; tries++)
        {
            ulong value;
            if (Native.CpuRandom(&value) == 0)
                continue;
            _key[2 * found] ^= (uint)value;
            _key[(2 * found++) + 1] ^= (uint)(value >> 32);
        }
        _isSeeded |= found == SeedWords;
    }

    /// <summary>The firmware's generator, when each step says that there is the next (Arm DEN 0028, appendix C; Arm DEN 0098, 2.1).</summary>
    private void AbsorbFirmware()
    {
        const int psciWithFeatures = 0x1_0000, conventionWithProbes = 0x1_0001, firstVersion = 0x1_0000;
        if (Call(FirmwareFunction.PsciVersion) < psciWithFeatures || Call(FirmwareFunction.PsciFeatures, Smccc.SMCCC_VERSION) < 0 ||
            Call((FirmwareFunction)Smccc.SMCCC_VERSION) < conventionWithProbes || Call(FirmwareFunction.TrngVersion) < firstVersion)
            return;
        ulong* words = stackalloc ulong[3];
        for (int half = 0; half < 2; half++)
        {
            if (Native.FirmwareRandom(words) != 0)
                return;
            Absorb(new ReadOnlySpan<byte>(words, 3 * sizeof(ulong)));
        }
        _isSeeded = true;
    }

    private static int Call(FirmwareFunction function, ulong argument = 0) => (int)Native.Smc((ulong)function, argument, 0, 0);

    /// <summary>The next block: its first half becomes the key.</summary>
    private ChaCha20Block Advance(ulong nonce)
    {
        ChaCha20Block start = default;
        (start[0], start[1]) = (0x6170_7865, 0x3320_646E); // "expand 32-byte k"
        (start[2], start[3]) = (0x7962_2D32, 0x6B20_6574);
        for (int i = 0; i < KeyWords; i++)
            start[4 + i] = _key[i];
        (start[14], start[15]) = ((uint)nonce, (uint)(nonce >> 32));
        ChaCha20Block block = start.Next();
        for (int i = 0; i < KeyWords; i++)
            _key[i] = block[i];
        return block;
    }
}
