using System.Buffers.Binary;
using System.Diagnostics;
using System.Text;
using AxVM.Acpi;

namespace AxVM.Tests.X64;

public sealed class AcpiTablesTests
{
    private const ulong Place = 0xE_0000;

    private static byte[] Block(int cpus = 2) => AcpiTables.Build(Place, cpus, [0, 1, 2]);

    private static byte[] TableAt(byte[] block, ulong address)
    {
        int at = (int)(address - Place);
        return block.AsSpan(at, BinaryPrimitives.ReadInt32LittleEndian(block.AsSpan(at + 4))).ToArray();
    }

    private static Dictionary<string, byte[]> Tables(byte[] block)
    {
        byte[] xsdt = TableAt(block, BinaryPrimitives.ReadUInt64LittleEndian(block.AsSpan(24)));
        Dictionary<string, byte[]> tables = new() { ["XSDT"] = xsdt };
        for (int at = AcpiTable.HeaderSize; at < xsdt.Length; at += 8)
        {
            byte[] table = TableAt(block, BinaryPrimitives.ReadUInt64LittleEndian(xsdt.AsSpan(at)));
            tables[Encoding.ASCII.GetString(table, 0, 4)] = table;
        }

        tables["DSDT"] = TableAt(block, BinaryPrimitives.ReadUInt64LittleEndian(tables["FACP"].AsSpan(140)));
        return tables;
    }

    [Fact]
    public void Every_table_is_reached_from_the_root_pointer_and_adds_up_to_zero()
    {
        byte[] block = Block();
        Assert.Equal("RSD PTR ", Encoding.ASCII.GetString(block, 0, 8));
        Assert.Equal(0, AcpiTable.Checksum(block.AsSpan(0, 20)));
        Assert.Equal(0, AcpiTable.Checksum(block.AsSpan(0, 36)));
        Dictionary<string, byte[]> tables = Tables(block);
        Assert.Equal(["APIC", "DSDT", "FACP", "XSDT"], tables.Keys.Order(StringComparer.Ordinal));
        Assert.All(tables.Values, table => Assert.Equal(0, AcpiTable.Checksum(table)));
        Assert.Equal(276, tables["FACP"].Length);
    }

    [Fact]
    public void The_madt_lists_each_processor_and_the_timers_pin()
    {
        byte[] madt = Tables(Block(cpus: 3))["APIC"];
        List<byte> processors = [];
        List<uint> overrides = [];
        for (int at = 44; at < madt.Length; at += madt[at + 1])
        {
            Assert.NotEqual(0, madt[at + 1]);
            if (madt[at] == 0)
                processors.Add(madt[at + 3]);
            if (madt[at] == 2)
                overrides.Add(BinaryPrimitives.ReadUInt32LittleEndian(madt.AsSpan(at + 4)));
        }

        Assert.Equal([(byte)0, (byte)1, (byte)2], processors);
        Assert.Equal([2u, 9u], overrides);
    }

    [Fact]
    public void The_compiler_of_the_reference_implementation_reads_them_without_a_complaint()
    {
        const string Tool = "/usr/bin/iasl";
        Assert.SkipUnless(File.Exists(Tool), "needs iasl (package acpica-tools)");
        string folder = Directory.CreateTempSubdirectory("axvm-acpi-").FullName;
        try
        {
            foreach ((string name, byte[] table) in Tables(Block()))
            {
                File.WriteAllBytes(Path.Combine(folder, name + ".dat"), table);
                (int code, string text) = Run(Tool, folder, "-d", name + ".dat");
                Assert.True(code == 0 && !text.Contains("rror", StringComparison.Ordinal), text);
            }

            string source = File.ReadAllText(Path.Combine(folder, "DSDT.dsl"));
            Assert.Contains("Name (_HID, EisaId (\"PNP0501\")", source, StringComparison.Ordinal);
            Assert.Contains("\"LNRO0005\"", source, StringComparison.Ordinal);
            Assert.Contains("_S5", source, StringComparison.Ordinal);
            Assert.Contains("0x00000012", source, StringComparison.Ordinal); // the third slot's interrupt
            (int compiled, string report) = Run(Tool, folder, "-p", "again", "DSDT.dsl");
            Assert.True(compiled == 0 && report.Contains("0 Errors", StringComparison.Ordinal), report);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [Theory]
    [InlineData(10)]
    [InlineData(62)]
    [InlineData(63)]
    [InlineData(64)]
    [InlineData(4090)]
    [InlineData(4095)]
    [InlineData(4096)]
    [InlineData(70_000)]
    public void A_package_length_counts_itself(int content)
    {
        byte[] aml = new AmlWriter().Scope("_SB", inner => inner.Name("TEXT", new string('x', content))).ToArray();
        int further = aml[1] >> 6;
        int length = further == 0 ? aml[1] & 0x3F : aml[1] & 0xF;
        for (int i = 0; i < further; i++)
            length |= aml[2 + i] << (4 + 8 * i);
        Assert.Equal(aml.Length - 1, length);
    }

    private static (int Code, string Text) Run(string tool, string folder, params string[] arguments)
    {
        ProcessStartInfo start = new(tool, arguments) { WorkingDirectory = folder, RedirectStandardOutput = true, RedirectStandardError = true };
        using Process process = Process.Start(start)!;
        Task<string> errors = process.StandardError.ReadToEndAsync();
        string text = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return (process.ExitCode, text + errors.Result);
    }
}
