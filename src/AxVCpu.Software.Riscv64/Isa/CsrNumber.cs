namespace AxVCpu.Software.Riscv64.Isa;

/// <summary>
/// CSR numbers, spelled as in the RISC-V privileged manual (chapter "Control and Status Registers", tables of allocated addresses).
/// Bits 11-10 equal to 3 mean read-only; bits 9-8 are the lowest privilege that may touch the register.
/// </summary>
public enum Csr : ushort
{
    // Unprivileged (floating point, Zicntr, Zihpm)
    /// <summary>Floating-point accrued exceptions.</summary>
    fflags = 0x001,
    /// <summary>Floating-point dynamic rounding mode.</summary>
    frm = 0x002,
    /// <summary>frm and fflags.</summary>
    fcsr = 0x003,
    /// <summary>The entropy source (Zkr).</summary>
    seed = 0x015,
    /// <summary>Cycles, for user mode.</summary>
    cycle = 0xC00,
    /// <summary>The timer, for user mode.</summary>
    time = 0xC01,
    /// <summary>Instructions retired, for user mode.</summary>
    instret = 0xC02,
    /// <summary>Performance counter 3, for user mode.</summary>
    hpmcounter3 = 0xC03,
    /// <summary>Performance counter 4, for user mode.</summary>
    hpmcounter4 = 0xC04,
    /// <summary>Performance counter 5, for user mode.</summary>
    hpmcounter5 = 0xC05,
    /// <summary>Performance counter 6, for user mode.</summary>
    hpmcounter6 = 0xC06,
    /// <summary>Performance counter 7, for user mode.</summary>
    hpmcounter7 = 0xC07,
    /// <summary>Performance counter 8, for user mode.</summary>
    hpmcounter8 = 0xC08,
    /// <summary>Performance counter 9, for user mode.</summary>
    hpmcounter9 = 0xC09,
    /// <summary>Performance counter 10, for user mode.</summary>
    hpmcounter10 = 0xC0A,
    /// <summary>Performance counter 11, for user mode.</summary>
    hpmcounter11 = 0xC0B,
    /// <summary>Performance counter 12, for user mode.</summary>
    hpmcounter12 = 0xC0C,
    /// <summary>Performance counter 13, for user mode.</summary>
    hpmcounter13 = 0xC0D,
    /// <summary>Performance counter 14, for user mode.</summary>
    hpmcounter14 = 0xC0E,
    /// <summary>Performance counter 15, for user mode.</summary>
    hpmcounter15 = 0xC0F,
    /// <summary>Performance counter 16, for user mode.</summary>
    hpmcounter16 = 0xC10,
    /// <summary>Performance counter 17, for user mode.</summary>
    hpmcounter17 = 0xC11,
    /// <summary>Performance counter 18, for user mode.</summary>
    hpmcounter18 = 0xC12,
    /// <summary>Performance counter 19, for user mode.</summary>
    hpmcounter19 = 0xC13,
    /// <summary>Performance counter 20, for user mode.</summary>
    hpmcounter20 = 0xC14,
    /// <summary>Performance counter 21, for user mode.</summary>
    hpmcounter21 = 0xC15,
    /// <summary>Performance counter 22, for user mode.</summary>
    hpmcounter22 = 0xC16,
    /// <summary>Performance counter 23, for user mode.</summary>
    hpmcounter23 = 0xC17,
    /// <summary>Performance counter 24, for user mode.</summary>
    hpmcounter24 = 0xC18,
    /// <summary>Performance counter 25, for user mode.</summary>
    hpmcounter25 = 0xC19,
    /// <summary>Performance counter 26, for user mode.</summary>
    hpmcounter26 = 0xC1A,
    /// <summary>Performance counter 27, for user mode.</summary>
    hpmcounter27 = 0xC1B,
    /// <summary>Performance counter 28, for user mode.</summary>
    hpmcounter28 = 0xC1C,
    /// <summary>Performance counter 29, for user mode.</summary>
    hpmcounter29 = 0xC1D,
    /// <summary>Performance counter 30, for user mode.</summary>
    hpmcounter30 = 0xC1E,
    /// <summary>Performance counter 31, for user mode.</summary>
    hpmcounter31 = 0xC1F,

