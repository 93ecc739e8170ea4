using AxVCpu;
using AxVCpu.Devices;
using AxVCpu.Memory;
using AxVCpu.Software.Riscv64;
using AxVM.Boot;
using AxVM.Fdt;

namespace AxVM.Boards;

/// <content>Power-on, and what the guest asks for while it runs.</content>
internal sealed partial class Riscv64VirtMachine
{
    private const int A0 = 10;
    private const int A1 = 11;
    private const int ConsoleChunk = 256;
    private const ulong SbiInvalidAddress = unchecked((ulong)-5L);

    /// <inheritdoc/>
    public IPreparedBoot Prepare() => BootPlan.Make(_board, _profile);

    /// <inheritdoc/>
    public FlattenedDeviceTree DescribeToGuest() => !_board.HasProgram
        ? BootPlan.Generate(_board, _profile, initrd: null)
        : FlattenedDeviceTree.Read(BootPlan.Make(_board, _profile).Tree.Span);

    /// <inheritdoc/>
    public void PowerOn(IPreparedBoot boot)
    {
        BootPlan plan = (BootPlan)boot;
        _memory.Clear();
        MapMemory();
        foreach (PlacedImage image in plan.Images)
        {
            Write(image.Address, image.Data.Span, image.Name);
        }

        if (plan.Rom is { } rom)
        {
            Write(Riscv64VirtLayout.ResetRom, rom, "the reset ROM");
        }

        Require(_memory.Protect(new GuestPhysAddr(Riscv64VirtLayout.ResetRom), Riscv64VirtLayout.ResetRomSize, RomFlags), "protect the reset ROM");
        foreach (MemoryRegionConfig region in _board.Mappings.Where(region => ((MappingFlags)region.Flags & MappingFlags.Write) == 0))
        {
            Require(_memory.Protect(new GuestPhysAddr(region.Address), region.Size, (MappingFlags)region.Flags), "protect RAM");
        }

        _fwCfg.Replace(plan.Items);
        Clock.Set(0);
        for (int hart = 0; hart < _cpus.Count; hart++)
        {
            _cpus[hart].Reset();
            _cpus[hart].SetEntry(new GuestPhysAddr(plan.Entry));
            _cpus[hart].SetGpr(A0, (ulong)hart);
            _cpus[hart].SetGpr(A1, plan.Dtb);
        }

        // After the harts, so that the wires' levels reach them as they are.
        foreach (BusMapping mapping in _bus.Mappings)
        {
            (mapping.Device as IResettable)?.Reset();
        }

        _htif = plan.ToHost is ulong toHost ? new HtifPort(_memory, toHost, plan.FromHost, _host, _uart) : null;
        _signature = plan.Signature;
        _semihosting.Describe(_board.Config.Kernel.CommandLine, plan.Free);
        _uart.Start();
        _virtio.Start();
    }

    /// <inheritdoc/>
    public byte[]? ReadSignature()
    {
        if (_signature is not { } range)
        {
            return null;
        }

        byte[] bytes = new byte[range.Length];
        return _memory.Read(new GuestPhysAddr(range.Address), bytes) == GuestAccessStatus.Ok ? bytes : null;
    }

    /// <inheritdoc/>
    public void BeginTurn(int cpu) => Volatile.Write(ref _servedBy[cpu], Environment.CurrentManagedThreadId);

    /// <inheritdoc/>
    public void Enter(VirtualCpu cpu, in CpuStart start)
    {
        cpu.SetEntry(start.Entry);
        cpu.SetGpr(A0, cpu.Id);
        cpu.SetGpr(A1, start.Argument);
    }

    /// <inheritdoc/>
    public bool MmioRead(GuestPhysAddr address, AccessWidth width, out ulong value) => _bus.Read(address.Value, width, out value);

    /// <inheritdoc/>
    public bool MmioWrite(GuestPhysAddr address, AccessWidth width, ulong value) => _bus.Write(address.Value, width, value);

    /// <inheritdoc/>
    public bool IoRead(ushort port, AccessWidth width, out ulong value)
    {
        value = 0;
        return false;
    }

    /// <inheritdoc/>
    public bool IoWrite(ushort port, AccessWidth width, ulong value) => false;

    /// <inheritdoc/>
    public bool SysRegRead(ulong address, out ulong value)
    {
        value = 0;
        return false;
    }

    /// <inheritdoc/>
    public bool SysRegWrite(ulong address, ulong value) => false;

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
        switch ((RiscvExit)exit.ArchSpecificCode)
        {
            case RiscvExit.SbiConsole:
                ServeConsole(cpu, exit.ArchSpecific<SbiConsoleExit>());
                return true;
            case RiscvExit.Semihosting:
                _semihosting.Serve(cpu, exit.ArchSpecific<SemihostingExit>());
                return true;
            default:
                return false;
        }
    }

    /// <summary>The SBI console is the UART's other door: what goes out there goes out here, and who asks first gets the input.</summary>
    private void ServeConsole(VirtualCpu cpu, in SbiConsoleExit console)
    {
        Span<byte> chunk = stackalloc byte[ConsoleChunk];
        switch (console.Operation)
        {
            case SbiConsoleOperation.WriteByte:
                _uart.Print([console.Byte]);
                break;
            case SbiConsoleOperation.Write:
                ulong written = 0;
                for (int taken = chunk.Length; written < console.Length && taken == chunk.Length; written += (ulong)taken)
                {
                    Span<byte> part = chunk[..(int)ulong.Min(console.Length - written, (ulong)chunk.Length)];
                    if (_memory.Read(console.Address + written, part) != GuestAccessStatus.Ok)
                    {
                        cpu.SetReturnValue(SbiInvalidAddress);
                        return;
                    }

                    taken = _uart.Print(part);
                }

                cpu.SetGpr(A1, written);
                break;
            case SbiConsoleOperation.Read:
                Span<byte> typed = chunk[..(int)ulong.Min(console.Length, (ulong)chunk.Length)];
                typed = typed[.._uart.Take(typed)];
                if (_memory.Write(console.Address, typed) == GuestAccessStatus.Ok)
                {
                    cpu.SetGpr(A1, (ulong)typed.Length);
                }
                else
                {
                    cpu.SetReturnValue(SbiInvalidAddress);
                }

                break;
            case SbiConsoleOperation.ReadByte:
                byte character = 0;
                if (_uart.Take(new Span<byte>(ref character)) != 0)
                {
                    cpu.SetReturnValue(character);
                }

                break;
        }
    }

    private void Write(ulong address, ReadOnlySpan<byte> data, string name)
    {
        if (_memory.Write(new GuestPhysAddr(address), data) != GuestAccessStatus.Ok)
        {
            throw new ImageException(name, $"cannot be written to guest memory at 0x{address:x}");
        }
    }
}
