using System.Runtime;
using AxVCpu.Memory;

namespace AxVCpu.BareMetal.LinkCheck;

/// <summary>Roots for ilc: the address space over every nested format.</summary>
internal static unsafe class AddressSpaceCheck
{
    private const int Capacity = 8;
    private const ulong Words = 8;
    private const ulong Size = 1UL << 32;
    private const ulong Page = 4096;

    [RuntimeExport("axvcpu_check_address_space")]
    public static ulong AddressSpace(AddressRegion* regions, ulong seed) =>
        Use<X64Ept>(regions, seed) + Use<X64Npt>(regions, seed) + Use<Aarch64Stage2<Ipa40>>(regions, seed)
        + Use<Aarch64Stage2<Ipa48>>(regions, seed) + Use<Sv39x4>(regions, seed) + Use<Sv48x4>(regions, seed);

    private static ulong Use<TFormat>(AddressRegion* regions, ulong seed)
        where TFormat : struct, INestedFormat
    {
        ulong* bits = stackalloc ulong[(int)Words];
        GuestPhysAddr at = new(seed);
        AddressSpaceError error = AddressSpace<TFormat, HalFrames<FakeHal>, NoTlb>.TryCreate(
            new GuestPhysAddr(0), Size, default, default, regions, Capacity, out AddressSpace<TFormat, HalFrames<FakeHal>, NoTlb> space);
        error |= space.MapLinear(at, new HostPhysAddr(seed), Page, MappingFlags.Read);
        error |= space.MapAlloc(at + Page, Page, MappingFlags.Write, populate: true);
        error |= space.MapAlloc(at + Page + Page, Page, MappingFlags.Write, populate: false);
        error |= space.Protect(at, Page, MappingFlags.Read);
        error |= space.EnableDirtyLog(at, bits, Words);
        error |= space.FetchAndClearDirty(at, new Span<ulong>(bits, (int)Words));
        error |= space.DisableDirtyLog(at);
        space.MarkDirty(at, Page);
        GuestAccessStatus status = space.ReadObject(at, out ulong value) | space.WriteObject(at, value);
        status |= space.ReadVolatile(at, AccessWidth.Dword, out value) | space.WriteVolatile(at, AccessWidth.Dword, value);
        bool found = space.Translate(at, out _) | space.TranslateAndGetLimit(at, out _, out ulong limit);
        found |= space.TryGetHostAddress(at, Page, MappingFlags.Read, out _) | space.TryGetRegion(at, out _) | space.TryGetRegionAt(0, out _);
        ulong sum = (ulong)error + (ulong)status + limit + (ulong)space.HandlePageFault(at, MappingFlags.Read);
        error = space.Unmap(at, Page);
        space.Clear();
        sum += space.RootRegister(1) + space.DirtyLogWords(at) + space.ResidentFrames + space.TableFrames + (ulong)space.RegionCount;
        space.Dispose();
        return sum + (ulong)error + (found ? 1u : 0);
    }

    private readonly struct FakeHal : IVCpuHal
    {
        private const ulong Frame = 0x10_0000;

        public static bool AllocFrame(out HostPhysAddr frame)
        {
            frame = new HostPhysAddr(Frame);
            return true;
        }

        public static void DeallocFrame(HostPhysAddr frame)
        {
        }

        public static HostVirtAddr PhysToVirt(HostPhysAddr address) => new(address.Value);

        public static HostPhysAddr VirtToPhys(HostVirtAddr address) => new(address.Value);
    }
}
