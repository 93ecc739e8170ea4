using System.Numerics;
using System.Runtime.CompilerServices;
using AxVCpu.BareMetal.Aarch64;
using AxVCpu.Memory;

namespace AxVCpu.BareMetal.Hypervisor;

/// <summary>Where channels appear in a VM, and which interrupt tells about them.</summary>
internal struct ChannelWindow
{
    internal ulong Address;
    internal ulong Size;
    internal uint Interrupt;

    /// <summary>Which 4 KiB pages of the window are in use, for its first 64 pages.</summary>
    internal ulong UsedPages;

    /// <summary>The original's code of the device that places the window.</summary>
    internal const uint DeviceType = 0xA;
}

/// <summary>One end of a channel.</summary>
internal unsafe struct ChannelEnd
{
    internal Vm* Vm;
    internal ulong Address;
}

[InlineArray(Channel.MaxSubscribers)]
internal struct ChannelEnds
{
    private ChannelEnd _first;
}

/// <summary>Memory that one VM publishes and others subscribe to.</summary>
internal unsafe struct Channel
{
    internal const int MaxSubscribers = 8;

    internal bool IsUsed;
    internal ulong Key;
    internal uint PublisherId;
    internal HostPhysAddr Frames;
    internal ulong Pages;

    /// <summary>The publisher; without a VM when it has taken the channel back.</summary>
    internal ChannelEnd Publisher;
    internal ChannelEnds Subscribers;

    internal readonly ulong Size => Pages * ChannelTable.PageSize;
}

[InlineArray(ChannelTable.Capacity)]
internal struct Channels
{
    private Channel _first;
}

/// <summary>What stands at the begin of a channel's memory, as in the original.</summary>
internal struct ChannelHeader
{
    internal ulong PublisherId;
    internal ulong Key;
}

/// <summary>
/// Shared memory between VMs. A VM publishes memory under a key; its configuration says who may subscribe, and whether to read only; all
/// ends can raise an interrupt at the others. The memory lives until the last end lets go of it. Any CPU.
/// </summary>
internal unsafe struct ChannelTable
{
    internal const int Capacity = 16;
    internal const ulong PageSize = 4096;

    /// <summary>The most bytes of one channel: the window's 64 pages.</summary>
    internal const ulong MaxSize = 64 * PageSize;

    private SpinLock _lock;
    private Channels _channels;

    internal HypercallError Publish(Vm* vm, ulong key, ulong wanted, out ulong address, out ulong size)
    {
        address = 0;
        size = 0;
        if (wanted > MaxSize)
            return HypercallError.Invalid;
        _lock.Enter();
        HypercallError error = PublishLocked(vm, key, wanted == 0 ? PageSize : (wanted + PageSize - 1) & ~(PageSize - 1), out address, out size);
        _lock.Exit();
        return error;
    }

    internal HypercallError Subscribe(Vm* vm, ulong publisher, ulong key, out ulong address, out ulong size)
    {
        address = 0;
        size = 0;
        _lock.Enter();
        Channel* channel = Find(publisher, key);
        HypercallError error = channel == null || channel->Publisher.Vm == null ? HypercallError.NotFound : SubscribeLocked(vm, channel, out address, out size);
        if (error == HypercallError.None)
            Ring(channel->Publisher.Vm);
        _lock.Exit();
        return error;
    }

    internal HypercallError Unpublish(Vm* vm, ulong key)
    {
        _lock.Enter();
        Channel* channel = Find(vm->Id, key);
        bool found = channel != null && channel->Publisher.Vm == vm;
        if (found)
            TakeBack(channel);
        _lock.Exit();
        return found ? HypercallError.None : HypercallError.NotFound;
    }

    internal HypercallError Unsubscribe(Vm* vm, ulong publisher, ulong key)
    {
        _lock.Enter();
        Channel* channel = Find(publisher, key);
        ChannelEnd* end = channel == null ? null : EndOf(channel, vm);
        if (end != null)
        {
            Leave(channel, end);
            if (channel->Publisher.Vm != null)
                Ring(channel->Publisher.Vm);
        }
        _lock.Exit();
        return end != null ? HypercallError.None : HypercallError.NotFound;
    }

