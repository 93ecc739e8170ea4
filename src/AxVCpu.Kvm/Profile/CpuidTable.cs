using System.Numerics;
using System.Runtime.InteropServices;
using System.Text;
using AxVCpu.Kvm.Abi;
using AxVCpu.Kvm.Handles;

namespace AxVCpu.Kvm.Profile;

/// <summary>A profile's rows, filled in with what the kernel supports and what the machine is like.</summary>
internal sealed unsafe class CpuidTable
{
    private const int MaxEntries = 256;
    private const int Header = 8;
    private const uint ApicBusKhz = 1_000_000; // KVM's LAPIC timer counts nanoseconds

    // Leaf 1, ecx.
    private const uint X2Apic = 1u << 21;
    private const uint TscDeadline = 1u << 24;
    private const uint Hypervisor = 1u << 31;

    // Leaf 1, edx.
    private const uint HyperThreading = 1u << 28;

    private const uint HypervisorLeaf = 0x4000_0000;
    private const uint FrequencyLeaf = 0x4000_0010;
    private const uint ExtendedLeaf = 0x8000_0000;
    private const uint BrandLeaf = 0x8000_0002;
    private const uint X2ApicMsrs = 0x800;
    private const uint TscDeadlineMsr = 0x6E0;

    private readonly KvmCpuidEntry[] _entries;

    private CpuidTable(KvmCpuidEntry[] entries, ulong tscKhz)
    {
        _entries = entries;
        TscKhz = tscKhz;
    }

    /// <summary>The frequency of the guests' time-stamp counter in kHz, or 0.</summary>
    internal ulong TscKhz { get; }

    /// <summary>The components that XCR0 can name, 0 without XSAVE.</summary>
    internal ulong ExtendedComponents
    {
        get
        {
            const uint Xsave = 1u << 26;
            bool hasXsave = (Find(_entries, 1, 0).Ecx & Xsave) != 0;
            KvmCpuidEntry components = Find(_entries, 0xD, 0);
            return hasXsave ? components.Eax | ((ulong)components.Edx << 32) : 0;
        }
    }

    /// <summary>The rows, without what differs between vCPUs.</summary>
    internal IReadOnlyList<KvmCpuidEntry> Entries => _entries;

    internal static CpuidTable Build(KvmFile system, KvmFile vm, KvmX64MachineConfig config, MsrPolicy msrs)
    {
        bool hasLapic = config.InterruptController != X64InterruptController.None;
        uint features = Hypervisor;
        features |= hasLapic || msrs.IsServed(X2ApicMsrs) ? X2Apic : 0;
        int khz = vm.Request(KvmRequest.GetTscKhz); // an error in kernels before 5.18: unknown then
        ulong tscKhz = khz > 0 ? (ulong)khz : 0;
        // A VMM can serve deadlines only when it knows how fast the counter goes.
        features |= hasLapic || (msrs.IsServed(TscDeadlineMsr) && tscKhz != 0) ? TscDeadline : 0;
        return new CpuidTable(Compose(config.Profile, Supported(system), features, config.CpuCount, tscKhz), tscKhz);
    }

    /// <summary>Gives one vCPU its table, before it runs for the first time.</summary>
    internal int Apply(KvmFile vcpu, uint apicId)
    {
        byte* memory = stackalloc byte[Header + (_entries.Length * sizeof(KvmCpuidEntry))];
        *(ulong*)memory = (uint)_entries.Length;
        var entries = new Span<KvmCpuidEntry>(memory + Header, _entries.Length);
        _entries.CopyTo(entries);
        foreach (ref KvmCpuidEntry entry in entries)
        {
            if (entry.Leaf == 1)
                entry.Ebx |= apicId << 24;
            else if (entry.Leaf == 0xB)
                entry.Edx = apicId;
        }

        return vcpu.Request(KvmRequest.SetCpuid2, (nint)memory);
    }

    /// <summary>The rows of a profile for one machine. Pure: tests give it any host.</summary>
    internal static KvmCpuidEntry[] Compose(
        X64CpuProfile profile, ReadOnlySpan<KvmCpuidEntry> supported, uint features, int cpus, ulong tscKhz)
    {
        var rows = new List<KvmCpuidEntry>(profile.Cpuid.Count + 12);
        foreach (CpuidRow row in profile.Cpuid)
        {
            KvmCpuidEntry host = row.Source == CpuidSource.Supported ? Find(supported, row.Leaf, row.Subleaf) : AllOnes(row.Leaf, row.Subleaf);
            host.Eax &= row.Eax;
            host.Ebx &= row.Ebx;
            host.Ecx &= row.Ecx;
            host.Edx &= row.Edx;
            host.Flags = row.Leaf is 0x7 or 0xD ? KvmCpuidEntry.SignificantIndex : 0;
            rows.Add(host);
        }

        ref KvmCpuidEntry leaf1 = ref Require(rows, 1, 0);
        const uint CacheLine = 8 << 8; // in units of 8 bytes: 64
        leaf1.Ebx = CacheLine | ((uint)cpus << 16);
        leaf1.Ecx |= features;
        leaf1.Edx |= cpus > 1 ? HyperThreading : 0;
        AddTopology(rows, cpus);
        AddHypervisor(rows, tscKhz);
        AddBrand(rows, "AxVCpu virtual processor");
        Require(rows, 0x8000_0008, 0).Ecx = (uint)cpus - 1;
        Require(rows, 0, 0).Eax = rows.Where(row => row.Leaf < HypervisorLeaf).Max(row => row.Leaf);
        return [.. rows.OrderBy(row => row.Leaf).ThenBy(row => row.Subleaf)];
    }

