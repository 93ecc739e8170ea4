using System;
using AxVCpu.Devices;

namespace AxVCpu.BareMetal.LinkCheck;

/// <summary>The outside of every device model: adds up what it is asked for.</summary>
internal struct FakeBoard : ISysconHost, IPlicHost, IUart16550Host, IAclintHost, IAclintSswiHost, IRtcHost,
    ILocalApicHost, IIoApicHost, IPit8254Host, IMc146818Host, IAcpiPowerManagementHost, II8042Host, IResetControlHost, IFwCfgHost, IPl011Host, IPsciHost
{
    private ulong _effects;

    public readonly ulong Effects => _effects;

    public void ReadItem(FwCfgKey key, uint offset, Span<byte> destination) => _effects += (uint)key + offset + (uint)destination.Length;

    public void Finish(SysconStatus status, ushort code) => _effects += (ulong)status + code;

    public void SetExternal(int context, bool level) => _effects += (ulong)context;

    public void Transmit(byte value) => _effects += value;

    public void SetInterrupt(bool level) => _effects += level ? 1u : 0u;

    public void SetSoftware(int hart, bool level) => _effects += (ulong)hart;

    public readonly ulong Now() => _effects;

    public void SetTimerDeadline(int hart, ulong deadline) => _effects += deadline;

    public void RaiseSupervisorSoftware(int hart) => _effects += (ulong)hart;

    public readonly ulong NowNanoseconds() => _effects;

    public void ArmAlarm(ulong deadline) => _effects += deadline;

    public void DisarmAlarm() => _effects++;

    public readonly int VCpuCount => 2;

    public readonly ulong Affinity(int vcpu) => (ulong)vcpu;

    public readonly PsciPowerState PowerState(int vcpu) => (PsciPowerState)_effects;

    public readonly bool CanStartAt(ulong address) => address != 0;

    public void RaiseNmi() => _effects++;

    public void RaiseInit() => _effects++;

    public void RaiseStartUp(byte page) => _effects += page;

    public void Send(in ApicMessage message) => _effects += message.Vector + message.Destination;

    public void SetMessage(int pin, in ApicMessage message) => _effects += message.Vector + (uint)pin;

    public void EndOfInterrupt(byte vector) => _effects += vector;

    public readonly ulong TimeStamp() => _effects;

    public void SetTimerDeadline(ulong deadline) => _effects += deadline;

    public void SetTimeStampDeadline(ulong deadline) => _effects += deadline;

    public void SetDeadline(ulong deadline) => _effects += deadline;

    public void Sleep(byte type) => _effects += type;

    public void Reset() => _effects++;
}