    /// <summary>Raises the interrupt of all other ends. Only an end may.</summary>
    internal HypercallError Notify(Vm* vm, ulong publisher, ulong key)
    {
        _lock.Enter();
        Channel* channel = Find(publisher, key);
        bool isEnd = channel != null && (channel->Publisher.Vm == vm || EndOf(channel, vm) != null);
        if (isEnd)
            RingOthers(channel, vm);
        _lock.Exit();
        return isEnd ? HypercallError.None : HypercallError.NotFound;
    }

    /// <summary>A VM has stopped: it has no channels any more. The VM's own lock is held.</summary>
    internal void CloseAll(Vm* vm)
    {
        _lock.Enter();
        for (int i = 0; i < Capacity; i++)
        {
            Channel* channel = At(i);
            if (!channel->IsUsed)
                continue;
            ChannelEnd* end = EndOf(channel, vm);
            if (end != null)
                Leave(channel, end);
            if (channel->IsUsed && channel->Publisher.Vm == vm)
                TakeBack(channel);
        }
        _lock.Exit();
    }

    /// <summary>How many channels there are, for the shell.</summary>
    internal readonly int Count
    {
        get
        {
            int count = 0;
            for (int i = 0; i < Capacity; i++)
                count += _channels[i].IsUsed ? 1 : 0;
            return count;
        }
    }

    /// <summary>A channel by its place, for the shell.</summary>
    internal readonly bool TryGet(int index, out Channel channel)
    {
        channel = _channels[index];
        return channel.IsUsed;
    }

    private HypercallError PublishLocked(Vm* vm, ulong key, ulong bytes, out ulong address, out ulong size)
    {
        address = 0;
        size = bytes;
        if (Find(vm->Id, key) != null)
            return HypercallError.Exists;
        Channel* channel = FindUnused();
        if (channel == null || !TryTakeWindow(vm, bytes / PageSize, out address))
            return HypercallError.NoMemory;
        if (!HostMemory.TryAlloc(bytes / PageSize, PageSize, out HostPhysAddr frames))
        {
            GiveWindow(vm, address, bytes / PageSize);
            return HypercallError.NoMemory;
        }
        Native.Zero(frames.Value, bytes);
        *(ChannelHeader*)frames.Value = new ChannelHeader { PublisherId = vm->Id, Key = key };
        Native.CleanDataCache(frames.Value, bytes);
        if (vm->Space.MapLinear(new GuestPhysAddr(address), frames, bytes, MappingFlags.Read | MappingFlags.Write) != AddressSpaceError.None)
        {
            HostMemory.Free(frames, bytes / PageSize);
            GiveWindow(vm, address, bytes / PageSize);
            return HypercallError.NoMemory;
        }
        *channel = new Channel { IsUsed = true, Key = key, PublisherId = vm->Id, Frames = frames, Pages = bytes / PageSize };
        channel->Publisher = new ChannelEnd { Vm = vm, Address = address };
        return HypercallError.None;
    }

    private static HypercallError SubscribeLocked(Vm* vm, Channel* channel, out ulong address, out ulong size)
    {
        address = 0;
        size = channel->Size;
        ChannelRights rights = RightsOf(channel->Publisher.Vm, vm, channel->Key);
        if ((rights & ChannelRights.Read) == 0)
            return HypercallError.NotPermitted;
        if (EndOf(channel, vm) != null)
            return HypercallError.Exists;
        ChannelEnd* free = EndOf(channel, null);
        if (free == null || !TryTakeWindow(vm, channel->Pages, out address))
            return HypercallError.NoMemory;
        MappingFlags flags = MappingFlags.Read | ((rights & ChannelRights.Write) != 0 ? MappingFlags.Write : 0);
        if (vm->Space.MapLinear(new GuestPhysAddr(address), channel->Frames, size, flags) != AddressSpaceError.None)
        {
            GiveWindow(vm, address, channel->Pages);
            return HypercallError.NoMemory;
        }
        *free = new ChannelEnd { Vm = vm, Address = address };
        return HypercallError.None;
    }

