using AxVCpu.X64;

namespace AxVCpu.Kvm.Tests;

/// <summary>Whatever a guest executes in its kernel's mode, it ends as an exit, and the vCPU can be used again.</summary>
public sealed class HostileGuestTests
{
    private const int Programs = 40;
    private const int ExitsEach = 200;
    private static readonly TimeSpan s_turn = TimeSpan.FromMilliseconds(15);

    [Theory]
    [InlineData((int)Mode.Real)]
    [InlineData((int)Mode.Protected)]
    [InlineData((int)Mode.Long)]
    public void Random_bytes_as_code_end_as_exits(int mode) => RunAll((Mode)mode, static (random, guest) =>
    {
        byte[] code = new byte[512];
        random.NextBytes(code);
        guest.Memory.Write(new(Guest.Entry), code);
    });

    [Fact]
    public void Random_page_tables_end_as_exits() => RunAll(Mode.Long, static (random, guest) =>
    {
        byte[] table = new byte[4096];
        random.NextBytes(table);
        guest.Memory.Write(new(Guest.PageTables + ((ulong)random.Next(3) * 4096)), table);
    });

    [Fact]
    public void Random_registers_are_refused_or_end_as_exits() => RunAll(Mode.Long, static (random, guest) =>
    {
        Assert.True(guest.Arch.Read(out X64SystemRegisters system).IsNone);
        Span<byte> bytes = System.Runtime.InteropServices.MemoryMarshal.AsBytes(new Span<X64SystemRegisters>(ref system));
        for (int i = 0; i < 4; i++)
            bytes[random.Next(bytes.Length)] = (byte)random.Next(256);
        EngineError error = guest.Arch.Write(in system);
        Assert.True(error.IsNone || error.Code == EngineErrorCode.InvalidArgument, $"{error}");
    });

    private static void RunAll(Mode mode, Action<Random, Guest> prepare)
    {
        int seed = Environment.TickCount;
        var random = new Random(seed);
        using var guest = new Guest(mode, static c => c.hlt());
        guest.Cpu.Bind();
        for (int i = 0; i < Programs; i++)
        {
            string which = $"seed {seed}, program {i}";
            prepare(random, guest);
            using (var turn = new Timer(_ => guest.Cpu.RequestExit(), null, s_turn, s_turn))
            {
                int exits = 0;
                while (exits < ExitsEach && GoesOn(guest.Cpu, which))
                    exits++;
            }

            guest.Cpu.Reset();
            guest.Cpu.Bind();
        }

        // After all of it a decent program runs as if nothing had happened.
        guest.Restore();
        guest.Load(mode, Guest.Entry, static c => c.hlt());
        guest.Cpu.Reset();
        VCpuExit exit = guest.Run();
        while (exit.Kind == VCpuExitKind.Interrupted)
            exit = guest.Run();
        Assert.True(exit.Kind == VCpuExitKind.Halt, $"{exit.Kind} with seed {seed}");
    }

    /// <summary>One exit, served as by a machine without devices.</summary>
    private static bool GoesOn(VirtualCpu<KvmX64VCpu> cpu, string which)
    {
        VCpuExitKind kind = cpu.Run().Kind;
        Assert.True(cpu.State == VCpuState.Ready, $"{cpu.State} after {kind}: {which}: {cpu.Failure}");
        switch (kind)
        {
            case VCpuExitKind.IoRead or VCpuExitKind.MmioRead or VCpuExitKind.SysRegRead or VCpuExitKind.SysRegWrite or VCpuExitKind.NestedPageFault:
                cpu.FailAccess();
                return true;
            case VCpuExitKind.IoWrite or VCpuExitKind.MmioWrite or VCpuExitKind.ArchSpecific:
                return true;
            case VCpuExitKind.Halt or VCpuExitKind.Interrupted or VCpuExitKind.SystemReset or VCpuExitKind.InternalError or VCpuExitKind.FailEntry:
                return false;
            default:
                Assert.Fail($"{kind}: {which}");
                return false;
        }
    }
}
