using System.Diagnostics;
using System.Globalization;

namespace Axvisor.Bench;

/// <summary>What a process uses, from /proc (Linux).</summary>
internal static class Footprint
{
    /// <summary>The CPU time of a process over a while, as a share of one core.</summary>
    public static double CpuShare(Process process, TimeSpan during)
    {
        process.Refresh();
        TimeSpan before = process.TotalProcessorTime;
        long start = Stopwatch.GetTimestamp();
        Thread.Sleep(during);
        process.Refresh();
        return (process.TotalProcessorTime - before) / Stopwatch.GetElapsedTime(start);
    }

    /// <summary>Resident bytes without those of the guest's RAM: the largest mapping of the process is the guest's.</summary>
    public static (long Overhead, long Guest) ResidentBytes(Process process)
    {
        long total = 0;
        long guest = 0;
        long guestSize = 0;
        long size = 0;
        foreach (string line in File.ReadLines($"/proc/{process.Id}/smaps"))
        {
            if (line.StartsWith("Size:", StringComparison.Ordinal))
                size = Kilobytes(line);
            if (!line.StartsWith("Rss:", StringComparison.Ordinal))
                continue;
            long resident = Kilobytes(line);
            total += resident;
            // Reservations of the runtime are larger, but hardly resident.
            if (size >= 512 << 10 && resident > guest)
                (guest, guestSize) = (resident, size);
        }

        return ((total - guest) << 10, guestSize == 0 ? 0 : guest << 10);
    }

    private static long Kilobytes(string line) =>
        long.Parse(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture);
}
