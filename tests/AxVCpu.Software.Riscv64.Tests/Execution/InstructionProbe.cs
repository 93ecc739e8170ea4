using AxVCpu.Software.Riscv64.Isa;

namespace AxVCpu.Software.Riscv64.Tests;

/// <summary>Runs short pieces of assembly on a hart, one call each: operands in t0, t1 and t2, results in t2 and t3. The float unit is on.</summary>
internal sealed class InstructionProbe : IDisposable
{
    private const ulong Pieces = GuestBoard.RamBase + 0x1000;
    private const ulong StopAt = 0x10_0000;

    private readonly Dictionary<string, ulong> _known = [];
    private ulong _next = Pieces;

    public InstructionProbe(ExecutionTier tier, IsaExtensions isa = IsaExtensions.All)
    {
        Board = new GuestBoard(tier: tier, isa: isa);
        Board.Cpu.Bind();
        Run("li t0, 0x6000; csrs mstatus, t0; la t0, 1f; csrw mtvec, t0; .balign 4; 1: csrr t2, mcause; csrr t3, mtval");
    }

    public GuestBoard Board { get; }

    /// <summary>t2 behind the piece, or the cause when it trapped.</summary>
    public ulong Run(string piece, ulong a = 0, ulong b = 0, ulong d = 0)
    {
        if (!_known.TryGetValue(piece, out ulong address))
        {
            address = _next;
            byte[] code = Assembler.Assemble($"{piece}; lui t6, {StopAt >> 12}; sw t3, 0(t6)", address).Code;
            Board.Load(address, code);
            _known.Add(piece, address);
            _next += ((ulong)code.Length + 15) & ~15UL;
        }

        Board.Cpu.SetGpr(5, a);
        Board.Cpu.SetGpr(6, b);
        Board.Cpu.SetGpr(7, d);
        Board.Cpu.ProgramCounter = address;
        VCpuExit exit = Board.Cpu.Run();
        if (exit.Kind != VCpuExitKind.MmioWrite || exit.MmioWrite.Address.Value != StopAt)
            throw new InvalidOperationException($"unexpected exit {exit.Kind} at pc {Board.Cpu.ProgramCounter:x} of {piece}");
        return Board.Cpu.GetGpr(7);
    }

    /// <summary>t3 behind the last piece.</summary>
    public ulong Second => Board.Cpu.GetGpr(28);

    public void Dispose()
    {
        Board.Cpu.Unbind();
        Board.Dispose();
    }
}
