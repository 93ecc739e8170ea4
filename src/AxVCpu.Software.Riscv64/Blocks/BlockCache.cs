using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using AxVCpu.Software.Riscv64.Isa;
using AxVCpu.Software.Translator;

namespace AxVCpu.Software.Riscv64;

/// <summary>
/// A hart's blocks, found by the host address of their code and their guest address, so that they outlive address-space switches; and in
/// front of it the jump cache, by guest address alone. Bounded: when the arena is full everything is dropped and built anew.
/// </summary>
internal sealed unsafe partial class BlockCache : IDisposable
{
    private const int BucketBits = 16;

    private readonly CodeArena _arena;
    private readonly CodeBlock** _buckets;
    private readonly IsaExtensions _isa;
    private readonly uint _heat;
    private int _isDisposed;

    /// <summary>A cache for the instructions of <paramref name="isa"/> in <paramref name="arenaBytes"/> bytes of arena.</summary>
    /// <param name="isa">What the hart implements.</param>
    /// <param name="arenaBytes">The bound.</param>
    /// <param name="heat">What new blocks get as <see cref="CodeBlock.Heat"/>.</param>
    public BlockCache(IsaExtensions isa, nuint arenaBytes, uint heat)
    {
        _heat = heat;
        _isa = isa;
        _arena = new CodeArena(arenaBytes < CodeBlock.MaxBytes ? CodeBlock.MaxBytes : arenaBytes);
        Jumps = (JumpEntry*)NativeMemory.AlignedAlloc((nuint)(JumpCache.Entries * sizeof(JumpEntry)), 64);
        _buckets = (CodeBlock**)NativeMemory.AllocZeroed(1 << BucketBits, (nuint)sizeof(CodeBlock*));
        _pages = (CodePage**)NativeMemory.AllocZeroed(1 << PageBucketBits, (nuint)sizeof(CodePage*));
        ClearJumps();
    }

    /// <summary>The jump cache.</summary>
    public JumpEntry* Jumps { get; }

    /// <summary>Changes when blocks were dropped: block pointers from before are dead.</summary>
    public ulong Epoch => _arena.Epoch;

    /// <summary>Bytes of the arena in use.</summary>
    public ulong Bytes => _arena.Used;

    /// <summary>Blocks built; a diagnostic.</summary>
    public ulong Built { get; private set; }

    /// <summary>Addresses at which decoding stops. Drop all code after a change.</summary>
    public ulong[] Breakpoints { get; set; } = [];

    /// <summary>Whether the VMM wants to see this address before it is executed.</summary>
    public bool IsBreakpoint(ulong pc) => Array.IndexOf(Breakpoints, pc) >= 0;

    /// <summary>The jump cache entry for an address.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static JumpEntry* Jump(JumpEntry* jumps, ulong pc) => jumps + JumpCache.IndexOf(pc);

    /// <summary>The block at <paramref name="pc"/> whose code is at <paramref name="code"/>; null when there is none.</summary>
    public CodeBlock* Find(ulong pc, byte* code, byte* second)
    {
        for (CodeBlock* block = _buckets[Bucket(code)]; block != null; block = block->HashNext)
        {
            if (block->Code == code && block->Pc == pc && block->SecondCode == second)
                return block;
        }

        return null;
    }

    /// <summary>
    /// Decodes a block for the interpreter. <paramref name="available"/> code bytes (at least 2) are readable at <paramref name="code"/>; with
    /// <paramref name="second"/> the block is one instruction, of which two bytes are at each pointer if it is long.
    /// </summary>
    public CodeBlock* Build(ulong pc, byte* code, int available, byte* second, ulong generation)
    {
        if (_arena.Reserve(CodeBlock.MaxBytes) == null)
            Clear();
        CodeBlock* block = Decode(pc, code, available, second, generation, isTrace: false);
        _arena.Commit((nuint)(CodeBlock.Copy(block) + block->Length - (byte*)block));

        CodeBlock** bucket = _buckets + Bucket(code);
        block->HashNext = *bucket;
        *bucket = block;
        Built++;
        return block;
    }

    /// <summary>
    /// Decodes one instruction, whether there is a breakpoint or not. It stays until something else is decoded.
    /// </summary>
    public CodeBlock* DecodeAlone(ulong pc, byte* code, byte* second, ulong generation)
    {
        if (_arena.Reserve(CodeBlock.MaxBytes) == null)
            Clear();
        return Decode(pc, code, 4, second, generation, isTrace: false, isAlone: true);
    }

