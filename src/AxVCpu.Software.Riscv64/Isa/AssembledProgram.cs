namespace AxVCpu.Software.Riscv64.Isa;

/// <summary>What <see cref="Assembler"/> made: one flat image and the symbols of its text.</summary>
public sealed class AssembledProgram
{
    internal AssembledProgram(byte[] code, ulong baseAddress, IReadOnlyDictionary<string, ulong> symbols)
    {
        Code = code;
        BaseAddress = baseAddress;
        Symbols = symbols;
    }

    /// <summary>The image, from <see cref="BaseAddress"/> up.</summary>
    public byte[] Code { get; }

    /// <summary>Address of the first byte.</summary>
    public ulong BaseAddress { get; }

    /// <summary>Labels and <c>.equ</c> names. Numeric local labels are not listed.</summary>
    public IReadOnlyDictionary<string, ulong> Symbols { get; }

    /// <summary>The image as an ELF64 executable with one readable, writable and executable segment and a symbol table.</summary>
    /// <param name="entry">The entry address; null means the symbol <c>_start</c>, or the base address when there is none.</param>
    public byte[] ToElf(ulong? entry = null) =>
        ElfImage.Write(Code, BaseAddress, entry ?? (Symbols.TryGetValue("_start", out ulong start) ? start : BaseAddress), Symbols);
}
