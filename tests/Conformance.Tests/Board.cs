using AxVCpu.Memory;

namespace AxVCpu.Conformance.Tests;

/// <summary>One VM of an engine with a program of the suite in its memory.</summary>
public abstract class Board : IDisposable
{
    /// <summary>Where nothing is mapped.</summary>
    public const ulong Device = 0x1000_0000;

    /// <summary>A page of RAM that the program, and nobody else, touches.</summary>
    public const ulong LazyPage = 0x8010_0000;

    /// <summary>Where <see cref="Scenario.StartAnother"/> starts the second vCPU.</summary>
    public const ulong SecondEntry = 0x8000_1000;

    /// <summary>The VM's memory.</summary>
    public abstract GuestAddressSpace Memory { get; }

    /// <summary>The VM's vCPUs, in state Free.</summary>
    public abstract IReadOnlyList<VirtualCpu> Cpus { get; }

    /// <summary>The vCPU that boots.</summary>
    public VirtualCpu Cpu => Cpus[0];

    /// <summary>An interrupt that ends a halt.</summary>
    public abstract uint WakeUpInterrupt { get; }

    /// <summary>The index of the register that carries the argument of a started vCPU.</summary>
    public abstract int ArgumentRegister { get; }

    /// <summary>How many bytes the breakpoint instruction takes.</summary>
    public virtual ulong BreakpointLength => 4;

    /// <inheritdoc/>
    public void Dispose()
    {
        Dispose(true);
        GC.SuppressFinalize(this);
    }

    /// <summary>Frees the VM.</summary>
    protected abstract void Dispose(bool disposing);
}

/// <summary>An engine and architecture that the suite runs on.</summary>
public abstract class Target
{
    /// <summary>How the test names it.</summary>
    public abstract string Name { get; }

    /// <summary>The engine.</summary>
    public abstract IEngine Engine { get; }

    /// <summary>The kinds of exit that this engine produces on this architecture; the suite shows each.</summary>
    public abstract IReadOnlySet<VCpuExitKind> Produces { get; }

    /// <summary>Whether a device read names its destination register and its sign extension; else the engine applies them unseen.</summary>
    public virtual bool NamesDestination => true;

    /// <summary>How a vCPU leaves whose entry is no memory.</summary>
    public virtual VCpuExitKind BadEntry => VCpuExitKind.FailEntry;

    /// <summary>Builds a VM with the program of <paramref name="scenario"/>; null when the architecture has no such thing.</summary>
    public abstract Board? Create(Scenario scenario, int cpus = 1);

    /// <inheritdoc/>
    public override string ToString() => Name;
}
