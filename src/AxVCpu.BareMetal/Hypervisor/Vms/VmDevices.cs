using System.Runtime.CompilerServices;
using AxVCpu.BareMetal.Aarch64;
using AxVCpu.Devices;

namespace AxVCpu.BareMetal.Hypervisor;

/// <summary>A disk in memory behind a virtio transport.</summary>
internal unsafe struct VmDisk
{
    internal VirtioMmio Transport;
    internal VirtioBlk Model;
    internal byte* Data;
    internal ulong Size;

    /// <summary>Pages of a private copy that the guest may write; 0 when the archive itself is read.</summary>
    internal ulong CopyPages;
}

[InlineArray(ArchiveFormat.MaxDisks)]
internal struct VmDisks
{
    private VmDisk _first;
}

/// <summary>The emulated devices of a VM beside its interrupt controller. The VM's lock is held around every call.</summary>
internal unsafe struct VmDevices
{
    private const ulong PageSize = 4096;

    internal Pl011 Uart;
    internal Pl031 Rtc;
    internal VmDisks Disks;
    internal VmTerminal Terminal;

    /// <summary>When the clock's alarm is due, in ticks of the host; the maximum value is never.</summary>
    internal ulong AlarmAt;

    /// <summary>Room for data between a disk and its guest.</summary>
    internal byte* Staging;

    /// <summary>Makes the devices as after power-on.</summary>
    internal VmProblem Create(ref Vm vm, out ulong what)
    {
        what = 0;
        Uart = Pl011.Create();
        AlarmAt = ulong.MaxValue;
        Terminal = VmTerminal.Create();
        ref VmManifest manifest = ref vm.Manifest;
        if (manifest.DiskCount != 0)
        {
            if (!Vm.TryAllocate(PageSize, out void* staging, out _))
                return VmProblem.OutOfMemory;
            Staging = (byte*)staging;
        }
        for (int i = 0; i < manifest.DiskCount; i++)
        {
            what = (ulong)i;
            MemoryDisk config = manifest.Disks[i];
            if (!HypervisorState.Current.TryGetFile(config.File, out ReadOnlySpan<byte> data))
                return VmProblem.NoSuchFile;
            ref VmDisk disk = ref Disks[i];
            disk.Size = (ulong)data.Length;
            if (!config.IsReadOnly)
            {
                if (!Vm.TryAllocate(disk.Size, out void* copy, out disk.CopyPages))
                    return VmProblem.OutOfMemory;
                disk.Data = (byte*)copy;
                data.CopyTo(new Span<byte>(copy, data.Length));
            }
            else
            {
                fixed (byte* first = data)
                    disk.Data = first;
            }
            disk.Model = new VirtioBlk(disk.Size / VirtioBlk.SectorSize, config.IsReadOnly, manifest.Name.Span);
            disk.Transport = new VirtioMmio(VirtioDeviceId.Block, (ulong)disk.Model.Features, 1);
        }
        return VmProblem.None;
    }

    /// <summary>Back to power-on; what was written to disks stays.</summary>
    internal void Reset(Vm* vm)
    {
        var uart = new VmUartHost(vm);
        Uart.Reset(ref uart);
        var rtc = new VmRtcHost(vm);
        Rtc.Reset(ref rtc);
        for (int i = 0; i < vm->Manifest.DiskCount; i++)
        {
            var disk = new VmDiskHost(vm, i);
            Disks[i].Transport.Reset(ref disk);
        }
        Terminal.Reset(vm);
    }

    /// <summary>Gives the memory back.</summary>
    internal void Release()
    {
        for (int i = 0; i < ArchiveFormat.MaxDisks; i++)
        {
            if (Disks[i].CopyPages != 0)
                HostMemory.Free(new HostPhysAddr((ulong)Disks[i].Data), Disks[i].CopyPages);
            Disks[i].CopyPages = 0;
        }
        if (Staging != null)
            HostMemory.Free(new HostPhysAddr((ulong)Staging), 1);
        Staging = null;
    }

