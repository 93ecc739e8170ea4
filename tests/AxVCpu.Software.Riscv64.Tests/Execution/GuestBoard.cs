using System.Runtime.InteropServices;
using AxVCpu.Software.Riscv64.Isa;
using AxVCpu.Software.Translator;

namespace AxVCpu.Software.Riscv64.Tests;

/// <summary>Some RAM, a nested table that maps it, and harts: the smallest thing that runs guest code.</summary>
internal sealed unsafe class GuestBoard : IDisposable
{
    public const ulong RamBase = 0x8000_0000;
    public const ulong BlockSize = 2 << 20;

    private const ulong LeafBits = 0xDF; // V R W X U A D
    private readonly byte* _tables;

    public GuestBoard(
        int harts = 1,
        StartProfile profile = StartProfile.Machine,
        IsaExtensions isa = IsaExtensions.All,
        ulong ramSize = 2 * BlockSize,
        int codeCache = 4 << 20,
        bool semihosting = false,
        ExecutionTier tier = ExecutionTier.Auto,
        bool model = false,
        Func<StateLayout, IHostTranslator>? translator = null)
    {
        bool needsHost = tier is ExecutionTier.Translator or ExecutionTier.Both && translator is null && !model;
        Assert.SkipWhen(needsHost && !HostTranslator.HasBackEnd, "the translator has no back end for this host");
        RamSize = ramSize;
        Ram = (byte*)NativeMemory.AlignedAlloc((nuint)ramSize, (nuint)BlockSize);
        new Span<byte>(Ram, (int)ramSize).Clear();

        // Sv39x4: 16 KiB root, one table of 2 MiB blocks for the gigabyte at RamBase.
        _tables = (byte*)NativeMemory.AlignedAlloc(5 * 4096, 16384);
        new Span<byte>(_tables, 5 * 4096).Clear();
        ulong* blocks = (ulong*)(_tables + 16384);
        ((ulong*)_tables)[RamBase >> 30] = ((ulong)blocks >> 12 << 10) | 1;
        for (ulong at = 0; at < ramSize; at += BlockSize)
            blocks[at / BlockSize] = ((ulong)(Ram + at) >> 12 << 10) | LeafBits;

        Clock = new VmClock();
        Clock.Start();
        Machine = new Riscv64Machine(new Riscv64MachineConfig
        {
            Clock = Clock,
            HartCount = harts,
            Isa = isa,
            Profile = profile,
            CodeCacheBytes = codeCache,
            Semihosting = semihosting,
            Tier = tier,
            CreateTranslator = translator is not null ? (layout, _) => translator(layout) : model ? (layout, _) => new ModelTranslator(layout) : HostTranslator.TryCreate,
        });
        Cpus = new VirtualCpu<Riscv64VCpu>[harts];
        for (int i = 0; i < harts; i++)
        {
            Cpus[i] = Riscv64Engine.CreateVCpu(Machine, 0, (uint)i, (ulong)i);
            EngineException.ThrowIfFailed(Cpus[i].Inner.Setup(new GuestPhysAddr(RamBase), new HostPhysAddr((ulong)_tables), new Riscv64SetupConfig()));
        }
    }

    public ulong RamSize { get; }

    public byte* Ram { get; }

    public VmClock Clock { get; }

    public Riscv64Machine Machine { get; }

    public VirtualCpu<Riscv64VCpu>[] Cpus { get; }

    public VirtualCpu<Riscv64VCpu> Cpu => Cpus[0];

    /// <summary>Entry of the second level table for a 2 MiB block of RAM, so that a test can take memory away.</summary>
    public ref ulong Block(int index) => ref ((ulong*)(_tables + 16384))[index];

    public void Load(ulong address, params ReadOnlySpan<uint> code)
    {
        MemoryMarshal.AsBytes(code).CopyTo(new Span<byte>(At(address), code.Length * 4));
    }

    public void Load(ulong address, ReadOnlySpan<byte> bytes) => bytes.CopyTo(new Span<byte>(At(address), bytes.Length));

    public byte* At(ulong address)
    {
        if (address - RamBase >= RamSize)
            throw new ArgumentOutOfRangeException(nameof(address));
        return Ram + (address - RamBase);
    }

    public ulong Read64(ulong address) => *(ulong*)At(address);

    /// <summary>Runs the first vCPU from the entry until it writes to <paramref name="stopAt"/>; returns what it wrote.</summary>
    public ulong RunToStore(ulong stopAt = 0x10_0000)
    {
        Cpu.Bind();
        while (true)
        {
            VCpuExit exit = Cpu.Run();
            if (exit.Kind == VCpuExitKind.MmioWrite && exit.MmioWrite.Address.Value == stopAt)
            {
                ulong data = exit.MmioWrite.Data;
                Cpu.Unbind();
                return data;
            }

            throw new InvalidOperationException($"unexpected exit {exit.Kind} at pc {Cpu.ProgramCounter:x}");
        }
    }

    public void Dispose()
    {
        foreach (VirtualCpu<Riscv64VCpu> cpu in Cpus)
            cpu.Dispose();
        Machine.Dispose();
        NativeMemory.AlignedFree(_tables);
        NativeMemory.AlignedFree(Ram);
    }
}
