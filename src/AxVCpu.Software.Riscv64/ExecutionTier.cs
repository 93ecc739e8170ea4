namespace AxVCpu.Software.Riscv64;

/// <summary>How harts execute guest code.</summary>
public enum ExecutionTier
{
    /// <summary>The interpreter, and the translator for what is hot where the host has a back end.</summary>
    Auto,

    /// <summary>The interpreter alone: portable, exact, the reference.</summary>
    Interpreter,

    /// <summary>The translator from the first execution on. Creating a vCPU fails where the host has no back end.</summary>
    Translator,

    /// <summary>
    /// Every trace in the interpreter and in the translator, with the results compared: for debugging, and slow. Run ends with an
    /// InternalError where they differ: Data0 is the trace's address, Data1 what differs (x1 to x31, 32 up for f0 to f31, 64 up for
    /// others), Data2 the interpreter's value, Data3 the translator's. One hart only.
    /// </summary>
    Both,
}
