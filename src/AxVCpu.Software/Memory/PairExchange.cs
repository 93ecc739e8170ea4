using System.Runtime.Intrinsics.X86;
using AxVCpu.Software.Translator;

namespace AxVCpu.Software;

/// <summary>
/// Compare-and-swap of 16 bytes, which .NET has no operation for. On x86-64 it is a few bytes of machine code around cmpxchg16b. Where those
/// cannot be had the object serializes its callers, which makes it atomic among them; a plain store to the pair at the same moment may then
/// be seen by one half of the comparison only. Any thread.
/// </summary>
internal sealed unsafe class PairExchange : IDisposable
{
    private const int CodeBytes = 4096;

    /// <summary>
    /// uint f(ulong* memory, ulong* pair, ulong low, ulong high), System V: push rbx; mov rbx,rdx; mov rax,[rsi]; mov rdx,[rsi+8];
    /// lock cmpxchg16b [rdi]; mov [rsi],rax; mov [rsi+8],rdx; sete al; movzx eax,al; pop rbx; ret.
    /// </summary>
    private static ReadOnlySpan<byte> Code =>
    [
        0x53, 0x48, 0x89, 0xD3, 0x48, 0x8B, 0x06, 0x48, 0x8B, 0x56, 0x08, 0xF0, 0x48, 0x0F, 0xC7, 0x0F,
        0x48, 0x89, 0x06, 0x48, 0x89, 0x56, 0x08, 0x0F, 0x94, 0xC0, 0x0F, 0xB6, 0xC0, 0x5B, 0xC3,
    ];

    private readonly Lock _lock = new();
    private readonly ExecutableMemory? _memory;
    private readonly delegate* unmanaged<ulong*, ulong*, ulong, ulong, uint> _code;

    /// <summary>Looks for what the host has.</summary>
    public PairExchange(bool usesHost = true)
    {
        // CPUID function 1, ECX bit 13: CMPXCHG16B.
        if (!usesHost || !HostTranslator.HasBackEnd || !X86Base.IsSupported || (X86Base.CpuId(1, 0).Ecx & 1 << 13) == 0)
            return;
        _memory = ExecutableMemory.TryCreate(CodeBytes);
        if (_memory is null)
            return;
        Code.CopyTo(new Span<byte>(_memory.Writable, CodeBytes));
        _code = (delegate* unmanaged<ulong*, ulong*, ulong, ulong, uint>)(_memory.Writable + _memory.Distance);
    }

    /// <summary>
    /// Replaces the 16 bytes at <paramref name="memory"/> (16-byte aligned) when they equal <paramref name="pair"/>, which receives what was there.
    /// </summary>
    /// <returns>Whether they were replaced.</returns>
    public bool CompareExchange(ulong* memory, ulong* pair, ulong low, ulong high)
    {
        if (_code != null)
        {
            bool done = _code(memory, pair, low, high) != 0;
            GC.KeepAlive(this);
            return done;
        }

        lock (_lock)
        {
            ulong seenLow = Volatile.Read(ref memory[0]);
            ulong seenHigh = Volatile.Read(ref memory[1]);
            bool isEqual = seenLow == pair[0] && seenHigh == pair[1];
            if (isEqual)
            {
                Volatile.Write(ref memory[0], low);
                Volatile.Write(ref memory[1], high);
            }

            pair[0] = seenLow;
            pair[1] = seenHigh;
            return isEqual;
        }
    }

    /// <summary>Frees the machine code; nothing may be inside it any more.</summary>
    public void Dispose() => _memory?.Dispose();
}
