using System.Runtime;
using AxVCpu.Devices;

namespace AxVCpu.BareMetal.LinkCheck;

/// <summary>Every transition of the device models of a PC.</summary>
internal static class X64DeviceCheck
{
    [RuntimeExport("axvcpu_check_local_apic")]
    public static ulong LocalApicModel(ulong seed)
    {
        FakeBoard host = default;
        var apic = new LocalApic((uint)seed, isBootstrap: true);
        apic.Reset(ref host);
        apic.Write(ref host, seed, AccessWidth.Dword, seed);
        apic.WriteMsr(ref host, (uint)seed, seed);
        ApicMessage message = ApicMessage.FromMsi(seed, (uint)seed);
        if (apic.IsNamedBy(in message))
            apic.Accept(ref host, in message);
        apic.SetLint(ref host, 1, level: true);
        apic.SetTaskPriority(ref host, (byte)seed);
        apic.TimerExpired(ref host);
        apic.Acknowledge(ref host, out byte vector);
        apic.Init(ref host);
        apic.Resynchronize(ref host);
        apic.Read(ref host, seed, AccessWidth.Dword, out ulong value);
        apic.ReadMsr(ref host, (uint)seed, out ulong msr);
        message.ToMsi(out ulong address, out uint data);
        return value + msr + vector + address + data + apic.Id + apic.Base + apic.TaskPriority + apic.ProcessorPriority
            + (apic.IsX2Apic || apic.IsEnabled || apic.IsInterruptPending ? host.Effects : 0);
    }

    [RuntimeExport("axvcpu_check_io_apic")]
    public static ulong IoApicModel(ulong seed)
    {
        FakeBoard host = default;
        var apic = new IoApic((byte)seed);
        apic.Reset();
        apic.Write(ref host, seed, AccessWidth.Dword, seed);
        apic.SetLevel(ref host, (int)seed, level: true);
        apic.EndOfInterrupt(ref host, (byte)seed);
        apic.Resynchronize(ref host);
        apic.Read(seed, AccessWidth.Dword, out ulong value);
        return value + apic.Entry((int)seed) + host.Effects;
    }

    [RuntimeExport("axvcpu_check_pc_timers")]
    public static ulong Timers(ulong seed)
    {
        FakeBoard host = default;
        var pit = new Pit8254();
        pit.Reset(ref host);
        pit.Write(ref host, seed, seed);
        pit.WriteControlB(ref host, (byte)seed);
        pit.Advance(ref host);
        pit.Resynchronize(ref host);
        pit.Read(ref host, seed, out ulong count);
        var rtc = new Mc146818();
        rtc.Reset(ref host);
        rtc.Write(ref host, seed, seed);
        rtc.Advance(ref host);
        rtc.Resynchronize(ref host);
        rtc.Read(ref host, seed, out ulong time);
        return count + time + pit.ReadControlB(ref host) + host.Effects;
    }

    [RuntimeExport("axvcpu_check_pc_power")]
    public static ulong Power(ulong seed)
    {
        FakeBoard host = default;
        AcpiPowerManagement power = default;
        power.Reset(ref host);
        power.Write(ref host, seed, AccessWidth.Word, seed);
        power.PressPowerButton(ref host);
        power.Advance(ref host);
        power.Resynchronize(ref host);
        power.Read(ref host, seed, AccessWidth.Dword, out ulong value);
        var keyboard = new I8042();
        keyboard.Reset();
        keyboard.Write(ref host, seed, seed);
        keyboard.Read(seed, out ulong status);
        ResetControl reset = default;
        reset.Write(ref host, (byte)seed);
        ulong written = reset.Value;
        reset.Reset();
        FwCfg configuration = default;
        configuration.Write(seed, AccessWidth.Word, seed);
        configuration.Read(ref host, seed, AccessWidth.Byte, out ulong item);
        configuration.Reset();
        return value + status + written + item + host.Effects;
    }
}
