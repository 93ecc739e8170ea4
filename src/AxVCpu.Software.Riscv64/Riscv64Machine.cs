using AxVCpu.Software.Riscv64.Isa;

namespace AxVCpu.Software.Riscv64;

/// <summary>What the harts of one virtual machine share.</summary>
internal sealed partial class Riscv64Machine
{
    private readonly Hart?[] _harts;

    /// <summary>A machine whose harts have the ids 0 to <paramref name="hartCount"/> - 1.</summary>
    public Riscv64Machine(int hartCount, IsaExtensions isa, StartProfile profile, VmClock clock)
    {
        _harts = new Hart?[hartCount];
        _hsm = new int[hartCount];
        _hsm.AsSpan().Fill((int)HsmState.Stopped);
        Isa = isa;
        Profile = profile;
        Clock = clock;
    }

    /// <summary>How many harts there are; their ids are 0 to one less.</summary>
    public int HartCount => _harts.Length;

    /// <summary>What the harts implement.</summary>
    public IsaExtensions Isa { get; }

    /// <summary>How the harts start.</summary>
    public StartProfile Profile { get; }

    /// <summary>The time CSR's source.</summary>
    public VmClock Clock { get; }

    /// <summary>Whether the semihosting sequence leaves the guest instead of trapping.</summary>
    public bool Semihosting { get; init; }

    /// <summary>The hart with <paramref name="id"/>, or null before it was created. Any thread.</summary>
    public Hart? FindHart(ulong id) => id < (ulong)_harts.Length ? Volatile.Read(ref _harts[id]) : null;

    /// <summary>Makes a hart known to the others; called by the hart's constructor's caller.</summary>
    public void AddHart(Hart hart) => Volatile.Write(ref _harts[hart.HartId], hart);
}
