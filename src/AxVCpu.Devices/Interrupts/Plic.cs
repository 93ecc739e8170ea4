using System.Numerics;
using System.Runtime.CompilerServices;

namespace AxVCpu.Devices;

/// <summary>What a <see cref="Plic"/> asks of the world around it.</summary>
public interface IPlicHost
{
    /// <summary>
    /// Drives the external interrupt notification (EIP) of <paramref name="context"/>; told on changes only. On the
    /// well-known board hart h has context 2h for machine mode and 2h + 1 for supervisor mode.
    /// </summary>
    void SetExternal(int context, bool level);
}

/// <summary>Register areas of the PLIC (RISC-V Platform-Level Interrupt Controller Specification 1.0.0, chapter 3).</summary>
public enum PlicArea : uint
{
    /// <summary>Interrupt source priorities, 4 bytes for each source; source 0 does not exist.</summary>
    Priority = 0x00_0000,
    /// <summary>Pending bits, one for each source; read only.</summary>
    Pending = 0x00_1000,
    /// <summary>Enable bits, 0x80 bytes for each context.</summary>
    Enable = 0x00_2000,
    /// <summary>Priority threshold (+0) and claim/complete (+4), 0x1000 bytes for each context.</summary>
    Context = 0x20_0000,
}

/// <summary>
/// A platform-level interrupt controller (RISC-V PLIC Specification 1.0.0) with level-triggered gateways.
/// Plain data of about 18 KiB: a copy is a snapshot; keep it in place and pass it by reference.
/// Not thread safe; the owner serialises.
/// </summary>
public struct Plic
{
    /// <summary>Sources the register map has room for, source 0 included, which means "no interrupt".</summary>
    public const int MaxSources = 1024;

    /// <summary>Contexts this model holds: two for each of 64 harts.</summary>
    public const int MaxContexts = 128;

    /// <summary>The highest priority a source or threshold can hold; the fields are 3 bits wide.</summary>
    public const uint MaxPriority = 7;

    private const int WordsPerSet = MaxSources / 64;
    private const uint EnableStride = 0x80;
    private const uint ContextStride = 0x1000;
    private const uint ThresholdOffset = 0;
    private const uint ClaimOffset = 4;

    [InlineArray(WordsPerSet)]
    private struct SourceSet
    {
        private ulong _first;
    }

    [InlineArray(MaxSources)]
    private struct Priorities
    {
        private byte _first;
    }

    [InlineArray(MaxContexts)]
    private struct EnableSets
    {
        private SourceSet _first;
    }

    [InlineArray(MaxContexts)]
    private struct Thresholds
    {
        private byte _first;
    }

    [InlineArray(MaxContexts / 64)]
    private struct ContextSet
    {
        private ulong _first;
    }

    private SourceSet _level;
    private SourceSet _pending;
    // Claimed and not completed: the gateway forwards no further request (1.0.0, chapter 2 "Interrupt Gateways").
    private SourceSet _inService;
    private EnableSets _enable;
    private Priorities _priority;
    private Thresholds _threshold;
    private ContextSet _external;
    private ushort _sources;
    private ushort _contexts;

    /// <summary>A PLIC after reset: nothing enabled, every priority and threshold zero.</summary>
    /// <param name="sources">Number of sources without source 0; clipped to 1023.</param>
    /// <param name="contexts">Number of contexts; clipped to <see cref="MaxContexts"/>.</param>
    public Plic(int sources, int contexts)
    {
        _sources = (ushort)(sources < 0 ? 0 : sources >= MaxSources ? MaxSources - 1 : sources);
        _contexts = (ushort)(contexts < 0 ? 0 : contexts > MaxContexts ? MaxContexts : contexts);
    }

    /// <summary>Number of sources without source 0.</summary>
    public readonly int Sources => _sources;

    /// <summary>Number of contexts.</summary>
    public readonly int Contexts => _contexts;

