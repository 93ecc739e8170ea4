using System;
using System.Runtime;
using AxVCpu.Devices;

namespace AxVCpu.BareMetal.LinkCheck;

/// <summary>Roots for ilc: every device model, with effects that go nowhere.</summary>
internal static class DevicesCheck
{
    private struct Nowhere : IUart16550Host, IPlicHost, IAclintHost, IAclintSswiHost, IGoldfishRtcHost, ISysconHost,
        IVirtioBlkHost, IVirtioRngHost, IVirtioConsoleHost
    {
        internal ulong Sum;

        public void Transmit(byte value) => Sum += value;

        public int Transmit(ReadOnlySpan<byte> characters) => characters.Length;

        public void SetInterrupt(bool level) => Sum++;

        public void SetExternal(int context, bool level) => Sum++;

        public void SetSoftware(int hart, bool level) => Sum++;

        public ulong Now() => Sum;

        public void SetTimerDeadline(int hart, ulong deadline) => Sum += deadline;

        public void RaiseSupervisorSoftware(int hart) => Sum++;

        public ulong NowNanoseconds() => Sum;

        public void ArmAlarm(ulong deadline) => Sum += deadline;

        public void DisarmAlarm() => Sum++;

        public void Finish(SysconStatus status, ushort code) => Sum += code;

        public bool Read(ulong address, Span<byte> destination) => (address & 1) == 0;

        public bool Write(ulong address, ReadOnlySpan<byte> source) => (address & 1) == 0;

        public bool ReadIndex(ulong address, out ushort value)
        {
            value = (ushort)Sum;
            return true;
        }

        public bool WriteIndex(ulong address, ushort value) => true;

        public ulong ReadConfig(ulong offset, AccessWidth width) => Sum;

        public void WriteConfig(ulong offset, AccessWidth width, ulong value) => Sum += value;

        public void Notify(int queue) => Sum++;

        public void ResetDevice() => Sum++;

        public Span<byte> Staging() => default;

        public bool ReadDisk(ulong offset, Span<byte> destination) => true;

        public bool WriteDisk(ulong offset, ReadOnlySpan<byte> source) => true;

        public bool FlushDisk() => true;

        public void Fill(Span<byte> destination) => destination.Clear();
    }

    [RuntimeExport("axvcpu_check_board")]
    public static ulong Board(ulong offset, AccessWidth width, ulong value)
    {
        Nowhere host = default;
        Uart16550 uart = new(0);
        uart.Write(ref host, offset, width, value);
        uart.Read(ref host, offset, width, out ulong sum);
        uart.Receive(ref host, (byte)value);
        uart.ReceiveIdle(ref host);
        uart.Resynchronize(ref host);
        Plic plic = new(95, 8);
        plic.SetLevel(ref host, (uint)value, level: true);
        plic.Write(ref host, offset, width, value);
        plic.Read(ref host, offset, width, out sum);
        plic.Reset(ref host);
        plic.Resynchronize(ref host);
        Aclint aclint = new(4);
        aclint.Write(ref host, offset, width, value);
        aclint.Read(ref host, offset, width, out sum);
        aclint.Reset(ref host);
        AclintSswi sswi = new(4);
        sswi.Write(ref host, offset, width, value);
        AclintSswi.Read(offset, width, out sum);
        GoldfishRtc rtc = default;
        rtc.Write(ref host, offset, width, value);
        rtc.Read(ref host, offset, width, out sum);
        rtc.AlarmExpired(ref host);
        rtc.Reset(ref host);
        Syscon.Write(ref host, offset, width, value);
        Syscon.Read(offset, width, out sum);
        return sum + host.Sum;
    }

    [RuntimeExport("axvcpu_check_virtio")]
    public static ulong Virtio(ulong offset, AccessWidth width, ulong value)
    {
        Nowhere host = default;
        VirtioMmio transport = new(VirtioDeviceId.Block, value, 2);
        transport.Write(ref host, offset, width, value);
        transport.Read(ref host, offset, width, out ulong sum);
        transport.Resynchronize(ref host);
        VirtioBlk disk = new(value, readOnly: false, default);
        disk.Process(ref host, ref transport);
        VirtioRng.Process(ref host, ref transport);
        VirtioConsole console = new(80, 25);
        console.Process(ref host, ref transport);
        console.Resize(ref host, ref transport, 80, 25);
        VirtioConsole.Receive(ref host, ref transport, default);
        return sum + host.Sum + disk.ReadConfig(offset, width) + console.ReadConfig(offset, width);
    }
}
