using System.Runtime;
using AxVCpu.Devices;

namespace AxVCpu.BareMetal.LinkCheck;

/// <summary>Every transition of the device models.</summary>
internal static class DeviceCheck
{
    [RuntimeExport("axvcpu_check_uart")]
    public static ulong Uart(ulong seed)
    {
        FakeBoard host = default;
        var uart = new Uart16550((byte)seed);
        uart.Reset();
        uart.Write(ref host, seed, AccessWidth.Byte, seed);
        uart.Receive(ref host, (byte)seed);
        uart.ReceiveIdle(ref host);
        uart.Resynchronize(ref host);
        uart.Read(ref host, seed, AccessWidth.Byte, out ulong value);
        return value + uart.Size + (ulong)(uart.Waiting + uart.RegisterShift)
            + (uart.CanReceive || uart.IsLoopback || uart.ReceiverInterruptEnabled ? host.Effects : 0);
    }

    [RuntimeExport("axvcpu_check_plic")]
    public static ulong PlicModel(ulong seed)
    {
        FakeBoard host = default;
        var plic = new Plic((int)seed, 2);
        plic.Reset(ref host);
        plic.SetLevel(ref host, (uint)seed, level: true);
        plic.Write(ref host, seed, AccessWidth.Dword, seed);
        plic.Read(ref host, seed, AccessWidth.Dword, out ulong value);
        plic.Resynchronize(ref host);
        return value + plic.Size + (ulong)(plic.Sources + plic.Contexts) + host.Effects;
    }

    [RuntimeExport("axvcpu_check_aclint")]
    public static ulong AclintModel(ulong seed)
    {
        FakeBoard host = default;
        var aclint = new Aclint((int)seed);
        aclint.Reset(ref host);
        aclint.Write(ref host, seed, AccessWidth.Qword, seed);
        aclint.Read(ref host, seed, AccessWidth.Qword, out ulong value);
        aclint.Resynchronize(ref host);
        var sswi = new AclintSswi((int)seed);
        sswi.Write(ref host, seed, AccessWidth.Dword, seed);
        AclintSswi.Read(seed, AccessWidth.Dword, out ulong zero);
        return value + zero + (ulong)(aclint.Harts + sswi.Harts + aclint.TimeOffset) + host.Effects;
    }

    [RuntimeExport("axvcpu_check_rtc")]
    public static ulong Rtc(ulong seed)
    {
        FakeBoard host = default;
        GoldfishRtc rtc = default;
        rtc.Reset(ref host);
        rtc.Write(ref host, seed, AccessWidth.Dword, seed);
        rtc.AlarmExpired(ref host);
        rtc.Read(ref host, seed, AccessWidth.Dword, out ulong value);
        return value + (rtc.IsArmed ? host.Effects : 0);
    }

    [RuntimeExport("axvcpu_check_syscon")]
    public static ulong SysconModel(ulong seed)
    {
        FakeBoard host = default;
        Syscon.Write(ref host, seed, AccessWidth.Dword, seed);
        Syscon.Read(seed, AccessWidth.Dword, out ulong value);
        return value + host.Effects;
    }

    [RuntimeExport("axvcpu_check_pl011")]
    public static ulong Pl011Model(ulong seed)
    {
        FakeBoard host = default;
        Pl011 uart = Pl011.Create();
        uart.Reset(ref host);
        uart.Write(ref host, seed, AccessWidth.Dword, seed);
        uart.Receive(ref host, (byte)seed);
        uart.ReceiveIdle(ref host);
        uart.Resynchronize(ref host);
        uart.Read(ref host, seed, AccessWidth.Dword, out ulong value);
        return value + (ulong)uart.Waiting + (uart.CanReceive || uart.ReceiverInterruptEnabled ? host.Effects : 0);
    }

    [RuntimeExport("axvcpu_check_pl031")]
    public static ulong Pl031Model(ulong seed)
    {
        FakeBoard host = default;
        Pl031 rtc = default;
        rtc.Reset(ref host);
        rtc.Write(ref host, seed, AccessWidth.Dword, seed);
        rtc.AlarmExpired(ref host);
        rtc.Read(ref host, seed, AccessWidth.Dword, out ulong value);
        return value + host.Effects;
    }

    [RuntimeExport("axvcpu_check_arm_timer")]
    public static ulong ArmTimerModel(ulong seed)
    {
        ArmTimer timer = new(seed, seed);
        timer.Write((ArmTimerRegister)seed, seed, seed);
        return timer.Read((ArmTimerRegister)seed, seed) + timer.Deadline + timer.CompareValue + (ulong)timer.Control + (timer.IsAsserted(seed) ? 1u : 0u);
    }

    [RuntimeExport("axvcpu_check_psci")]
    public static ulong PsciModel(ulong seed)
    {
        FakeBoard host = default;
        VCpuExitRecord record = default;
        PsciOutcome outcome = Psci.Decide(ref host, seed, seed, seed, seed);
        return (ulong)outcome.Result + (outcome.TryDescribe(ref record) ? (ulong)record.Kind : 0) + (Smccc.IsFastCall(seed) ? 1u : 0u);
    }
}
