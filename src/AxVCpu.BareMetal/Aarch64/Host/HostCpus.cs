namespace AxVCpu.BareMetal.Aarch64;

/// <summary>The firmware's functions that are used (Arm DEN 0022, PSCI 1.1, chapter 5, unless it says otherwise).</summary>
internal enum FirmwareFunction : uint
{
    /// <summary>PSCI_VERSION.</summary>
    PsciVersion = 0x8400_0000,
    /// <summary>CPU_OFF.</summary>
    CpuOff = 0x8400_0002,
    /// <summary>CPU_ON, 64 bits.</summary>
    CpuOn = 0xC400_0003,
    /// <summary>SYSTEM_OFF.</summary>
    SystemOff = 0x8400_0008,
    /// <summary>SYSTEM_RESET.</summary>
    SystemReset = 0x8400_0009,
    /// <summary>PSCI_FEATURES.</summary>
    PsciFeatures = 0x8400_000A,
    /// <summary>TRNG_VERSION (Arm DEN 0098, 2.1).</summary>
    TrngVersion = 0x8400_0050,
}

/// <summary>The host's CPUs. Number 0 is the one that booted.</summary>
internal static unsafe class HostCpus
{
    private const ulong AffinityMask = 0xFF_00FF_FFFF;
    private const ulong StackStride = 36864;
    private const ulong StartPatience = 1; // seconds

    private static uint s_count = 1;

    /// <summary>How many CPUs run.</summary>
    public static uint Count => s_count;

    /// <summary>This CPU.</summary>
    public static ref PerCpuBlock Current => ref *Native.CurrentCpu();

    /// <summary>The block of a CPU.</summary>
    /// <param name="cpu">Below <see cref="Count"/>.</param>
    // SAFETY: start.S has room for MaxCpus blocks.
    public static PerCpuBlock* BlockOf(uint cpu) => (PerCpuBlock*)(Native.CpuBlocks() + ((cpu % PerCpuBlock.MaxCpus) * PerCpuBlock.Stride));

    /// <summary>The affinity of a CPU.</summary>
    public static ulong MpidrOf(uint cpu) => BlockOf(cpu)->Mpidr;

    /// <summary>Completes the boot CPU's block.</summary>
    public static void OpenBootCpu()
    {
        PerCpuBlock* block = Native.CurrentCpu();
        block->Mpidr = Native.ReadMpidrEl1() & AffinityMask;
        block->IsOnline = 1;
    }

    /// <summary>Starts all CPUs of the device tree; when one does not come, it and the rest are left out.</summary>
    public static void StartOthers()
    {
        ref HostFacts facts = ref HostFdt.Facts;
        ulong self = Native.CurrentCpu()->Mpidr;
        for (uint i = 0; i < facts.CpuCount; i++)
        {
            ulong mpidr = facts.Cpus[(int)i] & AffinityMask;
            if (mpidr == self || s_count == PerCpuBlock.MaxCpus)
                continue;
            PerCpuBlock* block = BlockOf(s_count);
            *block = default;
            block->Index = s_count;
            block->Mpidr = mpidr;
            block->StackTop = Native.ImageStacks() + ((s_count + 1) * StackStride);
            // The CPU reads its block before its MMU is on.
            Native.CleanDataCache((ulong)block, PerCpuBlock.Stride);
            ulong result = Native.Smc((ulong)FirmwareFunction.CpuOn, mpidr, Native.SecondaryEntry(), (ulong)block);
            if (result != 0 || !HasCome(block))
            {
                // It may still come, and then owns its block: no other may get it.
                Log.Error("cpu "u8).Hex(mpidr).Text(" does not start: "u8).Hex(result).Text("; the remaining ones are left out"u8).End();
                return;
            }

            s_count++;
        }
    }

    /// <summary>Switches this CPU off; it does not come back.</summary>
    public static void PowerOffCurrent()
    {
        Native.Smc((ulong)FirmwareFunction.CpuOff, 0, 0, 0);
        Park();
    }

    /// <summary>Switches the machine off.</summary>
    public static void PowerOff()
    {
        Native.Smc((ulong)FirmwareFunction.SystemOff, 0, 0, 0);
        Park();
    }

    /// <summary>Resets the machine.</summary>
    public static void Reboot()
    {
        Native.Smc((ulong)FirmwareFunction.SystemReset, 0, 0, 0);
        Park();
    }

    /// <summary>Does nothing for ever.</summary>
    [System.Diagnostics.CodeAnalysis.DoesNotReturn]
    public static void Park()
    {
        while (true)
            Native.WaitForEvent();
    }

    private static bool HasCome(PerCpuBlock* block)
    {
        ulong end = HostTimer.Now + (StartPatience * HostTimer.Frequency);
        while (Volatile.Read(ref block->IsOnline) == 0)
        {
            if (HostTimer.Now >= end)
                return false;
            Native.Relax();
        }

        return true;
    }
}
