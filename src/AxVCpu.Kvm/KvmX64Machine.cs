using AxVCpu.Kvm.Abi;
using AxVCpu.Kvm.Handles;
using AxVCpu.Kvm.Memory;
using AxVCpu.Kvm.Profile;
using AxVCpu.Memory;

namespace AxVCpu.Kvm;

/// <summary>Where the interrupt controllers of a machine are.</summary>
public enum X64InterruptController
{
    /// <summary>All in the VMM: interrupts reach a vCPU by <c>SetInterruptLine</c> and <c>InjectInterrupt</c>, HLT leaves the guest.</summary>
    None,
    /// <summary>Local APICs in the kernel; I/O APIC and PIC in the VMM, which sends messages.</summary>
    Split,
    /// <summary>Local APICs, I/O APIC and PIC in the kernel.</summary>
    Kernel,
}

/// <summary>What is fixed when a machine is made.</summary>
public sealed class KvmX64MachineConfig
{
    /// <summary>The VM's memory, with 48-bit guest-physical addresses. Its mappings become memory slots, now and whenever they change.</summary>
    public required GuestAddressSpace Memory { get; init; }

    /// <summary>How many vCPUs there can be, 1 to 255; their APIC ids are 0 to one less.</summary>
    public int CpuCount { get; init; } = 1;

    /// <summary>Where the interrupt controllers are.</summary>
    public X64InterruptController InterruptController { get; init; } = X64InterruptController.None;

    /// <summary>Whether the kernel emulates the PC's timer (8254) too; only with <see cref="X64InterruptController.Kernel"/>.</summary>
    public bool KernelTimer { get; init; }

    /// <summary>What CPUID tells the guest.</summary>
    public X64CpuProfile Profile { get; init; } = X64CpuProfile.Default;

    /// <summary>
    /// Model-specific registers that the VMM serves although the profile's allow list has them: an access leaves the guest with SysRegRead
    /// and SysRegWrite, as it does for every register that is on no list.
    /// </summary>
    public IReadOnlyList<X64MsrRange> ServedMsrs { get; init; } = [];

    /// <summary>
    /// A port whose OUT instructions are hypercalls: number in rax, arguments in rdi, rsi, rdx, r10, r8 and r9, result in rax. Null for none.
    /// </summary>
    /// <remarks>Works with every kernel and at every privilege level that may use the port.</remarks>
    public ushort? HypercallPort { get; init; }

    /// <summary>
    /// Whether VMCALL and VMMCALL leave the guest as hypercalls: number in rax, arguments in rdi, rsi, rdx, r10, r8 and r9 (outside of 64-bit
    /// mode in ebx, ecx, edx, esi, edi and ebp), result in rax. Needs <see cref="EngineCapabilities.HypercallExits"/>.
    /// </summary>
    /// <remarks>
    /// Otherwise the kernel answers them itself, with the calls of its own paravirtual interface (Documentation/virt/kvm/x86/hypercalls.rst),
    /// which such a guest has not. Only at privilege level 0, as with those: other levels get the error -1 (EPERM). One call stays in the
    /// kernel, the event channel operation of Xen (number 32 with 4 as its first argument), when it cannot read what the second points to.
    /// </remarks>
    public bool HypercallExits { get; init; }
}

/// <summary>
/// What the vCPUs of one virtual machine share: the kernel's VM object. Owned by the VM, which disposes it after its vCPUs and before its
/// memory.
/// </summary>
public sealed unsafe partial class KvmX64Machine : IDisposable
{
    internal const int MaxCpus = 255;

    // Three pages for the TSS and one for the page table that VMX without unrestricted guest needs: below the reset vector's 256 KiB.
    private const ulong IdentityMapAddress = 0xFFFB_C000;
    private const ulong TssAddress = IdentityMapAddress + 0x1000;

    private readonly KvmFile _system;
    private readonly KvmFile _vm;
    private readonly Processor?[] _processors;
    private int _isDisposed;

