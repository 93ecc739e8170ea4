using System.Numerics;
using System.Runtime.InteropServices;
using AxVCpu.Kvm.Abi;
using AxVCpu.Kvm.Handles;
using AxVCpu.Memory;

namespace AxVCpu.Kvm.Memory;

/// <summary>
/// The VM's memory slots: what the address space maps, in pieces that are contiguous in the host and have one set of rights. KVM knows two:
/// a slot that can be written or one that cannot; what cannot be read is no slot, and leaves the guest as an MMIO access.
/// </summary>
/// <remarks>Called by the address space under its lock.</remarks>
internal sealed unsafe class SlotTable : IGuestMemoryListener, IDisposable
{
    private const ulong PageSize = 4096;
    private const int BitsPerWord = 64;

    private readonly KvmFile _vm;
    private readonly GuestAddressSpace _memory;
    private readonly Action _pause;
    private readonly Action _resume;
    private readonly List<Slot> _slots = [];
    private readonly SortedSet<uint> _free = [];
    private uint _used;
    private int _isDisposed;

    /// <param name="vm">The VM.</param>
    /// <param name="memory">What is mapped.</param>
    /// <param name="pause">Keeps the vCPUs out of the guest.</param>
    /// <param name="resume">Lets them in again.</param>
    internal SlotTable(KvmFile vm, GuestAddressSpace memory, Action pause, Action resume)
    {
        _vm = vm;
        _memory = memory;
        _pause = pause;
        _resume = resume;
    }

    public bool NeedsFrames => true;

    /// <summary>How many slots there are now.</summary>
    internal int Count => _slots.Count;

    public void Mapped(in AddressRegion region)
    {
        List<Slot> wanted = [];
        uint flags = region.IsDirtyLogged ? KvmMemoryRegion.LogDirtyPages : 0;
        flags |= (region.Flags & MappingFlags.Write) == 0 ? KvmMemoryRegion.ReadOnly : 0;
        if ((region.Flags & (MappingFlags.Read | MappingFlags.Execute)) != 0)
            AddPieces(wanted, region, flags);
        if (TryChangeLogging(region, wanted))
            return;
        ulong start = region.Start.Value;
        ulong end = region.End.Value;
        bool replaces = _slots.Exists(slot => slot.Start < end && slot.End > start);
        if (replaces)
            _pause();
        try
        {
            CutOut(start, end);
            wanted.ForEach(Create);
        }
        finally
        {
            if (replaces)
                _resume();
        }
    }

    public void Unmapped(GuestPhysAddr start, ulong size)
    {
        ulong end = start.Value + size;
        bool cutsOne = _slots.Exists(slot => (slot.Start < start.Value && slot.End > start.Value) || (slot.Start < end && slot.End > end));
        if (cutsOne)
            _pause();
        try
        {
            CutOut(start.Value, end);
        }
        finally
        {
            if (cutsOne)
                _resume();
        }
    }

    public void CollectDirty(in AddressRegion region)
    {
        foreach (Slot slot in _slots)
        {
            if (slot.Start < region.End.Value && slot.End > region.Start.Value && (slot.Flags & KvmMemoryRegion.LogDirtyPages) != 0)
                Collect(slot);
        }
    }

    /// <summary>Lets go of the memory: afterwards the guest has none.</summary>
    public void Dispose()
    {
        if (Interlocked.Exchange(ref _isDisposed, 1) == 0)
            CutOut(0, ulong.MaxValue);
    }

    /// <summary>The parts of a region that are contiguous in the host.</summary>
    private void AddPieces(List<Slot> pieces, in AddressRegion region, uint flags)
    {
        if (region.Kind == RegionKind.Linear)
        {
            pieces.Add(new Slot(0, region.Start.Value, region.Size, region.Target.Value, flags));
            return;
        }

        for (ulong at = region.Start.Value; at < region.End.Value;)
        {
            if (!_memory.TranslateAndGetLimit(new GuestPhysAddr(at), out HostPhysAddr target, out ulong limit, region.End.Value - at))
            {
                at += PageSize;
                continue;
            }

            Slot? last = pieces.Count > 0 ? pieces[^1] : null;
            if (last is { } before && before.End == at && before.Host + before.Size == target.Value)
                pieces[^1] = before with { Size = before.Size + limit };
            else
                pieces.Add(new Slot(0, at, limit, target.Value, flags));
            at += limit;
        }
    }

