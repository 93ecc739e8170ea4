using System.Runtime.InteropServices;
using AxVCpu.Kvm.Abi;

namespace AxVCpu.Kvm;

/// <summary>Where an interrupt line of the machine leads: a pin of a controller in the kernel, or a message.</summary>
public readonly record struct KvmRoute
{
    private KvmRoute(uint line, uint type, ulong target, uint data)
    {
        Line = line;
        Type = type;
        Target = target;
        Data = data;
    }

    internal uint Line { get; }

    internal uint Type { get; }

    internal ulong Target { get; }

    internal uint Data { get; }

    /// <summary>Leads to pin <paramref name="pin"/>, 0 to 7, of the kernel's first interrupt controller (8259).</summary>
    public static KvmRoute ToMasterPic(uint line, uint pin) => new(line, KvmIrqRoute.TypeIrqChip, 0, pin);

    /// <summary>Leads to pin <paramref name="pin"/>, 0 to 7, of the kernel's second interrupt controller (8259).</summary>
    public static KvmRoute ToSlavePic(uint line, uint pin) => new(line, KvmIrqRoute.TypeIrqChip, 1, pin);

    /// <summary>Leads to pin <paramref name="pin"/>, 0 to 23, of the kernel's I/O APIC.</summary>
    public static KvmRoute ToIoApic(uint line, uint pin) => new(line, KvmIrqRoute.TypeIrqChip, 2, pin);

    /// <summary>Sends a message to the local APICs (Intel SDM volume 3, 12.11).</summary>
    public static KvmRoute ToMessage(uint line, ulong address, uint data) => new(line, KvmIrqRoute.TypeMsi, address, data);
}

/// <summary>Where a guest write signals a file descriptor instead of leaving the guest.</summary>
/// <param name="Address">The guest-physical address, or the port.</param>
/// <param name="Width">How much is written; 0 for any width.</param>
/// <param name="IsPort">Whether it is a port.</param>
/// <param name="Match">The value that must be written; null for any.</param>
public readonly record struct KvmIoEvent(ulong Address, uint Width, bool IsPort, ulong? Match);

public sealed unsafe partial class KvmX64Machine
{
    private const int SplitRoutes = 24;

    private KvmIrqChip[] _controllersAtPowerOn = [];
    private KvmPitState? _timerAtPowerOn;

    /// <summary>Drives an interrupt line of the kernel's controllers. Any thread.</summary>
    /// <param name="line">The line: by default 0 to 15 lead to the PICs and the I/O APIC, 16 to 23 to the I/O APIC.</param>
    /// <param name="level">Whether the line is asserted.</param>
    /// <exception cref="EngineException">The controllers are not in the kernel.</exception>
    public void SetInterruptLine(uint line, bool level)
    {
        KvmIrqLevel argument = new() { Line = line, Level = level ? 1u : 0u };
        ThrowIfFailed(_vm.Request(KvmRequest.IrqLine, &argument), "KVM_IRQ_LINE");
    }

    /// <summary>Sends a message-signalled interrupt to the local APICs in the kernel. Any thread.</summary>
    /// <returns>Whether an APIC took it.</returns>
    /// <exception cref="EngineException">The local APICs are not in the kernel.</exception>
    public bool SignalMsi(ulong address, uint data)
    {
        KvmMsi argument = new() { AddressLow = (uint)address, AddressHigh = (uint)(address >> 32), Data = data };
        int result = _vm.Request(KvmRequest.SignalMsi, &argument);
        ThrowIfFailed(result, "KVM_SIGNAL_MSI");
        return result > 0;
    }

    /// <summary>Replaces where the interrupt lines lead.</summary>
    /// <exception cref="EngineException">There are no controllers in the kernel, or a route names something that does not exist.</exception>
    public void SetRoutes(ReadOnlySpan<KvmRoute> routes)
    {
        const int Header = 8;
        byte* memory = (byte*)NativeMemory.AllocZeroed((nuint)(Header + (routes.Length * sizeof(KvmIrqRoute))));
        try
        {
            *(uint*)memory = (uint)routes.Length;
            KvmIrqRoute* entries = (KvmIrqRoute*)(memory + Header);
            for (int i = 0; i < routes.Length; i++)
            {
                KvmRoute route = routes[i];
                bool isMessage = route.Type == KvmIrqRoute.TypeMsi;
                entries[i] = new KvmIrqRoute
                {
                    Line = route.Line,
                    Type = route.Type,
                    Data0 = (uint)route.Target,
                    Data1 = isMessage ? (uint)(route.Target >> 32) : route.Data,
                    Data2 = isMessage ? route.Data : 0,
                };
            }

            ThrowIfFailed(_vm.Request(KvmRequest.SetGsiRouting, (nint)memory), "KVM_SET_GSI_ROUTING");
        }
        finally
        {
            NativeMemory.Free(memory);
        }
    }

