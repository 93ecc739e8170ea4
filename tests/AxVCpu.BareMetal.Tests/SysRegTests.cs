using AxVCpu.BareMetal.Aarch64;

namespace AxVCpu.BareMetal.Tests;

/// <summary>What a guest may ask of the CPU's system registers.</summary>
public sealed class SysRegTests
{
    [Fact]
    public void Every_register_that_is_not_named_is_undefined()
    {
        var named = Enum.GetValues<SysReg>().ToHashSet();
        int denied = 0;
        for (uint encoding = 0; encoding < 1 << 16; encoding++)
        {
            SysRegAccess access = Access(encoding >> 14 & 3, encoding >> 11 & 7, encoding >> 7 & 15, encoding >> 3 & 15, encoding & 7, isRead: true);
            SysRegRule rule = SysRegTable.RuleOf(access);
            bool isId = access is { Op0: 3, Op1: 0, CRn: 0 } && access.CRm is >= 1 and <= 7;
            bool isPoint = access is { Op0: 2, Op1: 0, CRn: 0, Op2: >= 4 };
            if (rule == SysRegRule.Undefined)
                denied++;
            else
                Assert.True(isId || isPoint || named.Contains(access.Register), $"op0 {access.Op0} op1 {access.Op1} CRn {access.CRn} CRm {access.CRm} op2 {access.Op2}: {rule}");
        }

        Assert.InRange(denied, (1 << 16) - 56 - 64 - named.Count, 1 << 16);
    }

    [Fact]
    public void Identification_is_read_only()
    {
        SysRegAccess write = Access(3, 0, 0, 4, 0, isRead: false);
        Assert.Equal(SysRegRule.Undefined, SysRegTable.RuleOf(write));
    }

    [Theory]
    [InlineData(nameof(IdRegister.AA64PFR0), 0x0100_0011UL, 0xF10F_0000_01FF_0011UL)]
    [InlineData(nameof(IdRegister.AA64PFR1), 0UL, 0xFFUL)]
    [InlineData(nameof(IdRegister.AA64DFR0), 0UL, 0x0000_00F0_F0F0_F008UL)]
    [InlineData(nameof(IdRegister.AA64ISAR0), 0UL, 0xFFFF_FFFF_F0FF_FFFFUL)]
    [InlineData(nameof(IdRegister.AA64ISAR1), 0UL, 0x00FF_FFFF_FFFF_FFFFUL)]
    [InlineData(nameof(IdRegister.AA64MMFR0), 0UL, 0x0000_F000_FFFF_FFF2UL)]
    public void Only_what_is_switched_or_needs_no_switching_is_shown(string register, ulong least, ulong most)
    {
        var id = Enum.Parse<IdRegister>(register);
        Assert.Equal(least, IdRegisterFilter.Filter(id, 0));
        Assert.Equal(most, IdRegisterFilter.Filter(id, ulong.MaxValue));
    }

    [Fact]
    public void A_guest_sees_no_SVE_SME_EL2_EL3_AArch32_PMU_or_memory_tags()
    {
        ulong pfr0 = IdRegisterFilter.Filter(IdRegister.AA64PFR0, ulong.MaxValue);
        Assert.Equal(0UL, pfr0 >> 32 & 0xF); // SVE
        Assert.Equal(0x11UL, pfr0 & 0xFFFF); // EL0 and EL1 in AArch64 only
        ulong pfr1 = IdRegisterFilter.Filter(IdRegister.AA64PFR1, ulong.MaxValue);
        Assert.Equal(0UL, pfr1 >> 8 & 0xF); // MTE
        Assert.Equal(0UL, pfr1 >> 24 & 0xF); // SME
        Assert.Equal(0UL, IdRegisterFilter.Filter(IdRegister.AA64DFR0, ulong.MaxValue) >> 8 & 0xF); // PMUVer
        Assert.Equal(0UL, IdRegisterFilter.Filter((IdRegister)(4 * 8 + 4), ulong.MaxValue)); // ID_AA64ZFR0_EL1
        Assert.Equal(0UL, IdRegisterFilter.Filter((IdRegister)(1 * 8), ulong.MaxValue)); // ID_PFR0_EL1
    }

    [Theory]
    [InlineData(0, 32)]
    [InlineData(1, 36)]
    [InlineData(2, 40)]
    [InlineData(5, 48)]
    [InlineData(6, 52)]
    public void The_physical_range_is_understood(ulong range, int bits) => Assert.Equal(bits, Stage2Control.PhysicalAddressBits(range));

    [Fact]
    public void The_second_stage_starts_at_level_1_with_39_bits() =>
        Assert.Equal(0x8000_0000UL | 5 << 16 | 0x3500 | 1 << 6 | 25, Stage2Control.Value(0xF6));

    internal static SysRegAccess Access(uint op0, uint op1, uint crn, uint crm, uint op2, bool isRead, uint rt = 0) =>
        new(op0 << 20 | op2 << 17 | op1 << 14 | crn << 10 | rt << 5 | crm << 1 | (isRead ? 1u : 0));
}
