using Axvisor.Commands;
using AxVCpu.Software.Riscv64.Isa;

namespace Axvisor.Tests;

public sealed class SignatureTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(4, "04030201\n08070605\n00000009\n")]
    [InlineData(8, "0807060504030201\n0000000000000009\n")]
    [InlineData(16, "00000000000000090807060504030201\n")]
    public void A_line_is_one_word_with_its_most_significant_byte_first(int granularity, string text) =>
        Assert.Equal(text, SignatureFile.Format([1, 2, 3, 4, 5, 6, 7, 8, 9], granularity));

    [Fact]
    public async Task A_run_writes_the_signature_also_when_the_test_failed()
    {
        string kernel = Program("""
            _start:
                la   t0, begin_signature
                li   t1, 0x55
                sw   t1, 4(t0)
                la   t0, tohost
                li   t1, 7
                sw   t1, 0(t0)
                sw   zero, 4(t0)
            1:  j    1b
                .balign 64
            tohost:
                .dword 0
            begin_signature:
                .dword 0
            end_signature:
            """);
        string file = _folder.File("signature");
        (int code, _, string errors) = await CliProcess.RunAsync("run", "--kernel", kernel, "--timeout", "60", "--signature", file, "--signature-granularity", "4");
        Assert.True(code == 3, $"exit code {code}; {errors}");
        Assert.Equal("00000000\n00000055\n", await File.ReadAllTextAsync(file, TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task A_program_without_a_signature_is_refused_when_one_is_wanted()
    {
        string kernel = Program("_start: j _start\n");
        (int code, _, string errors) = await CliProcess.RunAsync("run", "--kernel", kernel, "--timeout", "60", "--signature", _folder.File("signature"));
        Assert.Equal(2, code);
        Assert.Contains("begin_signature", errors, StringComparison.Ordinal);
        (code, _, errors) = await CliProcess.RunAsync("run", "--kernel", kernel, "--signature", _folder.File("signature"), "--signature-granularity", "3");
        Assert.Equal(2, code);
        Assert.Contains("4, 8 or 16", errors, StringComparison.Ordinal);
    }

    private string Program(string source)
    {
        string path = _folder.File($"{Guid.NewGuid():N}.elf");
        File.WriteAllBytes(path, Assembler.Assemble(source, 0x8000_0000).ToElf());
        return path;
    }
}
