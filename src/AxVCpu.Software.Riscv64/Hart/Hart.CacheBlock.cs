using AxVCpu.Software.Riscv64.Isa;

namespace AxVCpu.Software.Riscv64;

// Zicbom and Zicboz. Memory is coherent, so the management instructions only check; cbo.zero writes.
internal sealed unsafe partial class Hart
{
    /// <summary>Bytes of a cache block; also what the device tree says.</summary>
    public const int CacheBlockBytes = 64;

    /// <summary>Executes a cache-block instruction at Pc. False when it trapped or an exit is pending.</summary>
    private bool ExecuteCacheBlock(CodeBlock* block, Op* op)
    {
        ulong enable = op->Code switch
        {
            OpCode.CboZero => EnvironmentBits.CBZE,
            OpCode.CboInval => EnvironmentBits.CBIE,
            _ => EnvironmentBits.CBCFE,
        };
        if ((_s->Mode != PrivilegeMode.Machine && (_s->Menvcfg & enable) == 0)
            || (_s->Mode == PrivilegeMode.User && (_s->Senvcfg & enable) == 0))
            return RaiseIllegal(CodeBlock.Raw(block, op));

        ulong va = _s->X[op->Rs1];
        ulong first = va & ~(ulong)(CacheBlockBytes - 1);
        switch (FillTlb(first, CacheBlockBytes, MemoryAccess.Store, out byte* host, out _))
        {
            case TlbFill.Mapped:
                if (op->Code == OpCode.CboZero)
                    new Span<byte>(host, CacheBlockBytes).Clear(); // SAFETY: an aligned block lies inside one mapped page.
                return true;
            case TlbFill.Mmio:
                RaiseAccessFault(va, MemoryAccess.Store);
                return false;
            default:
                return false;
        }
    }
}
