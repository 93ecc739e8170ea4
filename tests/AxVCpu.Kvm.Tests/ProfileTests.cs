using AxVCpu.Kvm.Abi;
using AxVCpu.Kvm.Profile;
using static Iced.Intel.AssemblerRegisters;

namespace AxVCpu.Kvm.Tests;

/// <summary>What CPUID tells a guest is the profile's table, never more than the kernel supports.</summary>
public sealed class ProfileTests
{
    public static TheoryData<string> Profiles => [X64CpuProfile.Default.Name, X64CpuProfile.Sandbox.Name];

    private static X64CpuProfile Named(string name) => name == X64CpuProfile.Default.Name ? X64CpuProfile.Default : X64CpuProfile.Sandbox;

    [Theory]
    [MemberData(nameof(Profiles))]
    public void A_leaf_that_is_in_no_row_is_not_shown_whatever_the_host_has(string name)
    {
        KvmCpuidEntry[] host = [.. Enumerable.Range(0, 0x20).Select(leaf => AllOnes((uint)leaf)), .. Enumerable.Range(0, 0x20).Select(leaf => AllOnes(0x8000_0000 + (uint)leaf))];
        KvmCpuidEntry[] table = CpuidTable.Compose(Named(name), host, 1u << 31, cpus: 4, tscKhz: 2_000_000);
        uint[] own = [0xB, 0x15, 0x4000_0000, 0x4000_0010, 0x8000_0002, 0x8000_0003, 0x8000_0004];
        Assert.Empty(table.Select(row => row.Leaf).Except(own).Except(Named(name).Cpuid.Select(row => row.Leaf)));
        Assert.Equal(table.Where(row => row.Leaf < 0x4000_0000).Max(row => row.Leaf), table.Single(row => row.Leaf == 0).Eax);
        foreach (CpuidRow row in Named(name).Cpuid.Where(row => row.Leaf is 7))
        {
            KvmCpuidEntry entry = table.Single(entry => entry.Leaf == row.Leaf && entry.Subleaf == row.Subleaf);
            Assert.Equal((row.Eax, row.Ebx, row.Ecx, row.Edx), (entry.Eax, entry.Ebx, entry.Ecx, entry.Edx));
        }

        Assert.Equal(4u << 16 | 0x800, table.Single(row => row.Leaf == 1).Ebx);
        Assert.Equal((2u, 4u), (table.Single(row => row.Leaf == 0xB && row.Subleaf == 1).Eax, table.Single(row => row.Leaf == 0xB && row.Subleaf == 1).Ebx));
    }

    [Theory]
    [MemberData(nameof(Profiles))]
    public void A_host_without_features_gives_none(string name)
    {
        KvmCpuidEntry[] table = CpuidTable.Compose(Named(name), [], 0, cpus: 1, tscKhz: 0);
        foreach (CpuidRow row in Named(name).Cpuid.Where(row => row.Source == CpuidSource.Supported && row.Leaf is 7 or 0x8000_0001))
        {
            KvmCpuidEntry entry = table.Single(entry => entry.Leaf == row.Leaf && entry.Subleaf == row.Subleaf);
            Assert.Equal((0u, 0u, 0u, 0u), (entry.Eax, entry.Ebx, entry.Ecx, entry.Edx));
        }

        Assert.DoesNotContain(table, row => row.Leaf == 0x15);
    }

    [Fact]
    public void A_guest_sees_the_table()
    {
        using var guest = new Guest(Mode.Long, c =>
        {
            foreach (uint leaf in (uint[])[0x8000_0002, 1, 0x4000_0000])
            {
                c.mov(eax, leaf);
                c.xor(ecx, ecx);
                c.cpuid();
                c.@out(0x10, eax);
                c.mov(eax, ecx);
                c.@out(0x11, eax);
                c.mov(eax, ebx);
                c.@out(0x12, eax);
            }
        });
        Assert.Equal(BitConverter.ToUInt32("AxVC"u8), guest.NextOut(0x10));
        guest.NextOut(0x11);
        guest.NextOut(0x12);
        guest.NextOut(0x10);
        const ulong Hypervisor = 1UL << 31;
        const ulong X2Apic = 1UL << 21;
        Assert.Equal(Hypervisor, guest.NextOut(0x11) & (Hypervisor | X2Apic));
        Assert.Equal(0UL, guest.NextOut(0x12) >> 24);
        Assert.Equal(0x4000_0010UL, guest.NextOut(0x10));
        Assert.Equal(BitConverter.ToUInt32("VMKV"u8), guest.NextOut(0x11));
        Assert.Equal(BitConverter.ToUInt32("KVMK"u8), guest.NextOut(0x12));
    }

    [Fact]
    public void Registers_are_denied_unless_they_are_on_the_list_and_not_served()
    {
        var policy = new MsrPolicy(X64CpuProfile.Default.AllowedMsrs, [new X64MsrRange(0x6E0), new X64MsrRange(0x800, 0x100)]);
        Assert.True(policy.IsAllowed(0x10));
        Assert.True(policy.IsAllowed(0xC000_0080));
        Assert.False(policy.IsAllowed(0x6E0));
        Assert.False(policy.IsAllowed(0x11));
        Assert.False(policy.IsAllowed(0xC001_0010));
        Assert.True(policy.IsServed(0x8FF));
        Assert.Throws<ArgumentException>(() => new MsrPolicy([new X64MsrRange(0x9999_0000)], []));
        Assert.Throws<ArgumentException>(() => new MsrPolicy([new X64MsrRange(0xFFF, 2)], []));
    }

    private static KvmCpuidEntry AllOnes(uint leaf) => new()
    {
        Leaf = leaf, Eax = uint.MaxValue, Ebx = uint.MaxValue, Ecx = uint.MaxValue, Edx = uint.MaxValue,
    };
}
