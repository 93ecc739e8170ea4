namespace AxVCpu.Software.Riscv64.Isa;

/// <summary>
/// The instruction-set extensions of a riscv64 hart, named as in the RISC-V manuals. RV64I itself is <see cref="I"/>.
/// </summary>
/// <remarks>
/// Parse and print with <see cref="IsaString"/>, which also checks that what an extension depends on is there. An instruction of several
/// extensions exists as long as one of them is there: who takes <see cref="A"/> from a set takes <see cref="Zaamo"/> and <see cref="Zalrsc"/>, too.
/// </remarks>
[Flags]
public enum IsaExtensions : ulong
{
    /// <summary>Nothing; not a machine.</summary>
    None = 0,

    /// <summary>Base integer instructions. Always there.</summary>
    I = 1UL << 0,

    /// <summary>Integer multiplication and division.</summary>
    M = 1UL << 1,

    /// <summary>Atomics: LR/SC and AMOs.</summary>
    A = 1UL << 2,

    /// <summary>Single-precision floating point.</summary>
    F = 1UL << 3,

    /// <summary>Double-precision floating point.</summary>
    D = 1UL << 4,

    /// <summary>Compressed instructions.</summary>
    C = 1UL << 5,

    /// <summary>CSR instructions.</summary>
    Zicsr = 1UL << 6,

    /// <summary>fence.i.</summary>
    Zifencei = 1UL << 7,

    /// <summary>The counters cycle, time and instret.</summary>
    Zicntr = 1UL << 8,

    /// <summary>The counters hpmcounter3-31.</summary>
    Zihpm = 1UL << 9,

    /// <summary>Address generation: shNadd, add.uw, slli.uw.</summary>
    Zba = 1UL << 10,

    /// <summary>Basic bit manipulation.</summary>
    Zbb = 1UL << 11,

    /// <summary>Carry-less multiplication.</summary>
    Zbc = 1UL << 12,

    /// <summary>Single-bit instructions.</summary>
    Zbs = 1UL << 13,

    /// <summary>Integer conditional operations: czero.eqz, czero.nez.</summary>
    Zicond = 1UL << 14,

    /// <summary>Cache-block management: cbo.clean, cbo.flush, cbo.inval.</summary>
    Zicbom = 1UL << 15,

    /// <summary>Cache-block zero: cbo.zero.</summary>
    Zicboz = 1UL << 16,

    /// <summary>The pause hint.</summary>
    Zihintpause = 1UL << 17,

    /// <summary>Wait on reservation set: wrs.nto, wrs.sto.</summary>
    Zawrs = 1UL << 18,

    /// <summary>Supervisor timer comparison: stimecmp.</summary>
    Sstc = 1UL << 19,

    /// <summary>Page faults instead of hardware updates of A and D bits (when menvcfg.ADUE is clear).</summary>
    Svade = 1UL << 20,

    /// <summary>Hardware updates of A and D bits, switched by menvcfg.ADUE.</summary>
    Svadu = 1UL << 21,

    /// <summary>Fine-grained address-translation invalidation.</summary>
    Svinval = 1UL << 22,

    /// <summary>64 KiB naturally aligned page-table entries.</summary>
    Svnapot = 1UL << 23,

    /// <summary>Memory types in page-table entries.</summary>
    Svpbmt = 1UL << 24,

    /// <summary>Cache-block prefetches, which are hints: nothing is fetched ahead.</summary>
    Zicbop = 1UL << 25,

    /// <summary>The hints about the locality of accesses, which do nothing.</summary>
    Zihintntl = 1UL << 26,

    /// <summary>Further compressed instructions: bytes, halfwords, extensions, c.not and c.mul.</summary>
    Zcb = 1UL << 27,

    /// <summary>Half-precision loads, stores, moves and conversions to the other formats.</summary>
    Zfhmin = 1UL << 28,

    /// <summary>Half-precision floating point.</summary>
    Zfh = 1UL << 29,

    /// <summary>Additional floating-point instructions: constants, rounding to integral values, quiet comparisons.</summary>
    Zfa = 1UL << 30,

    /// <summary>May-be-operations, which write zero.</summary>
    Zimop = 1UL << 31,

