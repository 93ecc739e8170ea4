using System.Globalization;

namespace Axvisor.Bench;

/// <summary>What one run of a guest program gave: its result and how long it took by the guest's clock.</summary>
internal readonly record struct Measurement(ulong Result, double Seconds);

/// <summary>Runs something in turns on both machines, and prints a row of the table.</summary>
internal sealed class Comparison(BenchOptions options, Machine ours, Machine? theirs)
{
    /// <summary>Whether the options ask for this row.</summary>
    public bool Wants(string what) => options.Only is not { } text || what.Contains(text, StringComparison.OrdinalIgnoreCase);

    /// <summary>The middle of the pairs: our seconds, the reference's, and its over ours; NaN without a reference.</summary>
    public (double Ours, double Theirs, double Ratio) Measure(string what, Func<Machine, Measurement> run)
    {
        List<double> mine = [];
        List<double> other = [];
        for (int pair = 0; pair < options.Pairs; pair++)
        {
            Measurement ourRun = run(ours);
            mine.Add(ourRun.Seconds);
            if (theirs is null)
                continue;
            Measurement theirRun = run(theirs);
            if (theirRun.Result != ourRun.Result)
                throw new InvalidOperationException($"{what}: {ours.Name} computed {ourRun.Result:x}, {theirs.Name} {theirRun.Result:x}");
            other.Add(theirRun.Seconds);
        }

        return theirs is null
            ? (Median(mine), double.NaN, double.NaN)
            : (Median(mine), Median(other), Median(other.Zip(mine, (t, o) => t / o)));
    }

    /// <summary>Measures, prints a row, and returns the measured.</summary>
    public (double Ours, double Theirs, double Ratio) Row(string what, Func<Machine, Measurement> run, double scale = 1, string unit = "s", string format = "F3")
    {
        (double mine, double other, double ratio) = Measure(what, run);
        Print(what, Value(mine * scale, unit, format), Value(other * scale, unit, format), Ratio(ratio));
        return (mine, other, ratio);
    }

    /// <summary>Prints a row.</summary>
    public static void Print(string what, string mine, string other = "", string ratio = "") =>
        Console.WriteLine($"| {what} | {mine} | {other} | {ratio} |");

    /// <summary>A ratio as text.</summary>
    public static string Ratio(double value) => double.IsNaN(value) ? "-" : value.ToString("F2", CultureInfo.InvariantCulture);

    /// <summary>The middle value.</summary>
    public static double Median(IEnumerable<double> values)
    {
        double[] sorted = [.. values.Order()];
        return sorted.Length % 2 == 1 ? sorted[sorted.Length / 2] : (sorted[(sorted.Length / 2) - 1] + sorted[sorted.Length / 2]) / 2;
    }

    private static string Value(double value, string unit, string format) =>
        double.IsNaN(value) ? "-" : $"{value.ToString(format, CultureInfo.InvariantCulture)} {unit}";
}
