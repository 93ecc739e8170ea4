namespace AxVCpu;

/// <summary>
/// What an engine implements for one architecture: the vCPU below <see cref="VCpu{TArch}"/>, which has checked the state before
/// each call. Members run on the owner (the CPU or thread that bound the vCPU) unless they say otherwise.
/// </summary>
/// <typeparam name="TSelf">The implementing struct.</typeparam>
public interface IArchVCpu<TSelf>
    where TSelf : struct, IArchVCpu<TSelf>
{
    /// <summary>Sets where the vCPU starts. Allowed again after set-up, as long as the vCPU does not run.</summary>
    EngineError SetEntry(GuestPhysAddr entry);

    /// <summary>Sets the root of the nested page table.</summary>
    EngineError SetNestedRoot(HostPhysAddr root);

    /// <summary>Loads what must be on the physical CPU before the guest can run there.</summary>
    EngineError Bind();

    /// <summary>Saves what <see cref="Bind"/> loaded, so that another physical CPU can bind.</summary>
    EngineError Unbind();

    /// <summary>
    /// Runs guest code until something happens that the caller must see, and describes it in <paramref name="exit"/>. Clears a
    /// pending <see cref="Kick"/> on return, never on entry.
    /// </summary>
    /// <returns>A failure only when the vCPU's state is unknown; whatever a guest does is an exit.</returns>
    EngineError Run(ref VCpuExitRecord exit);

    /// <summary>Makes a present or the next <see cref="Run"/> return soon. Any thread. May be spurious.</summary>
    void Kick();

    /// <summary>Forgets a kick that has not been seen.</summary>
    void ClearKick();

    /// <summary>How many general-purpose registers <see cref="GetGpr"/> knows.</summary>
    static abstract int GprCount { get; }

    /// <summary>Reads a general-purpose register; <paramref name="index"/> is below <see cref="GprCount"/>.</summary>
    ulong GetGpr(int index);

    /// <summary>Writes a general-purpose register; a hard-wired one ignores it.</summary>
    void SetGpr(int index, ulong value);

    /// <summary>Sets the result of the hypercall that the guest waits for.</summary>
    void SetReturnValue(ulong value);

    /// <summary>The guest-virtual address of the next instruction.</summary>
    ulong ProgramCounter { get; set; }

    /// <summary>
    /// Answers the pending read: applies width and sign extension, writes the register and retires the instruction before the next
    /// entry.
    /// </summary>
    /// <returns>False when no read is pending.</returns>
    bool CompleteRead(ulong value);

    /// <summary>Turns the pending access (memory, port, system register, nested fault) into the fault that the architecture defines.</summary>
    /// <returns>False when no access is pending.</returns>
    bool FailAccess();

    /// <summary>Makes an interrupt pending, by the architecture's number. Any thread.</summary>
    EngineError InjectInterrupt(uint vector);

    /// <summary>Drives a level-triggered interrupt input. Any thread.</summary>
    EngineError SetInterruptLine(uint vector, bool level);

    /// <summary>Whether an interrupt is pending that ends a halt. Any thread.</summary>
    bool HasPendingInterrupt { get; }

    /// <summary>Returns to the state after set-up, or after creation when set-up never succeeded.</summary>
    EngineError Reset();
}

/// <summary>How an engine creates its vCPU from a configuration.</summary>
/// <typeparam name="TSelf">The implementing struct.</typeparam>
/// <typeparam name="TConfig">What is fixed at creation.</typeparam>
public interface IArchCreate<TSelf, TConfig>
    where TSelf : struct
{
    /// <summary>Creates the architecture's part of a vCPU. On failure nothing is left behind.</summary>
    static abstract EngineError Create(uint vmId, uint id, in TConfig config, out TSelf arch);
}

/// <summary>How an engine sets its vCPU up from a configuration.</summary>
/// <typeparam name="TConfig">What is fixed at set-up.</typeparam>
public interface IArchSetup<TConfig>
{
    /// <summary>Applies the configuration. Called after the entry and the nested root are set; may be called again if it failed.</summary>
    EngineError Setup(in TConfig config);
}

/// <summary>Bulk access to one group of registers as a blittable struct.</summary>
/// <typeparam name="TGroup">The group.</typeparam>
public interface IArchRegisters<TGroup>
    where TGroup : unmanaged
{
    /// <summary>Reads the whole group.</summary>
    EngineError Read(out TGroup group);

    /// <summary>Writes the whole group.</summary>
    EngineError Write(in TGroup group);
}
