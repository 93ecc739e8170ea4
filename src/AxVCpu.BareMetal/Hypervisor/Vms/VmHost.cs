using AxVCpu.BareMetal.Aarch64;
using AxVCpu.Devices;
using AxVCpu.Memory;

namespace AxVCpu.BareMetal.Hypervisor;

/// <summary>What a VM's interrupt controller asks of the world around it. The VM's lock is held.</summary>
internal readonly unsafe struct VmHost(Vm* vm) : IGicV3Host
{
    private readonly Vm* _vm = vm;

    /// <inheritdoc/>
    public void Notify(int vcpu) => HypervisorState.Current.Wake(ref _vm->VCpu(vcpu));

    /// <inheritdoc/>
    public void DeactivateHardware(uint physical) => HostGic.Deactivate(physical);

    /// <summary>Drives an SPI of the guest.</summary>
    internal void SetSpi(uint interrupt, bool level)
    {
        VmHost self = this;
        _vm->Gic.SetSpi(ref self, interrupt, level);
    }
}

/// <summary>What a VM's UART asks for. The VM's lock is held.</summary>
internal readonly unsafe struct VmUartHost(Vm* vm) : IPl011Host
{
    private readonly Vm* _vm = vm;

    /// <inheritdoc/>
    public void Transmit(byte value) => HypervisorState.Current.Consoles.Transmit(_vm, value);

    /// <inheritdoc/>
    public void SetInterrupt(bool level) => new VmHost(_vm).SetSpi(GuestBoard.UartInterrupt, level);
}

/// <summary>What a VM's clock asks for. The VM's lock is held.</summary>
internal readonly unsafe struct VmRtcHost(Vm* vm) : IRtcHost
{
    private readonly Vm* _vm = vm;

    /// <inheritdoc/>
    public ulong NowNanoseconds() => HypervisorState.Current.Clock.NanosecondsAt(HostTimer.Now);

    /// <inheritdoc/>
    public void ArmAlarm(ulong deadline) => _vm->Devices.AlarmAt = HypervisorState.Current.Clock.TicksAt(deadline);

    /// <inheritdoc/>
    public void DisarmAlarm() => _vm->Devices.AlarmAt = ulong.MaxValue;

    /// <inheritdoc/>
    public void SetInterrupt(bool level) => new VmHost(_vm).SetSpi(GuestBoard.RtcInterrupt, level);
}

/// <summary>A VM's memory as its devices see it.</summary>
internal readonly unsafe struct VmMemory(Vm* vm) : IGuestDma
{
    private readonly Vm* _vm = vm;

    /// <inheritdoc/>
    public bool Read(ulong address, Span<byte> destination) => _vm->Space.Read(new GuestPhysAddr(address), destination) == GuestAccessStatus.Ok;

    /// <inheritdoc/>
    public bool Write(ulong address, ReadOnlySpan<byte> source) => _vm->Space.Write(new GuestPhysAddr(address), source) == GuestAccessStatus.Ok;

    /// <inheritdoc/>
    public bool ReadIndex(ulong address, out ushort value)
    {
        bool read = _vm->Space.ReadVolatile(new GuestPhysAddr(address), AccessWidth.Word, out ulong word) == GuestAccessStatus.Ok;
        value = (ushort)word;
        return read;
    }

    /// <inheritdoc/>
    public bool WriteIndex(ulong address, ushort value) =>
        _vm->Space.WriteVolatile(new GuestPhysAddr(address), AccessWidth.Word, value) == GuestAccessStatus.Ok;
}

/// <summary>What a disk of a VM asks for. The VM's lock is held.</summary>
internal readonly unsafe struct VmDiskHost(Vm* vm, int slot) : IVirtioBlkHost
{
    private const int StagingSize = 4096;

    private readonly Vm* _vm = vm;
    private readonly int _slot = slot;

    private ref VmDisk Disk => ref _vm->Devices.Disks[_slot];

    /// <inheritdoc/>
    public Span<byte> Staging() => new(_vm->Devices.Staging, StagingSize);

    /// <inheritdoc/>
    public bool ReadDisk(ulong offset, Span<byte> destination)
    {
        if (!IsInside(offset, destination.Length))
            return false;
        new ReadOnlySpan<byte>(Disk.Data + offset, destination.Length).CopyTo(destination);
        return true;
    }

    /// <inheritdoc/>
    public bool WriteDisk(ulong offset, ReadOnlySpan<byte> source)
    {
        if (Disk.CopyPages == 0 || !IsInside(offset, source.Length))
            return false;
        source.CopyTo(new Span<byte>(Disk.Data + offset, source.Length));
        return true;
    }

    /// <inheritdoc/>
    public bool FlushDisk() => true;

    /// <inheritdoc/>
    public ulong ReadConfig(ulong offset, AccessWidth width) => Disk.Model.ReadConfig(offset, width);

    /// <summary>No field of a disk can be written.</summary>
    public void WriteConfig(ulong offset, AccessWidth width, ulong value)
    {
    }

    /// <inheritdoc/>
    public void Notify(int queue)
    {
        VmDiskHost self = this;
        Disk.Model.Process(ref self, ref Disk.Transport);
    }

    /// <summary>No request is ever in flight.</summary>
    public void ResetDevice()
    {
    }

    /// <inheritdoc/>
    public void SetInterrupt(bool level) => new VmHost(_vm).SetSpi(GuestBoard.VirtioInterrupt + (uint)_slot, level);

    /// <inheritdoc/>
    public bool Read(ulong address, Span<byte> destination) => new VmMemory(_vm).Read(address, destination);

    /// <inheritdoc/>
    public bool Write(ulong address, ReadOnlySpan<byte> source) => new VmMemory(_vm).Write(address, source);

    /// <inheritdoc/>
    public bool ReadIndex(ulong address, out ushort value) => new VmMemory(_vm).ReadIndex(address, out value);

    /// <inheritdoc/>
    public bool WriteIndex(ulong address, ushort value) => new VmMemory(_vm).WriteIndex(address, value);

    private bool IsInside(ulong offset, int length) => offset <= Disk.Size && (ulong)length <= Disk.Size - offset;
}
