using System.Globalization;

namespace AxVCpu.Software.Riscv64.Isa;

/// <summary>Assembly text that <see cref="Assembler"/> does not accept. The message says what would be right.</summary>
public sealed class AssemblerException : Exception
{
    /// <summary>Creates the error for one place in the text.</summary>
    /// <param name="file">Name of the source as given to the assembler.</param>
    /// <param name="line">Line number, from 1.</param>
    /// <param name="text">The statement.</param>
    /// <param name="problem">What is wrong and what would be right.</param>
    public AssemblerException(string file, int line, string text, string problem)
        : base(string.Create(CultureInfo.InvariantCulture, $"{file}:{line}: {problem}: {text.Trim()}"))
    {
        File = file;
        Line = line;
        Text = text;
    }

    /// <summary>Name of the source.</summary>
    public string File { get; }

    /// <summary>Line number, from 1.</summary>
    public int Line { get; }

    /// <summary>The statement.</summary>
    public string Text { get; }
}
