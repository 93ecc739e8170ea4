using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;

namespace AxVCpu.Devices;

/// <summary>What a <see cref="VirtioMmio"/> asks of the device behind it.</summary>
public interface IVirtioMmioHost
{
    /// <summary>Reads the device's configuration; what does not exist reads zero.</summary>
    ulong ReadConfig(ulong offset, AccessWidth width);

    /// <summary>Writes the device's configuration; what is not writable ignores it.</summary>
    void WriteConfig(ulong offset, AccessWidth width, ulong value);

    /// <summary>The driver added buffers to a queue that is ready. Called last: the device may use the transport.</summary>
    void Notify(int queue);

    /// <summary>The driver reset the device: forget requests. The transport has done its own part.</summary>
    void ResetDevice();

    /// <summary>Drives the interrupt output; told on changes only.</summary>
    void SetInterrupt(bool level);
}

/// <summary>
/// The MMIO transport (virtio 1.2, 4.2), with its queues. A driver that breaks the rules ends with DEVICE_NEEDS_RESET and a silent
/// device. With <see cref="VirtioDeviceId.None"/> it is an empty slot. Plain data: a copy is a snapshot. Not thread safe; the owner
/// serialises.
/// </summary>
public partial struct VirtioMmio
{
    /// <summary>Queues the transport holds.</summary>
    public const int MaxQueues = 4;

    /// <summary>The register window in bytes.</summary>
    public const ulong Size = 0x1000;

    private const uint Magic = 0x7472_6976;
    // "QEMU": teaching kernels, xv6 among them, take no device of another vendor.
    private const uint Vendor = 0x554D_4551;
    private const VirtioStatus DriverBits = VirtioStatus.ACKNOWLEDGE | VirtioStatus.DRIVER | VirtioStatus.DRIVER_OK
        | VirtioStatus.FEATURES_OK | VirtioStatus.FAILED;

    [InlineArray(MaxQueues)]
    private struct Queues
    {
        private Virtqueue _first;
    }

    [InlineArray(MaxQueues)]
    private struct Alignments
    {
        private uint _first;
    }

    private Queues _queues;
    private Alignments _queueAlign;
    private ulong _deviceFeatures;
    private ulong _driverFeatures;
    private uint _deviceId;
    private uint _deviceFeaturesSelect;
    private uint _driverFeaturesSelect;
    private uint _queueSelect;
    private uint _configGeneration;
    private int _queueCount;
    private VirtioStatus _status;
    private VirtioInterrupt _interrupt;
    private byte _line;
    private byte _legacy;
    private byte _pageShift;

    /// <summary>A transport after reset.</summary>
    /// <param name="device">What is behind it.</param>
    /// <param name="features">The features offered; those of the ring and of the interface are added.</param>
    /// <param name="queues">Number of queues; clipped to <see cref="MaxQueues"/>.</param>
    /// <param name="kind">The interface.</param>
    public VirtioMmio(VirtioDeviceId device, ulong features, int queues, VirtioMmioInterface kind = VirtioMmioInterface.Modern)
    {
        _deviceId = (uint)device;
        _queueCount = queues < 0 ? 0 : queues > MaxQueues ? MaxQueues : queues;
        _legacy = kind == VirtioMmioInterface.Legacy ? (byte)1 : (byte)0;
        _deviceFeatures = features
            | (ulong)(VirtioFeatures.VIRTIO_F_EVENT_IDX | VirtioFeatures.VIRTIO_F_INDIRECT_DESC)
            | (ulong)(IsLegacy ? VirtioFeatures.VIRTIO_F_ANY_LAYOUT : VirtioFeatures.VIRTIO_F_VERSION_1);
        ResetLegacy();
    }

    /// <summary>The device status.</summary>
    public readonly VirtioStatus Status => _status;

    /// <summary>What is behind the transport.</summary>
    public readonly VirtioDeviceId DeviceId => (VirtioDeviceId)_deviceId;

    /// <summary>The features agreed on; none before FEATURES_OK, which a legacy driver does not have to say.</summary>
    public readonly ulong Features => IsLegacy || (_status & VirtioStatus.FEATURES_OK) != 0 ? _driverFeatures : 0;