    /// <summary>The register window in bytes that <see cref="Contexts"/> contexts need.</summary>
    public readonly ulong Size => (uint)PlicArea.Context + (ulong)_contexts * ContextStride;

    /// <summary>Back to reset, keeping the levels that devices drive; those are pending again at once.</summary>
    public void Reset<THost>(ref THost host)
        where THost : struct, IPlicHost
    {
        SourceSet level = _level;
        ContextSet external = _external;
        this = new Plic(_sources, _contexts);
        _level = level;
        _pending = level;
        _external = external;
        Update(ref host);
    }

    /// <summary>A device drives its line. A rising line is latched as pending; a falling one leaves a pending request for
    /// the handler to find nothing (1.0.0, chapter 2).</summary>
    /// <param name="host">Where outside effects go.</param>
    /// <param name="source">1 to <see cref="Sources"/>; others are ignored.</param>
    /// <param name="level">The level of the line.</param>
    public void SetLevel<THost>(ref THost host, uint source, bool level)
        where THost : struct, IPlicHost
    {
        if (source == 0 || source > _sources)
            return;
        ulong bit = 1UL << (int)(source & 63);
        ref ulong word = ref _level[(int)(source >> 6)];
        if (((word & bit) != 0) == level)
            return;
        word ^= bit;
        if (level && (_inService[(int)(source >> 6)] & bit) == 0)
        {
            _pending[(int)(source >> 6)] |= bit;
            Update(ref host);
        }
    }

    /// <summary>Reads a register: aligned 32-bit accesses only. What does not exist reads zero.</summary>
    /// <returns>False when the access has another width or is misaligned.</returns>
    public bool Read<THost>(ref THost host, ulong offset, AccessWidth width, out ulong value)
        where THost : struct, IPlicHost
    {
        value = 0;
        if (width != AccessWidth.Dword || (offset & 3) != 0)
            return false;
        switch (Decode(offset, out int context, out uint within))
        {
            case PlicArea.Priority:
                value = within / 4 <= _sources ? _priority[(int)(within / 4)] : 0u;
                break;
            case PlicArea.Pending:
                value = within < MaxSources / 8 ? Half(ref _pending, within) : 0u;
                break;
            case PlicArea.Enable:
                value = Half(ref _enable[context], within);
                break;
            case PlicArea.Context when within == ThresholdOffset:
                value = _threshold[context];
                break;
            case PlicArea.Context when within == ClaimOffset:
                value = Claim(ref host, context);
                break;
        }
        return true;
    }

    /// <summary>Writes a register: aligned 32-bit accesses only. What does not exist ignores it.</summary>
    /// <returns>False when the access has another width or is misaligned.</returns>
    public bool Write<THost>(ref THost host, ulong offset, AccessWidth width, ulong value)
        where THost : struct, IPlicHost
    {
        if (width != AccessWidth.Dword || (offset & 3) != 0)
            return false;
        uint data = (uint)value;
        switch (Decode(offset, out int context, out uint within))
        {
            case PlicArea.Priority:
                uint source = within / 4;
                if (source == 0 || source > _sources)
                    return true;
                _priority[(int)source] = (byte)(data & MaxPriority);
                Update(ref host);
                break;
            case PlicArea.Enable:
                SetHalf(ref _enable[context], within, data & Existing(within));
                Update(ref host);
                break;
            case PlicArea.Context when within == ThresholdOffset:
                _threshold[context] = (byte)(data & MaxPriority);
                Update(ref host);
                break;
            case PlicArea.Context when within == ClaimOffset:
                Complete(ref host, context, data);
                break;
        }
        return true;
    }

    /// <summary>Tells the host every context's notification again; for use after a restored snapshot.</summary>
    public void Resynchronize<THost>(ref THost host)
        where THost : struct, IPlicHost
    {
        Update(ref host);
        for (int context = 0; context < _contexts; context++)
            host.SetExternal(context, (_external[context >> 6] >> (context & 63) & 1) != 0);
    }

