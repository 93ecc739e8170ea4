using AxVCpu.Software.Riscv64.Isa;
using Xunit;

namespace AxVCpu.Software.Riscv64.Tests.Isa;

public sealed class IsaStringTests
{
    [Theory]
    [InlineData("rv64imafdc_zicsr_zifencei", "rv64imafdc_zicsr_zifencei")]
    [InlineData("rv64gc", "rv64imafdc_zicsr_zifencei")]
    [InlineData("RV64GCB_Sstc", "rv64imafdc_zicsr_zifencei_zba_zbb_zbs_sstc")]
    [InlineData("rv64i", "rv64i")]
    [InlineData("rv64ifd_zfh", "rv64ifd_zicsr_zfh_zfhmin")]
    [InlineData("rv64i_zfh1p0", "rv64if_zicsr_zfh_zfhmin")]
    [InlineData("rv64i_zkn", "rv64i_zbkb_zbkc_zbkx_zknd_zkne_zknh")]
    [InlineData("rv64i_zks_zkt1p0", "rv64i_zbkb_zbkc_zbkx_zksed_zksh_zkt")]
    [InlineData("rv64i_zk", "rv64i_zicsr_zbkb_zbkc_zbkx_zknd_zkne_zknh_zkr_zkt")]
    [InlineData("rv64ia_zacas", "rv64ia_zacas")]
    [InlineData("rv64i_zabha", "rv64i_zaamo_zabha")]
    [InlineData("rv64i_zmmul_zicclsm_ssu64xl", "rv64i_zicclsm_zmmul_ssu64xl")]
    [InlineData("rv64i_zawrs", "rv64i_zalrsc_zawrs")]
    [InlineData("rv64id", "rv64ifd_zicsr")]
    [InlineData("rv64i2p1m2p0a2_zba1p0_zbs1", "rv64ima_zba_zbs")]
    [InlineData("rv64ima_svpbmt_zawrs_zicbom", "rv64ima_zicbom_zawrs_svpbmt")]
    [InlineData("rv64imac_zihintpause2p0_svinval_svnapot_svadu_svade", "rv64imac_zihintpause_svade_svadu_svinval_svnapot")]
    public void A_string_is_read_and_printed_in_canonical_order(string text, string canonical)
    {
        Assert.True(IsaString.TryParse(text, out IsaExtensions isa, out string? error), error);
        Assert.Equal(canonical, IsaString.Format(isa));
    }

    [Theory]
    [InlineData("rv32imac", "rv64")]
    [InlineData("", "rv64")]
    [InlineData("rv64", "base")]
    [InlineData("rv64ma", "base")]
    [InlineData("rv64e", "'e'")]
    [InlineData("rv64imv", "'v'")]
    [InlineData("rv64i_zicsrx", "'zicsrx'")]
    [InlineData("rv64i_zvfh_zba", "'zvfh'")]
    [InlineData("rv64i zba", "' '")]
    [InlineData("rv64i_xfoo", "'xfoo'")]
    public void Bad_text_is_refused_with_the_part_that_is_wrong(string text, string named)
    {
        Assert.False(IsaString.TryParse(text, out IsaExtensions isa, out string? error));
        Assert.Equal(IsaExtensions.None, isa);
        Assert.Contains(named, error, StringComparison.Ordinal);
    }

    [Fact]
    public void Every_extension_has_a_name_and_survives_a_round_trip()
    {
        int count = 0;
        foreach (IsaExtensions flag in Enum.GetValues<IsaExtensions>())
        {
            if (!ulong.IsPow2((ulong)flag))
                continue;
            count++;
            Assert.Single(IsaString.Names(flag));
            Assert.True(IsaString.TryParse(IsaString.Format(flag | IsaExtensions.I), out IsaExtensions back, out string? error), error);
            Assert.True(back.HasFlag(flag));
        }

        Assert.Equal(ulong.PopCount((ulong)IsaExtensions.All), (ulong)count);
        Assert.Equal(count, IsaString.Names(IsaExtensions.All).Count);
    }

    [Fact]
    public void Dependencies_of_a_hand_made_set_are_checked()
    {
        Assert.True(IsaString.IsConsistent(IsaExtensions.Default, out _));
        Assert.True(IsaString.IsConsistent(IsaExtensions.All, out _));
        Assert.False(IsaString.IsConsistent(IsaExtensions.I | IsaExtensions.D | IsaExtensions.Zicsr, out string? error));
        Assert.Equal("extension 'd' needs 'f'", error);
        Assert.False(IsaString.IsConsistent(IsaExtensions.M, out error));
        Assert.Contains("'i'", error, StringComparison.Ordinal);
    }

    [Fact]
    public void The_default_hart_has_all_but_svade_and_zkr() =>
        Assert.Equal("rv64imafdc_zic64b_zicbom_zicbop_zicboz_ziccamoa_zicclsm_ziccrse_zicntr_zicond_zicsr_zifencei_zihintntl_zihintpause_zihpm_zimop_zmmul_za64rs_zaamo_zabha_zacas_zalrsc_zawrs_zfa_zfh_zfhmin_zcb_zcmop_zba_zbb_zbc_zbkb_zbkc_zbkx_zbs_zknd_zkne_zknh_zksed_zksh_zkt_ssccptr_sscounterenw_sstc_sstvala_sstvecd_ssu64xl_svadu_svbare_svinval_svnapot_svpbmt", IsaString.Format(IsaExtensions.Default));
}
