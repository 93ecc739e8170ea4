using System.Runtime;
using System.Runtime.CompilerServices;

namespace AxVCpu;

/// <summary>State of the current physical CPU, found through its per-CPU register.</summary>
internal static unsafe class CpuLocal
{
    /// <summary>The slot of this CPU.</summary>
    // SAFETY: the platform gives each CPU a block of its own before it runs any C#.
    public static ref CurrentSlot Current => ref Unsafe.AsRef<CurrentSlot>(Block());

    /// <summary>A number of this CPU, never 0.</summary>
    public static uint Id => Number();

    [RuntimeImport("*", "axvcpu_cpu_local")]
    [MethodImpl(MethodImplOptions.InternalCall)]
    private static extern void* Block();

    [RuntimeImport("*", "axvcpu_cpu_id")]
    [MethodImpl(MethodImplOptions.InternalCall)]
    private static extern uint Number();
}