    /// <summary>What the publisher's configuration lets a VM do; the publisher itself is no subscriber.</summary>
    private static ChannelRights RightsOf(Vm* publisher, Vm* vm, ulong key)
    {
        ChannelRights rights = ChannelRights.None;
        for (int i = 0; i < publisher->Manifest.RuleCount && vm != publisher; i++)
        {
            ChannelRule rule = publisher->Manifest.Rules[i];
            if (rule.Key == key && (rule.Peer == vm->Id || rule.Peer == ChannelPeer.Any))
                rights |= rule.Rights;
        }
        return rights;
    }

    /// <summary>The publisher lets go: nobody can subscribe any more, and the subscribers are told.</summary>
    private static void TakeBack(Channel* channel)
    {
        RingOthers(channel, channel->Publisher.Vm);
        Unmap(channel, ref channel->Publisher);
        FreeIfLast(channel);
    }

    private static void Leave(Channel* channel, ChannelEnd* end)
    {
        Unmap(channel, ref *end);
        FreeIfLast(channel);
    }

    private static void Unmap(Channel* channel, ref ChannelEnd end)
    {
        end.Vm->Space.Unmap(new GuestPhysAddr(end.Address), channel->Size);
        GiveWindow(end.Vm, end.Address, channel->Pages);
        end = default;
    }

    private static void FreeIfLast(Channel* channel)
    {
        if (channel->Publisher.Vm != null)
            return;
        for (int i = 0; i < Channel.MaxSubscribers; i++)
        {
            if (channel->Subscribers[i].Vm != null)
                return;
        }
        HostMemory.Free(channel->Frames, channel->Pages);
        *channel = default;
    }

    private static void RingOthers(Channel* channel, Vm* self)
    {
        if (channel->Publisher.Vm != null && channel->Publisher.Vm != self)
            Ring(channel->Publisher.Vm);
        for (int i = 0; i < Channel.MaxSubscribers; i++)
        {
            Vm* subscriber = channel->Subscribers[i].Vm;
            if (subscriber != null && subscriber != self)
                Ring(subscriber);
        }
    }

    // Not by taking the VM's lock: a VM that stops holds it and waits for this table's.
    private static void Ring(Vm* vm) => vm->RequestChannelInterrupt();

    private static bool TryTakeWindow(Vm* vm, ulong pages, out ulong address)
    {
        ref ChannelWindow window = ref vm->ChannelWindow;
        int room = (int)(window.Size / PageSize < 64 ? window.Size / PageSize : 64);
        ulong mask = pages == 64 ? ulong.MaxValue : (1UL << (int)pages) - 1;
        for (int first = 0; first + (int)pages <= room; first++)
        {
            if ((window.UsedPages & mask << first) != 0)
                continue;
            window.UsedPages |= mask << first;
            address = window.Address + ((ulong)first * PageSize);
            return true;
        }
        address = 0;
        return false;
    }

    private static void GiveWindow(Vm* vm, ulong address, ulong pages)
    {
        ulong mask = pages == 64 ? ulong.MaxValue : (1UL << (int)pages) - 1;
        vm->ChannelWindow.UsedPages &= ~(mask << (int)((address - vm->ChannelWindow.Address) / PageSize));
    }

    private Channel* Find(ulong publisher, ulong key)
    {
        for (int i = 0; i < Capacity; i++)
        {
            Channel* channel = At(i);
            if (channel->IsUsed && channel->PublisherId == publisher && channel->Key == key)
                return channel;
        }
        return null;
    }

    private Channel* FindUnused()
    {
        for (int i = 0; i < Capacity; i++)
        {
            if (!At(i)->IsUsed)
                return At(i);
        }
        return null;
    }

    private static ChannelEnd* EndOf(Channel* channel, Vm* vm)
    {
        for (int i = 0; i < Channel.MaxSubscribers; i++)
        {
            var end = (ChannelEnd*)Unsafe.AsPointer(ref channel->Subscribers[i]);
            if (end->Vm == vm)
                return end;
        }
        return null;
    }

    // SAFETY: the table lies in frames and does not move.
    private Channel* At(int index) => (Channel*)Unsafe.AsPointer(ref _channels[index]);
}
