namespace AxVCpu.Software.Riscv64;

// Base extension (SBI 2.0, 4).
internal sealed unsafe partial class Hart
{
    /// <summary>SBI 2.0: major in bits 30-24.</summary>
    private const ulong SbiSpecVersion = 2UL << 24;

    /// <summary>"AXVC". The registry of implementation ids is short and dense; this is far from it and not registered.</summary>
    private const ulong SbiImplementationId = 0x4158_5643;

    /// <summary>0.1, as major in bits 31-16.</summary>
    private const ulong SbiImplementationVersion = 1;

    private SbiResult SbiBase(ulong function) => function switch
    {
        0 => SbiResult.Success(SbiSpecVersion),
        1 => SbiResult.Success(SbiImplementationId),
        2 => SbiResult.Success(SbiImplementationVersion),
        3 => SbiResult.Success(IsSbiExtension(_s->X[A0]) ? 1UL : 0UL),
        // mvendorid, marchid, mimpid: as the CSRs.
        4 or 5 or 6 => SbiResult.Success(0),
        _ => SbiError.NotSupported,
    };

    private static bool IsSbiExtension(ulong id) => (SbiExtension)id is
        <= SbiExtension.LegacyShutdown or SbiExtension.Base or SbiExtension.Time or SbiExtension.Ipi or SbiExtension.Rfence
        or SbiExtension.Hsm or SbiExtension.Srst or SbiExtension.Dbcn or SbiExtension.Hypercall;
}
