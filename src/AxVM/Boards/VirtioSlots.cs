using System.IO.Pipelines;
using AxVCpu.Devices;
using AxVCpu.Memory;
using AxVM.Config;

namespace AxVM.Boards;

/// <summary>The virtio-mmio slots of a board, filled as the configuration says: disks, further devices, a console.</summary>
/// <param name="bus">Where the devices go.</param>
/// <param name="place">The address and the interrupt of a slot.</param>
/// <param name="line">The wire of an interrupt.</param>
/// <param name="memory">The guest's memory.</param>
internal sealed class VirtioSlots(Bus bus, Func<int, (ulong Address, uint Interrupt)> place, Func<uint, IInterruptLine> line, GuestAddressSpace memory)
    : IAsyncDisposable
{
    private readonly GuestMemoryDma _dma = new(memory);
    private readonly List<RawFileDisk> _files = [];
    private readonly List<VirtioConsoleDevice> _consoles = [];
    private readonly List<int> _used = [];

    /// <summary>The slots in use.</summary>
    public IReadOnlyList<int> Used => _used;

    /// <summary>Puts an empty slot at each place up to a number that no device has taken.</summary>
    /// <param name="count">How many slots the board has.</param>
    /// <param name="kind">The interface of the slots.</param>
    public void Complete(int count, VirtioMmioInterface kind)
    {
        for (int slot = _used.Count; slot < count; slot++)
        {
            bus.Add(place(slot).Address, new VirtioEmptySlot(kind));
        }
    }

    /// <summary>Makes the devices of a configuration.</summary>
    /// <param name="config">The configuration.</param>
    /// <param name="disks">All its disks, in the order of their slots.</param>
    /// <param name="console">The guest's console.</param>
    /// <exception cref="DiskOpenException">A disk's file cannot be used.</exception>
    public void Fill(VmConfig config, IReadOnlyList<DiskConfig> disks, GuestConsole console)
    {
        VirtioMmioInterface kind = config.Virtio.Interface;
        foreach (DiskConfig disk in disks)
        {
            RawFileDisk file = RawFileDisk.Open(config.ResolvePath(disk.Path), disk.ReadOnly);
            _files.Add(file);
            Add(irq => new VirtioBlkDevice(disk.Serial is null ? file : new NamedDisk(file, disk.Serial), _dma, line(irq), interrupt: irq, kind: kind));
        }

        foreach (DeviceConfig device in config.ExtraDevices)
        {
            Add(irq => device.Kind == DeviceKind.Rng
                ? new VirtioRngDevice(new SystemEntropy(), _dma, line(irq), interrupt: irq, kind: kind)
                : NewConsole(null, irq, kind));
        }

        if (config.Console.Kind == ConsoleKind.Virtio)
        {
            Add(irq => NewConsole(console.DeviceSide, irq, kind));
        }
    }

    /// <summary>Begins to read the consoles' input.</summary>
    public void Start()
    {
        foreach (VirtioConsoleDevice device in _consoles)
        {
            device.Start();
        }
    }

    /// <summary>Ends the consoles.</summary>
    public async ValueTask DisposeAsync()
    {
        foreach (VirtioConsoleDevice device in _consoles)
        {
            await device.DisposeAsync().ConfigureAwait(false);
        }
    }

    /// <summary>Closes the disks; after the last access.</summary>
    public void CloseDisks()
    {
        foreach (RawFileDisk file in _files)
        {
            file.Dispose();
        }
    }

    private VirtioConsoleDevice NewConsole(IDuplexPipe? pipe, uint irq, VirtioMmioInterface kind)
    {
        VirtioConsoleDevice device = new(pipe, _dma, line(irq), interrupt: irq, kind: kind);
        _consoles.Add(device);
        return device;
    }

    private void Add(Func<uint, VirtioMmioDevice> create)
    {
        int slot = _used.Count;
        (ulong address, uint interrupt) = place(slot);
        bus.Add(address, create(interrupt));
        _used.Add(slot);
    }
}
