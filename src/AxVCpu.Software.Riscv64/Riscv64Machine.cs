namespace AxVCpu.Software.Riscv64;

/// <summary>What the harts of one virtual machine share.</summary>
internal sealed class Riscv64Machine
{
}
