using System.Diagnostics;
using static Iced.Intel.AssemblerRegisters;

namespace AxVCpu.Kvm.Tests;

/// <summary>Getting a vCPU out of the guest.</summary>
public sealed class KickTests
{
    private const int Kicks = 100_000;

    /// <summary>
    /// Each round is one kick of a spinning guest by another thread, up to the number or for as long as a busy machine allows. A lost kick
    /// is found by its time; a kick that leaks ends a later run, and the answers get ahead of the rounds.
    /// </summary>
    [Fact]
    public void Kicks_are_neither_lost_nor_left_over()
    {
        using Guest guest = Spinning();
        int asked = 0;
        int answered = 0;
        bool stop = false;
        var owner = new Thread(() =>
        {
            guest.Cpu.Bind();
            while (!Volatile.Read(ref stop) && guest.Cpu.Run().Kind == VCpuExitKind.Interrupted)
                Interlocked.Increment(ref answered);
            guest.Cpu.Unbind();
        });
        owner.Start();
        long start = Stopwatch.GetTimestamp();
        while (asked < Kicks && Stopwatch.GetElapsedTime(start) < TimeSpan.FromSeconds(15))
        {
            Assert.Equal(asked, Volatile.Read(ref answered));
            asked++;
            if (asked == Kicks || Stopwatch.GetElapsedTime(start) > TimeSpan.FromSeconds(14))
                Volatile.Write(ref stop, true);
            long kicked = Stopwatch.GetTimestamp();
            guest.Cpu.RequestExit();
            var spin = default(SpinWait);
            while (Volatile.Read(ref answered) < asked)
            {
                spin.SpinOnce(sleep1Threshold: -1);
                Assert.True(Stopwatch.GetElapsedTime(kicked) < TimeSpan.FromSeconds(30), $"kick {asked} was lost");
            }

            if (Volatile.Read(ref stop))
                break;
        }

        owner.Join();
        Assert.Equal(asked, answered);
        Assert.InRange(asked, 100, Kicks);
        Assert.Equal(VCpuState.Free, guest.Cpu.State);
    }

    [Fact]
    public void A_kick_before_a_run_ends_it_and_only_it()
    {
        using var guest = new Guest(Mode.Long, c =>
        {
            c.@out(0x10, al);
            c.@out(0x10, al);
            c.hlt();
        });
        guest.Cpu.RequestExit();
        guest.Cpu.RequestExit();
        Assert.Equal(VCpuExitKind.Interrupted, guest.Run().Kind);
        guest.NextOut(0x10);
        guest.Cpu.RequestExit();
        Assert.Equal(VCpuExitKind.Interrupted, guest.Run().Kind);
        guest.NextOut(0x10);
        Assert.Equal(VCpuExitKind.Halt, guest.Run().Kind);
    }

    /// <summary>Kicks from many threads at moments that have nothing to do with the runs, and a thread that ends between two of them.</summary>
    [Fact]
    public void Kicks_that_race_with_exits_unbinding_and_the_end_of_threads_do_no_harm()
    {
        using var guest = new Guest(Mode.Long, c =>
        {
            Iced.Intel.Label loop = c.CreateLabel();
            c.Label(ref loop);
            c.@out(0x10, al);
            c.jmp(loop);
        });
        bool stop = false;
        using var kicking = new CountdownEvent(3);
        Thread[] kickers = [.. Enumerable.Range(0, 3).Select(_ => new Thread(() =>
        {
            guest.Cpu.RequestExit();
            kicking.Signal();
            while (!Volatile.Read(ref stop))
                guest.Cpu.RequestExit();
        }))];
        foreach (Thread kicker in kickers)
            kicker.Start();
        kicking.Wait(TestContext.Current.CancellationToken); // the runs that follow are over in milliseconds
        int interrupted = 0;
        int written = 0;
        for (int thread = 0; thread < 20; thread++)
        {
            var owner = new Thread(() =>
            {
                guest.Cpu.Bind();
                for (int i = 0; i < 500; i++)
                {
                    if (guest.Cpu.Run().Kind == VCpuExitKind.Interrupted)
                        interrupted++;
                    else
                        written++;
                }

                guest.Cpu.Unbind();
            });
            owner.Start();
            owner.Join();
        }

        Volatile.Write(ref stop, true);
        foreach (Thread kicker in kickers)
            kicker.Join();
        Assert.Equal(10_000, interrupted + written);
        Assert.NotEqual(0, interrupted);
    }

    [Fact]
    public void Collections_while_the_guest_runs_do_no_harm()
    {
        using Guest guest = Spinning();
        bool done = false;
        var owner = new Thread(() =>
        {
            guest.Cpu.Bind();
            Assert.Equal(VCpuExitKind.Interrupted, guest.Cpu.Run().Kind);
            Volatile.Write(ref done, true);
            guest.Cpu.Unbind();
        });
        owner.Start();
        while (guest.Cpu.State != VCpuState.Running)
            Thread.Yield();
        long start = Stopwatch.GetTimestamp();
        for (int i = 0; i < 100; i++)
            GC.Collect(2, GCCollectionMode.Forced, blocking: true);
        Assert.True(Stopwatch.GetElapsedTime(start) < TimeSpan.FromSeconds(60), "a collection waited for the guest");
        Assert.False(Volatile.Read(ref done));
        guest.Cpu.RequestExit();
        owner.Join();
        Assert.True(done);
        Assert.Equal(0u, guest.Cpu.SpuriousKicks);
    }

    [Fact]
    public void Exits_allocate_nothing()
    {
        using var guest = new Guest(Mode.Long, c =>
        {
            Iced.Intel.Label loop = c.CreateLabel();
            c.Label(ref loop);
            c.@out(0x10, al);
            c.@in(al, 0x11);
            c.mov(__dword_ptr[(int)Guest.Device], eax);
            c.mov(eax, __dword_ptr[(int)Guest.Device]);
            c.jmp(loop);
        });
        guest.Cpu.Bind();
        Assert.Equal(0, Garbage.Of(() => Exits(guest.Cpu, 4000)));

        static void Exits(VirtualCpu cpu, int count)
        {
            for (int i = 0; i < count; i++)
            {
                VCpuExitKind kind = cpu.Run().Kind;
                if (kind is VCpuExitKind.IoRead or VCpuExitKind.MmioRead)
                    cpu.CompleteRead(1);
                cpu.SetGpr(3, cpu.GetGpr(0) + 1);
            }
        }
    }

    private static Guest Spinning() => new(Mode.Long, c =>
    {
        Iced.Intel.Label loop = c.CreateLabel();
        c.Label(ref loop);
        c.jmp(loop);
    });
}
