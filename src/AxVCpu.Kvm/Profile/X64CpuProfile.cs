namespace AxVCpu.Kvm;

/// <summary>Where a row of a CPUID table takes its value from.</summary>
public enum CpuidSource
{
    /// <summary>The row's own value.</summary>
    Constant,
    /// <summary>What the kernel can give a guest here, as far as the row's value has a bit set.</summary>
    Supported,
}

/// <summary>One row of a CPUID table: a leaf with the values or masks of its four registers.</summary>
/// <param name="Leaf">The value of eax.</param>
/// <param name="Subleaf">The value of ecx, 0 where the leaf has one answer.</param>
/// <param name="Source">What the four values are.</param>
/// <param name="Eax">Value or mask of eax.</param>
/// <param name="Ebx">Value or mask of ebx.</param>
/// <param name="Ecx">Value or mask of ecx.</param>
/// <param name="Edx">Value or mask of edx.</param>
public readonly record struct CpuidRow(uint Leaf, uint Subleaf, CpuidSource Source, uint Eax, uint Ebx, uint Ecx, uint Edx);

/// <summary>
/// What a guest is told about its processor, and which model-specific registers it reaches without leaving: tables, so that what a guest
/// sees is written down, not what its host happens to have.
/// </summary>
public sealed class X64CpuProfile
{
    // Bits that topology, mode and clock decide are set when the table is built: APIC id, counts, OSXSAVE, x2APIC, TSC deadline, hypervisor.
    private const uint Features1Ecx = 0x36DA_3203; // SSE3 PCLMUL SSSE3 FMA CX16 PCID SSE4.1 SSE4.2 MOVBE POPCNT AES XSAVE AVX F16C
    private const uint Features1Edx = 0x078B_FBFF; // FPU to CLFSH, MMX, FXSR, SSE, SSE2
    private const uint AmdCopyOf1Edx = 0x0183_F3FF; // the bits of leaf 1 that AMD repeats in leaf 0x80000001
    private const uint Rdrand = 1u << 30;

    private X64CpuProfile(string name, IReadOnlyList<CpuidRow> cpuid, IReadOnlyList<X64MsrRange> allowedMsrs)
    {
        Name = name;
        Cpuid = cpuid;
        AllowedMsrs = allowedMsrs;
    }

    /// <summary>What the profile is called.</summary>
    public string Name { get; }

    /// <summary>The rows, by leaf and subleaf. A leaf without a row reads as zero.</summary>
    public IReadOnlyList<CpuidRow> Cpuid { get; }

    /// <summary>The registers that the guest reaches inside the kernel.</summary>
    public IReadOnlyList<X64MsrRange> AllowedMsrs { get; }

