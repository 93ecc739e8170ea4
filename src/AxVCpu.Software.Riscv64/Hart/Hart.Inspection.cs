namespace AxVCpu.Software.Riscv64;

// Views for tests.
internal sealed unsafe partial class Hart
{
    /// <summary>The exit that Run is about to return with; meaningful while <see cref="ExitPending"/>.</summary>
    public VCpuExit PendingExit() => new(in _exit);

    /// <summary>Drops a pending exit, as the start of Run does.</summary>
    public void ForgetExit() => _exitPending = false;

    /// <summary>Whether loads in the current mode reach the page of <paramref name="va"/> without a walk.</summary>
    public bool IsCached(ulong va) => _tlb.Entry((int)_s->DataClass, SoftTlb.LoadOffset, va)->Tag == (va & SoftTlb.PageMask);
}
