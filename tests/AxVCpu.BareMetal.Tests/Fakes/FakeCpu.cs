using System.Runtime.InteropServices;

namespace AxVCpu.BareMetal.Aarch64;

/// <summary>What a guest does when it is entered; it changes its registers and says what ended its stay.</summary>
internal unsafe delegate ExceptionKind FakeGuest(GuestRegisters* registers);

/// <summary>The registers of a CPU, and what was asked of it. One for each thread, so that tests do not share anything.</summary>
internal unsafe class FakeCpu
{
    public const ulong GuestVectors = 0xE0_0000;
    public const uint NoInterrupt = 1023;

    [ThreadStatic]
    private static FakeCpu? t_current;

    public static FakeCpu Current => t_current ??= new FakeCpu();

    public Dictionary<string, ulong> Registers { get; } = new(StringComparer.Ordinal);

    public ulong[] IdRegisters { get; } = new ulong[56];

    public Dictionary<ulong, ulong> Devices { get; } = [];

    public List<string> Calls { get; } = [];

    public List<ulong> Sgis { get; } = [];

    public List<uint> Deactivated { get; } = [];

    public Queue<uint> Interrupts { get; } = new();

    /// <summary>The guest's own translation: guest-virtual to guest-physical; the identity when it is not set.</summary>
    public Func<ulong, ulong?>? FirstStage { get; set; }

    /// <summary>Which guest-virtual addresses a write faults at, for EL0 (second argument) or EL1.</summary>
    public Func<ulong, bool, bool> ReadOnly { get; set; } = static (_, _) => false;

    public Queue<FakeGuest> Guest { get; } = new();

    public PerCpuBlock* Block { get; protected init; }

    /// <summary>Where the blocks of all CPUs are.</summary>
    public virtual PerCpuBlock* Blocks => Block;

    /// <summary>The physical counter.</summary>
    public virtual ulong Now => Registers.GetValueOrDefault("CntPctEl0");

    public ulong RootTable { get; }

    public ulong SpareTables { get; }

    // Fields, because they are moved as a whole.
    public SystemRegisters System;
    public PointerKeys Keys;
    public DebugRegisters Debug;
    public VgicCpuInterface Vgic;

    protected FakeCpu()
    {
        // Never freed: a CPU lives as long as its thread, and tests have few.
        Block = (PerCpuBlock*)NativeMemory.AlignedAlloc((nuint)(PerCpuBlock.Stride * PerCpuBlock.MaxCpus), 4096);
        new Span<byte>(Block, (int)(PerCpuBlock.Stride * PerCpuBlock.MaxCpus)).Clear();
        RootTable = Pages(1);
        SpareTables = Pages(8);
        IdRegisters[IdRegisterFilter.IndexOf(IdRegister.AA64MMFR0)] = 0x0000_1122; // 40 physical bits
        IdRegisters[IdRegisterFilter.IndexOf(IdRegister.AA64MMFR1)] = 1 << 20; // PAN
        IdRegisters[IdRegisterFilter.IndexOf(IdRegister.AA64DFR0)] = 0x0000_0000_1030_5006;
        Registers["IchVtrEl2"] = 3 | 4 << 26; // 4 list registers, 5 preemption bits
    }

    /// <summary>A CPU as after start-up, for this thread.</summary>
    public static FakeCpu Reset()
    {
        t_current = new FakeCpu();
        t_current.Block->Virtualization.Init(0);
        t_current.Block->Virtualization.HardwareEnable();
        t_current.Calls.Clear();
        return t_current;
    }

    /// <summary>Makes a CPU that of the calling thread.</summary>
    public static void Enter(FakeCpu cpu) => t_current = cpu;

    public static ulong Pages(int count)
    {
        void* memory = NativeMemory.AlignedAlloc((nuint)(count * 4096), 4096);
        new Span<byte>(memory, count * 4096).Clear();
        return (ulong)memory;
    }

    public virtual ExceptionKind Enter(GuestRegisters* registers)
    {
        if (!Guest.TryDequeue(out FakeGuest? guest))
            throw new InvalidOperationException("the vCPU is entered more often than the test expects");
        return guest(registers);
    }

    public void LoadVgicLists(VgicCpuInterface* from, uint lists)
    {
        Calls.Add($"LoadVgicLists {lists}");
        Vgic.Hcr = from->Hcr;
        for (int i = 0; i < lists; i++)
            Vgic.Lr[i] = from->Lr[i];
    }

    public void SaveVgicLists(VgicCpuInterface* to, uint lists)
    {
        (to->Hcr, to->Vmcr) = (Vgic.Hcr, Vgic.Vmcr);
        for (int i = 0; i < lists; i++)
            to->Lr[i] = Vgic.Lr[i];
        Vgic.Hcr = 0; // as the code that it stands for
    }

    public virtual void Deactivate(uint interrupt) => Deactivated.Add(interrupt);

    public virtual void SendSgi(ulong value) => Sgis.Add(value);

    /// <summary>Sleeps until an interrupt is pending.</summary>
    public virtual void Wait() => Calls.Add(nameof(Native.WaitForInterrupt));

    /// <summary>Spins: somebody else is to do something.</summary>
    public virtual void Relax() => Thread.Yield();

    /// <summary>A guest's files have been loaded.</summary>
    public virtual void ShowCode() => Calls.Add(nameof(Native.InvalidateInstructionCaches));

    public virtual uint Acknowledge() => Interrupts.TryDequeue(out uint interrupt) ? interrupt : NoInterrupt;

    /// <summary>PAR_EL1.FST of a permission fault at level 3.</summary>
    public const ulong PermissionFault = 0b001111;

    public ulong Translate(ulong address, uint user, uint write)
    {
        Calls.Add(user != 0 ? "TranslateUser" : "Translate");
        if (write != 0 && ReadOnly(address, user != 0))
            return 1 | (PermissionFault << 1);
        ulong? physical = FirstStage is null ? address : FirstStage(address);
        return physical is null ? 1 | (0b000101 << 1) : physical.Value & ~0xFFFUL;
    }

    public virtual ulong ReadDevice(ulong address) => Devices.GetValueOrDefault(address);

    public virtual void WriteDevice(ulong address, ulong value) => Devices[address] = value;

    /// <summary>The CPU's random number generator; a CPU without one must not be asked.</summary>
    public virtual bool Random(out ulong value) => throw new NotSupportedException("RNDRRS is undefined");

    public virtual ulong FirmwareRandom(Span<ulong> words) => throw new NotSupportedException("the firmware has no generator");

    public virtual ulong Firmware(ulong function, ulong a1, ulong a2, ulong a3)
    {
        Calls.Add($"Smc {function:x} {a1:x} {a2:x} {a3:x}");
        return ulong.MaxValue;
    }
}
