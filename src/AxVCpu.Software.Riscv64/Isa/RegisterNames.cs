using System.Collections.Frozen;
using System.Globalization;

namespace AxVCpu.Software.Riscv64.Isa;

/// <summary>The names of registers, rounding modes and CSRs in assembly text. Integer and floating-point ABI names: psABI, "Register Convention".</summary>
internal static class RegisterNames
{
    private static readonly string[] s_integer = (
        "zero ra sp gp tp t0 t1 t2 s0 s1 a0 a1 a2 a3 a4 a5 a6 a7 s2 s3 s4 s5 s6 s7 s8 s9 s10 s11 t3 t4 t5 t6").Split(' ');

    private static readonly string[] s_float = (
        "ft0 ft1 ft2 ft3 ft4 ft5 ft6 ft7 fs0 fs1 fa0 fa1 fa2 fa3 fa4 fa5 fa6 fa7 fs2 fs3 fs4 fs5 fs6 fs7 fs8 fs9 fs10 fs11 ft8 ft9 ft10 ft11").Split(' ');

    /// <summary>Unprivileged ISA, "Floating-Point Control and Status Register": values 5 and 6 are reserved.</summary>
    private static readonly string[] s_rounding = ["rne", "rtz", "rdn", "rup", "rmm", "", "", "dyn"];

    private static readonly FrozenDictionary<string, int> s_integerByName = Lookup(s_integer, 'x', ("fp", 8));
    private static readonly FrozenDictionary<string, int> s_floatByName = Lookup(s_float, 'f');
    private static readonly FrozenDictionary<string, int> s_csrByName = Enum.GetValues<Csr>().ToFrozenDictionary(csr => csr.ToString(), csr => (int)csr);
    private static readonly FrozenDictionary<int, string> s_csrByNumber = Enum.GetValues<Csr>().ToFrozenDictionary(csr => (int)csr, csr => csr.ToString());

    public static string Integer(int number) => s_integer[number];

    public static string Float(int number) => s_float[number];

    public static string Rounding(int mode) => s_rounding[mode];

    public static string CsrName(int number) => s_csrByNumber.TryGetValue(number, out string? name)
        ? name
        : string.Create(CultureInfo.InvariantCulture, $"0x{number:x}");

    public static bool TryInteger(string name, out int number) => s_integerByName.TryGetValue(name, out number);

    public static bool TryFloat(string name, out int number) => s_floatByName.TryGetValue(name, out number);

    public static bool TryCsr(string name, out int number) => s_csrByName.TryGetValue(name, out number);

    public static bool TryRounding(string name, out int mode)
    {
        mode = name.Length == 0 ? -1 : Array.IndexOf(s_rounding, name);
        return mode >= 0;
    }

    private static FrozenDictionary<string, int> Lookup(string[] names, char prefix, params ReadOnlySpan<(string, int)> more)
    {
        Dictionary<string, int> map = [];
        for (int i = 0; i < names.Length; i++)
        {
            map[names[i]] = i;
            map[prefix + i.ToString(CultureInfo.InvariantCulture)] = i;
        }

        foreach ((string name, int number) in more)
            map[name] = number;
        return map.ToFrozenDictionary();
    }
}
