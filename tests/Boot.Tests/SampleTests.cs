using System.Diagnostics;
using Axvisor.Guests;

namespace Boot.Tests;

/// <summary>The program that the README shows.</summary>
public sealed class SampleTests(PackagedGuestFixture guests)
{
    [Fact]
    public async Task The_readmes_program_boots_a_guest_and_talks_to_its_console()
    {
        await guests.RequireAsync("linux-riscv64");
        PreparedGuest linux = new GuestCatalog().Find("linux-riscv64")!.FindPrepared()!;
        using Process sample = Process.Start(new ProcessStartInfo(
            "dotnet", [Path.Combine(AppContext.BaseDirectory, "BootGuest.dll"), linux.Kernel, linux.InitialRamDisk!]) { RedirectStandardOutput = true })!;
        string output = await sample.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        await sample.WaitForExitAsync(TestContext.Current.CancellationToken);
        Assert.Equal(0, sample.ExitCode);
        Assert.Contains("riscv64", output, StringComparison.Ordinal);
        Assert.Contains("PowerOff after", output, StringComparison.Ordinal);
    }

    [Fact]
    public void The_readme_shows_the_sample_as_it_is()
    {
        string? root = AppContext.BaseDirectory;
        while (root is not null && !File.Exists(Path.Combine(root, "AxVCpu.slnx")))
            root = Path.GetDirectoryName(root);
        Assert.NotNull(root);
        string sample = File.ReadAllText(Path.Combine(root, "samples/BootGuest/Program.cs"));
        Assert.Contains($"```csharp\n{sample}```", File.ReadAllText(Path.Combine(root, "README.md")), StringComparison.Ordinal);
    }
}
