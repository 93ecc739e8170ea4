using Axvisor.Tests;

namespace Boot.Tests;

/// <summary>The guest's interrupt controller on the hardware's list registers, by guests that do nothing else.</summary>
public sealed class BareMetalInterruptTests(BareMetalImageFixture image) : IDisposable
{
    private static readonly TimeSpan s_patience = TimeSpan.FromMinutes(1);

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public Task More_active_interrupts_than_list_registers_are_ended_in_both_ways() =>
        RunAsync("deactivate", 1, 1, "nested and ended", "dropped and deactivated");

    [Theory]
    [InlineData(2)]
    [InlineData(1)]
    public Task A_shared_interrupt_goes_where_its_route_says(int cpus) =>
        RunAsync("routes", 2, cpus, "all by the first", "all by the second", "each by one", "not by the first", "not by the second");

    private async Task RunAsync(string name, int vcpus, int cpus, params string[] lines)
    {
        string file = await image.RequireAsync();
        BareMetalImageFixture.Assemble($"{name}-aarch64.S", Path.GetDirectoryName(_folder.File("x"))!);
        string config = _folder.File($"{name}.toml");
        await File.WriteAllTextAsync(
            config, $"[base]\nname = \"{name}\"\ncpu_num = {vcpus}\n[kernel]\nkernel_path = \"{name}-aarch64.bin\"\n[memory]\nsize = \"4M\"\n",
            TestContext.Current.CancellationToken);
        await using CliProcess cli = CliProcess.Start("baremetal", "run", config, "--image", file, "--cpus", $"{cpus}");
        foreach (string line in lines)
            await cli.ExpectAsync(line, s_patience);
        await cli.ExpectAsync("all guests have ended", s_patience);
        Assert.Equal(0, await cli.WaitAsync());
        Assert.DoesNotContain("failed", cli.Output, StringComparison.Ordinal);
    }
}
