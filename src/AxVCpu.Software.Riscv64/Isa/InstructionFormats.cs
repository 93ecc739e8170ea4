namespace AxVCpu.Software.Riscv64.Isa;

/// <summary>
/// The formats of the rows in <see cref="InstructionTable"/>. Base formats: Unprivileged ISA, "Base Instruction Formats" and "Immediate
/// Encoding Variants"; compressed ones: the chapter of the C extension, "Compressed Instruction Formats".
/// </summary>
internal static class InstructionFormats
{
    public static readonly InstructionFormat R = new("....... rs2 rs1 ... rd .......", "rd,rs1,rs2");
    public static readonly InstructionFormat Unary = new("............ rs1 ... rd .......", "rd,rs1");
    public static readonly InstructionFormat I = new("imm[11:0] rs1 ... rd .......", "rd,rs1,imm");
    public static readonly InstructionFormat Load = new("imm[11:0] rs1 ... rd .......", "rd,imm(rs1)");
    public static readonly InstructionFormat Jalr = new("imm[11:0] rs1 ... rd .......", "rd,imm(rs1)");
    public static readonly InstructionFormat S = new("imm[11:5] rs2 rs1 ... imm[4:0] .......", "rs2,imm(rs1)");
    public static readonly InstructionFormat B = new("imm[12|10:5] rs2 rs1 ... imm[4:1|11] .......", "rs1,rs2,target");
    public static readonly InstructionFormat U = new("imm[31:12] rd .......", "rd,hi20");
    public static readonly InstructionFormat J = new("imm[20|10:1|11|19:12] rd .......", "rd,target");
    public static readonly InstructionFormat Shift64 = new("...... uimm[5:0] rs1 ... rd .......", "rd,rs1,shamt");
    public static readonly InstructionFormat Shift32 = new("....... uimm[4:0] rs1 ... rd .......", "rd,rs1,shamt");

    public static readonly InstructionFormat AesRound = new("........ uimm[3:0] rs1 ... rd .......", "rd,rs1,shamt");
    public static readonly InstructionFormat ByteSelect = new("uimm[1:0] ..... rs2 rs1 ... rd .......", "rd,rs1,rs2,shamt");

    public static readonly InstructionFormat Fixed = new("................................", "");
    public static readonly InstructionFormat Fence = new("uimm[11:0] _5 ... _5 .......", "pred,succ");
    public static readonly InstructionFormat FenceTso = new("............ _5 ... _5 .......", "");
    public static readonly InstructionFormat FenceI = new("_12 _5 ... _5 .......", "");
    public static readonly InstructionFormat Csr = new("uimm[11:0] rs1 ... rd .......", "rd,csr,rs1");
    public static readonly InstructionFormat CsrImm = new("uimm[11:0] rs1 ... rd .......", "rd,csr,zimm");
    public static readonly InstructionFormat Vma = new("....... rs2 rs1 ... ..... .......", "rs1,rs2");
    public static readonly InstructionFormat Cbo = new("............ rs1 ... ..... .......", "(rs1)");

    public static readonly InstructionFormat Amo = new("..... aqrl rs2 rs1 ... rd .......", "rd,rs2,(rs1)");
    public static readonly InstructionFormat Lr = new("..... aqrl ..... rs1 ... rd .......", "rd,(rs1)");

    public static readonly InstructionFormat FLoad = new("imm[11:0] rs1 ... fd .......", "fd,imm(rs1)");
    public static readonly InstructionFormat FStore = new("imm[11:5] fs2 rs1 ... imm[4:0] .......", "fs2,imm(rs1)");
    public static readonly InstructionFormat FR = new("....... fs2 fs1 ... fd .......", "fd,fs1,fs2");
    public static readonly InstructionFormat FRRm = new("....... fs2 fs1 rm fd .......", "fd,fs1,fs2,rm");
    public static readonly InstructionFormat FUnaryRm = new("............ fs1 rm fd .......", "fd,fs1,rm");
    public static readonly InstructionFormat FUnaryExact = new("............ fs1 rm fd .......", "fd,fs1,rm:rne");
    public static readonly InstructionFormat FR4 = new("fs3 .. fs2 fs1 rm fd .......", "fd,fs1,fs2,fs3,rm");
    public static readonly InstructionFormat FCompare = new("....... fs2 fs1 ... rd .......", "rd,fs1,fs2");
    public static readonly InstructionFormat FToInt = new("............ fs1 ... rd .......", "rd,fs1");
    public static readonly InstructionFormat FToIntRm = new("............ fs1 rm rd .......", "rd,fs1,rm");
    public static readonly InstructionFormat IntToF = new("............ rs1 ... fd .......", "fd,rs1");
    public static readonly InstructionFormat IntToFRm = new("............ rs1 rm fd .......", "fd,rs1,rm");
    public static readonly InstructionFormat IntToFExact = new("............ rs1 rm fd .......", "fd,rs1,rm:rne");