    // "No such register" is an area value outside the enumeration.
    private readonly PlicArea Decode(ulong offset, out int context, out uint within)
    {
        context = 0;
        within = 0;
        const PlicArea none = (PlicArea)uint.MaxValue;
        if (offset < (uint)PlicArea.Pending)
        {
            within = (uint)offset;
            return PlicArea.Priority;
        }
        if (offset < (uint)PlicArea.Enable)
        {
            within = (uint)offset - (uint)PlicArea.Pending;
            return PlicArea.Pending;
        }
        bool enable = offset < (uint)PlicArea.Context;
        ulong relative = offset - (uint)(enable ? PlicArea.Enable : PlicArea.Context);
        uint stride = enable ? EnableStride : ContextStride;
        if (relative / stride >= _contexts)
            return none;
        context = (int)(relative / stride);
        within = (uint)(relative % stride);
        return enable ? PlicArea.Enable : PlicArea.Context;
    }

    // The bits of a 32-bit enable or pending register that stand for sources which exist.
    private readonly uint Existing(uint byteOffset)
    {
        uint first = byteOffset * 8;
        uint mask = first > _sources ? 0 : _sources - first >= 31 ? uint.MaxValue : (2u << (int)(_sources - first)) - 1;
        return first == 0 ? mask & ~1u : mask;
    }

    private static uint Half(ref SourceSet set, uint byteOffset) => (uint)(set[(int)(byteOffset / 8)] >> (int)(byteOffset & 4) * 8);

    private static void SetHalf(ref SourceSet set, uint byteOffset, uint value)
    {
        ref ulong word = ref set[(int)(byteOffset / 8)];
        int shift = (int)(byteOffset & 4) * 8;
        word = word & ~((ulong)uint.MaxValue << shift) | (ulong)value << shift;
    }

    // 1.0.0 chapter 8: the claim takes the best pending enabled source, whatever the threshold; 0 when there is none.
    private uint Claim<THost>(ref THost host, int context)
        where THost : struct, IPlicHost
    {
        uint source = Best(context, 0);
        if (source == 0)
            return 0;
        ulong bit = 1UL << (int)(source & 63);
        _pending[(int)(source >> 6)] &= ~bit;
        _inService[(int)(source >> 6)] |= bit;
        Update(ref host);
        return source;
    }

    // 1.0.0 chapter 9: a completion for a source that is not enabled for the context is ignored.
    private void Complete<THost>(ref THost host, int context, uint source)
        where THost : struct, IPlicHost
    {
        if (source == 0 || source > _sources)
            return;
        int index = (int)(source >> 6);
        ulong bit = 1UL << (int)(source & 63);
        if ((_enable[context][index] & bit) == 0 || (_inService[index] & bit) == 0)
            return;
        _inService[index] &= ~bit;
        if ((_level[index] & bit) == 0)
            return;
        _pending[index] |= bit;
        Update(ref host);
    }

    // The highest priority above the threshold wins, ties go to the lowest source number; 0 when there is none.
    private uint Best(int context, uint threshold)
    {
        uint best = 0;
        uint bestPriority = threshold;
        ref SourceSet enable = ref _enable[context];
        int words = (_sources >> 6) + 1;
        for (int index = 0; index < words; index++)
        {
            for (ulong candidates = _pending[index] & enable[index]; candidates != 0; candidates &= candidates - 1)
            {
                int source = index * 64 + BitOperations.TrailingZeroCount(candidates);
                if (_priority[source] <= bestPriority)
                    continue;
                best = (uint)source;
                bestPriority = _priority[source];
            }
        }
        return best;
    }

    private void Update<THost>(ref THost host)
        where THost : struct, IPlicHost
    {
        for (int context = 0; context < _contexts; context++)
        {
            bool level = Best(context, _threshold[context]) != 0;
            ref ulong word = ref _external[context >> 6];
            ulong bit = 1UL << (context & 63);
            if (((word & bit) != 0) == level)
                continue;
            word ^= bit;
            host.SetExternal(context, level);
        }
    }
}
