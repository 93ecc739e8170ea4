using System.Buffers.Binary;
using System.Numerics;
using System.Runtime.CompilerServices;
using AxVCpu.Software.Riscv64.Isa;

namespace AxVCpu.Software.Riscv64;

// The interpreter: one switch over pre-decoded ops. What is hot is here; what can fault for more than a TLB miss is behind a call.
internal sealed unsafe partial class Hart
{
    /// <summary>Runs from <see cref="HartState.Pc"/> until an exit is pending.</summary>
    /// <remarks>
    /// Inside a block Pc is not kept: it is block->Pc + op->PcOffset, and is stored before anything that may fault. A block is counted as
    /// retired on entry; who leaves it early takes back what did not retire. The count is a local, in a register, and stored for helpers
    /// that look at it.
    /// </remarks>
    [SkipLocalsInit]
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Execute()
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

    lookup:
        va = At(x)->Pc;
        JumpEntry* jump = BlockCache.Jump(At(x)->Jumps, va);
        block = jump->Block;
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

                // Two instructions that compilers often put side by side (FusedOp): the first, then straight to the handler of the second
                case (OpCode)FusedOp.AddiAddi: x[op->Rd] = x[op->Rs1] + (ulong)(long)op->Imm; op++; goto case OpCode.Addi;
                case (OpCode)FusedOp.AddiAddiw: x[op->Rd] = x[op->Rs1] + (ulong)(long)op->Imm; op++; goto case OpCode.Addiw;
                case (OpCode)FusedOp.AddiAdd: x[op->Rd] = x[op->Rs1] + (ulong)(long)op->Imm; op++; goto case OpCode.Add;
                case (OpCode)FusedOp.AddiSub: x[op->Rd] = x[op->Rs1] + (ulong)(long)op->Imm; op++; goto case OpCode.Sub;
                case (OpCode)FusedOp.AddiSlli: x[op->Rd] = x[op->Rs1] + (ulong)(long)op->Imm; op++; goto case OpCode.Slli;
                case (OpCode)FusedOp.AddiSrli: x[op->Rd] = x[op->Rs1] + (ulong)(long)op->Imm; op++; goto case OpCode.Srli;
                case (OpCode)FusedOp.AddiAndi: x[op->Rd] = x[op->Rs1] + (ulong)(long)op->Imm; op++; goto case OpCode.Andi;
                case (OpCode)FusedOp.AddiAnd: x[op->Rd] = x[op->Rs1] + (ulong)(long)op->Imm; op++; goto case OpCode.And;
                case (OpCode)FusedOp.AddiOr: x[op->Rd] = x[op->Rs1] + (ulong)(long)op->Imm; op++; goto case OpCode.Or;
                case (OpCode)FusedOp.AddiXor: x[op->Rd] = x[op->Rs1] + (ulong)(long)op->Imm; op++; goto case OpCode.Xor;
                case (OpCode)FusedOp.AddiLui: x[op->Rd] = x[op->Rs1] + (ulong)(long)op->Imm; op++; goto case OpCode.Lui;
                case (OpCode)FusedOp.AddiAuipc: x[op->Rd] = x[op->Rs1] + (ulong)(long)op->Imm; op++; goto case OpCode.Auipc;
                case (OpCode)FusedOp.AddiLd: x[op->Rd] = x[op->Rs1] + (ulong)(long)op->Imm; op++; goto case OpCode.Ld;
                case (OpCode)FusedOp.AddiLw: x[op->Rd] = x[op->Rs1] + (ulong)(long)op->Imm; op++; goto case OpCode.Lw;
                case (OpCode)FusedOp.AddiLbu: x[op->Rd] = x[op->Rs1] + (ulong)(long)op->Imm; op++; goto case OpCode.Lbu;
                case (OpCode)FusedOp.AddiLhu: x[op->Rd] = x[op->Rs1] + (ulong)(long)op->Imm; op++; goto case OpCode.Lhu;
                case (OpCode)FusedOp.AddiSd: x[op->Rd] = x[op->Rs1] + (ulong)(long)op->Imm; op++; goto case OpCode.Sd;
                case (OpCode)FusedOp.AddiSw: x[op->Rd] = x[op->Rs1] + (ulong)(long)op->Imm; op++; goto case OpCode.Sw;
                case (OpCode)FusedOp.AddiSb: x[op->Rd] = x[op->Rs1] + (ulong)(long)op->Imm; op++; goto case OpCode.Sb;
                case (OpCode)FusedOp.AddiBeq: x[op->Rd] = x[op->Rs1] + (ulong)(long)op->Imm; op++; goto case OpCode.Beq;
                case (OpCode)FusedOp.AddiBne: x[op->Rd] = x[op->Rs1] + (ulong)(long)op->Imm; op++; goto case OpCode.Bne;
                case (OpCode)FusedOp.AddiBlt: x[op->Rd] = x[op->Rs1] + (ulong)(long)op->Imm; op++; goto case OpCode.Blt;
                case (OpCode)FusedOp.AddiBge: x[op->Rd] = x[op->Rs1] + (ulong)(long)op->Imm; op++; goto case OpCode.Bge;
                case (OpCode)FusedOp.AddiBltu: x[op->Rd] = x[op->Rs1] + (ulong)(long)op->Imm; op++; goto case OpCode.Bltu;
                case (OpCode)FusedOp.AddiBgeu: x[op->Rd] = x[op->Rs1] + (ulong)(long)op->Imm; op++; goto case OpCode.Bgeu;
                case (OpCode)FusedOp.AddiJal: x[op->Rd] = x[op->Rs1] + (ulong)(long)op->Imm; op++; goto case OpCode.Jal;
                case (OpCode)FusedOp.AddiJalr: x[op->Rd] = x[op->Rs1] + (ulong)(long)op->Imm; op++; goto case OpCode.Jalr;
                case (OpCode)FusedOp.AddAddi: x[op->Rd] = x[op->Rs1] + x[op->Rs2]; op++; goto case OpCode.Addi;
                case (OpCode)FusedOp.AddAddiw: x[op->Rd] = x[op->Rs1] + x[op->Rs2]; op++; goto case OpCode.Addiw;
                case (OpCode)FusedOp.AddAdd: x[op->Rd] = x[op->Rs1] + x[op->Rs2]; op++; goto case OpCode.Add;
                case (OpCode)FusedOp.AddSub: x[op->Rd] = x[op->Rs1] + x[op->Rs2]; op++; goto case OpCode.Sub;
                case (OpCode)FusedOp.AddSlli: x[op->Rd] = x[op->Rs1] + x[op->Rs2]; op++; goto case OpCode.Slli;
                case (OpCode)FusedOp.AddSrli: x[op->Rd] = x[op->Rs1] + x[op->Rs2]; op++; goto case OpCode.Srli;
                case (OpCode)FusedOp.AddAndi: x[op->Rd] = x[op->Rs1] + x[op->Rs2]; op++; goto case OpCode.Andi;
                case (OpCode)FusedOp.AddAnd: x[op->Rd] = x[op->Rs1] + x[op->Rs2]; op++; goto case OpCode.And;
                case (OpCode)FusedOp.AddOr: x[op->Rd] = x[op->Rs1] + x[op->Rs2]; op++; goto case OpCode.Or;
                case (OpCode)FusedOp.AddXor: x[op->Rd] = x[op->Rs1] + x[op->Rs2]; op++; goto case OpCode.Xor;
                case (OpCode)FusedOp.AddLui: x[op->Rd] = x[op->Rs1] + x[op->Rs2]; op++; goto case OpCode.Lui;
                case (OpCode)FusedOp.AddAuipc: x[op->Rd] = x[op->Rs1] + x[op->Rs2]; op++; goto case OpCode.Auipc;
                case (OpCode)FusedOp.AddLd: x[op->Rd] = x[op->Rs1] + x[op->Rs2]; op++; goto case OpCode.Ld;
                case (OpCode)FusedOp.AddLw: x[op->Rd] = x[op->Rs1] + x[op->Rs2]; op++; goto case OpCode.Lw;
                case (OpCode)FusedOp.AddLbu: x[op->Rd] = x[op->Rs1] + x[op->Rs2]; op++; goto case OpCode.Lbu;
                case (OpCode)FusedOp.AddLhu: x[op->Rd] = x[op->Rs1] + x[op->Rs2]; op++; goto case OpCode.Lhu;
                case (OpCode)FusedOp.AddSd: x[op->Rd] = x[op->Rs1] + x[op->Rs2]; op++; goto case OpCode.Sd;
                case (OpCode)FusedOp.AddSw: x[op->Rd] = x[op->Rs1] + x[op->Rs2]; op++; goto case OpCode.Sw;
                case (OpCode)FusedOp.AddSb: x[op->Rd] = x[op->Rs1] + x[op->Rs2]; op++; goto case OpCode.Sb;
                case (OpCode)FusedOp.AddBeq: x[op->Rd] = x[op->Rs1] + x[op->Rs2]; op++; goto case OpCode.Beq;
                case (OpCode)FusedOp.AddBne: x[op->Rd] = x[op->Rs1] + x[op->Rs2]; op++; goto case OpCode.Bne;
                case (OpCode)FusedOp.AddBlt: x[op->Rd] = x[op->Rs1] + x[op->Rs2]; op++; goto case OpCode.Blt;
                case (OpCode)FusedOp.AddBge: x[op->Rd] = x[op->Rs1] + x[op->Rs2]; op++; goto case OpCode.Bge;
                case (OpCode)FusedOp.AddBltu: x[op->Rd] = x[op->Rs1] + x[op->Rs2]; op++; goto case OpCode.Bltu;
                case (OpCode)FusedOp.AddBgeu: x[op->Rd] = x[op->Rs1] + x[op->Rs2]; op++; goto case OpCode.Bgeu;
                case (OpCode)FusedOp.AddJal: x[op->Rd] = x[op->Rs1] + x[op->Rs2]; op++; goto case OpCode.Jal;
                case (OpCode)FusedOp.AddJalr: x[op->Rd] = x[op->Rs1] + x[op->Rs2]; op++; goto case OpCode.Jalr;
                case (OpCode)FusedOp.AddiwAddi: x[op->Rd] = (ulong)(long)(int)((uint)x[op->Rs1] + (uint)op->Imm); op++; goto case OpCode.Addi;
                case (OpCode)FusedOp.AddiwAdd: x[op->Rd] = (ulong)(long)(int)((uint)x[op->Rs1] + (uint)op->Imm); op++; goto case OpCode.Add;
                case (OpCode)FusedOp.AddiwSlli: x[op->Rd] = (ulong)(long)(int)((uint)x[op->Rs1] + (uint)op->Imm); op++; goto case OpCode.Slli;
                case (OpCode)FusedOp.AddiwOr: x[op->Rd] = (ulong)(long)(int)((uint)x[op->Rs1] + (uint)op->Imm); op++; goto case OpCode.Or;
                case (OpCode)FusedOp.AddiwXor: x[op->Rd] = (ulong)(long)(int)((uint)x[op->Rs1] + (uint)op->Imm); op++; goto case OpCode.Xor;
                case (OpCode)FusedOp.AddiwLd: x[op->Rd] = (ulong)(long)(int)((uint)x[op->Rs1] + (uint)op->Imm); op++; goto case OpCode.Ld;
                case (OpCode)FusedOp.AddiwSd: x[op->Rd] = (ulong)(long)(int)((uint)x[op->Rs1] + (uint)op->Imm); op++; goto case OpCode.Sd;
                case (OpCode)FusedOp.AddiwBeq: x[op->Rd] = (ulong)(long)(int)((uint)x[op->Rs1] + (uint)op->Imm); op++; goto case OpCode.Beq;
                case (OpCode)FusedOp.AddiwBne: x[op->Rd] = (ulong)(long)(int)((uint)x[op->Rs1] + (uint)op->Imm); op++; goto case OpCode.Bne;
                case (OpCode)FusedOp.AddiwJal: x[op->Rd] = (ulong)(long)(int)((uint)x[op->Rs1] + (uint)op->Imm); op++; goto case OpCode.Jal;
                case (OpCode)FusedOp.SlliAddi: x[op->Rd] = x[op->Rs1] << op->Imm; op++; goto case OpCode.Addi;
                case (OpCode)FusedOp.SlliAdd: x[op->Rd] = x[op->Rs1] << op->Imm; op++; goto case OpCode.Add;
                case (OpCode)FusedOp.SlliSlli: x[op->Rd] = x[op->Rs1] << op->Imm; op++; goto case OpCode.Slli;
                case (OpCode)FusedOp.SlliOr: x[op->Rd] = x[op->Rs1] << op->Imm; op++; goto case OpCode.Or;
                case (OpCode)FusedOp.SlliXor: x[op->Rd] = x[op->Rs1] << op->Imm; op++; goto case OpCode.Xor;
                case (OpCode)FusedOp.SlliLd: x[op->Rd] = x[op->Rs1] << op->Imm; op++; goto case OpCode.Ld;
                case (OpCode)FusedOp.SlliSd: x[op->Rd] = x[op->Rs1] << op->Imm; op++; goto case OpCode.Sd;
                case (OpCode)FusedOp.SlliBeq: x[op->Rd] = x[op->Rs1] << op->Imm; op++; goto case OpCode.Beq;
                case (OpCode)FusedOp.SlliBne: x[op->Rd] = x[op->Rs1] << op->Imm; op++; goto case OpCode.Bne;
                case (OpCode)FusedOp.SlliJal: x[op->Rd] = x[op->Rs1] << op->Imm; op++; goto case OpCode.Jal;
                case (OpCode)FusedOp.SrliAddi: x[op->Rd] = x[op->Rs1] >> op->Imm; op++; goto case OpCode.Addi;
                case (OpCode)FusedOp.SrliAdd: x[op->Rd] = x[op->Rs1] >> op->Imm; op++; goto case OpCode.Add;
                case (OpCode)FusedOp.SrliSlli: x[op->Rd] = x[op->Rs1] >> op->Imm; op++; goto case OpCode.Slli;
                case (OpCode)FusedOp.SrliOr: x[op->Rd] = x[op->Rs1] >> op->Imm; op++; goto case OpCode.Or;
                case (OpCode)FusedOp.SrliXor: x[op->Rd] = x[op->Rs1] >> op->Imm; op++; goto case OpCode.Xor;
                case (OpCode)FusedOp.SrliLd: x[op->Rd] = x[op->Rs1] >> op->Imm; op++; goto case OpCode.Ld;
                case (OpCode)FusedOp.SrliSd: x[op->Rd] = x[op->Rs1] >> op->Imm; op++; goto case OpCode.Sd;
                case (OpCode)FusedOp.SrliBeq: x[op->Rd] = x[op->Rs1] >> op->Imm; op++; goto case OpCode.Beq;
                case (OpCode)FusedOp.SrliBne: x[op->Rd] = x[op->Rs1] >> op->Imm; op++; goto case OpCode.Bne;
                case (OpCode)FusedOp.SrliJal: x[op->Rd] = x[op->Rs1] >> op->Imm; op++; goto case OpCode.Jal;
                case (OpCode)FusedOp.AndiAddi: x[op->Rd] = x[op->Rs1] & (ulong)(long)op->Imm; op++; goto case OpCode.Addi;
                case (OpCode)FusedOp.AndiAdd: x[op->Rd] = x[op->Rs1] & (ulong)(long)op->Imm; op++; goto case OpCode.Add;
                case (OpCode)FusedOp.AndiSlli: x[op->Rd] = x[op->Rs1] & (ulong)(long)op->Imm; op++; goto case OpCode.Slli;
                case (OpCode)FusedOp.AndiOr: x[op->Rd] = x[op->Rs1] & (ulong)(long)op->Imm; op++; goto case OpCode.Or;
                case (OpCode)FusedOp.AndiXor: x[op->Rd] = x[op->Rs1] & (ulong)(long)op->Imm; op++; goto case OpCode.Xor;
                case (OpCode)FusedOp.AndiLd: x[op->Rd] = x[op->Rs1] & (ulong)(long)op->Imm; op++; goto case OpCode.Ld;
                case (OpCode)FusedOp.AndiSd: x[op->Rd] = x[op->Rs1] & (ulong)(long)op->Imm; op++; goto case OpCode.Sd;
                case (OpCode)FusedOp.AndiBeq: x[op->Rd] = x[op->Rs1] & (ulong)(long)op->Imm; op++; goto case OpCode.Beq;
                case (OpCode)FusedOp.AndiBne: x[op->Rd] = x[op->Rs1] & (ulong)(long)op->Imm; op++; goto case OpCode.Bne;
                case (OpCode)FusedOp.AndiJal: x[op->Rd] = x[op->Rs1] & (ulong)(long)op->Imm; op++; goto case OpCode.Jal;
                case (OpCode)FusedOp.OrAddi: x[op->Rd] = x[op->Rs1] | x[op->Rs2]; op++; goto case OpCode.Addi;
                case (OpCode)FusedOp.OrAdd: x[op->Rd] = x[op->Rs1] | x[op->Rs2]; op++; goto case OpCode.Add;
                case (OpCode)FusedOp.OrSlli: x[op->Rd] = x[op->Rs1] | x[op->Rs2]; op++; goto case OpCode.Slli;
                case (OpCode)FusedOp.OrOr: x[op->Rd] = x[op->Rs1] | x[op->Rs2]; op++; goto case OpCode.Or;
                case (OpCode)FusedOp.OrXor: x[op->Rd] = x[op->Rs1] | x[op->Rs2]; op++; goto case OpCode.Xor;
                case (OpCode)FusedOp.OrLd: x[op->Rd] = x[op->Rs1] | x[op->Rs2]; op++; goto case OpCode.Ld;
                case (OpCode)FusedOp.OrSd: x[op->Rd] = x[op->Rs1] | x[op->Rs2]; op++; goto case OpCode.Sd;
                case (OpCode)FusedOp.OrBeq: x[op->Rd] = x[op->Rs1] | x[op->Rs2]; op++; goto case OpCode.Beq;
                case (OpCode)FusedOp.OrBne: x[op->Rd] = x[op->Rs1] | x[op->Rs2]; op++; goto case OpCode.Bne;
                case (OpCode)FusedOp.OrJal: x[op->Rd] = x[op->Rs1] | x[op->Rs2]; op++; goto case OpCode.Jal;
                case (OpCode)FusedOp.XorAddi: x[op->Rd] = x[op->Rs1] ^ x[op->Rs2]; op++; goto case OpCode.Addi;
                case (OpCode)FusedOp.XorAdd: x[op->Rd] = x[op->Rs1] ^ x[op->Rs2]; op++; goto case OpCode.Add;
                case (OpCode)FusedOp.XorSlli: x[op->Rd] = x[op->Rs1] ^ x[op->Rs2]; op++; goto case OpCode.Slli;
                case (OpCode)FusedOp.XorOr: x[op->Rd] = x[op->Rs1] ^ x[op->Rs2]; op++; goto case OpCode.Or;
                case (OpCode)FusedOp.XorXor: x[op->Rd] = x[op->Rs1] ^ x[op->Rs2]; op++; goto case OpCode.Xor;
                case (OpCode)FusedOp.XorLd: x[op->Rd] = x[op->Rs1] ^ x[op->Rs2]; op++; goto case OpCode.Ld;
                case (OpCode)FusedOp.XorSd: x[op->Rd] = x[op->Rs1] ^ x[op->Rs2]; op++; goto case OpCode.Sd;
                case (OpCode)FusedOp.XorBeq: x[op->Rd] = x[op->Rs1] ^ x[op->Rs2]; op++; goto case OpCode.Beq;
                case (OpCode)FusedOp.XorBne: x[op->Rd] = x[op->Rs1] ^ x[op->Rs2]; op++; goto case OpCode.Bne;
                case (OpCode)FusedOp.XorJal: x[op->Rd] = x[op->Rs1] ^ x[op->Rs2]; op++; goto case OpCode.Jal;
                case (OpCode)FusedOp.LuiAddi: x[op->Rd] = (ulong)(long)op->Imm; op++; goto case OpCode.Addi;
                case (OpCode)FusedOp.LuiAdd: x[op->Rd] = (ulong)(long)op->Imm; op++; goto case OpCode.Add;
                case (OpCode)FusedOp.LuiSlli: x[op->Rd] = (ulong)(long)op->Imm; op++; goto case OpCode.Slli;
                case (OpCode)FusedOp.LuiOr: x[op->Rd] = (ulong)(long)op->Imm; op++; goto case OpCode.Or;
                case (OpCode)FusedOp.LuiXor: x[op->Rd] = (ulong)(long)op->Imm; op++; goto case OpCode.Xor;
                case (OpCode)FusedOp.LuiLd: x[op->Rd] = (ulong)(long)op->Imm; op++; goto case OpCode.Ld;
                case (OpCode)FusedOp.LuiSd: x[op->Rd] = (ulong)(long)op->Imm; op++; goto case OpCode.Sd;
                case (OpCode)FusedOp.LuiBeq: x[op->Rd] = (ulong)(long)op->Imm; op++; goto case OpCode.Beq;
                case (OpCode)FusedOp.LuiBne: x[op->Rd] = (ulong)(long)op->Imm; op++; goto case OpCode.Bne;
                case (OpCode)FusedOp.LuiJal: x[op->Rd] = (ulong)(long)op->Imm; op++; goto case OpCode.Jal;
                case (OpCode)FusedOp.AuipcAddi: x[op->Rd] = block->Pc + op->PcOffset + (ulong)(long)op->Imm; op++; goto case OpCode.Addi;
                case (OpCode)FusedOp.AuipcAdd: x[op->Rd] = block->Pc + op->PcOffset + (ulong)(long)op->Imm; op++; goto case OpCode.Add;
                case (OpCode)FusedOp.AuipcSlli: x[op->Rd] = block->Pc + op->PcOffset + (ulong)(long)op->Imm; op++; goto case OpCode.Slli;
                case (OpCode)FusedOp.AuipcOr: x[op->Rd] = block->Pc + op->PcOffset + (ulong)(long)op->Imm; op++; goto case OpCode.Or;
                case (OpCode)FusedOp.AuipcXor: x[op->Rd] = block->Pc + op->PcOffset + (ulong)(long)op->Imm; op++; goto case OpCode.Xor;
                case (OpCode)FusedOp.AuipcLd: x[op->Rd] = block->Pc + op->PcOffset + (ulong)(long)op->Imm; op++; goto case OpCode.Ld;
                case (OpCode)FusedOp.AuipcSd: x[op->Rd] = block->Pc + op->PcOffset + (ulong)(long)op->Imm; op++; goto case OpCode.Sd;
                case (OpCode)FusedOp.AuipcBeq: x[op->Rd] = block->Pc + op->PcOffset + (ulong)(long)op->Imm; op++; goto case OpCode.Beq;
                case (OpCode)FusedOp.AuipcBne: x[op->Rd] = block->Pc + op->PcOffset + (ulong)(long)op->Imm; op++; goto case OpCode.Bne;
                case (OpCode)FusedOp.AuipcJal: x[op->Rd] = block->Pc + op->PcOffset + (ulong)(long)op->Imm; op++; goto case OpCode.Jal;
                case (OpCode)FusedOp.LdLd: if (Misses(x[op->Rs1], op, tlb, 7, out host)) goto slowLoad;
                    x[op->Rd] = *(ulong*)host; op++; goto case OpCode.Ld;
                case (OpCode)FusedOp.LdSd: if (Misses(x[op->Rs1], op, tlb, 7, out host)) goto slowLoad;
                    x[op->Rd] = *(ulong*)host; op++; goto case OpCode.Sd;
                case (OpCode)FusedOp.LdAddi: if (Misses(x[op->Rs1], op, tlb, 7, out host)) goto slowLoad;
                    x[op->Rd] = *(ulong*)host; op++; goto case OpCode.Addi;
                case (OpCode)FusedOp.LdAdd: if (Misses(x[op->Rs1], op, tlb, 7, out host)) goto slowLoad;
                    x[op->Rd] = *(ulong*)host; op++; goto case OpCode.Add;
                case (OpCode)FusedOp.LdAuipc: if (Misses(x[op->Rs1], op, tlb, 7, out host)) goto slowLoad;
                    x[op->Rd] = *(ulong*)host; op++; goto case OpCode.Auipc;
                case (OpCode)FusedOp.LdSlli: if (Misses(x[op->Rs1], op, tlb, 7, out host)) goto slowLoad;
                    x[op->Rd] = *(ulong*)host; op++; goto case OpCode.Slli;
                case (OpCode)FusedOp.LdAndi: if (Misses(x[op->Rs1], op, tlb, 7, out host)) goto slowLoad;
                    x[op->Rd] = *(ulong*)host; op++; goto case OpCode.Andi;
                case (OpCode)FusedOp.LdLw: if (Misses(x[op->Rs1], op, tlb, 7, out host)) goto slowLoad;
                    x[op->Rd] = *(ulong*)host; op++; goto case OpCode.Lw;
                case (OpCode)FusedOp.LdBeq: if (Misses(x[op->Rs1], op, tlb, 7, out host)) goto slowLoad;
                    x[op->Rd] = *(ulong*)host; op++; goto case OpCode.Beq;
                case (OpCode)FusedOp.LdBne: if (Misses(x[op->Rs1], op, tlb, 7, out host)) goto slowLoad;
                    x[op->Rd] = *(ulong*)host; op++; goto case OpCode.Bne;
                case (OpCode)FusedOp.LdJal: if (Misses(x[op->Rs1], op, tlb, 7, out host)) goto slowLoad;
                    x[op->Rd] = *(ulong*)host; op++; goto case OpCode.Jal;
                case (OpCode)FusedOp.SdSd: if (Misses(x[op->Rs1], op, tlb + SoftTlb.StoreOffset, 7, out host)) goto slowStore;
                    *(ulong*)host = (ulong)x[op->Rs2]; op++; goto case OpCode.Sd;
                case (OpCode)FusedOp.SdLd: if (Misses(x[op->Rs1], op, tlb + SoftTlb.StoreOffset, 7, out host)) goto slowStore;
                    *(ulong*)host = (ulong)x[op->Rs2]; op++; goto case OpCode.Ld;
                case (OpCode)FusedOp.SdAddi: if (Misses(x[op->Rs1], op, tlb + SoftTlb.StoreOffset, 7, out host)) goto slowStore;
                    *(ulong*)host = (ulong)x[op->Rs2]; op++; goto case OpCode.Addi;
                case (OpCode)FusedOp.SdAdd: if (Misses(x[op->Rs1], op, tlb + SoftTlb.StoreOffset, 7, out host)) goto slowStore;
                    *(ulong*)host = (ulong)x[op->Rs2]; op++; goto case OpCode.Add;
                case (OpCode)FusedOp.SdAuipc: if (Misses(x[op->Rs1], op, tlb + SoftTlb.StoreOffset, 7, out host)) goto slowStore;
                    *(ulong*)host = (ulong)x[op->Rs2]; op++; goto case OpCode.Auipc;
                case (OpCode)FusedOp.SdLw: if (Misses(x[op->Rs1], op, tlb + SoftTlb.StoreOffset, 7, out host)) goto slowStore;
                    *(ulong*)host = (ulong)x[op->Rs2]; op++; goto case OpCode.Lw;
                case (OpCode)FusedOp.SdJal: if (Misses(x[op->Rs1], op, tlb + SoftTlb.StoreOffset, 7, out host)) goto slowStore;
                    *(ulong*)host = (ulong)x[op->Rs2]; op++; goto case OpCode.Jal;
                case (OpCode)FusedOp.LwLw: if (Misses(x[op->Rs1], op, tlb, 3, out host)) goto slowLoad;
                    x[op->Rd] = (ulong)(long)*(int*)host; op++; goto case OpCode.Lw;
                case (OpCode)FusedOp.LwLd: if (Misses(x[op->Rs1], op, tlb, 3, out host)) goto slowLoad;
                    x[op->Rd] = (ulong)(long)*(int*)host; op++; goto case OpCode.Ld;
                case (OpCode)FusedOp.LwAddi: if (Misses(x[op->Rs1], op, tlb, 3, out host)) goto slowLoad;
                    x[op->Rd] = (ulong)(long)*(int*)host; op++; goto case OpCode.Addi;
                case (OpCode)FusedOp.LwAddiw: if (Misses(x[op->Rs1], op, tlb, 3, out host)) goto slowLoad;
                    x[op->Rd] = (ulong)(long)*(int*)host; op++; goto case OpCode.Addiw;
                case (OpCode)FusedOp.LwAdd: if (Misses(x[op->Rs1], op, tlb, 3, out host)) goto slowLoad;
                    x[op->Rd] = (ulong)(long)*(int*)host; op++; goto case OpCode.Add;
                case (OpCode)FusedOp.LwAuipc: if (Misses(x[op->Rs1], op, tlb, 3, out host)) goto slowLoad;
                    x[op->Rd] = (ulong)(long)*(int*)host; op++; goto case OpCode.Auipc;
                case (OpCode)FusedOp.LwSlli: if (Misses(x[op->Rs1], op, tlb, 3, out host)) goto slowLoad;
                    x[op->Rd] = (ulong)(long)*(int*)host; op++; goto case OpCode.Slli;
                case (OpCode)FusedOp.LwSw: if (Misses(x[op->Rs1], op, tlb, 3, out host)) goto slowLoad;
                    x[op->Rd] = (ulong)(long)*(int*)host; op++; goto case OpCode.Sw;
                case (OpCode)FusedOp.LwBeq: if (Misses(x[op->Rs1], op, tlb, 3, out host)) goto slowLoad;
                    x[op->Rd] = (ulong)(long)*(int*)host; op++; goto case OpCode.Beq;
                case (OpCode)FusedOp.LwBne: if (Misses(x[op->Rs1], op, tlb, 3, out host)) goto slowLoad;
                    x[op->Rd] = (ulong)(long)*(int*)host; op++; goto case OpCode.Bne;
                case (OpCode)FusedOp.LbuLbu: if (Misses(x[op->Rs1], op, tlb, 0, out host)) goto slowLoad;
                    x[op->Rd] = *(byte*)host; op++; goto case OpCode.Lbu;
                case (OpCode)FusedOp.LbuAddi: if (Misses(x[op->Rs1], op, tlb, 0, out host)) goto slowLoad;
                    x[op->Rd] = *(byte*)host; op++; goto case OpCode.Addi;
                case (OpCode)FusedOp.LbuAdd: if (Misses(x[op->Rs1], op, tlb, 0, out host)) goto slowLoad;
                    x[op->Rd] = *(byte*)host; op++; goto case OpCode.Add;
                case (OpCode)FusedOp.LbuSlli: if (Misses(x[op->Rs1], op, tlb, 0, out host)) goto slowLoad;
                    x[op->Rd] = *(byte*)host; op++; goto case OpCode.Slli;
                case (OpCode)FusedOp.LbuAndi: if (Misses(x[op->Rs1], op, tlb, 0, out host)) goto slowLoad;
                    x[op->Rd] = *(byte*)host; op++; goto case OpCode.Andi;
                case (OpCode)FusedOp.LbuSb: if (Misses(x[op->Rs1], op, tlb, 0, out host)) goto slowLoad;
                    x[op->Rd] = *(byte*)host; op++; goto case OpCode.Sb;
                case (OpCode)FusedOp.LbuBeq: if (Misses(x[op->Rs1], op, tlb, 0, out host)) goto slowLoad;
                    x[op->Rd] = *(byte*)host; op++; goto case OpCode.Beq;
                case (OpCode)FusedOp.LbuBne: if (Misses(x[op->Rs1], op, tlb, 0, out host)) goto slowLoad;
                    x[op->Rd] = *(byte*)host; op++; goto case OpCode.Bne;
                case (OpCode)FusedOp.SwSw: if (Misses(x[op->Rs1], op, tlb + SoftTlb.StoreOffset, 3, out host)) goto slowStore;
                    *(uint*)host = (uint)x[op->Rs2]; op++; goto case OpCode.Sw;
                case (OpCode)FusedOp.SwLd: if (Misses(x[op->Rs1], op, tlb + SoftTlb.StoreOffset, 3, out host)) goto slowStore;
                    *(uint*)host = (uint)x[op->Rs2]; op++; goto case OpCode.Ld;
                case (OpCode)FusedOp.SwAddi: if (Misses(x[op->Rs1], op, tlb + SoftTlb.StoreOffset, 3, out host)) goto slowStore;
                    *(uint*)host = (uint)x[op->Rs2]; op++; goto case OpCode.Addi;
                case (OpCode)FusedOp.SwAdd: if (Misses(x[op->Rs1], op, tlb + SoftTlb.StoreOffset, 3, out host)) goto slowStore;
                    *(uint*)host = (uint)x[op->Rs2]; op++; goto case OpCode.Add;
                case (OpCode)FusedOp.SbSb: if (Misses(x[op->Rs1], op, tlb + SoftTlb.StoreOffset, 0, out host)) goto slowStore;
                    *(byte*)host = (byte)x[op->Rs2]; op++; goto case OpCode.Sb;
                case (OpCode)FusedOp.SbAddi: if (Misses(x[op->Rs1], op, tlb + SoftTlb.StoreOffset, 0, out host)) goto slowStore;
                    *(byte*)host = (byte)x[op->Rs2]; op++; goto case OpCode.Addi;
                case (OpCode)FusedOp.SbLbu: if (Misses(x[op->Rs1], op, tlb + SoftTlb.StoreOffset, 0, out host)) goto slowStore;
                    *(byte*)host = (byte)x[op->Rs2]; op++; goto case OpCode.Lbu;

