namespace AxVCpu.BareMetal.Tests;

/// <summary>The image as a file and as a program: what must not link, how large it may be, and how the hypervisor's own faults end.</summary>
public sealed class ImageTests(FaultImage faults) : IClassFixture<FaultImage>
{
    private const long SizeBudget = 128 << 10;

    [Fact]
    public void The_hypervisor_fits_its_budget()
    {
        (string? image, string output) = ImageBuild.Build("axvisor-aarch64", main: null);
        Assert.True(image is not null, output);
        long size = new FileInfo(image + ".img").Length;
        Assert.True(size <= SizeBudget, $"{size} bytes");
        Assert.Equal("ARM\x64"u8, File.ReadAllBytes(image + ".img").AsSpan(56, 4));
    }

    [Theory]
    [InlineData("Allocates.cs", "RhpNewFast")]
    [InlineData("Throws.cs", "RhpThrowEx")]
    public void An_image_with_a_heap_or_exceptions_does_not_link(string source, string symbol)
    {
        (string? image, string output) = ImageBuild.Build("forbidden", "FaultImage", Path.Combine("ForbiddenSources", source));
        Assert.Null(image);
        Assert.Contains($"undefined reference to `{symbol}'", output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("stack", "exception in the hypervisor", " address 0x")] // the page below the stack
    [InlineData("null", "exception in the hypervisor", " address 0x8 ")]
    [InlineData("code", "exception in the hypervisor", " address 0x40202000 ")] // the vectors, which are code
    [InlineData("index", "a check failed in the hypervisor", " at image+")]
    public void A_mistake_of_the_hypervisor_ends_in_a_panic_that_names_it(string mistake, string message, string detail)
    {
        string panic = Assert.Single(faults.Run(mistake), line => line.Contains("panic: ", StringComparison.Ordinal));
        Assert.Contains(message, panic, StringComparison.Ordinal);
        Assert.Contains(detail, panic, StringComparison.Ordinal);
    }

    [Fact]
    public void The_page_below_a_stack_is_what_stops_it()
    {
        string panic = Assert.Single(faults.Run("stack"), line => line.Contains("panic: ", StringComparison.Ordinal));
        ulong address = Number(panic, "address 0x");
        ulong stack = Number(panic, "sp 0x");
        Assert.InRange(stack, address, address + 4096);
        Assert.NotEqual(address >> 12, stack + 4096 >> 12);
    }

    private static ulong Number(string text, string before)
    {
        int at = text.IndexOf(before, StringComparison.Ordinal) + before.Length;
        int end = at;
        while (end < text.Length && char.IsAsciiHexDigit(text[end]))
            end++;
        return ulong.Parse(text.AsSpan(at, end - at), System.Globalization.NumberStyles.HexNumber, System.Globalization.CultureInfo.InvariantCulture);
    }
}

/// <summary>The image of <c>FaultImage/</c>, built once.</summary>
public sealed class FaultImage
{
    private readonly Lazy<string> _image = new(() =>
    {
        (string? image, string output) = ImageBuild.Build("fault-test", "FaultImage");
        Assert.True(image is not null, output);
        return image;
    });

    /// <summary>Makes a mistake, and gives what was printed.</summary>
    public string[] Run(string mistake) => ImageBuild.Run(_image.Value, " at image+", "-append", mistake);
}
