using System.Runtime.CompilerServices;

namespace AxVCpu;

/// <summary>One value per type: the address of a static of that type.</summary>
internal static unsafe class TypeToken<T>
{
#pragma warning disable CS0649 // Never assigned: only its address is of interest.
    private static byte s_anchor;
#pragma warning restore CS0649

    // SAFETY: a static of a primitive type does not move.
    public static nint Value => (nint)Unsafe.AsPointer(ref s_anchor);
}

/// <summary>A running vCPU, published from the stack of its <c>Run</c>; the reference is tracked there by the garbage collector.</summary>
internal ref struct CurrentScope<TArch>
    where TArch : struct, IArchVCpu<TArch>
{
    public ref VCpu<TArch> VCpu;
}

/// <summary>The vCPU that runs on this physical CPU (thread, when hosted): set for the duration of <c>Run</c>, never nested.</summary>
public static unsafe class CurrentVCpu
{
    /// <summary>Whether a vCPU of any architecture runs here.</summary>
    public static bool IsAny => CpuLocal.TypeToken != 0;

    /// <summary>Whether a vCPU of architecture <typeparamref name="TArch"/> runs here.</summary>
    public static bool Is<TArch>()
        where TArch : struct, IArchVCpu<TArch> => CpuLocal.TypeToken == TypeToken<TArch>.Value;

    /// <summary>
    /// The running vCPU. The reference must not outlive the callback in which it was taken. When none of this architecture runs
    /// here, the call is a misuse: ask <see cref="Is{TArch}"/> first.
    /// </summary>
    public static ref VCpu<TArch> Get<TArch>()
        where TArch : struct, IArchVCpu<TArch>
    {
        if (CpuLocal.TypeToken != TypeToken<TArch>.Value)
            Misuse.Throw(MisuseKind.NestedRun);
#pragma warning disable CS8500 // SAFETY: the token proves the type; the scope lives on this CPU's stack until Leave.
        return ref ((CurrentScope<TArch>*)CpuLocal.Scope)->VCpu;
#pragma warning restore CS8500
    }

    internal static void Enter<TArch>(void* scope)
        where TArch : struct, IArchVCpu<TArch> => CpuLocal.Publish(TypeToken<TArch>.Value, scope);

    internal static void Leave() => CpuLocal.Withdraw();
}
