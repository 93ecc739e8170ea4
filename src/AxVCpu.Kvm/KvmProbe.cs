using System.Runtime.InteropServices;
using AxVCpu.Kvm.Abi;

namespace AxVCpu.Kvm;

/// <summary>What stands in the way of using KVM.</summary>
public enum KvmStatus
{
    /// <summary>Nothing: vCPUs can be created.</summary>
    Available,
    /// <summary>The host does not run Linux.</summary>
    NotLinux,
    /// <summary>The process is not an x86-64 one.</summary>
    NotX64,
    /// <summary>There is no device node.</summary>
    NoDevice,
    /// <summary>There is a device node, but no module behind it.</summary>
    NoModule,
    /// <summary>The device may not be opened by this user.</summary>
    NoPermission,
    /// <summary>The device could not be opened for another reason.</summary>
    OpenFailed,
    /// <summary>The kernel speaks another version of the interface.</summary>
    WrongApiVersion,
    /// <summary>The kernel lacks something that this engine cannot do without.</summary>
    MissingCapability,
}

/// <summary>Which kernel module runs the vCPUs.</summary>
public enum KvmModule
{
    /// <summary>None was found.</summary>
    None,
    /// <summary>kvm_intel: VMX.</summary>
    Intel,
    /// <summary>kvm_amd: SVM.</summary>
    Amd,
    /// <summary>
    /// kvm_pvm: no hardware support. Guest code of ring 3 in long mode runs natively; everything else is emulated by the kernel, instruction
    /// by instruction.
    /// </summary>
    Pvm,
}

/// <summary>Whether KVM can be used here, in detail.</summary>
/// <param name="Status">Usable, or the first reason why not.</param>
/// <param name="Module">The module behind the device.</param>
/// <param name="Detail">A sentence for people: what was found, or the reason and the remedy.</param>
public readonly record struct KvmProbe(KvmStatus Status, KvmModule Module, string Detail);

/// <summary>What a probe asks the host.</summary>
internal interface IKvmHost
{
    bool IsLinux { get; }

    bool IsX64 { get; }

    bool HasModule(string name);

    /// <summary>Opens the device; 0 or an error number.</summary>
    int Open();

    int ApiVersion { get; }

    int Check(KvmCapability capability);
}

/// <summary>The order in which the host is asked, and the words for what it answers.</summary>
internal static class KvmProber
{
    internal const int ApiVersion = 12;

    private static readonly (string Name, KvmModule Module)[] s_modules =
        [("kvm_intel", KvmModule.Intel), ("kvm_amd", KvmModule.Amd), ("kvm_pvm", KvmModule.Pvm)];

    /// <summary>What every part of the engine relies on.</summary>
    private static readonly (KvmCapability Capability, string Name)[] s_required =
    [
        (KvmCapability.UserMemory, "KVM_CAP_USER_MEMORY"),
        (KvmCapability.JoinMemoryRegions, "KVM_CAP_JOIN_MEMORY_REGIONS_WORKS"),
        (KvmCapability.ReadOnlyMemory, "KVM_CAP_READONLY_MEM"),
        (KvmCapability.MpState, "KVM_CAP_MP_STATE"),
        (KvmCapability.VCpuEvents, "KVM_CAP_VCPU_EVENTS"),
        (KvmCapability.DebugRegisters, "KVM_CAP_DEBUGREGS"),
        (KvmCapability.Xsave, "KVM_CAP_XSAVE"),
        (KvmCapability.Xcrs, "KVM_CAP_XCRS"),
        (KvmCapability.SyncRegisters, "KVM_CAP_SYNC_REGS"),
        (KvmCapability.ImmediateExit, "KVM_CAP_IMMEDIATE_EXIT"),
        (KvmCapability.EnableCapabilityVm, "KVM_CAP_ENABLE_CAP_VM"),
        (KvmCapability.UserSpaceMsr, "KVM_CAP_X86_USER_SPACE_MSR"),
        (KvmCapability.MsrFilter, "KVM_CAP_X86_MSR_FILTER"),
    ];

