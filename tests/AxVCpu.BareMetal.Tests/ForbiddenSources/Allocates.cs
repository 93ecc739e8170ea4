using System.Runtime;

namespace AxVCpu.BareMetal;

/// <summary>Must not link.</summary>
internal static class Allocates
{
    private sealed class Thing
    {
        public ulong Value;
    }

    [RuntimeExport("axvcpu_allocates")]
    public static ulong Make(ulong value) => Keep(new Thing { Value = value });

    [System.Runtime.CompilerServices.MethodImpl(System.Runtime.CompilerServices.MethodImplOptions.NoInlining)]
    private static ulong Keep(Thing thing) => thing.Value;
}
