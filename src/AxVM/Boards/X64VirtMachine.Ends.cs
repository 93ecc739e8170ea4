using AxVCpu;
using AxVCpu.Kvm;
using AxVCpu.X64;

namespace AxVM.Boards;

/// <content>How a vCPU ends without having asked for it, in words.</content>
internal sealed partial class X64VirtMachine
{
    // Documentation/virt/kvm/api.rst, section 5, KVM_EXIT_INTERNAL_ERROR: the sub-error, flags, and the bytes of the instruction behind their number.
    private const ulong EmulationFailed = 1;
    private const ulong HasInstruction = 1 << 0;
    private const int LongestInstruction = 15;

    /// <summary>Small programs often end that way; Linux has its own, and wakes no less than it must.</summary>
    public bool WatchesHalts { get; private set; }

    /// <inheritdoc/>
    public string? ExplainReset(ulong code) => code == (ulong)X64ResetCode.TripleFault
        ? "triple fault: an exception that the guest has no handler for, and none for the faults that followed"
        : null;

    /// <inheritdoc/>
    public bool IsDeaf(int cpu)
    {
        ref KvmX64VCpu arch = ref Arch(cpu);
        if (!arch.Read(out X64RunStateGroup run).IsNone || !arch.Read(out X64GeneralRegisters registers).IsNone)
        {
            return false;
        }

        return run.State is X64RunState.Uninitialized or X64RunState.InitReceived
            || (run.State == X64RunState.Halted && (registers.Rflags & X64Flags.InterruptEnable) == 0);
    }

    /// <inheritdoc/>
    public string? ExplainError(int cpu, in InternalErrorExit error)
    {
        ref KvmX64VCpu arch = ref Arch(cpu);
        if (error.Data0 != EmulationFailed || !arch.Read(out X64SystemRegisters system).IsNone)
        {
            return null;
        }

        string at = $"0x{system.Cs.Base + arch.ProgramCounter:x}";
        Span<byte> bytes = stackalloc byte[2 * sizeof(ulong)];
        BitConverter.TryWriteBytes(bytes, error.Data2);
        BitConverter.TryWriteBytes(bytes[sizeof(ulong)..], error.Data3);
        int count = (error.Data1 & HasInstruction) != 0 ? int.Min(bytes[0], LongestInstruction) : 0;
        string instruction = count != 0 ? $" (bytes {Convert.ToHexStringLower(bytes.Slice(1, count))} there)" : string.Empty;
        string reason = _machine.Module == KvmModule.Pvm ? ", which the module kvm_pvm does not emulate: many are missing there" : string.Empty;
        return $"KVM cannot execute the instruction at {at}{instruction}{reason}";
    }
}
