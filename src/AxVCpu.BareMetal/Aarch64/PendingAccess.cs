namespace AxVCpu.BareMetal.Aarch64;

/// <summary>What the guest waits for since its last exit.</summary>
internal enum PendingKind : byte
{
    /// <summary>Nothing.</summary>
    None,
    /// <summary>A device access, perhaps one of several that one instruction makes.</summary>
    Mmio,
    /// <summary>The value of a system register.</summary>
    SysRegRead,
    /// <summary>A system register that is written.</summary>
    SysRegWrite,
    /// <summary>A page.</summary>
    NestedFault,
}

/// <summary>
/// An access that is not finished. A device access of more than eight bytes, or of several registers or elements, is carried out in
/// parts of at most eight bytes, each an exit of its own, before the guest goes on.
/// </summary>
internal struct PendingAccess
{
    /// <summary>What it is.</summary>
    public PendingKind Kind;

    /// <summary>The part under way.</summary>
    public byte Part;

    /// <summary>Whether the part under way is done and the next one may begin.</summary>
    public bool IsPartDone;

    /// <summary>Whether a missing page was needed to fetch an instruction.</summary>
    public bool IsFetch;

    /// <summary>The instruction's register for a system register; 31 is none.</summary>
    public byte Register;

    /// <summary>Whether the access is big-endian.</summary>
    public bool IsBigEndian;

    /// <summary>The device access.</summary>
    public LoadStore Access;

    /// <summary>The guest-virtual address of the first byte.</summary>
    public ulong Address;

    /// <summary>The page of the faulting byte, as the guest sees it, and where it is.</summary>
    public ulong KnownPage;

    /// <summary>The guest-physical page behind <see cref="KnownPage"/>.</summary>
    public ulong KnownPhysical;

    /// <summary>The base register before the instruction: a load that is given up half-way may have overwritten it.</summary>
    public ulong BaseBefore;

    /// <summary>The base register after write-back.</summary>
    public ulong BaseAfter;

    /// <summary>Bytes of each part.</summary>
    public readonly int PartBytes => Access.ElementBytes < 8 ? Access.ElementBytes : 8;

    /// <summary>How many parts there are.</summary>
    public readonly int Parts => Access.TotalBytes / PartBytes;

    /// <summary>Parts of each register.</summary>
    public readonly int PartsPerRegister => Access.ElementBytes / PartBytes;
}
