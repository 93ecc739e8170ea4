using System.CommandLine;
using System.Text;
using AxVM;

namespace Axvisor.Commands;

/// <summary>The result of an architecture test as RISC-V's own simulators write it: lines of hexadecimal words of memory.</summary>
internal sealed class SignatureFile
{
    private const int DefaultGranularity = 16;

    private readonly Option<string?> _file = new("--signature")
    {
        HelpName = "FILE", Description = "At the end, write the memory between the symbols begin_signature and end_signature to this file, as hexadecimal words",
    };

    private readonly Option<int?> _granularity = new("--signature-granularity")
    {
        HelpName = "4|8|16", Description = $"Bytes per line of the signature (default {DefaultGranularity})",
    };

    /// <summary>Adds the options to a command.</summary>
    internal void AddTo(Command command)
    {
        _granularity.Validators.Add(result =>
        {
            if (result.Tokens is [var token] && token.Value is not ("4" or "8" or "16"))
                result.AddError($"--signature-granularity {token.Value}: 4, 8 or 16 is possible");
        });
        command.Options.Add(_file);
        command.Options.Add(_granularity);
    }

    /// <summary>Refuses a program without a signature, before it runs.</summary>
    /// <exception cref="InputException">The file is wanted and there is nothing to write.</exception>
    internal void Check(ParseResult options, VirtualMachine vm)
    {
        if (options.GetValue(_file) is not null && vm.ReadSignature() is null)
            throw new InputException("--signature: the kernel is no ELF file with the symbols begin_signature and end_signature");
    }

    /// <summary>Writes the file if it is wanted. The VM is stopped.</summary>
    /// <exception cref="InputException">The file cannot be written.</exception>
    internal void Write(ParseResult options, VirtualMachine vm)
    {
        if (options.GetValue(_file) is not { } file || vm.ReadSignature() is not { } bytes)
            return;
        try
        {
            File.WriteAllText(file, Format(bytes, options.GetValue(_granularity) ?? DefaultGranularity));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new InputException($"--signature {file}: {e.Message}");
        }
    }

    /// <summary>Each line is one word, its most significant byte first; bytes behind the end are zero.</summary>
    internal static string Format(ReadOnlySpan<byte> bytes, int granularity)
    {
        StringBuilder text = new();
        for (int line = 0; line < bytes.Length; line += granularity)
        {
            for (int at = line + granularity - 1; at >= line; at--)
                text.Append(Convert.ToHexStringLower([at < bytes.Length ? bytes[at] : (byte)0]));
            text.Append('\n');
        }

        return text.ToString();
    }
}
