namespace AxVCpu.Software.Riscv64;

/// <summary>Fields of mstatus and sstatus (Privileged ISA 3.1.6 and 4.1.1).</summary>
internal static class StatusBits
{
    public const ulong SIE = 1UL << 1;
    public const ulong MIE = 1UL << 3;
    public const ulong SPIE = 1UL << 5;
    public const ulong MPIE = 1UL << 7;
    public const ulong SPP = 1UL << 8;
    public const int MPPShift = 11;
    public const ulong MPP = 3UL << MPPShift;
    public const int FSShift = 13;
    public const ulong FS = 3UL << FSShift;
    public const ulong MPRV = 1UL << 17;
    public const ulong SUM = 1UL << 18;
    public const ulong MXR = 1UL << 19;
    public const ulong TVM = 1UL << 20;
    public const ulong TW = 1UL << 21;
    public const ulong TSR = 1UL << 22;
    /// <summary>UXL and SXL hold 2 for 64 bits, and can hold nothing else here.</summary>
    public const ulong UXL64 = 2UL << 32;
    public const ulong SXL64 = 2UL << 34;
    public const ulong SD = 1UL << 63;

    /// <summary>What a write of mstatus can change. UBE, SBE and MBE are read-only zero: every access is little-endian.</summary>
    public const ulong MstatusWritable = SIE | MIE | SPIE | MPIE | SPP | MPP | FS | MPRV | SUM | MXR | TVM | TW | TSR;

    /// <summary>What a write of sstatus can change.</summary>
    public const ulong SstatusWritable = SIE | SPIE | SPP | FS | SUM | MXR;

    /// <summary>What a read of sstatus shows; SD is worked out from FS.</summary>
    public const ulong SstatusReadable = SstatusWritable | UXL64;

    /// <summary>Value of both registers' constant fields.</summary>
    public const ulong Constant = UXL64 | SXL64;
}
