using System.Runtime.CompilerServices;
using AxVCpu.BareMetal.Aarch64;

namespace AxVCpu.BareMetal.Hypervisor;

/// <summary>An image that makes the mistake which its command line names; each must end in a panic.</summary>
internal static unsafe class HypervisorMain
{
    /// <summary>The boot CPU.</summary>
    public static void Boot()
    {
        ReadOnlySpan<byte> mistake = HostFdt.BootArguments;
        switch (mistake.Length == 0 ? (byte)0 : mistake[0])
        {
            case (byte)'s':
                Descend(1);
                break;
            case (byte)'n':
                Native.Write64(8, 1);
                break;
            case (byte)'c':
                Native.Write32(Native.GuestVectors(), 0);
                break;
            case (byte)'i':
                Log.Info("never "u8).Dec(mistake[mistake.Length]).End();
                break;
        }

        Log.Error("the mistake went unnoticed"u8).End();
        HostCpus.PowerOff();
    }

    /// <summary>Another CPU.</summary>
    public static void Secondary(uint cpu) => HostCpus.Park();

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static ulong Descend(ulong depth)
    {
        ulong* frame = stackalloc ulong[64];
        frame[depth % 64] = depth;
        return Descend(depth + 1) + frame[depth % 64];
    }
}
