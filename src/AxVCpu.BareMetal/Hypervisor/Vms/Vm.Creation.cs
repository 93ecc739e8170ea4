using System.Runtime.CompilerServices;
using AxVCpu.BareMetal.Aarch64;
using AxVCpu.Devices;
using AxVCpu.Memory;

namespace AxVCpu.BareMetal.Hypervisor;

/// <summary>Why a VM could not be made or started.</summary>
internal enum VmProblem : byte
{
    None,

    /// <summary>The host has no memory left for it.</summary>
    OutOfMemory,

    /// <summary>A region overlaps another, or the devices.</summary>
    BadRegion,

    /// <summary>The host's memory at this address is not free, or not there.</summary>
    HostMemoryTaken,

    /// <summary>The host's address is RAM, or the hypervisor's own.</summary>
    NotADevice,

    /// <summary>The host's devicetree has no such node, or the node has no registers.</summary>
    NoSuchNode,

    /// <summary>Another VM, or the hypervisor, has the device.</summary>
    DeviceTaken,

    /// <summary>The archive lacks a file that the manifest names.</summary>
    NoSuchFile,

    /// <summary>A file does not fit the guest's memory.</summary>
    FileDoesNotFit,

    /// <summary>The devicetree does not fit its room.</summary>
    TreeDoesNotFit,

    /// <summary>The vCPU could not be made.</summary>
    EngineFailure,

    /// <summary>There is no slot for another VM.</summary>
    TooManyVms,

    /// <summary>No physical CPU of this machine is in the vCPU's set.</summary>
    NoCpu,
}

/// <content>From a manifest to a VM, and back to free frames.</content>
internal unsafe partial struct Vm
{
    private const ulong PageSize = 4096;

    /// <summary>Makes a VM that can be started.</summary>
    /// <param name="manifest">What it is.</param>
    /// <param name="slot">Its place among the hypervisor's VMs.</param>
    /// <param name="vm">The VM; null after a problem.</param>
    /// <param name="what">Which region, device or vCPU has the problem.</param>
    internal static VmProblem Create(in VmManifest manifest, int slot, out Vm* vm, out ulong what)
    {
        vm = null;
        what = 0;
        if (!TryAllocate((ulong)sizeof(Vm), out void* block, out ulong pages))
            return VmProblem.OutOfMemory;
        var made = (Vm*)block;
        made->_pages = pages;
        made->Slot = slot;
        made->Manifest = manifest;
        VmProblem problem = made->Make(out what);
        if (problem == VmProblem.None)
            vm = made;
        else
            made->Destroy();
        return problem;
    }

    /// <summary>Frees everything. No vCPU runs, and nobody uses the VM any more.</summary>
    internal void Destroy()
    {
        Devices.Release();
        ReleasePassthrough();
        Space.Dispose();
        ReleaseIdenticalRegions();
        if (_vcpus != null)
            HostMemory.Free(new HostPhysAddr((ulong)_vcpus), _vcpuPages);
        ulong pages = _pages;
        fixed (Vm* self = &this)
            HostMemory.Free(new HostPhysAddr((ulong)self), pages);
    }

    /// <summary>Zeroed frames for one object.</summary>
    internal static bool TryAllocate(ulong bytes, out void* block, out ulong pages)
    {
        pages = (bytes + PageSize - 1) / PageSize;
        bool found = HostMemory.TryAlloc(pages, PageSize, out HostPhysAddr first);
        block = found ? (void*)first.Value : null;
        if (found)
            Native.Zero(first.Value, pages * PageSize);
        return found;
    }

    private VmProblem Make(out ulong what)
    {
        what = 0;
        ulong table = (ulong)(RegionCapacity * sizeof(AddressRegion));
        if (!TryAllocate(((ulong)VCpuCount * (ulong)sizeof(VmVCpu)) + table, out void* block, out _vcpuPages))
            return VmProblem.OutOfMemory;
        _vcpus = (VmVCpu*)block;
        // SAFETY: the block was sized for both.
        var regions = (AddressRegion*)(_vcpus + VCpuCount);
        fixed (Aarch64VmContext* context = &Context)
        {
            AddressSpaceError error = AddressSpace<Aarch64Stage2<Ipa39>, HostFrames, Aarch64Tlb>.TryCreate(
                new GuestPhysAddr(0), GuestBoard.AddressLimit, default, new Aarch64Tlb(context), regions, RegionCapacity, out Space);
            if (error != AddressSpaceError.None)
                return VmProblem.OutOfMemory;
        }
        Context.Root = Space.Root;
        PlaceChannelWindow();
        VmProblem problem = MapRegions(out what);
        if (problem == VmProblem.None)
            problem = MapPassthrough(out what);
        if (problem == VmProblem.None)
            problem = Devices.Create(ref this, out what);
        if (problem == VmProblem.None)
        {
            MakeGic();
            problem = MakeVCpus(out what);
        }
        if (problem == VmProblem.None)
            LinkPassthroughInterrupts();
        return problem;
    }

