using System.Runtime.InteropServices;
using AxVCpu.Kvm.Abi;
using AxVCpu.Kvm.Handles;

namespace AxVCpu.Kvm;

/// <summary>Model-specific registers with consecutive numbers.</summary>
/// <param name="First">The first number.</param>
/// <param name="Count">How many there are.</param>
public readonly record struct X64MsrRange(uint First, uint Count = 1)
{
    /// <summary>Whether a number lies in the range.</summary>
    public bool Contains(uint index) => index - First < Count;
}

/// <summary>
/// Which model-specific registers the guest reaches inside the kernel: those on the allow list that the VMM does not serve. Everything else
/// leaves the guest.
/// </summary>
internal sealed unsafe class MsrPolicy
{
    /// <summary>
    /// Where allowed registers can be: KVM's filter is a bitmap for each window. Architectural registers, the paravirtual ones of KVM, and
    /// AMD's two ranges (AMD APM volume 2, appendix A).
    /// </summary>
    private static readonly X64MsrRange[] s_windows =
        [new(0, 0x1000), new(0x4B56_4D00, 0x100), new(0xC000_0000, 0x1000), new(0xC001_0000, 0x1100)];

    private readonly IReadOnlyList<X64MsrRange> _allowed;
    private readonly IReadOnlyList<X64MsrRange> _served;

    internal MsrPolicy(IReadOnlyList<X64MsrRange> allowed, IReadOnlyList<X64MsrRange> served)
    {
        foreach (X64MsrRange range in allowed)
        {
            if (range.Count == 0 || !s_windows.Any(window => window.Contains(range.First) && window.Contains(range.First + range.Count - 1)))
                throw new ArgumentException($"model-specific register 0x{range.First:x} is in none of the windows of the filter", nameof(allowed));
        }

        _allowed = allowed;
        _served = served;
    }

    /// <summary>Whether the guest reaches the register without leaving.</summary>
    internal bool IsAllowed(uint index) => _allowed.Any(range => range.Contains(index)) && !IsServed(index);

    /// <summary>Whether the VMM has claimed the register.</summary>
    internal bool IsServed(uint index) => _served.Any(range => range.Contains(index));

    /// <summary>Tells the kernel, before the first vCPU is made.</summary>
    internal void Apply(KvmFile vm)
    {
        KvmEnableCapability exits = new() { Capability = (uint)KvmCapability.UserSpaceMsr };
        exits.Arguments[0] = (uint)(KvmMsrExit.Invalid | KvmMsrExit.Unknown | KvmMsrExit.Filter);
        vm.Require(KvmRequest.EnableCapability, &exits);

        const int WordBits = 64;
        int words = s_windows.Sum(window => (int)window.Count / WordBits);
        ulong* bits = (ulong*)NativeMemory.AllocZeroed((nuint)words, sizeof(ulong));
        try
        {
            KvmMsrFilter filter = new() { Flags = KvmMsrFilter.DefaultDeny };
            ulong* bitmap = bits;
            for (int i = 0; i < s_windows.Length; i++)
            {
                X64MsrRange window = s_windows[i];
                foreach (X64MsrRange range in _allowed.Where(range => window.Contains(range.First)))
                {
                    for (uint index = range.First - window.First; index < range.First - window.First + range.Count; index++)
                    {
                        if (!IsServed(window.First + index))
                            bitmap[index / WordBits] |= 1UL << (int)(index % WordBits);
                    }
                }

                filter.Ranges[i] = new KvmMsrFilterRange
                {
                    Flags = KvmMsrFilterRange.Read | KvmMsrFilterRange.Write,
                    Base = window.First,
                    Count = window.Count,
                    Bitmap = (ulong)bitmap,
                };
                bitmap += window.Count / WordBits;
            }

            vm.Require(KvmRequest.SetMsrFilter, &filter);
        }
        finally
        {
            NativeMemory.Free(bits);
        }
    }
}
