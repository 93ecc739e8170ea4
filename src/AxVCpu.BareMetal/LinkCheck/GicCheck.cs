using System.Runtime;
using AxVCpu.Devices;

namespace AxVCpu.BareMetal.LinkCheck;

/// <summary>Every transition of the GICv3.</summary>
internal static unsafe class GicCheck
{
    [RuntimeExport("axvcpu_check_gic")]
    public static ulong Gic(GicV3* memory, ulong seed)
    {
        FakeGicHost host = default;
        FakeLists lists = default;
        *memory = new GicV3((int)seed, (int)seed, new GicV3Features(5, 5, true));
        ref GicV3 gic = ref *memory;
        gic.SetAffinity(1, seed);
        gic.MapHardware(0, 27, 27);
        gic.WriteDistributor(ref host, 0, seed, AccessWidth.Dword, seed);
        gic.WriteRedistributor(ref host, 0, seed, AccessWidth.Dword, seed);
        gic.WriteSystemRegister(ref host, 0, GicSystemRegister.ICC_SGI1R_EL1, seed);
        gic.SendSgi(ref host, 0, 1, seed, 0, allButSelf: false);
        gic.SetSpi(ref host, 40, level: true);
        gic.SetPpi(ref host, 0, 27, level: true);
        bool any = gic.RaiseHardware(ref host, 41) | gic.HasDeliverable(0, ref lists) | gic.HasWakeRequest(0) | gic.GetLevel(0, 27);
        gic.Flush(0, ref lists);
        gic.Sync(ref host, 0, ref lists);
        gic.ReadDistributor(ref host, 0, seed, AccessWidth.Dword, out ulong first);
        gic.ReadRedistributor(ref host, 0, seed, AccessWidth.Dword, out ulong second);
        gic.Reset(ref host);
        GicV3.ResetInterface(ref lists);
        return first + second + host.Effects + (any ? gic.RedistributorsSize + gic.IntIdEnd + (ulong)gic.VCpus : 0);
    }
}

internal struct FakeGicHost : IGicV3Host
{
    private ulong _effects;

    public readonly ulong Effects => _effects;

    public void Notify(int vcpu) => _effects += (ulong)vcpu;

    public void DeactivateHardware(uint physical) => _effects += physical;
}

internal struct FakeLists : IGicListRegisters
{
    private ulong _register;

    public readonly int Count => 4;

    public ulong Hcr { get; set; }

    public ulong Vmcr { get; set; }

    public readonly ulong GetListRegister(int index) => _register;

    public void SetListRegister(int index, ulong value) => _register = value;

    public readonly uint GetActivePriorities(int group, int index) => (uint)_register;
}
