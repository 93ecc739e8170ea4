using System.Diagnostics.Metrics;
using AxVCpu;

namespace AxVM;

/// <summary>
/// A VM's counters as a <see cref="Meter"/> named "AxVCpu": observed when somebody collects, which costs the vCPUs nothing. Every value has
/// the tags <c>vm</c> (its number), <c>vm.name</c> and <c>vcpu</c>, exits also <c>kind</c>.
/// </summary>
internal sealed class VmMeter : IDisposable
{
    /// <summary>The meter's name.</summary>
    public const string Name = "AxVCpu";

    private static readonly VCpuExitKind[] s_kinds = Enum.GetValues<VCpuExitKind>();

    private readonly Meter _meter = new(Name);
    private readonly KeyValuePair<string, object?>[][] _tags;
    private readonly IMachine _machine;
    private readonly VCpuActivity[] _activities;

    public VmMeter(uint id, string name, IMachine machine, VCpuActivity[] activities)
    {
        _machine = machine;
        _activities = activities;
        _tags = [.. activities.Select((_, cpu) => (KeyValuePair<string, object?>[])[new("vm", id), new("vm.name", name), new("vcpu", cpu)])];
        _meter.CreateObservableCounter("axvcpu.vcpu.exits", Exits, "{exit}", "Exits from the guest, by kind");
        _meter.CreateObservableCounter("axvcpu.vcpu.busy_time", BusyTimes, "s", "Time in the guest or serving its exits");
        Count("axvcpu.vcpu.instructions", "{instruction}", "Instructions retired since power-on", counted => counted.Instructions);
        Count("axvcpu.translator.instructions", "{instruction}", "Instructions translated", counted => counted.TranslatedInstructions);
        Count("axvcpu.translator.traces", "{trace}", "Traces translated", counted => counted.Traces);
        Count("axvcpu.translator.slow_paths", "{instruction}", "Instructions that the slow path of translated code did", counted => counted.SlowPaths);
        Count("axvcpu.code.flushes", "{flush}", "Times that all decoded and translated code was dropped", counted => counted.CodeFlushes);
        Count("axvcpu.tlb.misses", "{miss}", "Accesses whose page the software TLB did not have", counted => counted.TlbMisses);
        Count("axvcpu.tlb.flushes", "{flush}", "Times that the software TLB was emptied", counted => counted.TlbFlushes);
        _meter.CreateObservableGauge("axvcpu.code.size", () => Measure(counted => counted.CodeBytes), "By", "Bytes of host code");
    }

    public void Dispose() => _meter.Dispose();

    private void Count(string name, string unit, string description, Func<ExecutionStatistics, ulong> read) =>
        _meter.CreateObservableCounter(name, () => Measure(read), unit, description);

    private IEnumerable<Measurement<long>> Measure(Func<ExecutionStatistics, ulong> read)
    {
        for (int cpu = 0; cpu < _activities.Length; cpu++)
        {
            if (_machine.GetExecution(cpu) is { } counted)
            {
                yield return new Measurement<long>((long)read(counted), _tags[cpu]);
            }
        }
    }

    private IEnumerable<Measurement<double>> BusyTimes() =>
        _activities.Select((activity, cpu) => new Measurement<double>(activity.Busy.TotalSeconds, _tags[cpu]));

    private IEnumerable<Measurement<long>> Exits()
    {
        for (int cpu = 0; cpu < _activities.Length; cpu++)
        {
            foreach (VCpuExitKind kind in s_kinds)
            {
                if (_activities[cpu].Exits(kind) is > 0 and long exits)
                {
                    yield return new Measurement<long>(exits, [.. _tags[cpu], new("kind", kind.ToString())]);
                }
            }
        }
    }
}