    /// <summary>Creates a machine without vCPUs.</summary>
    /// <exception cref="ArgumentException">A value of <paramref name="config"/> is out of its range.</exception>
    /// <exception cref="InvalidOperationException">The memory is another machine's already.</exception>
    /// <exception cref="EngineException">KVM is not usable (<see cref="KvmEngine.Examine"/> says why), or refuses.</exception>
    public KvmX64Machine(KvmX64MachineConfig config)
    {
        ArgumentNullException.ThrowIfNull(config);
        ArgumentNullException.ThrowIfNull(config.Memory, nameof(config));
        ArgumentOutOfRangeException.ThrowIfLessThan(config.CpuCount, 1, nameof(config));
        ArgumentOutOfRangeException.ThrowIfGreaterThan(config.CpuCount, MaxCpus, nameof(config));
        if (config.Memory.Format is not (NestedFormat.Npt or NestedFormat.Ept))
            throw new ArgumentException($"an x86-64 guest needs memory of format Npt or Ept, not {config.Memory.Format}", nameof(config));
        if (config.KernelTimer && config.InterruptController != X64InterruptController.Kernel)
            throw new ArgumentException("the kernel's timer needs the kernel's interrupt controllers", nameof(config));

        KvmProbe probe = KvmEngine.Examine();
        if (probe.Status != KvmStatus.Available)
            throw new EngineException($"KVM cannot be used: {probe.Detail}");
        Module = probe.Module;
        InterruptController = config.InterruptController;
        HypercallPort = config.HypercallPort;
        CpuCount = config.CpuCount;
        Memory = config.Memory;
        _processors = new Processor?[config.CpuCount];
        _system = KvmFile.Open(KvmEngine.DevicePath, out int error) ?? throw new EngineException("open of " + KvmEngine.DevicePath, error);
        try
        {
            _vm = _system.Create(KvmRequest.CreateVm);
            RunPageSize = (nuint)_system.Require(KvmRequest.GetVCpuMmapSize);
            CreateInterruptController(config);
            SwitchOffCounters();
            if (config.HypercallExits)
                InterceptHypercalls();
            var msrs = new MsrPolicy(config.Profile.AllowedMsrs, config.ServedMsrs);
            msrs.Apply(_vm);
            Cpuid = CpuidTable.Build(_system, _vm, config, msrs);
            _slots = new SlotTable(_vm, Memory, Pause, Resume);
            Memory.SetMemoryListener(_slots);
        }
        catch
        {
            _vm?.Dispose();
            _system.Dispose();
            throw;
        }
    }

    /// <summary>The kernel module that runs the vCPUs.</summary>
    public KvmModule Module { get; }

    /// <summary>How many vCPUs there can be.</summary>
    public int CpuCount { get; }

    /// <summary>Where the interrupt controllers are.</summary>
    public X64InterruptController InterruptController { get; }

    /// <summary>The memory that the machine was made with.</summary>
    public GuestAddressSpace Memory { get; }

    /// <summary>The port whose OUT instructions are hypercalls, or null.</summary>
    public ushort? HypercallPort { get; }

    internal bool HasKernelLapic => InterruptController != X64InterruptController.None;

    /// <summary>Whether the guests have XSAVE.</summary>
    internal bool HasExtendedState => ExtendedComponents != 0;

    /// <summary>The components of XCR0 that the guests can use.</summary>
    internal ulong ExtendedComponents => Cpuid.ExtendedComponents;

    internal nuint RunPageSize { get; }

    internal CpuidTable Cpuid { get; }

    /// <summary>Ends the life of the machine; its vCPUs must not run any more. The kernel frees the VM after the last of them is disposed.</summary>
    public void Dispose()
    {
        if (Interlocked.Exchange(ref _isDisposed, 1) != 0)
            return;
        Memory.SetMemoryListener(null);
        _slots.Dispose();
        _vm.Dispose();
        _system.Dispose();
    }

    /// <summary>Creates the kernel's vCPU for an APIC id.</summary>
    internal KvmFile CreateVCpuFile(uint apicId) => _vm.Create(KvmRequest.CreateVCpu, (nint)apicId);

    /// <summary>Makes a processor known to the machine. False when there is one with its APIC id.</summary>
    internal bool Add(Processor processor)
    {
        lock (_pauseLock) // a pause is for all processors or none
            return Interlocked.CompareExchange(ref _processors[processor.ApicId], processor, null) is null;
    }

    /// <summary>Forgets a processor that will not run any more.</summary>
    internal void Remove(Processor processor) => Interlocked.CompareExchange(ref _processors[processor.ApicId], null, processor);

    /// <summary>No profile has performance counters: they tell a guest about its host.</summary>
    private void SwitchOffCounters()
    {
        const int Disable = 1 << 0; // KVM_PMU_CAP_DISABLE
        if ((_system.Check(KvmCapability.PmuCapability) & Disable) == 0)
            return;
        KvmEnableCapability off = new() { Capability = (uint)KvmCapability.PmuCapability };
        off.Arguments[0] = Disable;
        _vm.Require(KvmRequest.EnableCapability, &off);
    }

    private void InterceptHypercalls()
    {
        if ((_system.Check(KvmCapability.XenHvm) & KvmXenHvmConfig.InterceptHypercalls) == 0)
            throw new EngineException("the kernel's KVM cannot give hypercalls to the VMM: it is built without CONFIG_KVM_XEN");
        KvmXenHvmConfig request = new() { Flags = KvmXenHvmConfig.InterceptHypercalls, Register = KvmXenHvmConfig.PageRegister };
        _vm.Require(KvmRequest.XenHvmConfig, &request);
    }

    private static void ThrowIfFailed(int result, string operation)
    {
        if (result < 0)
            throw new EngineException(operation, -result);
    }
}
