using System.Globalization;

namespace Axvisor.Bench;

/// <summary>The command line.</summary>
internal sealed record BenchOptions
{
    public const string Usage = """
        Measures axvisor against qemu-system-riscv64 in interleaved pairs, and prints a Markdown table.
          --pairs N                    how many pairs (5)
          --only TEXT                  only rows whose name contains TEXT
          --tier auto|interpreter|...  the tier of the software engine, as for axvisor run (auto)
          --axvisor FILE               the axvisor.dll to measure; the one built beside this program when left out
          --kernel FILE --initrd FILE  a Linux guest, for its boot and what it uses
        """;

    public int Pairs { get; private init; } = 5;

    public string? Only { get; private init; }

    public string? Tier { get; private init; }

    public string Axvisor { get; private init; } = Path.Combine(AppContext.BaseDirectory, "axvisor.dll");

    public string? Kernel { get; private init; }

    public string? Initrd { get; private init; }

    /// <summary>Reads the command line; null when it is wrong.</summary>
    public static BenchOptions? Parse(string[] arguments)
    {
        BenchOptions options = new();
        for (int i = 0; i < arguments.Length; i += 2)
        {
            if (i + 1 == arguments.Length)
                return null;
            string value = arguments[i + 1];
            switch (arguments[i])
            {
                case "--pairs" when int.TryParse(value, CultureInfo.InvariantCulture, out int pairs) && pairs > 0:
                    options = options with { Pairs = pairs };
                    break;
                case "--only":
                    options = options with { Only = value };
                    break;
                case "--tier":
                    options = options with { Tier = value };
                    break;
                case "--axvisor":
                    options = options with { Axvisor = value };
                    break;
                case "--kernel":
                    options = options with { Kernel = value };
                    break;
                case "--initrd":
                    options = options with { Initrd = value };
                    break;
                default:
                    return null;
            }
        }

        return options;
    }
}