    /// <summary>Makes an eventfd raise an interrupt line (irqfd).</summary>
    /// <param name="eventFile">The eventfd; the machine does not own it.</param>
    /// <param name="line">The line, which must have a route.</param>
    /// <param name="resampleFile">An eventfd that is signalled at the end of each interrupt of a level-triggered line; -1 for an edge.</param>
    /// <exception cref="EngineException">There are no controllers in the kernel, or the descriptor is in use.</exception>
    public void AddInterruptEvent(int eventFile, uint line, int resampleFile = -1) =>
        RequestInterruptEvent(eventFile, line, resampleFile >= 0 ? KvmIrqFd.Resample : 0, resampleFile);

    /// <summary>Undoes <see cref="AddInterruptEvent"/>.</summary>
    public void RemoveInterruptEvent(int eventFile, uint line) => RequestInterruptEvent(eventFile, line, KvmIrqFd.Deassign, 0);

    /// <summary>Makes a guest write signal an eventfd instead of leaving the guest (ioeventfd).</summary>
    /// <param name="eventFile">The eventfd; the machine does not own it.</param>
    /// <param name="place">Which writes.</param>
    /// <exception cref="EngineException">The place is taken, or the kernel refuses.</exception>
    public void AddIoEvent(int eventFile, KvmIoEvent place) => RequestIoEvent(eventFile, place, 0);

    /// <summary>Undoes <see cref="AddIoEvent"/>.</summary>
    public void RemoveIoEvent(int eventFile, KvmIoEvent place) => RequestIoEvent(eventFile, place, KvmIoEventFd.Deassign);

    /// <summary>
    /// Puts the controllers in the kernel that are the machine's, not a vCPU's, into their state at power-on: I/O APIC, PICs and timer. For a
    /// reset of the guest, with the vCPUs' own; does nothing when they are not in the kernel. No vCPU runs meanwhile.
    /// </summary>
    /// <exception cref="EngineException">The kernel refuses.</exception>
    public void ResetInterruptControllers()
    {
        for (uint number = 0; number < _controllersAtPowerOn.Length; number++)
        {
            KvmIrqChip state = _controllersAtPowerOn[number];
            ThrowIfFailed(_vm.Request(KvmRequest.SetIrqChip, &state), "KVM_SET_IRQCHIP");
        }

        if (_timerAtPowerOn is { } timer)
            ThrowIfFailed(_vm.Request(KvmRequest.SetPit2, &timer), "KVM_SET_PIT2");
    }

    private void CaptureInterruptControllers()
    {
        _controllersAtPowerOn = new KvmIrqChip[KvmIrqChip.Count];
        for (uint number = 0; number < KvmIrqChip.Count; number++)
        {
            KvmIrqChip state = new() { Number = number };
            _vm.Require(KvmRequest.GetIrqChip, &state);
            _controllersAtPowerOn[number] = state;
        }
    }

    private void RequestInterruptEvent(int eventFile, uint line, uint flags, int resampleFile)
    {
        KvmIrqFd argument = new() { File = eventFile, Line = line, Flags = flags, ResampleFile = resampleFile >= 0 ? resampleFile : 0 };
        ThrowIfFailed(_vm.Request(KvmRequest.IrqFd, &argument), "KVM_IRQFD");
    }

    private void RequestIoEvent(int eventFile, KvmIoEvent place, uint flags)
    {
        KvmIoEventFd argument = new()
        {
            File = eventFile,
            Address = place.Address,
            Length = place.Width,
            DataToMatch = place.Match ?? 0,
            Flags = flags | (place.IsPort ? KvmIoEventFd.PortIo : 0) | (place.Match is null ? 0 : KvmIoEventFd.DataMatch),
        };
        ThrowIfFailed(_vm.Request(KvmRequest.IoEventFd, &argument), "KVM_IOEVENTFD");
    }

    private void CreateInterruptController(KvmX64MachineConfig config)
    {
        if (_system.Check(KvmCapability.SetTssAddress) != 0)
            _vm.Require(KvmRequest.SetTssAddress, unchecked((nint)TssAddress));
        ulong identity = IdentityMapAddress;
        if (_system.Check(KvmCapability.SetIdentityMapAddress) != 0)
            _vm.Require(KvmRequest.SetIdentityMapAddress, &identity);
        switch (config.InterruptController)
        {
            case X64InterruptController.Kernel:
                RequireCapability(KvmCapability.IrqChip);
                _vm.Require(KvmRequest.CreateIrqChip);
                if (config.KernelTimer)
                {
                    RequireCapability(KvmCapability.Pit2);
                    KvmPitConfig pit = new() { Flags = KvmPitConfig.SpeakerStub };
                    _vm.Require(KvmRequest.CreatePit2, &pit);
                    KvmPitState state;
                    _vm.Require(KvmRequest.GetPit2, &state);
                    _timerAtPowerOn = state;
                }

                CaptureInterruptControllers();

                break;
            case X64InterruptController.Split:
                RequireCapability(KvmCapability.SplitIrqChip);
                KvmEnableCapability split = new() { Capability = (uint)KvmCapability.SplitIrqChip };
                split.Arguments[0] = SplitRoutes;
                _vm.Require(KvmRequest.EnableCapability, &split);
                break;
            default:
                break;
        }
    }

    private void RequireCapability(KvmCapability capability)
    {
        if (_system.Check(capability) == 0)
            throw new EngineException($"the kernel's KVM lacks the capability {capability}");
    }
}
