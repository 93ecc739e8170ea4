using System.Runtime.InteropServices;

namespace AxVCpu.Memory;

/// <summary>Leads from the unmanaged address space to a managed listener, through a handle to a one-element box.</summary>
internal readonly struct ListenerTlb(GCHandle box) : ITlbInvalidator
{
    /// <inheritdoc/>
    public void InvalidateRange(NestedInvalidation operation, GuestPhysAddr start, ulong size) => Listener?.Invalidate(start, size);

    /// <inheritdoc/>
    public void InvalidateAll(NestedInvalidation operation) => Listener?.Invalidate(new GuestPhysAddr(0), ulong.MaxValue);

    private INestedTlbListener? Listener => ((Box)box.Target!).Listener;

    /// <summary>Holds the listener, which is set after the address space was made.</summary>
    internal sealed class Box
    {
        private INestedTlbListener? _listener;

        internal INestedTlbListener? Listener
        {
            get => Volatile.Read(ref _listener);
            set => Volatile.Write(ref _listener, value);
        }
    }
}