    // Intel SDM volume 2, CPUID leaf 0xB: one thread in a core, all cores in one package.
    private static void AddTopology(List<KvmCpuidEntry> rows, int cpus)
    {
        const uint Thread = 1 << 8;
        const uint Core = 2 << 8;
        uint coreBits = (uint)BitOperations.Log2(BitOperations.RoundUpToPowerOf2((uint)cpus));
        rows.Add(new() { Leaf = 0xB, Subleaf = 0, Flags = KvmCpuidEntry.SignificantIndex, Eax = 0, Ebx = 1, Ecx = Thread });
        rows.Add(new() { Leaf = 0xB, Subleaf = 1, Flags = KvmCpuidEntry.SignificantIndex, Eax = coreBits, Ebx = (uint)cpus, Ecx = Core | 1 });
    }

    private static void AddHypervisor(List<KvmCpuidEntry> rows, ulong tscKhz)
    {
        bool hasKvm = rows.Exists(row => row.Leaf == HypervisorLeaf + 1);
        Span<uint> name = MemoryMarshal.Cast<byte, uint>((hasKvm ? "KVMKVMKVM\0\0\0"u8 : "AxVCpuAxVCpu"u8).ToArray().AsSpan());
        rows.Add(new() { Leaf = HypervisorLeaf, Eax = FrequencyLeaf, Ebx = name[0], Ecx = name[1], Edx = name[2] });
        rows.Add(new() { Leaf = FrequencyLeaf, Eax = (uint)tscKhz, Ebx = ApicBusKhz });
        // Intel SDM volume 3, 19.7.3: TSC = crystal * ebx / eax, here with the crystal of the local APIC.
        if (tscKhz != 0)
            rows.Add(new() { Leaf = 0x15, Eax = ApicBusKhz, Ebx = (uint)tscKhz, Ecx = ApicBusKhz * 1000 });
    }

    private static void AddBrand(List<KvmCpuidEntry> rows, string brand)
    {
        const int Length = 48;
        byte[] bytes = new byte[Length];
        Encoding.ASCII.GetBytes(brand, bytes);
        Span<uint> words = MemoryMarshal.Cast<byte, uint>(bytes.AsSpan());
        for (int i = 0; i < 3; i++)
            rows.Add(new() { Leaf = BrandLeaf + (uint)i, Eax = words[4 * i], Ebx = words[(4 * i) + 1], Ecx = words[(4 * i) + 2], Edx = words[(4 * i) + 3] });
        Require(rows, ExtendedLeaf, 0).Eax = Math.Max(BrandLeaf + 2, Require(rows, ExtendedLeaf, 0).Eax);
    }

    private static KvmCpuidEntry Find(ReadOnlySpan<KvmCpuidEntry> entries, uint leaf, uint subleaf)
    {
        foreach (KvmCpuidEntry entry in entries)
        {
            if (entry.Leaf == leaf && ((entry.Flags & KvmCpuidEntry.SignificantIndex) == 0 ? subleaf == 0 : entry.Subleaf == subleaf))
                return entry;
        }

        return new() { Leaf = leaf, Subleaf = subleaf };
    }

    private static KvmCpuidEntry AllOnes(uint leaf, uint subleaf) =>
        new() { Leaf = leaf, Subleaf = subleaf, Eax = uint.MaxValue, Ebx = uint.MaxValue, Ecx = uint.MaxValue, Edx = uint.MaxValue };

    private static ref KvmCpuidEntry Require(List<KvmCpuidEntry> rows, uint leaf, uint subleaf)
    {
        int index = rows.FindIndex(row => row.Leaf == leaf && row.Subleaf == subleaf);
        return ref CollectionsMarshal.AsSpan(rows)[index];
    }

    private static KvmCpuidEntry[] Supported(KvmFile system)
    {
        byte* memory = (byte*)NativeMemory.AllocZeroed((nuint)(Header + (MaxEntries * sizeof(KvmCpuidEntry))));
        try
        {
            *(uint*)memory = MaxEntries;
            system.Require(KvmRequest.GetSupportedCpuid, (nint)memory);
            return new Span<KvmCpuidEntry>(memory + Header, *(int*)memory).ToArray();
        }
        finally
        {
            NativeMemory.Free(memory);
        }
    }
}
