using System.Runtime.CompilerServices;
using AxVCpu.Kvm.Abi;

namespace AxVCpu.Kvm;

/// <content>Entering the guest and coming back.</content>
internal sealed unsafe partial class Processor
{
    /// <summary>Runs the guest until something happens that the VMM must see. The owner.</summary>
    internal EngineError Run(ref VCpuExitRecord exit)
    {
        if (NextFragment(ref exit))
            return default;
        if (_failedFault is { } address)
        {
            // Guest memory that the host cannot give: the instruction can neither run nor be faulted, as x86 has no bus errors.
            _failedFault = null;
            exit.SetInternalError(EngineErrorCode.InvalidAddress, (ulong)KvmExitReason.MemoryFault, address);
            return default;
        }

        EngineError error = FlushRegisters();
        while (error.IsNone)
        {
            GoInside();
            bool runs = MayEnter(ref exit, out bool leaves, ref error);
            int result = runs ? Libc.Enter(_descriptor) : 0;
            GoOutside();
            if (leaves || !error.IsNone)
                return error;
            if (!runs)
            {
                WaitWhilePaused();
                continue;
            }

            HoldRegisters();
            // EAGAIN: a vCPU that waits for its start-up interrupt was disturbed.
            if (result is -Libc.ErrorInterrupted or -Libc.ErrorAgain)
                continue;
            if (Decode(result, ref exit, ref error))
                return error;
        }

        return error;
    }

    /// <summary>
    /// Commits what an exit left open: the value of a completed read, the step over an instruction. Afterwards the registers are those of an
    /// instruction boundary. The owner.
    /// </summary>
    internal EngineError CompletePending()
    {
        if (!_isOpen)
            return default;
        if (_fragmentsLeft != 0)
            return new EngineError(EngineOperation.Run, EngineErrorCode.InvalidArgument);
        EngineError error = FlushRegisters();
        if (!error.IsNone)
            return error;
        _run->ImmediateExit = 1;
        int result = Libc.Enter(_descriptor);
        _run->ImmediateExit = 0;
        _isOpen = false;
        _answer = Answer.None;
        HoldRegisters();
        return result is 0 or -Libc.ErrorInterrupted ? default : Result(result, EngineOperation.Run);
    }

    /// <summary>The last look at what is asked of the owner, when it is Inside.</summary>
    /// <param name="exit">What happened, when the run ends here.</param>
    /// <param name="leaves">Whether the run ends here.</param>
    /// <param name="error">A refusal of the kernel.</param>
    /// <returns>Whether to enter the guest.</returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private bool MayEnter(ref VCpuExitRecord exit, out bool leaves, ref EngineError error)
    {
        leaves = false;
        if (Volatile.Read(ref _isKicked) != 0)
        {
            leaves = true;
            exit.SetInterrupted();
            return false;
        }

        if (Volatile.Read(ref _isPaused))
            return false;
        if (!_hasKernelLapic)
        {
            error = DeliverInterrupts(ref exit, out leaves);
            if (leaves || !error.IsNone)
                return false;
        }

        _isOpen = false;
        _answer = Answer.None;
        return true;
    }
}
