using System.Runtime.CompilerServices;

namespace AxVCpu.Kvm.Abi;

/// <summary>The ioctl requests of /dev/kvm and of the files made from it (include/uapi/linux/kvm.h; Documentation/virt/kvm/api.rst, section 4).</summary>
/// <remarks>Numbers by asm-generic/ioctl.h: number in bits 7-0, type 0xAE in bits 15-8, size of the argument in bits 29-16, direction in bits 31-30.</remarks>
internal enum KvmRequest : uint
{
    // /dev/kvm
    GetApiVersion = 0xAE00,
    CreateVm = 0xAE01,
    CheckExtension = 0xAE03,
    GetVCpuMmapSize = 0xAE04,
    GetSupportedCpuid = 0xC008AE05,

    // A VM
    CreateVCpu = 0xAE41,
    GetDirtyLog = 0x4010AE42,
    SetUserMemoryRegion = 0x4020AE46,
    SetTssAddress = 0xAE47,
    SetIdentityMapAddress = 0x4008AE48,
    CreateIrqChip = 0xAE60,
    IrqLine = 0x4008AE61,
    GetIrqChip = 0xC208AE62,
    SetIrqChip = 0x8208AE63,
    SetGsiRouting = 0x4008AE6A,
    IrqFd = 0x4020AE76,
    CreatePit2 = 0x4040AE77,
    GetPit2 = 0x8070AE9F,
    SetPit2 = 0x4070AEA0,
    IoEventFd = 0x4040AE79,
    XenHvmConfig = 0x4038AE7A,
    SetClock = 0x4030AE7B,
    GetClock = 0x8030AE7C,
    EnableCapability = 0x4068AEA3,
    SignalMsi = 0x4020AEA5,
    SetMsrFilter = 0x4188AEC6,

    // A vCPU
    Run = 0xAE80,
    GetRegisters = 0x8090AE81,
    SetRegisters = 0x4090AE82,
    GetSystemRegisters = 0x8138AE83,
    SetSystemRegisters = 0x4138AE84,
    Interrupt = 0x4004AE86,
    GetMsrs = 0xC008AE88,
    SetMsrs = 0x4008AE89,
    SetSignalMask = 0x4004AE8B,
    GetLapic = 0x8400AE8E,
    SetLapic = 0x4400AE8F,
    SetCpuid2 = 0x4008AE90,
    GetMpState = 0x8004AE98,
    SetMpState = 0x4004AE99,
    Nmi = 0xAE9A,
    SetGuestDebug = 0x4048AE9B,
    GetVCpuEvents = 0x8040AE9F,
    SetVCpuEvents = 0x4040AEA0,
    GetDebugRegisters = 0x8080AEA1,
    SetDebugRegisters = 0x4080AEA2,
    GetTscKhz = 0xAEA3,
    GetXsave = 0x9000AEA4,
    SetXsave = 0x5000AEA5,
    GetXcrs = 0x8188AEA6,
    SetXcrs = 0x4188AEA7,
    KvmClockControl = 0xAEAD,
    SetDeviceAttribute = 0x4018AEE1,
    GetDeviceAttribute = 0x4018AEE2,
}

/// <summary>Reads the fields of a request; tests compare the size with the argument's type.</summary>
internal static class KvmRequestFields
{
    internal static uint ArgumentSize(this KvmRequest request) => ((uint)request >> 16) & 0x3FFF;

    internal static bool Fits<T>(this KvmRequest request)
        where T : unmanaged => request.ArgumentSize() == Unsafe.SizeOf<T>();
}
