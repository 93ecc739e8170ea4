using System.Globalization;
using System.Text.Json;
using AxVCpu;
using AxVM;
using Spectre.Console;

namespace Axvisor.Commands;

/// <summary>What <c>axvisor run --stats</c> prints about a run that is over.</summary>
internal static class StatisticsReport
{
    private const double Million = 1e6;

    private static readonly VCpuExitKind[] s_kinds = Enum.GetValues<VCpuExitKind>();

    internal static void Write(VmStatistics statistics, bool asJson, TextWriter output)
    {
        if (asJson)
            JsonOutput.Write(output, json => WriteJson(statistics, json));
        else
            TextTable.Write(MakeTable(statistics), output);
    }

    /// <summary>Million instructions per second of busy time; null where nothing is counted.</summary>
    internal static double? Mips(VCpuStatistics cpu) =>
        cpu.Execution is { } execution && cpu.BusyTime > TimeSpan.Zero ? execution.Instructions / cpu.BusyTime.TotalSeconds / Million : null;

    private static Table MakeTable(VmStatistics statistics)
    {
        Table table = TextTable.Create(["statistics", .. statistics.VCpus.Select(cpu => $"vcpu {cpu.Index}")]);
        void Row(string name, Func<VCpuStatistics, string?> value)
        {
            string?[] values = [.. statistics.VCpus.Select(value)];
            if (values.Any(text => text is not null))
                table.AddRow([name, .. values.Select(text => text ?? "-")]);
        }

        void Count(string name, Func<ExecutionStatistics, ulong> value) =>
            Row(name, cpu => cpu.Execution is { } execution ? value(execution).ToString("N0", CultureInfo.InvariantCulture) : null);

        Row("busy seconds", cpu => cpu.BusyTime.TotalSeconds.ToString("F3", CultureInfo.InvariantCulture));
        Count("instructions", execution => execution.Instructions);
        Row("million instructions per second", cpu => Mips(cpu)?.ToString("F0", CultureInfo.InvariantCulture));
        Count("translated instructions", execution => execution.TranslatedInstructions);
        Count("traces", execution => execution.Traces);
        Count("bytes of host code", execution => execution.CodeBytes);
        Count("code flushes", execution => execution.CodeFlushes);
        Count("slow paths", execution => execution.SlowPaths);
        Count("TLB misses", execution => execution.TlbMisses);
        Count("TLB flushes", execution => execution.TlbFlushes);
        Row("exits", cpu => cpu.TotalExits.ToString("N0", CultureInfo.InvariantCulture));
        foreach (VCpuExitKind kind in s_kinds)
        {
            if (statistics.VCpus.Any(cpu => cpu.Exits(kind) != 0))
                Row($"  {kind}", cpu => cpu.Exits(kind).ToString("N0", CultureInfo.InvariantCulture));
        }

        return table;
    }

    private static void WriteJson(VmStatistics statistics, Utf8JsonWriter json)
    {
        json.WriteStartObject();
        json.WriteNumber("guestSeconds", (double)statistics.GuestTicks / statistics.GuestTicksPerSecond);
        json.WriteNumber("residentBytes", statistics.ResidentBytes);
        json.WriteStartArray("vcpus");
        foreach (VCpuStatistics cpu in statistics.VCpus)
        {
            json.WriteStartObject();
            json.WriteNumber("index", cpu.Index);
            json.WriteNumber("busySeconds", cpu.BusyTime.TotalSeconds);
            if (cpu.Execution is { } execution)
                WriteJson(execution, Mips(cpu), json);
            json.WriteStartObject("exits");
            foreach (VCpuExitKind kind in s_kinds)
            {
                if (cpu.Exits(kind) != 0)
                    json.WriteNumber(kind.ToString(), cpu.Exits(kind));
            }

            json.WriteEndObject();
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }

    private static void WriteJson(ExecutionStatistics execution, double? mips, Utf8JsonWriter json)
    {
        json.WriteNumber("instructions", execution.Instructions);
        if (mips is { } value)
            json.WriteNumber("mips", value);
        json.WriteNumber("translatedInstructions", execution.TranslatedInstructions);
        json.WriteNumber("traces", execution.Traces);
        json.WriteNumber("codeBytes", execution.CodeBytes);
        json.WriteNumber("codeFlushes", execution.CodeFlushes);
        json.WriteNumber("slowPaths", execution.SlowPaths);
        json.WriteNumber("tlbMisses", execution.TlbMisses);
        json.WriteNumber("tlbFlushes", execution.TlbFlushes);
    }
}
