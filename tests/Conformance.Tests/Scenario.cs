namespace AxVCpu.Conformance.Tests;

/// <summary>What a guest program of the suite does. Each engine brings a program for those that its architecture has.</summary>
public enum Scenario
{
    /// <summary>Hypercall 7 with the arguments 1 to 6; then writes the result to <see cref="Board.Device"/>.</summary>
    Hypercall,

    /// <summary>Reads a signed byte from the device and writes the register, 8 bytes wide, to the device.</summary>
    MmioRead,

    /// <summary>Writes 0x1122334455667788 to the device with 1, 2, 4 and 8 bytes.</summary>
    MmioWrite,

    /// <summary>Reads the device; the fault handler writes 0xFA to the device.</summary>
    FaultHandler,

    /// <summary>Reads the VMM's register, adds 1, and writes it back.</summary>
    SystemRegister,

    /// <summary>Stores 0x55 to <see cref="Board.LazyPage"/>, loads it again and writes it to the device.</summary>
    LazyMemory,

    /// <summary>Waits for an interrupt; then writes 1 to the device.</summary>
    Halt,

    /// <summary>Starts vCPU 1 at <see cref="Board.SecondEntry"/> with argument 0x77; each vCPU writes to the device.</summary>
    StartAnother,

    /// <summary>Interrupts vCPU 1 and vCPU 2.</summary>
    Ipi,

    /// <summary>Powers off.</summary>
    PowerOff,

    /// <summary>Resets.</summary>
    Reset,

    /// <summary>Executes a breakpoint instruction, then writes 1 to the device.</summary>
    Breakpoint,

    /// <summary>Prints one character by the architecture's own console call.</summary>
    ArchSpecific,

    /// <summary>Loops for ever.</summary>
    Spin,

    /// <summary>Counts to 1000 in memory and writes the sum to the device.</summary>
    Sum,

    /// <summary>Reads 16 bits of port 0x60, adds 1, writes them to port 0x62, then writes the bytes 1 to 5 there with a string instruction.</summary>
    Port,
}
