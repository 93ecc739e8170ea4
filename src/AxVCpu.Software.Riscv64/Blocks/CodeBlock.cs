using System.Runtime.InteropServices;
using AxVCpu.Software.Riscv64.Isa;

namespace AxVCpu.Software.Riscv64;

/// <summary>
/// A run of pre-decoded instructions without a way in except at its start. In the arena the header is followed by
/// <see cref="Count"/> ops and one <see cref="BlockEnd"/> op, then by a copy of the code bytes.
/// </summary>
/// <remarks>
/// A block does not leave its guest page, so its translation is checked once, on entry from another page. The exception is a single
/// instruction that straddles two pages: it is a block of its own with <see cref="SecondCode"/>, found only by the slow lookup.
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

    /// <summary>Most bytes a block can take in the arena.</summary>
    public static readonly nuint MaxBytes = (nuint)(sizeof(CodeBlock) + (MaxOps + 1) * sizeof(Op) + MaxOps * 4 + 16);

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

    /// <summary>Not null for a single instruction that is looked up each time: where its second half is, if it has one.</summary>
    public byte* SecondCode;

    /// <summary>Next in the same bucket of the block cache.</summary>
    public CodeBlock* HashNext;

    /// <summary>Instructions.</summary>
    public uint Count;

    /// <summary>Code bytes.</summary>
    public int Length;

    /// <summary>The ops of the block at <paramref name="block"/>.</summary>
    public static Op* Ops(CodeBlock* block) => (Op*)(block + 1);

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

/// <summary>A remembered way from a guest address to its block; valid in one fetch context.</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct JumpEntry
{
    /// <summary>Guest virtual address.</summary>
    public ulong Pc;

    /// <summary>The <see cref="HartState.FetchContext"/> in which the address was translated.</summary>
    public ulong Context;

    /// <summary>The block.</summary>
    public CodeBlock* Block;
}
