using System.Runtime.InteropServices;
using AxVCpu.Memory;

namespace AxVCpu.Software.Riscv64;

/// <summary>Carries nested TLB invalidations from an address space to the harts of a <see cref="Riscv64Machine"/>.</summary>
/// <remarks>Valid until the machine is disposed. The default value stands for a VM that has no machine yet, and does nothing.</remarks>
public readonly struct Riscv64TlbInvalidator : ITlbInvalidator
{
    private readonly nint _machine;

    internal Riscv64TlbInvalidator(nint machine) => _machine = machine;

    /// <inheritdoc/>
    public void InvalidateRange(NestedInvalidation operation, GuestPhysAddr start, ulong size) => InvalidateAll(operation);

    /// <inheritdoc/>
    public void InvalidateAll(NestedInvalidation operation)
    {
        if (_machine != 0 && GCHandle.FromIntPtr(_machine).Target is Riscv64Machine machine)
            machine.InvalidateNestedTranslations();
    }
}
