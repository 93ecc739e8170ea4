using System.Runtime.InteropServices;
using AxVCpu.Kvm.Abi;
using AxVCpu.Kvm.Handles;

namespace AxVCpu.Kvm;

/// <summary>
/// One vCPU of the kernel: its file, the page it shares with the process, and what this side remembers between two runs. Everything is of
/// the owner thread except what says "any thread".
/// </summary>
internal sealed unsafe partial class Processor : IDisposable
{
    private readonly KvmX64Machine _machine;
    private readonly KvmFile _file;
    private readonly KvmRunPage _page;
    private readonly int _descriptor;
    private readonly KvmRun* _run;

    // Copies of what the machine knows, for the path of an exit.
    private readonly bool _hasKernelLapic;
    private readonly int _hypercallPort;
    private int _isDisposed;

    /// <exception cref="EngineException">The kernel refuses.</exception>
    internal Processor(KvmX64Machine machine, uint apicId)
    {
        _machine = machine;
        _hasKernelLapic = machine.HasKernelLapic;
        _hypercallPort = machine.HypercallPort ?? -1;
        ApicId = apicId;
        _file = machine.CreateVCpuFile(apicId);
        try
        {
            _page = KvmRunPage.Map(_file, machine.RunPageSize);
            _descriptor = _file.Descriptor;
            _run = _page.Run;
            _run->ValidRegisters = KvmSync.General;
            int error = machine.Cpuid.Apply(_file, apicId);
            if (error < 0)
                throw new EngineException("KVM_SET_CPUID2", -error);
            CaptureResetState();
        }
        catch
        {
            _page?.Dispose();
            _file.Dispose();
            throw;
        }
    }

    internal uint ApicId { get; }

    /// <summary>The shared page.</summary>
    internal KvmRun* Page => _run;

    internal bool IsDisposed => Volatile.Read(ref _isDisposed) != 0;

    /// <summary>Frees the vCPU. Not while it runs.</summary>
    public void Dispose()
    {
        if (Interlocked.Exchange(ref _isDisposed, 1) != 0)
            return;
        _due |= Disposed;
        _page.Dispose();
        _file.Dispose();
        NativeMemory.Free(_resetLapic);
        _resetLapic = null;
    }

    private EngineError Request<T>(KvmRequest request, T* argument, EngineOperation operation = EngineOperation.Registers)
        where T : unmanaged => Result(Libc.Request(_descriptor, request, argument), operation);

    /// <summary>EINVAL means a value that the processor cannot hold; everything else is the host's trouble.</summary>
    private static EngineError Result(int result, EngineOperation operation) => result switch
    {
        >= 0 => default,
        -Libc.ErrorInvalid => new EngineError(operation, EngineErrorCode.InvalidArgument, Libc.ErrorInvalid),
        -Libc.ErrorNoMemory => new EngineError(operation, EngineErrorCode.OutOfResources, Libc.ErrorNoMemory),
        _ => new EngineError(operation, EngineErrorCode.HostFailure, -result),
    };
}
