using System.Diagnostics;
using System.Globalization;
using AxVCpu.Software.Riscv64.Isa;

namespace AxVCpu.Software.Riscv64.Tests.Isa;

/// <summary>The GNU assembler and disassembler as an independent opinion. Absent tools skip the test with the reason.</summary>
internal static class GnuTools
{
    private const string Prefix = "riscv64-linux-gnu-";

    /// <summary>The extensions that encodings of our rows need, beyond what 2.40 knows, and the minor version of binutils 2 that came with each.</summary>
    private static readonly (IsaExtensions Extension, string Name, int Since)[] s_newer =
    [
        (IsaExtensions.Zicond, "zicond", 41),
        (IsaExtensions.Zfa, "zfa", 41),
        (IsaExtensions.Zcb, "zcb", 42),
        (IsaExtensions.Zacas, "zacas", 42),
        (IsaExtensions.Zabha, "zabha", 43),
        (IsaExtensions.Zimop, "zimop", 43),
        (IsaExtensions.Zcmop, "zcmop", 43),
    ];

    private static readonly Lazy<int> s_minor = new(() =>
    {
        string first = Run("as", "--version").Split('\n')[0];
        return int.Parse(first.Split(' ').Last(word => word.StartsWith("2.", StringComparison.Ordinal)).Split('.')[1], CultureInfo.InvariantCulture);
    });

    /// <summary>The extensions that the installed tools know, as far as we have instructions of them.</summary>
    public static IsaExtensions Known => s_newer.Where(extension => extension.Since > s_minor.Value)
        .Aggregate(IsaExtensions.All, (isa, extension) => isa & ~extension.Extension);

    private static string Arch => s_newer.Where(extension => extension.Since <= s_minor.Value)
        .Aggregate(
            "rv64gc_zba_zbb_zbs_zbc_zicbom_zicboz_zawrs_svinval_zihintpause_zicsr_zifencei_zfh_zk_zks",
            (arch, extension) => $"{arch}_{extension.Name}");

    /// <summary>Assembles text and returns the bytes of its .text section.</summary>
    public static byte[] Assemble(string text)
    {
        using TempDirectory work = new();
        File.WriteAllText(work["in.s"], text);
        Run("as", $"-march={Arch} -mno-relax -o {work["out.o"]} {work["in.s"]}");
        Run("objcopy", $"-O binary -j .text {work["out.o"]} {work["out.bin"]}");
        return File.ReadAllBytes(work["out.bin"]);
    }

    /// <summary>Disassembles code at address 0: one text per address, tabs as blanks.</summary>
    public static Dictionary<ulong, string> Disassemble(byte[] code)
    {
        using TempDirectory work = new();
        File.WriteAllBytes(work["in.bin"], code);
        File.WriteAllText(work["in.s"], $".text\n.incbin \"{work["in.bin"]}\"\n");
        Run("as", $"-march={Arch} -o {work["out.o"]} {work["in.s"]}");

        // Without the mapping symbols objdump takes the bytes for code.
        Run("objcopy", $"--strip-all {work["out.o"]}");
        Dictionary<ulong, string> lines = [];
        foreach (string line in Run("objdump", $"-D -j .text -M no-aliases {work["out.o"]}").Split('\n'))
        {
            string[] parts = line.Split('\t', 3);
            if (parts.Length == 3 && ulong.TryParse(parts[0].Trim().TrimEnd(':'), NumberStyles.HexNumber, CultureInfo.InvariantCulture, out ulong address))
                lines[address] = parts[2].Replace('\t', ' ').Trim();
        }

        return lines;
    }

    private static string Run(string tool, string arguments)
    {
        Process process;
        try
        {
            process = Process.Start(new ProcessStartInfo(Prefix + tool, arguments) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        }
        catch (System.ComponentModel.Win32Exception)
        {
            Assert.Skip($"{Prefix}{tool} is not installed (Debian package binutils-riscv64-linux-gnu)");
            throw;
        }

        using (process)
        {
            Task<string> errors = process.StandardError.ReadToEndAsync();
            string output = process.StandardOutput.ReadToEnd();
            process.WaitForExit();
            Assert.True(process.ExitCode == 0, $"{tool} {arguments}: {errors.Result}");
            return output;
        }
    }

    private sealed class TempDirectory : IDisposable
    {
        private readonly string _path = Directory.CreateTempSubdirectory("axvcpu-isa-").FullName;

        public string this[string name] => Path.Combine(_path, name);

        public void Dispose() => Directory.Delete(_path, true);
    }
}
