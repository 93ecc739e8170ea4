using System.Runtime.InteropServices;
using AxVCpu.Memory;
using AxVCpu.Software.Riscv64.Isa;

namespace AxVCpu.Software.Riscv64.Tests;

/// <summary>
/// Harts with 2 MiB of memory at 0x8000_0000 behind a nested table of single pages that the test changes entry by entry.
/// </summary>
internal sealed unsafe class TestMachine : IDisposable
{
    public const ulong RamBase = 0x8000_0000;
    public const int RamBytes = 2 << 20;

    private const int RootBytes = 16 * 1024;
    private const int TableBytes = 4096;

    private readonly byte* _ram = (byte*)NativeMemory.AlignedAlloc(RamBytes, TableBytes);
    private readonly ulong* _root = (ulong*)NativeMemory.AlignedAlloc(RootBytes, RootBytes);
    private readonly ulong* _middle = (ulong*)NativeMemory.AlignedAlloc(TableBytes, TableBytes);
    private readonly ulong* _pages = (ulong*)NativeMemory.AlignedAlloc(TableBytes, TableBytes);

    public TestMachine(
        StartProfile profile = StartProfile.Machine, int harts = 1, IsaExtensions isa = IsaExtensions.All & ~IsaExtensions.Svade, bool semihosting = false,
        ExecutionTier tier = ExecutionTier.Auto)
    {
        new Span<byte>(_ram, RamBytes).Clear();
        new Span<byte>(_root, RootBytes).Clear();
        new Span<byte>(_middle, TableBytes).Clear();
        _root[RamBase >> 30] = Sv39x4.EncodeTable(Table(_middle));
        _middle[0] = Sv39x4.EncodeTable(Table(_pages));
        for (int i = 0; i < RamBytes >> 12; i++)
            MapPage(RamBase + ((ulong)i << 12), MappingFlags.Read | MappingFlags.Write | MappingFlags.Execute);

        var clock = new VmClock(10_000_000, Time);
        clock.Start();
        Machine = new Riscv64Machine(new Riscv64MachineConfig
        {
            Clock = clock,
            HartCount = harts,
            Isa = isa,
            Profile = profile,
            Semihosting = semihosting,
            CodeCacheBytes = 1 << 20,
            Tier = tier,
        });
        Machine.NestedRoot = Table(_root);
        Harts = new Hart[harts];
        for (int i = 0; i < harts; i++)
        {
            Harts[i] = new Hart(Machine, (ulong)i);
            Machine.AddHart(Harts[i]);
        }
    }

    public ManualTime Time { get; } = new();

    public Riscv64Machine Machine { get; }

    public Hart[] Harts { get; }

    public Hart Hart => Harts[0];

    public HartState* State => Hart.State;

    /// <summary>The word of guest memory at an 8-byte aligned address.</summary>
    public ref ulong Word(ulong gpa) => ref *(ulong*)Host(gpa);

    /// <summary>The half word (32 bits) of guest memory at a 4-byte aligned address.</summary>
    public ref uint Half(ulong gpa) => ref *(uint*)Host(gpa);

    public byte* Host(ulong gpa)
    {
        Assert.InRange(gpa, RamBase, RamBase + RamBytes - 1);
        return _ram + (gpa - RamBase);
    }

    public void MapPage(ulong gpa, MappingFlags flags) =>
        _pages[(gpa - RamBase) >> 12] = Sv39x4.EncodeLeaf(new HostPhysAddr((ulong)Host(gpa & ~0xFFFUL)), flags, 0);

    /// <summary>Maps a page to the memory that is at another address.</summary>
    public void MapPageTo(ulong gpa, ulong memory) =>
        _pages[(gpa - RamBase) >> 12] = Sv39x4.EncodeLeaf(
            new HostPhysAddr((ulong)Host(memory)), MappingFlags.Read | MappingFlags.Write | MappingFlags.Execute, 0);

    public void MakeLazy(ulong gpa) => _pages[(gpa - RamBase) >> 12] = NonPresentEntry.Lazy;

    public void UnmapPage(ulong gpa) => _pages[(gpa - RamBase) >> 12] = 0;

    /// <summary>Puts instructions at an address.</summary>
    public void Load(ulong gpa, params ReadOnlySpan<uint> code)
    {
        for (int i = 0; i < code.Length; i++)
            Half(gpa + ((ulong)i * 4)) = code[i];
    }

    /// <summary>Brings the hart of a machine-profile test into a mode, with nothing else changed but MPP, MPRV and mepc.</summary>
    public void Enter(PrivilegeMode mode, ulong pc = RamBase)
    {
        if (State->Mode != PrivilegeMode.Machine)
        {
            ulong delegated = State->Medeleg;
            State->Medeleg = 0;
            Hart.RaiseException(ExceptionCause.Breakpoint, 0);
            State->Medeleg = delegated;
        }

        State->Mstatus = (State->Mstatus & ~StatusBits.MPP) | ((ulong)mode << StatusBits.MPPShift);
        State->Mepc = pc;
        Assert.True(Hart.ExecuteMret());
    }

    public ulong Read(Csr csr)
    {
        Assert.True(Hart.ReadCsr((int)csr, out ulong value), $"reading {csr} is illegal in {State->Mode}");
        return value;
    }

    public void Write(Csr csr, ulong value) =>
        Assert.True(Hart.WriteCsr((int)csr, value), $"writing {csr} is illegal in {State->Mode}");

    public void Dispose()
    {
        foreach (Hart hart in Harts)
            hart.Dispose();
        NativeMemory.AlignedFree(_pages);
        NativeMemory.AlignedFree(_middle);
        NativeMemory.AlignedFree(_root);
        NativeMemory.AlignedFree(_ram);
    }

    private static HostPhysAddr Table(ulong* table) => new((ulong)table);
}
