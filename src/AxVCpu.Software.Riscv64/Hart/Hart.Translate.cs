using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using AxVCpu.Software.Riscv64.Isa;
using AxVCpu.Software.Translator;

namespace AxVCpu.Software.Riscv64;

// The second tier: what is hot gets a trace of host code. Traces run until one leaves for something that has none.
internal sealed unsafe partial class Hart
{
    /// <summary>Runs of a block in the interpreter before it is translated: about where both cost the same.</summary>
    private const uint HotBlock = 24;

    /// <summary>The heat of a block that stays with the interpreter.</summary>
    private const uint NeverHot = uint.MaxValue;

    private readonly GCHandle _self;
    private IHostTranslator? _translator;
    private RiscvFrontEnd? _frontEnd;

    /// <summary>What a jump cache entry without a trace leads to; not used before there is a translator.</summary>
    private nint _noTrace;

    private uint InitialHeat => _machine.Tier switch
    {
        ExecutionTier.Interpreter => NeverHot,
        ExecutionTier.Translator or ExecutionTier.Both => 1,
        _ => HotBlock,
    };

    /// <summary>Runs the trace of a hot block at Pc, and what follows it. Blocks from before are dead.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private void RunTranslated(CodeBlock* block)
    {
        if (_machine.Tier == ExecutionTier.Both)
        {
            RunLockstep(block);
            return;
        }

        RunTraces(Enter(block));
    }

    /// <summary>Goes on in the trace at Pc, if there is one: what is left to do behind an exit is mostly in hot code.</summary>
    /// <returns>Whether an exit is pending.</returns>
    private bool Resume()
    {
        if (_translator is null || _machine.Tier == ExecutionTier.Both || _s->InstRet >= Volatile.Read(ref _s->PollAt))
            return false;
        RunTraces(FindTrace(_s->Pc));
        return _exitPending;
    }

    /// <summary>Runs a trace and what follows it, until something has none or an exit is pending.</summary>
    private void RunTraces(nint native)
    {
        while (native != 0)
        {
            PrepareFloat();
            TraceExit left = _translator!.Run((byte*)_s, native);
            TakeHostFloatFlags();
            switch (left)
            {
                case TraceExit.Lookup:
                    native = FindTrace(_s->Pc);
                    break;
                case TraceExit.Unlinked:
                    native = TakeEdge();
                    break;
                case TraceExit.SlowPath when !_exitPending && _s->InstRet < Volatile.Read(ref _s->PollAt):
                    native = FindTrace(_s->Pc);
                    break;
                default:
                    return;
            }
        }
    }

    /// <summary>The code of a block that the interpreter found hot; zero when it has none.</summary>
    private nint Enter(CodeBlock* block)
    {
        // The next time in the interpreter is the next time here.
        block->Heat = 1;
        if (block->Trace != null && BlockCache.Validate(block->Trace->Page, _s->FetchGeneration))
            return block->Trace->Native;
        if (Translate(block))
            return block->Trace->Native;
        return 0;
    }

    /// <summary>The code at an address; zero when the interpreter has to go on there, or the fetch trapped.</summary>
    private nint FindTrace(ulong pc)
    {
        JumpEntry* jump = BlockCache.Jump(_s->Jumps, pc);
        CodeBlock* block;
        if (jump->Pc == pc && IsTranslated(jump))
        {
            if (jump->Context == _s->FetchContext && jump->Native != _noTrace)
                return jump->Native;
            block = (CodeBlock*)jump->Block;
            jump->Context = _s->FetchContext;
            jump->Native = _noTrace;
        }
        else
        {
            block = FindBlock(pc);
            if (block == null)
                return 0;
        }

        if (block->Trace == null || !BlockCache.Validate(block->Trace->Page, _s->FetchGeneration))
            return 0;
        return jump->Native = block->Trace->Native;
    }

    /// <summary>Goes where the unlinked edge leads, and links it when there is a trace.</summary>
    private nint TakeEdge()
    {
        var edge = (TraceEdge*)_blocks.FromToken(_s->Edge);
        nint site = edge->Site;
        ulong epoch = _blocks.Epoch;
        _s->Pc = edge->Target;
        nint native = FindTrace(_s->Pc);
        if (native != 0 && epoch == _blocks.Epoch)
            _translator!.Link(site, native);
        return native;
    }

    private bool Translate(CodeBlock* block)
    {
        if (_translator is null && !CreateTranslator())
        {
            block->Heat = NeverHot;
            return false;
        }

        CodePage* page = _blocks.FindPage(block);
        if (page != null)
            BlockCache.Validate(page, _s->FetchGeneration);
        int available = (int)(PageSize - (block->Pc & (PageSize - 1)));
        CodeBlock* trace = _blocks.DecodeTrace(block, available);
        if (trace == null)
        {
            DropCode();
            return false;
        }

        if (_machine.Tier == ExecutionTier.Both && !CutBeforeSystem(trace))
        {
            block->Heat = NeverHot;
            return false;
        }

        TraceEdge* edges = BlockCache.Edges(trace);
        var request = new TraceRequest
        {
            Pc = trace->Pc,
            Count = (int)trace->Count,
            FirstToken = _blocks.TokenOf(CodeBlock.Ops(trace)),
            FirstEdge = _blocks.TokenOf(edges),
        };
        Span<IrOp> ops = _frontEnd!.Translate(trace);
        trace->Native = _translator!.Translate(ops, in request, new Span<TraceEdge>(edges, CodeBlock.MaxOps + 1), out int edgeCount);
        if (trace->Native == 0)
        {
            // No room. In an empty cache there is room for any trace; if not, the interpreter keeps the block.
            if (_translator.CodeBytes == 0)
                block->Heat = NeverHot;
            else
                DropCode();
            return false;
        }

        _blocks.Commit(trace, edgeCount);
        TranslatedInstructions += trace->Count;
        TranslatedTraces++;
        return true;
    }

    /// <summary>Makes the translator of a tier that does not go without one. False when the host has no back end, or gives it no memory.</summary>
    public bool PrepareTier() => _machine.Tier is not (ExecutionTier.Translator or ExecutionTier.Both) || CreateTranslator();

    private bool CreateTranslator()
    {
        if (_machine.Tier == ExecutionTier.Interpreter)
            return false;
        _translator = _machine.CreateTranslator(RiscvStateLayout.Create(_machine.HartCount == 1), _machine.CodeCacheBytes / 2);
        if (_translator is null)
            return false;
        _frontEnd = new RiscvFrontEnd(_s->MisalignedTarget);
        _noTrace = _translator.NoTrace;
        // Entries from before do not lead anywhere.
        FlushJumpCache();
        return true;
    }

    /// <summary>Forgets all decoded and translated code. Not from within a trace.</summary>
    private void DropCode()
    {
        _blocks.Clear();
        _translator?.Clear();
    }

    /// <summary>Guest instructions translated so far, those of dropped code too.</summary>
    public ulong TranslatedInstructions { get; private set; }

    /// <summary>Traces translated so far, dropped ones too.</summary>
    public ulong TranslatedTraces { get; private set; }

    /// <summary>Bytes of host code now.</summary>
    public int CodeBytes => _translator?.CodeBytes ?? 0;

    /// <summary>Instructions that generated code handed to the slow path so far.</summary>
    public ulong SlowPaths { get; private set; }
}
