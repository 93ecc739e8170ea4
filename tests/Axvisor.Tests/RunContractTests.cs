using System.Diagnostics;
using System.Text.Json;
using AxVCpu.Software.Riscv64.Isa;

namespace Axvisor.Tests;

/// <summary>What scripts and other people's test programs rely on, shown with small guests in processes of their own.</summary>
public sealed class RunContractTests : IDisposable
{
    private const ulong RamBase = 0x8000_0000;
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(60);

    private const string Forever = "_start: j _start\n";

    // Sends every character back with brackets around it; a line feed powers off through the syscon device.
    private const string Echo = """
        _start:
            li   s0, 0x10000000
        1:  lbu  t0, 5(s0)
            andi t0, t0, 1
            beqz t0, 1b
            lbu  t1, 0(s0)
            li   t2, '['
            sb   t2, 0(s0)
            sb   t1, 0(s0)
            li   t2, ']'
            sb   t2, 0(s0)
            li   t2, '\n'
            bne  t1, t2, 1b
            li   t0, 0x5555
            li   t1, 0x100000
            sw   t0, 0(t1)
        2:  j    2b
        """;

    // Prints without end.
    private const string Flood = """
        _start:
            li   s0, 0x10000000
            li   t2, 'x'
        1:  sb   t2, 0(s0)
            j    1b
        """;

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task The_bundled_guest_greets_and_powers_off()
    {
        await using CliProcess cli = CliProcess.Start(["run", "hello-riscv64"], ("XDG_CACHE_HOME", _folder.File("cache with space")));
        Assert.Equal(0, await cli.WaitAsync());
        Assert.Contains("Hello from a RISC-V guest", cli.Output, StringComparison.Ordinal);
        Assert.Equal("", cli.Errors);
    }

    [Theory]
    [InlineData(1, 0)]
    [InlineData(3 << 1 | 1, 3)]
    [InlineData(1000 << 1 | 1, 120)]
    public async Task A_write_to_tohost_ends_the_run_with_the_test_number(int value, int code)
    {
        string kernel = Program($"""
            _start:
                li   t0, {value}
                la   t1, tohost
                sd   t0, 0(t1)
            1:  j    1b
                .balign 64
                .globl tohost
            tohost:
                .dword 0
                .globl fromhost
            fromhost:
                .dword 0
            """);
        (int got, _, string errors) = await CliProcess.RunAsync("run", "--kernel", kernel, "--profile", "machine", "--bios", "none", "--timeout", "60");
        Assert.True(code == got, $"exit code {got} in place of {code}; {errors}");
    }

    [Theory]
    [InlineData(0x5555, 0)]
    [InlineData(5 << 16 | 0x3333, 5)]
    public async Task The_syscon_device_ends_the_run_with_its_code(int value, int code)
    {
        string kernel = Program($"""
            _start:
                li   t0, {value}
                li   t1, 0x100000
                sw   t0, 0(t1)
            1:  j    1b
            """);
        (int got, _, string errors) = await CliProcess.RunAsync("run", "--kernel", kernel, "--profile", "machine", "--timeout", "60");
        Assert.True(code == got, $"exit code {got} in place of {code}; {errors}");
    }

    [Theory]
    [InlineData("interpreter")]
    [InlineData("auto")]
    public async Task The_statistics_are_printed_on_standard_error_at_the_end(string tier)
    {
        string kernel = Program("""
            _start:
                li   t0, 100000
            1:  addi t0, t0, -1
                bnez t0, 1b
                li   t0, 0x5555
                li   t1, 0x100000
                sw   t0, 0(t1)
            1:  j    1b
            """);
        string[] words = ["run", "--kernel", kernel, "--profile", "machine", "--timeout", "60", "--tier", tier, "--stats"];
        (int code, _, string errors) = await CliProcess.RunAsync(words);
        Assert.Equal(0, code);
        Assert.Contains("million instructions per second", errors, StringComparison.Ordinal);
        (code, string output, errors) = await CliProcess.RunAsync([.. words, "--json"]);
        Assert.Equal(0, code);
        Assert.DoesNotContain("instructions", output, StringComparison.Ordinal);
        using JsonDocument document = JsonDocument.Parse(errors[errors.IndexOf('{', StringComparison.Ordinal)..]);
        JsonElement cpu = document.RootElement.GetProperty("vcpus")[0];
        Assert.InRange(cpu.GetProperty("instructions").GetInt64(), 200_000, 201_000);
        Assert.Equal(1, cpu.GetProperty("exits").GetProperty("MmioWrite").GetInt64());
        if (tier == "interpreter")
            Assert.Equal(0, cpu.GetProperty("translatedInstructions").GetInt64());
    }

