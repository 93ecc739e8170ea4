namespace AxVCpu.Software.Translator;

/// <summary>
/// Where generated code finds a vCPU's state: byte offsets from the start of its state block, which a guest engine fills in once.
/// Fields are 64 bits wide unless said otherwise.
/// </summary>
internal sealed class StateLayout
{
    /// <summary>The integer registers.</summary>
    public required int Integers { get; init; }

    /// <summary>The float registers.</summary>
    public required int Floats { get; init; }

    /// <summary>The field for <see cref="GuestRegister.Scratch"/>.</summary>
    public required int Scratch { get; init; }

    /// <summary>Whether integer register 0 always reads zero and takes no writes.</summary>
    public required bool HasZeroRegister { get; init; }

    /// <summary>Whether no other vCPU runs in this memory: an atomic operation is one instruction then, which needs no lock on the bus.</summary>
    public bool IsAlone { get; init; }

    /// <summary>The integer registers worth a host register, best first; a back end takes as many as it has.</summary>
    public required IReadOnlyList<byte> Favourites { get; init; }

    /// <summary>The float registers worth a host register, best first, counted from zero; they are in the state block while <see cref="FloatReady"/> is zero.</summary>
    public IReadOnlyList<byte> FloatFavourites { get; init; } = [];

    /// <summary>The guest's program counter.</summary>
    public required int Pc { get; init; }

    /// <summary>Instructions retired; held in a host register while generated code runs.</summary>
    public required int InstRet { get; init; }

    /// <summary>A trace is not entered once <see cref="InstRet"/> is at or above this; other threads set it to zero.</summary>
    public required int PollAt { get; init; }

    /// <summary>Pointer to the current load array of the software TLB; the store array follows at <see cref="SoftTlb.StoreOffset"/>.</summary>
    public required int DataTlb { get; init; }

    /// <summary>Pointer to the jump cache (<see cref="JumpCache"/>).</summary>
    public required int Jumps { get; init; }

    /// <summary>What a jump cache entry's context must equal.</summary>
    public required int FetchContext { get; init; }

    /// <summary>A byte: non-zero when floats may be computed by the host: the unit is on and rounds to nearest even.</summary>
    public required int FloatReady { get; init; }

    /// <summary>32 bits: exceptions that the host's float unit accrued, as its own status bits; the engine takes them from here.</summary>
    public required int HostFloatFlags { get; init; }

    /// <summary>The field that <see cref="IrOpcode.FloatDirty"/> or-s its immediate into.</summary>
    public required int FloatDirty { get; init; }

    /// <summary>The reservation of LoadReserved: host address, with bit 0 set for eight bytes; zero for none.</summary>
    public required int ReservationHost { get; init; }

    /// <summary>The value that LoadReserved saw (four bytes: zero-extended).</summary>
    public required int ReservationValue { get; init; }

    /// <summary>Address of the slow path: <c>delegate* unmanaged&lt;byte* state, uint token, uint count, uint&gt;</c>; see <see cref="TraceRequest.FirstToken"/>.</summary>
    public required int SlowPath { get; init; }

    /// <summary>32 bits: edge that asked to be linked, when generated code returns <see cref="TraceExit.Unlinked"/>.</summary>
    public required int Edge { get; init; }
}

/// <summary>Why generated code returned; Pc (unless Unlinked) and InstRet are exact, and all registers are in the state block.</summary>
internal enum TraceExit : uint
{
    /// <summary>InstRet reached PollAt; Pc is the trace that was not entered.</summary>
    Poll = 0,

    /// <summary>No trace is known for Pc: the jump cache missed.</summary>
    Lookup = 1,

    /// <summary>The edge in <see cref="StateLayout.Edge"/> was taken and is not linked; Pc is to become its target.</summary>
    Unlinked = 2,

    /// <summary>The slow path said that the trace must not go on; it left Pc and InstRet right.</summary>
    SlowPath = 3,
}
