using AxVCpu.BareMetal.Aarch64;
using AxVCpu.BareMetal.Hypervisor;
using AxVCpu.Memory;

namespace AxVCpu.BareMetal.Tests.Machine;

/// <summary>A CPU as the guest's program sees it: the registers of the vCPU, on whichever physical CPU runs it.</summary>
internal sealed unsafe class GuestCpu
{
    private const ulong WriteAccess = 1 << 6;           // ESR_EL2.ISS of a data abort, Arm ARM D19.2.37
    private const ulong Described = 1 << 24;
    private const ulong WholeRegister = 1 << 15;
    private const ulong TranslationFault = 0b000111;
    private const int WidthShift = 22;
    private const ulong ListPending = 1UL << 62;        // ICH_LR<n>_EL2
    private const ulong ListActive = 1UL << 63;
    private const ulong ListHardware = 1UL << 61;
    private const int ListPriorityShift = 48;
    private const int PriorityLevelShift = 3;           // five bits of preemption
    private const ulong AllPriorities = 0xFFUL << 24;   // ICH_VMCR_EL2.VPMR
    private const ulong GroupEnable = 1 << 1;           // ICH_VMCR_EL2.VENG1
    private const uint Spurious = 1023;

    private readonly GuestRegisters* _registers;
    private readonly IEnumerator<GuestStep> _program;

    public GuestCpu(GuestRegisters* registers, GuestProgram program)
    {
        _registers = registers;
        _program = program(this).GetEnumerator();
    }

    /// <summary>Where the program is, once it has begun.</summary>
    public required ulong ProgramCounter { get; init; }

    /// <summary>How much of its computation is left.</summary>
    public ulong Remaining { get; set; }

    /// <summary>The result of a call or a read.</summary>
    public ulong Result => _registers->X[0];

    /// <summary>PSTATE, as it was at the last entry.</summary>
    public ulong Pstate => _registers->Pstate;

    /// <summary>A general register.</summary>
    public ulong this[int register] => _registers->X[register];

    /// <summary>The counter as the guest reads it.</summary>
    public ulong Counter => BoardCpu.Current.Now - BoardCpu.Current.Registers["CntVoffEl2"];

    /// <summary>Goes on with the program to its next step; a program that has ended waits for ever.</summary>
    public GuestStep Next() => _program.MoveNext() ? _program.Current : Wait();

    /// <summary>Computes; interrupts of the host come in between, unnoticed.</summary>
    public static GuestStep Compute(ulong ticks) => new(ticks);

    /// <summary>HVC.</summary>
    public GuestStep Call(ulong number, ulong a1 = 0, ulong a2 = 0, ulong a3 = 0, ulong a4 = 0)
    {
        (_registers->X[0], _registers->X[1], _registers->X[2], _registers->X[3], _registers->X[4]) = (number, a1, a2, a3, a4);
        return GuestStep.Leave(ExceptionClass.Hvc64, 0);
    }

    /// <summary>WFI.</summary>
    public static GuestStep Wait() => GuestStep.Leave(ExceptionClass.WaitFor, 0);

    /// <summary>Reads four bytes of a device into <see cref="Result"/>.</summary>
    public static GuestStep Read(ulong address) =>
        GuestStep.Leave(ExceptionClass.DataAbortLower, Described | 2UL << WidthShift | WholeRegister | TranslationFault, address);

    /// <summary>Writes four bytes to a device.</summary>
    public GuestStep Write(ulong address, uint value)
    {
        _registers->X[0] = value;
        return GuestStep.Leave(ExceptionClass.DataAbortLower, Described | 2UL << WidthShift | WriteAccess | TranslationFault, address);
    }

    /// <summary>MSR of a register that traps, from X0.</summary>
    public GuestStep Write(SysReg register, ulong value)
    {
        _registers->X[0] = value;
        return GuestStep.Leave(ExceptionClass.SystemRegister, (uint)register);
    }

    /// <summary>Writes a text to the PL011.</summary>
    public IEnumerable<GuestStep> Print(string text)
    {
        foreach (char letter in text)
            yield return Write(GuestBoard.Uart, letter);
    }

    /// <summary>Loads eight bytes of memory; what is not mapped, the program must not touch.</summary>
    public ulong Load(ulong address)
    {
        Assert.Equal(GuestAccessStatus.Ok, Vm->Space.ReadObject(new GuestPhysAddr(address), out ulong value));
        return value;
    }

    /// <summary>Stores eight bytes.</summary>
    /// <returns>Whether the second stage lets it.</returns>
    public bool TryStore(ulong address, ulong value) => Vm->Space.WriteObject(new GuestPhysAddr(address), value) == GuestAccessStatus.Ok;

    /// <summary>Sets the virtual timer.</summary>
    public static void SetTimer(ulong compare, bool isOn = true)
    {
        BoardCpu.Current.System.CntvCvalEl0 = compare;
        BoardCpu.Current.System.CntvCtlEl0 = isOn ? 1UL : 0;
    }

    /// <summary>Lets the CPU interface take interrupts of group 1.</summary>
    public static void EnableInterrupts() => BoardCpu.Current.Vgic.Vmcr = AllPriorities | GroupEnable;

    /// <summary>ICC_IAR1_EL1: the most urgent pending interrupt becomes active.</summary>
    public static uint Acknowledge()
    {
        ref VgicCpuInterface vgic = ref BoardCpu.Current.Vgic;
        int best = -1;
        for (int i = 0; i < vgic.Count; i++)
        {
            if ((vgic.Lr[i] & ListPending) != 0 && (best < 0 || PriorityOf(vgic.Lr[i]) < PriorityOf(vgic.Lr[best])))
                best = i;
        }
        if (best < 0)
            return Spurious;
        vgic.Lr[best] = (vgic.Lr[best] & ~ListPending) | ListActive;
        vgic.Ap1[0] |= 1UL << (int)(PriorityOf(vgic.Lr[best]) >> PriorityLevelShift);
        return (uint)vgic.Lr[best];
    }

    /// <summary>ICC_EOIR1_EL1: the priority falls, and the interrupt is inactive, with the physical one that it stands for.</summary>
    public static void EndOfInterrupt(uint interrupt)
    {
        ref VgicCpuInterface vgic = ref BoardCpu.Current.Vgic;
        vgic.Ap1[0] &= vgic.Ap1[0] - 1;
        for (int i = 0; i < vgic.Count; i++)
        {
            if ((uint)vgic.Lr[i] != interrupt || (vgic.Lr[i] & ListActive) == 0)
                continue;
            vgic.Lr[i] &= ~ListActive;
            if ((vgic.Lr[i] & ListHardware) != 0)
                BoardCpu.Current.Deactivate((uint)(vgic.Lr[i] >> 32 & 0x1FFF));
        }
    }

    /// <summary>The VM that this is a CPU of.</summary>
    public Vm* Vm
    {
        get
        {
            for (int slot = 0; slot < HypervisorState.MaxVms; slot++)
            {
                Vm* vm = HypervisorState.Current.VmAt(slot);
                for (int i = 0; vm != null && i < vm->VCpuCount; i++)
                {
                    fixed (VmVCpu* vcpu = &vm->VCpu(i))
                    {
                        if ((byte*)_registers - (byte*)vcpu is >= 0 and var distance && distance < sizeof(VmVCpu))
                            return vm;
                    }
                }
            }
            throw new InvalidOperationException("the guest runs in no VM");
        }
    }

    private static ulong PriorityOf(ulong list) => list >> ListPriorityShift & 0xFF;
}
