using System.Runtime.InteropServices;

namespace AxVCpu.Software.Riscv64;

/// <summary>
/// One guest CPU. Its thread is the one inside Run; other threads only raise requests.
/// Anything that can fault returns whether to go on: after false the state already stands at the trap handler, or an exit is pending.
/// </summary>
internal sealed unsafe partial class Hart : IDisposable
{
    private readonly HartState* _s;
    private readonly SoftTlb _tlb;
    private readonly Riscv64Machine _machine;

    /// <summary>Set with the exit record when Run must return to its caller.</summary>
    private bool _exitPending;

    /// <summary>What Run returns with; meaningful while <see cref="_exitPending"/>.</summary>
    private VCpuExitRecord _exit;

    /// <summary>The access that the pending NestedPageFault exit is about: if it is refused the guest takes an access fault of this kind.</summary>
    private MemoryAccess _faultAccess;

    /// <summary>The virtual address of that access.</summary>
    private ulong _faultAddress;

    /// <summary>Creates a hart of <paramref name="machine"/> in its reset state.</summary>
    public Hart(Riscv64Machine machine, ulong hartId)
    {
        _machine = machine;
        HartId = hartId;
        _s = (HartState*)NativeMemory.AlignedAlloc((nuint)sizeof(HartState), 64);
        _tlb = new SoftTlb((int)MmuClass.Count);
        _blocks = new BlockCache(machine.Isa, (nuint)machine.CodeCacheBytes / 2, InitialHeat);
        _self = GCHandle.Alloc(this, GCHandleType.Weak);
        Reset();
    }

    /// <summary>Whether Run is about to return to its caller.</summary>
    public bool ExitPending => _exitPending;

    /// <summary>The value of mhartid.</summary>
    public ulong HartId { get; }

    /// <summary>The hart's registers; owner thread, or any thread while it does not run.</summary>
    public HartState* State => _s;

    /// <summary>Back to the state after power-on: machine mode, everything zero, nothing cached.</summary>
    public void Reset()
    {
        *_s = default;
        _s->Mode = PrivilegeMode.Machine;
        _exitPending = false;
        _tlb.FlushAll();
        ResetExecution();
        ResetSystem();
    }

    /// <summary>Makes the dispatch loop look at <paramref name="requests"/> soon. Any thread.</summary>
    public void RequestPoll(HartRequests requests)
    {
        // The owner re-arms PollAt and then looks at Requests; we set Requests and then clear PollAt. Whoever is second sees the other's write.
        Interlocked.Or(ref _s->Requests, (int)requests);
        Volatile.Write(ref _s->PollAt, 0);
        GC.KeepAlive(this);
    }

    /// <summary>The registers live as long as anybody can reach the hart: a device may signal it after <see cref="Dispose"/>.</summary>
    ~Hart()
    {
        NativeMemory.AlignedFree(_s);
        _self.Free();
    }

    /// <summary>Frees what only running needs; the hart must not run any more.</summary>
    [System.Diagnostics.CodeAnalysis.SuppressMessage("Usage", "CA1816", Justification = "the finalizer frees what other threads may still write")]
    public void Dispose()
    {
        _tlb.Dispose();
        _blocks.Dispose();
        _lockstep?.Dispose();
        _translator?.Dispose();
    }

    private partial void ResetSystem();

    private partial void ResetExecution();
}
