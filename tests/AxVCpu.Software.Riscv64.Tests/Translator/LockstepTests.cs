using AxVCpu.Software.Translator;
using static AxVCpu.Software.Riscv64.Tests.Encode;

namespace AxVCpu.Software.Riscv64.Tests;

/// <summary>The mode that runs both tiers: it finds a translator's mistakes, and nothing where there are none.</summary>
public unsafe class LockstepTests
{
    private const ulong Data = GuestBoard.RamBase + 0x10_0000;

    [Fact]
    public void What_both_tiers_do_alike_runs_on()
    {
        using var board = new GuestBoard(tier: ExecutionTier.Both, translator: layout => new ModelTranslator(layout));
        board.Load(GuestBoard.RamBase, [.. Program(), .. Stop(7)]);
        Assert.Equal(7UL, board.RunToStore());
        Assert.Equal(45UL, board.Read64(Data));
        Assert.Null(board.Machine.DescribeDivergence(0));
    }

    [Fact]
    public void A_wrong_register_is_named_with_both_values_and_the_trace()
    {
        using var board = new GuestBoard(tier: ExecutionTier.Both, translator: layout => new Mistaken(layout, WrongSum));
        board.Load(GuestBoard.RamBase, [.. Program(), .. Stop()]);
        board.Cpu.Bind();
        VCpuExit exit = board.Cpu.Run();
        Assert.Equal(VCpuExitKind.InternalError, exit.Kind);
        Assert.Equal(GuestBoard.RamBase + 12, exit.InternalError.Data0);
        Assert.Equal(11UL, exit.InternalError.Data1);
        string message = board.Machine.DescribeDivergence(0)!;
        Assert.StartsWith("the tiers differ in the trace at 0x8000000c: a1 is 0x9 interpreted, 0xfffffffffffffff7 translated", message, StringComparison.Ordinal);
        Assert.Contains("8000000c: add a1,a1,a2", message, StringComparison.Ordinal);

        static void WrongSum(ref IrOp op)
        {
            if (op.Code == IrOpcode.Add && op.B == 12)
                op.Code = IrOpcode.Sub;
        }
    }

    [Fact]
    public void A_store_to_the_wrong_place_is_found_and_memory_keeps_the_translation_s_result()
    {
        using var board = new GuestBoard(tier: ExecutionTier.Both, translator: layout => new Mistaken(layout, WrongPlace));
        board.Load(GuestBoard.RamBase, [.. Program(), .. Stop()]);
        board.Cpu.Bind();
        VCpuExit exit = board.Cpu.Run();
        Assert.Equal(VCpuExitKind.InternalError, exit.Kind);
        Assert.Contains("the byte at host address 0x", board.Machine.DescribeDivergence(0)!, StringComparison.Ordinal);
        Assert.Equal(0UL, board.Read64(Data));
        Assert.Equal(45UL, board.Read64(Data + 64));

        static void WrongPlace(ref IrOp op)
        {
            if (op.Code == IrOpcode.Store && op.Kind == (byte)IrMemory.Qword)
                op.Imm += 64;
        }
    }

    [Theory]
    [InlineData(ExecutionTier.Translator, false)]
    [InlineData(ExecutionTier.Both, false)]
    [InlineData(ExecutionTier.Auto, true)]
    [InlineData(ExecutionTier.Interpreter, true)]
    public void A_host_without_a_back_end_has_no_vCPU_in_the_tiers_that_need_one(ExecutionTier tier, bool isPossible)
    {
        Exception? refusal = Record.Exception(() => new GuestBoard(tier: tier, translator: _ => null!).Dispose());
        Assert.Equal(isPossible, refusal is null);
        Assert.True(isPossible || refusal is EngineException, $"{refusal}");
    }

    [Fact]
    public void More_than_one_hart_is_refused() =>
        Assert.Throws<ArgumentException>(() => new GuestBoard(harts: 2, tier: ExecutionTier.Both));

    /// <summary>Adds 9 to 1 up, and stores the sum.</summary>
    private static uint[] Program() =>
    [
        Addi(11, 0, 0),
        Addi(12, 0, 9),
        Jal(0, 4), // the loop is a trace of its own
        R(0x33, 0, 0, 11, 11, 12),
        Addi(12, 12, -1),
        B(1, 12, 0, -8),
        Lui(13, (uint)Data >> 1),
        R(0x33, 0, 0, 13, 13, 13),
        Sd(11, 13, 0),
    ];

    private delegate void Change(ref IrOp op);

    /// <summary>The model with a mistake put into its operations.</summary>
    private sealed class Mistaken(StateLayout layout, Change change) : IHostTranslator
    {
        private readonly ModelTranslator _model = new(layout);

        public int CodeBytes => _model.CodeBytes;

        public int Capacity => _model.Capacity;

        public nint NoTrace => _model.NoTrace;

        public nint Translate(Span<IrOp> ops, in TraceRequest request, Span<TraceEdge> edges, out int edgeCount)
        {
            foreach (ref IrOp op in ops)
                change(ref op);
            return _model.Translate(ops, in request, edges, out edgeCount);
        }

        public void Link(nint site, nint code) => _model.Link(site, code);

        public void Clear() => _model.Clear();

        public TraceExit Run(byte* state, nint code) => _model.Run(state, code);

        public AxVCpu.Software.SoftFloat.FloatFlags FloatFlagsOf(uint hostFlags) => _model.FloatFlagsOf(hostFlags);

        public void Dispose() => _model.Dispose();
    }
}
