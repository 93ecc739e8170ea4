using System.Buffers.Binary;
using System.Numerics;
using System.Runtime.CompilerServices;
using AxVCpu.Software.Riscv64.Isa;
using AxVCpu.Software.Translator;

namespace AxVCpu.Software.Riscv64;

// The interpreter: one switch over pre-decoded ops. What is hot is here; what can fault for more than a TLB miss is behind a call.
internal sealed unsafe partial class Hart
{
    /// <summary>
    /// Runs from <see cref="HartState.Pc"/> until an exit is pending. With <paramref name="first"/>, an op of a trace that is counted as
    /// retired, runs from there to the op <see cref="CodeBlock.ReturnToTrace"/> instead.
    /// </summary>
    /// <returns>Whether ReturnToTrace was reached; otherwise the trace's remaining instructions were taken back.</returns>
    /// <remarks>
    /// Inside a block Pc is not kept: it is block->Pc + op->PcOffset, and is stored before anything that may fault. A block is counted as
    /// retired on entry; who leaves it early takes back what did not retire. The count is a local, in a register, and stored for helpers
    /// that look at it.
    /// </remarks>
    [SkipLocalsInit]
    private bool Execute(Op* first)
    {
        // The registers are the first field. Going through one pointer to them, cast where another field is meant, leaves the others to the
        // compiler for block, op, TLB and count; `At(x)->X[i]` would test s for null each time.
        ulong* x = (ulong*)_s;
        ulong instret = At(x)->InstRet;
        byte* tlb = At(x)->DataTlb;
        CodeBlock* block;
        CodeBlock* successor;
        Op* op;
        ulong va;
        ulong host;
        ulong value;
        JumpEntry* jump;

        if (first != null)
        {
            block = CodeBlock.Of(first);
            op = first;
            goto run;
        }

    lookup:
        va = At(x)->Pc;
        jump = BlockCache.Jump(At(x)->Jumps, va);
        block = (CodeBlock*)jump->Block;
        if (jump->Pc != va || jump->Context != At(x)->FetchContext)
        {
            block = FindBlock(va);
            if (block == null)
                goto noBlock;
        }

    enter:
        if (block->Generation != At(x)->FetchGeneration && !Revalidate(block))
            goto lookup;
        if (instret >= At(x)->PollAt)
            goto poll;
        if (--block->Heat == 0)
            goto hot;
        instret += block->Count;
        op = CodeBlock.Ops(block);

    run:
        while (true)
        {
            switch (op->Code)
            {
                case OpCode.Illegal:
                    goto system;
                case OpCode.Nop: op++; continue;

                // RV64I: immediates and register operations
                case OpCode.Addi: x[op->Rd] = x[op->Rs1] + (ulong)(long)op->Imm; op++; continue;
                case OpCode.Add: x[op->Rd] = x[op->Rs1] + x[op->Rs2]; op++; continue;
                case OpCode.Addiw: x[op->Rd] = (ulong)(long)(int)((uint)x[op->Rs1] + (uint)op->Imm); op++; continue;
                case OpCode.Addw: x[op->Rd] = (ulong)(long)(int)((uint)x[op->Rs1] + (uint)x[op->Rs2]); op++; continue;
                case OpCode.Lui: x[op->Rd] = (ulong)(long)op->Imm; op++; continue;
                case OpCode.Auipc: x[op->Rd] = block->Pc + op->PcOffset + (ulong)(long)op->Imm; op++; continue;
                case OpCode.Andi: x[op->Rd] = x[op->Rs1] & (ulong)(long)op->Imm; op++; continue;
                case OpCode.Ori: x[op->Rd] = x[op->Rs1] | (ulong)(long)op->Imm; op++; continue;
                case OpCode.Xori: x[op->Rd] = x[op->Rs1] ^ (ulong)(long)op->Imm; op++; continue;
                case OpCode.Slli: x[op->Rd] = x[op->Rs1] << op->Imm; op++; continue;
                case OpCode.Srli: x[op->Rd] = x[op->Rs1] >> op->Imm; op++; continue;
                case OpCode.Srai: x[op->Rd] = (ulong)((long)x[op->Rs1] >> op->Imm); op++; continue;
                case OpCode.And: x[op->Rd] = x[op->Rs1] & x[op->Rs2]; op++; continue;
                case OpCode.Or: x[op->Rd] = x[op->Rs1] | x[op->Rs2]; op++; continue;
                case OpCode.Xor: x[op->Rd] = x[op->Rs1] ^ x[op->Rs2]; op++; continue;
                case OpCode.Sub: x[op->Rd] = x[op->Rs1] - x[op->Rs2]; op++; continue;
                case OpCode.Subw: x[op->Rd] = (ulong)(long)(int)((uint)x[op->Rs1] - (uint)x[op->Rs2]); op++; continue;
                case OpCode.Sll: x[op->Rd] = x[op->Rs1] << (int)x[op->Rs2]; op++; continue;
                case OpCode.Srl: x[op->Rd] = x[op->Rs1] >> (int)x[op->Rs2]; op++; continue;
                case OpCode.Sra: x[op->Rd] = (ulong)((long)x[op->Rs1] >> (int)x[op->Rs2]); op++; continue;
                case OpCode.Slt: x[op->Rd] = (long)x[op->Rs1] < (long)x[op->Rs2] ? 1UL : 0; op++; continue;
                case OpCode.Sltu: x[op->Rd] = x[op->Rs1] < x[op->Rs2] ? 1UL : 0; op++; continue;
                case OpCode.Slti: x[op->Rd] = (long)x[op->Rs1] < op->Imm ? 1UL : 0; op++; continue;
                case OpCode.Sltiu: x[op->Rd] = x[op->Rs1] < (ulong)(long)op->Imm ? 1UL : 0; op++; continue;
                case OpCode.Slliw: x[op->Rd] = (ulong)(long)(int)((uint)x[op->Rs1] << op->Imm); op++; continue;
                case OpCode.Srliw: x[op->Rd] = (ulong)(long)(int)((uint)x[op->Rs1] >> op->Imm); op++; continue;
                case OpCode.Sraiw: x[op->Rd] = (ulong)(long)((int)x[op->Rs1] >> op->Imm); op++; continue;
                case OpCode.Sllw: x[op->Rd] = (ulong)(long)(int)((uint)x[op->Rs1] << (int)x[op->Rs2]); op++; continue;
                case OpCode.Srlw: x[op->Rd] = (ulong)(long)(int)((uint)x[op->Rs1] >> (int)x[op->Rs2]); op++; continue;
                case OpCode.Sraw: x[op->Rd] = (ulong)(long)((int)x[op->Rs1] >> (int)x[op->Rs2]); op++; continue;

                // M
                case OpCode.Mul: x[op->Rd] = x[op->Rs1] * x[op->Rs2]; op++; continue;
                case OpCode.Mulw: x[op->Rd] = (ulong)(long)(int)((uint)x[op->Rs1] * (uint)x[op->Rs2]); op++; continue;
                case OpCode.Mulhu: x[op->Rd] = Math.BigMul(x[op->Rs1], x[op->Rs2], out _); op++; continue;
                case OpCode.Mulh: x[op->Rd] = (ulong)Math.BigMul((long)x[op->Rs1], (long)x[op->Rs2], out _); op++; continue;
                case OpCode.Mulhsu: x[op->Rd] = IntegerArithmetic.MulHighSignedUnsigned(x[op->Rs1], x[op->Rs2]); op++; continue;
                case OpCode.Div: x[op->Rd] = IntegerArithmetic.Div(x[op->Rs1], x[op->Rs2]); op++; continue;
                case OpCode.Divu: x[op->Rd] = IntegerArithmetic.Divu(x[op->Rs1], x[op->Rs2]); op++; continue;
                case OpCode.Rem: x[op->Rd] = IntegerArithmetic.Rem(x[op->Rs1], x[op->Rs2]); op++; continue;
                case OpCode.Remu: x[op->Rd] = IntegerArithmetic.Remu(x[op->Rs1], x[op->Rs2]); op++; continue;
                case OpCode.Divw: x[op->Rd] = IntegerArithmetic.Divw(x[op->Rs1], x[op->Rs2]); op++; continue;
                case OpCode.Divuw: x[op->Rd] = IntegerArithmetic.Divuw(x[op->Rs1], x[op->Rs2]); op++; continue;
                case OpCode.Remw: x[op->Rd] = IntegerArithmetic.Remw(x[op->Rs1], x[op->Rs2]); op++; continue;
                case OpCode.Remuw: x[op->Rd] = IntegerArithmetic.Remuw(x[op->Rs1], x[op->Rs2]); op++; continue;

                // Zba
                case OpCode.AddUw: x[op->Rd] = (uint)x[op->Rs1] + x[op->Rs2]; op++; continue;
                case OpCode.Sh1add: x[op->Rd] = (x[op->Rs1] << 1) + x[op->Rs2]; op++; continue;
                case OpCode.Sh2add: x[op->Rd] = (x[op->Rs1] << 2) + x[op->Rs2]; op++; continue;
                case OpCode.Sh3add: x[op->Rd] = (x[op->Rs1] << 3) + x[op->Rs2]; op++; continue;
                case OpCode.Sh1addUw: x[op->Rd] = ((ulong)(uint)x[op->Rs1] << 1) + x[op->Rs2]; op++; continue;
                case OpCode.Sh2addUw: x[op->Rd] = ((ulong)(uint)x[op->Rs1] << 2) + x[op->Rs2]; op++; continue;
                case OpCode.Sh3addUw: x[op->Rd] = ((ulong)(uint)x[op->Rs1] << 3) + x[op->Rs2]; op++; continue;
                case OpCode.SlliUw: x[op->Rd] = (ulong)(uint)x[op->Rs1] << op->Imm; op++; continue;

                // Zbb
                case OpCode.Andn: x[op->Rd] = x[op->Rs1] & ~x[op->Rs2]; op++; continue;
                case OpCode.Orn: x[op->Rd] = x[op->Rs1] | ~x[op->Rs2]; op++; continue;
                case OpCode.Xnor: x[op->Rd] = x[op->Rs1] ^ ~x[op->Rs2]; op++; continue;
                case OpCode.Clz: x[op->Rd] = (ulong)BitOperations.LeadingZeroCount(x[op->Rs1]); op++; continue;
                case OpCode.Ctz: x[op->Rd] = (ulong)BitOperations.TrailingZeroCount(x[op->Rs1]); op++; continue;
                case OpCode.Cpop: x[op->Rd] = (ulong)BitOperations.PopCount(x[op->Rs1]); op++; continue;
                case OpCode.Clzw: x[op->Rd] = (ulong)BitOperations.LeadingZeroCount((uint)x[op->Rs1]); op++; continue;
                case OpCode.Ctzw: x[op->Rd] = (ulong)BitOperations.TrailingZeroCount((uint)x[op->Rs1]); op++; continue;
                case OpCode.Cpopw: x[op->Rd] = (ulong)BitOperations.PopCount((uint)x[op->Rs1]); op++; continue;
                case OpCode.Max: x[op->Rd] = (long)x[op->Rs1] > (long)x[op->Rs2] ? x[op->Rs1] : x[op->Rs2]; op++; continue;
                case OpCode.Maxu: x[op->Rd] = x[op->Rs1] > x[op->Rs2] ? x[op->Rs1] : x[op->Rs2]; op++; continue;
                case OpCode.Min: x[op->Rd] = (long)x[op->Rs1] < (long)x[op->Rs2] ? x[op->Rs1] : x[op->Rs2]; op++; continue;
                case OpCode.Minu: x[op->Rd] = x[op->Rs1] < x[op->Rs2] ? x[op->Rs1] : x[op->Rs2]; op++; continue;
                case OpCode.SextB: x[op->Rd] = (ulong)(long)(sbyte)x[op->Rs1]; op++; continue;
                case OpCode.SextH: x[op->Rd] = (ulong)(long)(short)x[op->Rs1]; op++; continue;
                case OpCode.ZextH: x[op->Rd] = (ushort)x[op->Rs1]; op++; continue;
                case OpCode.Rol: x[op->Rd] = BitOperations.RotateLeft(x[op->Rs1], (int)x[op->Rs2]); op++; continue;
                case OpCode.Ror: x[op->Rd] = BitOperations.RotateRight(x[op->Rs1], (int)x[op->Rs2]); op++; continue;
                case OpCode.Rori: x[op->Rd] = BitOperations.RotateRight(x[op->Rs1], op->Imm); op++; continue;
                case OpCode.Rolw: x[op->Rd] = (ulong)(long)(int)(BitOperations.RotateLeft((uint)x[op->Rs1], (int)x[op->Rs2])); op++; continue;
                case OpCode.Rorw: x[op->Rd] = (ulong)(long)(int)(BitOperations.RotateRight((uint)x[op->Rs1], (int)x[op->Rs2])); op++; continue;
                case OpCode.Roriw: x[op->Rd] = (ulong)(long)(int)(BitOperations.RotateRight((uint)x[op->Rs1], op->Imm)); op++; continue;
                case OpCode.OrcB: x[op->Rd] = IntegerArithmetic.OrCombineBytes(x[op->Rs1]); op++; continue;
                case OpCode.Rev8: x[op->Rd] = BinaryPrimitives.ReverseEndianness(x[op->Rs1]); op++; continue;

                // Zbs
                case OpCode.Bclr: x[op->Rd] = x[op->Rs1] & ~(1UL << (int)x[op->Rs2]); op++; continue;
                case OpCode.Bclri: x[op->Rd] = x[op->Rs1] & ~(1UL << op->Imm); op++; continue;
                case OpCode.Binv: x[op->Rd] = x[op->Rs1] ^ 1UL << (int)x[op->Rs2]; op++; continue;
                case OpCode.Binvi: x[op->Rd] = x[op->Rs1] ^ 1UL << op->Imm; op++; continue;
                case OpCode.Bset: x[op->Rd] = x[op->Rs1] | 1UL << (int)x[op->Rs2]; op++; continue;
                case OpCode.Bseti: x[op->Rd] = x[op->Rs1] | 1UL << op->Imm; op++; continue;
                case OpCode.Bext: x[op->Rd] = (x[op->Rs1] >> (int)x[op->Rs2]) & 1; op++; continue;
                case OpCode.Bexti: x[op->Rd] = (x[op->Rs1] >> op->Imm) & 1; op++; continue;

                // Zicond
                case OpCode.CzeroEqz: x[op->Rd] = x[op->Rs2] == 0 ? 0 : x[op->Rs1]; op++; continue;
                case OpCode.CzeroNez: x[op->Rd] = x[op->Rs2] != 0 ? 0 : x[op->Rs1]; op++; continue;

                // Loads and stores: the hit path is here, everything else is in LoadSlow and StoreSlow
                case OpCode.Ld:
                    if (Misses(x[op->Rs1], op, tlb, 7, out host))
                        goto slowLoad;
                    x[op->Rd] = *(ulong*)host;
                    op++;
                    continue;
                case OpCode.Lw:
                    if (Misses(x[op->Rs1], op, tlb, 3, out host))
                        goto slowLoad;
                    x[op->Rd] = (ulong)(long)*(int*)host;
                    op++;
                    continue;
                case OpCode.Lbu:
                    if (Misses(x[op->Rs1], op, tlb, 0, out host))
                        goto slowLoad;
                    x[op->Rd] = *(byte*)host;
                    op++;
                    continue;
                case OpCode.Lhu:
                    if (Misses(x[op->Rs1], op, tlb, 1, out host))
                        goto slowLoad;
                    x[op->Rd] = *(ushort*)host;
                    op++;
                    continue;
                case OpCode.Lwu:
                    if (Misses(x[op->Rs1], op, tlb, 3, out host))
                        goto slowLoad;
                    x[op->Rd] = *(uint*)host;
                    op++;
                    continue;
                case OpCode.Lb:
                    if (Misses(x[op->Rs1], op, tlb, 0, out host))
                        goto slowLoad;
                    x[op->Rd] = (ulong)(long)*(sbyte*)host;
                    op++;
                    continue;
                case OpCode.Lh:
                    if (Misses(x[op->Rs1], op, tlb, 1, out host))
                        goto slowLoad;
                    x[op->Rd] = (ulong)(long)*(short*)host;
                    op++;
                    continue;
                case OpCode.Sd:
                    if (Misses(x[op->Rs1], op, tlb + SoftTlb.StoreOffset, 7, out host))
                        goto slowStore;
                    *(ulong*)host = (ulong)x[op->Rs2];
                    op++;
                    continue;
                case OpCode.Sw:
                    if (Misses(x[op->Rs1], op, tlb + SoftTlb.StoreOffset, 3, out host))
                        goto slowStore;
                    *(uint*)host = (uint)x[op->Rs2];
                    op++;
                    continue;
                case OpCode.Sb:
                    if (Misses(x[op->Rs1], op, tlb + SoftTlb.StoreOffset, 0, out host))
                        goto slowStore;
                    *(byte*)host = (byte)x[op->Rs2];
                    op++;
                    continue;
                case OpCode.Sh:
                    if (Misses(x[op->Rs1], op, tlb + SoftTlb.StoreOffset, 1, out host))
                        goto slowStore;
                    *(ushort*)host = (ushort)x[op->Rs2];
                    op++;
                    continue;

                // Branches end the block
                case OpCode.Beq:
                    if (x[op->Rs1] == x[op->Rs2])
                        goto taken;
                    goto fallThrough;
                case OpCode.Bne:
                    if (x[op->Rs1] != x[op->Rs2])
                        goto taken;
                    goto fallThrough;
                case OpCode.Blt:
                    if ((long)x[op->Rs1] < (long)x[op->Rs2])
                        goto taken;
                    goto fallThrough;
                case OpCode.Bge:
                    if ((long)x[op->Rs1] >= (long)x[op->Rs2])
                        goto taken;
                    goto fallThrough;
                case OpCode.Bltu:
                    if (x[op->Rs1] < x[op->Rs2])
                        goto taken;
                    goto fallThrough;
                case OpCode.Bgeu:
                    if (x[op->Rs1] >= x[op->Rs2])
                        goto taken;
                    goto fallThrough;

                case OpCode.Jal:
                    x[op->Rd] = block->Pc + op->PcOffset + op->Length;
                    goto taken;
                case OpCode.Jalr:
                    value = x[op->Rs1];
                    goto jumpToValue;
                case CodeBlock.BlockEnd:
                    goto fallThrough;
                case CodeBlock.ReturnToTrace:
                    return true;
                case CodeBlock.MisalignedJump:
                    va = block->Pc + op->PcOffset + (ulong)(long)op->Imm;
                    goto misalignedTarget;

                case OpCode.Clmul: case OpCode.Clmulh: case OpCode.Clmulr:
                case OpCode.Pack: case OpCode.Packh: case OpCode.Packw: case OpCode.Brev8: case OpCode.Xperm4: case OpCode.Xperm8:
                case OpCode.Aes64ds: case OpCode.Aes64dsm: case OpCode.Aes64im: case OpCode.Aes64es: case OpCode.Aes64esm:
                case OpCode.Aes64ks1i: case OpCode.Aes64ks2: case OpCode.Sha256sum0: case OpCode.Sha256sum1: case OpCode.Sha256sig0:
                case OpCode.Sha256sig1: case OpCode.Sha512sum0: case OpCode.Sha512sum1: case OpCode.Sha512sig0: case OpCode.Sha512sig1:
                case OpCode.Sm3p0: case OpCode.Sm3p1: case OpCode.Sm4ed: case OpCode.Sm4ks:
                    ExecuteComputation(op);
                    op++;
                    continue;

                // Everything that can fault for more than a TLB miss, grouped by the method that knows it
                case OpCode.LrW: case OpCode.ScW: case OpCode.AmoswapW: case OpCode.AmoaddW: case OpCode.AmoxorW: case OpCode.AmoandW:
                case OpCode.AmoorW: case OpCode.AmominW: case OpCode.AmomaxW: case OpCode.AmominuW: case OpCode.AmomaxuW:
                case OpCode.LrD: case OpCode.ScD: case OpCode.AmoswapD: case OpCode.AmoaddD: case OpCode.AmoxorD: case OpCode.AmoandD:
                case OpCode.AmoorD: case OpCode.AmominD: case OpCode.AmomaxD: case OpCode.AmominuD: case OpCode.AmomaxuD:
                    At(x)->Pc = block->Pc + op->PcOffset;
                    if (!ExecuteAtomic(op))
                        goto fault;
                    op++;
                    continue;
                case OpCode.AmoswapB: case OpCode.AmoaddB: case OpCode.AmoxorB: case OpCode.AmoandB: case OpCode.AmoorB:
                case OpCode.AmominB: case OpCode.AmomaxB: case OpCode.AmominuB: case OpCode.AmomaxuB: case OpCode.AmoswapH:
                case OpCode.AmoaddH: case OpCode.AmoxorH: case OpCode.AmoandH: case OpCode.AmoorH: case OpCode.AmominH: case OpCode.AmomaxH:
                case OpCode.AmominuH: case OpCode.AmomaxuH: case OpCode.AmocasB: case OpCode.AmocasH: case OpCode.AmocasW:
                case OpCode.AmocasD: case OpCode.AmocasQ:
                    At(x)->Pc = block->Pc + op->PcOffset;
                    if (!ExecuteMoreAtomic(op))
                        goto fault;
                    op++;
                    continue;
                case OpCode.Flw: case OpCode.Fld: case OpCode.Fsw: case OpCode.Fsd: case OpCode.Flh: case OpCode.Fsh:
                    At(x)->Pc = block->Pc + op->PcOffset;
                    if (!ExecuteFloatMemory(block, op))
                        goto fault;
                    op++;
                    continue;
                case OpCode.FmvXW: case OpCode.FmvWX: case OpCode.FmvXD: case OpCode.FmvDX: case OpCode.FsgnjS: case OpCode.FsgnjnS:
                case OpCode.FsgnjxS: case OpCode.FsgnjD: case OpCode.FsgnjnD: case OpCode.FsgnjxD: case OpCode.FaddS: case OpCode.FsubS:
                case OpCode.FmulS: case OpCode.FdivS: case OpCode.FsqrtS: case OpCode.FmaddS: case OpCode.FmsubS: case OpCode.FnmsubS:
                case OpCode.FnmaddS: case OpCode.FminS: case OpCode.FmaxS: case OpCode.FeqS: case OpCode.FltS: case OpCode.FleS:
                case OpCode.FclassS: case OpCode.FcvtWS: case OpCode.FcvtWuS: case OpCode.FcvtLS: case OpCode.FcvtLuS:
                case OpCode.FcvtSW: case OpCode.FcvtSWu: case OpCode.FcvtSL: case OpCode.FcvtSLu: case OpCode.FaddD: case OpCode.FsubD:
                case OpCode.FmulD: case OpCode.FdivD: case OpCode.FsqrtD: case OpCode.FmaddD: case OpCode.FmsubD: case OpCode.FnmsubD:
                case OpCode.FnmaddD: case OpCode.FminD: case OpCode.FmaxD: case OpCode.FeqD: case OpCode.FltD: case OpCode.FleD:
                case OpCode.FclassD: case OpCode.FcvtWD: case OpCode.FcvtWuD: case OpCode.FcvtLD: case OpCode.FcvtLuD:
                case OpCode.FcvtDW: case OpCode.FcvtDWu: case OpCode.FcvtDL: case OpCode.FcvtDLu: case OpCode.FcvtSD:
                case OpCode.FcvtDS:
                case OpCode.FmvXH: case OpCode.FmvHX: case OpCode.FcvtSH: case OpCode.FcvtHS: case OpCode.FcvtDH: case OpCode.FcvtHD:
                case OpCode.FaddH: case OpCode.FsubH: case OpCode.FmulH: case OpCode.FdivH: case OpCode.FsqrtH: case OpCode.FmaddH:
                case OpCode.FmsubH: case OpCode.FnmsubH: case OpCode.FnmaddH: case OpCode.FminH: case OpCode.FmaxH: case OpCode.FsgnjH:
                case OpCode.FsgnjnH: case OpCode.FsgnjxH: case OpCode.FeqH: case OpCode.FltH: case OpCode.FleH: case OpCode.FclassH:
                case OpCode.FcvtWH: case OpCode.FcvtWuH: case OpCode.FcvtLH: case OpCode.FcvtLuH: case OpCode.FcvtHW: case OpCode.FcvtHWu:
                case OpCode.FcvtHL: case OpCode.FcvtHLu: case OpCode.FliS: case OpCode.FminmS: case OpCode.FmaxmS: case OpCode.FroundS:
                case OpCode.FroundnxS: case OpCode.FleqS: case OpCode.FltqS: case OpCode.FliD: case OpCode.FminmD: case OpCode.FmaxmD:
                case OpCode.FroundD: case OpCode.FroundnxD: case OpCode.FleqD: case OpCode.FltqD: case OpCode.FliH: case OpCode.FminmH:
                case OpCode.FmaxmH: case OpCode.FroundH: case OpCode.FroundnxH: case OpCode.FleqH: case OpCode.FltqH: case OpCode.FcvtmodWD:
                    At(x)->Pc = block->Pc + op->PcOffset;
                    if (!ExecuteFloat(block, op))
                        goto fault;
                    op++;
                    continue;
                case OpCode.Fence:
                case OpCode.FenceTso:
                    Interlocked.MemoryBarrier();
                    op++;
                    continue;
                case OpCode.Pause:
                    op++;
                    continue;
                case OpCode.CboInval: case OpCode.CboClean: case OpCode.CboFlush: case OpCode.CboZero:
                    At(x)->Pc = block->Pc + op->PcOffset;
                    if (!ExecuteCacheBlock(block, op))
                        goto fault;
                    op++;
                    continue;
                case OpCode.Csrrw: case OpCode.Csrrs: case OpCode.Csrrc: case OpCode.Csrrwi: case OpCode.Csrrsi: case OpCode.Csrrci:
                case OpCode.Ecall: case OpCode.Ebreak: case OpCode.Mret: case OpCode.Sret: case OpCode.Wfi: case OpCode.SfenceVma:
                case OpCode.SinvalVma: case OpCode.SfenceWInval: case OpCode.SfenceInvalIr:
                case OpCode.WrsNto:
                case OpCode.WrsSto:
                case OpCode.FenceI:
                default:
                    goto system;
            }
        }

    jumpToValue:
        va = (value + (ulong)(long)op->Imm) & ~1UL;
        if ((va & At(x)->MisalignedTarget) != 0)
            goto misalignedTarget;
        x[op->Rd] = block->Pc + op->PcOffset + op->Length;
        At(x)->Pc = va;
        goto lookup;

    taken:
        successor = block->Taken;
        if (successor == null)
        {
            va = block->Pc + op->PcOffset + (ulong)(long)op->Imm;
            if ((va & At(x)->MisalignedTarget) != 0)
                goto misalignedTarget;
            At(x)->Pc = va;
            successor = Follow(block, taken: true);
            if (successor == null)
                goto noBlock;
        }

        block = successor;
        goto enter;

    fallThrough:
        successor = block->Next;
        if (successor == null)
        {
            At(x)->Pc = block->Pc + (ulong)block->Length;
            successor = Follow(block, taken: false);
            if (successor == null)
                goto noBlock;
        }

        block = successor;
        goto enter;

    slowLoad:
        At(x)->Pc = block->Pc + op->PcOffset;
        if (!LoadSlow(op))
            goto fault;
        op++;
        goto run;

    slowStore:
        At(x)->Pc = block->Pc + op->PcOffset;
        if (!StoreSlow(op))
            goto fault;
        op++;
        goto run;

    misalignedTarget:
        At(x)->Pc = block->Pc + op->PcOffset;
        RaiseException(ExceptionCause.InstructionAddressMisaligned, va);
        goto fault;

    system:
        At(x)->Pc = block->Pc + op->PcOffset;
        At(x)->InstRet = instret;
        if (!ExecuteSystem(block, op))
            goto fault;
        instret = At(x)->InstRet;
        tlb = At(x)->DataTlb;
        goto lookup;

    fault:
        At(x)->InstRet = instret;
        TakeBack(block, op);
        goto changed;

    hot:
        At(x)->InstRet = instret;
        At(x)->Pc = block->Pc;
        RunTranslated(block);
        goto changed;

    poll:
        At(x)->Pc = block->Pc;

    noBlock:
        At(x)->InstRet = instret;

    changed:
        if (_exitPending || first != null)
            return false;

        // Here and not only at block entry: a guest may fault in every fetch and never enter a block.
        if (At(x)->InstRet >= At(x)->PollAt && !PollInterrupts())
            return false;
        instret = At(x)->InstRet;
        tlb = At(x)->DataTlb;
        goto lookup;
    }

    /// <summary>The TLB test of an access at <paramref name="address"/> + imm; <paramref name="host"/> is where it goes if it hits.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static bool Misses(ulong address, Op* op, byte* tlb, ulong misaligned, out ulong host)
    {
        ulong va = address + (ulong)(long)op->Imm;
        var entry = (TlbEntry*)(tlb + ((va >> SoftTlb.IndexShift) & SoftTlb.IndexMask));
        host = va + entry->Addend;
        return (va & (SoftTlb.PageMask | misaligned)) != entry->Tag;
    }

    /// <summary>The state whose registers are at <paramref name="x"/>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static HartState* At(ulong* x) => (HartState*)x;
}