    /// <summary>Compressed may-be-operations, which do nothing.</summary>
    Zcmop = 1UL << 32,

    /// <summary>Bit manipulation for cryptography.</summary>
    Zbkb = 1UL << 33,

    /// <summary>Carry-less multiplication for cryptography: Zbc without clmulr.</summary>
    Zbkc = 1UL << 34,

    /// <summary>Crossbar permutations.</summary>
    Zbkx = 1UL << 35,

    /// <summary>AES decryption.</summary>
    Zknd = 1UL << 36,

    /// <summary>AES encryption.</summary>
    Zkne = 1UL << 37,

    /// <summary>SHA-256 and SHA-512.</summary>
    Zknh = 1UL << 38,

    /// <summary>The entropy source: the CSR seed, opened to lower modes by mseccfg.</summary>
    Zkr = 1UL << 39,

    /// <summary>SM4.</summary>
    Zksed = 1UL << 40,

    /// <summary>SM3.</summary>
    Zksh = 1UL << 41,

    /// <summary>No instruction that the extension lists takes another path for other operands. What the host does with its caches is beyond us.</summary>
    Zkt = 1UL << 42,

    /// <summary>The part of <see cref="A"/> with the read-modify-write operations.</summary>
    Zaamo = 1UL << 43,

    /// <summary>The part of <see cref="A"/> with LR and SC.</summary>
    Zalrsc = 1UL << 44,

    /// <summary>Atomic operations on bytes and halfwords.</summary>
    Zabha = 1UL << 45,

    /// <summary>Atomic compare-and-swap of up to 16 bytes.</summary>
    Zacas = 1UL << 46,

    /// <summary>The part of <see cref="M"/> that multiplies.</summary>
    Zmmul = 1UL << 47,

    /// <summary>Statement: cache blocks have 64 bytes, naturally aligned. Like those below it holds whether it is named or not.</summary>
    Zic64b = 1UL << 48,

    /// <summary>Statement: main memory supports all atomic operations of <see cref="A"/>.</summary>
    Ziccamoa = 1UL << 49,

    /// <summary>Statement: misaligned loads and stores to main memory work.</summary>
    Zicclsm = 1UL << 50,

    /// <summary>Statement: a constrained LR/SC loop on main memory succeeds in the end.</summary>
    Ziccrse = 1UL << 51,

    /// <summary>Statement: reservation sets have at most 64 bytes.</summary>
    Za64rs = 1UL << 52,

    /// <summary>Statement: page tables may be in main memory.</summary>
    Ssccptr = 1UL << 53,

    /// <summary>Statement: scounteren has a writable bit for every counter that counts.</summary>
    Sscounterenw = 1UL << 54,

    /// <summary>Statement: stval has the address of every memory fault, and the bits of an illegal instruction.</summary>
    Sstvala = 1UL << 55,

    /// <summary>Statement: stvec holds any aligned address in direct mode.</summary>
    Sstvecd = 1UL << 56,

    /// <summary>Statement: user mode has 64-bit registers.</summary>
    Ssu64xl = 1UL << 57,

    /// <summary>Statement: satp has the mode without translation.</summary>
    Svbare = 1UL << 58,

    /// <summary>What the letter G stands for.</summary>
    G = I | M | A | F | D | Zicsr | Zifencei,

    /// <summary>What the letter B stands for.</summary>
    B = Zba | Zbb | Zbs,

    /// <summary>NIST algorithms.</summary>
    Zkn = Zbkb | Zbkc | Zbkx | Zknd | Zkne | Zknh,

    /// <summary>ShangMi algorithms.</summary>
    Zks = Zbkb | Zbkc | Zbkx | Zksed | Zksh,

    /// <summary>Scalar cryptography: <see cref="Zkn"/> with the entropy source and <see cref="Zkt"/>.</summary>
    Zk = Zkn | Zkr | Zkt,

    /// <summary>
    /// The hart a VM gets when its configuration says nothing: everything but <see cref="Svade"/>, so that A and D bits are set by hardware,
    /// and <see cref="Zkr"/>, because kernels that see it take it for granted that the firmware has opened it to them.
    /// </summary>
    Default = All & ~(Svade | Zkr),

    /// <summary>Everything named here.</summary>
    All = (1UL << 59) - 1,
}
