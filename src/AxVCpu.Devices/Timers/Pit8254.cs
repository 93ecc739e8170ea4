using System.Runtime.CompilerServices;

namespace AxVCpu.Devices;

/// <summary>What a <see cref="Pit8254"/> asks of the world around it.</summary>
public interface IPit8254Host
{
    /// <summary>The time in ticks of <see cref="Pit8254.FrequencyHz"/>.</summary>
    ulong Now();

    /// <summary>Drives the interrupt of channel 0. It rises with each period; how long it stays high means nothing.</summary>
    void SetInterrupt(bool level);

    /// <summary>Wants <see cref="Pit8254.Advance"/> when <see cref="Now"/> reaches <paramref name="deadline"/>, in place of any earlier wish; the maximum value is never.</summary>
    void SetDeadline(ulong deadline);
}

/// <summary>Ports of the interval timer, from its first one (Intel 8254 data sheet, table 1).</summary>
public enum Pit8254Register : byte
{
    /// <summary>Counter 0: the system timer.</summary>
    Counter0 = 0,
    /// <summary>Counter 1: once the memory refresh.</summary>
    Counter1 = 1,
    /// <summary>Counter 2: the speaker, and a stopwatch for kernels.</summary>
    Counter2 = 2,
    /// <summary>Control words; write only.</summary>
    Control = 3,
}

/// <summary>Bits of the system control port B, 0x61 (ICH9 data sheet, 13.7.1).</summary>
[Flags]
public enum SystemControlB : byte
{
    /// <summary>The gate of counter 2.</summary>
    TIM_CNT2_EN = 1 << 0,
    /// <summary>Speaker data.</summary>
    SPKR_DAT_EN = 1 << 1,
    /// <summary>Toggles with each refresh cycle, about every 15 microseconds.</summary>
    REF_TOGGLE = 1 << 4,
    /// <summary>The output of counter 2.</summary>
    TMR2_OUT_STS = 1 << 5,
}

/// <summary>
/// An 8254 interval timer with the system control port B of the PC. Outputs and counts are functions of time, so nothing
/// runs between accesses; the owner of time reports when counter 0 is due.
/// Plain data: a copy is a snapshot. Not thread safe; the owner serialises.
/// </summary>
public struct Pit8254
{
    /// <summary>Ticks per second of the PC's timer clock: a third of the colour subcarrier.</summary>
    public const ulong FrequencyHz = 1_193_182;

    /// <summary>Ports of the timer proper.</summary>
    public const ulong Size = 4;

    private const int Channels = 3;
    private const ulong RefreshTicks = 18;
    private const byte SpeakerGate = (byte)SystemControlB.TIM_CNT2_EN;

    [InlineArray(Channels)]
    private struct ChannelSet
    {
        private PitChannel _first;
    }

    private ChannelSet _channels;
    private ulong _edge;
    private byte _controlB;

    /// <summary>A timer after power-up: nothing counts, the gates of counters 0 and 1 are tied high.</summary>
    public Pit8254()
    {
        for (int channel = 0; channel < Channels; channel++)
            _channels[channel].SetGate(channel != 2, 0);
        _edge = ulong.MaxValue;
    }

    /// <summary>Back to power-up.</summary>
    public void Reset<THost>(ref THost host)
        where THost : struct, IPit8254Host
    {
        this = new Pit8254();
        host.SetDeadline(ulong.MaxValue);
        host.SetInterrupt(false);
    }

    /// <summary>Asks for the next deadline again; for use after a restored snapshot.</summary>
    public readonly void Resynchronize<THost>(ref THost host)
        where THost : struct, IPit8254Host => host.SetDeadline(_edge);

    /// <summary>Time has reached a deadline, or any other moment. Missed periods are one interrupt.</summary>
    public void Advance<THost>(ref THost host)
        where THost : struct, IPit8254Host
    {
        ulong now = host.Now();
        if (now >= _edge)
        {
            host.SetInterrupt(false);
            host.SetInterrupt(true);
            _edge = _channels[0].NextRise(now);
        }
        host.SetDeadline(_edge);
    }

    /// <summary>Reads a port; wider accesses than a byte see the low byte.</summary>
    /// <returns>False when there is no such port.</returns>
    public bool Read<THost>(ref THost host, ulong offset, out ulong value)
        where THost : struct, IPit8254Host
    {
        value = offset < (ulong)Pit8254Register.Control ? _channels[(int)offset].Read(host.Now()) : 0u;
        return offset < Size;
    }

    /// <summary>Writes a port; only the low byte counts.</summary>
    /// <returns>False when there is no such port.</returns>
    public bool Write<THost>(ref THost host, ulong offset, ulong value)
        where THost : struct, IPit8254Host
    {
        if (offset >= Size)
            return false;
        ulong now = host.Now();
        if (offset != (ulong)Pit8254Register.Control)
        {
            if (_channels[(int)offset].Write((byte)value, now) && offset == (ulong)Pit8254Register.Counter0)
                Rearm(ref host, now);
            return true;
        }
        WriteControl(ref host, (byte)value, now);
        return true;
    }

    /// <summary>Reads the system control port B.</summary>
    public readonly byte ReadControlB<THost>(ref THost host)
        where THost : struct, IPit8254Host
    {
        ulong now = host.Now();
        byte value = _controlB;
        if ((now / RefreshTicks & 1) != 0)
            value |= (byte)SystemControlB.REF_TOGGLE;
        if (_channels[2].Output(now))
            value |= (byte)SystemControlB.TMR2_OUT_STS;
        return value;
    }

    /// <summary>Writes the system control port B.</summary>
    public void WriteControlB<THost>(ref THost host, byte value)
        where THost : struct, IPit8254Host
    {
        _controlB = (byte)(value & (byte)(SystemControlB.TIM_CNT2_EN | SystemControlB.SPKR_DAT_EN));
        _channels[2].SetGate((value & SpeakerGate) != 0, host.Now());
    }

    private void WriteControl<THost>(ref THost host, byte value, ulong now)
        where THost : struct, IPit8254Host
    {
        int channel = value >> 6;
        if (channel < Channels)
        {
            if (_channels[channel].Control(value, now) && channel == 0)
                Rearm(ref host, now);
            return;
        }
        // Data sheet, "Read-Back Command": bits 5 and 4 are active low, bits 3:1 name the counters.
        for (channel = 0; channel < Channels; channel++)
        {
            if ((value >> (channel + 1) & 1) == 0)
                continue;
            if ((value & 0x20) == 0)
                _channels[channel].LatchCount(now);
            if ((value & 0x10) == 0)
                _channels[channel].LatchStatus(now);
        }
    }

    private void Rearm<THost>(ref THost host, ulong now)
        where THost : struct, IPit8254Host
    {
        _edge = _channels[0].NextRise(now);
        if (!_channels[0].Output(now))
            host.SetInterrupt(false);
        host.SetDeadline(_edge);
    }
}
