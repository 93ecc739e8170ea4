using System.Runtime.InteropServices;

namespace AxVCpu.Software.Riscv64;

/// <summary>
/// The traces of one host page of guest code. They are linked to each other without a test, so they are found out of date together: before
/// the first of them runs in a new fetch generation all are compared with guest memory, and if one differs all are dropped.
/// </summary>
/// <remarks>Ways from other pages lead through the jump cache, which a new fetch generation empties.</remarks>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct CodePage
{
    /// <summary>Host address of the page; zero for the page of a single trace that straddles two.</summary>
    public ulong Host;

    /// <summary>Fetch generation for which the traces were last found equal to guest memory.</summary>
    public ulong Generation;

    /// <summary>The first trace; null when they were dropped.</summary>
    public CodeBlock* Traces;

    /// <summary>Next in the same bucket.</summary>
    public CodePage* HashNext;
}