    /// <summary>
    /// For operating systems: the levels x86-64-v2 and v3 as far as the host has them, protection keys and AVX-512 left out, the
    /// paravirtual clock of KVM.
    /// </summary>
    public static X64CpuProfile Default { get; } = new(
        "default",
        [
            new(0x0, 0, CpuidSource.Supported, 0, uint.MaxValue, uint.MaxValue, uint.MaxValue), // the vendor; the count is of this table
            new(0x1, 0, CpuidSource.Supported, 0x0FFF_3FFF, 0, Features1Ecx | Rdrand, Features1Edx),
            new(0x6, 0, CpuidSource.Constant, 1u << 2, 0, 0, 0), // ARAT: the APIC timer never stops
            new(0x7, 0, CpuidSource.Supported, 0, 0x219C_07A9, 0x0040_0604, 0xAC00_0410),
            // ebx: FSGSBASE BMI1 AVX2 SMEP BMI2 ERMS INVPCID RDSEED ADX SMAP CLFLUSHOPT CLWB SHA; ecx: UMIP VAES VPCLMUL RDPID;
            // edx: FSRM MD_CLEAR SPEC_CTRL STIBP ARCH_CAP SSBD
            new(0xD, 0, CpuidSource.Supported, 0x7, uint.MaxValue, uint.MaxValue, 0), // x87, SSE, AVX
            new(0xD, 1, CpuidSource.Supported, 0x7, 0, 0, 0), // XSAVEOPT, XSAVEC, XGETBV with ecx 1
            new(0xD, 2, CpuidSource.Supported, uint.MaxValue, uint.MaxValue, uint.MaxValue, 0),
            new(0x4000_0001, 0, CpuidSource.Supported, 0x0100_0009, 0, 0, 0), // clock source, stable between vCPUs
            new(0x8000_0000, 0, CpuidSource.Constant, 0x8000_0008, 0, 0, 0),
            new(0x8000_0001, 0, CpuidSource.Supported, 0, 0, 0x0000_0121, 0x2C10_0800 | AmdCopyOf1Edx),
            // ecx: LAHF LZCNT PREFETCHW; edx: SYSCALL NX 1GiB RDTSCP LM, and AMD's copy of leaf 1
            new(0x8000_0007, 0, CpuidSource.Supported, 0, 0, 0, 1u << 8), // invariant TSC
            new(0x8000_0008, 0, CpuidSource.Supported, 0xFFFF, 0x0000_D001, 0, 0), // address widths; CLZERO IBPB IBRS STIBP
        ],
        [
            new(0x10), // IA32_TIME_STAMP_COUNTER
            new(0x1B), // IA32_APIC_BASE
            new(0x3B), // IA32_TSC_ADJUST
            new(0x48, 2), // IA32_SPEC_CTRL, IA32_PRED_CMD
            new(0x8B), // IA32_BIOS_SIGN_ID
            new(0xFE), // IA32_MTRRCAP
            new(0x10A, 2), // IA32_ARCH_CAPABILITIES, IA32_FLUSH_CMD
            new(0x174, 3), // IA32_SYSENTER_CS, ESP, EIP
            new(0x179, 3), // IA32_MCG_CAP, STATUS, CTL
            new(0x1A0), // IA32_MISC_ENABLE
            new(0x200, 0x20), // IA32_MTRR_PHYSBASE and PHYSMASK
            new(0x250), new(0x258, 2), new(0x268, 8), // IA32_MTRR_FIX*
            new(0x277), // IA32_PAT
            new(0x2FF), // IA32_MTRR_DEF_TYPE
            new(0x400, 0x80), // IA32_MC*
            new(0x6E0), // IA32_TSC_DEADLINE
            new(0x4B56_4D00, 2), // KVM's wall clock and clock
            new(0xC000_0080, 5), // IA32_EFER, STAR, LSTAR, CSTAR, FMASK
            new(0xC000_0100, 4), // IA32_FS_BASE, GS_BASE, KERNEL_GS_BASE, TSC_AUX
            // AMD K7_EVNTSEL0 to 3 and K7_PERFCTR0 to 3: there by definition, so that no guest asks whether they are. They count nothing.
            new(0xC001_0000, 8),
            new(0xC001_0015), // AMD HWCR
            new(0xC001_011F), // AMD VIRT_SPEC_CTRL
            new(0xC001_1029), // AMD DE_CFG
        ]);

    /// <summary>
    /// For code that runs alone in a sandbox: the instruction sets of <see cref="Default"/> without random numbers, clocks and anything
    /// that tells one host from another; only the registers that long mode itself needs.
    /// </summary>
    public static X64CpuProfile Sandbox { get; } = new(
        "sandbox",
        [
            new(0x0, 0, CpuidSource.Supported, 0, uint.MaxValue, uint.MaxValue, uint.MaxValue),
            new(0x1, 0, CpuidSource.Supported, 0, 0, Features1Ecx, Features1Edx),
            new(0x7, 0, CpuidSource.Supported, 0, 0x2188_0328, 0x0000_0600, 0x0000_0010),
            new(0xD, 0, CpuidSource.Supported, 0x7, uint.MaxValue, uint.MaxValue, 0),
            new(0xD, 1, CpuidSource.Supported, 0x7, 0, 0, 0),
            new(0xD, 2, CpuidSource.Supported, uint.MaxValue, uint.MaxValue, uint.MaxValue, 0),
            new(0x8000_0000, 0, CpuidSource.Constant, 0x8000_0008, 0, 0, 0),
            new(0x8000_0001, 0, CpuidSource.Supported, 0, 0, 0x0000_0121, 0x2410_0800 | AmdCopyOf1Edx),
            new(0x8000_0008, 0, CpuidSource.Supported, 0xFFFF, 0, 0, 0),
        ],
        [
            new(0xC000_0080), // IA32_EFER
            new(0xC000_0100, 2), // IA32_FS_BASE, GS_BASE
        ]);
}
