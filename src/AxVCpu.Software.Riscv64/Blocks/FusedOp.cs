using AxVCpu.Software.Riscv64.Isa;

namespace AxVCpu.Software.Riscv64;

/// <summary>
/// Two neighbouring instructions as one step of the interpreter, named after both. The first op carries the fused code, the second op
/// stays in its place. With Chain at the end the second's rs1 is the first's rd. With an underscore, two such codes in a row (the left one may
/// be a single instruction). Which exist is a matter of how often compilers emit them: chosen by counting pairs in a kernel.
/// </summary>
internal enum FusedOp : ushort
{
    AddiAddi = OpCode.Count + 2, AddiAddiw, AddiAdd, AddiSub, AddiSlli, AddiSrli, AddiAndi, AddiAnd, AddiOr, AddiXor, AddiLui,
    AddiAuipc, AddiLd, AddiLw, AddiLbu, AddiLhu, AddiSd, AddiSw, AddiSb, AddiBeq, AddiBne, AddiBlt, AddiBge, AddiBltu, AddiBgeu,
    AddiJal, AddiJalr, AddAddi, AddAddiw, AddAdd, AddSub, AddSlli, AddSrli, AddAndi, AddAnd, AddOr, AddXor, AddLui, AddAuipc, AddLd,
    AddLw, AddLbu, AddLhu, AddSd, AddSw, AddSb, AddBeq, AddBne, AddBlt, AddBge, AddBltu, AddBgeu, AddJal, AddJalr, AddiwAddi, AddiwAdd,
    AddiwSlli, AddiwOr, AddiwXor, AddiwLd, AddiwSd, AddiwBeq, AddiwBne, AddiwJal, SlliAddi, SlliAdd, SlliSlli, SlliOr, SlliXor, SlliLd,
    SlliSd, SlliBeq, SlliBne, SlliJal, SrliAddi, SrliAdd, SrliSlli, SrliOr, SrliXor, SrliLd, SrliSd, SrliBeq, SrliBne, SrliJal,
    AndiAddi, AndiAdd, AndiSlli, AndiOr, AndiXor, AndiLd, AndiSd, AndiBeq, AndiBne, AndiJal, OrAddi, OrAdd, OrSlli, OrOr, OrXor, OrLd,
    OrSd, OrBeq, OrBne, OrJal, XorAddi, XorAdd, XorSlli, XorOr, XorXor, XorLd, XorSd, XorBeq, XorBne, XorJal, LuiAddi, LuiAdd, LuiSlli,
    LuiOr, LuiXor, LuiLd, LuiSd, LuiBeq, LuiBne, LuiJal, AuipcAddi, AuipcAdd, AuipcSlli, AuipcOr, AuipcXor, AuipcLd, AuipcSd, AuipcBeq,
    AuipcBne, AuipcJal, LdLd, LdSd, LdAddi, LdAdd, LdAuipc, LdSlli, LdAndi, LdLw, LdBeq, LdBne, LdJal, SdSd, SdLd, SdAddi, SdAdd,
    SdAuipc, SdLw, SdJal, LwLw, LwLd, LwAddi, LwAddiw, LwAdd, LwAuipc, LwSlli, LwSw, LwBeq, LwBne, LbuLbu, LbuAddi, LbuAdd, LbuSlli,
    LbuAndi, LbuSb, LbuBeq, LbuBne, SwSw, SwLd, SwAddi, SwAdd, SbSb, SbAddi, SbLbu, AuipcAddiChain, AuipcLdChain, AuipcLwChain,
    AuipcJalrChain, LuiAddiChain, LuiAddiwChain, AddiAddiChain, AddiAddChain, AddiSlliChain, AddiSrliChain, AddiAndiChain, AddiLdChain,
    AddiSdChain, AddiLwChain, AddiLbuChain, AddiBeqChain, AddiBneChain, AddiBltChain, AddiBgeChain, AddiBltuChain, AddiBgeuChain,
    AddiJalrChain, AddiwSlliChain, AddiwBeqChain, AddiwBneChain, AddiwBltChain, AddiwBgeChain, AddAddiChain, AddAddChain, AddSubChain,
    AddXorChain, AddSlliChain, AddLdChain, AddLwChain, AddLbuChain, AddLhuChain, AddBeqChain, AddBneChain, AddwAddiwChain,
    SlliAddiChain, SlliAddChain, SlliSrliChain, SlliOrChain, SlliXorChain, SrliAndiChain, SrliAddChain, SrliOrChain, SrliXorChain,
    SrliSlliChain, AndiAddChain, AndiOrChain, AndiSlliChain, AndiBeqChain, AndiBneChain, AndBeqChain, AndBneChain, OrOrChain,
    OrAddChain, OrSlliChain, XorAddChain, XorXorChain, XorSlliChain, XorSrliChain, XorAndChain, MulAddChain, MulSrliChain, MulAddiChain,
    SltuAddChain, SltuBeqChain, SltuBneChain, SltiuBeqChain, SltiuBneChain, SubAddChain, SubSraiChain, SubBeqChain, SubBneChain,
    LdAddiChain, LdAddChain, LdXorChain, LdBeqChain, LdBneChain, LdLdChain, LwAddiwChain, LwAddChain, LwBeqChain, LwBneChain,
    LbuAddiChain, LbuAndiChain, LbuSlliChain, LbuBeqChain, LbuBneChain, Addi_AddiBneChain, Add_AddiBneChain, Sub_AddiBneChain,
    Xor_AddiBneChain, Mul_AddiBneChain, Ld_AddiBneChain, Lw_AddiBneChain, Lbu_AddiBneChain, Sd_AddiBneChain, Sw_AddiBneChain,
    Sb_AddiBneChain, Addi_AddiBeqChain, Add_AddiBeqChain, Sub_AddiBeqChain, Xor_AddiBeqChain, Mul_AddiBeqChain, Ld_AddiBeqChain,
    Lw_AddiBeqChain, Lbu_AddiBeqChain, Sd_AddiBeqChain, Sw_AddiBeqChain, Sb_AddiBeqChain, Addi_AddiBltuChain, Add_AddiBltuChain,
    Sub_AddiBltuChain, Xor_AddiBltuChain, Mul_AddiBltuChain, Ld_AddiBltuChain, Lw_AddiBltuChain, Lbu_AddiBltuChain, Sd_AddiBltuChain,
    Sw_AddiBltuChain, Sb_AddiBltuChain, LdLd_LdLd, SdSd_SdSd, LdLd_AddiJalr, AddiSdChain_SdSd, SdSd_AddiSd, SdSd_SdAddi, LdLd_LdAddi,
    AddiAddi_AddiAddi, AddAdd_AuipcJalrChain, AddiAdd_AuipcJalrChain, AddAddi_AuipcJalrChain, Add_AuipcJalrChain, Addi_AuipcJalrChain,
    Ld_AuipcJalrChain, Ld_LdBeqChain, SlliXorChain_SrliXorChain, SrliXorChain_SlliXorChain, SlliSrliChain_AddLdChain,
    SlliAddChain_LdAddi, MulAddChain_AndiBneChain, MulAddChain_AndiBeqChain, LdSd_AddiAddi, LbuSb_AddiAddi,
}
