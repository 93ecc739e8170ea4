namespace AxVCpu.BareMetal.Aarch64;

/// <summary>What is fixed when a vCPU is created.</summary>
internal struct Aarch64CreateConfig
{
    /// <summary>The affinity fields of the guest's MPIDR_EL1: 39:32 and 23:0.</summary>
    public ulong Mpidr;

    /// <summary>X0 at the start: the physical address of the device tree for a Linux kernel.</summary>
    public ulong FdtAddress;
}

/// <summary>What is fixed when a vCPU is set up.</summary>
internal unsafe struct Aarch64SetupConfig
{
    /// <summary>Shared by the VM's vCPUs, and outlives them.</summary>
    public Aarch64VmContext* Vm;

    /// <summary>CNTVOFF_EL2: the host's counter minus the guest's.</summary>
    public ulong CounterOffset;

    /// <summary>Whether a WFE leaves the guest, so that another vCPU can run.</summary>
    public bool TrapWaitForEvent;

    /// <summary>
    /// Whether there is no modelled interrupt controller: <c>SetInterruptLine</c> then drives the guest's IRQ (0) and FIQ (1) inputs.
    /// </summary>
    public bool HasDirectLines;

    /// <summary>Whether SMC is answered as HVC is. Otherwise it returns "not supported"; it never reaches the firmware.</summary>
    public bool SmcIsHypercall;
}

/// <summary>Exits that only this architecture has.</summary>
internal enum Aarch64Exit : uint
{
    /// <summary>The guest waits for an event: WFE or WFET. No payload.</summary>
    WaitForEvent = 1,
}

/// <summary>The virtual timer (CNTV) of a vCPU as it was at the last exit, seen in ticks of the host's counter.</summary>
internal struct GuestTimer
{
    private const ulong Enable = 1;
    private const ulong Mask = 2;

    /// <summary>CNTV_CTL_EL0.</summary>
    public ulong Control;

    /// <summary>CNTV_CVAL_EL0, in the guest's ticks; brought up to date only while the timer is on.</summary>
    public ulong Compare;

    /// <summary>CNTVOFF_EL2.</summary>
    public ulong Offset;

    /// <summary>Whether the timer runs and is not masked.</summary>
    public readonly bool IsOn => (Control & (Enable | Mask)) == Enable;

    /// <summary>The host's counter when the timer is due; <see cref="ulong.MaxValue"/> when it is off or masked.</summary>
    public readonly ulong Deadline
    {
        get
        {
            if (!IsOn)
                return ulong.MaxValue;
            ulong due = Compare + Offset;
            return due < Compare ? ulong.MaxValue : due;
        }
    }

    /// <summary>Whether the timer's output is high when the host's counter is <paramref name="now"/>.</summary>
    public readonly bool IsAssertedAt(ulong now) => IsOn && now - Offset >= Compare;
}
