namespace AxVCpu.Software.Riscv64;

internal sealed unsafe partial class Hart
{
    private partial void ResetExecution()
    {
        _s->DataClass = MmuClass.Machine;
        _s->FetchClass = MmuClass.Machine;
        _s->DataTlb = _tlb.ClassBase((int)MmuClass.Machine);
        _s->FetchContext = (ulong)MmuClass.Machine;
    }
}
