using System.Runtime.CompilerServices;
using AxVCpu.Kvm.Abi;
using AxVCpu.X64;

namespace AxVCpu.Kvm;

/// <content>Entering the guest and coming back.</content>
internal sealed unsafe partial class Processor
{
    // What the owner has to do before it enters the guest.
    private const int MoreFragments = 1;
    private const int FailedFault = 2;
    private const int DirtyRegisters = 4;
    private const int Halt = 8;
    private const int Unshown = 16; // an exit that came of a commit, or behind another
    private const int Disposed = 32;
    private const int StepAnew = 64; // the instruction that is stepped is not the one that the kernel was told

    private int _due;

    /// <summary>Runs the guest until something happens that the VMM must see. The owner.</summary>
    /// <remarks>
    /// After each exit the TLB is cold, and a page costs more than ten instructions: one piece of code, one object and the shared page for
    /// what most exits are; the rest in methods of its own.
    /// </remarks>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal EngineError Run(ref VCpuExitRecord exit)
    {
        EngineError error = default;
        if (_due != 0 && !Prepare(ref exit, ref error))
            return error;
        while (true)
        {
            if (!TryGoInside() && !MayEnter(ref exit, ref error))
                return error;
            _isOpen = false;
            _isReadAnswered = false;
            _answer = Answer.None;
            int result = Libc.Enter(_descriptor);
            GoOutside();
            _lastResult = result;
            HoldRegisters();
            if (_run->Cr8 != _seenTaskPriority && IsTaskPriorityLowered(result, ref exit))
                return default;
            if (result == 0 && DecodeFrequent(_run->ExitReason, ref exit))
                return default;
            if (Decode(result, ref exit, ref error))
                return error;
        }
    }

    /// <summary>Does what is due before an entry.</summary>
    /// <returns>False when the run ends here.</returns>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private bool Prepare(ref VCpuExitRecord exit, ref EngineError error)
    {
        if ((_due & Disposed) != 0)
            Misuse.WrongState(VCpuState.Invalid, VCpuState.Ready);
        if ((_due & MoreFragments) != 0)
        {
            NextFragment(ref exit);
            return false;
        }

        if ((_due & Unshown) != 0)
        {
            _due &= ~Unshown;
            if (DecodeFrequent(_run->ExitReason, ref exit) || Decode(0, ref exit, ref error))
                return false;
        }

        if ((_due & FailedFault) != 0)
        {
            // Guest memory that the host cannot give: the instruction can neither run nor be faulted, as x86 has no bus errors.
            _due &= ~FailedFault;
            exit.SetInternalError(EngineErrorCode.InvalidAddress, (ulong)KvmExitReason.MemoryFault, _faultAddress);
            return false;
        }

        if ((_due & Halt) != 0)
            Interlocked.Or(ref _word, Interrupts); // what may have ended the halt
        error = FlushRegisters();
        return error.IsNone;
    }

    /// <summary>
    /// Commits what an exit left open: the value of a completed read, the step over an instruction. Afterwards the registers are those of an
    /// instruction boundary. The owner.
    /// </summary>
    /// <returns>InvalidArgument when the instruction has more to show: run on first.</returns>
    internal EngineError CompletePending()
    {
        if ((_due & (MoreFragments | Unshown)) != 0)
            return new EngineError(EngineOperation.Run, EngineErrorCode.InvalidArgument);
        if (!_isOpen)
            return default;
        EngineError error = FlushRegisters();
        if (!error.IsNone)
            return error;
        int result = EnterForCommit();
        if (result != 0)
            return result == -Libc.ErrorInterrupted ? default : Result(result, EngineOperation.Run);
        // The next part of the same instruction; the next run shows it.
        _due |= Unshown;
        return new EngineError(EngineOperation.Run, EngineErrorCode.InvalidArgument);
    }

    /// <summary>As <see cref="CompletePending"/>, when the VMM has said all that it was asked for: before registers are read.</summary>
    private EngineError CompleteAnswered()
    {
        if (!_isOpen || IsAnswerMissing || (_due & (MoreFragments | Unshown)) != 0)
            return default;
        EngineError error = CompletePending();
        return (_due & Unshown) != 0 ? default : error;
    }

    private bool IsAnswerMissing => _answer is Answer.Memory or Answer.ReadRegister || (_answer == Answer.Port && _answersLeft != 0);

    /// <summary>
    /// Ends the instruction that an exit left open, whatever it still wants: zeros. A string instruction that would go on for long ends when
    /// its count is gone.
    /// </summary>
    private EngineError AbandonPending()
    {
        const int Parts = 16;
        _answer = Answer.None;
        _due &= ~(MoreFragments | FailedFault | Unshown | DirtyRegisters);
        for (int i = 0; _isOpen; i++)
        {
            if (i == Parts)
            {
                KvmRegisters none = new() { Rflags = X64Flags.Fixed };
                EngineError error = Request(KvmRequest.SetRegisters, &none);
                if (!error.IsNone)
                    return error;
            }

            int result = EnterForCommit();
            _isOpen = result == 0 && i < 2 * Parts;
        }

        return default;
    }

    /// <summary>KVM_RUN that commits and does not enter the guest: interrupted, unless the instruction has more to show.</summary>
    private int EnterForCommit()
    {
        _run->ImmediateExit = 1;
        int result = Libc.Enter(_descriptor);
        _run->ImmediateExit = 0;
        _isOpen = false;
        _isReadAnswered = false;
        _answer = Answer.None;
        HoldRegisters();
        return result;
    }

    /// <summary>The owner looks at what is asked of it.</summary>
    /// <returns>True when it is Inside and can enter the guest; false when the run ends here.</returns>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private bool MayEnter(ref VCpuExitRecord exit, ref EngineError error)
    {
        while (true)
        {
            int seen = Volatile.Read(ref _word);
            if ((seen & Kicked) != 0)
            {
                exit.SetInterrupted();
                return false;
            }

            if ((seen & Paused) != 0)
            {
                WaitWhilePaused();
                continue;
            }

            if (Interlocked.CompareExchange(ref _word, Inside, seen) != seen)
                continue;
            if (_hasKernelLapic)
                return true;
            error = DeliverInterrupts(ref exit, out bool leaves);
            if (!leaves && error.IsNone)
                return true;
            GoOutside();
            return false;
        }
    }
}
