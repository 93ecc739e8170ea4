using System.Diagnostics;
using Axvisor.Commands;
using Axvisor.Guests;
using AxVCpu;
using AxVCpu.Kvm;
using AxVM;

namespace Axvisor.Tests;

/// <summary>Guests for which this host has no engine: exit code 69 and one line, before anything is fetched.</summary>
public sealed class EngineUnavailableTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task A_named_guest_is_refused_in_one_line_with_code_69_and_nothing_is_prepared()
    {
        List<GuestArchitecture> asked = [];
        GuestCatalog catalog = new(new GuestCache(_folder.File("cache")), _folder.File("no-apt"));
        using StringWriter output = new();
        using StringWriter errors = new();
        AxvisorCommandLine cli = new(catalog, architecture =>
        {
            asked.Add(architecture);
            throw new EngineUnavailableException("kvm", "the reason;\ninstead do this");
        });
        int code = await cli.RunAsync(["run", "linux-x86_64"], output, errors, TestContext.Current.CancellationToken);
        Assert.Equal((ExitCode.Unavailable, "", "axvisor: the reason; instead do this" + Environment.NewLine), (code, output.ToString(), errors.ToString()));
        Assert.Equal([GuestArchitecture.X64], asked);
        Assert.Empty(CacheEntries());
    }

    [Fact]
    public async Task A_guest_that_the_host_can_run_is_prepared()
    {
        GuestCatalog catalog = new(new GuestCache(_folder.File("cache")), _folder.File("no-apt"));
        using StringWriter output = new();
        using StringWriter errors = new();
        AxvisorCommandLine cli = new(catalog, _ => { });
        int code = await cli.RunAsync(["run", "linux-x86_64"], output, errors, TestContext.Current.CancellationToken);
        Assert.Equal(ExitCode.BadInput, code); // as far as the archive that is not configured here
        Assert.Contains("no Debian archive is configured", errors.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Linux_for_x86_64_says_at_once_what_is_wrong_here_and_what_to_do()
    {
        KvmProbe probe = KvmEngine.Examine();
        Assert.SkipWhen(
            probe is { Status: KvmStatus.Available, Module: not KvmModule.Pvm }, $"this host can run it: KVM with {probe.Detail}");
        Stopwatch watch = Stopwatch.StartNew();
        await using CliProcess cli = CliProcess.Start(["run", "linux-x86_64"], ("XDG_CACHE_HOME", _folder.File("cache")));
        int code = await cli.WaitAsync();
        Assert.Equal((69, ""), (code, cli.Output));
        string line = Assert.Single(cli.Errors.Split('\n', StringSplitOptions.RemoveEmptyEntries));
        Assert.StartsWith("axvisor: ", line, StringComparison.Ordinal);
        Assert.Contains(probe.Status == KvmStatus.Available ? "kvm_pvm" : probe.Detail, line, StringComparison.Ordinal);
        Assert.Contains("kvm_intel or kvm_amd", line, StringComparison.Ordinal);
        Assert.True(watch.Elapsed < TimeSpan.FromSeconds(60), $"it took {watch.Elapsed}");
        Assert.Empty(CacheEntries());
    }

    [Theory]
    [InlineData("run", 69)]
    [InlineData("check", 69)]
    public async Task A_vmlinux_by_its_file_is_refused_where_only_small_programs_run(string command, int expected)
    {
        KvmProbe probe = KvmEngine.Examine();
        Assert.SkipWhen(
            probe is { Status: KvmStatus.Available, Module: not KvmModule.Pvm }, $"this host can run it: KVM with {probe.Detail}");
        string kernel = _folder.File("vmlinux");
        await File.WriteAllBytesAsync(kernel, Vmlinux(), TestContext.Current.CancellationToken);
        (int code, string output, string errors) = await CliProcess.RunAsync(command, "--kernel", kernel);
        Assert.Equal((expected, ""), (code, output));
        Assert.Contains(probe.Status == KvmStatus.Available ? "kvm_pvm" : probe.Detail, errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Linux_for_aarch64_names_the_command_that_runs_it()
    {
        await using CliProcess cli = CliProcess.Start(["run", "linux-aarch64"], ("XDG_CACHE_HOME", _folder.File("cache")));
        Assert.Equal(69, await cli.WaitAsync());
        Assert.Contains("axvisor baremetal run", cli.Errors, StringComparison.Ordinal);
        Assert.Empty(CacheEntries());
    }

    private string[] CacheEntries() => Directory.Exists(_folder.File("cache")) ? Directory.GetFileSystemEntries(_folder.File("cache")) : [];

    /// <summary>An x86-64 ELF program of one HLT with a note of Linux.</summary>
    private static byte[] Vmlinux()
    {
        byte[] file = new byte[0x200];
        using BinaryWriter writer = new(new MemoryStream(file));
        writer.Write([0x7F, (byte)'E', (byte)'L', (byte)'F', 2, 1, 1]);
        writer.Seek(16, SeekOrigin.Begin);
        writer.Write((ushort)2); // ET_EXEC
        writer.Write((ushort)62); // EM_X86_64
        writer.Write(1);
        writer.Write(0x20_0000UL);
        writer.Write(64UL);
        writer.Seek(54, SeekOrigin.Begin);
        writer.Write((ushort)56);
        writer.Write((ushort)2);
        writer.Seek(64, SeekOrigin.Begin);
        foreach ((uint type, ulong offset, ulong address, ulong size) in ((uint, ulong, ulong, ulong)[])[(1, 0x100, 0x20_0000, 1), (4, 0x110, 0, 24)])
        {
            writer.Write(type);
            writer.Write(5);
            foreach (ulong word in (ulong[])[offset, address, address, size, size, 4])
                writer.Write(word);
        }

        writer.Seek(0x100, SeekOrigin.Begin);
        writer.Write((byte)0xF4);
        writer.Seek(0x110, SeekOrigin.Begin);
        writer.Write(6);
        writer.Write(4);
        writer.Write(0x100); // build salt
        writer.Write("Linux\0"u8);
        return file;
    }
}
