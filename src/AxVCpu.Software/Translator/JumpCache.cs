using System.Runtime.InteropServices;

namespace AxVCpu.Software.Translator;

/// <summary>A remembered way from a guest address to its code; valid in one fetch context. Generated code looks here, too.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct JumpEntry
{
    /// <summary>Guest virtual address.</summary>
    public ulong Pc;

    /// <summary>The fetch context in which the address was translated.</summary>
    public ulong Context;

    /// <summary>What the engine knows about the code at the address.</summary>
    public nint Block;

    /// <summary>Host code of the trace, or the address of <see cref="IHostTranslator.NoTrace"/> when there is none.</summary>
    public nint Native;
}

/// <summary>The shape of the jump cache: a direct-mapped array of <see cref="JumpEntry"/>.</summary>
internal static class JumpCache
{
    /// <summary>Entries.</summary>
    public const int Entries = 1 << EntryBits;

    /// <summary>log2 of <see cref="Entries"/>.</summary>
    public const int EntryBits = 13;

    /// <summary>Bytes of an entry.</summary>
    public const int EntryBytes = 32;

    /// <summary>Low bits of an address that do not select the entry: instructions are at least this well aligned.</summary>
    public const int IgnoredBits = 1;

    /// <summary>The entry for an address, as an index.</summary>
    public static ulong IndexOf(ulong pc) => (pc >> IgnoredBits) & (Entries - 1);
}