    /// <summary>Whether the driver runs the device and nothing has gone wrong.</summary>
    public readonly bool IsRunning =>
        (_status & (VirtioStatus.DEVICE_NEEDS_RESET | VirtioStatus.FAILED)) == 0 && (IsLegacy || (_status & VirtioStatus.DRIVER_OK) != 0);

    /// <summary>A queue, 0 to <see cref="MaxQueues"/> - 1.</summary>
    [UnscopedRef]
    public ref Virtqueue Queue(int index) => ref _queues[index];

    /// <summary>
    /// Reads a register. 64 bits are two registers, as on a bus of 32 bits; 8 and 16 bits of a register read zero (4.2.2.2 has drivers
    /// use 32 bits only, and there are small kernels that do not).
    /// </summary>
    /// <returns>False where the alignment is not that of a register, and past the end.</returns>
    public readonly bool Read<THost>(ref THost host, ulong offset, AccessWidth width, out ulong value)
        where THost : struct, IVirtioMmioHost
    {
        value = 0;
        if (offset >= (ushort)VirtioMmioRegister.Config)
        {
            if (offset > Size - (ulong)width)
                return false;
            value = _deviceId == 0 ? 0 : host.ReadConfig(offset - (ushort)VirtioMmioRegister.Config, width);
            return true;
        }
        if ((offset & 3) != 0)
            return width < AccessWidth.Dword;
        if (width == AccessWidth.Dword)
            value = ReadRegister((VirtioMmioRegister)offset);
        else if (width == AccessWidth.Qword)
            value = ReadRegister((VirtioMmioRegister)offset) | (ulong)ReadRegister((VirtioMmioRegister)(offset + 4)) << 32;
        return true;
    }

    private readonly uint ReadRegister(VirtioMmioRegister register)
    {
        // 4.2.2: what every slot says of itself, also an empty one.
        switch (register)
        {
            case VirtioMmioRegister.MagicValue:
                return Magic;
            case VirtioMmioRegister.Version:
                return IsLegacy ? 1u : 2u;
            case VirtioMmioRegister.VendorID:
                return Vendor;
        }
        if (_deviceId == 0)
            return 0;
        return register switch
        {
            VirtioMmioRegister.DeviceID => _deviceId,
            VirtioMmioRegister.DeviceFeatures => _deviceFeaturesSelect < 2 ? (uint)(_deviceFeatures >> (int)_deviceFeaturesSelect * 32) : 0,
            VirtioMmioRegister.QueueSizeMax => _queueSelect < (uint)_queueCount ? Virtqueue.MaxSize : 0u,
            VirtioMmioRegister.InterruptStatus => (uint)_interrupt,
            VirtioMmioRegister.Status => (uint)_status,
            _ when IsLegacy => ReadLegacy(register),
            VirtioMmioRegister.QueueReady => _queueSelect < (uint)_queueCount && _queues[(int)_queueSelect].IsReady ? 1u : 0u,
            // 4.2.2: a shared memory region that does not exist has length -1.
            VirtioMmioRegister.SHMLenLow or VirtioMmioRegister.SHMLenHigh => uint.MaxValue,
            VirtioMmioRegister.SHMBaseLow or VirtioMmioRegister.SHMBaseHigh => uint.MaxValue,
            VirtioMmioRegister.ConfigGeneration => _configGeneration,
            _ => 0,
        };
    }

    /// <summary>Writes a register; of other widths than 32 bits it takes what <see cref="Read"/> gives.</summary>
    /// <returns>False where the alignment is not that of a register, and past the end.</returns>
    public bool Write<THost>(ref THost host, ulong offset, AccessWidth width, ulong value)
        where THost : struct, IVirtioMmioHost
    {
        if (offset >= (ushort)VirtioMmioRegister.Config)
        {
            if (offset > Size - (ulong)width)
                return false;
            if (_deviceId != 0)
                host.WriteConfig(offset - (ushort)VirtioMmioRegister.Config, width, value);
            return true;
        }
        if ((offset & 3) != 0)
            return width < AccessWidth.Dword;
        if (_deviceId == 0 || width < AccessWidth.Dword)
            return true;
        WriteRegister(ref host, (VirtioMmioRegister)offset, (uint)value);
        if (width == AccessWidth.Qword)
            WriteRegister(ref host, (VirtioMmioRegister)(offset + 4), (uint)(value >> 32));
        return true;
    }

