using AxVCpu.X64;

namespace AxVCpu.Kvm;

public sealed unsafe partial class KvmSandbox
{
    private const int MaxArguments = 6;

    // The System V convention (AMD64 ABI, 3.2.3).
    private static ReadOnlySpan<byte> ArgumentRegisters =>
    [
        (byte)X64Register.Rdi, (byte)X64Register.Rsi, (byte)X64Register.Rdx, (byte)X64Register.Rcx, (byte)X64Register.R8, (byte)X64Register.R9,
    ];

    /// <summary>Calls a function of the code.</summary>
    /// <param name="function">Its address; the code starts at <see cref="CodeAddress"/>.</param>
    /// <param name="arguments">Up to six arguments; the registers of the others are zero.</param>
    /// <param name="cancellation">Ends the call wherever it is.</param>
    /// <returns>The result, or how it ended else.</returns>
    /// <exception cref="InvalidOperationException">A call is running, or the sandbox needs a reset.</exception>
    /// <exception cref="EngineException">The host failed.</exception>
    public SandboxOutcome Invoke(ulong function, ReadOnlySpan<ulong> arguments, CancellationToken cancellation = default)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(arguments.Length, MaxArguments, nameof(arguments));
        Enter();
        try
        {
            RequireUsable();
            // The gate goes on with "call rax": nothing but general registers has to be written.
            _cpu.SetGpr((int)X64Register.Rax, function);
            _cpu.SetGpr((int)X64Register.Rsp, CanonicalStack);
            for (int i = 0; i < MaxArguments; i++)
                _cpu.SetGpr(ArgumentRegisters[i], i < arguments.Length ? arguments[i] : 0);
            return Run(cancellation);
        }
        finally
        {
            Leave();
        }
    }

    /// <summary>Calls a function without parameters.</summary>
    /// <exception cref="SandboxException">The code faulted.</exception>
    /// <exception cref="OperationCanceledException">The call was cancelled.</exception>
    public TResult Call<TResult>(ulong function, CancellationToken cancellation = default)
        where TResult : unmanaged => Result<TResult>(Invoke(function, [], cancellation), cancellation);

    /// <summary>Calls a function with one parameter.</summary>
    /// <inheritdoc cref="Call{TResult}(ulong, CancellationToken)"/>
    public TResult Call<T1, TResult>(ulong function, T1 a, CancellationToken cancellation = default)
        where T1 : unmanaged
        where TResult : unmanaged => Result<TResult>(Invoke(function, [SandboxValue.From(a)], cancellation), cancellation);

    /// <summary>Calls a function with two parameters.</summary>
    /// <inheritdoc cref="Call{TResult}(ulong, CancellationToken)"/>
    public TResult Call<T1, T2, TResult>(ulong function, T1 a, T2 b, CancellationToken cancellation = default)
        where T1 : unmanaged
        where T2 : unmanaged
        where TResult : unmanaged =>
        Result<TResult>(Invoke(function, [SandboxValue.From(a), SandboxValue.From(b)], cancellation), cancellation);

    /// <summary>Calls a function with three parameters.</summary>
    /// <inheritdoc cref="Call{TResult}(ulong, CancellationToken)"/>
    public TResult Call<T1, T2, T3, TResult>(ulong function, T1 a, T2 b, T3 c, CancellationToken cancellation = default)
        where T1 : unmanaged
        where T2 : unmanaged
        where T3 : unmanaged
        where TResult : unmanaged =>
        Result<TResult>(Invoke(function, [SandboxValue.From(a), SandboxValue.From(b), SandboxValue.From(c)], cancellation), cancellation);

    private static TResult Result<TResult>(SandboxOutcome outcome, CancellationToken cancellation)
        where TResult : unmanaged => outcome.Status switch
        {
            SandboxStatus.Returned => SandboxValue.To<TResult>(outcome.Value),
            SandboxStatus.Cancelled => throw new OperationCanceledException(cancellation),
            _ => throw new SandboxException(outcome.Fault),
        };

    /// <summary>Runs the code to the gate, a fault or the cancellation, serving its calls.</summary>
    private SandboxOutcome Run(CancellationToken cancellation)
    {
        _needsReset = true; // until it is known to be at the gate again
        _cpu.Bind();
        CancellationTokenRegistration registration = cancellation.UnsafeRegister(static cpu => ((VirtualCpu)cpu!).RequestExit(), _cpu);
        try
        {
            SandboxOutcome outcome;
            while (!Serve(_cpu.Run(), cancellation, out outcome))
            {
                // The code goes on.
            }

            _needsReset = outcome.Status != SandboxStatus.Returned;
            return outcome;
        }
        finally
        {
            registration.Dispose();
            if (_cpu.State == VCpuState.Ready)
                _cpu.Unbind();
        }
    }

    /// <returns>False when the code goes on.</returns>
    private bool Serve(VCpuExit exit, CancellationToken cancellation, out SandboxOutcome outcome)
    {
        outcome = default;
        ulong pc = _cpu.ProgramCounter;
        switch (exit.Kind)
        {
            case VCpuExitKind.Hypercall:
                return CallHost(exit, pc, out outcome);
            case VCpuExitKind.IoWrite when exit.IoWrite.Port == SandboxSystem.ReturnPort && IsIn(pc, SandboxLayout.Gate):
                outcome = new(SandboxStatus.Returned, _cpu.GetGpr((int)X64Register.Rax), default);
                return true;
            case VCpuExitKind.IoWrite when exit.IoWrite.Port == SandboxSystem.FaultPort && IsIn(pc, SandboxLayout.Stubs):
                outcome = Faulted(ReadException((byte)exit.IoWrite.Data));
                return true;
            case VCpuExitKind.IoWrite:
                outcome = Faulted(new(SandboxFaultKind.Port, exit.IoWrite.Port, 0, pc, 0));
                return true;
            case VCpuExitKind.IoRead:
                outcome = Faulted(new(SandboxFaultKind.Port, exit.IoRead.Port, 0, pc, 0));
                return true;
            case VCpuExitKind.Interrupted:
                // A request that came after the call it was meant for is no reason to end this one.
                outcome = new(SandboxStatus.Cancelled, 0, default);
                return cancellation.IsCancellationRequested;
            case VCpuExitKind.SystemReset:
                outcome = Faulted(new(SandboxFaultKind.Shutdown, 0, 0, pc, 0));
                return true;
            case VCpuExitKind.InternalError when _cpu.State == VCpuState.Invalid:
                throw new EngineException(_cpu.Failure);
            case VCpuExitKind.InternalError:
                outcome = Faulted(new(SandboxFaultKind.NotExecutable, 0, 0, pc, 0));
                return true;
            default:
                outcome = Faulted(new(SandboxFaultKind.Platform, 0, 0, pc, 0));
                return true;
        }
    }

    private bool CallHost(VCpuExit exit, ulong pc, out SandboxOutcome outcome)
    {
        outcome = default;
        HypercallExit call = exit.Hypercall;
        if (_functions.Find(call.Number) is not { } function)
        {
            outcome = Faulted(new(SandboxFaultKind.UnknownFunction, (uint)call.Number, 0, pc, 0));
            return true;
        }

        var arguments = new SandboxArguments(
            call.Argument(0), call.Argument(1), call.Argument(2), call.Argument(3), call.Argument(4), call.Argument(5));
        _cpu.SetReturnValue(function(this, in arguments));
        return false;
    }

    /// <summary>What a fault handler found on its stack (Intel SDM volume 3, 6.14.2): the error code of some, then where it was.</summary>
    private SandboxFault ReadException(byte vector)
    {
        ulong stack = _cpu.GetGpr((int)X64Register.Rsp);
        uint errorCode = 0;
        ulong pc = 0;
        ulong frame = stack + (SandboxSystem.PushesErrorCode(vector) ? 8UL : 0);
        if (IsIn(stack, SandboxLayout.FaultStack) && IsIn(frame, SandboxLayout.FaultStack))
        {
            if (frame != stack)
                _memory.ReadObject(_layout.Translate(stack), out errorCode);
            _memory.ReadObject(_layout.Translate(frame), out pc);
        }

        ulong address = 0;
        if (vector == SandboxFault.PageFault && _cpu.Inner.Arch.Read(out X64SystemRegisters system).IsNone)
            address = system.Cr2;
        return new(SandboxFaultKind.Exception, vector, errorCode, pc, address);
    }

    private static bool IsIn(ulong address, ulong page) => address - page < SandboxLayout.PageSize;

    private static SandboxOutcome Faulted(SandboxFault fault) => new(SandboxStatus.Faulted, 0, fault);
}
