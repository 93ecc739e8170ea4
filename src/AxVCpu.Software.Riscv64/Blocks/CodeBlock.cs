using System.Runtime.InteropServices;
using AxVCpu.Software.Riscv64.Isa;
using AxVCpu.Software.Translator;

namespace AxVCpu.Software.Riscv64;

/// <summary>
/// A run of pre-decoded instructions without a way in except at its start. In the arena the header is followed by
/// <see cref="Count"/> ops and one <see cref="BlockEnd"/> op, then by a copy of the code bytes.
/// A block that the interpreter runs ends at the first branch. A hot one gets a trace: decoded anew from the same address, through branches
/// that are not taken, with <see cref="Native"/> code; its ops are what the slow path executes.
/// </summary>
/// <remarks>
/// A block does not leave its guest page, so its translation is checked once, on entry from another page. The exception is a single
/// instruction that straddles two pages: it is a block of its own, with <see cref="SecondCode"/>.
/// </remarks>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct CodeBlock
{
    /// <summary>Most instructions in a block; bounds the time between two polls.</summary>
    public const int MaxOps = 64;

    /// <summary>The op behind the last instruction: go on with the block that follows.</summary>
    public const OpCode BlockEnd = OpCode.Count;

    /// <summary>A jal to an address that instructions cannot have on a hart without compressed instructions.</summary>
    public const OpCode MisalignedJump = OpCode.Count + 1;

    /// <summary>Put over the op behind those that the slow path of a trace executes: the interpreter returns.</summary>
    public const OpCode ReturnToTrace = OpCode.Count + 2;

    /// <summary>A breakpoint of the VMM, whatever the instruction is.</summary>
    public const OpCode Stop = OpCode.Count + 3;

    /// <summary>Most bytes a block or trace can take in the arena: header, ops, copy, edges.</summary>
    public static readonly nuint MaxBytes = (nuint)(sizeof(CodeBlock) + (MaxOps + 1) * sizeof(Op) + MaxOps * 4 + 16 + (MaxOps + 1) * sizeof(TraceEdge));

    /// <summary>Guest virtual address of the first instruction.</summary>
    public ulong Pc;

    /// <summary>Fetch generation for which the copy was last found equal to guest memory.</summary>
    public ulong Generation;

    /// <summary>Where a taken branch or jump at the end goes, if that is in the same page and known; otherwise null.</summary>
    public CodeBlock* Taken;

    /// <summary>The block behind this one, if that is in the same page and known; otherwise null.</summary>
    public CodeBlock* Next;

    /// <summary>Host address of the code.</summary>
    public byte* Code;

    /// <summary>Not null for a single instruction whose bytes are found one by one: where its second half is, if it has one.</summary>
    public byte* SecondCode;

    /// <summary>The trace that starts here; null when there is none.</summary>
    public CodeBlock* Trace;

    /// <summary>Of a trace: the block it belongs to.</summary>
    public CodeBlock* Owner;

    /// <summary>Of a trace: the page whose contents it depends on.</summary>
    public CodePage* Page;

    /// <summary>Of a trace: the next one that depends on the page.</summary>
    public CodeBlock* NextInPage;

    /// <summary>Of a trace: its host code.</summary>
    public nint Native;

    /// <summary>Next in the same bucket of the block cache.</summary>
    public CodeBlock* HashNext;

    /// <summary>Instructions.</summary>
    public uint Count;

    /// <summary>Code bytes.</summary>
    public int Length;

    /// <summary>The interpreter runs the block so many times less one before it asks for a trace.</summary>
    public uint Heat;

    private readonly uint _padding;

    /// <summary>The ops of the block at <paramref name="block"/>.</summary>
    public static Op* Ops(CodeBlock* block) => (Op*)(block + 1);

    /// <summary>The block of one of its ops, whose index is <see cref="Op.Extra"/>.</summary>
    public static CodeBlock* Of(Op* op) => (CodeBlock*)(op - op->Extra) - 1;

    /// <summary>The copy of the code that the ops were decoded from.</summary>
    public static byte* Copy(CodeBlock* block) => (byte*)(Ops(block) + (int)block->Count + 1);

    /// <summary>The raw bits of an instruction of the block; 16 bits for a compressed one.</summary>
    public static uint Raw(CodeBlock* block, Op* op)
    {
        byte* at = Copy(block) + op->PcOffset;
        uint low = *(ushort*)at;
        return op->Length == 2 ? low : low | (uint)*(ushort*)(at + 2) << 16;
    }
}