    private VmProblem MapRegions(out ulong what)
    {
        what = 0;
        for (int i = 0; i < Manifest.RegionCount; i++)
        {
            RegionConfig region = Manifest.Regions[i];
            what = region.Address;
            if (region.Address < GuestBoard.DevicesEnd && region.Address + region.Size > GuestBoard.DevicesStart)
                return VmProblem.BadRegion;
            var start = new GuestPhysAddr(region.Address);
            AddressSpaceError error;
            if (region.Type == RegionType.Allocate)
            {
                error = Space.MapReserved(start, region.Size, region.Flags);
            }
            else
            {
                var host = new HostPhysAddr(region.Address);
                if (region.Type == RegionType.Identical ? !HostMemory.TryReserve(host, region.Size / PageSize) : !HostRanges.IsFree(region.Address, region.Size))
                    return VmProblem.HostMemoryTaken;
                if (region.Type == RegionType.Identical)
                    default(HostFrames).ClearFrames(host, region.Size / PageSize);
                _identical |= region.Type == RegionType.Identical ? 1u << i : 0;
                error = Space.MapLinear(start, host, region.Size, region.Flags);
            }
            if (error != AddressSpaceError.None)
                return error == AddressSpaceError.OutOfFrames ? VmProblem.OutOfMemory : VmProblem.BadRegion;
        }
        return VmProblem.None;
    }

    private void ReleaseIdenticalRegions()
    {
        for (int i = 0; i < Manifest.RegionCount; i++)
        {
            if ((_identical >> i & 1) != 0)
                HostMemory.Free(new HostPhysAddr(Manifest.Regions[i].Address), Manifest.Regions[i].Size / PageSize);
        }
    }

    private VmProblem MakeVCpus(out ulong what)
    {
        ref HypervisorState hypervisor = ref HypervisorState.Current;
        fixed (Vm* self = &this)
        {
            for (int i = 0; i < VCpuCount; i++)
            {
                what = (ulong)i;
                CpuSet cpus = Manifest.CpuSetOf(i);
                if (!hypervisor.HasCpuIn(cpus))
                    return VmProblem.NoCpu;
                ref VmVCpu vcpu = ref _vcpus[i];
                vcpu.Vm = self;
                vcpu.Index = i;
                var create = new Aarch64CreateConfig { Mpidr = Manifest.MpidrOf(i), FdtAddress = TreeAddress };
                EngineError error = VCpuSetup.Create(Id, (uint)i, null, cpus, in create, out vcpu.Core);
                if (error.IsNone)
                {
                    var setup = new Aarch64SetupConfig { Vm = &self->Context, CounterOffset = 0, TrapWaitForEvent = false, SmcIsHypercall = true };
                    error = vcpu.Core.Setup(new GuestPhysAddr(Manifest.Entry), Space.Root, in setup);
                }
                if (!error.IsNone)
                    return VmProblem.EngineFailure;
                Gic.SetAffinity(i, Manifest.MpidrOf(i));
                Gic.MapHardware(i, HostGic.VirtualTimerPpi, HostGic.VirtualTimerPpi);
            }
            what = 0;
            hypervisor.Scheduler.AddVm(&self->Scheduling, Manifest.Weight);
            for (int i = 0; i < VCpuCount; i++)
                hypervisor.Scheduler.AddVCpu(&self->Scheduling, &self->_vcpus[i].Scheduling, Manifest.CpuSetOf(i), hypervisor.NextPreferredCpu(), &self->_vcpus[i]);
        }
        return VmProblem.None;
    }

    // By itself: the new value passes through the stack, half of which it takes.
    [MethodImpl(MethodImplOptions.NoInlining)]
    private void MakeGic() => Gic = new GicV3(VCpuCount, GuestBoard.Spis, GicFeatures(Native.ReadIchVtrEl2()));

    /// <summary>What ICH_VTR_EL2 says: PRIbits in 31:29, PREbits in 28:26, TDS in 19 (Arm IHI 0069H, 12.4.9).</summary>
    private static GicV3Features GicFeatures(ulong vtr) => new((int)(vtr >> 29 & 7) + 1, (int)(vtr >> 26 & 7) + 1, (vtr >> 19 & 1) != 0);

    /// <summary>Where the guest's devicetree is.</summary>
    internal readonly ulong TreeAddress => Manifest.HasDeviceTree ? Manifest.DeviceTree.Address : Manifest.DeviceTreeAddress;
}
