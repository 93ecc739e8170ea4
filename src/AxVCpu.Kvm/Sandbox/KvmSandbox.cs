using System.Runtime.InteropServices;
using AxVCpu.Memory;
using AxVCpu.X64;

namespace AxVCpu.Kvm;

/// <summary>
/// Runs untrusted machine code at privilege level 3 of a virtual machine that has nothing else in it: no operating system, no devices, no
/// clock; only memory, and the host functions that it is given. Code runs at the processor's speed, also with the module kvm_pvm.
/// </summary>
/// <remarks>
/// One call at a time, from any thread. Functions follow the System V convention: arguments in rdi, rsi, rdx, rcx, r8 and r9, the result in
/// rax. What the code does wrong is a value (<see cref="SandboxOutcome"/>), never an exception; afterwards, and after a cancelled call,
/// <see cref="Reset"/> brings the sandbox back. Time: code can execute RDTSC where the module cannot forbid it (kvm_pvm).
/// </remarks>
public sealed unsafe partial class KvmSandbox : IDisposable
{
    /// <summary>Where the code is.</summary>
    public const ulong CodeAddress = SandboxLayout.Code;

    /// <summary>Where the code's memory is.</summary>
    public const ulong DataAddress = SandboxLayout.Data;

    private const ulong CanonicalStack = SandboxLayout.StackTop;

    private readonly SandboxFunctions _functions;
    private readonly SandboxLayout _layout;
    private readonly GuestAddressSpace _memory;
    private readonly KvmX64Machine _machine;
    private readonly VirtualCpu<KvmX64VCpu> _cpu;
    private readonly SandboxSnapshot _snapshot;
    private int _isBusy;
    private bool _needsReset;
    private bool _isDisposed;

