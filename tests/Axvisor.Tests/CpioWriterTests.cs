using System.Diagnostics;
using System.Globalization;
using System.Text;
using Axvisor.Guests;

namespace Axvisor.Tests;

public sealed class CpioWriterTests
{
    private sealed record Entry(string Name, uint Mode, uint Inode, uint Links, uint Major, uint Minor, byte[] Content);

    [Fact]
    public void Everything_added_reads_back_with_its_mode_content_and_parents_first()
    {
        byte[] content = Encoding.UTF8.GetBytes("seven b");
        List<Entry> entries = Read(Write(archive =>
        {
            archive.AddFile("a/b/file", content, 0b111_101_101);
            archive.AddSymbolicLink("a/link", "b/file");
            archive.AddCharacterDevice("dev/console", 5, 1);
            archive.AddDirectory("a");
        }));

        Assert.Equal(["a", "a/b", "a/b/file", "a/link", "dev", "dev/console", "TRAILER!!!"], entries.Select(entry => entry.Name));
        Assert.Equal(0x41EDu, entries[0].Mode);
        Assert.Equal(2u, entries[0].Links);
        Assert.Equal(0x81EDu, entries[2].Mode);
        Assert.Equal(content, entries[2].Content);
        Assert.Equal(0xA1FFu, entries[3].Mode);
        Assert.Equal("b/file", Encoding.UTF8.GetString(entries[3].Content));
        Assert.Equal((0x2180u, 5u, 1u), (entries[5].Mode, entries[5].Major, entries[5].Minor));
        Assert.Equal(6, entries.Take(6).Select(entry => entry.Inode).Distinct().Count());
    }

    [Theory]
    [InlineData(0), InlineData(1), InlineData(2), InlineData(3), InlineData(4), InlineData(4097)]
    public void Any_length_of_name_and_content_keeps_the_entries_aligned(int length)
    {
        byte[] content = [.. Enumerable.Range(0, length).Select(i => (byte)i)];
        string name = new('n', length % 7 + 1);
        List<Entry> entries = Read(Write(archive =>
        {
            archive.AddFile(name, content);
            archive.AddFile("last", [1, 2, 3]);
        }));
        Assert.Equal(content, entries[0].Content);
        Assert.Equal([1, 2, 3], entries[1].Content);
    }

    [Fact]
    public void The_same_input_gives_the_same_bytes()
    {
        static byte[] Make() => Write(archive => archive.AddFile("x/y", [1, 2, 3]));
        Assert.Equal(Make(), Make());
    }

    [Theory]
    [InlineData(""), InlineData("/"), InlineData("../up"), InlineData("a//b"), InlineData("a/./b")]
    public void A_path_that_leaves_the_archive_is_refused(string path) =>
        Assert.Throws<ArgumentException>(() => Write(archive => archive.AddFile(path, [])));

    [Fact]
    public void A_file_added_twice_is_refused() => Assert.Throws<ArgumentException>(() => Write(archive =>
    {
        archive.AddFile("a", []);
        archive.AddFile("a", []);
    }));

    [Fact]
    public async Task Cpio_itself_lists_the_archive()
    {
        Assert.SkipUnless(File.Exists("/usr/bin/cpio") || File.Exists("/bin/cpio"), "the package cpio is not installed");
        byte[] archive = Write(a =>
        {
            a.AddFile("etc/name", "box\n"u8);
            a.AddSymbolicLink("bin/sh", "busybox");
        });
        using Process cpio = Process.Start(new ProcessStartInfo("cpio", ["-t", "--quiet"])
        {
            RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true,
        })!;
        await cpio.StandardInput.BaseStream.WriteAsync(archive, TestContext.Current.CancellationToken);
        cpio.StandardInput.Close();
        string names = await cpio.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        await cpio.WaitForExitAsync(TestContext.Current.CancellationToken);
        Assert.Equal(0, cpio.ExitCode);
        Assert.Equal(["etc", "etc/name", "bin", "bin/sh"], names.Split('\n', StringSplitOptions.RemoveEmptyEntries));
    }

    private static byte[] Write(Action<CpioWriter> add)
    {
        using MemoryStream output = new();
        using (CpioWriter archive = new(output))
            add(archive);
        return output.ToArray();
    }

    private static List<Entry> Read(byte[] archive)
    {
        List<Entry> entries = [];
        int at = 0;
        do
        {
            Assert.Equal("070701", Encoding.ASCII.GetString(archive, at, 6));
            uint[] f = [.. Enumerable.Range(0, 13).Select(i =>
                uint.Parse(Encoding.ASCII.GetString(archive, at + 6 + 8 * i, 8), NumberStyles.HexNumber, CultureInfo.InvariantCulture))];
            string name = Encoding.UTF8.GetString(archive, at + 110, (int)f[11] - 1);
            Assert.Equal(0, archive[at + 110 + (int)f[11] - 1]);
            int content = Align(at + 110 + (int)f[11]);
            entries.Add(new Entry(name, f[1], f[0], f[4], f[9], f[10], archive[content..(content + (int)f[6])]));
            at = Align(content + (int)f[6]);
        }
        while (entries[^1].Name != "TRAILER!!!");
        Assert.Equal(archive.Length, at);
        return entries;
    }

    private static int Align(int offset) => (offset + 3) & ~3;
}
