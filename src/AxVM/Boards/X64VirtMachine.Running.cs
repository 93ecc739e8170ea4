using AxVCpu;
using AxVCpu.Devices;
using AxVCpu.Kvm;
using AxVCpu.Memory;
using AxVCpu.X64;
using AxVM.Boot;
using AxVM.Config;
using AxVM.Fdt;

namespace AxVM.Boards;

/// <content>Power-on, and what the guest asks for while it runs.</content>
internal sealed partial class X64VirtMachine
{
    /// <inheritdoc/>
    public IPreparedBoot Prepare()
    {
        X64BootPlan plan = X64BootPlan.Make(_board, _virtio.Used);
        RequireKvm(plan.IsLinux);
        return plan;
    }

    /// <inheritdoc/>
    public FlattenedDeviceTree DescribeToGuest() =>
        throw new ConfigException("base.architecture", "an x86_64 guest is shown ACPI tables, not a devicetree");

    /// <inheritdoc/>
    public void PowerOn(IPreparedBoot boot)
    {
        X64BootPlan plan = (X64BootPlan)boot;
        WatchesHalts = !plan.IsLinux;
        _memory.Clear();
        MapMemory();
        foreach (PlacedImage image in plan.Images)
        {
            Write(image.Address, image.Data.Span, image.Name);
        }

        Write(X64VirtLayout.TableArea, plan.Tables, "the ACPI tables");
        Clock.Set(0);
        foreach (VirtualCpu cpu in _cpus)
        {
            Start((VirtualCpu<KvmX64VCpu>)cpu, plan);
        }

        _machine.ResetInterruptControllers();
        _wiring.ForEach(wires => wires.Reset());
        // After the vCPUs, so that the wires' levels reach them as they are.
        _resettable.ForEach(device => device.Reset());
        foreach (BusMapping mapping in _bus.Mappings.Where(mapping => mapping.Device is VirtioMmioDevice))
        {
            ((IResettable)mapping.Device).Reset();
        }

        _uart.Start();
        _virtio.Start();
    }

    /// <inheritdoc/>
    public void BeginTurn(int cpu) => Volatile.Write(ref _servedBy[cpu], Environment.CurrentManagedThreadId);

    /// <summary>A start-up message: real mode at the page it names.</summary>
    public void Enter(VirtualCpu cpu, in CpuStart start)
    {
        cpu.Reset();
        cpu.SetEntry(start.Entry);
    }

    /// <inheritdoc/>
    public bool MmioRead(GuestPhysAddr address, AccessWidth width, out ulong value)
    {
        if (!IsOwnApic(address, out int cpu))
        {
            return _bus.Read(address.Value, width, out value);
        }

        TakeTaskPriority(cpu);
        return _apics!.Read(cpu, address.Value - LocalApic.DefaultBase, width, out value);
    }

    /// <inheritdoc/>
    public bool MmioWrite(GuestPhysAddr address, AccessWidth width, ulong value)
    {
        if (!IsOwnApic(address, out int cpu))
        {
            return _bus.Write(address.Value, width, value);
        }

        TakeTaskPriority(cpu);
        bool isTaken = _apics!.Write(cpu, address.Value - LocalApic.DefaultBase, width, value);
        GiveTaskPriority(cpu);
        return isTaken;
    }

    /// <inheritdoc/>
    public bool IoRead(ushort port, AccessWidth width, out ulong value) => _ports.Read(port, width, out value);

    /// <inheritdoc/>
    public bool IoWrite(ushort port, AccessWidth width, ulong value) => _ports.Write(port, width, value);

    /// <inheritdoc/>
    public bool SysRegRead(ulong address, out ulong value)
    {
        value = 0;
        if (_apics is null)
        {
            return false;
        }

        int cpu = CurrentCpu();
        TakeTaskPriority(cpu);
        return _apics.ReadMsr(cpu, (uint)address, out value);
    }

    /// <inheritdoc/>
    public bool SysRegWrite(ulong address, ulong value)
    {
        if (_apics is null)
        {
            return false;
        }

        int cpu = CurrentCpu();
        TakeTaskPriority(cpu);
        if (address == (uint)LocalApicMsr.IA32_TSC_DEADLINE && Arch(cpu).ReadTimeStamp(out ulong now).IsNone)
        {
            _apics.SetTimeStamp(cpu, now);
        }

        bool isTaken = _apics.WriteMsr(cpu, (uint)address, value);
        GiveTaskPriority(cpu);
        return isTaken;
    }

