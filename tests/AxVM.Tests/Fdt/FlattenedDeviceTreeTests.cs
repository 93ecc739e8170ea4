using System.Diagnostics;
using System.Text;
using AxVM.Boards;
using AxVM.Fdt;

namespace AxVM.Tests.Fdt;

public sealed class FlattenedDeviceTreeTests
{
    private static FlattenedDeviceTree Board(StartProfile profile = StartProfile.Sbi, int cpus = 2) => Riscv64VirtTree.Generate(new Riscv64VirtTreeOptions
    {
        HartIds = [.. Enumerable.Range(0, cpus).Select(id => (ulong)id)],
        Ram = [new AddressRangeConfig(0x8000_0000, 0x2000_0000)],
        IsaString = "rv64imafdc_zicsr_zicboz",
        IsaExtensions = ["i", "m", "a", "f", "d", "c", "zicsr", "zicboz"],
        Profile = profile,
        VirtioSlots = [0, 3],
        CommandLine = "console=ttyS0 quote=\"x\"",
        Initrd = new AddressRangeConfig(0x9000_0000, 0x1234),
        RngSeed = new byte[] { 1, 2, 3, 4, 5 },
    });

    [Fact]
    public void A_tree_reads_back_as_it_was_written()
    {
        FlattenedDeviceTree tree = Board();
        tree.Reservations.Add(new FdtReservation(0x8000_0000, 0x1000));
        byte[] blob = tree.ToBlob();
        FlattenedDeviceTree again = FlattenedDeviceTree.Read(blob);
        Assert.Equal(blob, again.ToBlob());
        Assert.Equal(tree.ToDts(), again.ToDts());
    }

    [Fact]
    public void The_board_describes_what_a_kernel_looks_for()
    {
        FlattenedDeviceTree tree = FlattenedDeviceTree.Read(Board().ToBlob());
        Assert.Equal("console=ttyS0 quote=\"x\"\0"u8.ToArray(), tree.Root.At("/chosen")!.Find("bootargs")!.Value.ToArray());
        Assert.Equal([0, 0, 0, 0, 0x90, 0, 0x12, 0x34], tree.Root.At("/chosen")!.Find("linux,initrd-end")!.Value.ToArray());
        Assert.Equal([0, 0x98, 0x96, 0x80], tree.Root.At("/cpus")!.Find("timebase-frequency")!.Value.ToArray());
        Assert.Equal("riscv,sv57\0"u8.ToArray(), tree.Root.At("/cpus/cpu@1")!.Find("mmu-type")!.Value.ToArray());
        Assert.NotNull(tree.Root.At("/cpus/cpu@1")!.Find("riscv,cboz-block-size"));
        Assert.Null(tree.Root.At("/cpus/cpu@1")!.Find("riscv,cbom-block-size"));
        Assert.Equal([0, 0, 0, 10], tree.Root.At("/soc/serial@10000000")!.Find("interrupts")!.Value.ToArray());
        Assert.Equal([0, 0, 0, 4], tree.Root.At("/soc/virtio_mmio@10004000")!.Find("interrupts")!.Value.ToArray());
        Assert.Null(tree.Root.At("/soc/virtio_mmio@10002000"));
        Assert.NotNull(tree.Root.At("/memory@80000000"));
    }

    [Fact]
    public void Supervisor_guests_see_no_machine_mode_hardware()
    {
        FlattenedDeviceTree sbi = Board();
        Assert.Null(sbi.Root.At("/soc/clint"));
        byte[] contexts = sbi.Root.At("/soc/plic")!.Find("interrupts-extended")!.Value.ToArray();
        Assert.Equal([0, 0, 0, 3, 0xff, 0xff, 0xff, 0xff, 0, 0, 0, 3, 0, 0, 0, 9], contexts[..16]);
        FlattenedDeviceTree machine = Board(StartProfile.Machine);
        Assert.NotNull(machine.Root.At("/soc/clint@2000000"));
        Assert.Equal([0, 0, 0, 3, 0, 0, 0, 11, 0, 0, 0, 3, 0, 0, 0, 9], machine.Root.At("/soc/plic")!.Find("interrupts-extended")!.Value.ToArray()[..16]);
    }

    [Theory]
    [InlineData(StartProfile.Sbi)]
    [InlineData(StartProfile.Machine)]
    public void The_devicetree_compiler_accepts_the_blob_and_the_text(StartProfile profile)
    {
        byte[] blob = Board(profile).ToBlob();
        string fromBlob = Encoding.UTF8.GetString(RunDtc("dtb", "dts", blob));
        Assert.Contains("sifive,plic-1.0.0", fromBlob, StringComparison.Ordinal);
        byte[] fromText = RunDtc("dts", "dtb", Encoding.UTF8.GetBytes(Board(profile).ToDts()));
        Assert.Equal(Board(profile).ToDts(), FlattenedDeviceTree.Read(fromText).ToDts());
    }

    [Fact]
    public void Every_truncation_is_refused_with_the_typed_exception()
    {
        byte[] blob = Board().ToBlob();
        for (int length = 0; length < blob.Length; length += 3)
        {
            Assert.Throws<FdtException>(() => FlattenedDeviceTree.Read(blob.AsSpan(0, length)));
        }
    }

    [Fact]
    public void Random_damage_is_read_or_refused_and_nothing_else()
    {
        int seed = Random.Shared.Next();
        Random random = new(seed);
        byte[] blob = Board().ToBlob();
        for (int round = 0; round < 5_000; round++)
        {
            byte[] damaged = (byte[])blob.Clone();
            for (int i = random.Next(1, 8); i > 0; i--)
            {
                damaged[random.Next(random.Next(2) == 0 ? 64 : damaged.Length)] = (byte)random.Next(256);
            }

            Exception? e = Record.Exception(() => FlattenedDeviceTree.Read(damaged).ToDts());
            Assert.True(e is null or FdtException, $"seed {seed}, round {round}: {e}");
        }
    }

    [Fact]
    public void Endless_nesting_is_refused()
    {
        FdtNode node = new(string.Empty);
        FlattenedDeviceTree tree = new() { Root = node };
        for (int i = 0; i < 200; i++)
        {
            node = node.AddChild("n");
        }

        Assert.Contains("deep", Assert.Throws<FdtException>(() => FlattenedDeviceTree.Read(tree.ToBlob())).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Setting_a_property_again_replaces_it()
    {
        FdtNode node = new FdtNode("n").SetCells("x", 1).SetCells("x", 2);
        Assert.Equal([0, 0, 0, 2], Assert.Single(node.Properties).Value.ToArray());
    }

    private static byte[] RunDtc(string from, string to, byte[] input)
    {
        string file = Path.GetTempFileName();
        try
        {
            File.WriteAllBytes(file, input);
            using Process dtc = Process.Start(new ProcessStartInfo("dtc", ["-q", "-I", from, "-O", to, file])
            {
                RedirectStandardOutput = true,
                RedirectStandardError = true,
            })!;
            Task<string> errors = dtc.StandardError.ReadToEndAsync();
            using MemoryStream output = new();
            dtc.StandardOutput.BaseStream.CopyTo(output);
            dtc.WaitForExit();
            Assert.True(dtc.ExitCode == 0, errors.Result);
            return output.ToArray();
        }
        catch (System.ComponentModel.Win32Exception e)
        {
            Assert.Skip($"dtc cannot be run: {e.Message}");
            throw;
        }
        finally
        {
            File.Delete(file);
        }
    }
}
