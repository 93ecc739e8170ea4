namespace AxVCpu.BareMetal.Tests;

/// <summary>The image of <c>ExitImage/</c>: built once, run once, for all tests of its class.</summary>
public sealed class ExitImage
{
    private readonly Lazy<string[]> _output = new(BuildAndRun);

    /// <summary>What it printed. Skips the test where the tools are missing.</summary>
    public string[] Run() => _output.Value;

    private static string[] BuildAndRun()
    {
        (string? image, string output) = ImageBuild.Build("exit-test", "ExitImage", Path.Combine("Shared", "ExitSequence.cs"));
        Assert.True(image is not null, output);
        return ImageBuild.Run(image, "disabled ");
    }
}
