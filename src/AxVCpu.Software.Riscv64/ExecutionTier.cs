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
}