    /// <summary>Decodes at the arena's end without taking the room.</summary>
    private CodeBlock* Decode(ulong pc, byte* code, int available, byte* second, ulong generation, bool isTrace, bool isAlone = false)
    {
        // Decode from a private copy: another hart may write the code while we look at it.
        // SAFETY: the copy holds MaxOps * 4 bytes; the caller promised `available` bytes of guest memory, and MaxBytes bytes of arena.
        byte* copy = stackalloc byte[CodeBlock.MaxOps * 4];
        int bytes = Math.Min(available, CodeBlock.MaxOps * 4);
        if (second == null)
        {
            Buffer.MemoryCopy(code, copy, CodeBlock.MaxOps * 4, bytes);
        }
        else
        {
            *(ushort*)copy = *(ushort*)code;
            *(ushort*)(copy + 2) = *(ushort*)second;
            bytes = 4;
        }

        var block = (CodeBlock*)_arena.Reserve(CodeBlock.MaxBytes);
        Op* op = CodeBlock.Ops(block);
        int count = 0;
        int offset = 0;
        while (count < CodeBlock.MaxOps && offset + 2 <= bytes)
        {
            uint raw = *(ushort*)(copy + offset);
            if ((raw & 3) == 3)
            {
                if (offset + 4 > bytes)
                    break;
                raw |= (uint)*(ushort*)(copy + offset + 2) << 16;
            }

            *op = Decoder.Decode(raw, _isa);
            op->PcOffset = (ushort)offset;
            op->Extra = (ushort)count;
            offset += op->Length;
            count++;
            if (Breakpoints.Length != 0 && !isAlone && IsBreakpoint(pc + op->PcOffset))
                op->Code = CodeBlock.Stop;
            OpCode decoded = op->Code;
            if (decoded == OpCode.Jal && (op->Imm & 2) != 0 && (_isa & IsaExtensions.C) == 0)
                op->Code = CodeBlock.MisalignedJump;
            bool ends = isTrace ? BlockShape.EndsTrace(decoded, op->Imm) : BlockShape.EndsBlock(decoded);
            op++;
            if (second != null || isAlone || ends)
                break;
        }

        *op = default;
        op->Code = CodeBlock.BlockEnd;
        op->PcOffset = (ushort)offset;
        op->Extra = (ushort)count;

        *block = default;
        block->Pc = pc;
        block->Generation = generation;
        block->Code = code;
        block->SecondCode = second;
        block->Count = (uint)count;
        block->Length = offset;
        block->Heat = _heat;
        Buffer.MemoryCopy(copy, CodeBlock.Copy(block), offset, offset);
        return block;
    }

    /// <summary>Whether guest memory still holds what the block was decoded from.</summary>
    public static bool IsCurrent(CodeBlock* block)
    {
        byte* copy = CodeBlock.Copy(block);
        if (block->SecondCode != null)
        {
            return *(ushort*)copy == *(ushort*)block->Code
                && (block->Length == 2 || *(ushort*)(copy + 2) == *(ushort*)block->SecondCode);
        }

        return new ReadOnlySpan<byte>(copy, block->Length).SequenceEqual(new ReadOnlySpan<byte>(block->Code, block->Length));
    }

    /// <summary>Makes a block that is out of date impossible to find; links to it see its generation.</summary>
    public void Remove(CodeBlock* block)
    {
        CodeBlock** link = _buckets + Bucket(block->Code);
        while (*link != null && *link != block)
            link = &(*link)->HashNext;
        if (*link == block)
            *link = block->HashNext;
    }

    /// <summary>Drops every block.</summary>
    public void Clear()
    {
        _arena.Clear();
        new Span<nuint>(_buckets, 1 << BucketBits).Clear();
        new Span<nuint>(_pages, 1 << PageBucketBits).Clear();
        ClearJumps();
    }

    /// <summary>Frees native memory.</summary>
    public void Dispose()
    {
        if (Interlocked.Exchange(ref _isDisposed, 1) != 0)
            return;
        _arena.Dispose();
        NativeMemory.AlignedFree(Jumps);
        NativeMemory.Free(_buckets);
        NativeMemory.Free(_pages);
        GC.SuppressFinalize(this);
    }

    /// <summary>Frees a cache that was not disposed.</summary>
    ~BlockCache()
    {
        NativeMemory.AlignedFree(Jumps);
        NativeMemory.Free(_buckets);
        NativeMemory.Free(_pages);
    }

    private static uint Bucket(byte* code) => (uint)(((ulong)code >> 1) * 0x9E37_79B9_7F4A_7C15UL >> (64 - BucketBits));

    // No fetch context is all ones, so no lookup hits a cleared entry.
    private void ClearJumps() => new Span<byte>(Jumps, JumpCache.Entries * sizeof(JumpEntry)).Fill(0xFF);
}
