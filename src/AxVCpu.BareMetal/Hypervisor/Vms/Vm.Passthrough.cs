using AxVCpu.BareMetal.Aarch64;
using AxVCpu.Devices;

namespace AxVCpu.BareMetal.Hypervisor;

/// <content>Devices of the host that the guest has as they are.</content>
internal unsafe partial struct Vm
{
    private const MappingFlags DeviceFlags = MappingFlags.Read | MappingFlags.Write | MappingFlags.Device;
    private const int MaxNodeRegisters = 8;

    private VmProblem MapPassthrough(out ulong what)
    {
        what = 0;
        for (int i = 0; i < Manifest.RangeCount; i++)
        {
            PassthroughRange range = Manifest.Ranges[i];
            what = range.HostAddress;
            VmProblem problem = MapDevice(range.Address, range.HostAddress, range.Size, range.Interrupt);
            if (problem != VmProblem.None)
                return problem;
        }
        for (int i = 0; i < Manifest.NodeCount; i++)
        {
            what = (ulong)i;
            VmProblem problem = MapNode(HostFdt.Blob.Root.At(Manifest.Nodes[i].Span));
            if (problem != VmProblem.None)
                return problem;
        }
        return VmProblem.None;
    }

    private void ReleasePassthrough()
    {
        fixed (Vm* self = &this)
            HypervisorState.Current.Passthrough.Release(self);
    }

    private VmProblem MapNode(FdtNodeView node)
    {
        if (!node.Exists)
            return VmProblem.NoSuchNode;
        for (int i = 0; node.TryGicInterrupt(i, out FdtGicInterrupt line); i++)
        {
            // An interrupt of one CPU cannot follow a vCPU.
            VmProblem problem = line.IntId < GicIntId.FirstSpi ? VmProblem.NotADevice : Claim(0, 0, line.IntId, line.IsEdge);
            if (problem != VmProblem.None)
                return problem;
        }
        int registers = 0;
        while (registers < MaxNodeRegisters && node.TryRegister(registers, out ulong address, out ulong size))
        {
            ulong start = address & ~(PageSize - 1);
            ulong end = (address + size + PageSize - 1) & ~(PageSize - 1);
            VmProblem problem = MapDevice(start, start, end - start, 0);
            if (problem != VmProblem.None)
                return problem;
            registers++;
        }
        return registers != 0 ? VmProblem.None : VmProblem.NoSuchNode;
    }

    private VmProblem MapDevice(ulong address, ulong hostAddress, ulong size, uint interrupt)
    {
        if (!HostRanges.IsFree(hostAddress, size))
            return VmProblem.NotADevice;
        if (IsEmulated(address, size))
            return VmProblem.BadRegion;
        VmProblem problem = Claim(hostAddress, size, interrupt, isEdge: false);
        if (problem != VmProblem.None)
            return problem;
        return Space.MapLinear(new GuestPhysAddr(address), new HostPhysAddr(hostAddress), size, DeviceFlags) switch
        {
            Memory.AddressSpaceError.None => VmProblem.None,
            Memory.AddressSpaceError.OutOfFrames => VmProblem.OutOfMemory,
            _ => VmProblem.BadRegion,
        };
    }

    /// <summary>Takes registers, an interrupt, or both from the host.</summary>
    private VmProblem Claim(ulong hostAddress, ulong size, uint interrupt, bool isEdge)
    {
        // The guest's interrupt controller must have the interrupt: nobody would ever end one that it has not.
        bool isPossible = interrupt == 0 || (interrupt is >= GicIntId.FirstSpi and < GicIntId.FirstSpi + GuestBoard.Spis && interrupt != HostConsole.InterruptId);
        if (!isPossible)
            return VmProblem.NotADevice;
        if (IsEmulated(interrupt))
            return VmProblem.BadRegion;
        HasHostInterrupts |= interrupt != 0;
        fixed (Vm* self = &this)
        {
            return HypervisorState.Current.Passthrough.TryClaim(self, hostAddress, size, interrupt, isEdge) ? VmProblem.None : VmProblem.DeviceTaken;
        }
    }

    /// <summary>The CPU that is to get a host's interrupt: where the vCPU that takes it runs or ran last; the first one where any may take it.</summary>
    internal readonly uint CpuOfInterrupt(uint interrupt)
    {
        int target = Gic.TargetOf(interrupt);
        return _vcpus[target < 0 ? 0 : target].Scheduling.LastCpu;
    }