    // Supervisor
    /// <summary>Supervisor: status.</summary>
    sstatus = 0x100,
    /// <summary>Supervisor: interrupt enables.</summary>
    sie = 0x104,
    /// <summary>Supervisor: trap vector.</summary>
    stvec = 0x105,
    /// <summary>Supervisor: counter enables for user mode.</summary>
    scounteren = 0x106,
    /// <summary>Supervisor: environment configuration.</summary>
    senvcfg = 0x10A,
    /// <summary>Supervisor: state enables 0.</summary>
    sstateen0 = 0x10C,
    /// <summary>Supervisor: state enables 1.</summary>
    sstateen1 = 0x10D,
    /// <summary>Supervisor: state enables 2.</summary>
    sstateen2 = 0x10E,
    /// <summary>Supervisor: state enables 3.</summary>
    sstateen3 = 0x10F,
    /// <summary>Supervisor: counter inhibit.</summary>
    scountinhibit = 0x120,
    /// <summary>Supervisor: scratch.</summary>
    sscratch = 0x140,
    /// <summary>Supervisor: exception program counter.</summary>
    sepc = 0x141,
    /// <summary>Supervisor: trap cause.</summary>
    scause = 0x142,
    /// <summary>Supervisor: trap value.</summary>
    stval = 0x143,
    /// <summary>Supervisor: pending interrupts.</summary>
    sip = 0x144,
    /// <summary>Supervisor: timer comparison (Sstc).</summary>
    stimecmp = 0x14D,
    /// <summary>Supervisor: counter overflow (Sscofpmf).</summary>
    scountovf = 0xDA0,
    /// <summary>Supervisor: address translation and protection.</summary>
    satp = 0x180,
    /// <summary>Supervisor: debug context.</summary>
    scontext = 0x5A8,

