using AxVCpu.Software.Riscv64.Isa;

namespace AxVCpu.Software.Riscv64;

// Zicbom and Zicboz. Memory is coherent, so the management instructions only check; cbo.zero writes.
internal sealed unsafe partial class Hart
{
    /// <summary>Bytes of a cache block; also what the device tree says.</summary>
    public const int CacheBlockBytes = 64;

    /// <summary>During a cache-block management instruction, whose faults are those of a store.</summary>
    private bool _loadsFaultAsStores;

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
        bool isZero = op->Code == OpCode.CboZero;
        // "Permitted whenever a load or a store is permitted" ("CMO", Cache-Block Management Instructions), and whoever may store may load.
        _loadsFaultAsStores = !isZero;
        TlbFill found = FillTlb(first, CacheBlockBytes, isZero ? MemoryAccess.Store : MemoryAccess.Load, out byte* host, out _);
        _loadsFaultAsStores = false;
        switch (found)
        {
            case TlbFill.Mapped:
                if (isZero)
                    new Span<byte>(host, CacheBlockBytes).Clear(); // SAFETY: an aligned block lies inside one mapped page.
                return true;
            case TlbFill.Exit:
                _faultAccess = MemoryAccess.Store;
                return false;
            case TlbFill.Mmio:
                RaiseAccessFault(va, MemoryAccess.Store);
                return false;
            default:
                return false;
        }
    }
}
