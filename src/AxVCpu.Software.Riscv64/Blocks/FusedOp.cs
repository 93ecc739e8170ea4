using AxVCpu.Software.Riscv64.Isa;

namespace AxVCpu.Software.Riscv64;

/// <summary>
/// Two neighbouring instructions as one step of the interpreter, named after both. The first op carries the fused code, the second op
/// stays as it is. Which pairs exist is a matter of how often compilers emit them.
/// </summary>
internal enum FusedOp : ushort
{
    AddiAddi = OpCode.Count + 2, AddiAddiw, AddiAdd, AddiSub, AddiSlli, AddiSrli, AddiAndi, AddiAnd, AddiOr,
    AddiXor, AddiLui, AddiLd, AddiLw, AddiLwu, AddiLbu, AddiLhu, AddiSd, AddiSw,
    AddiSb, AddiBeq, AddiBne, AddiBlt, AddiBge, AddiBltu, AddiBgeu, AddiJal, AddiJalr,
    AddiwAddi, AddiwAddiw, AddiwAdd, AddiwSub, AddiwSlli, AddiwSrli, AddiwAndi, AddiwAnd, AddiwOr,
    AddiwXor, AddiwLui, AddiwLd, AddiwLw, AddiwLwu, AddiwLbu, AddiwLhu, AddiwSd, AddiwSw,
    AddiwSb, AddiwBeq, AddiwBne, AddiwBlt, AddiwBge, AddiwBltu, AddiwBgeu, AddiwJal, AddiwJalr,
    AddAddi, AddAddiw, AddAdd, AddSub, AddSlli, AddSrli, AddAndi, AddAnd, AddOr,
    AddXor, AddLui, AddLd, AddLw, AddLwu, AddLbu, AddLhu, AddSd, AddSw,
    AddSb, AddBeq, AddBne, AddBlt, AddBge, AddBltu, AddBgeu, AddJal, AddJalr,
    AddwAddi, AddwAddiw, AddwAdd, AddwSub, AddwSlli, AddwSrli, AddwAndi, AddwAnd, AddwOr,
    AddwXor, AddwLui, AddwLd, AddwLw, AddwLwu, AddwLbu, AddwLhu, AddwSd, AddwSw,
    AddwSb, AddwBeq, AddwBne, AddwBlt, AddwBge, AddwBltu, AddwBgeu, AddwJal, AddwJalr,
    SubAddi, SubAddiw, SubAdd, SubSub, SubSlli, SubSrli, SubAndi, SubAnd, SubOr,
    SubXor, SubLui, SubLd, SubLw, SubLwu, SubLbu, SubLhu, SubSd, SubSw,
    SubSb, SubBeq, SubBne, SubBlt, SubBge, SubBltu, SubBgeu, SubJal, SubJalr,
    LuiAddi, LuiAddiw, LuiAdd, LuiSub, LuiSlli, LuiSrli, LuiAndi, LuiAnd, LuiOr,
    LuiXor, LuiLui, LuiLd, LuiLw, LuiLwu, LuiLbu, LuiLhu, LuiSd, LuiSw,
    LuiSb, LuiBeq, LuiBne, LuiBlt, LuiBge, LuiBltu, LuiBgeu, LuiJal, LuiJalr,
    AuipcAddi, AuipcAddiw, AuipcAdd, AuipcSub, AuipcSlli, AuipcSrli, AuipcAndi, AuipcAnd, AuipcOr,
    AuipcXor, AuipcLui, AuipcLd, AuipcLw, AuipcLwu, AuipcLbu, AuipcLhu, AuipcSd, AuipcSw,
    AuipcSb, AuipcBeq, AuipcBne, AuipcBlt, AuipcBge, AuipcBltu, AuipcBgeu, AuipcJal, AuipcJalr,
    SlliAddi, SlliAddiw, SlliAdd, SlliSub, SlliSlli, SlliSrli, SlliAndi, SlliAnd, SlliOr,
    SlliXor, SlliLui, SlliLd, SlliLw, SlliLwu, SlliLbu, SlliLhu, SlliSd, SlliSw,
    SlliSb, SlliBeq, SlliBne, SlliBlt, SlliBge, SlliBltu, SlliBgeu, SlliJal, SlliJalr,
    SrliAddi, SrliAddiw, SrliAdd, SrliSub, SrliSlli, SrliSrli, SrliAndi, SrliAnd, SrliOr,
    SrliXor, SrliLui, SrliLd, SrliLw, SrliLwu, SrliLbu, SrliLhu, SrliSd, SrliSw,
    SrliSb, SrliBeq, SrliBne, SrliBlt, SrliBge, SrliBltu, SrliBgeu, SrliJal, SrliJalr,
    AndiAddi, AndiAddiw, AndiAdd, AndiSub, AndiSlli, AndiSrli, AndiAndi, AndiAnd, AndiOr,
    AndiXor, AndiLui, AndiLd, AndiLw, AndiLwu, AndiLbu, AndiLhu, AndiSd, AndiSw,
    AndiSb, AndiBeq, AndiBne, AndiBlt, AndiBge, AndiBltu, AndiBgeu, AndiJal, AndiJalr,
    AndAddi, AndAddiw, AndAdd, AndSub, AndSlli, AndSrli, AndAndi, AndAnd, AndOr,
    AndXor, AndLui, AndLd, AndLw, AndLwu, AndLbu, AndLhu, AndSd, AndSw,
    AndSb, AndBeq, AndBne, AndBlt, AndBge, AndBltu, AndBgeu, AndJal, AndJalr,
    OrAddi, OrAddiw, OrAdd, OrSub, OrSlli, OrSrli, OrAndi, OrAnd, OrOr,
    OrXor, OrLui, OrLd, OrLw, OrLwu, OrLbu, OrLhu, OrSd, OrSw,
    OrSb, OrBeq, OrBne, OrBlt, OrBge, OrBltu, OrBgeu, OrJal, OrJalr,
    XorAddi, XorAddiw, XorAdd, XorSub, XorSlli, XorSrli, XorAndi, XorAnd, XorOr,
    XorXor, XorLui, XorLd, XorLw, XorLwu, XorLbu, XorLhu, XorSd, XorSw,
    XorSb, XorBeq, XorBne, XorBlt, XorBge, XorBltu, XorBgeu, XorJal, XorJalr,

