using System;
using System.Runtime;

namespace AxVCpu.BareMetal;

/// <summary>Must not link.</summary>
internal static class Throws
{
    private static readonly Exception? s_failure;

    [RuntimeExport("axvcpu_throws")]
    public static void Fail() => throw s_failure!;
}