    /// <summary>What stands for a capability of the engine in the kernel.</summary>
    private static readonly (KvmCapability Capability, int Bits, EngineCapabilities Meaning)[] s_optional =
    [
        (KvmCapability.IrqChip, ~0, EngineCapabilities.EngineInterruptController),
        (KvmCapability.IrqFd, ~0, EngineCapabilities.InterruptEvents),
        (KvmCapability.IoEventFd, ~0, EngineCapabilities.WriteEvents),
        (KvmCapability.XenHvm, (int)KvmXenHvmConfig.InterceptHypercalls, EngineCapabilities.HypercallExits),
    ];

    /// <summary>What the engine honours, as far as the host can be asked.</summary>
    internal static EngineCapabilities Capabilities(IKvmHost host)
    {
        EngineCapabilities all = EngineCapabilities.MultipleVCpus | EngineCapabilities.DirtyLog | EngineCapabilities.UserspaceInterruptController
            | EngineCapabilities.SystemRegisterExits;
        if (Examine(host).Status != KvmStatus.Available)
            return all;
        foreach ((KvmCapability capability, int bits, EngineCapabilities meaning) in s_optional)
            all |= (host.Check(capability) & bits) != 0 ? meaning : EngineCapabilities.None;
        return all;
    }

    internal static KvmProbe Examine(IKvmHost host)
    {
        if (!host.IsLinux)
            return new(KvmStatus.NotLinux, KvmModule.None, "KVM is a part of Linux; this is another system");
        if (!host.IsX64)
            return new(KvmStatus.NotX64, KvmModule.None, "needs an x86-64 process: the guests of this engine are x86-64");
        KvmModule module = s_modules.FirstOrDefault(known => host.HasModule(known.Name)).Module;
        int error = host.Open();
        if (error != 0)
            return Refused(error, module);
        int version = host.ApiVersion;
        if (version != ApiVersion)
            return new(KvmStatus.WrongApiVersion, module, $"the kernel speaks version {version} of the KVM interface, not {ApiVersion}");
        string[] missing = [.. s_required.Where(need => host.Check(need.Capability) == 0).Select(need => need.Name)];
        if (missing.Length != 0)
            return new(KvmStatus.MissingCapability, module, $"the kernel is too old: KVM lacks {string.Join(", ", missing)}");
        return new(KvmStatus.Available, module, Describe(module));
    }

    private static KvmProbe Refused(int error, KvmModule module) => error switch
    {
        Libc.ErrorNoEntry => new(KvmStatus.NoDevice, module, module == KvmModule.None
            ? "there is no /dev/kvm, and none of the modules kvm_intel, kvm_amd and kvm_pvm is loaded: the processor has no virtualization, it is "
                + "switched off in the firmware, or this is a virtual machine without nesting"
            : $"there is no /dev/kvm, but a module is loaded ({Describe(module)}): in a container, pass the device to it"),
        Libc.ErrorNoDevice or Libc.ErrorNoSuchDevice => new(KvmStatus.NoModule, module,
            "there is a /dev/kvm, but no driver behind it: load kvm_intel or kvm_amd"),
        Libc.ErrorAccess or Libc.ErrorPermission => new(KvmStatus.NoPermission, module,
            "/dev/kvm may not be opened by this user: join the group that owns it (often kvm), or ask for an access rule"),
        _ => new(KvmStatus.OpenFailed, module, $"/dev/kvm cannot be opened: {Marshal.GetPInvokeErrorMessage(error)} (errno {error})"),
    };

    private static string Describe(KvmModule module) => module switch
    {
        KvmModule.Intel => "module kvm_intel",
        KvmModule.Amd => "module kvm_amd",
        KvmModule.Pvm => "module kvm_pvm: guest code outside of ring 3 is emulated by the kernel, very slowly",
        _ => "module built in or unknown",
    };
}
