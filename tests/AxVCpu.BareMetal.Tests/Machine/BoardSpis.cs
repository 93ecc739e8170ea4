using AxVCpu.BareMetal.Aarch64;

namespace AxVCpu.BareMetal.Tests.Machine;

/// <summary>The shared interrupts of a board's GICv3 (Arm IHI 0069H, 12.9), as far as the hypervisor uses them.</summary>
internal sealed class BoardSpis
{
    private const uint InterruptsPerRegister = 32;

    private readonly HashSet<uint> _enabled = [];
    private readonly HashSet<uint> _edge = [];
    private readonly HashSet<uint> _high = [];
    private readonly HashSet<uint> _latched = [];
    private readonly HashSet<uint> _active = [];
    private readonly Dictionary<uint, ulong> _routes = [];

    /// <summary>Whether an interrupt is enabled.</summary>
    public bool IsEnabled(uint interrupt) => _enabled.Contains(interrupt);

    /// <summary>Whether an interrupt is acknowledged and not deactivated.</summary>
    public bool IsActive(uint interrupt) => _active.Contains(interrupt);

    /// <summary>The affinity of the CPU that an interrupt goes to.</summary>
    public ulong RouteOf(uint interrupt) => _routes.GetValueOrDefault(interrupt);

    /// <summary>A device drives a line.</summary>
    public void Drive(uint interrupt, bool level)
    {
        if (!level)
            _high.Remove(interrupt);
        else if (_high.Add(interrupt) && _edge.Contains(interrupt))
            _latched.Add(interrupt);
    }

    public void Acknowledge(uint interrupt)
    {
        _latched.Remove(interrupt);
        _active.Add(interrupt);
    }

    public void Deactivate(uint interrupt) => _active.Remove(interrupt);

    /// <summary>The lowest interrupt that a CPU is to take.</summary>
    public uint? PendingFor(uint cpu)
    {
        foreach (uint interrupt in _high.Where(interrupt => !_edge.Contains(interrupt)).Concat(_latched).Order())
        {
            if (_enabled.Contains(interrupt) && !_active.Contains(interrupt) && _routes.GetValueOrDefault(interrupt) == cpu)
                return interrupt;
        }
        return null;
    }

    /// <summary>A write to the distributor; SGIs and PPIs are not there.</summary>
    public void Write(uint offset, ulong value)
    {
        switch (offset)
        {
            case >= (uint)GicDistributorRegister.IROUTER:
                _routes[(offset - (uint)GicDistributorRegister.IROUTER) / 8] = value;
                break;
            case >= (uint)GicDistributorRegister.ICFGR:
                Configure((offset - (uint)GicDistributorRegister.ICFGR) * 4, (uint)value);
                break;
            case >= (uint)GicDistributorRegister.ICACTIVER and < (uint)GicDistributorRegister.IPRIORITYR:
                Change(offset - (uint)GicDistributorRegister.ICACTIVER, (uint)value, _active, isMember: false);
                break;
            case >= (uint)GicDistributorRegister.ICPENDR and < (uint)GicDistributorRegister.ISACTIVER:
                Change(offset - (uint)GicDistributorRegister.ICPENDR, (uint)value, _latched, isMember: false);
                break;
            case >= (uint)GicDistributorRegister.ICENABLER and < (uint)GicDistributorRegister.ICENABLER + 0x80:
                Change(offset - (uint)GicDistributorRegister.ICENABLER, (uint)value, _enabled, isMember: false);
                break;
            case >= (uint)GicDistributorRegister.ISENABLER and < (uint)GicDistributorRegister.ICENABLER:
                Change(offset - (uint)GicDistributorRegister.ISENABLER, (uint)value, _enabled, isMember: true);
                break;
        }
    }

    private static void Change(uint offset, uint bits, HashSet<uint> set, bool isMember)
    {
        for (uint bit = 0; bit < InterruptsPerRegister; bit++)
        {
            if ((bits >> (int)bit & 1) == 0)
                continue;
            _ = isMember ? set.Add((offset * 8) + bit) : set.Remove((offset * 8) + bit);
        }
    }

    private void Configure(uint first, uint bits)
    {
        for (uint i = 0; i < InterruptsPerRegister / 2; i++)
            _ = (bits >> (int)(i * 2) & 2) != 0 ? _edge.Add(first + i) : _edge.Remove(first + i);
    }
}
