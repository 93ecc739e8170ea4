using AxVCpu.BareMetal.Aarch64;
using AxVCpu.Memory;

namespace AxVCpu.BareMetal.Hypervisor;

/// <summary>Serves hypercalls: the hypervisor's own, and the firmware calls that the engine does not turn into exits of their own.</summary>
internal static unsafe class Hypercalls
{
    // SMC Calling Convention (Arm DEN 0028), 2.1: bit 31 marks a fast call; firmware calls are fast ones.
    private const ulong FastCall = 1UL << 31;

    internal static void Serve(ref HypervisorState hypervisor, VmVCpu* vcpu, HypercallExit call)
    {
        if ((call.Number & FastCall) == 0)
            vcpu->Core.SetReturnValue((ulong)(long)Own(ref hypervisor, vcpu, call));
        else if (GuestEntropy.TryAnswer(ref hypervisor, vcpu, call, out ulong result))
            vcpu->Core.SetReturnValue(result);
        else
            vcpu->Core.SetReturnValue(GuestPower.Answer(vcpu, call));
    }

    private static HypercallError Own(ref HypervisorState hypervisor, VmVCpu* vcpu, HypercallExit call)
    {
        Vm* vm = vcpu->Vm;
        switch ((HypercallNumber)call.Number)
        {
            case HypercallNumber.HypervisorDisable or HypercallNumber.HypervisorPrepareDisable:
                return HypercallError.NotSupported;
            case HypercallNumber.HypervisorDebug:
                Log.Debug("vm "u8).Text(vm->Manifest.Name.Span).Text(" says "u8).Hex(call.Argument(0)).Text(" "u8).Hex(call.Argument(1)).Text(" "u8)
                    .Hex(call.Argument(2)).End();
                return HypercallError.None;
            case HypercallNumber.PublishChannel:
                return Publish(ref hypervisor.Channels, vm, call.Argument(0), call.Argument(1), call.Argument(2));
            case HypercallNumber.SubscribeChannel:
                return Subscribe(ref hypervisor.Channels, vm, call.Argument(0), call.Argument(1), call.Argument(2), call.Argument(3));
            case HypercallNumber.UnpublishChannel:
                return hypervisor.Channels.Unpublish(vm, call.Argument(0));
            case HypercallNumber.UnsubscribeChannel:
                return hypervisor.Channels.Unsubscribe(vm, call.Argument(0), call.Argument(1));
            case HypercallNumber.NotifyChannel:
                return hypervisor.Channels.Notify(vm, call.Argument(0), call.Argument(1));
            default:
                return HypercallError.NoSuchCall;
        }
    }

    private static HypercallError Publish(ref ChannelTable channels, Vm* vm, ulong key, ulong addressAt, ulong sizeAt)
    {
        // Both pointers are tried before anything changes.
        if (vm->Space.ReadObject(new GuestPhysAddr(sizeAt), out ulong size) != GuestAccessStatus.Ok || !CanWrite(vm, addressAt) || !CanWrite(vm, sizeAt))
            return HypercallError.BadAddress;
        HypercallError error = channels.Publish(vm, key, size, out ulong address, out size);
        return error == HypercallError.None ? Answer(vm, addressAt, address, sizeAt, size) : error;
    }

    private static HypercallError Subscribe(ref ChannelTable channels, Vm* vm, ulong publisher, ulong key, ulong addressAt, ulong sizeAt)
    {
        if (!CanWrite(vm, addressAt) || !CanWrite(vm, sizeAt))
            return HypercallError.BadAddress;
        HypercallError error = channels.Subscribe(vm, publisher, key, out ulong address, out ulong size);
        return error == HypercallError.None ? Answer(vm, addressAt, address, sizeAt, size) : error;
    }

    private static bool CanWrite(Vm* vm, ulong address) =>
        vm->Space.ReadObject(new GuestPhysAddr(address), out ulong value) == GuestAccessStatus.Ok
        && vm->Space.WriteObject(new GuestPhysAddr(address), value) == GuestAccessStatus.Ok;

    private static HypercallError Answer(Vm* vm, ulong addressAt, ulong address, ulong sizeAt, ulong size) =>
        vm->Space.WriteObject(new GuestPhysAddr(addressAt), address) == GuestAccessStatus.Ok
        && vm->Space.WriteObject(new GuestPhysAddr(sizeAt), size) == GuestAccessStatus.Ok
            ? HypercallError.None
            : HypercallError.BadAddress;
}
