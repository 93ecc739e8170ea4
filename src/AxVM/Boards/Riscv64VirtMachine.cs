using AxVCpu;
using AxVCpu.Devices;
using AxVCpu.Memory;
using AxVCpu.Software.Riscv64;
using AxVM.Config;

namespace AxVM.Boards;

/// <summary>The riscv64 <c>virt</c> board on the software engine.</summary>
internal sealed partial class Riscv64VirtMachine : IMachine
{
    private const MappingFlags RomFlags = MappingFlags.Read | MappingFlags.Execute;
    private const int ContextsPerHart = 2;

    private readonly Riscv64VirtConfig _board;
    private readonly StartProfile _profile;
    private readonly IMachineHost _host;
    private readonly GuestAddressSpace _memory;
    private readonly Riscv64Machine _machine;
    private readonly List<VirtualCpu> _cpus = [];
    private readonly int[] _servedBy;
    private readonly Bus _bus = Bus.CreateMmio();
    private readonly PlicDevice _plic;
    private readonly UartDevice _uart;
    private readonly List<IDisposable> _owned = [];
    private readonly List<IAsyncDisposable> _ownedAsync = [];
    private readonly VirtioSlots _virtio;
    private readonly SemihostingPort _semihosting;
    private readonly FwCfgMmioDevice _fwCfg;
    private HtifPort? _htif;
    private AddressRangeConfig? _signature;

    /// <summary>Builds the board; nothing is loaded yet.</summary>
    /// <exception cref="ConfigException">The configuration asks for what the board does not have.</exception>
    /// <exception cref="DiskOpenException">A disk's file cannot be used.</exception>
    /// <exception cref="EngineException">The host refuses memory.</exception>
    public Riscv64VirtMachine(VmConfig config, IMachineHost host, GuestConsole console)
    {
        _board = Riscv64VirtConfig.From(config);
        _host = host;
        _profile = FindProfile(_board);
        Clock = new VmClock(Riscv64VirtLayout.TimebaseFrequency);
        int harts = config.Base.CpuCount;
        _servedBy = new int[harts];
        try
        {
            _memory = Own(GuestAddressSpace.Create(AxVCpu.Memory.NestedFormat.Sv39x4, _board.RamBytes + Riscv64VirtLayout.ResetRomSize));
            _machine = Own(new Riscv64Machine(new Riscv64MachineConfig
            {
                Clock = Clock,
                HartCount = harts,
                Isa = _board.Isa,
                Tier = _board.Tier,
                Profile = _profile == StartProfile.Sbi ? AxVCpu.Software.Riscv64.StartProfile.Sbi : AxVCpu.Software.Riscv64.StartProfile.Machine,
                // Firmware would take the console of a debugger for the board's own.
                Semihosting = _profile == StartProfile.Machine && !_board.HasFirmware,
            }));
            _memory.SetInvalidator(new MachineTlb(_machine));
            for (int hart = 0; hart < harts; hart++)
            {
                VirtualCpu<Riscv64VCpu> cpu = Own(Riscv64Engine.CreateVCpu(_machine, config.Base.Id, (uint)hart, (ulong)hart));
                EngineException.ThrowIfFailed(cpu.Inner.Setup(new GuestPhysAddr(Riscv64VirtLayout.Ram), _memory.Root, default(Riscv64SetupConfig)));
                _cpus.Add(cpu);
            }

            MapMemory();
            _plic = AddInterruptControllers(harts);
            _bus.Add(Riscv64VirtLayout.Test, new SysconDevice(new SysconWiring(host)));
            _bus.Add(Riscv64VirtLayout.Rtc, Own(new GoldfishRtcDevice(_plic.Line(Riscv64VirtLayout.RtcIrq), interrupt: Riscv64VirtLayout.RtcIrq)));
            bool isUartConsole = config.Console.Kind == ConsoleKind.Uart;
            _uart = new UartDevice(_plic.Line(Riscv64VirtLayout.UartIrq), isUartConsole ? console.DeviceSide : null, interrupt: Riscv64VirtLayout.UartIrq);
            _ownedAsync.Add(_uart);
            _bus.Add(Riscv64VirtLayout.Uart, _uart);
            _virtio = new VirtioSlots(
                _bus,
                slot => (Riscv64VirtLayout.Virtio + ((ulong)slot * Riscv64VirtLayout.VirtioSize), Riscv64VirtLayout.VirtioIrq + (uint)slot),
                _plic.Line,
                _memory);
            _ownedAsync.Add(_virtio);
            _virtio.Fill(config, _board.Disks, console);
            _virtio.Complete(Riscv64VirtLayout.VirtioSlots, config.Virtio.Interface);
            _fwCfg = new FwCfgMmioDevice(BootPlan.Describe(_board), new GuestMemoryDma(_memory));
            _bus.Add(Riscv64VirtLayout.FwCfg, _fwCfg);
            AddFlash(config);
            _semihosting = new SemihostingPort(_memory, Clock, host, _uart);
        }
        catch
        {
            Release();
            throw;
        }
    }

