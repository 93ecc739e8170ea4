using System;
using System.Runtime;
using AxVCpu.Memory;

namespace AxVCpu.BareMetal.LinkCheck;

/// <summary>Every public member of the address-space code, for every table format.</summary>
internal static unsafe class AddressSpaceCheck
{
    [RuntimeExport("axvcpu_check_ept")]
    public static ulong Ept(ulong seed) => Format<X64Ept>(seed);

    [RuntimeExport("axvcpu_check_npt")]
    public static ulong Npt(ulong seed) => Format<X64Npt>(seed);

    [RuntimeExport("axvcpu_check_stage2_39")]
    public static ulong Stage2Ipa39(ulong seed) => Format<Aarch64Stage2<Ipa39>>(seed);

    [RuntimeExport("axvcpu_check_stage2_40")]
    public static ulong Stage2Ipa40(ulong seed) => Format<Aarch64Stage2<Ipa40>>(seed);

    [RuntimeExport("axvcpu_check_stage2_44")]
    public static ulong Stage2Ipa44(ulong seed) => Format<Aarch64Stage2<Ipa44>>(seed);

    [RuntimeExport("axvcpu_check_stage2_48")]
    public static ulong Stage2Ipa48(ulong seed) => Format<Aarch64Stage2<Ipa48>>(seed) + Aarch64Stage2<Ipa48>.T0Sz + Aarch64Stage2<Ipa48>.Sl0;

    [RuntimeExport("axvcpu_check_sv39x4")]
    public static ulong Sv39(ulong seed) => Format<Sv39x4>(seed);

    [RuntimeExport("axvcpu_check_sv48x4")]
    public static ulong Sv48(ulong seed) => Format<Sv48x4>(seed);

    private static ulong Format<TFormat>(ulong seed)
        where TFormat : struct, INestedFormat =>
        Space<TFormat, FakeTlb>(seed) + Space<TFormat, NoTlb>(seed) + Table<TFormat>(seed);

    private static ulong Space<TFormat, TTlb>(ulong seed)
        where TFormat : struct, INestedFormat
        where TTlb : unmanaged, ITlbInvalidator
    {
        var at = new GuestPhysAddr(seed);
        AddressRegion* regions = stackalloc AddressRegion[8];
        AddressSpaceError error = AddressSpace<TFormat, HalFrames<FakeHal>, TTlb>.TryCreate(
            at, seed, default, default, regions, 8, out AddressSpace<TFormat, HalFrames<FakeHal>, TTlb> space);
        if (error != AddressSpaceError.None)
            return (ulong)error;
        ulong sum = (ulong)space.MapLinear(at, new HostPhysAddr(seed), seed, MappingFlags.Read);
        sum += (ulong)space.MapAlloc(at, seed, MappingFlags.Read | MappingFlags.Write, populate: (seed & 1) != 0);
        sum += (ulong)space.MapReserved(at, seed, MappingFlags.Read);
        space.DiscardReserved();
        sum += (ulong)space.Protect(at, seed, MappingFlags.Read);
        sum += (ulong)space.HandlePageFault(at, MappingFlags.Write);
        sum += (ulong)space.Walk(at, MappingFlags.Read, out NestedTranslation translation) + translation.Address.Value;
        sum += space.Translate(at, out HostPhysAddr target) ? target.Value : 0;
        sum += space.TranslateAndGetLimit(at, out target, out ulong limit) ? limit : 0;
        sum += GuestMemory(ref space, at) + DirtyLog(ref space, at);
        sum += space.TryGetRegion(at, out AddressRegion region) || space.TryGetRegionAt(0, out region) ? region.End.Value : 0;
        sum += space.ResidentFrames + space.TableFrames + (ulong)space.RegionCount + space.Base.Value + space.Size;
        sum += space.Root.Value + space.RootRegister(3) + (space.ContainsRange(at, seed) && region.Contains(at) ? 1u : 0u);
        sum += (ulong)space.Unmap(at, seed);
        space.Clear();
        space.Dispose();
        return sum;
    }

    private static ulong GuestMemory<TFormat, TTlb>(ref AddressSpace<TFormat, HalFrames<FakeHal>, TTlb> space, GuestPhysAddr at)
        where TFormat : struct, INestedFormat
        where TTlb : unmanaged, ITlbInvalidator
    {
        Span<byte> buffer = stackalloc byte[32];
        ulong sum = (ulong)space.Read(at, buffer) + (ulong)space.Write(at, buffer);
        sum += (ulong)space.ReadObject(at, out FakeTlb value) + (ulong)space.WriteObject(at, value);
        sum += (ulong)space.ReadVolatile(at, AccessWidth.Dword, out ulong word) + (ulong)space.WriteVolatile(at, AccessWidth.Qword, word);
        return sum + (space.TryGetHostAddress(at, 8, MappingFlags.Read, out HostVirtAddr host) ? host.Value : 0);
    }

    private static ulong DirtyLog<TFormat, TTlb>(ref AddressSpace<TFormat, HalFrames<FakeHal>, TTlb> space, GuestPhysAddr at)
        where TFormat : struct, INestedFormat
        where TTlb : unmanaged, ITlbInvalidator
    {
        ulong* bits = stackalloc ulong[4];
        ulong sum = space.DirtyLogWords(at) + (ulong)space.EnableDirtyLog(at, bits, 4);
        space.MarkDirty(at, 4096);
        sum += (ulong)space.FetchAndClearDirty(at, new Span<ulong>(bits, 4));
        return sum + (ulong)space.DisableDirtyLog(at);
    }

    private static ulong Table<TFormat>(ulong seed)
        where TFormat : struct, INestedFormat
    {
        FakeTlb tlb = default;
        var at = new GuestPhysAddr(seed);
        if (!NestedPageTable<TFormat, HalFrames<FakeHal>>.TryCreate(default, out NestedPageTable<TFormat, HalFrames<FakeHal>> table))
            return 0;
        ulong sum = (ulong)table.Map(at, new HostPhysAddr(seed), seed, MappingFlags.Read, ref tlb);
        sum += (ulong)table.MapLazy(at, seed, ref tlb) + (ulong)table.Populate(at, new HostPhysAddr(seed), MappingFlags.Read, ref tlb);
        sum += (ulong)table.Protect(at, seed, MappingFlags.Read, ref tlb) + table.TryMerge(at, seed, ref tlb);
        sum += (ulong)table.Walk(at, out NestedTranslation translation) + translation.Address.Value;
        sum += (ulong)NestedWalker<TFormat>.Walk(table.Root, at, MappingFlags.Write, default(IdentityPhysMap), out translation);
        sum += (ulong)table.Unmap(at, seed, releaseFrames: true, ref tlb) + table.TableFrames + table.RootRegister(1) + tlb.Count;
        table.Dispose();
        return sum;
    }
}