    // A load or store first
    LdAddi, LdAddiw, LdAdd, LdSub, LdSlli, LdSrli, LdAndi, LdLd, LdLw, LdLbu,
    LdSd, LdSw, LdBeq, LdBne, LdBlt, LdBge, LdBltu, LdBgeu, LdJal, LdJalr,
    LwAddi, LwAddiw, LwAdd, LwSub, LwSlli, LwSrli, LwAndi, LwLd, LwLw, LwLbu,
    LwSd, LwSw, LwBeq, LwBne, LwBlt, LwBge, LwBltu, LwBgeu, LwJal, LwJalr,
    LbuAddi, LbuAddiw, LbuAdd, LbuSub, LbuSlli, LbuSrli, LbuAndi, LbuLd, LbuLw, LbuLbu,
    LbuSd, LbuSw, LbuBeq, LbuBne, LbuBlt, LbuBge, LbuBltu, LbuBgeu, LbuJal, LbuJalr,
    SdAddi, SdAddiw, SdAdd, SdSub, SdSlli, SdSrli, SdAndi, SdLd, SdLw, SdLbu,
    SdSd, SdSw, SdBeq, SdBne, SdBlt, SdBge, SdBltu, SdBgeu, SdJal, SdJalr,
    SwAddi, SwAddiw, SwAdd, SwSub, SwSlli, SwSrli, SwAndi, SwLd, SwLw, SwLbu,
    SwSd, SwSw, SwBeq, SwBne, SwBlt, SwBge, SwBltu, SwBgeu, SwJal, SwJalr,
}
