using AxVCpu.Software.Riscv64.Isa;
using AxVCpu.Software.Translator;

namespace AxVCpu.Software.Riscv64;

// Traces: what the translator makes of hot blocks, and the pages they depend on.
internal sealed unsafe partial class BlockCache
{
    private const int PageBucketBits = 12;

    /// <summary>Bytes of an op or edge, the unit in which generated code names them.</summary>
    private const int TokenBytes = 16;

    private readonly CodePage** _pages;

    /// <summary>Decodes the trace of a block at the arena's end; null when there is no room. <see cref="Commit"/> takes the room.</summary>
    public CodeBlock* DecodeTrace(CodeBlock* owner, int available)
    {
        if (_arena.Reserve(CodeBlock.MaxBytes + (nuint)sizeof(CodePage)) == null)
            return null;
        CodeBlock* trace = Decode(owner->Pc, owner->Code, available, owner->SecondCode, owner->Generation, isTrace: true);
        trace->Owner = owner;
        return trace;
    }

    /// <summary>Where the edges of a trace go that was decoded and not yet committed.</summary>
    public static TraceEdge* Edges(CodeBlock* trace) =>
        (TraceEdge*)(((ulong)(CodeBlock.Copy(trace) + trace->Length) + TokenBytes - 1) & ~(ulong)(TokenBytes - 1));

    /// <summary>Takes the room of a decoded trace and makes it the trace of its block.</summary>
    public void Commit(CodeBlock* trace, int edges)
    {
        _arena.Commit((nuint)((byte*)(Edges(trace) + edges) - (byte*)trace));
        CodePage* page = FindPage(trace);
        if (page == null)
        {
            page = (CodePage*)_arena.Reserve((nuint)sizeof(CodePage));
            _arena.Commit((nuint)sizeof(CodePage));
            *page = default;
            if (trace->SecondCode == null)
            {
                page->Host = HostPage(trace);
                CodePage** bucket = _pages + PageBucket(page->Host);
                page->HashNext = *bucket;
                *bucket = page;
            }
        }

        page->Generation = trace->Generation;
        trace->Page = page;
        trace->NextInPage = page->Traces;
        page->Traces = trace;
        trace->Owner->Trace = trace;
    }

    /// <summary>The page of a trace, when another trace depends on it already. Straddling traces have pages of their own.</summary>
    public CodePage* FindPage(CodeBlock* block)
    {
        if (block->SecondCode != null)
            return null;
        ulong host = HostPage(block);
        CodePage* page = _pages[PageBucket(host)];
        while (page != null && page->Host != host)
            page = page->HashNext;
        return page;
    }

    /// <summary>Brings a page up to date with a fetch generation. False when its code has changed: its traces are gone.</summary>
    public static bool Validate(CodePage* page, ulong generation)
    {
        if (page->Generation == generation)
            return page->Traces != null;
        page->Generation = generation;
        for (CodeBlock* trace = page->Traces; trace != null; trace = trace->NextInPage)
        {
            if (!IsCurrent(trace))
            {
                Drop(page);
                return false;
            }
        }

        return page->Traces != null;
    }

    /// <summary>The number by which generated code names an op or an edge of this cache.</summary>
    public uint TokenOf(void* item) => (uint)(((byte*)item - _arena.Base) / TokenBytes);

    /// <summary>The op or edge with a number from <see cref="TokenOf"/>.</summary>
    public void* FromToken(uint token) => _arena.Base + ((nuint)token * TokenBytes);

    private static void Drop(CodePage* page)
    {
        for (CodeBlock* trace = page->Traces; trace != null; trace = trace->NextInPage)
            trace->Owner->Trace = null;
        page->Traces = null;
    }

    private static ulong HostPage(CodeBlock* block) => (ulong)block->Code & SoftTlb.PageMask;

    private static uint PageBucket(ulong host) => (uint)((host >> 12) * 0x9E37_79B9_7F4A_7C15UL >> (64 - PageBucketBits));
}
