using System.Diagnostics.CodeAnalysis;
using System.Runtime;
using System.Runtime.CompilerServices;

namespace AxVCpu;

/// <summary>Where every misuse ends on bare metal: a panic with the same facts as the hosted exception.</summary>
public static class Misuse
{
    /// <summary>Reports a call made in the wrong state.</summary>
    [DoesNotReturn]
    public static void WrongState(VCpuState actual, VCpuState required)
    {
        Panic((uint)MisuseKind.WrongState, (uint)actual, (uint)required);
        while (true)
        {
        }
    }

    /// <summary>Reports a misuse that has no state to name.</summary>
    [DoesNotReturn]
    public static void Throw(MisuseKind kind)
    {
        Panic((uint)kind, 0, 0);
        while (true)
        {
        }
    }

    [RuntimeImport("*", "axvcpu_misuse")]
    [MethodImpl(MethodImplOptions.InternalCall)]
    private static extern void Panic(uint kind, uint actual, uint required);
}
