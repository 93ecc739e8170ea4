using System.Runtime.ExceptionServices;
using System.Text;
using AxVCpu.BareMetal.Aarch64;
using AxVCpu.BareMetal.Hypervisor;

namespace AxVCpu.BareMetal.Tests.Machine;

/// <summary>Machines share the hypervisor's static data: one at a time, and nothing beside it.</summary>
[CollectionDefinition(Name, DisableParallelization = true)]
public sealed class HostBoardTests
{
    public const string Name = "one machine";
}

/// <summary>
/// A machine on which the whole hypervisor runs under .NET: RAM, GICv3, PL011, firmware, and CPUs whose guests are <see cref="GuestProgram"/>s.
/// Time is simulated: it passes only while every CPU sleeps or computes, so that a run is the same each time.
/// </summary>
internal sealed unsafe class HostBoard : IDisposable
{
    /// <summary>Ticks for each second: a tick is a microsecond.</summary>
    public const ulong Frequency = 1_000_000;

    /// <summary>A device of the host that a guest may have, and its interrupt.</summary>
    public const ulong Device = 0x0C00_0000;
    public const uint DeviceInterrupt = 60;

    /// <summary>Another with two interrupts, of which this is the first.</summary>
    public const ulong Pair = 0x0C01_0000;
    public const uint PairInterrupt = 62;

    /// <summary>What the host's devicetree keeps from its system.</summary>
    public const ulong ReservedOffset = 64 << 20;
    public const ulong ReservedSize = 1 << 20;

    private const ulong RamSize = 128 << 20;
    private const ulong ImageSize = 2 << 20;
    private const ulong TreeOffset = 4 << 20;
    private const ulong ArchiveOffset = 8 << 20;
    private const ulong FlagRegister = HostTree.Console + 0x18; // UARTFR, Arm DDI 0183, 3.3.3
    private const ulong ReceiveEmpty = 1 << 4;
    private const ulong DistributorLines = 3;
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(120);

    private readonly LowMemory _ram = new(RamSize);
    private readonly SemaphoreSlim _turn = new(0);
    private readonly List<Thread> _threads = [];
    private readonly Dictionary<nint, GuestCpu> _guests = [];
    private readonly Dictionary<ulong, ulong> _registers = [];
    private readonly Queue<byte> _typed = new();
    private readonly StringBuilder _console = new();
    private readonly int _archiveLength;
    private readonly uint _cpus;
    private Exception? _failure;
    private long _turns;

    /// <summary>A machine that is off.</summary>
    /// <param name="cpus">How many CPUs it has.</param>
    /// <param name="archive">What the boot loader puts beside the image.</param>
    public HostBoard(uint cpus, HostArchive archive)
    {
        _cpus = cpus;
        byte[] bytes = archive.ToArray(_ram.Start);
        _archiveLength = bytes.Length;
        bytes.CopyTo(_ram.Bytes(ArchiveOffset, bytes.Length));
        foreach ((ulong entry, GuestProgram program) in archive.Programs)
            Programs.Add(entry, program);
        Blocks = (PerCpuBlock*)FakeCpu.Pages((int)PerCpuBlock.MaxCpus);
    }

    internal sealed class OffException : Exception
    {
    }

    /// <summary>What starts at which address of a guest.</summary>
    public Dictionary<ulong, GuestProgram> Programs { get; } = [];

    public PerCpuBlock* Blocks { get; }

    public List<BoardCpu> Cpus { get; } = [];

    public BoardSpis Spis { get; } = new();

    /// <summary>How long it takes to load a guest's files.</summary>
    public ulong LoadTicks { get; set; }

    /// <summary>What the boot loader has put into the devicetree for a random number generator; none when it is empty.</summary>
    public byte[] Seed { get; init; } = [.. Enumerable.Repeat((byte)0x5C, 32)];

    /// <summary>The CPUs' generator, which may fail; they have none when it is not set.</summary>
    public Func<ulong?>? CpuGenerator { get; init; }

    /// <summary>The firmware's generator; it has none when this is not set.</summary>
    public Func<ulong>? FirmwareGenerator { get; init; }

    /// <summary>The physical counter.</summary>
    public ulong Now { get; private set; }

    /// <summary>Whether somebody has switched the machine off.</summary>
    public bool IsOff { get; private set; }

    /// <summary>Everything that was written to the console.</summary>
    public string Console => _console.ToString();

    /// <summary>The begin of RAM.</summary>
    public ulong Ram => _ram.Start;

    /// <summary>Switches the machine on, and waits for the shell.</summary>
    public void PowerOn()
    {
        ImageData.Load();
        var tree = new HostTree(_cpus, _ram.Start, RamSize, _ram.Start + ArchiveOffset, (ulong)_archiveLength, _ram.Start + ReservedOffset, ReservedSize, Seed);
        tree.Write(_ram.Bytes(TreeOffset, Devices.FdtFormat.MaximumSize));
        ulong address = _ram.Start + TreeOffset;
        var image = new PhysicalRange { Start = _ram.Start, Size = ImageSize };
        AddCpu(0, () =>
        {
            Assert.True(HostStartup.TryBoot(address, image), "the hypervisor does not start");
            HypervisorMain.Boot();
        });
        Assert.True(RunUntil(() => Console.EndsWith("axvisor> ", StringComparison.Ordinal)), Console);
    }

    /// <summary>A VM by its name.</summary>
    public static Vm* Vm(string name)
    {
        Vm* vm = HypervisorState.Current.FindVm(Encoding.ASCII.GetBytes(name));
        Assert.True(vm != null, $"there is no VM {name}");
        return vm;
    }

