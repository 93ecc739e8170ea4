using System.Diagnostics;
using AxVCpu.Software.Riscv64.Isa;

namespace AxVCpu.Software.Riscv64.Tests;

/// <summary>The same random program here and in QEMU: every register and byte it notes must agree.</summary>
public class QemuDifferentialTests
{
    public const IsaExtensions Isa = IsaExtensions.G | IsaExtensions.C | IsaExtensions.B | IsaExtensions.Zbc | IsaExtensions.Zicntr;

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    public async Task A_random_program_ends_as_in_qemu(int index)
    {
        if (FindQemu() is not { } qemu)
        {
            Assert.Skip("qemu-system-riscv64 is not in PATH");
            return;
        }

        int seed = (Environment.TickCount * 3) + index;
        byte[] image = RandomProgram.Create(seed, 2500, out int sends);
        byte[] ours = RunHere(image, seed);
        byte[] theirs = await RunQemu(qemu, image, seed);
        Assert.True(sends == ours.Length, $"{ours.Length} bytes instead of {sends} (seed {seed})");
        Assert.True(theirs.Length == ours.Length, $"QEMU sent {theirs.Length} bytes instead of {ours.Length} (seed {seed})");
        for (int i = 0x1000; i < ours.Length; i += 8)
            Compare(ours, theirs, i, seed);
        for (int i = 0; i < 0x1000; i += 8)
            Compare(ours, theirs, i, seed);
    }

    private static void Compare(byte[] ours, byte[] theirs, int at, int seed)
    {
        ulong mine = BitConverter.ToUInt64(ours, at);
        ulong expected = BitConverter.ToUInt64(theirs, at);
        string place = at < 0x1000
            ? $"data {at:x}"
            : $"note {(at - 0x1000) / RandomProgram.NoteBytes}, {Slot((at - 0x1000) % RandomProgram.NoteBytes / 8)}";
        Assert.True(mine == expected, $"{place}: QEMU has {expected:x}, we {mine:x} (seed {seed})");
    }

    private static string Slot(int slot) => slot switch
    {
        0 => "fcsr",
        < 32 => $"x{slot}",
        _ => $"f{slot - 32}",
    };

    private static byte[] RunHere(byte[] image, int seed)
    {
        using var board = new GuestBoard(isa: Isa);
        board.Load(GuestBoard.RamBase, image);
        board.Cpu.Bind();
        List<byte> sent = [];
        while (true)
        {
            VCpuExit exit = board.Cpu.Run();
            Assert.True(exit.Kind == VCpuExitKind.MmioWrite, $"{exit.Kind} at {board.Cpu.ProgramCounter:x} (seed {seed})");
            if (exit.MmioWrite.Address.Value != RandomProgram.Uart)
                return [.. sent];
            sent.Add((byte)exit.MmioWrite.Data);
        }
    }

    private static async Task<byte[]> RunQemu(string qemu, byte[] image, int seed)
    {
        string folder = Directory.CreateTempSubdirectory("axvcpu-diff-").FullName;
        try
        {
            string file = Path.Combine(folder, "program.bin");
            string output = Path.Combine(folder, "serial");
            await File.WriteAllBytesAsync(file, image, TestContext.Current.CancellationToken);
            var start = new ProcessStartInfo(qemu)
            {
                ArgumentList =
                {
                    "-machine", "virt", "-cpu", "rv64,zba=on,zbb=on,zbc=on,zbs=on", "-m", "16M", "-bios", file, "-display", "none",
                    "-monitor", "none", "-serial", $"file:{output}",
                },
                RedirectStandardError = true,
            };
            using var process = Process.Start(start)!;
            using var limit = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
            limit.CancelAfter(TimeSpan.FromSeconds(60));
            try
            {
                await process.WaitForExitAsync(limit.Token);
            }
            catch (OperationCanceledException)
            {
                process.Kill();
                Assert.Fail($"QEMU did not end (seed {seed})");
            }

            return await File.ReadAllBytesAsync(output, TestContext.Current.CancellationToken);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static string? FindQemu() => (Environment.GetEnvironmentVariable("PATH") ?? "")
        .Split(Path.PathSeparator)
        .Select(folder => Path.Combine(folder, "qemu-system-riscv64"))
        .FirstOrDefault(File.Exists);
}
