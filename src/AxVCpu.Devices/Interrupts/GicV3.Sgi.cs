namespace AxVCpu.Devices;

public partial struct GicV3
{
    /// <summary>A guest's trapped write of a register of its CPU interface; one that does not make sense is ignored, as on hardware.</summary>
    /// <param name="host">Where outside effects go.</param>
    /// <param name="vcpu">The vCPU that writes; its list registers are synchronised.</param>
    /// <param name="register">The register.</param>
    /// <param name="value">The value.</param>
    public void WriteSystemRegister<THost>(ref THost host, int vcpu, GicSystemRegister register, ulong value)
        where THost : struct, IGicV3Host
    {
        if ((uint)vcpu >= _vcpus)
            return;
        if (register == GicSystemRegister.ICC_DIR_EL1)
        {
            const uint intidMask = 0xFF_FFFF;
            uint deactivated = (uint)value & intidMask;
            if (TryBank(vcpu, deactivated, out int index))
                ClearActive(ref host, vcpu, vcpu, index, 1u << (int)(deactivated % GicBank.Size));
            return;
        }
        uint cluster = (uint)(value >> IccSgir.Aff1Shift & 0xFF) << 8 | (uint)(value >> IccSgir.Aff2Shift & 0xFF) << 16
            | (uint)(value >> IccSgir.Aff3Shift & 0xFF) << 24 | (uint)(value >> IccSgir.RSShift & 0xF) << 4;
        Generate(
            ref host, vcpu, (uint)(value >> IccSgir.IntIdShift & 0xF), (uint)(value & IccSgir.TargetList), cluster, (value & IccSgir.IRM) != 0,
            register == GicSystemRegister.ICC_SGI1R_EL1);
    }

    /// <summary>A guest's write of ICC_SGI1R_EL1, taken apart.</summary>
    /// <param name="host">Where outside effects go.</param>
    /// <param name="vcpu">The vCPU that sends.</param>
    /// <param name="intid">0 to 15.</param>
    /// <param name="targets">Bit n names the vCPU whose affinity is <paramref name="affinity"/> with n added.</param>
    /// <param name="affinity">The affinity that bit 0 names, in the layout of MPIDR_EL1; a multiple of 16.</param>
    /// <param name="allButSelf">Every other vCPU is meant; targets and affinity are then void.</param>
    public void SendSgi<THost>(ref THost host, int vcpu, uint intid, ulong targets, ulong affinity, bool allButSelf)
        where THost : struct, IGicV3Host
    {
        if ((uint)vcpu < _vcpus && intid < GicIntId.FirstPpi)
            Generate(ref host, vcpu, intid, (uint)targets, (uint)(affinity & 0xFF_FFF0 | affinity >> 8 & 0xFF00_0000), allButSelf, anyGroup: true);
    }

    private void Generate<THost>(ref THost host, int vcpu, uint intid, uint targets, uint cluster, bool allButSelf, bool anyGroup)
        where THost : struct, IGicV3Host
    {
        uint bit = 1u << (int)intid;
        for (int target = 0; target < _vcpus; target++)
        {
            uint affinity = _cpus[target].Affinity;
            bool meant = allButSelf ? target != vcpu : (affinity & ~15u) == cluster && (targets >> (int)(affinity & 15) & 1) != 0;
            // Arm IHI 0069H, table 4-5 with one security state: a write for group 1 reaches either group, one for group 0 only that.
            if (meant && (anyGroup || (_cpus[target].Private.Group1 & bit) == 0))
                SetPending(ref host, vcpu, target, 0, bit);
        }
    }
}