    /// <summary>Types a line into the hypervisor's shell, and lets time pass until it is carried out.</summary>
    public void Command(string line)
    {
        int shown = _console.Length;
        foreach (byte letter in Encoding.ASCII.GetBytes(line + "\r"))
            _typed.Enqueue(letter);
        DriveConsole();
        Assert.True(
            RunUntil(() => IsOff || (_typed.Count == 0 && Console.IndexOf('\n', shown) >= 0 && Console.EndsWith("axvisor> ", StringComparison.Ordinal))),
            $"'{line}' was not carried out:\n{Console}");
    }

    /// <summary>A device drives its interrupt.</summary>
    public void Drive(uint interrupt, bool level)
    {
        Spis.Drive(interrupt, level);
        foreach (BoardCpu cpu in Cpus)
            cpu.Poke();
    }

    /// <summary>Lets time pass.</summary>
    public void Run(ulong ticks) => RunUntil(() => false, ticks);

    /// <summary>Lets time pass until something is so.</summary>
    /// <returns>False when it did not become so in this time.</returns>
    public bool RunUntil(Func<bool> condition, ulong ticks = 10 * Frequency)
    {
        ulong end = Now + ticks;
        while (!condition())
        {
            BoardCpu? next = Cpus.Where(cpu => cpu.ReadyAt <= end).MinBy(cpu => (ulong.Max(cpu.ReadyAt, Now), cpu.LastTurn));
            if (next is null || IsOff)
            {
                Now = end;
                return false;
            }
            Now = ulong.Max(Now, next.ReadyAt);
            next.LastTurn = ++_turns;
            next.Resume();
            Assert.True(_turn.Wait(s_patience), $"CPU {next.Index} is stuck:\n{Console}");
            if (_failure is not null)
                ExceptionDispatchInfo.Throw(_failure);
        }
        return true;
    }

    /// <summary>A CPU lets others have their turn.</summary>
    public void GiveBack() => _turn.Release();

    public void ThrowIfOff()
    {
        if (IsOff)
            throw new OffException();
    }

    public void Fail(Exception failure) => _failure ??= failure;

    public ulong Read(ulong address)
    {
        if (address == FlagRegister)
            return _typed.Count == 0 ? ReceiveEmpty : 0;
        if (address == HostTree.Console)
            return TakeTyped();
        if (address == HostTree.Distributor + (uint)GicDistributorRegister.TYPER)
            return DistributorLines;
        ulong redistributor = (address - HostTree.Redistributors) / HostTree.RedistributorSize;
        if (redistributor < _cpus && address % HostTree.RedistributorSize == (HostTree.Redistributors + (uint)GicRedistributorRegister.TYPER) % HostTree.RedistributorSize)
            return redistributor << 32 | (redistributor == _cpus - 1 ? 1UL << 4 : 0);
        return _registers.GetValueOrDefault(address);
    }

    public void Write(ulong address, uint word, ulong value)
    {
        ulong frame = address - HostTree.Redistributors;
        if (address == HostTree.Console)
            _console.Append((char)word);
        else if (address - HostTree.Distributor < HostTree.DistributorSize)
            Spis.Write((uint)(address - HostTree.Distributor), value);
        else if (frame < _cpus * HostTree.RedistributorSize)
            WriteRedistributor((int)(frame / HostTree.RedistributorSize), (uint)(frame % HostTree.RedistributorSize), word);
        else
            _registers[address] = value;
    }

    /// <summary>PSCI of the machine (Arm DEN 0022).</summary>
    public ulong Firmware(ulong function, ulong target, ulong argument)
    {
        switch ((FirmwareFunction)function)
        {
            case FirmwareFunction.CpuOn:
                var block = (PerCpuBlock*)argument;
                AddCpu((uint)target, () =>
                {
                    Assert.True(HostStartup.TryEnterCpu());
                    Volatile.Write(ref block->IsOnline, 1);
                    HypervisorMain.Secondary(block->Index);
                });
                return 0;
            case FirmwareFunction.SystemOff:
                IsOff = true;
                throw new OffException();
            case FirmwareFunction.PsciVersion:
                return 0x1_0001;
            case FirmwareFunction.PsciFeatures when target == Devices.Smccc.SMCCC_VERSION && FirmwareGenerator is not null:
                return 0;
            case (FirmwareFunction)Devices.Smccc.SMCCC_VERSION when FirmwareGenerator is not null:
                return 0x1_0002;
            case FirmwareFunction.TrngVersion when FirmwareGenerator is not null:
                return 0x1_0000;
            default:
                return ulong.MaxValue;
        }
    }

    public void Dispose()
    {
        IsOff = true;
        foreach (BoardCpu cpu in Cpus)
            cpu.Resume();
        foreach (Thread thread in _threads)
            thread.Join(s_patience);
        foreach (BoardCpu cpu in Cpus)
            cpu.Dispose();
        _turn.Dispose();
        ImageData.Load();
        _ram.Dispose();
    }

    private void AddCpu(uint index, Action code)
    {
        var cpu = new BoardCpu(this, index, _guests);
        Cpus.Add(cpu);
        _threads.Add(cpu.Start(code));
    }

    private void WriteRedistributor(int cpu, uint offset, uint value)
    {
        switch (offset - (uint)GicRedistributorRegister.SgiFrame)
        {
            case (uint)GicDistributorRegister.ISACTIVER:
                Cpus[cpu].SetActive(value, isActive: true);
                break;
            case (uint)GicDistributorRegister.ICACTIVER:
                Cpus[cpu].SetActive(value, isActive: false);
                break;
        }
    }

    private ulong TakeTyped()
    {
        byte value = _typed.Count != 0 ? _typed.Dequeue() : (byte)0;
        DriveConsole();
        return value;
    }

    private void DriveConsole() => Drive(HostTree.ConsoleInterrupt, _typed.Count != 0);
}
