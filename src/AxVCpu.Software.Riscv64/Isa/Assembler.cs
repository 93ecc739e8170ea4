namespace AxVCpu.Software.Riscv64.Isa;

/// <summary>
/// A small two-pass assembler for whole guest programs: one flat image at a fixed address. Syntax of the GNU assembler: labels, numeric local
/// labels, expressions, the usual directives and pseudo-instructions. Compressed instructions only where written (<c>c.addi</c>).
/// </summary>
/// <remarks>Stateless; any thread. Made for tests, samples and the built-in guests, not for speed.</remarks>
public static class Assembler
{
    /// <summary>Assembles a program.</summary>
    /// <param name="source">The text.</param>
    /// <param name="baseAddress">Guest address of the first byte; a multiple of 4.</param>
    /// <param name="fileName">Name of the text in error messages.</param>
    /// <param name="isa">Instructions of other extensions are refused.</param>
    /// <exception cref="AssemblerException">The text is wrong; the first problem is reported.</exception>
    public static AssembledProgram Assemble(
        string source,
        ulong baseAddress,
        string fileName = "<text>",
        IsaExtensions isa = IsaExtensions.All)
    {
        ArgumentNullException.ThrowIfNull(source);
        if ((baseAddress & 3) != 0)
            throw new ArgumentException("the base address must be a multiple of 4", nameof(baseAddress));
        return new AssemblySession(baseAddress, fileName, isa).Assemble(source);
    }
}
