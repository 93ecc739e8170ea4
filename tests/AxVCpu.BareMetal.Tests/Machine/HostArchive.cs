using AxVCpu.BareMetal.Hypervisor;
using AxVM;
using AxVM.BareMetal;

namespace AxVCpu.BareMetal.Tests.Machine;

/// <summary>The VMs of a <see cref="HostBoard"/>, written into an archive by the tools' own code.</summary>
internal sealed class HostArchive
{
    /// <summary>RAM of each VM.</summary>
    public const ulong Memory = 4 << 20;

    private const ulong EntryDistance = 0x1000;

    private readonly List<(string Name, Action<VmConfig, ulong>? Change)> _vms = [];

    /// <summary>What becomes of the archive on its way to the machine.</summary>
    public Func<byte[], byte[]> Transport { get; init; } = static bytes => bytes;

    /// <summary>What starts where.</summary>
    public List<(ulong Entry, GuestProgram Program)> Programs { get; } = [];

    /// <summary>Adds a VM.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="program">What its first vCPU runs.</param>
    /// <param name="change">What its configuration says besides; the second argument is where the host's RAM begins.</param>
    /// <returns>The archive.</returns>
    public HostArchive Add(string name, GuestProgram program, Action<VmConfig, ulong>? change = null)
    {
        _vms.Add((name, change));
        Programs.Add((EntryOf(_vms.Count), program));
        return this;
    }

    /// <summary>Adds a VM with one program for each vCPU; those after the first begin at <see cref="EntryOf"/>.</summary>
    public HostArchive Add(string name, GuestProgram program, GuestProgram second, Action<VmConfig, ulong>? change = null)
    {
        Add(name, program, (config, ram) =>
        {
            config.Base.CpuCount = 2;
            change?.Invoke(config, ram);
        });
        Programs.Add((SecondEntryOf(_vms.Count), second));
        return this;
    }

    /// <summary>Where the first vCPU of a VM begins; VMs count from 1.</summary>
    public static ulong EntryOf(int vm) => GuestRam + ((ulong)vm * EntryDistance);

    /// <summary>Where its second vCPU begins.</summary>
    public static ulong SecondEntryOf(int vm) => EntryOf(vm) + (EntryDistance / 2);

    /// <summary>Where a VM's RAM begins.</summary>
    public static ulong GuestRam => GuestBoard.Ram;

    /// <summary>The archive.</summary>
    public byte[] ToArray(ulong ram)
    {
        string folder = Directory.CreateTempSubdirectory("axvcpu").FullName;
        try
        {
            string kernel = Path.Combine(folder, "kernel.bin");
            File.WriteAllBytes(kernel, [.. Enumerable.Repeat((byte)0xA5, 0x4000)]);
            var archive = new GuestArchive();
            for (int i = 0; i < _vms.Count; i++)
            {
                (string name, Action<VmConfig, ulong>? change) = _vms[i];
                VmConfig config = VmConfig.Parse($"[base]\nid = {i + 1}\nname = \"{name}\"\n[kernel]\nkernel_path = '{kernel}'\nentry_point = {EntryOf(i + 1)}\n");
                config.Memory.Size = Memory;
                change?.Invoke(config, ram);
                archive.Add(config);
            }
            using var output = new MemoryStream();
            archive.Write(output);
            return Transport(output.ToArray());
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }
}
