using System.Diagnostics;
using System.Globalization;
using AxVCpu.Software.Riscv64.Isa;

namespace AxVCpu.Software.Riscv64.Tests.Differential;

/// <summary>An installed qemu-system-riscv64: which version it is, what it can do, and an image on it.</summary>
internal sealed class Qemu
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(120);

    /// <summary>CPU properties and the version they came with. Before 9.0 some begin with a capital letter.</summary>
    private static readonly (string Property, IsaExtensions Extension, int Since)[] s_properties =
    [
        ("zba", IsaExtensions.Zba, 7),
        ("zbb", IsaExtensions.Zbb, 7),
        ("zbc", IsaExtensions.Zbc, 7),
        ("zbs", IsaExtensions.Zbs, 7),
        ("zfhmin", IsaExtensions.Zfhmin, 7),
        ("zfh", IsaExtensions.Zfh, 7),
        ("zbkb", IsaExtensions.Zbkb, 7),
        ("zbkc", IsaExtensions.Zbkc, 7),
        ("zbkx", IsaExtensions.Zbkx, 7),
        ("zknd", IsaExtensions.Zknd, 7),
        ("zkne", IsaExtensions.Zkne, 7),
        ("zknh", IsaExtensions.Zknh, 7),
        ("zksed", IsaExtensions.Zksed, 7),
        ("zksh", IsaExtensions.Zksh, 7),
        ("svinval", IsaExtensions.Svinval, 7),
        ("zawrs", IsaExtensions.Zawrs, 8),
        ("zicbom", IsaExtensions.Zicbom, 8),
        ("zicboz", IsaExtensions.Zicboz, 8),
        ("zcb", IsaExtensions.Zcb, 9),
        ("zicond", IsaExtensions.Zicond, 9),
        ("zfa", IsaExtensions.Zfa, 9),
        ("zacas", IsaExtensions.Zacas, 9),
        ("zimop", IsaExtensions.Zimop, 10),
        ("zcmop", IsaExtensions.Zcmop, 10),
        ("zabha", IsaExtensions.Zabha, 10),
    ];

    private readonly string _file;
    private readonly int _major;

    private Qemu(string file, string version)
    {
        _file = file;
        Version = version;
        string number = version.Split(' ').First(word => char.IsAsciiDigit(word[0]));
        _major = int.Parse(number.Split('.')[0], CultureInfo.InvariantCulture);
    }

    /// <summary>What --version says.</summary>
    public string Version { get; }

    /// <summary>The extensions that this QEMU and our engine share.</summary>
    public IsaExtensions Isa => s_properties.Where(property => property.Since <= _major)
        .Aggregate(IsaExtensions.G | IsaExtensions.C | IsaExtensions.Zicntr | IsaExtensions.Zihintpause, (isa, property) => isa | property.Extension);

    /// <summary>
    /// What it is known to do wrong: before 8.0 ctzw of a value with a zero lower half counts beyond 32; 10.0 leaves another instruction in mtval
    /// when mret is illegal, and may go on with code that amocas.q has overwritten.
    /// </summary>
    public OpCode[] Wrong => _major < 8 ? [OpCode.Ctzw] : _major >= 10 ? [OpCode.Mret, OpCode.AmocasQ] : [];

    /// <summary>The one in PATH; null when there is none.</summary>
    public static Qemu? Find()
    {
        string? file = (Environment.GetEnvironmentVariable("PATH") ?? "")
            .Split(Path.PathSeparator).Select(folder => Path.Combine(folder, "qemu-system-riscv64")).FirstOrDefault(File.Exists);
        if (file is null)
            return null;
        using Process process = Process.Start(new ProcessStartInfo(file, "--version") { RedirectStandardOutput = true })!;
        string version = process.StandardOutput.ReadLine() ?? "";
        process.WaitForExit();
        return new Qemu(file, version);
    }

    private string Spelled(string property) => _major < 9 && property is ("zfh" or "zfhmin") ? $"Z{property[1..]}" : property;

    /// <summary>What the image sends over the UART until it powers off.</summary>
    public async Task<byte[]> RunAsync(TestImage image, string about)
    {
        string folder = Directory.CreateTempSubdirectory("axvcpu-diff-").FullName;
        try
        {
            string file = Path.Combine(folder, "image");
            string output = Path.Combine(folder, "serial");
            await File.WriteAllBytesAsync(file, image.Bytes.ToArray(), TestContext.Current.CancellationToken);
            string properties = string.Concat(s_properties.Where(property => property.Since <= _major)
                .Select(property => $",{Spelled(property.Property)}={(image.Isa.HasFlag(property.Extension) ? "on" : "off")}"));
            // The second hart sleeps. With one alone QEMU makes a load and a store of an AMO, and reports the causes of a load.
            ProcessStartInfo start = new(_file,
            [
                "-machine", "virt", "-accel", "tcg,thread=multi", "-smp", "2", "-cpu", $"rv64,h=off{properties}", "-m", "16M", "-bios", file, "-display", "none",
                "-monitor", "none", "-serial", $"file:{output}",
            ]) { RedirectStandardError = true };
            using Process process = Process.Start(start)!;
            Task<string> errors = process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
            using var limit = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
            limit.CancelAfter(s_patience);
            try
            {
                await process.WaitForExitAsync(limit.Token);
            }
            catch (OperationCanceledException)
            {
                process.Kill();
                Assert.Fail($"{Version} did not end ({about})");
            }

            Assert.True(process.ExitCode == 0, $"{Version}: {await errors} ({about})");
            return await File.ReadAllBytesAsync(output, TestContext.Current.CancellationToken);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }
}