                // The same where the second works on the first's result, which stays in a host register
                case (OpCode)FusedOp.AuipcAddiChain: value = block->Pc + op->PcOffset + (ulong)(long)op->Imm; x[op->Rd] = value; op++;
                    x[op->Rd] = value + (ulong)(long)op->Imm; op++; continue;
                case (OpCode)FusedOp.AuipcLdChain: value = block->Pc + op->PcOffset + (ulong)(long)op->Imm; x[op->Rd] = value; op++;
                    if (Misses(value, op, tlb, 7, out host)) goto slowLoad;
                    x[op->Rd] = *(ulong*)host; op++; continue;
                case (OpCode)FusedOp.AuipcLwChain: value = block->Pc + op->PcOffset + (ulong)(long)op->Imm; x[op->Rd] = value; op++;
                    if (Misses(value, op, tlb, 3, out host)) goto slowLoad;
                    x[op->Rd] = (ulong)(long)*(int*)host; op++; continue;
                case (OpCode)FusedOp.AuipcJalrChain: value = block->Pc + op->PcOffset + (ulong)(long)op->Imm; x[op->Rd] = value; op++;
                    goto jumpToValue;
                case (OpCode)FusedOp.LuiAddiChain: value = (ulong)(long)op->Imm; x[op->Rd] = value; op++;
                    x[op->Rd] = value + (ulong)(long)op->Imm; op++; continue;
                case (OpCode)FusedOp.LuiAddiwChain: value = (ulong)(long)op->Imm; x[op->Rd] = value; op++;
                    x[op->Rd] = (ulong)(long)(int)((uint)value + (uint)op->Imm); op++; continue;
                case (OpCode)FusedOp.AddiAddiChain: value = x[op->Rs1] + (ulong)(long)op->Imm; x[op->Rd] = value; op++;
                    x[op->Rd] = value + (ulong)(long)op->Imm; op++; continue;
                case (OpCode)FusedOp.AddiAddChain: value = x[op->Rs1] + (ulong)(long)op->Imm; x[op->Rd] = value; op++;
                    x[op->Rd] = value + x[op->Rs2]; op++; continue;
                case (OpCode)FusedOp.AddiSlliChain: value = x[op->Rs1] + (ulong)(long)op->Imm; x[op->Rd] = value; op++;
                    x[op->Rd] = value << op->Imm; op++; continue;
                case (OpCode)FusedOp.AddiSrliChain: value = x[op->Rs1] + (ulong)(long)op->Imm; x[op->Rd] = value; op++;
                    x[op->Rd] = value >> op->Imm; op++; continue;
                case (OpCode)FusedOp.AddiAndiChain: value = x[op->Rs1] + (ulong)(long)op->Imm; x[op->Rd] = value; op++;
                    x[op->Rd] = value & (ulong)(long)op->Imm; op++; continue;
                case (OpCode)FusedOp.AddiLdChain: value = x[op->Rs1] + (ulong)(long)op->Imm; x[op->Rd] = value; op++;
                    if (Misses(value, op, tlb, 7, out host)) goto slowLoad;
                    x[op->Rd] = *(ulong*)host; op++; continue;
                case (OpCode)FusedOp.AddiSdChain: value = x[op->Rs1] + (ulong)(long)op->Imm; x[op->Rd] = value; op++;
                    if (Misses(value, op, tlb + SoftTlb.StoreOffset, 7, out host)) goto slowStore;
                    *(ulong*)host = (ulong)x[op->Rs2]; op++; continue;
                case (OpCode)FusedOp.AddiLwChain: value = x[op->Rs1] + (ulong)(long)op->Imm; x[op->Rd] = value; op++;
                    if (Misses(value, op, tlb, 3, out host)) goto slowLoad;
                    x[op->Rd] = (ulong)(long)*(int*)host; op++; continue;
                case (OpCode)FusedOp.AddiLbuChain: value = x[op->Rs1] + (ulong)(long)op->Imm; x[op->Rd] = value; op++;
                    if (Misses(value, op, tlb, 0, out host)) goto slowLoad;
                    x[op->Rd] = *(byte*)host; op++; continue;
                case (OpCode)FusedOp.AddiBeqChain: value = x[op->Rs1] + (ulong)(long)op->Imm; x[op->Rd] = value; op++;
                    if (value == x[op->Rs2]) goto taken; goto fallThrough;
                case (OpCode)FusedOp.AddiBneChain: value = x[op->Rs1] + (ulong)(long)op->Imm; x[op->Rd] = value; op++;
                    if (value != x[op->Rs2]) goto taken; goto fallThrough;
                case (OpCode)FusedOp.AddiBltChain: value = x[op->Rs1] + (ulong)(long)op->Imm; x[op->Rd] = value; op++;
                    if ((long)value < (long)x[op->Rs2]) goto taken; goto fallThrough;
                case (OpCode)FusedOp.AddiBgeChain: value = x[op->Rs1] + (ulong)(long)op->Imm; x[op->Rd] = value; op++;
                    if ((long)value >= (long)x[op->Rs2]) goto taken; goto fallThrough;
                case (OpCode)FusedOp.AddiBltuChain: value = x[op->Rs1] + (ulong)(long)op->Imm; x[op->Rd] = value; op++;
                    if (value < x[op->Rs2]) goto taken; goto fallThrough;
                case (OpCode)FusedOp.AddiBgeuChain: value = x[op->Rs1] + (ulong)(long)op->Imm; x[op->Rd] = value; op++;
                    if (value >= x[op->Rs2]) goto taken; goto fallThrough;
                case (OpCode)FusedOp.AddiJalrChain: value = x[op->Rs1] + (ulong)(long)op->Imm; x[op->Rd] = value; op++;
                    goto jumpToValue;
                case (OpCode)FusedOp.AddiwSlliChain: value = (ulong)(long)(int)((uint)x[op->Rs1] + (uint)op->Imm); x[op->Rd] = value; op++;
                    x[op->Rd] = value << op->Imm; op++; continue;
                case (OpCode)FusedOp.AddiwBeqChain: value = (ulong)(long)(int)((uint)x[op->Rs1] + (uint)op->Imm); x[op->Rd] = value; op++;
                    if (value == x[op->Rs2]) goto taken; goto fallThrough;
                case (OpCode)FusedOp.AddiwBneChain: value = (ulong)(long)(int)((uint)x[op->Rs1] + (uint)op->Imm); x[op->Rd] = value; op++;
                    if (value != x[op->Rs2]) goto taken; goto fallThrough;
                case (OpCode)FusedOp.AddiwBltChain: value = (ulong)(long)(int)((uint)x[op->Rs1] + (uint)op->Imm); x[op->Rd] = value; op++;
                    if ((long)value < (long)x[op->Rs2]) goto taken; goto fallThrough;
                case (OpCode)FusedOp.AddiwBgeChain: value = (ulong)(long)(int)((uint)x[op->Rs1] + (uint)op->Imm); x[op->Rd] = value; op++;
                    if ((long)value >= (long)x[op->Rs2]) goto taken; goto fallThrough;
                case (OpCode)FusedOp.AddAddiChain: value = x[op->Rs1] + x[op->Rs2]; x[op->Rd] = value; op++;
                    x[op->Rd] = value + (ulong)(long)op->Imm; op++; continue;
                case (OpCode)FusedOp.AddAddChain: value = x[op->Rs1] + x[op->Rs2]; x[op->Rd] = value; op++;
                    x[op->Rd] = value + x[op->Rs2]; op++; continue;
                case (OpCode)FusedOp.AddSubChain: value = x[op->Rs1] + x[op->Rs2]; x[op->Rd] = value; op++;
                    x[op->Rd] = value - x[op->Rs2]; op++; continue;
                case (OpCode)FusedOp.AddXorChain: value = x[op->Rs1] + x[op->Rs2]; x[op->Rd] = value; op++;
                    x[op->Rd] = value ^ x[op->Rs2]; op++; continue;
                case (OpCode)FusedOp.AddSlliChain: value = x[op->Rs1] + x[op->Rs2]; x[op->Rd] = value; op++;
                    x[op->Rd] = value << op->Imm; op++; continue;
                case (OpCode)FusedOp.AddLdChain: value = x[op->Rs1] + x[op->Rs2]; x[op->Rd] = value; op++;
                    if (Misses(value, op, tlb, 7, out host)) goto slowLoad;
                    x[op->Rd] = *(ulong*)host; op++; continue;
                case (OpCode)FusedOp.AddLwChain: value = x[op->Rs1] + x[op->Rs2]; x[op->Rd] = value; op++;
                    if (Misses(value, op, tlb, 3, out host)) goto slowLoad;
                    x[op->Rd] = (ulong)(long)*(int*)host; op++; continue;
                case (OpCode)FusedOp.AddLbuChain: value = x[op->Rs1] + x[op->Rs2]; x[op->Rd] = value; op++;
                    if (Misses(value, op, tlb, 0, out host)) goto slowLoad;
                    x[op->Rd] = *(byte*)host; op++; continue;
                case (OpCode)FusedOp.AddLhuChain: value = x[op->Rs1] + x[op->Rs2]; x[op->Rd] = value; op++;
                    if (Misses(value, op, tlb, 1, out host)) goto slowLoad;
                    x[op->Rd] = *(ushort*)host; op++; continue;
                case (OpCode)FusedOp.AddBeqChain: value = x[op->Rs1] + x[op->Rs2]; x[op->Rd] = value; op++;
                    if (value == x[op->Rs2]) goto taken; goto fallThrough;
                case (OpCode)FusedOp.AddBneChain: value = x[op->Rs1] + x[op->Rs2]; x[op->Rd] = value; op++;
                    if (value != x[op->Rs2]) goto taken; goto fallThrough;
                case (OpCode)FusedOp.AddwAddiwChain: value = (ulong)(long)(int)((uint)x[op->Rs1] + (uint)x[op->Rs2]); x[op->Rd] = value; op++;
                    x[op->Rd] = (ulong)(long)(int)((uint)value + (uint)op->Imm); op++; continue;
                case (OpCode)FusedOp.SlliAddiChain: value = x[op->Rs1] << op->Imm; x[op->Rd] = value; op++;
                    x[op->Rd] = value + (ulong)(long)op->Imm; op++; continue;
                case (OpCode)FusedOp.SlliAddChain: value = x[op->Rs1] << op->Imm; x[op->Rd] = value; op++;
                    x[op->Rd] = value + x[op->Rs2]; op++; continue;
                case (OpCode)FusedOp.SlliSrliChain: value = x[op->Rs1] << op->Imm; x[op->Rd] = value; op++;
                    x[op->Rd] = value >> op->Imm; op++; continue;
                case (OpCode)FusedOp.SlliOrChain: value = x[op->Rs1] << op->Imm; x[op->Rd] = value; op++;
                    x[op->Rd] = value | x[op->Rs2]; op++; continue;
                case (OpCode)FusedOp.SlliXorChain: value = x[op->Rs1] << op->Imm; x[op->Rd] = value; op++;
                    x[op->Rd] = value ^ x[op->Rs2]; op++; continue;
                case (OpCode)FusedOp.SrliAndiChain: value = x[op->Rs1] >> op->Imm; x[op->Rd] = value; op++;
                    x[op->Rd] = value & (ulong)(long)op->Imm; op++; continue;
                case (OpCode)FusedOp.SrliAddChain: value = x[op->Rs1] >> op->Imm; x[op->Rd] = value; op++;
                    x[op->Rd] = value + x[op->Rs2]; op++; continue;
                case (OpCode)FusedOp.SrliOrChain: value = x[op->Rs1] >> op->Imm; x[op->Rd] = value; op++;
                    x[op->Rd] = value | x[op->Rs2]; op++; continue;
                case (OpCode)FusedOp.SrliXorChain: value = x[op->Rs1] >> op->Imm; x[op->Rd] = value; op++;
                    x[op->Rd] = value ^ x[op->Rs2]; op++; continue;
                case (OpCode)FusedOp.SrliSlliChain: value = x[op->Rs1] >> op->Imm; x[op->Rd] = value; op++;
                    x[op->Rd] = value << op->Imm; op++; continue;
                case (OpCode)FusedOp.AndiAddChain: value = x[op->Rs1] & (ulong)(long)op->Imm; x[op->Rd] = value; op++;
                    x[op->Rd] = value + x[op->Rs2]; op++; continue;
                case (OpCode)FusedOp.AndiOrChain: value = x[op->Rs1] & (ulong)(long)op->Imm; x[op->Rd] = value; op++;
                    x[op->Rd] = value | x[op->Rs2]; op++; continue;
                case (OpCode)FusedOp.AndiSlliChain: value = x[op->Rs1] & (ulong)(long)op->Imm; x[op->Rd] = value; op++;
                    x[op->Rd] = value << op->Imm; op++; continue;
                case (OpCode)FusedOp.AndiBeqChain: value = x[op->Rs1] & (ulong)(long)op->Imm; x[op->Rd] = value; op++;
                    if (value == x[op->Rs2]) goto taken; goto fallThrough;
                case (OpCode)FusedOp.AndiBneChain: value = x[op->Rs1] & (ulong)(long)op->Imm; x[op->Rd] = value; op++;
                    if (value != x[op->Rs2]) goto taken; goto fallThrough;
                case (OpCode)FusedOp.AndBeqChain: value = x[op->Rs1] & x[op->Rs2]; x[op->Rd] = value; op++;
                    if (value == x[op->Rs2]) goto taken; goto fallThrough;
                case (OpCode)FusedOp.AndBneChain: value = x[op->Rs1] & x[op->Rs2]; x[op->Rd] = value; op++;
                    if (value != x[op->Rs2]) goto taken; goto fallThrough;
                case (OpCode)FusedOp.OrOrChain: value = x[op->Rs1] | x[op->Rs2]; x[op->Rd] = value; op++;
                    x[op->Rd] = value | x[op->Rs2]; op++; continue;
                case (OpCode)FusedOp.OrAddChain: value = x[op->Rs1] | x[op->Rs2]; x[op->Rd] = value; op++;
                    x[op->Rd] = value + x[op->Rs2]; op++; continue;
                case (OpCode)FusedOp.OrSlliChain: value = x[op->Rs1] | x[op->Rs2]; x[op->Rd] = value; op++;
                    x[op->Rd] = value << op->Imm; op++; continue;
                case (OpCode)FusedOp.XorAddChain: value = x[op->Rs1] ^ x[op->Rs2]; x[op->Rd] = value; op++;
                    x[op->Rd] = value + x[op->Rs2]; op++; continue;
                case (OpCode)FusedOp.XorXorChain: value = x[op->Rs1] ^ x[op->Rs2]; x[op->Rd] = value; op++;
                    x[op->Rd] = value ^ x[op->Rs2]; op++; continue;
                case (OpCode)FusedOp.XorSlliChain: value = x[op->Rs1] ^ x[op->Rs2]; x[op->Rd] = value; op++;
                    x[op->Rd] = value << op->Imm; op++; continue;
                case (OpCode)FusedOp.XorSrliChain: value = x[op->Rs1] ^ x[op->Rs2]; x[op->Rd] = value; op++;
                    x[op->Rd] = value >> op->Imm; op++; continue;
                case (OpCode)FusedOp.XorAndChain: value = x[op->Rs1] ^ x[op->Rs2]; x[op->Rd] = value; op++;
                    x[op->Rd] = value & x[op->Rs2]; op++; continue;
                case (OpCode)FusedOp.MulAddChain: value = x[op->Rs1] * x[op->Rs2]; x[op->Rd] = value; op++;
                    x[op->Rd] = value + x[op->Rs2]; op++; continue;
                case (OpCode)FusedOp.MulSrliChain: value = x[op->Rs1] * x[op->Rs2]; x[op->Rd] = value; op++;
                    x[op->Rd] = value >> op->Imm; op++; continue;
                case (OpCode)FusedOp.MulAddiChain: value = x[op->Rs1] * x[op->Rs2]; x[op->Rd] = value; op++;
                    x[op->Rd] = value + (ulong)(long)op->Imm; op++; continue;
                case (OpCode)FusedOp.SltuAddChain: value = x[op->Rs1] < x[op->Rs2] ? 1UL : 0; x[op->Rd] = value; op++;
                    x[op->Rd] = value + x[op->Rs2]; op++; continue;
                case (OpCode)FusedOp.SltuBeqChain: value = x[op->Rs1] < x[op->Rs2] ? 1UL : 0; x[op->Rd] = value; op++;
                    if (value == x[op->Rs2]) goto taken; goto fallThrough;
                case (OpCode)FusedOp.SltuBneChain: value = x[op->Rs1] < x[op->Rs2] ? 1UL : 0; x[op->Rd] = value; op++;
                    if (value != x[op->Rs2]) goto taken; goto fallThrough;
                case (OpCode)FusedOp.SltiuBeqChain: value = x[op->Rs1] < (ulong)(long)op->Imm ? 1UL : 0; x[op->Rd] = value; op++;
                    if (value == x[op->Rs2]) goto taken; goto fallThrough;
                case (OpCode)FusedOp.SltiuBneChain: value = x[op->Rs1] < (ulong)(long)op->Imm ? 1UL : 0; x[op->Rd] = value; op++;
                    if (value != x[op->Rs2]) goto taken; goto fallThrough;
                case (OpCode)FusedOp.SubAddChain: value = x[op->Rs1] - x[op->Rs2]; x[op->Rd] = value; op++;
                    x[op->Rd] = value + x[op->Rs2]; op++; continue;
                case (OpCode)FusedOp.SubSraiChain: value = x[op->Rs1] - x[op->Rs2]; x[op->Rd] = value; op++;
                    x[op->Rd] = (ulong)((long)value >> op->Imm); op++; continue;
                case (OpCode)FusedOp.SubBeqChain: value = x[op->Rs1] - x[op->Rs2]; x[op->Rd] = value; op++;
                    if (value == x[op->Rs2]) goto taken; goto fallThrough;
                case (OpCode)FusedOp.SubBneChain: value = x[op->Rs1] - x[op->Rs2]; x[op->Rd] = value; op++;
                    if (value != x[op->Rs2]) goto taken; goto fallThrough;
                case (OpCode)FusedOp.LdAddiChain: if (Misses(x[op->Rs1], op, tlb, 7, out host)) goto slowLoad;
                    value = *(ulong*)host; x[op->Rd] = value; op++; x[op->Rd] = value + (ulong)(long)op->Imm; op++; continue;
                case (OpCode)FusedOp.LdAddChain: if (Misses(x[op->Rs1], op, tlb, 7, out host)) goto slowLoad;
                    value = *(ulong*)host; x[op->Rd] = value; op++; x[op->Rd] = value + x[op->Rs2]; op++; continue;
                case (OpCode)FusedOp.LdXorChain: if (Misses(x[op->Rs1], op, tlb, 7, out host)) goto slowLoad;
                    value = *(ulong*)host; x[op->Rd] = value; op++; x[op->Rd] = value ^ x[op->Rs2]; op++; continue;
                case (OpCode)FusedOp.LdBeqChain: if (Misses(x[op->Rs1], op, tlb, 7, out host)) goto slowLoad;
                    value = *(ulong*)host; x[op->Rd] = value; op++; if (value == x[op->Rs2]) goto taken; goto fallThrough;
                case (OpCode)FusedOp.LdBneChain: if (Misses(x[op->Rs1], op, tlb, 7, out host)) goto slowLoad;
                    value = *(ulong*)host; x[op->Rd] = value; op++; if (value != x[op->Rs2]) goto taken; goto fallThrough;
                case (OpCode)FusedOp.LdLdChain: if (Misses(x[op->Rs1], op, tlb, 7, out host)) goto slowLoad;
                    value = *(ulong*)host; x[op->Rd] = value; op++; if (Misses(value, op, tlb, 7, out host)) goto slowLoad;
                    x[op->Rd] = *(ulong*)host; op++; continue;
                case (OpCode)FusedOp.LwAddiwChain: if (Misses(x[op->Rs1], op, tlb, 3, out host)) goto slowLoad;
                    value = (ulong)(long)*(int*)host; x[op->Rd] = value; op++; x[op->Rd] = (ulong)(long)(int)((uint)value + (uint)op->Imm); op++; continue;
                case (OpCode)FusedOp.LwAddChain: if (Misses(x[op->Rs1], op, tlb, 3, out host)) goto slowLoad;
                    value = (ulong)(long)*(int*)host; x[op->Rd] = value; op++; x[op->Rd] = value + x[op->Rs2]; op++; continue;
                case (OpCode)FusedOp.LwBeqChain: if (Misses(x[op->Rs1], op, tlb, 3, out host)) goto slowLoad;
                    value = (ulong)(long)*(int*)host; x[op->Rd] = value; op++; if (value == x[op->Rs2]) goto taken; goto fallThrough;
                case (OpCode)FusedOp.LwBneChain: if (Misses(x[op->Rs1], op, tlb, 3, out host)) goto slowLoad;
                    value = (ulong)(long)*(int*)host; x[op->Rd] = value; op++; if (value != x[op->Rs2]) goto taken; goto fallThrough;
                case (OpCode)FusedOp.LbuAddiChain: if (Misses(x[op->Rs1], op, tlb, 0, out host)) goto slowLoad;
                    value = *(byte*)host; x[op->Rd] = value; op++; x[op->Rd] = value + (ulong)(long)op->Imm; op++; continue;
                case (OpCode)FusedOp.LbuAndiChain: if (Misses(x[op->Rs1], op, tlb, 0, out host)) goto slowLoad;
                    value = *(byte*)host; x[op->Rd] = value; op++; x[op->Rd] = value & (ulong)(long)op->Imm; op++; continue;
                case (OpCode)FusedOp.LbuSlliChain: if (Misses(x[op->Rs1], op, tlb, 0, out host)) goto slowLoad;
                    value = *(byte*)host; x[op->Rd] = value; op++; x[op->Rd] = value << op->Imm; op++; continue;
                case (OpCode)FusedOp.LbuBeqChain: if (Misses(x[op->Rs1], op, tlb, 0, out host)) goto slowLoad;
                    value = *(byte*)host; x[op->Rd] = value; op++; if (value == x[op->Rs2]) goto taken; goto fallThrough;
                case (OpCode)FusedOp.LbuBneChain: if (Misses(x[op->Rs1], op, tlb, 0, out host)) goto slowLoad;
                    value = *(byte*)host; x[op->Rd] = value; op++; if (value != x[op->Rs2]) goto taken; goto fallThrough;

