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
}