    /// <inheritdoc/>
    public bool HandlePageFault(GuestPhysAddr address, MappingFlags access) => _memory.HandlePageFault(address, access) switch
    {
        PageFaultOutcome.Handled or PageFaultOutcome.AlreadyPresent => true,
        PageFaultOutcome.OutOfMemory => throw new EngineException($"the host has no memory left for the guest's page at {address}"),
        _ => false,
    };

    /// <inheritdoc/>
    public bool ServeArchSpecific(VirtualCpu cpu, VCpuExit exit)
    {
        switch ((X64Exit)exit.ArchSpecificCode)
        {
            case X64Exit.TaskPriority when _apics is not null:
                TakeTaskPriority((int)cpu.Id);
                return true;
            case X64Exit.InterruptWindow when _apics is not null:
                TakeTaskPriority((int)cpu.Id);
                if (_apics.Acknowledge((int)cpu.Id, out byte vector))
                {
                    cpu.InjectInterrupt(vector);
                }

                return true;
            case X64Exit.EndOfInterrupt when _ioApic is not null:
                _ioApic.EndOfInterrupt(exit.ArchSpecific<X64EndOfInterrupt>().Vector);
                return true;
            default:
                return false;
        }
    }

    /// <summary>The first processor starts as the kernel wants it, the others in real mode when they are told to.</summary>
    private static void Start(VirtualCpu<KvmX64VCpu> cpu, X64BootPlan plan)
    {
        ref KvmX64VCpu arch = ref cpu.Inner.Arch;
        EngineError error = arch.SetEntry(new GuestPhysAddr(cpu.IsBootstrap ? plan.Entry : 0));
        if (error.IsNone)
        {
            error = (cpu.IsBootstrap ? plan.Start : (X64Start?)null) switch
            {
                X64Start.Long => arch.Setup(new X64LongModeSetup { Cr3 = X64BootPlan.Root, Registers = new X64GeneralRegisters { Rsi = plan.BootData } }),
                X64Start.Pvh or X64Start.Multiboot => arch.Setup(
                    new X64ProtectedModeSetup { Registers = new X64GeneralRegisters { Rax = plan.Magic, Rbx = plan.BootData } }),
                X64Start.Real => arch.Setup(
                    new X64RealModeSetup { Registers = new X64GeneralRegisters { Rdx = BootSector.Drive, Rsp = BootSector.Address } }),
                _ => arch.Setup(default(X64RealModeSetup)),
            };
        }

        EngineException.ThrowIfFailed(error);
        cpu.Reset();
    }

    /// <inheritdoc/>
    public void StartTime()
    {
        _machine.StartTime();
        Clock.Start();
    }

    /// <inheritdoc/>
    public void StopTime()
    {
        Clock.Stop();
        _machine.StopTime();
    }

    /// <summary>CR8 and the task priority of the vCPU's own APIC are one register: what the guest wrote to the first reaches the second ...</summary>
    private void TakeTaskPriority(int cpu) => _apics!.SetTaskPriorityClass(cpu, Arch(cpu).TaskPriority);

    /// <summary>... and the other way round.</summary>
    private void GiveTaskPriority(int cpu) => Arch(cpu).TaskPriority = _apics!.GetTaskPriorityClass(cpu);

    private ref KvmX64VCpu Arch(int cpu) => ref ((VirtualCpu<KvmX64VCpu>)_cpus[cpu]).Inner.Arch;

    /// <summary>Whether an access goes to the register page of the accessing vCPU's own APIC, which is at the same place for each.</summary>
    private bool IsOwnApic(GuestPhysAddr address, out int cpu)
    {
        bool isApic = _apics is not null && address.Value - LocalApic.DefaultBase < LocalApic.Size;
        cpu = isApic ? CurrentCpu() : 0;
        return isApic;
    }

    private int CurrentCpu()
    {
        int thread = Environment.CurrentManagedThreadId;
        int cpu = 0;
        while (cpu < _servedBy.Length - 1 && Volatile.Read(ref _servedBy[cpu]) != thread)
        {
            cpu++;
        }

        return cpu;
    }

    private void Write(ulong address, ReadOnlySpan<byte> data, string name)
    {
        if (_memory.Write(new GuestPhysAddr(address), data) != GuestAccessStatus.Ok)
        {
            throw new ImageException(name, $"cannot be written to guest memory at 0x{address:x}");
        }
    }
}