    private void WriteRegister<THost>(ref THost host, VirtioMmioRegister register, uint data)
        where THost : struct, IVirtioMmioHost
    {
        switch (register)
        {
            case VirtioMmioRegister.DeviceFeaturesSel:
                _deviceFeaturesSelect = data;
                break;
            case VirtioMmioRegister.DriverFeaturesSel:
                _driverFeaturesSelect = data;
                break;
            case VirtioMmioRegister.DriverFeatures:
                // 3.1.1: after FEATURES_OK the features are settled. 2.2.3: a legacy driver cannot be refused.
                if (_driverFeaturesSelect < 2 && (_status & VirtioStatus.FEATURES_OK) == 0)
                    _driverFeatures = WithHalf(_driverFeatures, _driverFeaturesSelect != 0, data) & (IsLegacy ? _deviceFeatures : ulong.MaxValue);
                break;
            case VirtioMmioRegister.GuestPageSize:
                WritePageSize(data);
                break;
            case VirtioMmioRegister.QueueSel:
                _queueSelect = data;
                break;
            case VirtioMmioRegister.QueueNotify:
                if (data < (uint)_queueCount && IsRunning && _queues[(int)data].IsReady)
                    host.Notify((int)data);
                break;
            case VirtioMmioRegister.InterruptACK:
                _interrupt &= ~((VirtioInterrupt)(byte)data & VirtioInterrupt.Mask);
                UpdateLine(ref host);
                break;
            case VirtioMmioRegister.Status when IsLegacy:
                WriteLegacyStatus(ref host, (VirtioStatus)(byte)data);
                break;
            case VirtioMmioRegister.Status:
                WriteStatus(ref host, (VirtioStatus)(byte)data);
                break;
            default:
                if (_queueSelect >= (uint)_queueCount)
                    break;
                if (IsLegacy)
                    WriteLegacyQueue(ref host, register, data);
                else
                    WriteQueue(ref host, register, data);
                break;
        }
    }

    /// <summary>Raises the used-buffer interrupt.</summary>
    public void RaiseUsed<THost>(ref THost host)
        where THost : struct, IVirtioMmioHost
    {
        _interrupt |= VirtioInterrupt.UsedBuffer;
        UpdateLine(ref host);
    }

    /// <summary>The device changed its configuration: tells the driver (2.5, 4.2.2.1).</summary>
    public void RaiseConfigurationChange<THost>(ref THost host)
        where THost : struct, IVirtioMmioHost
    {
        _configGeneration++;
        if (IsRunning)
            _interrupt |= VirtioInterrupt.ConfigurationChange;
        UpdateLine(ref host);
    }

    /// <summary>The driver broke the rules: the device stops, and says so (2.1.2).</summary>
    public void NeedReset<THost>(ref THost host)
        where THost : struct, IVirtioMmioHost
    {
        if ((_status & VirtioStatus.DRIVER_OK) != 0)
            _interrupt |= VirtioInterrupt.ConfigurationChange;
        _status |= VirtioStatus.DEVICE_NEEDS_RESET;
        UpdateLine(ref host);
    }

    /// <summary>Back to reset (2.4), the device behind included.</summary>
    public void Reset<THost>(ref THost host)
        where THost : struct, IVirtioMmioHost
    {
        _queues = default;
        _pageShift = 0;
        ResetLegacy();
        _driverFeatures = 0;
        _deviceFeaturesSelect = 0;
        _driverFeaturesSelect = 0;
        _queueSelect = 0;
        _status = 0;
        _interrupt = 0;
        host.ResetDevice();
        UpdateLine(ref host);
    }

