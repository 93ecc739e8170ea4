using System.Runtime.CompilerServices;
using AxVCpu.Software.Riscv64.Isa;

namespace AxVCpu.Software.Riscv64;

// Computations that are too rare for a place of their own in the interpreter's switch: Zbc, Zbkb, Zbkx and scalar cryptography.
internal sealed unsafe partial class Hart
{
    [MethodImpl(MethodImplOptions.NoInlining)]
    private void ExecuteComputation(Op* op)
    {
        ulong a = _s->X[op->Rs1];
        ulong b = _s->X[op->Rs2];
        _s->X[op->Rd] = op->Code switch
        {
            OpCode.Clmul => (ulong)IntegerArithmetic.CarrylessMultiply(a, b),
            OpCode.Clmulh => (ulong)(IntegerArithmetic.CarrylessMultiply(a, b) >> 64),
            OpCode.Clmulr => (ulong)(IntegerArithmetic.CarrylessMultiply(a, b) >> 63),

            OpCode.Pack => b << 32 | (uint)a,
            OpCode.Packh => (ulong)(byte)b << 8 | (byte)a,
            OpCode.Packw => (ulong)(long)(int)((uint)b << 16 | (ushort)a),
            OpCode.Brev8 => IntegerArithmetic.ReverseBitsInBytes(a),
            OpCode.Xperm4 => IntegerArithmetic.Permute(a, b, 4),
            OpCode.Xperm8 => IntegerArithmetic.Permute(a, b, 8),

            OpCode.Aes64es => Aes.SubBytes(Aes.ShiftRows(a, b)),
            OpCode.Aes64esm => Aes.MixColumns(Aes.SubBytes(Aes.ShiftRows(a, b))),
            OpCode.Aes64ds => Aes.InverseSubBytes(Aes.InverseShiftRows(a, b)),
            OpCode.Aes64dsm => Aes.InverseMixColumns(Aes.InverseSubBytes(Aes.InverseShiftRows(a, b))),
            OpCode.Aes64im => Aes.InverseMixColumns(a),
            OpCode.Aes64ks1i => Aes.KeySchedule1(a, op->Imm),
            OpCode.Aes64ks2 => Aes.KeySchedule2(a, b),

            OpCode.Sha256sum0 => SecureHash.Sha256Sum0((uint)a),
            OpCode.Sha256sum1 => SecureHash.Sha256Sum1((uint)a),
            OpCode.Sha256sig0 => SecureHash.Sha256Sigma0((uint)a),
            OpCode.Sha256sig1 => SecureHash.Sha256Sigma1((uint)a),
            OpCode.Sha512sum0 => SecureHash.Sha512Sum0(a),
            OpCode.Sha512sum1 => SecureHash.Sha512Sum1(a),
            OpCode.Sha512sig0 => SecureHash.Sha512Sigma0(a),
            OpCode.Sha512sig1 => SecureHash.Sha512Sigma1(a),
            OpCode.Sm3p0 => SecureHash.Sm3P0((uint)a),
            OpCode.Sm3p1 => SecureHash.Sm3P1((uint)a),
            OpCode.Sm4ed => Sm4.Round((uint)a, (uint)b, op->Imm),
            _ => Sm4.KeySchedule((uint)a, (uint)b, op->Imm),
        };
    }
}
