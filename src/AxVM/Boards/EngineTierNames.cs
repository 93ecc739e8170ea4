using System.Collections.Frozen;
using AxVCpu.Software.Riscv64;

namespace AxVM.Boards;

/// <summary>How <c>engine.tier</c> and <c>--tier</c> write the tiers of the software engine.</summary>
internal static class EngineTierNames
{
    private static readonly FrozenDictionary<string, ExecutionTier> s_tiers = Enum.GetValues<ExecutionTier>().ToFrozenDictionary(Write);

    /// <summary>All of them, for a message.</summary>
    public static string Listed { get; } = string.Join(", ", Enum.GetValues<ExecutionTier>().Select(tier => $"\"{Write(tier)}\""));

    public static bool TryParse(string text, out ExecutionTier tier) => s_tiers.TryGetValue(text, out tier);

#pragma warning disable CA1308 // the names are lower case
    private static string Write(ExecutionTier tier) => tier.ToString().ToLowerInvariant();
#pragma warning restore CA1308
}
