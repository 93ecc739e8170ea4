namespace AxVCpu.Software.Riscv64.Tests.Differential;

/// <summary>An image on this engine.</summary>
internal static class TestRun
{
    private const ulong Mtimecmp = TestLayout.Clint + 0x4000;
    private const ulong Mtime = TestLayout.Clint + 0xBFF8;
    private const uint MachineSoftware = 3;
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(60);

    /// <summary>What it sends over the UART until it powers off.</summary>
    public static byte[] Run(TestImage image, ExecutionTier tier, string about)
    {
        using var board = new GuestBoard(isa: image.Isa, tier: tier);
        board.Load(TestLayout.Image, image.Bytes);
        long start = System.Diagnostics.Stopwatch.GetTimestamp();
        board.Cpu.Bind();
        List<byte> sent = [];
        while (true)
        {
            VCpuExit exit = board.Cpu.Run();
            switch (exit.Kind)
            {
                case VCpuExitKind.MmioWrite:
                    switch (exit.MmioWrite.Address.Value)
                    {
                        case TestLayout.Uart:
                            sent.Add((byte)exit.MmioWrite.Data);
                            continue;
                        case TestLayout.Syscon:
                            // A run on the wrong tier would compare nothing.
                            Assert.Equal(tier != ExecutionTier.Interpreter, board.Machine.FindHart(0)!.TranslatedTraces != 0);
                            return [.. sent];
                        case TestLayout.Clint:
                            board.Cpu.SetInterruptLine(MachineSoftware, (exit.MmioWrite.Data & 1) != 0);
                            continue;
                        case Mtimecmp:
                            board.Machine.SetMachineTimer(0, exit.MmioWrite.Data);
                            continue;
                    }

                    break;
                case VCpuExitKind.MmioRead when exit.MmioRead.Address.Value == Mtime:
                    board.Cpu.CompleteRead(board.Clock.Ticks);
                    continue;
                case VCpuExitKind.Halt or VCpuExitKind.Interrupted when System.Diagnostics.Stopwatch.GetElapsedTime(start) < s_patience:
                    continue;
            }

            Assert.Fail($"{exit.Kind} at {board.Cpu.ProgramCounter:x} after {sent.Count} bytes ({about}) {board.Machine.DescribeDivergence(0)}");
        }
    }
}
