using System.Diagnostics;

namespace AxVCpu.Kvm.Bench;

/// <summary>What a sandbox costs, in microseconds, medians.</summary>
internal static class SandboxCosts
{
    // mov eax, edi; inc eax; ret, and a call of host function 1: mov eax, 1; out 0xF1, al; ret.
    private static readonly byte[] s_code = [0x89, 0xF8, 0xFF, 0xC0, 0xC3, 0xB8, 1, 0, 0, 0, 0xE6, 0xF1, 0xC3];
    private const ulong HostCall = KvmSandbox.CodeAddress + 5;

    // mov [rdi], rdi; ret: one page is written.
    private static readonly byte[] s_writes = [0x48, 0x89, 0x3F, 0xC3];

    public static IEnumerable<(string What, double Microseconds)> Measure(int rounds)
    {
        List<double> create = [];
        List<double> first = [];
        List<double> dispose = [];
        for (int i = 0; i < rounds / 10; i++)
        {
            long start = Stopwatch.GetTimestamp();
            var sandbox = new KvmSandbox(new KvmSandboxConfig { Code = s_code });
            create.Add(Since(start));
            start = Stopwatch.GetTimestamp();
            Check(sandbox.Call<int, int>(KvmSandbox.CodeAddress, i), i + 1);
            first.Add(Since(start));
            start = Stopwatch.GetTimestamp();
            sandbox.Dispose();
            dispose.Add(Since(start));
        }

        yield return ("create", Median(create));
        yield return ("first call", Median(first));
        yield return ("dispose", Median(dispose));
        var functions = new SandboxFunctions().Add(1, static () => 7);
        using (var sandbox = new KvmSandbox(new KvmSandboxConfig { Code = s_code, Functions = functions }))
        {
            yield return ("warm call", Each(rounds, i => Check(sandbox.Call<int, int>(KvmSandbox.CodeAddress, i), i + 1)));
            yield return ("warm call with one call of the host", Each(rounds, _ => Check(sandbox.Call<int>(HostCall), 7)));
            using var deadline = new CancellationTokenSource(TimeSpan.FromHours(1));
            yield return ("warm call with a deadline", Each(rounds, i => Check(sandbox.Call<int, int>(KvmSandbox.CodeAddress, i, deadline.Token), i + 1)));
            yield return ("reset, nothing written", Each(rounds, _ => sandbox.Reset()));
        }

        using (var sandbox = new KvmSandbox(new KvmSandboxConfig { Code = s_writes }))
        {
            yield return ("call that writes a page, and reset", Each(rounds, _ =>
            {
                sandbox.Call<ulong, ulong>(KvmSandbox.CodeAddress, KvmSandbox.DataAddress);
                sandbox.Reset();
            }));
        }
    }

    private static double Each(int rounds, Action<int> action)
    {
        List<double> times = new(rounds);
        for (int i = 0; i < rounds; i++)
        {
            long start = Stopwatch.GetTimestamp();
            action(i);
            times.Add(Since(start));
        }

        return Median(times);
    }

    private static void Check(int value, int expected)
    {
        if (value != expected)
            throw new InvalidOperationException($"{value} instead of {expected}");
    }

    private static double Since(long start) => Stopwatch.GetElapsedTime(start).TotalMicroseconds;

    private static double Median(List<double> times)
    {
        times.Sort();
        return times[times.Count / 2];
    }
}