    [Fact]
    public async Task The_timeout_ends_the_run_with_124_and_says_so()
    {
        (int code, _, string errors) = await CliProcess.RunAsync("run", "--kernel", Program(Forever), "--profile", "machine", "--timeout", "0.5");
        Assert.Equal(124, code);
        Assert.Contains("0.5 s", errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_is_piped_in_reaches_the_console_and_the_end_of_input_ends_nothing()
    {
        await using CliProcess cli = CliProcess.Start("run", "--kernel", Program(Echo), "--profile", "machine");
        await cli.TypeAsync("ab");
        await cli.ExpectAsync("[a][b]", s_patience);
        await cli.TypeAsync("\x01x\n"); // Ctrl-A is a key like any other when no terminal is there
        cli.Input.Close();
        Assert.Equal(0, await cli.WaitAsync());
        Assert.Equal("[a][b][\x01][x][\n]", cli.Output);
    }

    [Fact]
    public async Task A_guest_with_no_input_at_all_runs_until_something_else_ends_it()
    {
        await using CliProcess cli = CliProcess.Start("run", "--kernel", Program(Echo), "--profile", "machine", "--timeout", "2");
        cli.Input.Close();
        Assert.Equal(124, await cli.WaitAsync());
    }

    [Theory]
    [InlineData("INT", 130)]
    [InlineData("TERM", 143)]
    [InlineData("HUP", 129)]
    public async Task A_signal_ends_the_run_with_its_code(string signal, int code)
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "signals are of Unix");
        await using CliProcess cli = CliProcess.Start("run", "--kernel", Program(Flood), "--profile", "machine");
        await cli.ExpectAsync("xxxx", s_patience);
        await CliProcess.SignalAsync(signal, cli.Id.ToString(System.Globalization.CultureInfo.InvariantCulture));
        Assert.Equal(code, await cli.WaitAsync());
        Assert.Equal("", cli.Errors);
    }

    [Fact]
    public async Task A_reader_that_goes_away_ends_the_run_quietly()
    {
        await using CliProcess cli = CliProcess.Start("run", "--kernel", Program(Flood), "--profile", "machine", "--timeout", "60");
        await cli.ExpectAsync("xxxx", s_patience);
        cli.StopReading();
        Assert.Equal(141, await cli.WaitAsync());
        Assert.Equal("", cli.Errors);
    }

    [Fact]
    public async Task A_guest_that_does_nothing_but_fault_can_be_ended()
    {
        // Illegal instructions from the start, and a trap vector where nothing can be fetched.
        string kernel = _folder.File("zeros.bin");
        await File.WriteAllBytesAsync(kernel, new byte[4096], TestContext.Current.CancellationToken);
        (int code, _, string errors) = await CliProcess.RunAsync("run", "--kernel", kernel, "--profile", "machine", "--timeout", "1");
        Assert.True(code == 124, $"exit code {code}; {errors}");
    }

    [Fact]
    public async Task Random_bytes_as_a_kernel_do_not_hurt_the_host()
    {
        int seed = Environment.TickCount;
        byte[] bytes = new byte[64 * 1024];
        new Random(seed).NextBytes(bytes);
        string kernel = _folder.File("random.bin");
        await File.WriteAllBytesAsync(kernel, bytes, TestContext.Current.CancellationToken);
        foreach (string profile in (string[])["machine", "sbi"])
        {
            (int code, _, string errors) = await CliProcess.RunAsync("run", "--kernel", kernel, "--profile", profile, "--timeout", "2", "--memory", "64M");
            Assert.True(code is (>= 0 and <= 120 and not 70 and not 2) or 124, $"seed {seed}, profile {profile}: exit code {code}; {errors}");
        }
    }