    public static readonly InstructionFormat FToIntRtz = new("............ fs1 ... rd .......", "rd,fs1,rtz");
    public static readonly InstructionFormat FLi = new("............ fli ... fd .......", "fd,fli");

    public static readonly InstructionFormat CFixed = new("................", "");
    public static readonly InstructionFormat CI = new("... imm[5] rd/rs1 imm[4:0] ..", "rd,imm");
    public static readonly InstructionFormat CLi = new("... imm[5] rd imm[4:0] .. rs1=0", "rd,imm");
    public static readonly InstructionFormat CLui = new("... imm[17] rd imm[16:12] ..", "rd,hi20");
    public static readonly InstructionFormat CAddi16sp = new("... imm[9] ..... imm[4|6|8:7|5] .. rd=2 rs1=2", "sp,imm");
    public static readonly InstructionFormat CSlli = new("... uimm[5] rd/rs1 uimm[4:0] ..", "rd,shamt");
    public static readonly InstructionFormat CLwsp = new("... uimm[5] rd uimm[4:2|7:6] .. rs1=2", "rd,imm(sp)");
    public static readonly InstructionFormat CLdsp = new("... uimm[5] rd uimm[4:3|8:6] .. rs1=2", "rd,imm(sp)");
    public static readonly InstructionFormat CFldsp = new("... uimm[5] fd uimm[4:3|8:6] .. rs1=2", "fd,imm(sp)");
    public static readonly InstructionFormat CSwsp = new("... uimm[5:2|7:6] rs2 .. rs1=2", "rs2,imm(sp)");
    public static readonly InstructionFormat CSdsp = new("... uimm[5:3|8:6] rs2 .. rs1=2", "rs2,imm(sp)");
    public static readonly InstructionFormat CFsdsp = new("... uimm[5:3|8:6] fs2 .. rs1=2", "fs2,imm(sp)");
    public static readonly InstructionFormat CIW = new("... uimm[5:4|9:6|2|3] rd' .. rs1=2", "rd,sp,imm");
    public static readonly InstructionFormat CLw = new("... uimm[5:3] rs1' uimm[2|6] rd' ..", "rd,imm(rs1)");
    public static readonly InstructionFormat CLd = new("... uimm[5:3] rs1' uimm[7:6] rd' ..", "rd,imm(rs1)");
    public static readonly InstructionFormat CFld = new("... uimm[5:3] rs1' uimm[7:6] fd' ..", "fd,imm(rs1)");
    public static readonly InstructionFormat CSw = new("... uimm[5:3] rs1' uimm[2|6] rs2' ..", "rs2,imm(rs1)");
    public static readonly InstructionFormat CSd = new("... uimm[5:3] rs1' uimm[7:6] rs2' ..", "rs2,imm(rs1)");
    public static readonly InstructionFormat CFsd = new("... uimm[5:3] rs1' uimm[7:6] fs2' ..", "fs2,imm(rs1)");
    public static readonly InstructionFormat CShift = new("... uimm[5] .. rd'/rs1' uimm[4:0] ..", "rd,shamt");
    public static readonly InstructionFormat CAndi = new("... imm[5] .. rd'/rs1' imm[4:0] ..", "rd,imm");
    public static readonly InstructionFormat CA = new("...... rd'/rs1' .. rs2' ..", "rd,rs2");
    public static readonly InstructionFormat CLb = new("...... rs1' uimm[0|1] rd' ..", "rd,imm(rs1)");
    public static readonly InstructionFormat CLh = new("...... rs1' . uimm[1] rd' ..", "rd,imm(rs1)");
    public static readonly InstructionFormat CSb = new("...... rs1' uimm[0|1] rs2' ..", "rs2,imm(rs1)");
    public static readonly InstructionFormat CSh = new("...... rs1' . uimm[1] rs2' ..", "rs2,imm(rs1)");
    public static readonly InstructionFormat CU = new("...... rd'/rs1' ..... ..", "rd");
    public static readonly InstructionFormat CZextB = new("...... rd'/rs1' ..... .. imm=255", "rd");
    public static readonly InstructionFormat CZextW = new("...... rd'/rs1' ..... .. rs2=0", "rd");
    public static readonly InstructionFormat CNot = new("...... rd'/rs1' ..... .. imm=-1", "rd");
    public static readonly InstructionFormat CJ = new("... imm[11|4|9:8|10|6|7|3:1|5] .. rd=0", "target");
    public static readonly InstructionFormat CB = new("... imm[8|4:3] rs1' imm[7:6|2:1|5] .. rs2=0", "rs1,target");
    public static readonly InstructionFormat CJr = new(".... rs1 ..... .. rd=0", "rs1");
    public static readonly InstructionFormat CJalr = new(".... rs1 ..... .. rd=1", "rs1");
    public static readonly InstructionFormat CMv = new(".... rd rs2 .. rs1=0", "rd,rs2");
    public static readonly InstructionFormat CAdd = new(".... rd/rs1 rs2 ..", "rd,rs2");
}
