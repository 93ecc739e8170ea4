namespace AxVCpu.X64;

/// <summary>A segment register with what it caches of its descriptor (Intel SDM volume 3, 3.4.3).</summary>
public struct X64Segment
{
    /// <summary>The linear base address.</summary>
    public ulong Base;

    /// <summary>The last offset, in bytes whatever the granularity.</summary>
    public uint Limit;

    /// <summary>The visible part.</summary>
    public ushort Selector;

    /// <summary>The access rights.</summary>
    public X64SegmentAttributes Attributes;
}

/// <summary>Access rights of a segment, at the bit positions of VMX (Intel SDM volume 3, 25.4.1, "access rights").</summary>
[Flags]
public enum X64SegmentAttributes : ushort
{
    /// <summary>Nothing.</summary>
    None = 0,
    /// <summary>Bits 3 to 0: the type. Data, read and write, accessed.</summary>
    DataReadWrite = 0x3,
    /// <summary>Type: code, execute and read, accessed.</summary>
    CodeExecuteRead = 0xB,
    /// <summary>The mask of the type.</summary>
    TypeMask = 0xF,
    /// <summary>S: a code or data segment, not a system segment.</summary>
    CodeOrData = 1 << 4,
    /// <summary>Bits 6 and 5: DPL; this is privilege level 3.</summary>
    Ring3 = 3 << 5,
    /// <summary>P: present.</summary>
    Present = 1 << 7,
    /// <summary>AVL: for software.</summary>
    Available = 1 << 12,
    /// <summary>L: 64-bit code.</summary>
    Long = 1 << 13,
    /// <summary>D/B: 32-bit operands.</summary>
    Default32 = 1 << 14,
    /// <summary>G: the limit in the descriptor counts pages.</summary>
    Granularity = 1 << 15,
    /// <summary>Not usable: a null selector (bit 16 of VMX's access rights, kept in the unused bit 8).</summary>
    Unusable = 1 << 8,
}

/// <summary>Types of system segments, which share the numbers of code and data (Intel SDM volume 3, table 3-2).</summary>
public static class X64SystemSegment
{
    /// <summary>A local descriptor table.</summary>
    public const X64SegmentAttributes LocalDescriptorTable = (X64SegmentAttributes)0x2;

    /// <summary>A busy 32-bit or 64-bit task state.</summary>
    public const X64SegmentAttributes BusyTask = (X64SegmentAttributes)0xB;
}

/// <summary>A descriptor table register.</summary>
public struct X64DescriptorTable
{
    /// <summary>The linear address.</summary>
    public ulong Base;

    /// <summary>The last offset.</summary>
    public ushort Limit;
}

/// <summary>Bits of the control registers and of IA32_EFER that set-up uses (Intel SDM volume 3, 2.2.1 and 2.5).</summary>
public static class X64Control
{
    /// <summary>CR0.PE: protected mode.</summary>
    public const ulong ProtectionEnable = 1UL << 0;

    /// <summary>CR0.MP: WAIT honours TS.</summary>
    public const ulong MonitorCoprocessor = 1UL << 1;

    /// <summary>CR0.ET, always one.</summary>
    public const ulong ExtensionType = 1UL << 4;

    /// <summary>CR0.NE: x87 errors are exceptions.</summary>
    public const ulong NumericError = 1UL << 5;

    /// <summary>CR0.WP: read-only pages bind the supervisor too.</summary>
    public const ulong WriteProtect = 1UL << 16;

    /// <summary>CR0.NW.</summary>
    public const ulong NotWriteThrough = 1UL << 29;

    /// <summary>CR0.CD.</summary>
    public const ulong CacheDisable = 1UL << 30;

    /// <summary>CR0.PG: paging.</summary>
    public const ulong Paging = 1UL << 31;

    /// <summary>CR4.TSD: the time-stamp counter is for the supervisor alone.</summary>
    public const ulong TimeStampDisable = 1UL << 2;

    /// <summary>CR4.PAE.</summary>
    public const ulong PhysicalAddressExtension = 1UL << 5;

    /// <summary>CR4.OSFXSR: SSE.</summary>
    public const ulong SaveSse = 1UL << 9;

    /// <summary>CR4.OSXMMEXCPT.</summary>
    public const ulong SseExceptions = 1UL << 10;

    /// <summary>CR4.OSXSAVE: XSAVE and XCR0.</summary>
    public const ulong XsaveEnable = 1UL << 18;

    /// <summary>EFER.SCE: SYSCALL.</summary>
    public const ulong SyscallEnable = 1UL << 0;

    /// <summary>EFER.LME: long mode once paging is on.</summary>
    public const ulong LongModeEnable = 1UL << 8;

    /// <summary>EFER.LMA: long mode is active.</summary>
    public const ulong LongModeActive = 1UL << 10;

    /// <summary>EFER.NXE: pages can forbid execution.</summary>
    public const ulong NoExecuteEnable = 1UL << 11;
}

/// <summary>Segments, descriptor tables and control registers, as one group.</summary>
public struct X64SystemRegisters
{
    /// <summary>Code segment.</summary>
    public X64Segment Cs;

    /// <summary>Data segment.</summary>
    public X64Segment Ds;

    /// <summary>Extra segment.</summary>
    public X64Segment Es;

    /// <summary>FS.</summary>
    public X64Segment Fs;

    /// <summary>GS.</summary>
    public X64Segment Gs;

    /// <summary>Stack segment.</summary>
    public X64Segment Ss;

    /// <summary>Task register.</summary>
    public X64Segment Tr;

    /// <summary>Local descriptor table.</summary>
    public X64Segment Ldt;

    /// <summary>Global descriptor table.</summary>
    public X64DescriptorTable Gdt;

    /// <summary>Interrupt descriptor table.</summary>
    public X64DescriptorTable Idt;

    /// <summary>CR0.</summary>
    public ulong Cr0;

    /// <summary>CR2, the address of the last page fault.</summary>
    public ulong Cr2;

    /// <summary>CR3, the page-table root.</summary>
    public ulong Cr3;

    /// <summary>CR4.</summary>
    public ulong Cr4;

    /// <summary>CR8, the task priority.</summary>
    public ulong Cr8;

    /// <summary>IA32_EFER.</summary>
    public ulong Efer;

    /// <summary>IA32_APIC_BASE.</summary>
    public ulong ApicBase;
}
