using System.Runtime.InteropServices;
using AxVCpu.Software.Riscv64.Isa;
using AxVCpu.Software.Translator;

namespace AxVCpu.Software.Riscv64;

/// <summary>What is fixed when a machine is made.</summary>
public sealed class Riscv64MachineConfig
{
    /// <summary>The VM's clock: the time CSR, and what timers compare with.</summary>
    public required VmClock Clock { get; init; }

    /// <summary>How many harts there can be, 1 to 4096; their ids are 0 to one less.</summary>
    public int HartCount { get; init; } = 1;

    /// <summary>What the harts implement; at least I and Zicsr.</summary>
    public IsaExtensions Isa { get; init; } = IsaExtensions.Default;

    /// <summary>How the harts start.</summary>
    public StartProfile Profile { get; init; } = StartProfile.Sbi;

    /// <summary>The format of the nested page table: Sv39x4 or Sv48x4.</summary>
    public Memory.NestedFormat NestedFormat { get; init; } = Memory.NestedFormat.Sv39x4;

    /// <summary>Whether the semihosting instruction sequence leaves the guest instead of trapping.</summary>
    public bool Semihosting { get; init; }

    /// <summary>
    /// CSRs that the VMM serves: an access leaves the guest with SysRegRead and SysRegWrite. Only numbers that Privileged ISA 2.1 sets aside
    /// for custom use; their privilege and read-only bits hold as for every CSR.
    /// </summary>
    public IReadOnlyList<int> VmmCsrs { get; init; } = [];

    /// <summary>
    /// Whether ebreak leaves the guest with Debug, Pc at the instruction, instead of trapping. FailAccess then gives the trap to the guest.
    /// </summary>
    public bool BreakpointExits { get; init; }

    /// <summary>Host bytes for each hart's decoded and translated code, at least 64 KiB; used only as far as the guest needs them.</summary>
    public int CodeCacheBytes { get; init; } = 32 << 20;

    /// <summary>How guest code is executed.</summary>
    public ExecutionTier Tier { get; init; }

    /// <summary>Makes a hart's translator; tests put their own here.</summary>
    internal Func<StateLayout, int, IHostTranslator?> CreateTranslator { get; init; } = HostTranslator.TryCreate;
}

/// <summary>What the harts of one virtual machine share. Owned by the VM, which disposes it after its vCPUs.</summary>
public sealed partial class Riscv64Machine : IDisposable
{
    private readonly Hart?[] _harts;
    private readonly GCHandle _handle;
    private readonly ulong[] _vmmCsrs = new ulong[4096 / 64];
    private readonly Lazy<PairExchange> _pairExchange = new(() => new PairExchange());
    private int _isDisposed;

    /// <summary>Creates a machine without harts.</summary>
    /// <exception cref="ArgumentException">A value of <paramref name="config"/> is out of its range.</exception>
    public Riscv64Machine(Riscv64MachineConfig config)
    {
        ArgumentNullException.ThrowIfNull(config);
        ArgumentNullException.ThrowIfNull(config.Clock, nameof(config));
        ArgumentOutOfRangeException.ThrowIfLessThan(config.HartCount, 1, nameof(config));
        ArgumentOutOfRangeException.ThrowIfGreaterThan(config.HartCount, 4096, nameof(config));
        ArgumentOutOfRangeException.ThrowIfLessThan(config.CodeCacheBytes, 64 << 10, nameof(config));
        const IsaExtensions Required = IsaExtensions.I | IsaExtensions.Zicsr;
        if ((config.Isa & Required) != Required)
            throw new ArgumentException("the ISA lacks I or Zicsr", nameof(config));
        if (config.NestedFormat is not (Memory.NestedFormat.Sv39x4 or Memory.NestedFormat.Sv48x4))
            throw new ArgumentException($"a riscv64 hart cannot walk nested tables of format {config.NestedFormat}", nameof(config));

        if (config.Tier == ExecutionTier.Both && config.HartCount != 1)
            throw new ArgumentException("the tiers can be compared with one hart only: another one would change memory between them", nameof(config));

        _harts = new Hart?[config.HartCount];
        _hsm = new int[config.HartCount];
        _hsm.AsSpan().Fill((int)HsmState.Stopped);
        Isa = config.Isa;
        Profile = config.Profile;
        Clock = config.Clock;
        NestedFormat = config.NestedFormat;
        Semihosting = config.Semihosting;
        BreakpointExits = config.BreakpointExits;
        foreach (int csr in config.VmmCsrs)
        {
            if (!IsCustomCsr(csr))
                throw new ArgumentException($"CSR 0x{csr:x} is not of a range for custom use", nameof(config));
            _vmmCsrs[csr >> 6] |= 1UL << (csr & 63);
        }

        CodeCacheBytes = config.CodeCacheBytes;
        Tier = config.Tier;
        CreateTranslator = config.CreateTranslator;
        _handle = GCHandle.Alloc(this);
    }

