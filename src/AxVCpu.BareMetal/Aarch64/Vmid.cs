using System.Numerics;
using System.Runtime.CompilerServices;

namespace AxVCpu.BareMetal.Aarch64;

/// <summary>
/// The tag of a VM's translations in the TLBs, 8 bits, with the generation in which it was given. It is good as long as no newer
/// generation has begun, or a CPU that was bound when one began still uses it.
/// </summary>
internal struct Vmid
{
    private static VmidAllocator s_allocator;
    private static SpinLock s_lock;

    /// <summary>Generation above the tag; 0 is none.</summary>
    public ulong Value;

    /// <summary>The tag.</summary>
    public readonly uint Tag => (uint)(Value & VmidAllocator.TagMask);

    /// <summary>Whether translations may exist under this tag.</summary>
    public readonly bool IsAssigned => Value != 0;

    /// <summary>Makes a VM's tag good for this CPU until <see cref="Release"/>.</summary>
    public static void Acquire(ref Vmid vmid, uint cpu)
    {
        s_lock.Enter();
        if (s_allocator.Acquire(ref vmid, cpu))
            Native.InvalidateAllGuests();
        s_lock.Exit();
    }

    /// <summary>Says that the CPU no longer runs the VM.</summary>
    public static void Release(uint cpu)
    {
        s_lock.Enter();
        s_allocator.Release(cpu);
        s_lock.Exit();
    }
}

/// <summary>
/// Hands out the 255 tags. When they are used up a new generation begins: all translations are dropped, only the tags of VMs that are
/// bound at that moment stay theirs, since their CPUs go on filling the TLBs with them. Zeroed is a good start. Not thread safe.
/// </summary>
internal struct VmidAllocator
{
    /// <summary>The bits of a tag.</summary>
    public const ulong TagMask = 0xFF;

    private const ulong GenerationStep = TagMask + 1;
    private const int BitsPerWord = 64;

    [InlineArray(4)]
    private struct TagBits
    {
        private ulong _first;
    }

    private ulong _generation;
    private TagBits _used;
    private CpuAffinities _active;
    private CpuAffinities _reserved;

    /// <summary>Gives a VM a good tag, if it has none, and notes that the CPU uses it.</summary>
    /// <returns>Whether all guests' translations must be dropped on every CPU before this VM runs.</returns>
    public bool Acquire(ref Vmid vmid, uint cpu)
    {
        bool rolledOver = false;
        if (_generation == 0)
            Begin();
        if (vmid.Value < _generation && !TryKeep(ref vmid))
        {
            if (!TryTake(out uint tag))
            {
                Begin();
                rolledOver = true;
                if (TryKeep(ref vmid))
                {
                    _active[(int)cpu] = vmid.Value;
                    return true;
                }

                TryTake(out tag);
            }

            vmid.Value = _generation | tag;
        }

        _active[(int)cpu] = vmid.Value;
        return rolledOver;
    }

    /// <summary>The CPU uses no tag any more.</summary>
    public void Release(uint cpu) => _active[(int)cpu] = 0;

    /// <summary>A tag of an older generation stays the VM's when a CPU was bound to it when this one began.</summary>
    private bool TryKeep(ref Vmid vmid)
    {
        ulong old = vmid.Value;
        if (old == 0)
            return false;
        bool found = false;
        ulong renewed = _generation | (old & TagMask);
        for (int cpu = 0; cpu < PerCpuBlock.MaxCpus; cpu++)
        {
            if (_reserved[cpu] != old)
                continue;
            _reserved[cpu] = renewed;
            found = true;
        }

        if (!found)
            return false;
        for (int cpu = 0; cpu < PerCpuBlock.MaxCpus; cpu++)
        {
            if (_active[cpu] == old)
                _active[cpu] = renewed;
        }

        vmid.Value = renewed;
        return true;
    }

    private bool TryTake(out uint tag)
    {
        for (int word = 0; word < (int)(GenerationStep / BitsPerWord); word++)
        {
            ulong free = ~_used[word];
            if (free == 0)
                continue;
            int bit = BitOperations.TrailingZeroCount(free);
            _used[word] |= 1UL << bit;
            tag = (uint)((word * BitsPerWord) + bit);
            return true;
        }

        tag = 0;
        return false;
    }

    private void Begin()
    {
        _generation += GenerationStep;
        _used = default;
        _used[0] = 1; // tag 0 is the host's, before any VM is bound
        for (int cpu = 0; cpu < PerCpuBlock.MaxCpus; cpu++)
        {
            ulong active = _active[cpu];
            _reserved[cpu] = active;
            if (active != 0)
                _used[(int)((active & TagMask) / BitsPerWord)] |= 1UL << (int)(active % BitsPerWord);
        }
    }
}
