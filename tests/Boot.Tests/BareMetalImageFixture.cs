using System.Diagnostics;
using Axvisor.BareMetal;
using Axvisor.Commands;

[assembly: AssemblyFixture(typeof(Boot.Tests.BareMetalImageFixture))]

namespace Boot.Tests;

/// <summary>The bare-metal hypervisor's image, built once for all tests.</summary>
public sealed class BareMetalImageFixture : IDisposable
{
    private readonly SemaphoreSlim _one = new(1);
    private string? _image;

    /// <summary>The image's path; skips the test when a tool is missing here.</summary>
    public async Task<string> RequireAsync()
    {
        await _one.WaitAsync(TestContext.Current.CancellationToken);
        try
        {
            Require("qemu-system-aarch64", "qemu-system-arm");
            Require("aarch64-linux-gnu-ld", "binutils-aarch64-linux-gnu");
            try
            {
                return _image ??= await BareMetalImage.BuildAsync(TestContext.Current.CancellationToken);
            }
            catch (InputException e)
            {
                Assert.Fail(e.Message);
                throw;
            }
        }
        finally
        {
            _one.Release();
        }
    }

    /// <summary>Assembles a file of <c>Guests/</c> to flat code.</summary>
    public static byte[] Assemble(string source, string scratch)
    {
        string file = Path.Combine(AppContext.BaseDirectory, "Guests", source);
        string linked = Path.Combine(scratch, Path.ChangeExtension(source, ".o"));
        string flat = Path.Combine(scratch, Path.ChangeExtension(source, ".bin"));
        Run("aarch64-linux-gnu-as", "-march=armv8.2-a", file, "-o", linked);
        Run("aarch64-linux-gnu-objcopy", "-O", "binary", linked, flat);
        return File.ReadAllBytes(flat);
    }

    /// <summary>Assembles a file of <c>Guests/</c> to a program that is linked at an address.</summary>
    public static void Link(string source, ulong address, string program)
    {
        string assembled = Path.ChangeExtension(program, ".o");
        Run("aarch64-linux-gnu-as", "-march=armv8.2-a", Path.Combine(AppContext.BaseDirectory, "Guests", source), "-o", assembled);
        Run("aarch64-linux-gnu-ld", "-Ttext", $"0x{address:x}", assembled, "-o", program);
    }

    /// <inheritdoc/>
    public void Dispose() => _one.Dispose();

    private static void Require(string program, string package) =>
        Assert.SkipWhen(SearchPath.Find(program) is null, $"{program} is not installed (package {package})");

    private static void Run(string program, params string[] arguments)
    {
        using Process process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardError = true })!;
        string errors = process.StandardError.ReadToEnd();
        process.WaitForExit();
        Assert.True(process.ExitCode == 0, errors);
    }
}
