using System.Numerics;
using System.Runtime.CompilerServices;
using AxVCpu.Kvm.Abi;
using AxVCpu.X64;

namespace AxVCpu.Kvm;

/// <content>Interrupts of a vCPU whose local APIC is not in the kernel, and the halt that they end.</content>
internal sealed unsafe partial class Processor
{
    private const int BitsPerWord = 64;
    private const uint Vectors = 256;
    private const byte TaskPriorityMask = 0xF;

    private FourWords _pendingVectors;
    private int _intrLine;
    private int _nmiPending;
    private volatile bool _ignoresInterrupts;
    private ulong _seenTaskPriority;

    /// <summary>Whether what the shared page says about interrupts is of now: a delivered interrupt makes it old.</summary>
    private bool _isWindowKnown;

    /// <summary>Whether something would be taken now: also by a halted vCPU. Any thread.</summary>
    internal bool HasPendingInterrupt
    {
        get
        {
            if (_hasKernelLapic)
                return false;
            // A halted vCPU with interrupts disabled waits for an NMI.
            bool masked = IsHalted && _ignoresInterrupts;
            return Volatile.Read(ref _nmiPending) != 0 || (!masked && (HasVector || Volatile.Read(ref _intrLine) != 0));
        }
    }

    private bool IsHalted
    {
        get => (Volatile.Read(ref _due) & Halt) != 0;
        set => Volatile.Write(ref _due, value ? _due | Halt : _due & ~Halt);
    }

    /// <summary>Whether the guest should take an interrupt by its INTR input.</summary>
    private bool IsInterruptWanted => HasVector || Volatile.Read(ref _intrLine) != 0;

    private bool HasVector
    {
        get
        {
            ulong any = 0;
            for (int i = 0; i < Vectors / BitsPerWord; i++)
                any |= Volatile.Read(ref _pendingVectors[i]);
            return any != 0;
        }
    }

    /// <summary>Makes a vector or an NMI pending. Any thread.</summary>
    internal bool InjectInterrupt(uint vector)
    {
        if (vector == (uint)X64InterruptInput.Nmi)
        {
            if (_hasKernelLapic)
                return SendNmi();
            Volatile.Write(ref _nmiPending, 1);
        }
        else if (vector < Vectors && !_hasKernelLapic)
        {
            Interlocked.Or(ref _pendingVectors[(int)(vector / BitsPerWord)], 1UL << (int)(vector % BitsPerWord));
        }
        else
        {
            return false;
        }

        Ask(Interrupts);
        return true;
    }

    /// <summary>Another thread can free the vCPU at this moment: the handle keeps the file open, or there is nobody to take the interrupt.</summary>
    private bool SendNmi()
    {
        try
        {
            return _file.Request(KvmRequest.Nmi) == 0;
        }
        catch (ObjectDisposedException)
        {
            return true;
        }
    }

    /// <summary>Drives the INTR pin. Any thread.</summary>
    internal bool SetInterruptLine(uint input, bool level)
    {
        if (input != (uint)X64InterruptInput.Intr || _hasKernelLapic)
            return false;
        Volatile.Write(ref _intrLine, level ? 1 : 0);
        if (level)
            Ask(Interrupts);
        return true;
    }

    /// <summary>CR8. The owner.</summary>
    internal byte TaskPriority
    {
        get => (byte)_run->Cr8;
        set
        {
            _run->Cr8 = (ulong)(value & TaskPriorityMask);
            _seenTaskPriority = _run->Cr8;
        }
    }

    /// <summary>
    /// CR8 is not what it was: a local APIC of the VMM hears of it when an interrupt can be due. Processors with virtualization leave the guest
    /// for it, emulation in the kernel does not: there it is told at the next exit, before it.
    /// </summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private bool IsTaskPriorityLowered(int result, ref VCpuExitRecord exit)
    {
        bool isLowered = _run->Cr8 < _seenTaskPriority;
        _seenTaskPriority = _run->Cr8;
        if (!isLowered || _hasKernelLapic || result != 0 || _run->ExitReason == KvmExitReason.SetTpr)
            return false;
        _due |= Unshown;
        SetTaskPriority(ref exit);
        return true;
    }

    private void SetTaskPriority(ref VCpuExitRecord exit) =>
        exit.SetArchSpecific((uint)X64Exit.TaskPriority, new X64TaskPriority { Class = (byte)_run->Cr8 });

    /// <summary>Forgets what is pending, and the halt.</summary>
    private void ResetInterrupts()
    {
        for (int i = 0; i < Vectors / BitsPerWord; i++)
            Interlocked.Exchange(ref _pendingVectors[i], 0);
        Volatile.Write(ref _intrLine, 0);
        Volatile.Write(ref _nmiPending, 0);
        IsHalted = false;
    }

    /// <summary>
    /// Gives the guest the interrupt that it can take now, or asks the kernel to say when it can. The owner, Inside: what comes later is
    /// signalled. What stays wanted is looked at again before the next entry.
    /// </summary>
    private EngineError DeliverInterrupts(ref VCpuExitRecord exit, out bool leaves)
    {
        leaves = false;
        _run->RequestInterruptWindow = 0;
        if (Volatile.Read(ref _nmiPending) != 0 && Interlocked.Exchange(ref _nmiPending, 0) != 0)
        {
            IsHalted = false;
            EngineError refused = Result(Libc.Request(_descriptor, KvmRequest.Nmi), EngineOperation.InjectInterrupt);
            if (!refused.IsNone)
                return refused;
        }

        bool isWanted = IsInterruptWanted;
        if (isWanted)
            Interlocked.Or(ref _word, Interrupts);
        if (IsHalted && (!isWanted || _ignoresInterrupts))
        {
            // Nothing that ends the halt: the guest is not entered, as it would go on behind its HLT.
            leaves = true;
            exit.SetHalt();
            return default;
        }

        if (!isWanted)
            return default;
        // Not between an access and its completion either: when that is a fault, a register that nobody serves for one, the kernel
        // forgets an interrupt that was queued before it.
        if (!IsHalted && (_isOpen || !_isWindowKnown || _run->ReadyForInterruptInjection == 0 || _run->InterruptFlag == 0))
        {
            _run->RequestInterruptWindow = 1;
            return default;
        }

        if (!HasVector)
        {
            leaves = true;
            exit.SetArchSpecific((uint)X64Exit.InterruptWindow, default(byte));
            return default;
        }

        uint vector = TakeHighestVector();
        IsHalted = false;
        _isWindowKnown = false;
        _run->RequestInterruptWindow = IsInterruptWanted ? (byte)1 : (byte)0;
        return Request(KvmRequest.Interrupt, &vector, EngineOperation.InjectInterrupt);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void SetHalt(ref VCpuExitRecord exit)
    {
        _ignoresInterrupts = _run->InterruptFlag == 0;
        IsHalted = true;
        exit.SetHalt();
    }

    private uint TakeHighestVector()
    {
        for (int i = (int)(Vectors / BitsPerWord) - 1; i >= 0; i--)
        {
            ulong word = Volatile.Read(ref _pendingVectors[i]);
            if (word == 0)
                continue;
            int bit = BitOperations.Log2(word);
            Interlocked.And(ref _pendingVectors[i], ~(1UL << bit));
            return (uint)((i * BitsPerWord) + bit);
        }

        return 0;
    }
}
