using AxVCpu;
using AxVCpu.Kvm;
using AxVM.Boards;

namespace AxVM.Tests.X64;

/// <summary>What a host must have for an x86-64 guest, by what its probe says.</summary>
public sealed class X64EngineChoiceTests
{
    [Fact]
    public void Every_reason_why_kvm_is_not_there_refuses_every_guest_with_the_reason_and_another_way()
    {
        foreach (KvmStatus status in Enum.GetValues<KvmStatus>().Where(status => status != KvmStatus.Available))
        {
            foreach (bool isSystem in (bool[])[true, false])
            {
                EngineUnavailableException e = Assert.Throws<EngineUnavailableException>(
                    () => X64VirtMachine.RequireKvm(isSystem, new KvmProbe(status, KvmModule.None, $"the reason is {status}")));
                Assert.Equal("kvm", e.Engine);
                Assert.Contains($"the reason is {status}", e.Message, StringComparison.Ordinal);
                Assert.Contains("kvm_intel or kvm_amd", e.Message, StringComparison.Ordinal);
                Assert.Contains("riscv64 guests run here", e.Message, StringComparison.Ordinal);
            }
        }
    }

    [Fact]
    public void The_module_kvm_pvm_refuses_a_system_by_its_name_and_takes_a_small_program()
    {
        KvmProbe probe = new(KvmStatus.Available, KvmModule.Pvm, "here");
        EngineUnavailableException e = Assert.Throws<EngineUnavailableException>(() => X64VirtMachine.RequireKvm(isSystem: true, in probe));
        Assert.Contains("kvm_pvm", e.Message, StringComparison.Ordinal);
        Assert.Contains("qemu-system-x86_64 -cpu max", e.Message, StringComparison.Ordinal);
        X64VirtMachine.RequireKvm(isSystem: false, in probe);
    }

    [Theory]
    [InlineData(KvmModule.Intel)]
    [InlineData(KvmModule.Amd)]
    [InlineData(KvmModule.None)] // built into the kernel
    public void Hardware_support_takes_every_guest(KvmModule module)
    {
        X64VirtMachine.RequireKvm(isSystem: true, new KvmProbe(KvmStatus.Available, module, "here"));
        X64VirtMachine.RequireKvm(isSystem: false, new KvmProbe(KvmStatus.Available, module, "here"));
    }

    [Fact]
    public void A_riscv64_guest_needs_nothing_and_an_aarch64_guest_another_command()
    {
        BoardChoice.RequireEngine(GuestArchitecture.Riscv64);
        EngineUnavailableException e = Assert.Throws<EngineUnavailableException>(() => BoardChoice.RequireEngine(GuestArchitecture.Aarch64));
        Assert.Contains("axvisor baremetal run", e.Message, StringComparison.Ordinal);
    }
}
