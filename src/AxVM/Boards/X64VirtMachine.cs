using AxVCpu;
using AxVCpu.Devices;
using AxVCpu.Kvm;
using AxVCpu.Memory;
using AxVCpu.X64;
using AxVM.Config;

namespace AxVM.Boards;

/// <summary>The x86-64 <c>virt</c> board on KVM.</summary>
internal sealed partial class X64VirtMachine : IMachine
{
    private const MappingFlags RamFlags = MappingFlags.Read | MappingFlags.Write | MappingFlags.Execute;

    // Memory between the two parts of the low RAM, which is in the amount of RAM as on every PC; here it is there in addition.
    private const ulong SystemAreas = X64VirtLayout.VideoAreaSize + X64VirtLayout.RomAreaSize + X64VirtLayout.TableAreaSize;

    private readonly X64VirtConfig _board;
    private readonly IMachineHost _host;
    private readonly GuestAddressSpace _memory;
    private readonly KvmX64Machine _machine;
    private readonly List<VirtualCpu> _cpus = [];
    private readonly List<X64ApicWiring> _wiring = [];
    private readonly int[] _servedBy;
    private readonly Bus _bus = Bus.CreateMmio();
    private readonly Bus _ports = Bus.CreatePortIo();
    private readonly AlarmClock _alarms;
    private readonly LocalApicSet? _apics;
    private readonly IoApicDevice? _ioApic;
    private readonly UartDevice _uart;
    private readonly X64TextScreen _screen = new();
    private readonly VirtioSlots _virtio;
    private readonly List<IResettable> _resettable = [];
    private readonly List<IDisposable> _owned = [];

    /// <summary>Builds the board; nothing is loaded yet.</summary>
    /// <exception cref="ConfigException">The configuration asks for what the board does not have.</exception>
    /// <exception cref="EngineUnavailableException">KVM cannot be used here.</exception>
    /// <exception cref="DiskOpenException">A disk's file cannot be used.</exception>
    /// <exception cref="EngineException">The host refuses memory.</exception>
    public X64VirtMachine(VmConfig config, IMachineHost host, GuestConsole console)
    {
        _board = X64VirtConfig.From(config);
        _host = host;
        RequireKvm(isSystem: false);
        Clock = new VmClock(X64VirtLayout.ClockFrequency);
        _servedBy = new int[config.Base.CpuCount];
        try
        {
            _alarms = new AlarmClock(Clock, $"vm{config.Base.Id}-alarms");
            _memory = Own(GuestAddressSpace.Create(NestedFormat.Npt, _board.RamBytes + SystemAreas));
            _machine = Own(new KvmX64Machine(new KvmX64MachineConfig
            {
                Memory = _memory,
                CpuCount = config.Base.CpuCount,
                InterruptController = _board.InterruptController,
                KernelTimer = _board.InterruptController == X64InterruptController.Kernel,
                ServedMsrs = _board.InterruptController == X64InterruptController.None ? s_ownApicMsrs : [],
            }));
            for (uint cpu = 0; cpu < config.Base.CpuCount; cpu++)
            {
                VirtualCpu<KvmX64VCpu> created = Own(KvmEngine.CreateVCpu(_machine, config.Base.Id, cpu, cpu));
                EngineException.ThrowIfFailed(created.Inner.Setup(default, _memory.Root, default(X64RealModeSetup)));
                _cpus.Add(created);
                _wiring.Add(new X64ApicWiring(created, host));
            }

            if (_board.InterruptController != X64InterruptController.Kernel)
            {
                _apics = _board.InterruptController == X64InterruptController.None
                    ? Resets(new LocalApicSet(_wiring, _alarms, _machine.TscFrequencyHz != 0 ? _machine.TscFrequencyHz : X64VirtLayout.ClockFrequency))
                    : null;
                _ioApic = Resets(new IoApicDevice(X64VirtLayout.IoApicId, _apics is null ? new X64KernelApics(_machine) : _apics));
                _bus.Add(X64VirtLayout.IoApic, _ioApic);
            }

            AddBoardDevices();
            bool isUartConsole = config.Console.Kind == ConsoleKind.Uart;
            _uart = Resets(new UartDevice(
                Line(X64VirtLayout.UartIrq), isUartConsole ? console.DeviceSide : null, interrupt: X64VirtLayout.UartIrq, window: Uart16550.RegisterCount));
            _ports.Add(X64VirtLayout.UartPort, _uart);
            _ports.Add(X64VirtLayout.DebugConsolePort, new X64DebugConsole(text => _uart.Print(text)));
            _ports.Add(X64VirtLayout.DebugExitPort, new X64DebugExit(_host));
            AddTestDevice();
            _virtio = new VirtioSlots(_bus, slot => (X64VirtLayout.VirtioAddress(slot), X64VirtLayout.VirtioIrq + (uint)slot), Line, _memory);
            _virtio.Fill(config, _board.Disks, console);
        }
        catch
        {
            Release();
            throw;
        }
    }

