using AxVCpu.Devices;

namespace AxVCpu.BareMetal.Aarch64;

/// <content>The hardware's virtual CPU interface as the model of the interrupt controller fills it.</content>
internal partial struct VgicCpuInterface : IGicListRegisters
{
    readonly int IGicListRegisters.Count => Count;

    ulong IGicListRegisters.Hcr
    {
        readonly get => Hcr;
        set => Hcr = value;
    }

    ulong IGicListRegisters.Vmcr
    {
        readonly get => Vmcr;
        set => Vmcr = value;
    }

    /// <inheritdoc/>
    public readonly ulong GetListRegister(int index) => Lr[index];

    /// <inheritdoc/>
    public void SetListRegister(int index, ulong value) => Lr[index] = value;

    /// <inheritdoc/>
    public readonly uint GetActivePriorities(int group, int index) => (uint)(group == 0 ? Ap0[index] : Ap1[index]);
}
