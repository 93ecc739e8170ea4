using AxVCpu.Software.SoftFloat;

namespace AxVCpu.Software.Translator;

/// <summary>What a back end needs to know about a trace beside its operations.</summary>
internal struct TraceRequest
{
    /// <summary>Guest address of the first instruction.</summary>
    public ulong Pc;

    /// <summary>Instructions in the trace; all retire when it runs to its end.</summary>
    public int Count;

    /// <summary>
    /// What the slow path is called with for instruction i is this plus i; its <c>count</c> is how many instructions to execute from there.
    /// It returns zero to go on behind them, else the trace is left with <see cref="TraceExit.SlowPath"/>.
    /// </summary>
    public uint FirstToken;

    /// <summary>Number of the first edge; the trace's edges are numbered from here in the order of its Branch and Jump operations that get one.</summary>
    public uint FirstEdge;
}

/// <summary>A way out of a trace to a constant address in the same page, which can be linked directly.</summary>
internal struct TraceEdge
{
    /// <summary>Where it goes.</summary>
    public ulong Target;

    /// <summary>What <see cref="IHostTranslator.Link"/> needs: where the jump is.</summary>
    public nint Site;
}

/// <summary>
/// A back end: turns traces into code of the host. One per vCPU, used by the vCPU's thread alone.
/// </summary>
internal unsafe interface IHostTranslator : IDisposable
{
    /// <summary>Bytes of code now.</summary>
    int CodeBytes { get; }

    /// <summary>Bytes of code there is room for.</summary>
    int Capacity { get; }

    /// <summary>The code that a jump cache entry without a trace points to: it returns <see cref="TraceExit.Lookup"/>.</summary>
    nint NoTrace { get; }

    /// <summary>
    /// Writes the code of a trace. <paramref name="ops"/> is changed on the way. The edges go to <paramref name="edges"/>, which has room for
    /// one per operation.
    /// </summary>
    /// <returns>The address of the code; zero when there is no room: <see cref="Clear"/> and try again.</returns>
    nint Translate(Span<IrOp> ops, in TraceRequest request, Span<TraceEdge> edges, out int edgeCount);

    /// <summary>Makes an edge go straight to the code of another trace in the same page.</summary>
    void Link(nint site, nint code);

    /// <summary>Drops all code. Not from within the slow path.</summary>
    void Clear();

    /// <summary>What <see cref="StateLayout.HostFloatFlags"/> means.</summary>
    FloatFlags FloatFlagsOf(uint hostFlags);

    /// <summary>Runs code of a trace with the state block at <paramref name="state"/> until it leaves.</summary>
    TraceExit Run(byte* state, nint code);
}
