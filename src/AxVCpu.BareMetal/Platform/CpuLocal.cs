using System.Runtime;
using System.Runtime.CompilerServices;

namespace AxVCpu;

/// <summary>State of the current physical CPU, found through its per-CPU register.</summary>
internal static unsafe class CpuLocal
{
    /// <summary>Identifies the <c>TArch</c> of the running vCPU; 0 when none runs.</summary>
    public static nint TypeToken => Block()->TypeToken;

    /// <summary>The <see cref="CurrentScope{TArch}"/> on the stack of <c>Run</c>.</summary>
    public static void* Scope => Block()->Scope;

    /// <summary>A number of this CPU, never 0.</summary>
    public static uint Id => Number();

    /// <summary>Sets what runs here.</summary>
    public static void Publish(nint typeToken, void* scope)
    {
        Slot* slot = Block();
        slot->Scope = scope;
        slot->TypeToken = typeToken;
    }

    /// <summary>Nothing runs here any more.</summary>
    public static void Withdraw() => Block()->TypeToken = 0;

    // SAFETY: the platform gives each CPU a block of its own before it runs any C#.
    [RuntimeImport("*", "axvcpu_cpu_local")]
    [MethodImpl(MethodImplOptions.InternalCall)]
    private static extern Slot* Block();

    [RuntimeImport("*", "axvcpu_cpu_id")]
    [MethodImpl(MethodImplOptions.InternalCall)]
    private static extern uint Number();

    private struct Slot
    {
        public nint TypeToken;
        public void* Scope;
    }
}
