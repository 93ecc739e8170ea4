using System.Text;

namespace AxVCpu.Devices;

/// <summary>A virtio block device over a <see cref="IBlockBackend"/>, which stays the caller's to dispose.</summary>
public sealed class VirtioBlkDevice : VirtioMmioDevice
{
    private const int StagingSize = 64 * 1024;

    private readonly IBlockBackend _disk;
    private readonly byte[] _staging = new byte[StagingSize];
    private readonly VirtioBlk _state;

    /// <summary>A disk.</summary>
    /// <param name="disk">The storage.</param>
    /// <param name="memory">The guest's memory.</param>
    /// <param name="line">The interrupt output.</param>
    /// <param name="name">The name in listings.</param>
    /// <param name="interrupt">The source number of <paramref name="line"/>, for listings.</param>
    /// <param name="kind">The interface of the transport.</param>
    public VirtioBlkDevice(
        IBlockBackend disk,
        IGuestDma memory,
        IInterruptLine line,
        string name = "virtio-blk",
        uint? interrupt = null,
        VirtioMmioInterface kind = VirtioMmioInterface.Modern)
        : this(disk, MakeState(disk), memory, line, name, interrupt, kind)
    {
    }

    private VirtioBlkDevice(
        IBlockBackend disk, VirtioBlk state, IGuestDma memory, IInterruptLine line, string name, uint? interrupt, VirtioMmioInterface kind)
        : base(name, interrupt, line, memory, kind, VirtioDeviceId.Block, (ulong)state.Features, queues: 1)
    {
        _disk = disk;
        _state = state;
    }

    /// <summary>Requests the host could not carry out: each ended as an error status in the guest.</summary>
    public long FailedTransfers { get; private set; }

    /// <summary>The latest reason for <see cref="FailedTransfers"/>, for a log; null when there was none.</summary>
    public string? LastFailure { get; private set; }

    private static VirtioBlk MakeState(IBlockBackend disk)
    {
        ArgumentNullException.ThrowIfNull(disk);
        return new VirtioBlk((ulong)disk.Capacity / VirtioBlk.SectorSize, disk.IsReadOnly, Encoding.ASCII.GetBytes(disk.Identity));
    }

    private protected override ulong ReadConfig(ulong offset, AccessWidth width) => _state.ReadConfig(offset, width);

    private protected override void Notify(int queue)
    {
        DiskEffects effects = new(this);
        _state.Process(ref effects, ref TransportState);
    }

    // Whatever the storage throws is the guest's disk failing, never the vCPU thread.
    private bool Fail(Exception exception)
    {
        FailedTransfers++;
        LastFailure = exception.Message;
        return false;
    }

#pragma warning disable CA1031 // See Fail.
    private readonly struct DiskEffects(VirtioBlkDevice device) : IVirtioBlkHost
    {
        private readonly Effects _common = new(device);

        public Span<byte> Staging() => device._staging;

        public bool ReadDisk(ulong offset, Span<byte> destination)
        {
            try
            {
                device._disk.Read((long)offset, destination);
                return true;
            }
            catch (Exception exception)
            {
                return device.Fail(exception);
            }
        }

        public bool WriteDisk(ulong offset, ReadOnlySpan<byte> source)
        {
            try
            {
                device._disk.Write((long)offset, source);
                return true;
            }
            catch (Exception exception)
            {
                return device.Fail(exception);
            }
        }

        public bool FlushDisk()
        {
            try
            {
                device._disk.Flush();
                return true;
            }
            catch (Exception exception)
            {
                return device.Fail(exception);
            }
        }

        public ulong ReadConfig(ulong offset, AccessWidth width) => _common.ReadConfig(offset, width);

        public void WriteConfig(ulong offset, AccessWidth width, ulong value) => _common.WriteConfig(offset, width, value);

        public void Notify(int queue) => _common.Notify(queue);

        public void ResetDevice() => _common.ResetDevice();

        public void SetInterrupt(bool level) => _common.SetInterrupt(level);

        public bool Read(ulong address, Span<byte> destination) => _common.Read(address, destination);

        public bool Write(ulong address, ReadOnlySpan<byte> source) => _common.Write(address, source);

        public bool ReadIndex(ulong address, out ushort value) => _common.ReadIndex(address, out value);

        public bool WriteIndex(ulong address, ushort value) => _common.WriteIndex(address, value);
    }
#pragma warning restore CA1031
}
