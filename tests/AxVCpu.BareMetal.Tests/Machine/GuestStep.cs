using AxVCpu.BareMetal.Aarch64;

namespace AxVCpu.BareMetal.Tests.Machine;

/// <summary>What a guest's program does next: it computes for a while, or does what takes it to EL2.</summary>
/// <param name="Ticks">How long it computes; 0 when it leaves.</param>
/// <param name="Esr">Why it leaves: ESR_EL2.</param>
/// <param name="Address">The address that it accessed.</param>
internal readonly record struct GuestStep(ulong Ticks, ulong Esr = 0, ulong Address = 0)
{
    private const int ClassShift = 26;
    private const ulong Is32Bit = 1 << 25;

    /// <summary>A synchronous exception.</summary>
    public static GuestStep Leave(ExceptionClass cause, ulong iss, ulong address = 0) => new(0, (ulong)cause << ClassShift | Is32Bit | iss, address);
}

/// <summary>A program for the CPU of a guest: it begins when a vCPU starts at its address, and is over with the vCPU's reset.</summary>
internal delegate IEnumerable<GuestStep> GuestProgram(GuestCpu cpu);