                // Two of those in a row
                case (OpCode)FusedOp.Addi_AddiBneChain: x[op->Rd] = x[op->Rs1] + (ulong)(long)op->Imm; op++;
                    goto case (OpCode)FusedOp.AddiBneChain;
                case (OpCode)FusedOp.Add_AddiBneChain: x[op->Rd] = x[op->Rs1] + x[op->Rs2]; op++;
                    goto case (OpCode)FusedOp.AddiBneChain;
                case (OpCode)FusedOp.Sub_AddiBneChain: x[op->Rd] = x[op->Rs1] - x[op->Rs2]; op++;
                    goto case (OpCode)FusedOp.AddiBneChain;
                case (OpCode)FusedOp.Xor_AddiBneChain: x[op->Rd] = x[op->Rs1] ^ x[op->Rs2]; op++;
                    goto case (OpCode)FusedOp.AddiBneChain;
                case (OpCode)FusedOp.Mul_AddiBneChain: x[op->Rd] = x[op->Rs1] * x[op->Rs2]; op++;
                    goto case (OpCode)FusedOp.AddiBneChain;
                case (OpCode)FusedOp.Ld_AddiBneChain: if (Misses(x[op->Rs1], op, tlb, 7, out host)) goto slowLoad;
                    x[op->Rd] = *(ulong*)host; op++;
                    goto case (OpCode)FusedOp.AddiBneChain;
                case (OpCode)FusedOp.Lw_AddiBneChain: if (Misses(x[op->Rs1], op, tlb, 3, out host)) goto slowLoad;
                    x[op->Rd] = (ulong)(long)*(int*)host; op++;
                    goto case (OpCode)FusedOp.AddiBneChain;
                case (OpCode)FusedOp.Lbu_AddiBneChain: if (Misses(x[op->Rs1], op, tlb, 0, out host)) goto slowLoad;
                    x[op->Rd] = *(byte*)host; op++;
                    goto case (OpCode)FusedOp.AddiBneChain;
                case (OpCode)FusedOp.Sd_AddiBneChain: if (Misses(x[op->Rs1], op, tlb + SoftTlb.StoreOffset, 7, out host)) goto slowStore;
                    *(ulong*)host = (ulong)x[op->Rs2]; op++;
                    goto case (OpCode)FusedOp.AddiBneChain;
                case (OpCode)FusedOp.Sw_AddiBneChain: if (Misses(x[op->Rs1], op, tlb + SoftTlb.StoreOffset, 3, out host)) goto slowStore;
                    *(uint*)host = (uint)x[op->Rs2]; op++;
                    goto case (OpCode)FusedOp.AddiBneChain;
                case (OpCode)FusedOp.Sb_AddiBneChain: if (Misses(x[op->Rs1], op, tlb + SoftTlb.StoreOffset, 0, out host)) goto slowStore;
                    *(byte*)host = (byte)x[op->Rs2]; op++;
                    goto case (OpCode)FusedOp.AddiBneChain;
                case (OpCode)FusedOp.Addi_AddiBeqChain: x[op->Rd] = x[op->Rs1] + (ulong)(long)op->Imm; op++;
                    goto case (OpCode)FusedOp.AddiBeqChain;
                case (OpCode)FusedOp.Add_AddiBeqChain: x[op->Rd] = x[op->Rs1] + x[op->Rs2]; op++;
                    goto case (OpCode)FusedOp.AddiBeqChain;
                case (OpCode)FusedOp.Sub_AddiBeqChain: x[op->Rd] = x[op->Rs1] - x[op->Rs2]; op++;
                    goto case (OpCode)FusedOp.AddiBeqChain;
                case (OpCode)FusedOp.Xor_AddiBeqChain: x[op->Rd] = x[op->Rs1] ^ x[op->Rs2]; op++;
                    goto case (OpCode)FusedOp.AddiBeqChain;
                case (OpCode)FusedOp.Mul_AddiBeqChain: x[op->Rd] = x[op->Rs1] * x[op->Rs2]; op++;
                    goto case (OpCode)FusedOp.AddiBeqChain;
                case (OpCode)FusedOp.Ld_AddiBeqChain: if (Misses(x[op->Rs1], op, tlb, 7, out host)) goto slowLoad;
                    x[op->Rd] = *(ulong*)host; op++;
                    goto case (OpCode)FusedOp.AddiBeqChain;
                case (OpCode)FusedOp.Lw_AddiBeqChain: if (Misses(x[op->Rs1], op, tlb, 3, out host)) goto slowLoad;
                    x[op->Rd] = (ulong)(long)*(int*)host; op++;
                    goto case (OpCode)FusedOp.AddiBeqChain;
                case (OpCode)FusedOp.Lbu_AddiBeqChain: if (Misses(x[op->Rs1], op, tlb, 0, out host)) goto slowLoad;
                    x[op->Rd] = *(byte*)host; op++;
                    goto case (OpCode)FusedOp.AddiBeqChain;
                case (OpCode)FusedOp.Sd_AddiBeqChain: if (Misses(x[op->Rs1], op, tlb + SoftTlb.StoreOffset, 7, out host)) goto slowStore;
                    *(ulong*)host = (ulong)x[op->Rs2]; op++;
                    goto case (OpCode)FusedOp.AddiBeqChain;
                case (OpCode)FusedOp.Sw_AddiBeqChain: if (Misses(x[op->Rs1], op, tlb + SoftTlb.StoreOffset, 3, out host)) goto slowStore;
                    *(uint*)host = (uint)x[op->Rs2]; op++;
                    goto case (OpCode)FusedOp.AddiBeqChain;
                case (OpCode)FusedOp.Sb_AddiBeqChain: if (Misses(x[op->Rs1], op, tlb + SoftTlb.StoreOffset, 0, out host)) goto slowStore;
                    *(byte*)host = (byte)x[op->Rs2]; op++;
                    goto case (OpCode)FusedOp.AddiBeqChain;
                case (OpCode)FusedOp.Addi_AddiBltuChain: x[op->Rd] = x[op->Rs1] + (ulong)(long)op->Imm; op++;
                    goto case (OpCode)FusedOp.AddiBltuChain;
                case (OpCode)FusedOp.Add_AddiBltuChain: x[op->Rd] = x[op->Rs1] + x[op->Rs2]; op++;
                    goto case (OpCode)FusedOp.AddiBltuChain;
                case (OpCode)FusedOp.Sub_AddiBltuChain: x[op->Rd] = x[op->Rs1] - x[op->Rs2]; op++;
                    goto case (OpCode)FusedOp.AddiBltuChain;
                case (OpCode)FusedOp.Xor_AddiBltuChain: x[op->Rd] = x[op->Rs1] ^ x[op->Rs2]; op++;
                    goto case (OpCode)FusedOp.AddiBltuChain;
                case (OpCode)FusedOp.Mul_AddiBltuChain: x[op->Rd] = x[op->Rs1] * x[op->Rs2]; op++;
                    goto case (OpCode)FusedOp.AddiBltuChain;
                case (OpCode)FusedOp.Ld_AddiBltuChain: if (Misses(x[op->Rs1], op, tlb, 7, out host)) goto slowLoad;
                    x[op->Rd] = *(ulong*)host; op++;
                    goto case (OpCode)FusedOp.AddiBltuChain;
                case (OpCode)FusedOp.Lw_AddiBltuChain: if (Misses(x[op->Rs1], op, tlb, 3, out host)) goto slowLoad;
                    x[op->Rd] = (ulong)(long)*(int*)host; op++;
                    goto case (OpCode)FusedOp.AddiBltuChain;
                case (OpCode)FusedOp.Lbu_AddiBltuChain: if (Misses(x[op->Rs1], op, tlb, 0, out host)) goto slowLoad;
                    x[op->Rd] = *(byte*)host; op++;
                    goto case (OpCode)FusedOp.AddiBltuChain;
                case (OpCode)FusedOp.Sd_AddiBltuChain: if (Misses(x[op->Rs1], op, tlb + SoftTlb.StoreOffset, 7, out host)) goto slowStore;
                    *(ulong*)host = (ulong)x[op->Rs2]; op++;
                    goto case (OpCode)FusedOp.AddiBltuChain;
                case (OpCode)FusedOp.Sw_AddiBltuChain: if (Misses(x[op->Rs1], op, tlb + SoftTlb.StoreOffset, 3, out host)) goto slowStore;
                    *(uint*)host = (uint)x[op->Rs2]; op++;
                    goto case (OpCode)FusedOp.AddiBltuChain;
                case (OpCode)FusedOp.Sb_AddiBltuChain: if (Misses(x[op->Rs1], op, tlb + SoftTlb.StoreOffset, 0, out host)) goto slowStore;
                    *(byte*)host = (byte)x[op->Rs2]; op++;
                    goto case (OpCode)FusedOp.AddiBltuChain;
                case (OpCode)FusedOp.LdLd_LdLd: if (Misses(x[op->Rs1], op, tlb, 7, out host)) goto slowLoad;
                    x[op->Rd] = *(ulong*)host; op++;
                    if (Misses(x[op->Rs1], op, tlb, 7, out host)) goto slowLoad;
                    x[op->Rd] = *(ulong*)host; op++;
                    goto case (OpCode)FusedOp.LdLd;
                case (OpCode)FusedOp.SdSd_SdSd: if (Misses(x[op->Rs1], op, tlb + SoftTlb.StoreOffset, 7, out host)) goto slowStore;
                    *(ulong*)host = (ulong)x[op->Rs2]; op++;
                    if (Misses(x[op->Rs1], op, tlb + SoftTlb.StoreOffset, 7, out host)) goto slowStore;
                    *(ulong*)host = (ulong)x[op->Rs2]; op++;
                    goto case (OpCode)FusedOp.SdSd;
                case (OpCode)FusedOp.LdLd_AddiJalr: if (Misses(x[op->Rs1], op, tlb, 7, out host)) goto slowLoad;
                    x[op->Rd] = *(ulong*)host; op++;
                    if (Misses(x[op->Rs1], op, tlb, 7, out host)) goto slowLoad;
                    x[op->Rd] = *(ulong*)host; op++;
                    goto case (OpCode)FusedOp.AddiJalr;
                case (OpCode)FusedOp.AddiSdChain_SdSd: value = x[op->Rs1] + (ulong)(long)op->Imm; x[op->Rd] = value; op++;
                    if (Misses(value, op, tlb + SoftTlb.StoreOffset, 7, out host)) goto slowStore;
                    *(ulong*)host = (ulong)x[op->Rs2]; op++;
                    goto case (OpCode)FusedOp.SdSd;
                case (OpCode)FusedOp.SdSd_AddiSd: if (Misses(x[op->Rs1], op, tlb + SoftTlb.StoreOffset, 7, out host)) goto slowStore;
                    *(ulong*)host = (ulong)x[op->Rs2]; op++;
                    if (Misses(x[op->Rs1], op, tlb + SoftTlb.StoreOffset, 7, out host)) goto slowStore;
                    *(ulong*)host = (ulong)x[op->Rs2]; op++;
                    goto case (OpCode)FusedOp.AddiSd;
                case (OpCode)FusedOp.SdSd_SdAddi: if (Misses(x[op->Rs1], op, tlb + SoftTlb.StoreOffset, 7, out host)) goto slowStore;
                    *(ulong*)host = (ulong)x[op->Rs2]; op++;
                    if (Misses(x[op->Rs1], op, tlb + SoftTlb.StoreOffset, 7, out host)) goto slowStore;
                    *(ulong*)host = (ulong)x[op->Rs2]; op++;
                    goto case (OpCode)FusedOp.SdAddi;
                case (OpCode)FusedOp.LdLd_LdAddi: if (Misses(x[op->Rs1], op, tlb, 7, out host)) goto slowLoad;
                    x[op->Rd] = *(ulong*)host; op++;
                    if (Misses(x[op->Rs1], op, tlb, 7, out host)) goto slowLoad;
                    x[op->Rd] = *(ulong*)host; op++;
                    goto case (OpCode)FusedOp.LdAddi;
                case (OpCode)FusedOp.AddiAddi_AddiAddi: x[op->Rd] = x[op->Rs1] + (ulong)(long)op->Imm; op++;
                    x[op->Rd] = x[op->Rs1] + (ulong)(long)op->Imm; op++;
                    goto case (OpCode)FusedOp.AddiAddi;
                case (OpCode)FusedOp.AddAdd_AuipcJalrChain: x[op->Rd] = x[op->Rs1] + x[op->Rs2]; op++;
                    x[op->Rd] = x[op->Rs1] + x[op->Rs2]; op++;
                    goto case (OpCode)FusedOp.AuipcJalrChain;
                case (OpCode)FusedOp.AddiAdd_AuipcJalrChain: x[op->Rd] = x[op->Rs1] + (ulong)(long)op->Imm; op++;
                    x[op->Rd] = x[op->Rs1] + x[op->Rs2]; op++;
                    goto case (OpCode)FusedOp.AuipcJalrChain;
                case (OpCode)FusedOp.AddAddi_AuipcJalrChain: x[op->Rd] = x[op->Rs1] + x[op->Rs2]; op++;
                    x[op->Rd] = x[op->Rs1] + (ulong)(long)op->Imm; op++;
                    goto case (OpCode)FusedOp.AuipcJalrChain;
                case (OpCode)FusedOp.Add_AuipcJalrChain: x[op->Rd] = x[op->Rs1] + x[op->Rs2]; op++;
                    goto case (OpCode)FusedOp.AuipcJalrChain;
                case (OpCode)FusedOp.Addi_AuipcJalrChain: x[op->Rd] = x[op->Rs1] + (ulong)(long)op->Imm; op++;
                    goto case (OpCode)FusedOp.AuipcJalrChain;
                case (OpCode)FusedOp.Ld_AuipcJalrChain: if (Misses(x[op->Rs1], op, tlb, 7, out host)) goto slowLoad;
                    x[op->Rd] = *(ulong*)host; op++;
                    goto case (OpCode)FusedOp.AuipcJalrChain;
                case (OpCode)FusedOp.Ld_LdBeqChain: if (Misses(x[op->Rs1], op, tlb, 7, out host)) goto slowLoad;
                    x[op->Rd] = *(ulong*)host; op++;
                    goto case (OpCode)FusedOp.LdBeqChain;
                case (OpCode)FusedOp.SlliXorChain_SrliXorChain: value = x[op->Rs1] << op->Imm; x[op->Rd] = value; op++;
                    x[op->Rd] = value ^ x[op->Rs2]; op++;
                    goto case (OpCode)FusedOp.SrliXorChain;
                case (OpCode)FusedOp.SrliXorChain_SlliXorChain: value = x[op->Rs1] >> op->Imm; x[op->Rd] = value; op++;
                    x[op->Rd] = value ^ x[op->Rs2]; op++;
                    goto case (OpCode)FusedOp.SlliXorChain;
                case (OpCode)FusedOp.SlliSrliChain_AddLdChain: value = x[op->Rs1] << op->Imm; x[op->Rd] = value; op++;
                    x[op->Rd] = value >> op->Imm; op++;
                    goto case (OpCode)FusedOp.AddLdChain;
                case (OpCode)FusedOp.SlliAddChain_LdAddi: value = x[op->Rs1] << op->Imm; x[op->Rd] = value; op++;
                    x[op->Rd] = value + x[op->Rs2]; op++;
                    goto case (OpCode)FusedOp.LdAddi;
                case (OpCode)FusedOp.MulAddChain_AndiBneChain: value = x[op->Rs1] * x[op->Rs2]; x[op->Rd] = value; op++;
                    x[op->Rd] = value + x[op->Rs2]; op++;
                    goto case (OpCode)FusedOp.AndiBneChain;
                case (OpCode)FusedOp.MulAddChain_AndiBeqChain: value = x[op->Rs1] * x[op->Rs2]; x[op->Rd] = value; op++;
                    x[op->Rd] = value + x[op->Rs2]; op++;
                    goto case (OpCode)FusedOp.AndiBeqChain;
                case (OpCode)FusedOp.LdSd_AddiAddi: if (Misses(x[op->Rs1], op, tlb, 7, out host)) goto slowLoad;
                    x[op->Rd] = *(ulong*)host; op++;
                    if (Misses(x[op->Rs1], op, tlb + SoftTlb.StoreOffset, 7, out host)) goto slowStore;
                    *(ulong*)host = (ulong)x[op->Rs2]; op++;
                    goto case (OpCode)FusedOp.AddiAddi;
                case (OpCode)FusedOp.LbuSb_AddiAddi: if (Misses(x[op->Rs1], op, tlb, 0, out host)) goto slowLoad;
                    x[op->Rd] = *(byte*)host; op++;
                    if (Misses(x[op->Rs1], op, tlb + SoftTlb.StoreOffset, 0, out host)) goto slowStore;
                    *(byte*)host = (byte)x[op->Rs2]; op++;
                    goto case (OpCode)FusedOp.AddiAddi;
                case OpCode.Jal:
                    x[op->Rd] = block->Pc + op->PcOffset + op->Length;
                    goto taken;
                case OpCode.Jalr:
                    value = x[op->Rs1];
                    goto jumpToValue;
                case CodeBlock.BlockEnd:
                    goto fallThrough;
                case CodeBlock.MisalignedJump:
                    va = block->Pc + op->PcOffset + (ulong)(long)op->Imm;
                    goto misalignedTarget;

                case OpCode.Clmul:
                case OpCode.Clmulh:
                case OpCode.Clmulr:
                    ExecuteCarryless(op);
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
                case OpCode.Flw: case OpCode.Fld: case OpCode.Fsw: case OpCode.Fsd:
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

    poll:
        At(x)->Pc = block->Pc;

    noBlock:
        At(x)->InstRet = instret;

    changed:
        if (_exitPending)
            return;

        // Here and not only at block entry: a guest may fault in every fetch and never enter a block.
        if (At(x)->InstRet >= At(x)->PollAt && !PollInterrupts())
            return;
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