    [Fact]
    public async Task Bad_input_is_one_line_that_names_the_thing_and_code_2()
    {
        string good = Program(Forever);
        string truncated = _folder.File("truncated.elf");
        await File.WriteAllBytesAsync(truncated, (await File.ReadAllBytesAsync(good, TestContext.Current.CancellationToken))[..100], TestContext.Current.CancellationToken);
        string empty = _folder.File("empty");
        await File.WriteAllBytesAsync(empty, [], TestContext.Current.CancellationToken);
        string other = _folder.File("other-machine.elf");
        byte[] elf = await File.ReadAllBytesAsync(good, TestContext.Current.CancellationToken);
        elf[18] = 62; // e_machine: x86-64
        await File.WriteAllBytesAsync(other, elf, TestContext.Current.CancellationToken);
        string missing = _folder.File("missing");

        (string Named, string[] Words)[] cases =
        [
            (missing, ["--kernel", missing]),
            (truncated, ["--kernel", truncated]),
            (empty, ["--kernel", empty]),
            (other, ["--kernel", other]),
            (_folder.Path, ["--kernel", _folder.Path]),
            (missing, ["--kernel", good, "--initrd", missing]),
            (missing, ["--kernel", good, "--dtb", missing]),
            (good, ["--kernel", good, "--dtb", good]),
            (missing, ["--kernel", good, "--bios", missing]),
            (missing, ["--kernel", good, "--disk", missing]),
            (_folder.Path, ["--kernel", good, "--disk", _folder.Path]),
            ("rv32", ["--kernel", good, "--isa", "rv32"]),
            ("nonsense", ["--kernel", good, "--engine", "nonsense"]),
        ];
        string[] before = Directory.GetFileSystemEntries(_folder.Path);
        foreach ((string named, string[] words) in cases)
        {
            (int code, string output, string errors) = await CliProcess.RunAsync(["run", "--timeout", "5", .. words]);
            string what = string.Join(' ', words);
            Assert.True(code == 2, $"{what}: exit code {code}; {errors}");
            Assert.True(output.Length == 0, $"{what}: printed {output}");
            Assert.True(errors.StartsWith("axvisor: ", StringComparison.Ordinal) && errors.Trim().Split('\n').Length == 1, $"{what}: {errors}");
            Assert.True(errors.Contains(named, StringComparison.Ordinal), $"{what}: {errors}");
        }
        Assert.Equal(before, Directory.GetFileSystemEntries(_folder.Path));
    }

    [Fact]
    public async Task A_disk_file_that_cannot_be_written_is_refused_unless_it_is_given_for_reading()
    {
        Assert.SkipWhen(Environment.IsPrivilegedProcess, "root may write every file");
        string disk = _folder.File("disk.img");
        await File.WriteAllBytesAsync(disk, new byte[512], TestContext.Current.CancellationToken);
        File.SetAttributes(disk, FileAttributes.ReadOnly);
        string kernel = Program(Forever);
        (int code, _, string errors) = await CliProcess.RunAsync("run", "--timeout", "1", "--kernel", kernel, "--disk", disk);
        Assert.Equal(2, code);
        Assert.Contains(disk, errors, StringComparison.Ordinal);
        (code, _, _) = await CliProcess.RunAsync("run", "--timeout", "1", "--kernel", kernel, "--disk", $"{disk},readonly");
        Assert.Equal(124, code);
    }

    [Fact]
    public async Task The_devicetree_is_a_blob_and_names_the_machine()
    {
        string blob = _folder.File("vm.dtb");
        string kernel = Program(Forever);
        (int code, _, string errors) = await CliProcess.RunAsync("dump-dtb", "--kernel", kernel, "--cpus", "2", "--output", blob);
        Assert.True(code == 0, errors);
        byte[] bytes = await File.ReadAllBytesAsync(blob, TestContext.Current.CancellationToken);
        Assert.Equal<byte>([0xd0, 0x0d, 0xfe, 0xed], bytes[..4]);
        (_, string source, _) = await CliProcess.RunAsync("dump-dtb", "--kernel", kernel, "--cpus", "2", "--dts");
        Assert.Contains("cpu@1", source, StringComparison.Ordinal);
        Assert.Contains("memory@80000000", source, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Check_reads_everything_and_runs_nothing()
    {
        string kernel = Program(Flood);
        (int code, string output, _) = await CliProcess.RunAsync("check", "--kernel", kernel, "--profile", "machine", "--json");
        Assert.Equal(0, code);
        Assert.Contains("\"valid\": true", output, StringComparison.Ordinal);
        (code, output, _) = await CliProcess.RunAsync("check", "--kernel", kernel + ".no", "--json");
        Assert.Equal(2, code);
        Assert.Contains("\"valid\": false", output, StringComparison.Ordinal);
        Assert.Contains(kernel + ".no", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_software_engine_is_always_there()
    {
        (int code, string output, _) = await CliProcess.RunAsync("engines", "--json");
        Assert.Equal(0, code);
        using System.Text.Json.JsonDocument document = System.Text.Json.JsonDocument.Parse(output);
        System.Text.Json.JsonElement engine = document.RootElement.EnumerateArray().Single(e => e.GetProperty("name").GetString() == "software");
        Assert.True(engine.GetProperty("available").GetBoolean());
        Assert.Contains("riscv64", engine.GetProperty("guests").EnumerateArray().Select(guest => guest.GetString()));
    }

    private string Program(string source)
    {
        string path = _folder.File($"{Guid.NewGuid():N}.elf");
        File.WriteAllBytes(path, Assembler.Assemble(source, RamBase).ToElf());
        return path;
    }
}
