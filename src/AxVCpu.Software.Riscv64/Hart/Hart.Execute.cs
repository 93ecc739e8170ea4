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
                    if (Misses(x, op, tlb, 7, out host))
                        goto slowLoad;
                    x[op->Rd] = *(ulong*)host;
                    op++;
                    continue;
                case OpCode.Lw:
                    if (Misses(x, op, tlb, 3, out host))
                        goto slowLoad;
                    x[op->Rd] = (ulong)(long)*(int*)host;
                    op++;
                    continue;
                case OpCode.Lbu:
                    if (Misses(x, op, tlb, 0, out host))
                        goto slowLoad;
                    x[op->Rd] = *(byte*)host;
                    op++;
                    continue;
                case OpCode.Lhu:
                    if (Misses(x, op, tlb, 1, out host))
                        goto slowLoad;
                    x[op->Rd] = *(ushort*)host;
                    op++;
                    continue;
                case OpCode.Lwu:
                    if (Misses(x, op, tlb, 3, out host))
                        goto slowLoad;
                    x[op->Rd] = *(uint*)host;
                    op++;
                    continue;
                case OpCode.Lb:
                    if (Misses(x, op, tlb, 0, out host))
                        goto slowLoad;
                    x[op->Rd] = (ulong)(long)*(sbyte*)host;
                    op++;
                    continue;
                case OpCode.Lh:
                    if (Misses(x, op, tlb, 1, out host))
                        goto slowLoad;
                    x[op->Rd] = (ulong)(long)*(short*)host;
                    op++;
                    continue;
                case OpCode.Sd:
                    if (Misses(x, op, tlb + SoftTlb.StoreOffset, 7, out host))
                        goto slowStore;
                    *(ulong*)host = (ulong)x[op->Rs2];
                    op++;
                    continue;
                case OpCode.Sw:
                    if (Misses(x, op, tlb + SoftTlb.StoreOffset, 3, out host))
                        goto slowStore;
                    *(uint*)host = (uint)x[op->Rs2];
                    op++;
                    continue;
                case OpCode.Sb:
                    if (Misses(x, op, tlb + SoftTlb.StoreOffset, 0, out host))
                        goto slowStore;
                    *(byte*)host = (byte)x[op->Rs2];
                    op++;
                    continue;
                case OpCode.Sh:
                    if (Misses(x, op, tlb + SoftTlb.StoreOffset, 1, out host))
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

                // Pairs: the first instruction, then straight on to the handler of the second
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
                case (OpCode)FusedOp.AddiLd: x[op->Rd] = x[op->Rs1] + (ulong)(long)op->Imm; op++; goto case OpCode.Ld;
                case (OpCode)FusedOp.AddiLw: x[op->Rd] = x[op->Rs1] + (ulong)(long)op->Imm; op++; goto case OpCode.Lw;
                case (OpCode)FusedOp.AddiLwu: x[op->Rd] = x[op->Rs1] + (ulong)(long)op->Imm; op++; goto case OpCode.Lwu;
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
                case (OpCode)FusedOp.AddiwAddi: x[op->Rd] = (ulong)(long)(int)((uint)x[op->Rs1] + (uint)op->Imm); op++; goto case OpCode.Addi;
                case (OpCode)FusedOp.AddiwAddiw: x[op->Rd] = (ulong)(long)(int)((uint)x[op->Rs1] + (uint)op->Imm); op++; goto case OpCode.Addiw;
                case (OpCode)FusedOp.AddiwAdd: x[op->Rd] = (ulong)(long)(int)((uint)x[op->Rs1] + (uint)op->Imm); op++; goto case OpCode.Add;
                case (OpCode)FusedOp.AddiwSub: x[op->Rd] = (ulong)(long)(int)((uint)x[op->Rs1] + (uint)op->Imm); op++; goto case OpCode.Sub;
                case (OpCode)FusedOp.AddiwSlli: x[op->Rd] = (ulong)(long)(int)((uint)x[op->Rs1] + (uint)op->Imm); op++; goto case OpCode.Slli;
                case (OpCode)FusedOp.AddiwSrli: x[op->Rd] = (ulong)(long)(int)((uint)x[op->Rs1] + (uint)op->Imm); op++; goto case OpCode.Srli;
                case (OpCode)FusedOp.AddiwAndi: x[op->Rd] = (ulong)(long)(int)((uint)x[op->Rs1] + (uint)op->Imm); op++; goto case OpCode.Andi;
                case (OpCode)FusedOp.AddiwAnd: x[op->Rd] = (ulong)(long)(int)((uint)x[op->Rs1] + (uint)op->Imm); op++; goto case OpCode.And;
                case (OpCode)FusedOp.AddiwOr: x[op->Rd] = (ulong)(long)(int)((uint)x[op->Rs1] + (uint)op->Imm); op++; goto case OpCode.Or;
                case (OpCode)FusedOp.AddiwXor: x[op->Rd] = (ulong)(long)(int)((uint)x[op->Rs1] + (uint)op->Imm); op++; goto case OpCode.Xor;
                case (OpCode)FusedOp.AddiwLui: x[op->Rd] = (ulong)(long)(int)((uint)x[op->Rs1] + (uint)op->Imm); op++; goto case OpCode.Lui;
                case (OpCode)FusedOp.AddiwLd: x[op->Rd] = (ulong)(long)(int)((uint)x[op->Rs1] + (uint)op->Imm); op++; goto case OpCode.Ld;
                case (OpCode)FusedOp.AddiwLw: x[op->Rd] = (ulong)(long)(int)((uint)x[op->Rs1] + (uint)op->Imm); op++; goto case OpCode.Lw;
                case (OpCode)FusedOp.AddiwLwu: x[op->Rd] = (ulong)(long)(int)((uint)x[op->Rs1] + (uint)op->Imm); op++; goto case OpCode.Lwu;
                case (OpCode)FusedOp.AddiwLbu: x[op->Rd] = (ulong)(long)(int)((uint)x[op->Rs1] + (uint)op->Imm); op++; goto case OpCode.Lbu;
                case (OpCode)FusedOp.AddiwLhu: x[op->Rd] = (ulong)(long)(int)((uint)x[op->Rs1] + (uint)op->Imm); op++; goto case OpCode.Lhu;
                case (OpCode)FusedOp.AddiwSd: x[op->Rd] = (ulong)(long)(int)((uint)x[op->Rs1] + (uint)op->Imm); op++; goto case OpCode.Sd;
                case (OpCode)FusedOp.AddiwSw: x[op->Rd] = (ulong)(long)(int)((uint)x[op->Rs1] + (uint)op->Imm); op++; goto case OpCode.Sw;
                case (OpCode)FusedOp.AddiwSb: x[op->Rd] = (ulong)(long)(int)((uint)x[op->Rs1] + (uint)op->Imm); op++; goto case OpCode.Sb;
                case (OpCode)FusedOp.AddiwBeq: x[op->Rd] = (ulong)(long)(int)((uint)x[op->Rs1] + (uint)op->Imm); op++; goto case OpCode.Beq;
                case (OpCode)FusedOp.AddiwBne: x[op->Rd] = (ulong)(long)(int)((uint)x[op->Rs1] + (uint)op->Imm); op++; goto case OpCode.Bne;
                case (OpCode)FusedOp.AddiwBlt: x[op->Rd] = (ulong)(long)(int)((uint)x[op->Rs1] + (uint)op->Imm); op++; goto case OpCode.Blt;
                case (OpCode)FusedOp.AddiwBge: x[op->Rd] = (ulong)(long)(int)((uint)x[op->Rs1] + (uint)op->Imm); op++; goto case OpCode.Bge;
                case (OpCode)FusedOp.AddiwBltu: x[op->Rd] = (ulong)(long)(int)((uint)x[op->Rs1] + (uint)op->Imm); op++; goto case OpCode.Bltu;
                case (OpCode)FusedOp.AddiwBgeu: x[op->Rd] = (ulong)(long)(int)((uint)x[op->Rs1] + (uint)op->Imm); op++; goto case OpCode.Bgeu;
                case (OpCode)FusedOp.AddiwJal: x[op->Rd] = (ulong)(long)(int)((uint)x[op->Rs1] + (uint)op->Imm); op++; goto case OpCode.Jal;
                case (OpCode)FusedOp.AddiwJalr: x[op->Rd] = (ulong)(long)(int)((uint)x[op->Rs1] + (uint)op->Imm); op++; goto case OpCode.Jalr;
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
                case (OpCode)FusedOp.AddLd: x[op->Rd] = x[op->Rs1] + x[op->Rs2]; op++; goto case OpCode.Ld;
                case (OpCode)FusedOp.AddLw: x[op->Rd] = x[op->Rs1] + x[op->Rs2]; op++; goto case OpCode.Lw;
                case (OpCode)FusedOp.AddLwu: x[op->Rd] = x[op->Rs1] + x[op->Rs2]; op++; goto case OpCode.Lwu;
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
                case (OpCode)FusedOp.AddwAddi: x[op->Rd] = (ulong)(long)(int)((uint)x[op->Rs1] + (uint)x[op->Rs2]); op++; goto case OpCode.Addi;
                case (OpCode)FusedOp.AddwAddiw: x[op->Rd] = (ulong)(long)(int)((uint)x[op->Rs1] + (uint)x[op->Rs2]); op++; goto case OpCode.Addiw;
                case (OpCode)FusedOp.AddwAdd: x[op->Rd] = (ulong)(long)(int)((uint)x[op->Rs1] + (uint)x[op->Rs2]); op++; goto case OpCode.Add;
                case (OpCode)FusedOp.AddwSub: x[op->Rd] = (ulong)(long)(int)((uint)x[op->Rs1] + (uint)x[op->Rs2]); op++; goto case OpCode.Sub;
                case (OpCode)FusedOp.AddwSlli: x[op->Rd] = (ulong)(long)(int)((uint)x[op->Rs1] + (uint)x[op->Rs2]); op++; goto case OpCode.Slli;
                case (OpCode)FusedOp.AddwSrli: x[op->Rd] = (ulong)(long)(int)((uint)x[op->Rs1] + (uint)x[op->Rs2]); op++; goto case OpCode.Srli;
                case (OpCode)FusedOp.AddwAndi: x[op->Rd] = (ulong)(long)(int)((uint)x[op->Rs1] + (uint)x[op->Rs2]); op++; goto case OpCode.Andi;
                case (OpCode)FusedOp.AddwAnd: x[op->Rd] = (ulong)(long)(int)((uint)x[op->Rs1] + (uint)x[op->Rs2]); op++; goto case OpCode.And;
                case (OpCode)FusedOp.AddwOr: x[op->Rd] = (ulong)(long)(int)((uint)x[op->Rs1] + (uint)x[op->Rs2]); op++; goto case OpCode.Or;
                case (OpCode)FusedOp.AddwXor: x[op->Rd] = (ulong)(long)(int)((uint)x[op->Rs1] + (uint)x[op->Rs2]); op++; goto case OpCode.Xor;
                case (OpCode)FusedOp.AddwLui: x[op->Rd] = (ulong)(long)(int)((uint)x[op->Rs1] + (uint)x[op->Rs2]); op++; goto case OpCode.Lui;
                case (OpCode)FusedOp.AddwLd: x[op->Rd] = (ulong)(long)(int)((uint)x[op->Rs1] + (uint)x[op->Rs2]); op++; goto case OpCode.Ld;
                case (OpCode)FusedOp.AddwLw: x[op->Rd] = (ulong)(long)(int)((uint)x[op->Rs1] + (uint)x[op->Rs2]); op++; goto case OpCode.Lw;
                case (OpCode)FusedOp.AddwLwu: x[op->Rd] = (ulong)(long)(int)((uint)x[op->Rs1] + (uint)x[op->Rs2]); op++; goto case OpCode.Lwu;
                case (OpCode)FusedOp.AddwLbu: x[op->Rd] = (ulong)(long)(int)((uint)x[op->Rs1] + (uint)x[op->Rs2]); op++; goto case OpCode.Lbu;
                case (OpCode)FusedOp.AddwLhu: x[op->Rd] = (ulong)(long)(int)((uint)x[op->Rs1] + (uint)x[op->Rs2]); op++; goto case OpCode.Lhu;
                case (OpCode)FusedOp.AddwSd: x[op->Rd] = (ulong)(long)(int)((uint)x[op->Rs1] + (uint)x[op->Rs2]); op++; goto case OpCode.Sd;
                case (OpCode)FusedOp.AddwSw: x[op->Rd] = (ulong)(long)(int)((uint)x[op->Rs1] + (uint)x[op->Rs2]); op++; goto case OpCode.Sw;
                case (OpCode)FusedOp.AddwSb: x[op->Rd] = (ulong)(long)(int)((uint)x[op->Rs1] + (uint)x[op->Rs2]); op++; goto case OpCode.Sb;
                case (OpCode)FusedOp.AddwBeq: x[op->Rd] = (ulong)(long)(int)((uint)x[op->Rs1] + (uint)x[op->Rs2]); op++; goto case OpCode.Beq;
                case (OpCode)FusedOp.AddwBne: x[op->Rd] = (ulong)(long)(int)((uint)x[op->Rs1] + (uint)x[op->Rs2]); op++; goto case OpCode.Bne;
                case (OpCode)FusedOp.AddwBlt: x[op->Rd] = (ulong)(long)(int)((uint)x[op->Rs1] + (uint)x[op->Rs2]); op++; goto case OpCode.Blt;
                case (OpCode)FusedOp.AddwBge: x[op->Rd] = (ulong)(long)(int)((uint)x[op->Rs1] + (uint)x[op->Rs2]); op++; goto case OpCode.Bge;
                case (OpCode)FusedOp.AddwBltu: x[op->Rd] = (ulong)(long)(int)((uint)x[op->Rs1] + (uint)x[op->Rs2]); op++; goto case OpCode.Bltu;
                case (OpCode)FusedOp.AddwBgeu: x[op->Rd] = (ulong)(long)(int)((uint)x[op->Rs1] + (uint)x[op->Rs2]); op++; goto case OpCode.Bgeu;
                case (OpCode)FusedOp.AddwJal: x[op->Rd] = (ulong)(long)(int)((uint)x[op->Rs1] + (uint)x[op->Rs2]); op++; goto case OpCode.Jal;
                case (OpCode)FusedOp.AddwJalr: x[op->Rd] = (ulong)(long)(int)((uint)x[op->Rs1] + (uint)x[op->Rs2]); op++; goto case OpCode.Jalr;
                case (OpCode)FusedOp.SubAddi: x[op->Rd] = x[op->Rs1] - x[op->Rs2]; op++; goto case OpCode.Addi;
                case (OpCode)FusedOp.SubAddiw: x[op->Rd] = x[op->Rs1] - x[op->Rs2]; op++; goto case OpCode.Addiw;
                case (OpCode)FusedOp.SubAdd: x[op->Rd] = x[op->Rs1] - x[op->Rs2]; op++; goto case OpCode.Add;
                case (OpCode)FusedOp.SubSub: x[op->Rd] = x[op->Rs1] - x[op->Rs2]; op++; goto case OpCode.Sub;
                case (OpCode)FusedOp.SubSlli: x[op->Rd] = x[op->Rs1] - x[op->Rs2]; op++; goto case OpCode.Slli;
                case (OpCode)FusedOp.SubSrli: x[op->Rd] = x[op->Rs1] - x[op->Rs2]; op++; goto case OpCode.Srli;
                case (OpCode)FusedOp.SubAndi: x[op->Rd] = x[op->Rs1] - x[op->Rs2]; op++; goto case OpCode.Andi;
                case (OpCode)FusedOp.SubAnd: x[op->Rd] = x[op->Rs1] - x[op->Rs2]; op++; goto case OpCode.And;
                case (OpCode)FusedOp.SubOr: x[op->Rd] = x[op->Rs1] - x[op->Rs2]; op++; goto case OpCode.Or;
                case (OpCode)FusedOp.SubXor: x[op->Rd] = x[op->Rs1] - x[op->Rs2]; op++; goto case OpCode.Xor;
                case (OpCode)FusedOp.SubLui: x[op->Rd] = x[op->Rs1] - x[op->Rs2]; op++; goto case OpCode.Lui;
                case (OpCode)FusedOp.SubLd: x[op->Rd] = x[op->Rs1] - x[op->Rs2]; op++; goto case OpCode.Ld;
                case (OpCode)FusedOp.SubLw: x[op->Rd] = x[op->Rs1] - x[op->Rs2]; op++; goto case OpCode.Lw;
                case (OpCode)FusedOp.SubLwu: x[op->Rd] = x[op->Rs1] - x[op->Rs2]; op++; goto case OpCode.Lwu;
                case (OpCode)FusedOp.SubLbu: x[op->Rd] = x[op->Rs1] - x[op->Rs2]; op++; goto case OpCode.Lbu;
                case (OpCode)FusedOp.SubLhu: x[op->Rd] = x[op->Rs1] - x[op->Rs2]; op++; goto case OpCode.Lhu;
                case (OpCode)FusedOp.SubSd: x[op->Rd] = x[op->Rs1] - x[op->Rs2]; op++; goto case OpCode.Sd;
                case (OpCode)FusedOp.SubSw: x[op->Rd] = x[op->Rs1] - x[op->Rs2]; op++; goto case OpCode.Sw;
                case (OpCode)FusedOp.SubSb: x[op->Rd] = x[op->Rs1] - x[op->Rs2]; op++; goto case OpCode.Sb;
                case (OpCode)FusedOp.SubBeq: x[op->Rd] = x[op->Rs1] - x[op->Rs2]; op++; goto case OpCode.Beq;
                case (OpCode)FusedOp.SubBne: x[op->Rd] = x[op->Rs1] - x[op->Rs2]; op++; goto case OpCode.Bne;
                case (OpCode)FusedOp.SubBlt: x[op->Rd] = x[op->Rs1] - x[op->Rs2]; op++; goto case OpCode.Blt;
                case (OpCode)FusedOp.SubBge: x[op->Rd] = x[op->Rs1] - x[op->Rs2]; op++; goto case OpCode.Bge;
                case (OpCode)FusedOp.SubBltu: x[op->Rd] = x[op->Rs1] - x[op->Rs2]; op++; goto case OpCode.Bltu;
                case (OpCode)FusedOp.SubBgeu: x[op->Rd] = x[op->Rs1] - x[op->Rs2]; op++; goto case OpCode.Bgeu;
                case (OpCode)FusedOp.SubJal: x[op->Rd] = x[op->Rs1] - x[op->Rs2]; op++; goto case OpCode.Jal;
                case (OpCode)FusedOp.SubJalr: x[op->Rd] = x[op->Rs1] - x[op->Rs2]; op++; goto case OpCode.Jalr;
                case (OpCode)FusedOp.LuiAddi: x[op->Rd] = (ulong)(long)op->Imm; op++; goto case OpCode.Addi;
                case (OpCode)FusedOp.LuiAddiw: x[op->Rd] = (ulong)(long)op->Imm; op++; goto case OpCode.Addiw;
                case (OpCode)FusedOp.LuiAdd: x[op->Rd] = (ulong)(long)op->Imm; op++; goto case OpCode.Add;
                case (OpCode)FusedOp.LuiSub: x[op->Rd] = (ulong)(long)op->Imm; op++; goto case OpCode.Sub;
                case (OpCode)FusedOp.LuiSlli: x[op->Rd] = (ulong)(long)op->Imm; op++; goto case OpCode.Slli;
                case (OpCode)FusedOp.LuiSrli: x[op->Rd] = (ulong)(long)op->Imm; op++; goto case OpCode.Srli;
                case (OpCode)FusedOp.LuiAndi: x[op->Rd] = (ulong)(long)op->Imm; op++; goto case OpCode.Andi;
                case (OpCode)FusedOp.LuiAnd: x[op->Rd] = (ulong)(long)op->Imm; op++; goto case OpCode.And;
                case (OpCode)FusedOp.LuiOr: x[op->Rd] = (ulong)(long)op->Imm; op++; goto case OpCode.Or;
                case (OpCode)FusedOp.LuiXor: x[op->Rd] = (ulong)(long)op->Imm; op++; goto case OpCode.Xor;
                case (OpCode)FusedOp.LuiLui: x[op->Rd] = (ulong)(long)op->Imm; op++; goto case OpCode.Lui;
                case (OpCode)FusedOp.LuiLd: x[op->Rd] = (ulong)(long)op->Imm; op++; goto case OpCode.Ld;
                case (OpCode)FusedOp.LuiLw: x[op->Rd] = (ulong)(long)op->Imm; op++; goto case OpCode.Lw;
                case (OpCode)FusedOp.LuiLwu: x[op->Rd] = (ulong)(long)op->Imm; op++; goto case OpCode.Lwu;
                case (OpCode)FusedOp.LuiLbu: x[op->Rd] = (ulong)(long)op->Imm; op++; goto case OpCode.Lbu;
                case (OpCode)FusedOp.LuiLhu: x[op->Rd] = (ulong)(long)op->Imm; op++; goto case OpCode.Lhu;
                case (OpCode)FusedOp.LuiSd: x[op->Rd] = (ulong)(long)op->Imm; op++; goto case OpCode.Sd;
                case (OpCode)FusedOp.LuiSw: x[op->Rd] = (ulong)(long)op->Imm; op++; goto case OpCode.Sw;
                case (OpCode)FusedOp.LuiSb: x[op->Rd] = (ulong)(long)op->Imm; op++; goto case OpCode.Sb;
                case (OpCode)FusedOp.LuiBeq: x[op->Rd] = (ulong)(long)op->Imm; op++; goto case OpCode.Beq;
                case (OpCode)FusedOp.LuiBne: x[op->Rd] = (ulong)(long)op->Imm; op++; goto case OpCode.Bne;
                case (OpCode)FusedOp.LuiBlt: x[op->Rd] = (ulong)(long)op->Imm; op++; goto case OpCode.Blt;
                case (OpCode)FusedOp.LuiBge: x[op->Rd] = (ulong)(long)op->Imm; op++; goto case OpCode.Bge;
                case (OpCode)FusedOp.LuiBltu: x[op->Rd] = (ulong)(long)op->Imm; op++; goto case OpCode.Bltu;
                case (OpCode)FusedOp.LuiBgeu: x[op->Rd] = (ulong)(long)op->Imm; op++; goto case OpCode.Bgeu;
                case (OpCode)FusedOp.LuiJal: x[op->Rd] = (ulong)(long)op->Imm; op++; goto case OpCode.Jal;
                case (OpCode)FusedOp.LuiJalr: x[op->Rd] = (ulong)(long)op->Imm; op++; goto case OpCode.Jalr;
                case (OpCode)FusedOp.AuipcAddi: x[op->Rd] = block->Pc + op->PcOffset + (ulong)(long)op->Imm; op++; goto case OpCode.Addi;
                case (OpCode)FusedOp.AuipcAddiw: x[op->Rd] = block->Pc + op->PcOffset + (ulong)(long)op->Imm; op++; goto case OpCode.Addiw;
                case (OpCode)FusedOp.AuipcAdd: x[op->Rd] = block->Pc + op->PcOffset + (ulong)(long)op->Imm; op++; goto case OpCode.Add;
                case (OpCode)FusedOp.AuipcSub: x[op->Rd] = block->Pc + op->PcOffset + (ulong)(long)op->Imm; op++; goto case OpCode.Sub;
                case (OpCode)FusedOp.AuipcSlli: x[op->Rd] = block->Pc + op->PcOffset + (ulong)(long)op->Imm; op++; goto case OpCode.Slli;
                case (OpCode)FusedOp.AuipcSrli: x[op->Rd] = block->Pc + op->PcOffset + (ulong)(long)op->Imm; op++; goto case OpCode.Srli;
                case (OpCode)FusedOp.AuipcAndi: x[op->Rd] = block->Pc + op->PcOffset + (ulong)(long)op->Imm; op++; goto case OpCode.Andi;
                case (OpCode)FusedOp.AuipcAnd: x[op->Rd] = block->Pc + op->PcOffset + (ulong)(long)op->Imm; op++; goto case OpCode.And;
                case (OpCode)FusedOp.AuipcOr: x[op->Rd] = block->Pc + op->PcOffset + (ulong)(long)op->Imm; op++; goto case OpCode.Or;
                case (OpCode)FusedOp.AuipcXor: x[op->Rd] = block->Pc + op->PcOffset + (ulong)(long)op->Imm; op++; goto case OpCode.Xor;
                case (OpCode)FusedOp.AuipcLui: x[op->Rd] = block->Pc + op->PcOffset + (ulong)(long)op->Imm; op++; goto case OpCode.Lui;
                case (OpCode)FusedOp.AuipcLd: x[op->Rd] = block->Pc + op->PcOffset + (ulong)(long)op->Imm; op++; goto case OpCode.Ld;
                case (OpCode)FusedOp.AuipcLw: x[op->Rd] = block->Pc + op->PcOffset + (ulong)(long)op->Imm; op++; goto case OpCode.Lw;
                case (OpCode)FusedOp.AuipcLwu: x[op->Rd] = block->Pc + op->PcOffset + (ulong)(long)op->Imm; op++; goto case OpCode.Lwu;
                case (OpCode)FusedOp.AuipcLbu: x[op->Rd] = block->Pc + op->PcOffset + (ulong)(long)op->Imm; op++; goto case OpCode.Lbu;
                case (OpCode)FusedOp.AuipcLhu: x[op->Rd] = block->Pc + op->PcOffset + (ulong)(long)op->Imm; op++; goto case OpCode.Lhu;
                case (OpCode)FusedOp.AuipcSd: x[op->Rd] = block->Pc + op->PcOffset + (ulong)(long)op->Imm; op++; goto case OpCode.Sd;
                case (OpCode)FusedOp.AuipcSw: x[op->Rd] = block->Pc + op->PcOffset + (ulong)(long)op->Imm; op++; goto case OpCode.Sw;
                case (OpCode)FusedOp.AuipcSb: x[op->Rd] = block->Pc + op->PcOffset + (ulong)(long)op->Imm; op++; goto case OpCode.Sb;
                case (OpCode)FusedOp.AuipcBeq: x[op->Rd] = block->Pc + op->PcOffset + (ulong)(long)op->Imm; op++; goto case OpCode.Beq;
                case (OpCode)FusedOp.AuipcBne: x[op->Rd] = block->Pc + op->PcOffset + (ulong)(long)op->Imm; op++; goto case OpCode.Bne;
                case (OpCode)FusedOp.AuipcBlt: x[op->Rd] = block->Pc + op->PcOffset + (ulong)(long)op->Imm; op++; goto case OpCode.Blt;
                case (OpCode)FusedOp.AuipcBge: x[op->Rd] = block->Pc + op->PcOffset + (ulong)(long)op->Imm; op++; goto case OpCode.Bge;
                case (OpCode)FusedOp.AuipcBltu: x[op->Rd] = block->Pc + op->PcOffset + (ulong)(long)op->Imm; op++; goto case OpCode.Bltu;
                case (OpCode)FusedOp.AuipcBgeu: x[op->Rd] = block->Pc + op->PcOffset + (ulong)(long)op->Imm; op++; goto case OpCode.Bgeu;
                case (OpCode)FusedOp.AuipcJal: x[op->Rd] = block->Pc + op->PcOffset + (ulong)(long)op->Imm; op++; goto case OpCode.Jal;
                case (OpCode)FusedOp.AuipcJalr: x[op->Rd] = block->Pc + op->PcOffset + (ulong)(long)op->Imm; op++; goto case OpCode.Jalr;
                case (OpCode)FusedOp.SlliAddi: x[op->Rd] = x[op->Rs1] << op->Imm; op++; goto case OpCode.Addi;
                case (OpCode)FusedOp.SlliAddiw: x[op->Rd] = x[op->Rs1] << op->Imm; op++; goto case OpCode.Addiw;
                case (OpCode)FusedOp.SlliAdd: x[op->Rd] = x[op->Rs1] << op->Imm; op++; goto case OpCode.Add;
                case (OpCode)FusedOp.SlliSub: x[op->Rd] = x[op->Rs1] << op->Imm; op++; goto case OpCode.Sub;
                case (OpCode)FusedOp.SlliSlli: x[op->Rd] = x[op->Rs1] << op->Imm; op++; goto case OpCode.Slli;
                case (OpCode)FusedOp.SlliSrli: x[op->Rd] = x[op->Rs1] << op->Imm; op++; goto case OpCode.Srli;
                case (OpCode)FusedOp.SlliAndi: x[op->Rd] = x[op->Rs1] << op->Imm; op++; goto case OpCode.Andi;
                case (OpCode)FusedOp.SlliAnd: x[op->Rd] = x[op->Rs1] << op->Imm; op++; goto case OpCode.And;
                case (OpCode)FusedOp.SlliOr: x[op->Rd] = x[op->Rs1] << op->Imm; op++; goto case OpCode.Or;
                case (OpCode)FusedOp.SlliXor: x[op->Rd] = x[op->Rs1] << op->Imm; op++; goto case OpCode.Xor;
                case (OpCode)FusedOp.SlliLui: x[op->Rd] = x[op->Rs1] << op->Imm; op++; goto case OpCode.Lui;
                case (OpCode)FusedOp.SlliLd: x[op->Rd] = x[op->Rs1] << op->Imm; op++; goto case OpCode.Ld;
                case (OpCode)FusedOp.SlliLw: x[op->Rd] = x[op->Rs1] << op->Imm; op++; goto case OpCode.Lw;
                case (OpCode)FusedOp.SlliLwu: x[op->Rd] = x[op->Rs1] << op->Imm; op++; goto case OpCode.Lwu;
                case (OpCode)FusedOp.SlliLbu: x[op->Rd] = x[op->Rs1] << op->Imm; op++; goto case OpCode.Lbu;
                case (OpCode)FusedOp.SlliLhu: x[op->Rd] = x[op->Rs1] << op->Imm; op++; goto case OpCode.Lhu;
                case (OpCode)FusedOp.SlliSd: x[op->Rd] = x[op->Rs1] << op->Imm; op++; goto case OpCode.Sd;
                case (OpCode)FusedOp.SlliSw: x[op->Rd] = x[op->Rs1] << op->Imm; op++; goto case OpCode.Sw;
                case (OpCode)FusedOp.SlliSb: x[op->Rd] = x[op->Rs1] << op->Imm; op++; goto case OpCode.Sb;
                case (OpCode)FusedOp.SlliBeq: x[op->Rd] = x[op->Rs1] << op->Imm; op++; goto case OpCode.Beq;
                case (OpCode)FusedOp.SlliBne: x[op->Rd] = x[op->Rs1] << op->Imm; op++; goto case OpCode.Bne;
                case (OpCode)FusedOp.SlliBlt: x[op->Rd] = x[op->Rs1] << op->Imm; op++; goto case OpCode.Blt;
                case (OpCode)FusedOp.SlliBge: x[op->Rd] = x[op->Rs1] << op->Imm; op++; goto case OpCode.Bge;
                case (OpCode)FusedOp.SlliBltu: x[op->Rd] = x[op->Rs1] << op->Imm; op++; goto case OpCode.Bltu;
                case (OpCode)FusedOp.SlliBgeu: x[op->Rd] = x[op->Rs1] << op->Imm; op++; goto case OpCode.Bgeu;
                case (OpCode)FusedOp.SlliJal: x[op->Rd] = x[op->Rs1] << op->Imm; op++; goto case OpCode.Jal;
                case (OpCode)FusedOp.SlliJalr: x[op->Rd] = x[op->Rs1] << op->Imm; op++; goto case OpCode.Jalr;
                case (OpCode)FusedOp.SrliAddi: x[op->Rd] = x[op->Rs1] >> op->Imm; op++; goto case OpCode.Addi;
                case (OpCode)FusedOp.SrliAddiw: x[op->Rd] = x[op->Rs1] >> op->Imm; op++; goto case OpCode.Addiw;
                case (OpCode)FusedOp.SrliAdd: x[op->Rd] = x[op->Rs1] >> op->Imm; op++; goto case OpCode.Add;
                case (OpCode)FusedOp.SrliSub: x[op->Rd] = x[op->Rs1] >> op->Imm; op++; goto case OpCode.Sub;
                case (OpCode)FusedOp.SrliSlli: x[op->Rd] = x[op->Rs1] >> op->Imm; op++; goto case OpCode.Slli;
                case (OpCode)FusedOp.SrliSrli: x[op->Rd] = x[op->Rs1] >> op->Imm; op++; goto case OpCode.Srli;
                case (OpCode)FusedOp.SrliAndi: x[op->Rd] = x[op->Rs1] >> op->Imm; op++; goto case OpCode.Andi;
                case (OpCode)FusedOp.SrliAnd: x[op->Rd] = x[op->Rs1] >> op->Imm; op++; goto case OpCode.And;
                case (OpCode)FusedOp.SrliOr: x[op->Rd] = x[op->Rs1] >> op->Imm; op++; goto case OpCode.Or;
                case (OpCode)FusedOp.SrliXor: x[op->Rd] = x[op->Rs1] >> op->Imm; op++; goto case OpCode.Xor;
                case (OpCode)FusedOp.SrliLui: x[op->Rd] = x[op->Rs1] >> op->Imm; op++; goto case OpCode.Lui;
                case (OpCode)FusedOp.SrliLd: x[op->Rd] = x[op->Rs1] >> op->Imm; op++; goto case OpCode.Ld;
                case (OpCode)FusedOp.SrliLw: x[op->Rd] = x[op->Rs1] >> op->Imm; op++; goto case OpCode.Lw;
                case (OpCode)FusedOp.SrliLwu: x[op->Rd] = x[op->Rs1] >> op->Imm; op++; goto case OpCode.Lwu;
                case (OpCode)FusedOp.SrliLbu: x[op->Rd] = x[op->Rs1] >> op->Imm; op++; goto case OpCode.Lbu;
                case (OpCode)FusedOp.SrliLhu: x[op->Rd] = x[op->Rs1] >> op->Imm; op++; goto case OpCode.Lhu;
                case (OpCode)FusedOp.SrliSd: x[op->Rd] = x[op->Rs1] >> op->Imm; op++; goto case OpCode.Sd;
                case (OpCode)FusedOp.SrliSw: x[op->Rd] = x[op->Rs1] >> op->Imm; op++; goto case OpCode.Sw;
                case (OpCode)FusedOp.SrliSb: x[op->Rd] = x[op->Rs1] >> op->Imm; op++; goto case OpCode.Sb;
                case (OpCode)FusedOp.SrliBeq: x[op->Rd] = x[op->Rs1] >> op->Imm; op++; goto case OpCode.Beq;
                case (OpCode)FusedOp.SrliBne: x[op->Rd] = x[op->Rs1] >> op->Imm; op++; goto case OpCode.Bne;
                case (OpCode)FusedOp.SrliBlt: x[op->Rd] = x[op->Rs1] >> op->Imm; op++; goto case OpCode.Blt;
                case (OpCode)FusedOp.SrliBge: x[op->Rd] = x[op->Rs1] >> op->Imm; op++; goto case OpCode.Bge;
                case (OpCode)FusedOp.SrliBltu: x[op->Rd] = x[op->Rs1] >> op->Imm; op++; goto case OpCode.Bltu;
                case (OpCode)FusedOp.SrliBgeu: x[op->Rd] = x[op->Rs1] >> op->Imm; op++; goto case OpCode.Bgeu;
                case (OpCode)FusedOp.SrliJal: x[op->Rd] = x[op->Rs1] >> op->Imm; op++; goto case OpCode.Jal;
                case (OpCode)FusedOp.SrliJalr: x[op->Rd] = x[op->Rs1] >> op->Imm; op++; goto case OpCode.Jalr;
                case (OpCode)FusedOp.AndiAddi: x[op->Rd] = x[op->Rs1] & (ulong)(long)op->Imm; op++; goto case OpCode.Addi;
                case (OpCode)FusedOp.AndiAddiw: x[op->Rd] = x[op->Rs1] & (ulong)(long)op->Imm; op++; goto case OpCode.Addiw;
                case (OpCode)FusedOp.AndiAdd: x[op->Rd] = x[op->Rs1] & (ulong)(long)op->Imm; op++; goto case OpCode.Add;
                case (OpCode)FusedOp.AndiSub: x[op->Rd] = x[op->Rs1] & (ulong)(long)op->Imm; op++; goto case OpCode.Sub;
                case (OpCode)FusedOp.AndiSlli: x[op->Rd] = x[op->Rs1] & (ulong)(long)op->Imm; op++; goto case OpCode.Slli;
                case (OpCode)FusedOp.AndiSrli: x[op->Rd] = x[op->Rs1] & (ulong)(long)op->Imm; op++; goto case OpCode.Srli;
                case (OpCode)FusedOp.AndiAndi: x[op->Rd] = x[op->Rs1] & (ulong)(long)op->Imm; op++; goto case OpCode.Andi;
                case (OpCode)FusedOp.AndiAnd: x[op->Rd] = x[op->Rs1] & (ulong)(long)op->Imm; op++; goto case OpCode.And;
                case (OpCode)FusedOp.AndiOr: x[op->Rd] = x[op->Rs1] & (ulong)(long)op->Imm; op++; goto case OpCode.Or;
                case (OpCode)FusedOp.AndiXor: x[op->Rd] = x[op->Rs1] & (ulong)(long)op->Imm; op++; goto case OpCode.Xor;
                case (OpCode)FusedOp.AndiLui: x[op->Rd] = x[op->Rs1] & (ulong)(long)op->Imm; op++; goto case OpCode.Lui;
                case (OpCode)FusedOp.AndiLd: x[op->Rd] = x[op->Rs1] & (ulong)(long)op->Imm; op++; goto case OpCode.Ld;
                case (OpCode)FusedOp.AndiLw: x[op->Rd] = x[op->Rs1] & (ulong)(long)op->Imm; op++; goto case OpCode.Lw;
                case (OpCode)FusedOp.AndiLwu: x[op->Rd] = x[op->Rs1] & (ulong)(long)op->Imm; op++; goto case OpCode.Lwu;
                case (OpCode)FusedOp.AndiLbu: x[op->Rd] = x[op->Rs1] & (ulong)(long)op->Imm; op++; goto case OpCode.Lbu;
                case (OpCode)FusedOp.AndiLhu: x[op->Rd] = x[op->Rs1] & (ulong)(long)op->Imm; op++; goto case OpCode.Lhu;
                case (OpCode)FusedOp.AndiSd: x[op->Rd] = x[op->Rs1] & (ulong)(long)op->Imm; op++; goto case OpCode.Sd;
                case (OpCode)FusedOp.AndiSw: x[op->Rd] = x[op->Rs1] & (ulong)(long)op->Imm; op++; goto case OpCode.Sw;
                case (OpCode)FusedOp.AndiSb: x[op->Rd] = x[op->Rs1] & (ulong)(long)op->Imm; op++; goto case OpCode.Sb;
                case (OpCode)FusedOp.AndiBeq: x[op->Rd] = x[op->Rs1] & (ulong)(long)op->Imm; op++; goto case OpCode.Beq;
                case (OpCode)FusedOp.AndiBne: x[op->Rd] = x[op->Rs1] & (ulong)(long)op->Imm; op++; goto case OpCode.Bne;
                case (OpCode)FusedOp.AndiBlt: x[op->Rd] = x[op->Rs1] & (ulong)(long)op->Imm; op++; goto case OpCode.Blt;
                case (OpCode)FusedOp.AndiBge: x[op->Rd] = x[op->Rs1] & (ulong)(long)op->Imm; op++; goto case OpCode.Bge;
                case (OpCode)FusedOp.AndiBltu: x[op->Rd] = x[op->Rs1] & (ulong)(long)op->Imm; op++; goto case OpCode.Bltu;
                case (OpCode)FusedOp.AndiBgeu: x[op->Rd] = x[op->Rs1] & (ulong)(long)op->Imm; op++; goto case OpCode.Bgeu;
                case (OpCode)FusedOp.AndiJal: x[op->Rd] = x[op->Rs1] & (ulong)(long)op->Imm; op++; goto case OpCode.Jal;
                case (OpCode)FusedOp.AndiJalr: x[op->Rd] = x[op->Rs1] & (ulong)(long)op->Imm; op++; goto case OpCode.Jalr;
                case (OpCode)FusedOp.AndAddi: x[op->Rd] = x[op->Rs1] & x[op->Rs2]; op++; goto case OpCode.Addi;
                case (OpCode)FusedOp.AndAddiw: x[op->Rd] = x[op->Rs1] & x[op->Rs2]; op++; goto case OpCode.Addiw;
                case (OpCode)FusedOp.AndAdd: x[op->Rd] = x[op->Rs1] & x[op->Rs2]; op++; goto case OpCode.Add;
                case (OpCode)FusedOp.AndSub: x[op->Rd] = x[op->Rs1] & x[op->Rs2]; op++; goto case OpCode.Sub;
                case (OpCode)FusedOp.AndSlli: x[op->Rd] = x[op->Rs1] & x[op->Rs2]; op++; goto case OpCode.Slli;
                case (OpCode)FusedOp.AndSrli: x[op->Rd] = x[op->Rs1] & x[op->Rs2]; op++; goto case OpCode.Srli;
                case (OpCode)FusedOp.AndAndi: x[op->Rd] = x[op->Rs1] & x[op->Rs2]; op++; goto case OpCode.Andi;
                case (OpCode)FusedOp.AndAnd: x[op->Rd] = x[op->Rs1] & x[op->Rs2]; op++; goto case OpCode.And;
                case (OpCode)FusedOp.AndOr: x[op->Rd] = x[op->Rs1] & x[op->Rs2]; op++; goto case OpCode.Or;
                case (OpCode)FusedOp.AndXor: x[op->Rd] = x[op->Rs1] & x[op->Rs2]; op++; goto case OpCode.Xor;
                case (OpCode)FusedOp.AndLui: x[op->Rd] = x[op->Rs1] & x[op->Rs2]; op++; goto case OpCode.Lui;
                case (OpCode)FusedOp.AndLd: x[op->Rd] = x[op->Rs1] & x[op->Rs2]; op++; goto case OpCode.Ld;
                case (OpCode)FusedOp.AndLw: x[op->Rd] = x[op->Rs1] & x[op->Rs2]; op++; goto case OpCode.Lw;
                case (OpCode)FusedOp.AndLwu: x[op->Rd] = x[op->Rs1] & x[op->Rs2]; op++; goto case OpCode.Lwu;
                case (OpCode)FusedOp.AndLbu: x[op->Rd] = x[op->Rs1] & x[op->Rs2]; op++; goto case OpCode.Lbu;
                case (OpCode)FusedOp.AndLhu: x[op->Rd] = x[op->Rs1] & x[op->Rs2]; op++; goto case OpCode.Lhu;
                case (OpCode)FusedOp.AndSd: x[op->Rd] = x[op->Rs1] & x[op->Rs2]; op++; goto case OpCode.Sd;
                case (OpCode)FusedOp.AndSw: x[op->Rd] = x[op->Rs1] & x[op->Rs2]; op++; goto case OpCode.Sw;
                case (OpCode)FusedOp.AndSb: x[op->Rd] = x[op->Rs1] & x[op->Rs2]; op++; goto case OpCode.Sb;
                case (OpCode)FusedOp.AndBeq: x[op->Rd] = x[op->Rs1] & x[op->Rs2]; op++; goto case OpCode.Beq;
                case (OpCode)FusedOp.AndBne: x[op->Rd] = x[op->Rs1] & x[op->Rs2]; op++; goto case OpCode.Bne;
                case (OpCode)FusedOp.AndBlt: x[op->Rd] = x[op->Rs1] & x[op->Rs2]; op++; goto case OpCode.Blt;
                case (OpCode)FusedOp.AndBge: x[op->Rd] = x[op->Rs1] & x[op->Rs2]; op++; goto case OpCode.Bge;
                case (OpCode)FusedOp.AndBltu: x[op->Rd] = x[op->Rs1] & x[op->Rs2]; op++; goto case OpCode.Bltu;
                case (OpCode)FusedOp.AndBgeu: x[op->Rd] = x[op->Rs1] & x[op->Rs2]; op++; goto case OpCode.Bgeu;
                case (OpCode)FusedOp.AndJal: x[op->Rd] = x[op->Rs1] & x[op->Rs2]; op++; goto case OpCode.Jal;
                case (OpCode)FusedOp.AndJalr: x[op->Rd] = x[op->Rs1] & x[op->Rs2]; op++; goto case OpCode.Jalr;
                case (OpCode)FusedOp.OrAddi: x[op->Rd] = x[op->Rs1] | x[op->Rs2]; op++; goto case OpCode.Addi;
                case (OpCode)FusedOp.OrAddiw: x[op->Rd] = x[op->Rs1] | x[op->Rs2]; op++; goto case OpCode.Addiw;
                case (OpCode)FusedOp.OrAdd: x[op->Rd] = x[op->Rs1] | x[op->Rs2]; op++; goto case OpCode.Add;
                case (OpCode)FusedOp.OrSub: x[op->Rd] = x[op->Rs1] | x[op->Rs2]; op++; goto case OpCode.Sub;
                case (OpCode)FusedOp.OrSlli: x[op->Rd] = x[op->Rs1] | x[op->Rs2]; op++; goto case OpCode.Slli;
                case (OpCode)FusedOp.OrSrli: x[op->Rd] = x[op->Rs1] | x[op->Rs2]; op++; goto case OpCode.Srli;
                case (OpCode)FusedOp.OrAndi: x[op->Rd] = x[op->Rs1] | x[op->Rs2]; op++; goto case OpCode.Andi;
                case (OpCode)FusedOp.OrAnd: x[op->Rd] = x[op->Rs1] | x[op->Rs2]; op++; goto case OpCode.And;
                case (OpCode)FusedOp.OrOr: x[op->Rd] = x[op->Rs1] | x[op->Rs2]; op++; goto case OpCode.Or;
                case (OpCode)FusedOp.OrXor: x[op->Rd] = x[op->Rs1] | x[op->Rs2]; op++; goto case OpCode.Xor;
                case (OpCode)FusedOp.OrLui: x[op->Rd] = x[op->Rs1] | x[op->Rs2]; op++; goto case OpCode.Lui;
                case (OpCode)FusedOp.OrLd: x[op->Rd] = x[op->Rs1] | x[op->Rs2]; op++; goto case OpCode.Ld;
                case (OpCode)FusedOp.OrLw: x[op->Rd] = x[op->Rs1] | x[op->Rs2]; op++; goto case OpCode.Lw;
                case (OpCode)FusedOp.OrLwu: x[op->Rd] = x[op->Rs1] | x[op->Rs2]; op++; goto case OpCode.Lwu;
                case (OpCode)FusedOp.OrLbu: x[op->Rd] = x[op->Rs1] | x[op->Rs2]; op++; goto case OpCode.Lbu;
                case (OpCode)FusedOp.OrLhu: x[op->Rd] = x[op->Rs1] | x[op->Rs2]; op++; goto case OpCode.Lhu;
                case (OpCode)FusedOp.OrSd: x[op->Rd] = x[op->Rs1] | x[op->Rs2]; op++; goto case OpCode.Sd;
                case (OpCode)FusedOp.OrSw: x[op->Rd] = x[op->Rs1] | x[op->Rs2]; op++; goto case OpCode.Sw;
                case (OpCode)FusedOp.OrSb: x[op->Rd] = x[op->Rs1] | x[op->Rs2]; op++; goto case OpCode.Sb;
                case (OpCode)FusedOp.OrBeq: x[op->Rd] = x[op->Rs1] | x[op->Rs2]; op++; goto case OpCode.Beq;
                case (OpCode)FusedOp.OrBne: x[op->Rd] = x[op->Rs1] | x[op->Rs2]; op++; goto case OpCode.Bne;
                case (OpCode)FusedOp.OrBlt: x[op->Rd] = x[op->Rs1] | x[op->Rs2]; op++; goto case OpCode.Blt;
                case (OpCode)FusedOp.OrBge: x[op->Rd] = x[op->Rs1] | x[op->Rs2]; op++; goto case OpCode.Bge;
                case (OpCode)FusedOp.OrBltu: x[op->Rd] = x[op->Rs1] | x[op->Rs2]; op++; goto case OpCode.Bltu;
                case (OpCode)FusedOp.OrBgeu: x[op->Rd] = x[op->Rs1] | x[op->Rs2]; op++; goto case OpCode.Bgeu;
                case (OpCode)FusedOp.OrJal: x[op->Rd] = x[op->Rs1] | x[op->Rs2]; op++; goto case OpCode.Jal;
                case (OpCode)FusedOp.OrJalr: x[op->Rd] = x[op->Rs1] | x[op->Rs2]; op++; goto case OpCode.Jalr;
                case (OpCode)FusedOp.XorAddi: x[op->Rd] = x[op->Rs1] ^ x[op->Rs2]; op++; goto case OpCode.Addi;
                case (OpCode)FusedOp.XorAddiw: x[op->Rd] = x[op->Rs1] ^ x[op->Rs2]; op++; goto case OpCode.Addiw;
                case (OpCode)FusedOp.XorAdd: x[op->Rd] = x[op->Rs1] ^ x[op->Rs2]; op++; goto case OpCode.Add;
                case (OpCode)FusedOp.XorSub: x[op->Rd] = x[op->Rs1] ^ x[op->Rs2]; op++; goto case OpCode.Sub;
                case (OpCode)FusedOp.XorSlli: x[op->Rd] = x[op->Rs1] ^ x[op->Rs2]; op++; goto case OpCode.Slli;
                case (OpCode)FusedOp.XorSrli: x[op->Rd] = x[op->Rs1] ^ x[op->Rs2]; op++; goto case OpCode.Srli;
                case (OpCode)FusedOp.XorAndi: x[op->Rd] = x[op->Rs1] ^ x[op->Rs2]; op++; goto case OpCode.Andi;
                case (OpCode)FusedOp.XorAnd: x[op->Rd] = x[op->Rs1] ^ x[op->Rs2]; op++; goto case OpCode.And;
                case (OpCode)FusedOp.XorOr: x[op->Rd] = x[op->Rs1] ^ x[op->Rs2]; op++; goto case OpCode.Or;
                case (OpCode)FusedOp.XorXor: x[op->Rd] = x[op->Rs1] ^ x[op->Rs2]; op++; goto case OpCode.Xor;
                case (OpCode)FusedOp.XorLui: x[op->Rd] = x[op->Rs1] ^ x[op->Rs2]; op++; goto case OpCode.Lui;
                case (OpCode)FusedOp.XorLd: x[op->Rd] = x[op->Rs1] ^ x[op->Rs2]; op++; goto case OpCode.Ld;
                case (OpCode)FusedOp.XorLw: x[op->Rd] = x[op->Rs1] ^ x[op->Rs2]; op++; goto case OpCode.Lw;
                case (OpCode)FusedOp.XorLwu: x[op->Rd] = x[op->Rs1] ^ x[op->Rs2]; op++; goto case OpCode.Lwu;
                case (OpCode)FusedOp.XorLbu: x[op->Rd] = x[op->Rs1] ^ x[op->Rs2]; op++; goto case OpCode.Lbu;
                case (OpCode)FusedOp.XorLhu: x[op->Rd] = x[op->Rs1] ^ x[op->Rs2]; op++; goto case OpCode.Lhu;
                case (OpCode)FusedOp.XorSd: x[op->Rd] = x[op->Rs1] ^ x[op->Rs2]; op++; goto case OpCode.Sd;
                case (OpCode)FusedOp.XorSw: x[op->Rd] = x[op->Rs1] ^ x[op->Rs2]; op++; goto case OpCode.Sw;
                case (OpCode)FusedOp.XorSb: x[op->Rd] = x[op->Rs1] ^ x[op->Rs2]; op++; goto case OpCode.Sb;
                case (OpCode)FusedOp.XorBeq: x[op->Rd] = x[op->Rs1] ^ x[op->Rs2]; op++; goto case OpCode.Beq;
                case (OpCode)FusedOp.XorBne: x[op->Rd] = x[op->Rs1] ^ x[op->Rs2]; op++; goto case OpCode.Bne;
                case (OpCode)FusedOp.XorBlt: x[op->Rd] = x[op->Rs1] ^ x[op->Rs2]; op++; goto case OpCode.Blt;
                case (OpCode)FusedOp.XorBge: x[op->Rd] = x[op->Rs1] ^ x[op->Rs2]; op++; goto case OpCode.Bge;
                case (OpCode)FusedOp.XorBltu: x[op->Rd] = x[op->Rs1] ^ x[op->Rs2]; op++; goto case OpCode.Bltu;
                case (OpCode)FusedOp.XorBgeu: x[op->Rd] = x[op->Rs1] ^ x[op->Rs2]; op++; goto case OpCode.Bgeu;
                case (OpCode)FusedOp.XorJal: x[op->Rd] = x[op->Rs1] ^ x[op->Rs2]; op++; goto case OpCode.Jal;
                case (OpCode)FusedOp.XorJalr: x[op->Rd] = x[op->Rs1] ^ x[op->Rs2]; op++; goto case OpCode.Jalr;
                case (OpCode)FusedOp.LdAddi: if (Misses(x, op, tlb, 7, out host)) goto slowLoad;
                    x[op->Rd] = *(ulong*)host; op++; goto case OpCode.Addi;
                case (OpCode)FusedOp.LdAddiw: if (Misses(x, op, tlb, 7, out host)) goto slowLoad;
                    x[op->Rd] = *(ulong*)host; op++; goto case OpCode.Addiw;
                case (OpCode)FusedOp.LdAdd: if (Misses(x, op, tlb, 7, out host)) goto slowLoad;
                    x[op->Rd] = *(ulong*)host; op++; goto case OpCode.Add;
                case (OpCode)FusedOp.LdSub: if (Misses(x, op, tlb, 7, out host)) goto slowLoad;
                    x[op->Rd] = *(ulong*)host; op++; goto case OpCode.Sub;
                case (OpCode)FusedOp.LdSlli: if (Misses(x, op, tlb, 7, out host)) goto slowLoad;
                    x[op->Rd] = *(ulong*)host; op++; goto case OpCode.Slli;
                case (OpCode)FusedOp.LdSrli: if (Misses(x, op, tlb, 7, out host)) goto slowLoad;
                    x[op->Rd] = *(ulong*)host; op++; goto case OpCode.Srli;
                case (OpCode)FusedOp.LdAndi: if (Misses(x, op, tlb, 7, out host)) goto slowLoad;
                    x[op->Rd] = *(ulong*)host; op++; goto case OpCode.Andi;
                case (OpCode)FusedOp.LdLd: if (Misses(x, op, tlb, 7, out host)) goto slowLoad;
                    x[op->Rd] = *(ulong*)host; op++; goto case OpCode.Ld;
                case (OpCode)FusedOp.LdLw: if (Misses(x, op, tlb, 7, out host)) goto slowLoad;
                    x[op->Rd] = *(ulong*)host; op++; goto case OpCode.Lw;
                case (OpCode)FusedOp.LdLbu: if (Misses(x, op, tlb, 7, out host)) goto slowLoad;
                    x[op->Rd] = *(ulong*)host; op++; goto case OpCode.Lbu;
                case (OpCode)FusedOp.LdSd: if (Misses(x, op, tlb, 7, out host)) goto slowLoad;
                    x[op->Rd] = *(ulong*)host; op++; goto case OpCode.Sd;
                case (OpCode)FusedOp.LdSw: if (Misses(x, op, tlb, 7, out host)) goto slowLoad;
                    x[op->Rd] = *(ulong*)host; op++; goto case OpCode.Sw;
                case (OpCode)FusedOp.LdBeq: if (Misses(x, op, tlb, 7, out host)) goto slowLoad;
                    x[op->Rd] = *(ulong*)host; op++; goto case OpCode.Beq;
                case (OpCode)FusedOp.LdBne: if (Misses(x, op, tlb, 7, out host)) goto slowLoad;
                    x[op->Rd] = *(ulong*)host; op++; goto case OpCode.Bne;
                case (OpCode)FusedOp.LdBlt: if (Misses(x, op, tlb, 7, out host)) goto slowLoad;
                    x[op->Rd] = *(ulong*)host; op++; goto case OpCode.Blt;
                case (OpCode)FusedOp.LdBge: if (Misses(x, op, tlb, 7, out host)) goto slowLoad;
                    x[op->Rd] = *(ulong*)host; op++; goto case OpCode.Bge;
                case (OpCode)FusedOp.LdBltu: if (Misses(x, op, tlb, 7, out host)) goto slowLoad;
                    x[op->Rd] = *(ulong*)host; op++; goto case OpCode.Bltu;
                case (OpCode)FusedOp.LdBgeu: if (Misses(x, op, tlb, 7, out host)) goto slowLoad;
                    x[op->Rd] = *(ulong*)host; op++; goto case OpCode.Bgeu;
                case (OpCode)FusedOp.LdJal: if (Misses(x, op, tlb, 7, out host)) goto slowLoad;
                    x[op->Rd] = *(ulong*)host; op++; goto case OpCode.Jal;
                case (OpCode)FusedOp.LdJalr: if (Misses(x, op, tlb, 7, out host)) goto slowLoad;
                    x[op->Rd] = *(ulong*)host; op++; goto case OpCode.Jalr;
                case (OpCode)FusedOp.LwAddi: if (Misses(x, op, tlb, 3, out host)) goto slowLoad;
                    x[op->Rd] = (ulong)(long)*(int*)host; op++; goto case OpCode.Addi;
                case (OpCode)FusedOp.LwAddiw: if (Misses(x, op, tlb, 3, out host)) goto slowLoad;
                    x[op->Rd] = (ulong)(long)*(int*)host; op++; goto case OpCode.Addiw;
                case (OpCode)FusedOp.LwAdd: if (Misses(x, op, tlb, 3, out host)) goto slowLoad;
                    x[op->Rd] = (ulong)(long)*(int*)host; op++; goto case OpCode.Add;
                case (OpCode)FusedOp.LwSub: if (Misses(x, op, tlb, 3, out host)) goto slowLoad;
                    x[op->Rd] = (ulong)(long)*(int*)host; op++; goto case OpCode.Sub;
                case (OpCode)FusedOp.LwSlli: if (Misses(x, op, tlb, 3, out host)) goto slowLoad;
                    x[op->Rd] = (ulong)(long)*(int*)host; op++; goto case OpCode.Slli;
                case (OpCode)FusedOp.LwSrli: if (Misses(x, op, tlb, 3, out host)) goto slowLoad;
                    x[op->Rd] = (ulong)(long)*(int*)host; op++; goto case OpCode.Srli;
                case (OpCode)FusedOp.LwAndi: if (Misses(x, op, tlb, 3, out host)) goto slowLoad;
                    x[op->Rd] = (ulong)(long)*(int*)host; op++; goto case OpCode.Andi;
                case (OpCode)FusedOp.LwLd: if (Misses(x, op, tlb, 3, out host)) goto slowLoad;
                    x[op->Rd] = (ulong)(long)*(int*)host; op++; goto case OpCode.Ld;
                case (OpCode)FusedOp.LwLw: if (Misses(x, op, tlb, 3, out host)) goto slowLoad;
                    x[op->Rd] = (ulong)(long)*(int*)host; op++; goto case OpCode.Lw;
                case (OpCode)FusedOp.LwLbu: if (Misses(x, op, tlb, 3, out host)) goto slowLoad;
                    x[op->Rd] = (ulong)(long)*(int*)host; op++; goto case OpCode.Lbu;
                case (OpCode)FusedOp.LwSd: if (Misses(x, op, tlb, 3, out host)) goto slowLoad;
                    x[op->Rd] = (ulong)(long)*(int*)host; op++; goto case OpCode.Sd;
                case (OpCode)FusedOp.LwSw: if (Misses(x, op, tlb, 3, out host)) goto slowLoad;
                    x[op->Rd] = (ulong)(long)*(int*)host; op++; goto case OpCode.Sw;
                case (OpCode)FusedOp.LwBeq: if (Misses(x, op, tlb, 3, out host)) goto slowLoad;
                    x[op->Rd] = (ulong)(long)*(int*)host; op++; goto case OpCode.Beq;
                case (OpCode)FusedOp.LwBne: if (Misses(x, op, tlb, 3, out host)) goto slowLoad;
                    x[op->Rd] = (ulong)(long)*(int*)host; op++; goto case OpCode.Bne;
                case (OpCode)FusedOp.LwBlt: if (Misses(x, op, tlb, 3, out host)) goto slowLoad;
                    x[op->Rd] = (ulong)(long)*(int*)host; op++; goto case OpCode.Blt;
                case (OpCode)FusedOp.LwBge: if (Misses(x, op, tlb, 3, out host)) goto slowLoad;
                    x[op->Rd] = (ulong)(long)*(int*)host; op++; goto case OpCode.Bge;
                case (OpCode)FusedOp.LwBltu: if (Misses(x, op, tlb, 3, out host)) goto slowLoad;
                    x[op->Rd] = (ulong)(long)*(int*)host; op++; goto case OpCode.Bltu;
                case (OpCode)FusedOp.LwBgeu: if (Misses(x, op, tlb, 3, out host)) goto slowLoad;
                    x[op->Rd] = (ulong)(long)*(int*)host; op++; goto case OpCode.Bgeu;
                case (OpCode)FusedOp.LwJal: if (Misses(x, op, tlb, 3, out host)) goto slowLoad;
                    x[op->Rd] = (ulong)(long)*(int*)host; op++; goto case OpCode.Jal;
                case (OpCode)FusedOp.LwJalr: if (Misses(x, op, tlb, 3, out host)) goto slowLoad;
                    x[op->Rd] = (ulong)(long)*(int*)host; op++; goto case OpCode.Jalr;
                case (OpCode)FusedOp.LbuAddi: if (Misses(x, op, tlb, 0, out host)) goto slowLoad;
                    x[op->Rd] = *(byte*)host; op++; goto case OpCode.Addi;
                case (OpCode)FusedOp.LbuAddiw: if (Misses(x, op, tlb, 0, out host)) goto slowLoad;
                    x[op->Rd] = *(byte*)host; op++; goto case OpCode.Addiw;
                case (OpCode)FusedOp.LbuAdd: if (Misses(x, op, tlb, 0, out host)) goto slowLoad;
                    x[op->Rd] = *(byte*)host; op++; goto case OpCode.Add;
                case (OpCode)FusedOp.LbuSub: if (Misses(x, op, tlb, 0, out host)) goto slowLoad;
                    x[op->Rd] = *(byte*)host; op++; goto case OpCode.Sub;
                case (OpCode)FusedOp.LbuSlli: if (Misses(x, op, tlb, 0, out host)) goto slowLoad;
                    x[op->Rd] = *(byte*)host; op++; goto case OpCode.Slli;
                case (OpCode)FusedOp.LbuSrli: if (Misses(x, op, tlb, 0, out host)) goto slowLoad;
                    x[op->Rd] = *(byte*)host; op++; goto case OpCode.Srli;
                case (OpCode)FusedOp.LbuAndi: if (Misses(x, op, tlb, 0, out host)) goto slowLoad;
                    x[op->Rd] = *(byte*)host; op++; goto case OpCode.Andi;
                case (OpCode)FusedOp.LbuLd: if (Misses(x, op, tlb, 0, out host)) goto slowLoad;
                    x[op->Rd] = *(byte*)host; op++; goto case OpCode.Ld;
                case (OpCode)FusedOp.LbuLw: if (Misses(x, op, tlb, 0, out host)) goto slowLoad;
                    x[op->Rd] = *(byte*)host; op++; goto case OpCode.Lw;
                case (OpCode)FusedOp.LbuLbu: if (Misses(x, op, tlb, 0, out host)) goto slowLoad;
                    x[op->Rd] = *(byte*)host; op++; goto case OpCode.Lbu;
                case (OpCode)FusedOp.LbuSd: if (Misses(x, op, tlb, 0, out host)) goto slowLoad;
                    x[op->Rd] = *(byte*)host; op++; goto case OpCode.Sd;
                case (OpCode)FusedOp.LbuSw: if (Misses(x, op, tlb, 0, out host)) goto slowLoad;
                    x[op->Rd] = *(byte*)host; op++; goto case OpCode.Sw;
                case (OpCode)FusedOp.LbuBeq: if (Misses(x, op, tlb, 0, out host)) goto slowLoad;
                    x[op->Rd] = *(byte*)host; op++; goto case OpCode.Beq;
                case (OpCode)FusedOp.LbuBne: if (Misses(x, op, tlb, 0, out host)) goto slowLoad;
                    x[op->Rd] = *(byte*)host; op++; goto case OpCode.Bne;
                case (OpCode)FusedOp.LbuBlt: if (Misses(x, op, tlb, 0, out host)) goto slowLoad;
                    x[op->Rd] = *(byte*)host; op++; goto case OpCode.Blt;
                case (OpCode)FusedOp.LbuBge: if (Misses(x, op, tlb, 0, out host)) goto slowLoad;
                    x[op->Rd] = *(byte*)host; op++; goto case OpCode.Bge;
                case (OpCode)FusedOp.LbuBltu: if (Misses(x, op, tlb, 0, out host)) goto slowLoad;
                    x[op->Rd] = *(byte*)host; op++; goto case OpCode.Bltu;
                case (OpCode)FusedOp.LbuBgeu: if (Misses(x, op, tlb, 0, out host)) goto slowLoad;
                    x[op->Rd] = *(byte*)host; op++; goto case OpCode.Bgeu;
                case (OpCode)FusedOp.LbuJal: if (Misses(x, op, tlb, 0, out host)) goto slowLoad;
                    x[op->Rd] = *(byte*)host; op++; goto case OpCode.Jal;
                case (OpCode)FusedOp.LbuJalr: if (Misses(x, op, tlb, 0, out host)) goto slowLoad;
                    x[op->Rd] = *(byte*)host; op++; goto case OpCode.Jalr;
                case (OpCode)FusedOp.SdAddi: if (Misses(x, op, tlb + SoftTlb.StoreOffset, 7, out host)) goto slowStore;
                    *(ulong*)host = (ulong)x[op->Rs2]; op++; goto case OpCode.Addi;
                case (OpCode)FusedOp.SdAddiw: if (Misses(x, op, tlb + SoftTlb.StoreOffset, 7, out host)) goto slowStore;
                    *(ulong*)host = (ulong)x[op->Rs2]; op++; goto case OpCode.Addiw;
                case (OpCode)FusedOp.SdAdd: if (Misses(x, op, tlb + SoftTlb.StoreOffset, 7, out host)) goto slowStore;
                    *(ulong*)host = (ulong)x[op->Rs2]; op++; goto case OpCode.Add;
                case (OpCode)FusedOp.SdSub: if (Misses(x, op, tlb + SoftTlb.StoreOffset, 7, out host)) goto slowStore;
                    *(ulong*)host = (ulong)x[op->Rs2]; op++; goto case OpCode.Sub;
                case (OpCode)FusedOp.SdSlli: if (Misses(x, op, tlb + SoftTlb.StoreOffset, 7, out host)) goto slowStore;
                    *(ulong*)host = (ulong)x[op->Rs2]; op++; goto case OpCode.Slli;
                case (OpCode)FusedOp.SdSrli: if (Misses(x, op, tlb + SoftTlb.StoreOffset, 7, out host)) goto slowStore;
                    *(ulong*)host = (ulong)x[op->Rs2]; op++; goto case OpCode.Srli;
                case (OpCode)FusedOp.SdAndi: if (Misses(x, op, tlb + SoftTlb.StoreOffset, 7, out host)) goto slowStore;
                    *(ulong*)host = (ulong)x[op->Rs2]; op++; goto case OpCode.Andi;
                case (OpCode)FusedOp.SdLd: if (Misses(x, op, tlb + SoftTlb.StoreOffset, 7, out host)) goto slowStore;
                    *(ulong*)host = (ulong)x[op->Rs2]; op++; goto case OpCode.Ld;
                case (OpCode)FusedOp.SdLw: if (Misses(x, op, tlb + SoftTlb.StoreOffset, 7, out host)) goto slowStore;
                    *(ulong*)host = (ulong)x[op->Rs2]; op++; goto case OpCode.Lw;
                case (OpCode)FusedOp.SdLbu: if (Misses(x, op, tlb + SoftTlb.StoreOffset, 7, out host)) goto slowStore;
                    *(ulong*)host = (ulong)x[op->Rs2]; op++; goto case OpCode.Lbu;
                case (OpCode)FusedOp.SdSd: if (Misses(x, op, tlb + SoftTlb.StoreOffset, 7, out host)) goto slowStore;
                    *(ulong*)host = (ulong)x[op->Rs2]; op++; goto case OpCode.Sd;
                case (OpCode)FusedOp.SdSw: if (Misses(x, op, tlb + SoftTlb.StoreOffset, 7, out host)) goto slowStore;
                    *(ulong*)host = (ulong)x[op->Rs2]; op++; goto case OpCode.Sw;
                case (OpCode)FusedOp.SdBeq: if (Misses(x, op, tlb + SoftTlb.StoreOffset, 7, out host)) goto slowStore;
                    *(ulong*)host = (ulong)x[op->Rs2]; op++; goto case OpCode.Beq;
                case (OpCode)FusedOp.SdBne: if (Misses(x, op, tlb + SoftTlb.StoreOffset, 7, out host)) goto slowStore;
                    *(ulong*)host = (ulong)x[op->Rs2]; op++; goto case OpCode.Bne;
                case (OpCode)FusedOp.SdBlt: if (Misses(x, op, tlb + SoftTlb.StoreOffset, 7, out host)) goto slowStore;
                    *(ulong*)host = (ulong)x[op->Rs2]; op++; goto case OpCode.Blt;
                case (OpCode)FusedOp.SdBge: if (Misses(x, op, tlb + SoftTlb.StoreOffset, 7, out host)) goto slowStore;
                    *(ulong*)host = (ulong)x[op->Rs2]; op++; goto case OpCode.Bge;
                case (OpCode)FusedOp.SdBltu: if (Misses(x, op, tlb + SoftTlb.StoreOffset, 7, out host)) goto slowStore;
                    *(ulong*)host = (ulong)x[op->Rs2]; op++; goto case OpCode.Bltu;
                case (OpCode)FusedOp.SdBgeu: if (Misses(x, op, tlb + SoftTlb.StoreOffset, 7, out host)) goto slowStore;
                    *(ulong*)host = (ulong)x[op->Rs2]; op++; goto case OpCode.Bgeu;
                case (OpCode)FusedOp.SdJal: if (Misses(x, op, tlb + SoftTlb.StoreOffset, 7, out host)) goto slowStore;
                    *(ulong*)host = (ulong)x[op->Rs2]; op++; goto case OpCode.Jal;
                case (OpCode)FusedOp.SdJalr: if (Misses(x, op, tlb + SoftTlb.StoreOffset, 7, out host)) goto slowStore;
                    *(ulong*)host = (ulong)x[op->Rs2]; op++; goto case OpCode.Jalr;
                case (OpCode)FusedOp.SwAddi: if (Misses(x, op, tlb + SoftTlb.StoreOffset, 3, out host)) goto slowStore;
                    *(uint*)host = (uint)x[op->Rs2]; op++; goto case OpCode.Addi;
                case (OpCode)FusedOp.SwAddiw: if (Misses(x, op, tlb + SoftTlb.StoreOffset, 3, out host)) goto slowStore;
                    *(uint*)host = (uint)x[op->Rs2]; op++; goto case OpCode.Addiw;
                case (OpCode)FusedOp.SwAdd: if (Misses(x, op, tlb + SoftTlb.StoreOffset, 3, out host)) goto slowStore;
                    *(uint*)host = (uint)x[op->Rs2]; op++; goto case OpCode.Add;
                case (OpCode)FusedOp.SwSub: if (Misses(x, op, tlb + SoftTlb.StoreOffset, 3, out host)) goto slowStore;
                    *(uint*)host = (uint)x[op->Rs2]; op++; goto case OpCode.Sub;
                case (OpCode)FusedOp.SwSlli: if (Misses(x, op, tlb + SoftTlb.StoreOffset, 3, out host)) goto slowStore;
                    *(uint*)host = (uint)x[op->Rs2]; op++; goto case OpCode.Slli;
                case (OpCode)FusedOp.SwSrli: if (Misses(x, op, tlb + SoftTlb.StoreOffset, 3, out host)) goto slowStore;
                    *(uint*)host = (uint)x[op->Rs2]; op++; goto case OpCode.Srli;
                case (OpCode)FusedOp.SwAndi: if (Misses(x, op, tlb + SoftTlb.StoreOffset, 3, out host)) goto slowStore;
                    *(uint*)host = (uint)x[op->Rs2]; op++; goto case OpCode.Andi;
                case (OpCode)FusedOp.SwLd: if (Misses(x, op, tlb + SoftTlb.StoreOffset, 3, out host)) goto slowStore;
                    *(uint*)host = (uint)x[op->Rs2]; op++; goto case OpCode.Ld;
                case (OpCode)FusedOp.SwLw: if (Misses(x, op, tlb + SoftTlb.StoreOffset, 3, out host)) goto slowStore;
                    *(uint*)host = (uint)x[op->Rs2]; op++; goto case OpCode.Lw;
                case (OpCode)FusedOp.SwLbu: if (Misses(x, op, tlb + SoftTlb.StoreOffset, 3, out host)) goto slowStore;
                    *(uint*)host = (uint)x[op->Rs2]; op++; goto case OpCode.Lbu;
                case (OpCode)FusedOp.SwSd: if (Misses(x, op, tlb + SoftTlb.StoreOffset, 3, out host)) goto slowStore;
                    *(uint*)host = (uint)x[op->Rs2]; op++; goto case OpCode.Sd;
                case (OpCode)FusedOp.SwSw: if (Misses(x, op, tlb + SoftTlb.StoreOffset, 3, out host)) goto slowStore;
                    *(uint*)host = (uint)x[op->Rs2]; op++; goto case OpCode.Sw;
                case (OpCode)FusedOp.SwBeq: if (Misses(x, op, tlb + SoftTlb.StoreOffset, 3, out host)) goto slowStore;
                    *(uint*)host = (uint)x[op->Rs2]; op++; goto case OpCode.Beq;
                case (OpCode)FusedOp.SwBne: if (Misses(x, op, tlb + SoftTlb.StoreOffset, 3, out host)) goto slowStore;
                    *(uint*)host = (uint)x[op->Rs2]; op++; goto case OpCode.Bne;
                case (OpCode)FusedOp.SwBlt: if (Misses(x, op, tlb + SoftTlb.StoreOffset, 3, out host)) goto slowStore;
                    *(uint*)host = (uint)x[op->Rs2]; op++; goto case OpCode.Blt;
                case (OpCode)FusedOp.SwBge: if (Misses(x, op, tlb + SoftTlb.StoreOffset, 3, out host)) goto slowStore;
                    *(uint*)host = (uint)x[op->Rs2]; op++; goto case OpCode.Bge;
                case (OpCode)FusedOp.SwBltu: if (Misses(x, op, tlb + SoftTlb.StoreOffset, 3, out host)) goto slowStore;
                    *(uint*)host = (uint)x[op->Rs2]; op++; goto case OpCode.Bltu;
                case (OpCode)FusedOp.SwBgeu: if (Misses(x, op, tlb + SoftTlb.StoreOffset, 3, out host)) goto slowStore;
                    *(uint*)host = (uint)x[op->Rs2]; op++; goto case OpCode.Bgeu;
                case (OpCode)FusedOp.SwJal: if (Misses(x, op, tlb + SoftTlb.StoreOffset, 3, out host)) goto slowStore;
                    *(uint*)host = (uint)x[op->Rs2]; op++; goto case OpCode.Jal;
                case (OpCode)FusedOp.SwJalr: if (Misses(x, op, tlb + SoftTlb.StoreOffset, 3, out host)) goto slowStore;
                    *(uint*)host = (uint)x[op->Rs2]; op++; goto case OpCode.Jalr;
                case OpCode.Jal:
                    x[op->Rd] = block->Pc + op->PcOffset + op->Length;
                    goto taken;
                case OpCode.Jalr:
                    va = (x[op->Rs1] + (ulong)(long)op->Imm) & ~1UL;
                    if ((va & At(x)->MisalignedTarget) != 0)
                        goto misalignedTarget;
                    x[op->Rd] = block->Pc + op->PcOffset + op->Length;
                    At(x)->Pc = va;
                    goto lookup;
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

    /// <summary>The TLB test of an access at rs1 + imm; <paramref name="host"/> is where it goes if it hits.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static bool Misses(ulong* x, Op* op, byte* tlb, ulong misaligned, out ulong host)
    {
        ulong va = x[op->Rs1] + (ulong)(long)op->Imm;
        var entry = (TlbEntry*)(tlb + ((va >> SoftTlb.IndexShift) & SoftTlb.IndexMask));
        host = va + entry->Addend;
        return (va & (SoftTlb.PageMask | misaligned)) != entry->Tag;
    }

    /// <summary>The state whose registers are at <paramref name="x"/>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static HartState* At(ulong* x) => (HartState*)x;
}
