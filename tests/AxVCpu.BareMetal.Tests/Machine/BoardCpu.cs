using AxVCpu.BareMetal.Aarch64;

namespace AxVCpu.BareMetal.Tests.Machine;

/// <summary>
/// A physical CPU of a <see cref="HostBoard"/>: a thread that runs while all others of the board wait. It gives the others their turn
/// where a real CPU lets time pass: in a guest, asleep, and when it spins.
/// </summary>
internal sealed unsafe class BoardCpu : FakeCpu, IDisposable
{
    private const uint FirstSpi = 32;
    private const ulong ExitTicks = 2;
    private const ulong InstructionSize = 4;
    private const ulong SpinTicks = 10;
    private const ulong ListEnd = 1UL << 41;            // ICH_LR<n>_EL2.EOI
    private const ulong ListStates = 3UL << 62;
    private const ulong ListHardware = 1UL << 61;
    private const ulong NoPendingInterrupt = 1 << 3;    // ICH_HCR_EL2.NPIE
    private const ulong ListPending = 1UL << 62;

    private readonly HostBoard _board;
    private readonly SemaphoreSlim _turn = new(0);
    private readonly HashSet<uint> _sgis = [];
    private readonly HashSet<uint> _active = [];
    private readonly Dictionary<nint, GuestCpu> _guests;

    public BoardCpu(HostBoard board, uint index, Dictionary<nint, GuestCpu> guests)
    {
        _board = board;
        Index = index;
        _guests = guests;
        Block = (PerCpuBlock*)((byte*)board.Blocks + (index * PerCpuBlock.Stride));
        Registers["MpidrEl1"] = 1UL << 31 | index;
        Registers["CntFrqEl0"] = HostBoard.Frequency;
        if (board.CpuGenerator is not null)
            IdRegisters[IdRegisterFilter.IndexOf(IdRegister.AA64ISAR0)] |= 1UL << 60;
    }

    /// <summary>The CPU of the calling thread.</summary>
    public static new BoardCpu Current => (BoardCpu)FakeCpu.Current;

    public uint Index { get; }

    /// <summary>Where the board's RAM begins.</summary>
    public ulong Ram => _board.Ram;

    /// <summary>Virtualization on it.</summary>
    public ref PerCpu<Aarch64PerCpu> Hardware => ref Block->Virtualization;

    /// <summary>When it goes on by itself.</summary>
    public ulong ReadyAt { get; private set; }

    /// <summary>When it last had its turn, among all CPUs.</summary>
    public long LastTurn { get; set; }

    public override PerCpuBlock* Blocks => _board.Blocks;

    public override ulong Now => _board.Now;

    /// <summary>Runs from power-on until the board is switched off.</summary>
    public Thread Start(Action code)
    {
        var thread = new Thread(() =>
        {
            try
            {
                Enter(this);
                _turn.Wait();
                _board.ThrowIfOff();
                code();
            }
            catch (HostBoard.OffException)
            {
            }
            catch (Exception failure)
            {
                _board.Fail(failure);
            }
            ReadyAt = ulong.MaxValue;
            _board.GiveBack();
        }, 16 << 20) { IsBackground = true, Name = $"cpu {Index}" };
        ReadyAt = _board.Now;
        thread.Start();
        return thread;
    }

    /// <summary>Lets the CPU have its turn; the board's thread waits meanwhile.</summary>
    public void Resume() => _turn.Release();

    /// <summary>After its thread has ended.</summary>
    public void Dispose() => _turn.Dispose();

    /// <summary>Something has happened that it must look at.</summary>
    public void Poke() => ReadyAt = ulong.Min(ReadyAt, _board.Now);

    public override uint Acknowledge()
    {
        uint interrupt = Pending();
        if (interrupt == NoInterrupt)
            return interrupt;
        if (interrupt >= FirstSpi)
            _board.Spis.Acknowledge(interrupt);
        else
            _active.Add(interrupt);
        _sgis.Remove(interrupt);
        return interrupt;
    }

    public override void Deactivate(uint interrupt)
    {
        base.Deactivate(interrupt);
        if (interrupt >= FirstSpi)
            _board.Spis.Deactivate(interrupt);
        else
            _active.Remove(interrupt);
    }

    public override void SendSgi(ulong value)
    {
        ulong targets = value & 0xFFFF;
        foreach (BoardCpu cpu in _board.Cpus)
        {
            if ((targets >> (int)cpu.Index & 1) == 0)
                continue;
            cpu._sgis.Add((uint)(value >> 24) & 0xF);
            cpu.Poke();
        }
    }