    // IA32_APIC_BASE, the deadline of the timer, and the x2APIC registers.
    private static readonly X64MsrRange[] s_ownApicMsrs =
    [
        new((uint)LocalApicMsr.IA32_APIC_BASE), new((uint)LocalApicMsr.IA32_TSC_DEADLINE), new(LocalApic.X2ApicMsrBase, LocalApic.X2ApicMsrCount),
    ];

    /// <inheritdoc/>
    public IReadOnlyList<VirtualCpu> Cpus => _cpus;

    /// <summary>Refuses what KVM cannot run here.</summary>
    /// <param name="isSystem">Whether the guest is an operating system, not a program that needs little of the processor.</param>
    /// <exception cref="EngineUnavailableException">KVM cannot be used here, or not for such a guest.</exception>
    internal static void RequireKvm(bool isSystem) => RequireKvm(isSystem, KvmEngine.Examine());

    /// <summary>Refuses what a host cannot run that answered a probe so.</summary>
    /// <inheritdoc cref="RequireKvm(bool)"/>
    internal static void RequireKvm(bool isSystem, in KvmProbe probe)
    {
        if (probe.Status != KvmStatus.Available)
        {
            throw new EngineUnavailableException("kvm", $"an x86_64 guest needs KVM, and {probe.Detail}. {EngineUnavailableException.Alternative}");
        }

        if (isSystem && probe.Module == KvmModule.Pvm)
        {
            throw new EngineUnavailableException(
                "kvm",
                "/dev/kvm is the module kvm_pvm here, which emulates a guest's kernel instruction by instruction, at a thousandth of the speed and "
                + $"without many of the instructions that Linux uses: it would not boot. {EngineUnavailableException.Alternative}");
        }
    }

    /// <inheritdoc/>
    public VmClock Clock { get; }

    /// <inheritdoc/>
    public ulong ResidentBytes => _memory.ResidentFrames << 12;

    /// <inheritdoc/>
    public string? ReadScreen()
    {
        byte[] memory = new byte[X64TextScreen.MemoryBytes];
        return _memory.Read(new GuestPhysAddr(X64VirtLayout.TextScreen), memory) == GuestAccessStatus.Ok ? _screen.Read(memory) : null;
    }

    /// <inheritdoc/>
    public bool NeedsPolling => false;

    /// <summary>With local APICs in the kernel the others wait inside their engine for their start-up message.</summary>
    public bool StartsOnline(int cpu) => cpu == 0 || _apics is null;

    /// <inheritdoc/>
    public int FindCpu(ulong guestId) => guestId < (ulong)_cpus.Count ? (int)guestId : -1;

    /// <inheritdoc/>
    public void Poll()
    {
    }

    /// <inheritdoc/>
    public void ReleaseHeld() => _uart.ReleaseHeld();

    /// <inheritdoc/>
    public void ResumeHolding()
    {
        _uart.ResumeHolding();
        _alarms.Recheck();
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _virtio.DisposeAsync().ConfigureAwait(false);
        await _uart.DisposeAsync().ConfigureAwait(false);
        Release();
    }