    /// <summary>Lets the clock's alarm ring when it is due.</summary>
    internal void Advance(Vm* vm, ulong now)
    {
        if (now < AlarmAt)
            return;
        AlarmAt = ulong.MaxValue;
        var rtc = new VmRtcHost(vm);
        Rtc.AlarmExpired(ref rtc);
    }

    /// <summary>Reads a device register.</summary>
    /// <returns>False when nothing answers there.</returns>
    internal bool Read(Vm* vm, int vcpu, ulong address, AccessWidth width, out ulong value)
    {
        var host = new VmHost(vm);
        value = 0;
        if (address - GuestBoard.Uart < GuestBoard.UartSize)
        {
            var uart = new VmUartHost(vm);
            bool read = Uart.Read(ref uart, address - GuestBoard.Uart, width, out value);
            vm->Console.Refill(vm);
            return read;
        }
        if (address - GuestBoard.Distributor < GicV3.DistributorSize)
            return vm->Gic.ReadDistributor(ref host, vcpu, address - GuestBoard.Distributor, width, out value);
        if (address - GuestBoard.Redistributors < vm->Gic.RedistributorsSize)
            return vm->Gic.ReadRedistributor(ref host, vcpu, address - GuestBoard.Redistributors, width, out value);
        if (address - GuestBoard.Rtc < GuestBoard.RtcSize)
        {
            var rtc = new VmRtcHost(vm);
            return Rtc.Read(ref rtc, address - GuestBoard.Rtc, width, out value);
        }
        if (vm->HasVirtioConsole && address - GuestBoard.VirtioConsole < GuestBoard.VirtioSize)
            return Terminal.Read(vm, address - GuestBoard.VirtioConsole, width, out value);
        if (!TryFindDisk(vm, address, out int slot, out ulong offset))
            return false;
        var disk = new VmDiskHost(vm, slot);
        return Disks[slot].Transport.Read(ref disk, offset, width, out value);
    }

    /// <summary>Writes a device register.</summary>
    /// <returns>False when nothing answers there.</returns>
    internal bool Write(Vm* vm, int vcpu, ulong address, AccessWidth width, ulong value)
    {
        var host = new VmHost(vm);
        if (address - GuestBoard.Uart < GuestBoard.UartSize)
        {
            var uart = new VmUartHost(vm);
            return Uart.Write(ref uart, address - GuestBoard.Uart, width, value);
        }
        if (address - GuestBoard.Distributor < GicV3.DistributorSize)
            return WriteDistributor(vm, vcpu, address - GuestBoard.Distributor, width, value);
        if (address - GuestBoard.Redistributors < vm->Gic.RedistributorsSize)
            return vm->Gic.WriteRedistributor(ref host, vcpu, address - GuestBoard.Redistributors, width, value);
        if (address - GuestBoard.Rtc < GuestBoard.RtcSize)
        {
            var rtc = new VmRtcHost(vm);
            return Rtc.Write(ref rtc, address - GuestBoard.Rtc, width, value);
        }
        if (vm->HasVirtioConsole && address - GuestBoard.VirtioConsole < GuestBoard.VirtioSize)
            return Terminal.Write(vm, address - GuestBoard.VirtioConsole, width, value);
        if (!TryFindDisk(vm, address, out int slot, out ulong offset))
            return false;
        var disk = new VmDiskHost(vm, slot);
        return Disks[slot].Transport.Write(ref disk, offset, width, value);
    }

    private static bool WriteDistributor(Vm* vm, int vcpu, ulong offset, AccessWidth width, ulong value)
    {
        var host = new VmHost(vm);
        bool written = vm->Gic.WriteDistributor(ref host, vcpu, offset, width, value);
        if (vm->HasHostInterrupts && offset is >= (ulong)GicdRegister.IROUTER and < (ulong)GicdRegister.RoutersEnd)
            vm->RouteInterrupts();
        return written;
    }

    private static bool TryFindDisk(Vm* vm, ulong address, out int slot, out ulong offset)
    {
        ulong distance = address - GuestBoard.Virtio;
        slot = (int)(distance / GuestBoard.VirtioSize);
        offset = distance % GuestBoard.VirtioSize;
        return distance < (ulong)vm->Manifest.DiskCount * GuestBoard.VirtioSize;
    }
}
