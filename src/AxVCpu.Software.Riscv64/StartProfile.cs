namespace AxVCpu.Software.Riscv64;

/// <summary>What a hart finds when it starts.</summary>
public enum StartProfile : byte
{
    /// <summary>S mode, with the engine answering SBI calls; M mode does not exist for the guest.</summary>
    Sbi,
    /// <summary>M mode after power-on: the guest brings its firmware.</summary>
    Machine,
}