    /// <inheritdoc/>
    public IReadOnlyList<VirtualCpu> Cpus => _cpus;

    /// <inheritdoc/>
    public VmClock Clock { get; }

    /// <inheritdoc/>
    public ulong ResidentBytes => _memory.ResidentFrames << 12;

    /// <inheritdoc/>
    public string? ExplainError(int cpu, in InternalErrorExit error) => _machine.DescribeDivergence((ulong)cpu);

    /// <inheritdoc/>
    public ExecutionStatistics? GetExecution(int cpu) => _machine.TryReadCounters((ulong)cpu, out Riscv64Counters counters)
        ? new ExecutionStatistics(
            counters.Instructions, counters.TranslatedInstructions, counters.Traces, counters.CodeBytes, counters.CodeFlushes,
            counters.TlbMisses, counters.TlbFlushes, counters.SlowPaths)
        : null;

    /// <inheritdoc/>
    public bool NeedsPolling => _htif is not null;

    /// <inheritdoc/>
    public bool StartsOnline(int cpu) => _profile == StartProfile.Machine || cpu == 0;

    /// <inheritdoc/>
    public int FindCpu(ulong guestId) => guestId < (ulong)_cpus.Count ? (int)guestId : -1;

    /// <inheritdoc/>
    public void Poll() => _htif?.Poll();

    /// <inheritdoc/>
    public void ReleaseHeld() => _uart.ReleaseHeld();

    /// <inheritdoc/>
    public void ResumeHolding() => _uart.ResumeHolding();

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        foreach (IAsyncDisposable device in _ownedAsync)
        {
            await device.DisposeAsync().ConfigureAwait(false);
        }

        Release();
    }

    /// <summary>
    /// Firmware, programs that talk to a test host, and programs that lie where firmware would be start in machine mode; everything
    /// else, also what is in flash, is for supervisor mode. The configuration can say otherwise.
    /// </summary>
    private static StartProfile FindProfile(Riscv64VirtConfig board) =>
        board.Config.Engine.Profile
        ?? (board.HasFirmware || (board.Config.Flash.Count == 0 && BootPlan.IsMachineProgram(board)) ? StartProfile.Machine : StartProfile.Sbi);

    private void MapMemory()
    {
        foreach (MemoryRegionConfig region in _board.Mappings)
        {
            // Writable until the images are in it.
            MappingFlags flags = (MappingFlags)region.Flags | MappingFlags.Write;
            Require(_memory.MapAlloc(new GuestPhysAddr(region.Address), region.Size, flags, populate: !_board.Config.Memory.Lazy), "map RAM");
        }

        Require(
            _memory.MapAlloc(new GuestPhysAddr(Riscv64VirtLayout.ResetRom), Riscv64VirtLayout.ResetRomSize, RomFlags | MappingFlags.Write, populate: false),
            "map the reset ROM");
    }

    private PlicDevice AddInterruptControllers(int harts)
    {
        PlicDevice plic = new((int)Riscv64VirtLayout.PlicSources, harts * ContextsPerHart);
        for (int hart = 0; hart < harts; hart++)
        {
            plic.Connect(hart * ContextsPerHart, new CpuLine(_cpus[hart], RiscvVector.MachineExternal));
            plic.Connect((hart * ContextsPerHart) + 1, new CpuLine(_cpus[hart], RiscvVector.SupervisorExternal));
        }

        _bus.Add(Riscv64VirtLayout.Plic, plic);
        _bus.Add(Riscv64VirtLayout.Clint, new AclintDevice(harts, new ClintWiring(_machine, _cpus, _servedBy)));
        return plic;
    }

    private void AddFlash(VmConfig config)
    {
        for (int bank = 0; bank < config.Flash.Count; bank++)
        {
            FlashConfig flash = config.Flash[bank];
            ulong address = Riscv64VirtLayout.Flash + ((ulong)bank * Riscv64VirtLayout.FlashSize);
            FlashImage image = Own(FlashImage.Open(config.ResolvePath(flash.Path), Riscv64VirtLayout.FlashSize, flash.ReadOnly));
            _bus.Add(address, new CfiFlashDevice(image, Riscv64VirtLayout.FlashBlockSize, new FlashBank(_memory, address, image)));
        }
    }

    private T Own<T>(T item)
        where T : IDisposable
    {
        _owned.Add(item);
        return item;
    }

    /// <summary>Frees what was made, the latest first: vCPUs before the machine, both before the memory.</summary>
    private void Release()
    {
        _virtio?.CloseDisks();
        for (int i = _owned.Count - 1; i >= 0; i--)
        {
            _owned[i].Dispose();
        }

        _owned.Clear();
    }

    private static void Require(AddressSpaceError error, string operation)
    {
        if (error != AddressSpaceError.None)
        {
            throw new EngineException($"cannot {operation}: {error}");
        }
    }
}
