using System.Diagnostics.CodeAnalysis;

namespace AxVCpu;

/// <summary>State of the current physical CPU. In a hosted program a thread is a CPU.</summary>
internal static class CpuLocal
{
    [ThreadStatic]
    private static CurrentSlot t_current;

    /// <summary>The slot of this CPU; it does not move while the CPU uses it.</summary>
    [SuppressMessage("Usage", "CA2211", Justification = "thread-local, not shared")]
    public static ref CurrentSlot Current => ref t_current;

    /// <summary>A number of this CPU, never 0.</summary>
    public static uint Id => (uint)Environment.CurrentManagedThreadId;
}
