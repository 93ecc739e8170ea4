using System.Globalization;
using System.Text.RegularExpressions;
using Axvisor.Tests;

namespace Boot.Tests;

/// <summary>What the hypervisor costs, in numbers that do not depend on how busy the machine is.</summary>
public sealed class BareMetalCostTests(BareMetalImageFixture image) : IDisposable
{
    private const int Rounds = 10_000;

    // QEMU's virt machine counts at 62.5 MHz; with -icount shift=0 an instruction takes a nanosecond.
    private const double InstructionsPerTick = 16;

    // Measured 1485 and 2243 (a call, a register of an emulated device): little room, so that a careless change to the exit path shows.
    private const double MostPerExit = 2500;

    // The budget of the image as a file.
    private const long MostImageBytes = 128 << 10;

    private static readonly TimeSpan s_patience = TimeSpan.FromMinutes(4);

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task An_exit_takes_a_bounded_number_of_instructions()
    {
        string file = await image.RequireAsync();
        BareMetalImageFixture.Assemble("calls-aarch64.S", Path.GetDirectoryName(_folder.File("x"))!);
        string config = _folder.File("calls.toml");
        await File.WriteAllTextAsync(config, """
            [base]
            name = "calls"
            [kernel]
            kernel_path = "calls-aarch64.bin"
            [memory]
            size = "4M"
            """, TestContext.Current.CancellationToken);
        await using CliProcess cli = CliProcess.Start(
            "baremetal", "run", config, "--image", file, "--cpus", "1", "--qemu", "-icount", "--qemu", "shift=0");
        await cli.ExpectAsync("all guests have ended", s_patience);
        Assert.Equal(0, await cli.WaitAsync());
        foreach (string what in (string[])["calls", "reads"])
        {
            Match match = Regex.Match(cli.Output, $"{what} ([0-9a-f]{{16}})");
            Assert.True(match.Success, cli.Output);
            double instructions = ulong.Parse(match.Groups[1].Value, NumberStyles.HexNumber, CultureInfo.InvariantCulture) * InstructionsPerTick / Rounds;
            TestContext.Current.TestOutputHelper?.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{what}: {instructions:F0} instructions for each exit"));
            Assert.InRange(instructions, 100, MostPerExit);
        }
    }

    [Fact]
    public async Task The_image_keeps_to_its_budget() => Assert.InRange(new FileInfo(await image.RequireAsync()).Length, 1, MostImageBytes);
}