    /// <summary>How many harts there can be; their ids are 0 to one less.</summary>
    public int HartCount => _harts.Length;

    /// <summary>Whether ebreak leaves the guest instead of trapping.</summary>
    public bool BreakpointExits { get; }

    /// <summary>What the harts implement.</summary>
    public IsaExtensions Isa { get; }

    /// <summary>How the harts start.</summary>
    public StartProfile Profile { get; }

    /// <summary>The time CSR's source.</summary>
    public VmClock Clock { get; }

    /// <summary>Whether the semihosting sequence leaves the guest instead of trapping.</summary>
    public bool Semihosting { get; }

    /// <summary>Give it to the address space of the VM: it makes the harts forget nested translations, and waits until they have.</summary>
    public Riscv64TlbInvalidator TlbInvalidator => new(GCHandle.ToIntPtr(_handle));

    internal int CodeCacheBytes { get; }

    /// <summary>For amocas.q.</summary>
    internal PairExchange PairExchange => _pairExchange.Value;

    internal Func<StateLayout, int, IHostTranslator?> CreateTranslator { get; }

    /// <summary>How guest code is executed.</summary>
    public ExecutionTier Tier { get; }

    /// <summary>Sets when a hart's machine timer interrupt becomes pending, in ticks of <see cref="Clock"/>; the maximum value is never. Any thread.</summary>
    /// <returns>False when there is no such hart.</returns>
    public bool SetMachineTimer(ulong hartId, ulong deadline)
    {
        if (FindHart(hartId) is not { } hart)
            return false;
        hart.SetMachineTimer(deadline);
        return true;
    }

    /// <summary>Makes every running hart forget nested translations; returns when they have. Any thread that is not inside a hart's Run.</summary>
    public void InvalidateNestedTranslations()
    {
        foreach (Hart? hart in _harts)
            hart?.RequestFence(HartRequests.FlushNested);
        foreach (Hart? hart in _harts)
        {
            if (hart is null)
                continue;
            ulong ticket = hart.LastFenceTicket;
            var spin = default(SpinWait);
            while (!hart.IsFenceServed(ticket))
                spin.SpinOnce(sleep1Threshold: -1);
        }
    }

    /// <summary>Ends the life of the machine; its vCPUs must not run any more.</summary>
    public void Dispose()
    {
        if (Interlocked.Exchange(ref _isDisposed, 1) != 0)
            return;
        _handle.Free();
        if (_pairExchange.IsValueCreated)
            _pairExchange.Value.Dispose();
    }

    /// <summary>The hart with <paramref name="id"/>, or null before it was created. Any thread.</summary>
    internal Hart? FindHart(ulong id) => id < (ulong)_harts.Length ? Volatile.Read(ref _harts[id]) : null;

    /// <summary>Where the tiers parted, when a hart's Run ended for that; null otherwise. Not while the hart runs.</summary>
    public string? DescribeDivergence(ulong hartId) => FindHart(hartId)?.Divergence;

    /// <summary>What a hart has counted. Any thread.</summary>
    /// <returns>False when there is no such hart.</returns>
    public bool TryReadCounters(ulong hartId, out Riscv64Counters counters)
    {
        Hart? hart = FindHart(hartId);
        counters = hart is null ? default : hart.ReadCounters();
        return hart is not null;
    }

    /// <summary>Makes a hart known to the others. False when there is one with its id.</summary>
    internal bool AddHart(Hart hart) => Interlocked.CompareExchange(ref _harts[hart.HartId], hart, null) is null;

    /// <summary>Forgets a hart that will not run any more.</summary>
    internal void RemoveHart(Hart hart) => Interlocked.CompareExchange(ref _harts[hart.HartId], null, hart);

    /// <summary>Whether the VMM serves the CSR.</summary>
    internal bool IsVmmCsr(int csr) => ((_vmmCsrs[csr >> 6] >> (csr & 63)) & 1) != 0;

    // Privileged ISA 2.1, table 3: the custom ranges by the low eight bits of the number, for each kind of access and privilege.
    private static bool IsCustomCsr(int csr) => csr is >= 0 and < 4096 && (csr >> 8) switch
    {
        0x8 => true,
        0x5 or 0x6 or 0x7 or 0x9 or 0xA or 0xB or 0xC or 0xD or 0xE or 0xF => (csr & 0xFF) >= 0xC0,
        _ => false,
    };
}