    /// <summary>Makes a sandbox with its code loaded, and takes the first snapshot.</summary>
    /// <exception cref="ArgumentException">A size is out of its range.</exception>
    /// <exception cref="EngineException">KVM cannot be used (<see cref="KvmEngine.Examine"/> says why), or refuses.</exception>
    public KvmSandbox(KvmSandboxConfig config)
    {
        ArgumentNullException.ThrowIfNull(config);
        RequireSize((ulong)config.Code.Length, SandboxLayout.MaxCode, nameof(config));
        RequireSize((ulong)config.StackBytes, SandboxLayout.MaxStack, nameof(config));
        ArgumentOutOfRangeException.ThrowIfNegative(config.DataBytes, nameof(config));
        ArgumentOutOfRangeException.ThrowIfGreaterThan((ulong)config.DataBytes, SandboxLayout.MaxData, nameof(config));
        _functions = config.Functions;
        _layout = new SandboxLayout((ulong)config.Code.Length, (ulong)config.StackBytes, (ulong)config.DataBytes);
        _memory = GuestAddressSpace.Create(NestedFormat.Npt, _layout.Size, regionCapacity: 4);
        try
        {
            Require(_memory.MapAlloc(new(0), _layout.Size, MappingFlags.Read | MappingFlags.Write | MappingFlags.Execute, populate: true));
            Require(_memory.EnableDirtyLog(new(0)));
            _layout.WriteTables(_memory);
            SandboxSystem.Write(_memory, _layout);
            _memory.Write(_layout.Translate(SandboxLayout.Code), config.Code.Span);
            _machine = new KvmX64Machine(new KvmX64MachineConfig
            {
                Memory = _memory,
                Profile = config.Profile,
                HypercallPort = SandboxSystem.CallPort,
            });
            _cpu = KvmEngine.CreateVCpu(_machine, 0, 0, 0);
            EnterGate();
            _snapshot = new SandboxSnapshot(_memory, _layout.Size);
            Snapshot();
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <summary>The kernel module that runs the code.</summary>
    public KvmModule Module => _machine.Module;

    /// <summary>Whether the last call faulted or was cancelled: only <see cref="Reset"/> is allowed then.</summary>
    public bool NeedsReset => _needsReset;

    /// <summary>Makes the present state, memory and registers, the one that <see cref="Reset"/> returns to.</summary>
    public void Snapshot()
    {
        Enter();
        try
        {
            RequireUsable();
            _snapshot.Take(ref _cpu.Inner.Arch);
        }
        finally
        {
            Leave();
        }
    }

    /// <summary>Returns to the snapshot: memory that was written since, and every register.</summary>
    public void Reset()
    {
        Enter();
        try
        {
            _snapshot.Restore(ref _cpu.Inner.Arch, _needsReset);
            _needsReset = false;
        }
        finally
        {
            Leave();
        }
    }

    /// <summary>Reads memory that the code can read.</summary>
    /// <returns>False when a part of the range is not; nothing was read then.</returns>
    public bool TryRead(ulong address, Span<byte> destination) =>
        _layout.TryTranslateUser(address, (ulong)destination.Length, write: false, out GuestPhysAddr physical)
        && _memory.Read(physical, destination) == GuestAccessStatus.Ok;

    /// <summary>Writes memory that the code can write.</summary>
    /// <returns>False when a part of the range is not; nothing was written then.</returns>
    public bool TryWrite(ulong address, ReadOnlySpan<byte> source) =>
        _layout.TryTranslateUser(address, (ulong)source.Length, write: true, out GuestPhysAddr physical)
        && _memory.Write(physical, source) == GuestAccessStatus.Ok;

    /// <summary>Reads a value.</summary>
    public bool TryRead<T>(ulong address, out T value)
        where T : unmanaged
    {
        value = default;
        return TryRead(address, MemoryMarshal.AsBytes(new Span<T>(ref value)));
    }

    /// <summary>Writes a value.</summary>
    public bool TryWrite<T>(ulong address, in T value)
        where T : unmanaged => TryWrite(address, MemoryMarshal.AsBytes(new ReadOnlySpan<T>(in value)));

    /// <summary>Frees the virtual machine. Not during a call.</summary>
    public void Dispose()
    {
        if (_isDisposed)
            return;
        _isDisposed = true;
        _cpu?.Dispose();
        _machine?.Dispose();
        _snapshot?.Dispose();
        _memory.Dispose();
    }

    /// <summary>Starts the vCPU at level 3 in the gate, and runs it to its first wait.</summary>
    private void EnterGate()
    {
        EngineException.ThrowIfFailed(_cpu.Inner.Setup(new(SandboxLayout.Gate), default, new X64LongModeSetup
        {
            Registers = new() { Rsp = CanonicalStack },
            Cr3 = SandboxLayout.PageTableRoot,
            UserMode = true,
            Gdt = new() { Base = SandboxLayout.Descriptors, Limit = SandboxSystem.DescriptorLimit },
            Idt = new() { Base = SandboxLayout.Interrupts, Limit = SandboxSystem.InterruptLimit },
            TaskState = new() { Base = SandboxSystem.TaskState, Limit = SandboxSystem.TaskLimit },
        }));
        ref KvmX64VCpu arch = ref _cpu.Inner.Arch;
        EngineException.ThrowIfFailed(arch.Read(out X64SystemRegisters system));
        system.Cr4 |= X64Control.TimeStampDisable;
        if (_machine.HasExtendedState)
        {
            system.Cr4 |= X64Control.XsaveEnable;
            EngineException.ThrowIfFailed(arch.Write(in system));
            EngineException.ThrowIfFailed(arch.Write(new X64ExtendedControl { Xcr0 = _machine.ExtendedComponents }));
        }
        else
        {
            EngineException.ThrowIfFailed(arch.Write(in system));
        }

        SandboxOutcome outcome = Run(default);
        if (outcome.Status != SandboxStatus.Returned)
            throw new EngineException($"the sandbox did not start: {outcome.Fault}");
    }

    private static void RequireSize(ulong size, ulong limit, string parameter)
    {
        if (size == 0 || size > limit)
            throw new ArgumentOutOfRangeException(parameter, size, $"a size from 1 to {limit} is needed");
    }

    private static void Require(AddressSpaceError error)
    {
        if (error != AddressSpaceError.None)
            throw new EngineException($"the sandbox's memory could not be mapped: {error}");
    }

    private void RequireUsable()
    {
        if (_needsReset)
            throw new InvalidOperationException("the last call faulted or was cancelled: reset the sandbox first");
    }

    private void Enter()
    {
        ObjectDisposedException.ThrowIf(_isDisposed, this);
        if (Interlocked.Exchange(ref _isBusy, 1) != 0)
            throw new InvalidOperationException("a call is running in this sandbox");
    }

    private void Leave() => Volatile.Write(ref _isBusy, 0);
}
