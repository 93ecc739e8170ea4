using AxVCpu.Devices;

namespace AxVCpu.BareMetal.Hypervisor;

/// <content>The VM's side of channels: the window where they appear, and their interrupt.</content>
internal unsafe partial struct Vm
{
    private const int InterruptsPerRegister = 32;

    /// <summary>Raises the channel interrupt before a vCPU next enters the guest. Any CPU, without locks.</summary>
    internal void RequestChannelInterrupt()
    {
        Volatile.Write(ref _channelInterruptWanted, 1);
        HypervisorState.Current.Wake(ref _vcpus[0]);
    }

    /// <summary>Does what <see cref="RequestChannelInterrupt"/> asked for. The VM's lock is held.</summary>
    internal void DeliverChannelInterrupt(int vcpu)
    {
        if (Volatile.Read(ref _channelInterruptWanted) == 0 || Interlocked.Exchange(ref _channelInterruptWanted, 0) == 0)
            return;
        uint interrupt = ChannelWindow.Interrupt;
        ulong register = (ulong)GicdRegister.ISPENDR + (interrupt / InterruptsPerRegister * sizeof(uint));
        fixed (Vm* self = &this)
        {
            var host = new VmHost(self);
            // As a write of the guest itself would do: pending whatever the trigger, until it is taken.
            Gic.WriteDistributor(ref host, vcpu, register, AccessWidth.Dword, 1UL << (int)(interrupt % InterruptsPerRegister));
        }
    }

    private void PlaceChannelWindow()
    {
        ChannelWindow = new ChannelWindow { Address = GuestBoard.Channels, Size = GuestBoard.ChannelsSize, Interrupt = GuestBoard.ChannelInterrupt };
        for (int i = 0; i < Manifest.DeviceCount; i++)
        {
            EmulatedDevice device = Manifest.Devices[i];
            if (device.Type != Hypervisor.ChannelWindow.DeviceType || (device.Size & (PageSize - 1)) != 0 || (device.Address & (PageSize - 1)) != 0)
                continue;
            ChannelWindow.Address = device.Address;
            ChannelWindow.Size = device.Size;
            ChannelWindow.Interrupt = device.Interrupt is >= GicIntId.FirstSpi and < GicIntId.FirstSpi + GuestBoard.Spis ? device.Interrupt : GuestBoard.ChannelInterrupt;
        }
    }
}
