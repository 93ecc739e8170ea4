namespace AxVCpu.Software.Riscv64.Tests.Differential;

/// <summary>Where everything lies in a differential test's image, and what the generated sequences may rely on.</summary>
internal static class TestLayout
{
    public const ulong Image = GuestBoard.RamBase;
    public const int ImageBytes = 2 << 20;

    /// <summary>Physical: page tables, the trap handler's variables, the pages that sequences read and write.</summary>
    public const ulong Tables = Image + 0x4000;
    public const ulong Frame = Image + 0xA000;
    public const ulong DataPages = Image + 0x1_0000;
    public const int DataPageCount = 8;

    /// <summary>Physical: one block of <see cref="StartBytes"/> for each sequence: its first registers.</summary>
    public const ulong Starts = Image + 0x2_0000;
    public const int StartBytes = 1024;
    public const int MaximumSequences = 128;

    /// <summary>Physical and virtual: the sequences one behind the other.</summary>
    public const ulong Code = Image + 0x4_0000;
    public const int CodeBytes = 0xC_0000;

    /// <summary>Physical: what is known after each sequence.</summary>
    public const ulong Notes = Image + 0x10_0000;
    public const int NoteBytes = 768;

    /// <summary>Virtual: the pages for loads and stores, each with rights of its own (<see cref="DataPage"/>).</summary>
    public const ulong Window = 0x4000_0000;

    /// <summary>Virtual: the image again, readable and writable, not executable.</summary>
    public const ulong Alias = 0x4020_0000;

    /// <summary>Virtual and physical: the interrupt controller of the harts.</summary>
    public const ulong ClintWindow = 0x4040_0000;
    public const ulong Clint = 0x200_0000;

    public const ulong Uart = 0x1000_0000;
    public const ulong Syscon = 0x10_0000;

    // A start block: x1 to x31 at 8 i, f0 to f31 behind, then these.
    public const int StartFloats = 256;
    public const int StartFcsr = 512;
    public const int StartMstatus = 520;
    public const int StartPc = 528;

    // A note: x1 to x31 at 8 i with the number of traps in the place of x0, f0 to f31, then these.
    public const int NoteFloats = 256;
    public const int NoteFcsr = 512;
    public const int NoteMstatus = 520;
    public const int NoteTrapHash = 528;
    public const int NoteDataHash = 536;
    public const int NoteTraps = 544;
    public const int NotedTraps = 8;
}

/// <summary>The pages at <see cref="TestLayout.Window"/>, by number.</summary>
internal enum DataPage
{
    First,
    Second,
    ReadOnly,
    Unmapped,
    BehindUnmapped,
    AliasOfFirst,
    User,
    ExecuteOnly,

    /// <summary>Its entry is changed by the sequences.</summary>
    Changing,

    /// <summary>Nothing from here on.</summary>
    End,
}