    /// <summary>Tells the host the interrupt output as the state has it; for use after a restored snapshot.</summary>
    public void Resynchronize<THost>(ref THost host)
        where THost : struct, IVirtioMmioHost
    {
        _line = _interrupt != 0 ? (byte)1 : (byte)0;
        host.SetInterrupt(_line != 0);
    }

    private void WriteStatus<THost>(ref THost host, VirtioStatus value)
        where THost : struct, IVirtioMmioHost
    {
        if (value == 0)
        {
            Reset(ref host);
            return;
        }
        // 2.1.1: a driver only ever adds bits; DEVICE_NEEDS_RESET is the device's to set.
        VirtioStatus added = value & DriverBits & ~_status;
        // 2.2.2: a selection the device cannot work with is refused by not showing FEATURES_OK. 6.1 lets a device go on without
        // VERSION_1, and small kernels never select the upper half of the features; these registers mean the same to them.
        bool acceptable = (_driverFeatures & ~_deviceFeatures) == 0;
        if ((added & VirtioStatus.FEATURES_OK) != 0 && !acceptable)
            added &= ~VirtioStatus.FEATURES_OK;
        // 3.1.1: no running before the features are settled.
        if (((_status | added) & VirtioStatus.FEATURES_OK) == 0)
            added &= ~VirtioStatus.DRIVER_OK;
        _status |= added;
    }

    private void WriteQueue<THost>(ref THost host, VirtioMmioRegister register, uint data)
        where THost : struct, IVirtioMmioHost
    {
        ref Virtqueue queue = ref _queues[(int)_queueSelect];
        if (register == VirtioMmioRegister.QueueReady)
        {
            EnableQueue(ref host, ref queue, data != 0);
            return;
        }
        // 4.2.2.2: what describes a queue stays while it is ready.
        if (queue.IsReady)
            return;
        switch (register)
        {
            case VirtioMmioRegister.QueueSize:
                // A size that does not fit the field is as wrong as zero; handing the queue over finds it.
                queue.Size = data > Virtqueue.MaxSize ? (ushort)0 : (ushort)data;
                break;
            case VirtioMmioRegister.QueueDescLow:
            case VirtioMmioRegister.QueueDescHigh:
                queue.Descriptors = WithHalf(queue.Descriptors, register == VirtioMmioRegister.QueueDescHigh, data);
                break;
            case VirtioMmioRegister.QueueDriverLow:
            case VirtioMmioRegister.QueueDriverHigh:
                queue.Driver = WithHalf(queue.Driver, register == VirtioMmioRegister.QueueDriverHigh, data);
                break;
            case VirtioMmioRegister.QueueDeviceLow:
            case VirtioMmioRegister.QueueDeviceHigh:
                queue.Device = WithHalf(queue.Device, register == VirtioMmioRegister.QueueDeviceHigh, data);
                break;
        }
    }

    private void EnableQueue<THost>(ref THost host, ref Virtqueue queue, bool enable)
        where THost : struct, IVirtioMmioHost
    {
        if (!enable)
        {
            queue.Disable();
            return;
        }
        // 3.1.1: queues are set up after the features are settled; ready before that stays unready.
        if (queue.IsReady || (_status & VirtioStatus.FEATURES_OK) == 0)
            return;
        bool eventIndex = (Features & (ulong)VirtioFeatures.VIRTIO_F_EVENT_IDX) != 0;
        bool indirect = (Features & (ulong)VirtioFeatures.VIRTIO_F_INDIRECT_DESC) != 0;
        if (!queue.TryEnable(eventIndex, indirect))
            NeedReset(ref host);
    }

    private static ulong WithHalf(ulong whole, bool high, uint half) =>
        high ? (uint)whole | (ulong)half << 32 : whole & ~(ulong)uint.MaxValue | half;

    private void UpdateLine<THost>(ref THost host)
        where THost : struct, IVirtioMmioHost
    {
        byte level = _interrupt != 0 ? (byte)1 : (byte)0;
        if (level == _line)
            return;
        _line = level;
        host.SetInterrupt(level != 0);
    }
}
