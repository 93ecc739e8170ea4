namespace AxVCpu;

/// <content>Registers, completion of accesses and interrupts.</content>
public unsafe partial struct VCpu<TArch>
{
    /// <summary>The guest-virtual address of the next instruction. Not while the guest runs.</summary>
    public ulong ProgramCounter
    {
        get
        {
            RequireStopped();
            return _arch.ProgramCounter;
        }

        set
        {
            RequireStopped();
            _arch.ProgramCounter = value;
        }
    }

    /// <summary>Sets where the vCPU starts or goes on; also after set-up, as a guest that starts another vCPU needs it.</summary>
    public EngineError SetEntry(GuestPhysAddr entry)
    {
        RequireStopped();
        return _arch.SetEntry(entry);
    }

    /// <summary>Reads a general-purpose register by the architecture's index.</summary>
    public ulong GetGpr(int index)
    {
        RequireGpr(index);
        return _arch.GetGpr(index);
    }

    /// <summary>Writes a general-purpose register by the architecture's index; a hard-wired register ignores it.</summary>
    public void SetGpr(int index, ulong value)
    {
        RequireGpr(index);
        _arch.SetGpr(index, value);
    }

    /// <summary>Sets the result of the hypercall that the guest waits for.</summary>
    public void SetReturnValue(ulong value)
    {
        RequireStopped();
        _arch.SetReturnValue(value);
    }

    /// <summary>Answers the read of the last exit. The engine applies width and sign before the next entry.</summary>
    public void CompleteRead(ulong value)
    {
        RequireStopped();
        if (!_arch.CompleteRead(value))
            Misuse.Throw(MisuseKind.NoPendingAccess);
    }

    /// <summary>Turns the access of the last exit into the guest fault that the architecture defines for an access to nothing.</summary>
    public void FailAccess()
    {
        RequireStopped();
        if (!_arch.FailAccess())
            Misuse.Throw(MisuseKind.NoPendingAccess);
    }

    /// <summary>Makes an interrupt pending, by the architecture's number, and wakes a blocked vCPU. Any thread, in every state but Created and Invalid.</summary>
    /// <param name="vector">The architecture's number of the interrupt.</param>
    /// <param name="woken">Whether this call made a blocked vCPU Ready, so that its sleeping owner must be woken.</param>
    public EngineError InjectInterrupt(uint vector, out bool woken)
    {
        RequireSetUp();
        EngineError error = _arch.InjectInterrupt(vector);
        woken = error.IsNone && _arch.HasPendingInterrupt && Wake();
        return error;
    }

    /// <summary>Drives a level-triggered interrupt input, and wakes a blocked vCPU. Any thread, in every state but Created and Invalid.</summary>
    /// <param name="vector">The architecture's number of the interrupt.</param>
    /// <param name="level">Whether the input is asserted.</param>
    /// <param name="woken">Whether this call made a blocked vCPU Ready, so that its sleeping owner must be woken.</param>
    public EngineError SetInterruptLine(uint vector, bool level, out bool woken)
    {
        RequireSetUp();
        EngineError error = _arch.SetInterruptLine(vector, level);
        woken = error.IsNone && level && _arch.HasPendingInterrupt && Wake();
        return error;
    }

    private readonly void RequireGpr(int index)
    {
        RequireStopped();
        if ((uint)index >= (uint)TArch.GprCount)
            Misuse.Throw(MisuseKind.Argument);
    }

    private readonly void RequireSetUp()
    {
        VCpuState state = State;
        if (state is VCpuState.Created or VCpuState.Invalid)
            Misuse.WrongState(state, VCpuState.Free);
    }
}