    /// <summary>When nothing but logging differs, the slots can be changed while the guest runs.</summary>
    private bool TryChangeLogging(in AddressRegion region, List<Slot> wanted)
    {
        ulong start = region.Start.Value;
        ulong end = region.End.Value;
        List<Slot> present = _slots.FindAll(slot => slot.Start < end && slot.End > start);
        if (present.Count != wanted.Count || present.Count == 0)
            return false;
        present.Sort(static (a, b) => a.Start.CompareTo(b.Start));
        for (int i = 0; i < present.Count; i++)
        {
            Slot same = present[i] with { Number = 0, Flags = wanted[i].Flags };
            if (same != wanted[i] || ((present[i].Flags ^ wanted[i].Flags) & KvmMemoryRegion.ReadOnly) != 0)
                return false;
        }

        for (int i = 0; i < present.Count; i++)
        {
            if (present[i].Flags == wanted[i].Flags)
                continue;
            Slot changed = present[i] with { Flags = wanted[i].Flags };
            Set(changed, changed.Size);
            _slots[_slots.IndexOf(present[i])] = changed;
        }

        return true;
    }

    /// <summary>Removes a range from the slots; what reaches over its ends comes back as slots of its own.</summary>
    private void CutOut(ulong start, ulong end)
    {
        foreach (Slot slot in _slots.FindAll(slot => slot.Start < end && slot.End > start))
        {
            if ((slot.Flags & KvmMemoryRegion.LogDirtyPages) != 0)
                Collect(slot);
            Remove(slot);
            if (slot.Start < start)
                Create(slot with { Size = start - slot.Start });
            if (slot.End > end)
                Create(new Slot(0, end, slot.End - end, slot.Host + (end - slot.Start), slot.Flags));
        }
    }

    private void Create(Slot slot)
    {
        uint number = _free.Count > 0 ? _free.Min : _used;
        Slot numbered = slot with { Number = number };
        Set(numbered, numbered.Size);
        if (!_free.Remove(number))
            _used++;
        _slots.Add(numbered);
    }

    private void Remove(Slot slot)
    {
        Set(slot, 0);
        _slots.Remove(slot);
        _free.Add(slot.Number);
    }

    private void Set(Slot slot, ulong size)
    {
        KvmMemoryRegion argument = new()
        {
            Slot = slot.Number,
            Flags = slot.Flags,
            GuestAddress = slot.Start,
            Size = size,
            HostAddress = slot.Host,
        };
        _vm.Require(KvmRequest.SetUserMemoryRegion, &argument);
    }

    /// <summary>Moves the kernel's dirty bits of a slot to the address space's log. The kernel clears them and protects the pages again.</summary>
    private void Collect(Slot slot)
    {
        ulong pages = slot.Size / PageSize;
        int words = (int)((pages + (BitsPerWord - 1)) / BitsPerWord);
        ulong* bits = (ulong*)NativeMemory.AllocZeroed((nuint)words, sizeof(ulong));
        try
        {
            KvmDirtyLog argument = new() { Slot = slot.Number, Bitmap = (ulong)bits };
            _vm.Require(KvmRequest.GetDirtyLog, &argument);
            for (int i = 0; i < words; i++)
            {
                for (ulong left = bits[i]; left != 0;)
                {
                    // A run of dirty pages is marked at once.
                    int first = BitOperations.TrailingZeroCount(left);
                    int count = BitOperations.TrailingZeroCount(~(left >> first));
                    left = first + count >= BitsPerWord ? 0 : left & (ulong.MaxValue << (first + count));
                    ulong page = ((ulong)i * BitsPerWord) + (ulong)first;
                    _memory.MarkDirty(new GuestPhysAddr(slot.Start + (page * PageSize)), (ulong)count * PageSize);
                }
            }
        }
        finally
        {
            NativeMemory.Free(bits);
        }
    }

    private readonly record struct Slot(uint Number, ulong Start, ulong Size, ulong Host, uint Flags)
    {
        internal ulong End => Start + Size;
    }
}