    // Machine
    /// <summary>Machine: vendor id.</summary>
    mvendorid = 0xF11,
    /// <summary>Machine: architecture id.</summary>
    marchid = 0xF12,
    /// <summary>Machine: implementation id.</summary>
    mimpid = 0xF13,
    /// <summary>Machine: hart id.</summary>
    mhartid = 0xF14,
    /// <summary>Machine: configuration pointer.</summary>
    mconfigptr = 0xF15,
    /// <summary>Machine: status.</summary>
    mstatus = 0x300,
    /// <summary>Machine: ISA and extensions.</summary>
    misa = 0x301,
    /// <summary>Machine: exception delegation.</summary>
    medeleg = 0x302,
    /// <summary>Machine: interrupt delegation.</summary>
    mideleg = 0x303,
    /// <summary>Machine: interrupt enables.</summary>
    mie = 0x304,
    /// <summary>Machine: trap vector.</summary>
    mtvec = 0x305,
    /// <summary>Machine: counter enables for supervisor mode.</summary>
    mcounteren = 0x306,
    /// <summary>Machine: environment configuration.</summary>
    menvcfg = 0x30A,
    /// <summary>Machine: state enables 0.</summary>
    mstateen0 = 0x30C,
    /// <summary>Machine: state enables 1.</summary>
    mstateen1 = 0x30D,
    /// <summary>Machine: state enables 2.</summary>
    mstateen2 = 0x30E,
    /// <summary>Machine: state enables 3.</summary>
    mstateen3 = 0x30F,
    /// <summary>Machine: counter inhibit.</summary>
    mcountinhibit = 0x320,
    /// <summary>Machine: event selector of performance counter 3.</summary>
    mhpmevent3 = 0x323,
    /// <summary>Machine: event selector of performance counter 4.</summary>
    mhpmevent4 = 0x324,
    /// <summary>Machine: event selector of performance counter 5.</summary>
    mhpmevent5 = 0x325,
    /// <summary>Machine: event selector of performance counter 6.</summary>
    mhpmevent6 = 0x326,
    /// <summary>Machine: event selector of performance counter 7.</summary>
    mhpmevent7 = 0x327,
    /// <summary>Machine: event selector of performance counter 8.</summary>
    mhpmevent8 = 0x328,
    /// <summary>Machine: event selector of performance counter 9.</summary>
    mhpmevent9 = 0x329,
    /// <summary>Machine: event selector of performance counter 10.</summary>
    mhpmevent10 = 0x32A,
    /// <summary>Machine: event selector of performance counter 11.</summary>
    mhpmevent11 = 0x32B,
    /// <summary>Machine: event selector of performance counter 12.</summary>
    mhpmevent12 = 0x32C,
    /// <summary>Machine: event selector of performance counter 13.</summary>
    mhpmevent13 = 0x32D,
    /// <summary>Machine: event selector of performance counter 14.</summary>
    mhpmevent14 = 0x32E,
    /// <summary>Machine: event selector of performance counter 15.</summary>
    mhpmevent15 = 0x32F,
    /// <summary>Machine: event selector of performance counter 16.</summary>
    mhpmevent16 = 0x330,
    /// <summary>Machine: event selector of performance counter 17.</summary>
    mhpmevent17 = 0x331,
    /// <summary>Machine: event selector of performance counter 18.</summary>
    mhpmevent18 = 0x332,
    /// <summary>Machine: event selector of performance counter 19.</summary>
    mhpmevent19 = 0x333,
    /// <summary>Machine: event selector of performance counter 20.</summary>
    mhpmevent20 = 0x334,
    /// <summary>Machine: event selector of performance counter 21.</summary>
    mhpmevent21 = 0x335,
    /// <summary>Machine: event selector of performance counter 22.</summary>
    mhpmevent22 = 0x336,
    /// <summary>Machine: event selector of performance counter 23.</summary>
    mhpmevent23 = 0x337,
    /// <summary>Machine: event selector of performance counter 24.</summary>
    mhpmevent24 = 0x338,
    /// <summary>Machine: event selector of performance counter 25.</summary>
    mhpmevent25 = 0x339,
    /// <summary>Machine: event selector of performance counter 26.</summary>
    mhpmevent26 = 0x33A,
    /// <summary>Machine: event selector of performance counter 27.</summary>
    mhpmevent27 = 0x33B,
    /// <summary>Machine: event selector of performance counter 28.</summary>
    mhpmevent28 = 0x33C,
    /// <summary>Machine: event selector of performance counter 29.</summary>
    mhpmevent29 = 0x33D,
    /// <summary>Machine: event selector of performance counter 30.</summary>
    mhpmevent30 = 0x33E,
    /// <summary>Machine: event selector of performance counter 31.</summary>
    mhpmevent31 = 0x33F,
    /// <summary>Machine: scratch.</summary>
    mscratch = 0x340,
    /// <summary>Machine: exception program counter.</summary>
    mepc = 0x341,
    /// <summary>Machine: trap cause.</summary>
    mcause = 0x342,
    /// <summary>Machine: trap value.</summary>
    mtval = 0x343,
    /// <summary>Machine: pending interrupts.</summary>
    mip = 0x344,
    /// <summary>Machine: trap instruction.</summary>
    mtinst = 0x34A,
    /// <summary>Machine: second trap value.</summary>
    mtval2 = 0x34B,
    /// <summary>Physical memory protection: configuration of entries 0 to 7.</summary>
    pmpcfg0 = 0x3A0,
    /// <summary>Physical memory protection configuration register 1; exists in RV32 only.</summary>
    pmpcfg1 = 0x3A1,
    /// <summary>Physical memory protection: configuration of entries 8 to 15.</summary>
    pmpcfg2 = 0x3A2,
    /// <summary>Physical memory protection configuration register 3; exists in RV32 only.</summary>
    pmpcfg3 = 0x3A3,
    /// <summary>Physical memory protection: configuration of entries 16 to 23.</summary>
    pmpcfg4 = 0x3A4,
    /// <summary>Physical memory protection configuration register 5; exists in RV32 only.</summary>
    pmpcfg5 = 0x3A5,
    /// <summary>Physical memory protection: configuration of entries 24 to 31.</summary>
    pmpcfg6 = 0x3A6,
    /// <summary>Physical memory protection configuration register 7; exists in RV32 only.</summary>
    pmpcfg7 = 0x3A7,
    /// <summary>Physical memory protection: configuration of entries 32 to 39.</summary>
    pmpcfg8 = 0x3A8,
    /// <summary>Physical memory protection configuration register 9; exists in RV32 only.</summary>
    pmpcfg9 = 0x3A9,
    /// <summary>Physical memory protection: configuration of entries 40 to 47.</summary>
    pmpcfg10 = 0x3AA,
    /// <summary>Physical memory protection configuration register 11; exists in RV32 only.</summary>
    pmpcfg11 = 0x3AB,
    /// <summary>Physical memory protection: configuration of entries 48 to 55.</summary>
    pmpcfg12 = 0x3AC,
    /// <summary>Physical memory protection configuration register 13; exists in RV32 only.</summary>
    pmpcfg13 = 0x3AD,
    /// <summary>Physical memory protection: configuration of entries 56 to 63.</summary>
    pmpcfg14 = 0x3AE,
    /// <summary>Physical memory protection configuration register 15; exists in RV32 only.</summary>
    pmpcfg15 = 0x3AF,
    /// <summary>Physical memory protection: address of entry 0.</summary>
    pmpaddr0 = 0x3B0,
    /// <summary>Physical memory protection: address of entry 1.</summary>
    pmpaddr1 = 0x3B1,
    /// <summary>Physical memory protection: address of entry 2.</summary>
    pmpaddr2 = 0x3B2,
    /// <summary>Physical memory protection: address of entry 3.</summary>
    pmpaddr3 = 0x3B3,
    /// <summary>Physical memory protection: address of entry 4.</summary>
    pmpaddr4 = 0x3B4,
    /// <summary>Physical memory protection: address of entry 5.</summary>
    pmpaddr5 = 0x3B5,
    /// <summary>Physical memory protection: address of entry 6.</summary>
    pmpaddr6 = 0x3B6,
    /// <summary>Physical memory protection: address of entry 7.</summary>
    pmpaddr7 = 0x3B7,
    /// <summary>Physical memory protection: address of entry 8.</summary>
    pmpaddr8 = 0x3B8,
    /// <summary>Physical memory protection: address of entry 9.</summary>
    pmpaddr9 = 0x3B9,
    /// <summary>Physical memory protection: address of entry 10.</summary>
    pmpaddr10 = 0x3BA,
    /// <summary>Physical memory protection: address of entry 11.</summary>
    pmpaddr11 = 0x3BB,
    /// <summary>Physical memory protection: address of entry 12.</summary>
    pmpaddr12 = 0x3BC,
    /// <summary>Physical memory protection: address of entry 13.</summary>
    pmpaddr13 = 0x3BD,
    /// <summary>Physical memory protection: address of entry 14.</summary>
    pmpaddr14 = 0x3BE,
    /// <summary>Physical memory protection: address of entry 15.</summary>
    pmpaddr15 = 0x3BF,
    /// <summary>Physical memory protection: address of entry 16.</summary>
    pmpaddr16 = 0x3C0,
    /// <summary>Physical memory protection: address of entry 17.</summary>
    pmpaddr17 = 0x3C1,
    /// <summary>Physical memory protection: address of entry 18.</summary>
    pmpaddr18 = 0x3C2,
    /// <summary>Physical memory protection: address of entry 19.</summary>
    pmpaddr19 = 0x3C3,
    /// <summary>Physical memory protection: address of entry 20.</summary>
    pmpaddr20 = 0x3C4,
    /// <summary>Physical memory protection: address of entry 21.</summary>
    pmpaddr21 = 0x3C5,
    /// <summary>Physical memory protection: address of entry 22.</summary>
    pmpaddr22 = 0x3C6,
    /// <summary>Physical memory protection: address of entry 23.</summary>
    pmpaddr23 = 0x3C7,
    /// <summary>Physical memory protection: address of entry 24.</summary>
    pmpaddr24 = 0x3C8,
    /// <summary>Physical memory protection: address of entry 25.</summary>
    pmpaddr25 = 0x3C9,
    /// <summary>Physical memory protection: address of entry 26.</summary>
    pmpaddr26 = 0x3CA,
    /// <summary>Physical memory protection: address of entry 27.</summary>
    pmpaddr27 = 0x3CB,
    /// <summary>Physical memory protection: address of entry 28.</summary>
    pmpaddr28 = 0x3CC,
    /// <summary>Physical memory protection: address of entry 29.</summary>
    pmpaddr29 = 0x3CD,
    /// <summary>Physical memory protection: address of entry 30.</summary>
    pmpaddr30 = 0x3CE,
    /// <summary>Physical memory protection: address of entry 31.</summary>
    pmpaddr31 = 0x3CF,
    /// <summary>Physical memory protection: address of entry 32.</summary>
    pmpaddr32 = 0x3D0,
    /// <summary>Physical memory protection: address of entry 33.</summary>
    pmpaddr33 = 0x3D1,
    /// <summary>Physical memory protection: address of entry 34.</summary>
    pmpaddr34 = 0x3D2,
    /// <summary>Physical memory protection: address of entry 35.</summary>
    pmpaddr35 = 0x3D3,
    /// <summary>Physical memory protection: address of entry 36.</summary>
    pmpaddr36 = 0x3D4,
    /// <summary>Physical memory protection: address of entry 37.</summary>
    pmpaddr37 = 0x3D5,
    /// <summary>Physical memory protection: address of entry 38.</summary>
    pmpaddr38 = 0x3D6,
    /// <summary>Physical memory protection: address of entry 39.</summary>
    pmpaddr39 = 0x3D7,
    /// <summary>Physical memory protection: address of entry 40.</summary>
    pmpaddr40 = 0x3D8,
    /// <summary>Physical memory protection: address of entry 41.</summary>
    pmpaddr41 = 0x3D9,
    /// <summary>Physical memory protection: address of entry 42.</summary>
    pmpaddr42 = 0x3DA,
    /// <summary>Physical memory protection: address of entry 43.</summary>
    pmpaddr43 = 0x3DB,
    /// <summary>Physical memory protection: address of entry 44.</summary>
    pmpaddr44 = 0x3DC,
    /// <summary>Physical memory protection: address of entry 45.</summary>
    pmpaddr45 = 0x3DD,
    /// <summary>Physical memory protection: address of entry 46.</summary>
    pmpaddr46 = 0x3DE,
    /// <summary>Physical memory protection: address of entry 47.</summary>
    pmpaddr47 = 0x3DF,
    /// <summary>Physical memory protection: address of entry 48.</summary>
    pmpaddr48 = 0x3E0,
    /// <summary>Physical memory protection: address of entry 49.</summary>
    pmpaddr49 = 0x3E1,
    /// <summary>Physical memory protection: address of entry 50.</summary>
    pmpaddr50 = 0x3E2,
    /// <summary>Physical memory protection: address of entry 51.</summary>
    pmpaddr51 = 0x3E3,
    /// <summary>Physical memory protection: address of entry 52.</summary>
    pmpaddr52 = 0x3E4,
    /// <summary>Physical memory protection: address of entry 53.</summary>
    pmpaddr53 = 0x3E5,
    /// <summary>Physical memory protection: address of entry 54.</summary>
    pmpaddr54 = 0x3E6,
    /// <summary>Physical memory protection: address of entry 55.</summary>
    pmpaddr55 = 0x3E7,
    /// <summary>Physical memory protection: address of entry 56.</summary>
    pmpaddr56 = 0x3E8,
    /// <summary>Physical memory protection: address of entry 57.</summary>
    pmpaddr57 = 0x3E9,
    /// <summary>Physical memory protection: address of entry 58.</summary>
    pmpaddr58 = 0x3EA,
    /// <summary>Physical memory protection: address of entry 59.</summary>
    pmpaddr59 = 0x3EB,
    /// <summary>Physical memory protection: address of entry 60.</summary>
    pmpaddr60 = 0x3EC,
    /// <summary>Physical memory protection: address of entry 61.</summary>
    pmpaddr61 = 0x3ED,
    /// <summary>Physical memory protection: address of entry 62.</summary>
    pmpaddr62 = 0x3EE,
    /// <summary>Physical memory protection: address of entry 63.</summary>
    pmpaddr63 = 0x3EF,
    /// <summary>Machine: security configuration.</summary>
    mseccfg = 0x747,
    /// <summary>Debug: trigger select.</summary>
    tselect = 0x7A0,
    /// <summary>Debug: trigger data 1.</summary>
    tdata1 = 0x7A1,
    /// <summary>Debug: trigger data 2.</summary>
    tdata2 = 0x7A2,
    /// <summary>Debug: trigger data 3.</summary>
    tdata3 = 0x7A3,
    /// <summary>Debug: trigger information.</summary>
    tinfo = 0x7A4,
    /// <summary>Debug: trigger control.</summary>
    tcontrol = 0x7A5,
    /// <summary>Debug: machine context.</summary>
    mcontext = 0x7A8,
    /// <summary>Debug: debug control and status.</summary>
    dcsr = 0x7B0,
    /// <summary>Debug: debug program counter.</summary>
    dpc = 0x7B1,
    /// <summary>Debug: debug scratch 0.</summary>
    dscratch0 = 0x7B2,
    /// <summary>Debug: debug scratch 1.</summary>
    dscratch1 = 0x7B3,
    /// <summary>Machine: cycles.</summary>
    mcycle = 0xB00,
    /// <summary>Machine: instructions retired.</summary>
    minstret = 0xB02,
    /// <summary>Machine: performance counter 3.</summary>
    mhpmcounter3 = 0xB03,
    /// <summary>Machine: performance counter 4.</summary>
    mhpmcounter4 = 0xB04,
    /// <summary>Machine: performance counter 5.</summary>
    mhpmcounter5 = 0xB05,
    /// <summary>Machine: performance counter 6.</summary>
    mhpmcounter6 = 0xB06,
    /// <summary>Machine: performance counter 7.</summary>
    mhpmcounter7 = 0xB07,
    /// <summary>Machine: performance counter 8.</summary>
    mhpmcounter8 = 0xB08,
    /// <summary>Machine: performance counter 9.</summary>
    mhpmcounter9 = 0xB09,
    /// <summary>Machine: performance counter 10.</summary>
    mhpmcounter10 = 0xB0A,
    /// <summary>Machine: performance counter 11.</summary>
    mhpmcounter11 = 0xB0B,
    /// <summary>Machine: performance counter 12.</summary>
    mhpmcounter12 = 0xB0C,
    /// <summary>Machine: performance counter 13.</summary>
    mhpmcounter13 = 0xB0D,
    /// <summary>Machine: performance counter 14.</summary>
    mhpmcounter14 = 0xB0E,
    /// <summary>Machine: performance counter 15.</summary>
    mhpmcounter15 = 0xB0F,
    /// <summary>Machine: performance counter 16.</summary>
    mhpmcounter16 = 0xB10,
    /// <summary>Machine: performance counter 17.</summary>
    mhpmcounter17 = 0xB11,
    /// <summary>Machine: performance counter 18.</summary>
    mhpmcounter18 = 0xB12,
    /// <summary>Machine: performance counter 19.</summary>
    mhpmcounter19 = 0xB13,
    /// <summary>Machine: performance counter 20.</summary>
    mhpmcounter20 = 0xB14,
    /// <summary>Machine: performance counter 21.</summary>
    mhpmcounter21 = 0xB15,
    /// <summary>Machine: performance counter 22.</summary>
    mhpmcounter22 = 0xB16,
    /// <summary>Machine: performance counter 23.</summary>
    mhpmcounter23 = 0xB17,
    /// <summary>Machine: performance counter 24.</summary>
    mhpmcounter24 = 0xB18,
    /// <summary>Machine: performance counter 25.</summary>
    mhpmcounter25 = 0xB19,
    /// <summary>Machine: performance counter 26.</summary>
    mhpmcounter26 = 0xB1A,
    /// <summary>Machine: performance counter 27.</summary>
    mhpmcounter27 = 0xB1B,
    /// <summary>Machine: performance counter 28.</summary>
    mhpmcounter28 = 0xB1C,
    /// <summary>Machine: performance counter 29.</summary>
    mhpmcounter29 = 0xB1D,
    /// <summary>Machine: performance counter 30.</summary>
    mhpmcounter30 = 0xB1E,
    /// <summary>Machine: performance counter 31.</summary>
    mhpmcounter31 = 0xB1F,
}
