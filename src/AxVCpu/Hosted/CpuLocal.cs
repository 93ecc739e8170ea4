using System.Runtime.CompilerServices;

namespace AxVCpu;

/// <summary>State of the current physical CPU. In a hosted program a thread is a CPU.</summary>
/// <remarks>
/// Words, not a structure: statics of a structure are boxed on the heap, and every page that an exit touches is a miss in a cold TLB. What
/// one method asks of here costs one look-up.
/// </remarks>
internal static unsafe class CpuLocal
{
    [ThreadStatic]
    private static nint t_typeToken;

    [ThreadStatic]
    private static nint t_scope;

    [ThreadStatic]
    private static uint t_id;

    /// <summary>Identifies the <c>TArch</c> of the running vCPU; 0 when none runs.</summary>
    public static nint TypeToken => t_typeToken;

    /// <summary>The <see cref="CurrentScope{TArch}"/> on the stack of <c>Run</c>.</summary>
    public static void* Scope => (void*)t_scope;

    /// <summary>A number of this CPU, never 0.</summary>
    public static uint Id => t_id != 0 ? t_id : Number();

    /// <summary>Sets what runs here.</summary>
    public static void Publish(nint typeToken, void* scope)
    {
        t_scope = (nint)scope;
        t_typeToken = typeToken;
    }

    /// <summary>Nothing runs here any more.</summary>
    public static void Withdraw() => t_typeToken = 0;

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static uint Number() => t_id = (uint)Environment.CurrentManagedThreadId;
}