    /// <summary>A CPU is about to run a vCPU: interrupts of the host that the vCPU takes come with it.</summary>
    internal void FollowInterrupts(ref VmVCpu vcpu, uint cpu)
    {
        if (!HasHostInterrupts || vcpu.InterruptsAt == cpu + 1)
            return;
        vcpu.InterruptsAt = cpu + 1;
        Lock.Enter();
        RouteInterrupts();
        Lock.Exit();
    }

    /// <summary>Sends the host's interrupts to the CPUs where the guest's routes lead now. The lock is held.</summary>
    internal void RouteInterrupts()
    {
        fixed (Vm* self = &this)
            HypervisorState.Current.Passthrough.Route(self);
    }

    /// <summary>Whether an emulated device answers in a range.</summary>
    private readonly bool IsEmulated(ulong start, ulong size) =>
        Overlaps(start, size, GuestBoard.Distributor, GuestBoard.DistributorSize)
        || Overlaps(start, size, GuestBoard.Redistributors, GuestBoard.RedistributorSize * Manifest.VCpus)
        || Overlaps(start, size, GuestBoard.Uart, GuestBoard.UartSize)
        || Overlaps(start, size, GuestBoard.Rtc, GuestBoard.RtcSize)
        || Overlaps(start, size, GuestBoard.Virtio, GuestBoard.VirtioSize * (ulong)Manifest.DiskCount)
        || (HasVirtioConsole && Overlaps(start, size, GuestBoard.VirtioConsole, GuestBoard.VirtioSize))
        || Overlaps(start, size, ChannelWindow.Address, ChannelWindow.Size);

    /// <summary>Whether an emulated device has an interrupt.</summary>
    private readonly bool IsEmulated(uint interrupt) =>
        interrupt is GuestBoard.UartInterrupt or GuestBoard.RtcInterrupt || interrupt == ChannelWindow.Interrupt
        || interrupt - GuestBoard.VirtioInterrupt < (uint)Manifest.DiskCount
        || (HasVirtioConsole && interrupt == GuestBoard.VirtioInterrupt + GuestBoard.ConsoleSlot);

    private static bool Overlaps(ulong start, ulong size, ulong otherStart, ulong otherSize) =>
        start < otherStart + otherSize && otherStart < start + size;

    /// <summary>Links the guest's interrupts to the host's; after the interrupt controller was made.</summary>
    private void LinkPassthroughInterrupts()
    {
        for (int i = 0; i < Manifest.RangeCount; i++)
        {
            if (Manifest.Ranges[i].Interrupt != 0)
                Gic.MapHardware(0, Manifest.Ranges[i].Interrupt, Manifest.Ranges[i].Interrupt);
        }
        for (int i = 0; i < Manifest.NodeCount; i++)
        {
            FdtNodeView node = HostFdt.Blob.Root.At(Manifest.Nodes[i].Span);
            for (int index = 0; node.TryGicInterrupt(index, out FdtGicInterrupt line); index++)
                Gic.MapHardware(0, line.IntId, line.IntId);
        }
    }

    /// <summary>The nodes of the host, as the guest sees them: at the root, with the clocks they need.</summary>
    private readonly void DescribePassthrough(ref FdtBuilder tree)
    {
        FdtNodeView root = HostFdt.Blob.Root;
        for (int i = 0; i < Manifest.NodeCount; i++)
        {
            FdtNodeView node = root.At(Manifest.Nodes[i].Span);
            if (!node.Exists)
                continue;
            for (int cell = 0; node.TryCell("clocks"u8, cell, out uint phandle); cell++)
            {
                FdtNodeView clock = root.FindPhandle(phandle);
                if (clock.Exists && clock.IsCompatible("fixed-clock"u8) && !IsDescribed(root, i, phandle))
                    tree.Copy(clock);
            }
            tree.Copy(node);
        }
    }

    /// <summary>Whether an earlier node has brought the clock already.</summary>
    private readonly bool IsDescribed(FdtNodeView root, int before, uint phandle)
    {
        for (int i = 0; i < before; i++)
        {
            FdtNodeView node = root.At(Manifest.Nodes[i].Span);
            for (int cell = 0; node.TryCell("clocks"u8, cell, out uint other); cell++)
            {
                if (other == phandle)
                    return true;
            }
        }
        return false;
    }
}
