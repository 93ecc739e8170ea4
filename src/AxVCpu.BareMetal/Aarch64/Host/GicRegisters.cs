namespace AxVCpu.BareMetal.Aarch64;

/// <summary>Offsets in the distributor (GIC architecture specification IHI 0069, 12.9 "GICD").</summary>
internal enum GicDistributorRegister : uint
{
    /// <summary>GICD_CTLR.</summary>
    CTLR = 0x0000,
    /// <summary>GICD_TYPER.</summary>
    TYPER = 0x0004,
    /// <summary>GICD_IGROUPR&lt;n&gt;.</summary>
    IGROUPR = 0x0080,
    /// <summary>GICD_ISENABLER&lt;n&gt;.</summary>
    ISENABLER = 0x0100,
    /// <summary>GICD_ICENABLER&lt;n&gt;.</summary>
    ICENABLER = 0x0180,
    /// <summary>GICD_ICPENDR&lt;n&gt;.</summary>
    ICPENDR = 0x0280,
    /// <summary>GICD_ISACTIVER&lt;n&gt;.</summary>
    ISACTIVER = 0x0300,
    /// <summary>GICD_ICACTIVER&lt;n&gt;.</summary>
    ICACTIVER = 0x0380,
    /// <summary>GICD_IPRIORITYR&lt;n&gt;.</summary>
    IPRIORITYR = 0x0400,
    /// <summary>GICD_ICFGR&lt;n&gt;.</summary>
    ICFGR = 0x0C00,
    /// <summary>GICD_IROUTER&lt;n&gt;.</summary>
    IROUTER = 0x6000,
}

/// <summary>Offsets in a redistributor (12.11 "GICR"); the second frame has the distributor's layout for SGIs and PPIs.</summary>
internal enum GicRedistributorRegister : uint
{
    /// <summary>GICR_TYPER.</summary>
    TYPER = 0x0008,
    /// <summary>GICR_WAKER.</summary>
    WAKER = 0x0014,
    /// <summary>The SGI and PPI frame.</summary>
    SgiFrame = 0x1_0000,
}
