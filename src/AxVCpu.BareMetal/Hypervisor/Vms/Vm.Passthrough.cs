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
            VmProblem problem = MapDevice(range.Address, range.HostAddress, range.Size, range.Interrupt, isEdge: false);
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
        uint interrupt = 0;
        bool isEdge = false;
        if (node.TryGicInterrupt(0, out FdtGicInterrupt line))
        {
            if (line.IntId < GicIntId.FirstSpi)
                return VmProblem.NotADevice; // an interrupt of one CPU cannot follow a vCPU
            interrupt = line.IntId;
            isEdge = line.IsEdge;
        }
        int registers = 0;
        while (registers < MaxNodeRegisters && node.TryRegister(registers, out ulong address, out ulong size))
        {
            ulong start = address & ~(PageSize - 1);
            ulong end = (address + size + PageSize - 1) & ~(PageSize - 1);
            VmProblem problem = MapDevice(start, start, end - start, registers == 0 ? interrupt : 0, isEdge);
            if (problem != VmProblem.None)
                return problem;
            registers++;
        }
        return registers != 0 ? VmProblem.None : VmProblem.NoSuchNode;
    }

    private VmProblem MapDevice(ulong address, ulong hostAddress, ulong size, uint interrupt, bool isEdge)
    {
        // The guest's interrupt controller must have the interrupt: nobody would ever end one that it has not.
        bool isPossible = interrupt == 0 || (interrupt is >= GicIntId.FirstSpi and < GicIntId.FirstSpi + GuestBoard.Spis && interrupt != HostConsole.InterruptId);
        if (!HostRanges.IsFree(hostAddress, size) || !isPossible)
            return VmProblem.NotADevice;
        if (IsEmulated(address, size) || IsEmulated(interrupt))
            return VmProblem.BadRegion;
        fixed (Vm* self = &this)
        {
            if (!HypervisorState.Current.Passthrough.TryClaim(self, hostAddress, size, interrupt, isEdge))
                return VmProblem.DeviceTaken;
        }
        return Space.MapLinear(new GuestPhysAddr(address), new HostPhysAddr(hostAddress), size, DeviceFlags) switch
        {
            Memory.AddressSpaceError.None => VmProblem.None,
            Memory.AddressSpaceError.OutOfFrames => VmProblem.OutOfMemory,
            _ => VmProblem.BadRegion,
        };
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
            if (HostFdt.Blob.Root.At(Manifest.Nodes[i].Span).TryGicInterrupt(0, out FdtGicInterrupt line))
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