    private void AddBoardDevices()
    {
        X64PowerWiring power = new(_host);
        I8042Device keyboard = Resets(new I8042Device(power));
        _ports.Add(X64VirtLayout.KeyboardPort, new BusWindow(keyboard, 0, 1));
        _ports.Add(X64VirtLayout.KeyboardPort + (ulong)I8042Register.StatusCommand, new BusWindow(keyboard, (ulong)I8042Register.StatusCommand, 1));
        _ports.Add(X64VirtLayout.RtcPort, Own(Resets(new Mc146818Device(Line(X64VirtLayout.RtcIrq), interrupt: X64VirtLayout.RtcIrq))));
        _ports.Add(X64VirtLayout.PowerPort, Resets(new AcpiPowerDevice(Line(X64VirtLayout.PowerIrq), _alarms, power, X64VirtLayout.PowerIrq)));
        _ports.Add(X64VirtLayout.FwCfgPort, Resets(new FwCfgDevice(_board.Config.Base.CpuCount, _board.RamBytes)));
        _ports.Add(X64VirtLayout.ResetPort, Resets(new ResetControlDevice(power)));
        _ports.Add(X64VirtLayout.SystemControlAPort, new X64SystemControlA(power));
        _ports.Add(X64VirtLayout.BochsPowerPort, new X64BochsPowerPort(power));
        _ports.Add(X64VirtLayout.BochsShutdownPort, Resets(new X64BochsShutdownPort(power)));
        _ports.Add(X64VirtLayout.DisplayPort, Resets(_screen));
        if (_board.InterruptController != X64InterruptController.Kernel)
        {
            PitDevice timer = Resets(new PitDevice(Line(X64VirtLayout.TimerPin), _alarms, X64VirtLayout.TimerPin));
            _ports.Add(X64VirtLayout.TimerPort, new BusWindow(timer, 0, Pit8254.Size));
            _ports.Add(X64VirtLayout.SystemControlPort, new BusWindow(timer, PitDevice.ControlB, 1));
        }
    }

    private void AddTestDevice()
    {
        _ports.Add(X64VirtLayout.TestDataPort, Resets(new X64TestPorts()));
        _ports.Add(X64VirtLayout.TestLinesPort, new X64TestLines(Line));
        _bus.Add(X64VirtLayout.TestMemory, Resets(new X64TestMemory()));
    }

    private IInterruptLine Line(uint pin) => _ioApic is null ? new X64KernelLine(_machine, pin) : _ioApic.Line(pin);

    private void MapMemory()
    {
        bool populate = !_board.Config.Memory.Lazy;
        Map(0, X64VirtLayout.LowRamEnd, populate);
        Map(X64VirtLayout.VideoArea, X64VirtLayout.VideoAreaSize, populate: false);
        Map(X64VirtLayout.RomArea, X64VirtLayout.RomAreaSize, populate: false);
        Map(X64VirtLayout.TableArea, X64VirtLayout.TableAreaSize, populate: false);
        Map(X64VirtLayout.HighRam, _board.Ram[0].Length - X64VirtLayout.HighRam, populate);
        foreach (AddressRangeConfig region in _board.Ram.Skip(1))
        {
            Map(region.Address, region.Length, populate);
        }
    }

    private void Map(ulong address, ulong size, bool populate)
    {
        AddressSpaceError error = _memory.MapAlloc(new GuestPhysAddr(address), size, RamFlags, populate);
        if (error != AddressSpaceError.None)
        {
            throw new EngineException($"cannot map RAM at 0x{address:x}: {error}");
        }
    }

    private T Own<T>(T item)
        where T : IDisposable
    {
        _owned.Add(item);
        return item;
    }

    private T Resets<T>(T item)
        where T : IResettable
    {
        _resettable.Add(item);
        return item;
    }

    /// <summary>Frees what was made, the latest first: devices' timers and vCPUs before the machine, the machine before the memory.</summary>
    private void Release()
    {
        // First of all: an alarm that rings drives a wire into the machine.
        _alarms?.Dispose();
        _virtio?.CloseDisks();
        for (int i = _owned.Count - 1; i >= 0; i--)
        {
            _owned[i].Dispose();
        }

        _owned.Clear();
    }
}