    /// <summary>GICR_ISACTIVER0 and GICR_ICACTIVER0.</summary>
    public void SetActive(uint bits, bool isActive)
    {
        for (uint interrupt = 0; interrupt < FirstSpi; interrupt++)
        {
            if ((bits >> (int)interrupt & 1) == 0)
                continue;
            _ = isActive ? _active.Add(interrupt) : _active.Remove(interrupt);
        }
    }

    public override void Wait()
    {
        if (Pending() == NoInterrupt)
            Sleep(NextTimer());
    }

    public override void Relax() => Sleep(Now + SpinTicks);

    public override void ShowCode()
    {
        if (_board.LoadTicks != 0)
            Sleep(Now + _board.LoadTicks);
    }

    public override ulong ReadDevice(ulong address) => _board.Read(address);

    public override void WriteDevice(ulong address, ulong value) => _board.Write(address, (uint)value, value);

    public override bool Random(out ulong value)
    {
        ulong? random = _board.CpuGenerator!();
        value = random ?? 0;
        return random is not null;
    }

    public override ulong FirmwareRandom(Span<ulong> words)
    {
        for (int i = 0; i < words.Length; i++)
            words[i] = _board.FirmwareGenerator!();
        return 0;
    }

    public override ulong Firmware(ulong function, ulong a1, ulong a2, ulong a3) => _board.Firmware(function, a1, a3);

    public override ExceptionKind Enter(GuestRegisters* registers)
    {
        GuestCpu guest = GuestOf(registers);
        while (true)
        {
            if (Pending() != NoInterrupt)
                return ExceptionKind.Irq;
            if (guest.Remaining != 0)
            {
                ulong start = Now;
                Sleep(ulong.Min(start + guest.Remaining, NextTimer()));
                guest.Remaining -= ulong.Min(guest.Remaining, Now - start);
                continue;
            }
            GuestStep step = guest.Next();
            if (step.Ticks != 0)
            {
                guest.Remaining = step.Ticks;
                continue;
            }
            (registers->Esr, registers->Far, registers->Hpfar) = (step.Esr, step.Address, step.Address >> 12 << 4);
            Sleep(Now + ExitTicks);
            return ExceptionKind.Synchronous;
        }
    }

    /// <summary>The program that a vCPU runs; a new one when the vCPU is at the begin of one.</summary>
    private GuestCpu GuestOf(GuestRegisters* registers)
    {
        if (_board.Programs.TryGetValue(registers->Pc, out GuestProgram? program))
        {
            _guests[(nint)registers] = new GuestCpu(registers, program) { ProgramCounter = registers->Pc + InstructionSize };
        }
        GuestCpu guest = _guests[(nint)registers];
        // A program is where it is whatever it does: it must not run into another.
        registers->Pc = guest.ProgramCounter;
        return guest;
    }

    private void Sleep(ulong until)
    {
        ReadyAt = until;
        _board.GiveBack();
        _turn.Wait();
        _board.ThrowIfOff();
    }

    private uint Pending()
    {
        foreach (uint sgi in _sgis.Order())
        {
            if (!_active.Contains(sgi))
                return sgi;
        }
        if (NeedsMaintenance && !_active.Contains(HostGic.MaintenancePpi))
            return HostGic.MaintenancePpi;
        if (HostTimerAt <= Now && !_active.Contains(HostTimer.InterruptId))
            return HostTimer.InterruptId;
        if (VirtualTimerAt <= Now && !_active.Contains(HostGic.VirtualTimerPpi))
            return HostGic.VirtualTimerPpi;
        return _board.Spis.PendingFor(Index) ?? NoInterrupt;
    }

    private ulong NextTimer()
    {
        ulong host = _active.Contains(HostTimer.InterruptId) ? ulong.MaxValue : HostTimerAt;
        ulong guest = _active.Contains(HostGic.VirtualTimerPpi) ? ulong.MaxValue : VirtualTimerAt;
        return ulong.Min(host, guest);
    }

    private ulong HostTimerAt => Registers.GetValueOrDefault("CntHpCtlEl2") == 1 ? Registers.GetValueOrDefault("CntHpCvalEl2") : ulong.MaxValue;

    private ulong VirtualTimerAt => (System.CntvCtlEl0 & 3) == 1 ? System.CntvCvalEl0 + Registers.GetValueOrDefault("CntVoffEl2") : ulong.MaxValue;

    private bool NeedsMaintenance
    {
        get
        {
            if ((Vgic.Hcr & VgicCpuInterface.Enable) == 0)
                return false;
            bool isPending = false;
            for (int i = 0; i < Vgic.Count; i++)
            {
                if ((Vgic.Lr[i] & (ListStates | ListHardware | ListEnd)) == ListEnd)
                    return true;
                isPending |= (Vgic.Lr[i] & ListPending) != 0;
            }
            return !isPending && (Vgic.Hcr & NoPendingInterrupt) != 0;
        }
    }
}
