using System.Diagnostics;
using AxVCpu.X64;
using static Iced.Intel.AssemblerRegisters;

namespace AxVCpu.Kvm.Tests;

/// <summary>The guest's time, also over a pause.</summary>
public sealed class ClockTests
{
    private const uint TimeStampDeadline = 0x6E0;
    private static readonly TimeSpan s_pause = TimeSpan.FromMilliseconds(400);

    /// <summary>What the guest's time may have gone on by, in its own unit: what the host took around the pause, and half of the pause for two clocks.</summary>
    private static ulong Outside(long start, TimeSpan pause, ulong frequency) =>
        (ulong)((Stopwatch.GetElapsedTime(start) - pause + (s_pause / 2)).TotalSeconds * frequency);

    private static TimeSpan Pause(Guest guest)
    {
        guest.Machine.StopTime();
        guest.Machine.StopTime();
        long start = Stopwatch.GetTimestamp();
        Thread.Sleep(s_pause);
        TimeSpan pause = Stopwatch.GetElapsedTime(start);
        guest.Machine.StartTime();
        guest.Machine.StartTime();
        return pause;
    }

    [Fact]
    public void The_clock_goes_on_and_can_be_set_back()
    {
        using var guest = new Guest(Mode.Long, c => c.hlt());
        ulong first = guest.Machine.ClockNanoseconds;
        Thread.Sleep(2);
        Assert.True(guest.Machine.ClockNanoseconds > first);
        guest.Machine.ClockNanoseconds = 1_000_000_000_000;
        Assert.InRange(guest.Machine.ClockNanoseconds, 1_000_000_000_000UL, 1_060_000_000_000UL);
    }

    [Fact]
    public void A_pause_is_not_in_the_guests_clock()
    {
        using Guest guest = ReadingTime();
        long start = Stopwatch.GetTimestamp();
        ulong before = guest.Machine.ClockNanoseconds;
        TimeSpan pause = Pause(guest);
        ulong after = guest.Machine.ClockNanoseconds;
        Assert.InRange(after - before, 0UL, Outside(start, pause, 1_000_000_000));
    }

    [Fact]
    public void A_pause_is_not_in_the_guests_time_stamps()
    {
        using Guest guest = ReadingTime(cpus: 2);
        ulong frequency = guest.Machine.TscFrequencyHz;
        Assert.SkipWhen(guest.Machine.Module == KvmModule.Pvm, "guests of kvm_pvm read the host's time-stamp counter: no pause can be taken out of it");
        Assert.SkipWhen(frequency == 0, "the kernel does not tell how fast the time-stamp counter goes");
        foreach (VirtualCpu<KvmX64VCpu> cpu in guest.Cpus)
            Assert.True(cpu.Inner.Arch.ReadTimeStamp(out _).IsNone);
        long start = Stopwatch.GetTimestamp();
        ulong[] before = ReadAll(guest);
        TimeSpan pause = Pause(guest);
        ulong[] after = ReadAll(guest);
        for (int i = 0; i < before.Length; i++)
            Assert.InRange(after[i] - before[i], 1UL, Outside(start, pause, frequency));
        // What the guest itself sees is the same counter, and it goes on.
        ulong seen = guest.NextOut(0x10);
        Assert.Equal((uint)seen, guest.Cpu.GetGpr((int)X64Register.Rax));
        Assert.InRange(guest.Cpu.GetGpr((int)X64Register.Rax) - (uint)after[0] & uint.MaxValue, 0UL, frequency);
    }

    [Fact]
    public void A_deadline_of_an_apic_in_the_kernel_is_still_there_after_a_pause()
    {
        using var guest = new Guest(Mode.Long, c => c.hlt(), controller: X64InterruptController.Split);
        const int TimerEntry = 0x320;
        const uint DeadlineMode = 1 << 18;
        const uint Vector = 0x40;
        const int Spurious = 0xF0;
        Assert.True(guest.Arch.Read(out X64LapicState apic).IsNone);
        BitConverter.TryWriteBytes(((Span<byte>)apic)[Spurious..], 0x1FFu);
        BitConverter.TryWriteBytes(((Span<byte>)apic)[TimerEntry..], DeadlineMode | Vector);
        Assert.True(guest.Arch.Write(in apic).IsNone);
        Assert.True(guest.Arch.ReadTimeStamp(out ulong now).IsNone);
        ulong deadline = now + (1UL << 42); // more than ten minutes
        X64MsrBlock block = default;
        block.Add(TimeStampDeadline, deadline);
        Assert.True(guest.Arch.WriteMsrs(in block).IsNone);
        guest.Machine.StopTime();
        guest.Machine.StartTime();
        X64MsrBlock read = default;
        read.Add(TimeStampDeadline);
        Assert.True(guest.Arch.ReadMsrs(ref read).IsNone);
        Assert.Equal(deadline, read.Entries[0].Value);
    }

    private static ulong[] ReadAll(Guest guest) =>
    [
        .. guest.Cpus.Select(cpu =>
        {
            Assert.True(cpu.Inner.Arch.ReadTimeStamp(out ulong value).IsNone);
            return value;
        }),
    ];

    private static Guest ReadingTime(int cpus = 1) => new(
        Mode.Long,
        c =>
        {
            Iced.Intel.Label loop = c.CreateLabel();
            c.Label(ref loop);
            c.rdtsc();
            c.@out(0x10, eax);
            c.jmp(loop);
        },
        cpus: cpus);
}
