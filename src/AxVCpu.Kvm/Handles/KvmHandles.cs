using System.Runtime.InteropServices;
using AxVCpu.Kvm.Abi;

namespace AxVCpu.Kvm.Handles;

/// <summary>
/// A resource of the kernel that lives no longer than the one it was made from: it holds a reference on its parent until it is released,
/// so that the chain system, VM, vCPU, shared page comes down from its end, whoever lets go first.
/// </summary>
internal abstract class KvmHandle : SafeHandle
{
    private readonly SafeHandle? _parent;

    private protected KvmHandle(nint value, SafeHandle? parent)
        : base(-1, ownsHandle: true)
    {
        bool added = false;
        parent?.DangerousAddRef(ref added);
        _parent = added ? parent : null;
        SetHandle(value);
    }

    public override bool IsInvalid => handle == -1;

    protected sealed override bool ReleaseHandle()
    {
        bool released = Free(handle);
        _parent?.DangerousRelease();
        return released;
    }

    private protected abstract bool Free(nint value);
}

/// <summary>A file descriptor: /dev/kvm, a VM or a vCPU.</summary>
internal sealed unsafe class KvmFile : KvmHandle
{
    internal KvmFile(int file, KvmFile? parent)
        : base(file, parent)
    {
    }

    /// <summary>The descriptor; valid as long as somebody holds this object's reference.</summary>
    internal int Descriptor => (int)handle;

    /// <summary>Opens /dev/kvm.</summary>
    /// <param name="path">Its path.</param>
    /// <param name="error">0 or the error number.</param>
    /// <returns>Null when it cannot be opened.</returns>
    internal static KvmFile? Open(string path, out int error)
    {
        int file = Libc.Open(path, Libc.OpenReadWrite | Libc.OpenCloseOnExec);
        error = file < 0 ? Marshal.GetLastPInvokeError() : 0;
        return file < 0 ? null : new KvmFile(file, null);
    }

    /// <summary>Makes a request that creates a file.</summary>
    /// <exception cref="EngineException">The kernel refuses.</exception>
    internal KvmFile Create(KvmRequest request, nint argument = 0) => new(Require(request, argument), this);

    /// <summary>Makes a request.</summary>
    /// <returns>The result, or minus the error number.</returns>
    internal int Request(KvmRequest request, nint argument = 0)
    {
        bool added = false;
        DangerousAddRef(ref added);
        try
        {
            return Libc.Request((int)handle, request, argument);
        }
        finally
        {
            DangerousRelease();
        }
    }

    /// <inheritdoc cref="Request(KvmRequest, nint)"/>
    internal int Request<T>(KvmRequest request, T* argument)
        where T : unmanaged => Request(request, (nint)argument);

    /// <summary>Makes a request that must succeed.</summary>
    /// <exception cref="EngineException">The kernel refuses.</exception>
    internal int Require(KvmRequest request, nint argument = 0)
    {
        int result = Request(request, argument);
        return result >= 0 ? result : throw new EngineException($"KVM request {request}", -result);
    }

    /// <inheritdoc cref="Require(KvmRequest, nint)"/>
    internal int Require<T>(KvmRequest request, T* argument)
        where T : unmanaged => Require(request, (nint)argument);

    /// <summary>The value of a capability: 0 when it is missing.</summary>
    internal int Check(KvmCapability capability)
    {
        int value = Request(KvmRequest.CheckExtension, (nint)capability);
        return value < 0 ? 0 : value;
    }

    private protected override bool Free(nint value) => Libc.Close((int)value) == 0;
}

/// <summary>The page that a vCPU shares with the process.</summary>
internal sealed unsafe class KvmRunPage : KvmHandle
{
    private readonly nuint _size;

    private KvmRunPage(nint address, nuint size, KvmFile vcpu)
        : base(address, vcpu) => _size = size;

    /// <summary>The page; valid until this object is disposed.</summary>
    internal KvmRun* Run => (KvmRun*)handle;

    /// <summary>The size of the mapping in bytes.</summary>
    internal nuint Size => _size;

    /// <summary>Maps it.</summary>
    /// <exception cref="EngineException">The host refuses.</exception>
    internal static KvmRunPage Map(KvmFile vcpu, nuint size)
    {
        nint address = Libc.MMap(0, size, Libc.ProtReadWrite, Libc.MapShared, vcpu.Descriptor, 0);
        return address != -1 ? new KvmRunPage(address, size, vcpu) : throw new EngineException("mmap of kvm_run", Marshal.GetLastPInvokeError());
    }

    private protected override bool Free(nint value) => Libc.MUnmap(value, _size) == 0;
}
