namespace AxVCpu.Software.Translator.X64;

/// <summary>
/// Opcodes with a ModRM byte, as the Intel SDM (volume 2) writes them. From the low end: opcode byte, escape 0F, second escape, mandatory or
/// lock prefix. "Load" is the form whose destination is the reg field, "Store" the one whose destination is r/m.
/// </summary>
internal enum X64Opcode : uint
{
    MovLoad = 0x8B,
    MovStore = 0x89,
    MovStore8 = 0x88,
    MovStore16 = 0x6600_0089,
    MovImmediate = 0xC7,
    MovImmediate8 = 0xC6,
    MovImmediate16 = 0x6600_00C7,
    Lea = 0x8D,
    Movsxd = 0x63,
    Movzx8 = 0x0FB6,
    Movzx16 = 0x0FB7,
    Movsx8 = 0x0FBE,
    Movsx16 = 0x0FBF,
    Test = 0x85,
    Imul = 0x0FAF,
    ImulImmediate8 = 0x6B,
    ImulImmediate32 = 0x69,
    AluImmediate8 = 0x83,
    AluImmediate32 = 0x81,
    ShiftImmediate = 0xC1,
    ShiftCl = 0xD3,
    Unary = 0xF7,
    Group5 = 0xFF,
    Bsr = 0x0FBD,
    Bsf = 0x0FBC,
    Lzcnt = 0xF300_0FBD,
    Tzcnt = 0xF300_0FBC,
    Popcnt = 0xF300_0FB8,
    Xchg = 0x87,
    LockXadd = 0xF000_0FC1,
    LockCmpxchg = 0xF000_0FB1,
    LockOrImmediate8 = 0xF000_0083,
    Setcc = 0x0F90,
    Cmovcc = 0x0F40,
    CompareByteImmediate = 0x80,
    Mxcsr = 0x0FAE,

    /// <summary>Group 8: one bit, by an immediate.</summary>
    BitImmediate = 0x0FBA,

    // SSE and SSE2.
    MovssLoad = 0xF300_0F10,
    MovssStore = 0xF300_0F11,
    MovsdLoad = 0xF200_0F10,
    MovsdStore = 0xF200_0F11,
    MovdToVector = 0x6600_0F6E,
    MovdFromVector = 0x6600_0F7E,
    Addss = 0xF300_0F58,
    Addsd = 0xF200_0F58,
    Mulss = 0xF300_0F59,
    Mulsd = 0xF200_0F59,
    Subss = 0xF300_0F5C,
    Subsd = 0xF200_0F5C,
    Minss = 0xF300_0F5D,
    Minsd = 0xF200_0F5D,
    Divss = 0xF300_0F5E,
    Divsd = 0xF200_0F5E,
    Maxss = 0xF300_0F5F,
    Maxsd = 0xF200_0F5F,
    Sqrtss = 0xF300_0F51,
    Sqrtsd = 0xF200_0F51,
    Ucomiss = 0x0F2E,
    Ucomisd = 0x6600_0F2E,
    Comiss = 0x0F2F,
    Comisd = 0x6600_0F2F,
    Cvtsi2ss = 0xF300_0F2A,
    Cvtsi2sd = 0xF200_0F2A,
    Cvttss2si = 0xF300_0F2C,
    Cvttsd2si = 0xF200_0F2C,
    Cvtss2sd = 0xF300_0F5A,
    Cvtsd2ss = 0xF200_0F5A,
    Xorps = 0x0F57,
    Andps = 0x0F54,
    Orps = 0x0F56,
    Movaps = 0x0F28,
    Andnps = 0x0F55,
    Pcmpeqd = 0x6600_0F76,
    ShiftQwords = 0x6600_0F73,
}

/// <summary>
/// Opcodes with a VEX prefix: opcode byte, then opcode map (2 = 0F38, 3 = 0F3A), then pp (1 = 66, 2 = F3, 3 = F2), then W where it is part of
/// the opcode (Intel SDM volume 2, section 2.3.5).
/// </summary>
internal enum X64VexOpcode : uint
{
    Andn = 0x0002F2,
    Shlx = 0x0102F7,
    Sarx = 0x0202F7,
    Shrx = 0x0302F7,
    Rorx = 0x0303F0,
    Vfmadd213ss = 0x0102A9,
    Vfmadd213sd = 0x010102A9,
    Vfmsub213ss = 0x0102AB,
    Vfmsub213sd = 0x010102AB,
    Vfnmadd213ss = 0x0102AD,
    Vfnmadd213sd = 0x010102AD,
    Vfnmsub213ss = 0x0102AF,
    Vfnmsub213sd = 0x010102AF,
}
