using System.Runtime.InteropServices;
using AxVCpu.Software.Translator;

namespace AxVCpu.Software.Riscv64;

/// <summary>
/// The state of one hart, in native memory at a fixed address, so that a translator can address every field from one base register.
/// Written by the hart's thread only, except <see cref="PollAt"/>.
/// </summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct HartState
{
    /// <summary>Index in <see cref="X"/> that takes writes to x0.</summary>
    public const int WriteSink = 32;

    /// <summary>x0 (always zero) to x31, then the sink for writes to x0.</summary>
    public fixed ulong X[33];

    /// <summary>f0 to f31; a narrower value is NaN-boxed (all upper bits one).</summary>
    public fixed ulong F[32];

    /// <summary>Address of the instruction to execute next; exact whenever the dispatch loop is not inside a block.</summary>
    public ulong Pc;

    /// <summary>Instructions retired since reset.</summary>
    public ulong InstRet;

    /// <summary>The value of <see cref="InstRet"/> at which the dispatch loop looks at requests; any thread may set it to zero.</summary>
    public ulong PollAt;

    /// <summary>Address of the load array of the current data MMU class; the store array follows (see SoftTlb).</summary>
    public byte* DataTlb;

    /// <summary>The jump cache of the hart's blocks.</summary>
    public JumpEntry* Jumps;

    /// <summary>Identifies what <see cref="Pc"/> means: fetch MMU class in the low bits, jump cache generation above.</summary>
    public ulong FetchContext;

    /// <summary>Blocks with an older generation compare their code with guest memory before they run; fence.i counts it up.</summary>
    public ulong FetchGeneration;

    /// <summary>The bits of a jump target that raise an instruction-address-misaligned exception: 2 without compressed instructions, else 0.</summary>
    public ulong MisalignedTarget;

    /// <summary>Requests of other threads (<see cref="HartRequests"/>); changed by atomic operations only.</summary>
    public int Requests;

    /// <summary>The current privilege mode.</summary>
    public PrivilegeMode Mode;

    /// <summary>The MMU class of loads and stores now (<see cref="MmuClass"/>).</summary>
    public MmuClass DataClass;

    /// <summary>The MMU class of fetches now.</summary>
    public MmuClass FetchClass;

    /// <summary>Accrued exceptions, fcsr[4:0].</summary>
    public uint Fflags;

    /// <summary>Dynamic rounding mode, fcsr[7:5].</summary>
    public uint Frm;

    /// <summary>Non-zero when generated code may compute floats: the unit is on and rounds to nearest even.</summary>
    public byte FloatReady;

    /// <summary>Exceptions that generated code met, as bits of the host's float unit.</summary>
    public uint HostFloatFlags;

    /// <summary>The edge that generated code left through.</summary>
    public uint Edge;

    /// <summary>A register of the translator.</summary>
    public ulong Scratch;

    /// <summary>What generated code calls for an instruction that it cannot do.</summary>
    public delegate* unmanaged<byte*, uint, uint, uint> SlowPath;

    /// <summary>Handle of the hart, for <see cref="SlowPath"/>.</summary>
    public nint Self;

    /// <summary>Host address of the word that LR reserved, bit 0 set for eight bytes; zero when there is no reservation.</summary>
    public ulong ReservationHost;

    /// <summary>Guest virtual address of the reservation.</summary>
    public ulong ReservationAddress;

    /// <summary>The value LR saw; SC succeeds when memory still holds it.</summary>
    public ulong ReservationValue;

    // Machine-level CSRs (privileged specification, chapter 3).
    public ulong Mstatus;
    public ulong Misa;
    public ulong Medeleg;
    public ulong Mideleg;
    public ulong Mie;
    public ulong Mip;
    public ulong Mtvec;
    public ulong Mcounteren;
    public ulong Mcountinhibit;
    public ulong Mscratch;
    public ulong Mepc;
    public ulong Mcause;
    public ulong Mtval;
    public ulong Menvcfg;
    public ulong Mseccfg;

    // Supervisor-level CSRs (chapter 12).
    public ulong Stvec;
    public ulong Scounteren;
    public ulong Senvcfg;
    public ulong Sscratch;
    public ulong Sepc;
    public ulong Scause;
    public ulong Stval;
    public ulong Satp;

    /// <summary>Sstc: the supervisor timer is pending when time is at or above it.</summary>
    public ulong Stimecmp;

    /// <summary>The board's timer deadline for this hart; any thread writes it atomically.</summary>
    public ulong Mtimecmp;

    /// <summary>MTIP and STIP as the clock had them at the last look.</summary>
    public ulong TimerPending;

    /// <summary>Level lines of devices as mip bits; any thread, by atomic operations only.</summary>
    public ulong InterruptLines;

    /// <summary>Interrupts injected as events, as mip bits, until they are taken; any thread, by atomic operations only.</summary>
    public ulong InjectedOnce;

    /// <summary>mcycle is this plus <see cref="InstRet"/>, or this alone while it is inhibited.</summary>
    public ulong McycleBase;

    /// <summary>minstret is this plus <see cref="InstRet"/>, or this alone while it is inhibited.</summary>
    public ulong MinstretBase;

    /// <summary>Tickets drawn for fences; any thread, by atomic operations only.</summary>
    public ulong FenceRequested;

    /// <summary>The ticket up to which fences were served; read by any thread.</summary>
    public ulong FenceServed;

    /// <summary>One while the hart's thread is inside Run; read by any thread.</summary>
    public int Running;

    /// <summary>Physical memory protection.</summary>
    public Pmp Pmp;
}
