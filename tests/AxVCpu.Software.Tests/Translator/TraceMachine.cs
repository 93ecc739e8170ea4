using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using AxVCpu.Software.Translator;

namespace AxVCpu.Software.Tests.Translator;

/// <summary>A state block, a TLB, a jump cache and some memory for generated code to run on; the slow path is what a test says.</summary>
internal sealed unsafe class TraceMachine : IDisposable
{
    public const ulong Pc = 0x4000_1000;
    public const ulong Elsewhere = 0x4000_8000;
    public const ulong RamStart = 0x8000_0000;
    public const int MemoryBytes = 4 * 4096;
    public const int StateField = 640;
    private const int HandleField = 632;
    private const int StateBytes = 1024;
    private const int FirstToken = 1000;

    public static readonly StateLayout Layout = Create([0, 3]);

    /// <summary>The same fields with other float registers in host registers.</summary>
    public static readonly StateLayout[] Layouts = [Layout, Create([]), Create([1, 2]), Create([4, 5, 6, 7, 8, 9, 0, 1, 2, 3, 10, 11, 12])];

    /// <summary>The same for a machine of one vCPU.</summary>
    public static readonly StateLayout AloneLayout = Create([0, 3], isAlone: true);

    private static StateLayout Create(byte[] floatFavourites, bool isAlone = false) => new()
    {
        Integers = 0,
        Floats = 256,
        Pc = 512,
        InstRet = 520,
        PollAt = 528,
        DataTlb = 536,
        Jumps = 544,
        FetchContext = 552,
        FloatReady = 560,
        HostFloatFlags = 568,
        FloatDirty = 576,
        ReservationHost = 584,
        ReservationValue = 592,
        SlowPath = 600,
        Edge = 608,
        Scratch = 616,
        HasZeroRegister = true,
        IsAlone = isAlone,
        Favourites = [10, 11, 12, 13, 14, 15, 8, 9, 2, 1],
        FloatFavourites = floatFavourites,
    };

    private readonly GCHandle _handle;
    private readonly TraceEdge[] _edges = new TraceEdge[256];

    public TraceMachine(int capacity = 1 << 20, StateLayout? layout = null)
    {
        Translator = HostTranslator.TryCreate(layout ?? Layout, capacity)!;
        if (Translator == null)
            Assert.Skip("no back end for this host, or no executable memory");
        State = (byte*)NativeMemory.AlignedAlloc(StateBytes, 64);
        new Span<byte>(State, StateBytes).Clear();
        HostMemory = (byte*)NativeMemory.AlignedAlloc(MemoryBytes, 4096);
        new Span<byte>(HostMemory, MemoryBytes).Clear();
        Jumps = (JumpEntry*)NativeMemory.AlignedAlloc(JumpCache.Entries * JumpCache.EntryBytes, 64);
        Tlb = new SoftTlb(1);
        _handle = GCHandle.Alloc(this);
        ResetJumps();
        Field(Layout.PollAt) = ulong.MaxValue;
        Field(Layout.DataTlb) = (ulong)Tlb.ClassBase(0);
        Field(Layout.Jumps) = (ulong)Jumps;
        Field(Layout.FetchContext) = 7;
        Field(Layout.SlowPath) = (ulong)(nint)(delegate* unmanaged<byte*, uint, uint, uint>)&SlowPathEntry;
        Field(HandleField) = (ulong)(nint)GCHandle.ToIntPtr(_handle);
        State[Layout.FloatReady] = 1;
    }

    public IHostTranslator Translator { get; }

    public byte* State { get; }

    public byte* HostMemory { get; }

    public JumpEntry* Jumps { get; }

    public SoftTlb Tlb { get; }

    /// <summary>What the slow path does: index of the instruction, count; returns what the slow path returns.</summary>
    public Func<int, int, uint> SlowPath { get; set; } = (index, count) => throw new InvalidOperationException($"unexpected slow path {index}, {count}");

    public List<(int Index, int Count)> SlowCalls { get; } = [];

    public Span<TraceEdge> Edges => _edges.AsSpan(0, EdgeCount);

    public int EdgeCount { get; private set; }

    public Span<ulong> X => new(State, 32);

    public Span<ulong> F => new(State + Layout.Floats, 32);

    public ref ulong Field(int offset) => ref *(ulong*)(State + offset);

    public ref ulong Word(int offset) => ref Unsafe.AsRef<ulong>(HostMemory + offset);

    public void ResetJumps()
    {
        for (int i = 0; i < JumpCache.Entries; i++)
            Jumps[i] = new JumpEntry { Pc = ulong.MaxValue, Native = Translator.NoTrace };
    }

    /// <summary>Makes a page of the memory known to the TLB.</summary>
    public void Map(int page, bool load = true, bool store = true)
    {
        ulong va = RamStart + (ulong)page * 4096;
        if (load)
            Tlb.Fill(0, SoftTlb.LoadOffset, va, (ulong)(HostMemory + page * 4096));
        if (store)
            Tlb.Fill(0, SoftTlb.StoreOffset, va, (ulong)(HostMemory + page * 4096));
    }

    public nint Translate(int count, params IrOp[] ops) => Translate(Pc, count, ops);

    public nint Translate(ulong pc, int count, IrOp[] ops)
    {
        var request = new TraceRequest { Pc = pc, Count = count, FirstToken = FirstToken, FirstEdge = 70 };
        nint code = Translator.Translate(ops, in request, _edges, out int edges);
        EdgeCount = edges;
        return code;
    }

    public TraceExit Run(nint code) => Translator.Run(State, code);

    public TraceExit TranslateAndRun(int count, params IrOp[] ops)
    {
        nint code = Translate(count, ops);
        if (code == 0)
        {
            Translator.Clear();
            code = Translate(count, ops);
        }

        Assert.NotEqual(0, code);
        return Run(code);
    }

    [UnmanagedCallersOnly]
    private static uint SlowPathEntry(byte* state, uint token, uint count)
    {
        var machine = (TraceMachine)GCHandle.FromIntPtr((nint)(*(ulong*)(state + HandleField))).Target!;
        var index = (int)(token - FirstToken);
        machine.SlowCalls.Add((index, (int)count));
        return machine.SlowPath(index, (int)count);
    }

    public void Dispose()
    {
        Translator.Dispose();
        Tlb.Dispose();
        _handle.Free();
        NativeMemory.AlignedFree(State);
        NativeMemory.AlignedFree(HostMemory);
        NativeMemory.AlignedFree(Jumps);
    }

    public static IrOp Op(IrOpcode code, byte dst = GuestRegister.None, byte a = GuestRegister.None, byte b = GuestRegister.None, long imm = 0,
        byte kind = 0, byte c = 0, int guest = 0) =>
        new() { Code = code, Dst = dst, A = a, B = b, C = c, Kind = kind, Imm = imm, Guest = (ushort)guest };

    public static IrOp Move(byte dst, long value, int guest = 0) => Op(IrOpcode.Move, dst, GuestRegister.Immediate, imm: value, guest: guest);

    public static IrOp Jump(ulong target, int guest = 0) => Op(IrOpcode.Jump, imm: (long)target, guest: guest);
}
