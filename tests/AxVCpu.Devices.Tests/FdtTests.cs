using System.Buffers.Binary;
using System.Text;

namespace AxVCpu.Devices.Tests;

public sealed class FdtTests
{
    private static byte[] Board()
    {
        byte[] room = new byte[4096];
        FdtBuilder builder = new(room);
        builder.Reserve(0x8000_0000, 0x1000);
        builder.BeginNode(""u8);
        builder.Cell("#address-cells"u8, 2);
        builder.Cell("#size-cells"u8, 2);
        builder.BeginNode("cpus"u8);
        builder.Cell("#address-cells"u8, 1);
        builder.Cell("#size-cells"u8, 0);
        for (uint cpu = 0; cpu < 2; cpu++)
        {
            builder.BeginNode("cpu"u8, cpu);
            builder.Cell("reg"u8, cpu);
            builder.EndNode();
        }
        builder.EndNode();
        builder.BeginNode("memory"u8, 0x1_4000_0000);
        builder.Register(0x1_4000_0000, 0x2000_0000);
        builder.EndNode();
        builder.BeginNode("soc"u8);
        builder.Cell("#address-cells"u8, 1);
        builder.Cell("#size-cells"u8, 1);
        builder.BeginProperty("ranges"u8);
        builder.AppendCell(0x1000);
        builder.AppendNumber(0x900_0000);
        builder.AppendCell(0x2000);
        builder.EndProperty();
        builder.BeginNode("serial"u8, 0x1800);
        builder.BeginProperty("compatible"u8);
        builder.AppendText("arm,pl011"u8);
        builder.AppendText("arm,primecell"u8);
        builder.EndProperty();
        builder.BeginProperty("reg"u8);
        builder.AppendCell(0x1800);
        builder.AppendCell(0x100);
        builder.AppendCell(0x4000);
        builder.AppendCell(0x100);
        builder.EndProperty();
        builder.BeginProperty("interrupts"u8);
        builder.AppendCell(FdtGicInterrupt.Spi);
        builder.AppendCell(1);
        builder.AppendCell(FdtGicInterrupt.High);
        builder.AppendCell(FdtGicInterrupt.Ppi);
        builder.AppendCell(11);
        builder.AppendCell(FdtGicInterrupt.Rising);
        builder.EndProperty();
        builder.Cell("phandle"u8, 7);
        builder.EndNode();
        builder.EndNode();
        builder.BeginNode("chosen"u8);
        builder.Text("bootargs"u8, "console=ttyAMA0"u8);
        builder.Flag("empty"u8);
        builder.EndNode();
        builder.EndNode();
        return room[..builder.Finish(1)];
    }

    private static FdtBlob Open(ReadOnlySpan<byte> bytes)
    {
        Assert.Equal(FdtStatus.Ok, FdtBlob.Open(bytes, out FdtBlob blob));
        return blob;
    }

    private static string Text(ReadOnlySpan<byte> bytes) => Encoding.UTF8.GetString(bytes);

    [Fact]
    public void What_was_written_is_found()
    {
        FdtBlob blob = Open(Board());
        Assert.Equal(1u, blob.BootCpu);
        Assert.True(blob.TryReservation(0, out ulong address, out ulong size));
        Assert.Equal((0x8000_0000UL, 0x1000UL), (address, size));
        Assert.False(blob.TryReservation(1, out _, out _));
        Assert.True(blob.Root.At("/chosen"u8).TryText("bootargs"u8, out ReadOnlySpan<byte> text));
        Assert.Equal("console=ttyAMA0", Text(text));
        Assert.True(blob.Root.At("chosen"u8).Has("empty"u8));
        Assert.False(blob.Root.At("chosen"u8).Has("emptier"u8));
        Assert.True(blob.Root.At("/memory"u8).TryRegister(0, out address, out size));
        Assert.Equal((0x1_4000_0000UL, 0x2000_0000UL), (address, size));
        Assert.Equal("memory@140000000", Text(blob.Root.At("/memory"u8).Name));
        Assert.False(blob.Root.At("/memory"u8).TryRegister(1, out _, out _));
    }

    [Fact]
    public void Nodes_are_walked_in_every_direction()
    {
        FdtBlob blob = Open(Board());
        FdtNodeView cpus = blob.Root.FirstChild;
        Assert.Equal("cpus", Text(cpus.Name));
        FdtNodeView second = cpus.FirstChild.NextSibling;
        Assert.Equal("cpu@1", Text(second.Name));
        Assert.True(second.TryCpuId(out ulong id));
        Assert.Equal(1UL, id);
        Assert.False(second.NextSibling.Exists);
        Assert.Equal(cpus.Offset, second.Parent.Offset);
        Assert.Equal(blob.Root.Offset, cpus.Parent.Offset);
        Assert.True(cpus.Parent.Exists);
        Assert.False(blob.Root.Parent.Exists);
        Assert.False(blob.Root.NextSibling.Exists);
        int count = 0;
        for (FdtNodeView node = blob.Root; node.Exists; node = node.NextInBlob)
            count++;
        Assert.Equal(8, count);
        Assert.Equal("chosen", Text(cpus.NextSibling.NextSibling.NextSibling.Name));
        Assert.False(blob.Root.At("/cpus/cpu@2"u8).Exists);
        Assert.False(blob.Root.At("/nowhere/cpu"u8).FirstChild.NextSibling.Parent.Exists);
    }

    [Fact]
    public void A_device_is_found_by_model_and_handle_with_addresses_of_the_root()
    {
        FdtBlob blob = Open(Board());
        FdtNodeView serial = blob.Root.FindCompatible("arm,primecell"u8);
        Assert.Equal("serial@1800", Text(serial.Name));
        Assert.Equal(serial.Offset, blob.Root.FindPhandle(7).Offset);
        Assert.False(blob.Root.FindPhandle(8).Exists);
        Assert.False(serial.NextInBlob.FindCompatible("arm,pl011"u8).Exists);
        Assert.True(serial.IsEnabled);
        Assert.True(serial.TryRegister(0, out ulong address, out ulong size));
        Assert.Equal((0x900_0800UL, 0x100UL), (address, size));
        // The second range lies outside what the bus maps.
        Assert.False(serial.TryRegister(1, out _, out _));
        Assert.True(serial.TryGicInterrupt(0, out FdtGicInterrupt interrupt));
        Assert.Equal((33u, false), (interrupt.IntId, interrupt.IsEdge));
        Assert.True(serial.TryGicInterrupt(1, out interrupt));
        Assert.Equal((27u, true), (interrupt.IntId, interrupt.IsEdge));
        Assert.False(serial.TryGicInterrupt(2, out _));
    }

    [Fact]
    public void A_copied_node_is_the_same_with_everything_below_it()
    {
        FdtBlob blob = Open(Board());
        byte[] room = new byte[2048];
        FdtBuilder builder = new(room);
        builder.BeginNode(""u8);
        builder.Copy(blob.Root.At("/soc"u8));
        builder.Copy(blob.Root.At("/missing"u8));
        builder.EndNode();
        FdtBlob copy = Open(room.AsSpan(0, builder.Finish(0)));
        FdtNodeView serial = copy.Root.At("/soc/serial@1800"u8);
        Assert.True(serial.IsCompatible("arm,pl011"u8));
        Assert.True(serial.TryRegister(0, out ulong address, out _));
        Assert.Equal(0x900_0800UL, address);
        Assert.False(copy.Root.FirstChild.NextSibling.Exists);
    }

    [Fact]
    public void A_buffer_of_any_size_holds_the_whole_tree_or_nothing()
    {
        byte[] whole = Board();
        int smallest = int.MaxValue;
        for (int size = 0; size < 1200; size++)
        {
            byte[] room = new byte[size];
            FdtBuilder builder = new(room, size / 4);
            builder.BeginNode(""u8);
            builder.Copy(Open(whole).Root.At("/cpus"u8));
            builder.EndNode();
            int length = builder.Finish(0);
            Assert.Equal(length == 0, builder.HasFailed);
            if (length == 0)
                continue;
            smallest = Math.Min(smallest, size);
            Assert.True(Open(room.AsSpan(0, length)).Root.At("/cpus/cpu@1"u8).Exists, $"size {size}");
        }
        Assert.InRange(smallest, 100, 400);
    }

    [Fact]
    public void Calls_out_of_turn_give_no_blob()
    {
        byte[] room = new byte[1024];
        FdtBuilder builder = new(room);
        Assert.Equal(0, builder.Finish(0));
        builder = new FdtBuilder(room);
        builder.BeginNode(""u8);
        Assert.Equal(0, builder.Finish(0));
        builder = new FdtBuilder(room);
        builder.EndNode();
        Assert.Equal(0, builder.Finish(0));
        builder = new FdtBuilder(room);
        builder.Flag("x"u8);
        Assert.Equal(0, builder.Finish(0));
        builder = new FdtBuilder(room);
        builder.BeginNode(""u8);
        builder.EndNode();
        builder.BeginNode("second"u8);
        builder.EndNode();
        Assert.Equal(0, builder.Finish(0));
        builder = new FdtBuilder(room);
        for (int depth = 0; depth <= FdtFormat.MaximumDepth; depth++)
            builder.BeginNode("n"u8);
        for (int depth = 0; depth <= FdtFormat.MaximumDepth; depth++)
            builder.EndNode();
        Assert.Equal(0, builder.Finish(0));
    }

    [Theory]
    [InlineData(FdtHeaderWord.Magic, 0u, FdtStatus.BadMagic)]
    [InlineData(FdtHeaderWord.TotalSize, 0x10_0000u, FdtStatus.BadSize)]
    [InlineData(FdtHeaderWord.TotalSize, 8u, FdtStatus.BadSize)]
    [InlineData(FdtHeaderWord.Version, 16u, FdtStatus.BadVersion)]
    [InlineData(FdtHeaderWord.LastCompatibleVersion, 18u, FdtStatus.BadVersion)]
    [InlineData(FdtHeaderWord.StructureOffset, 0xffff_fff0u, FdtStatus.BadStructureBlock)]
    [InlineData(FdtHeaderWord.StringsSize, 0xffff_fff0u, FdtStatus.BadStringsBlock)]
    [InlineData(FdtHeaderWord.ReservationsOffset, 0xffff_fff8u, FdtStatus.OpenReservations)]
    [InlineData(FdtHeaderWord.StructureSize, 16u, FdtStatus.Truncated)]
    [InlineData(FdtHeaderWord.StringsSize, 4u, FdtStatus.BadPropertyName)]
    public void A_header_that_lies_is_refused(FdtHeaderWord word, uint value, FdtStatus expected)
    {
        byte[] blob = Board();
        BinaryPrimitives.WriteUInt32BigEndian(blob.AsSpan((int)word * 4), value);
        Assert.Equal(expected, FdtBlob.Open(blob, out FdtBlob opened));
        Assert.False(opened.Root.Exists);
    }

    [Theory]
    [InlineData(new uint[] { 9 }, FdtStatus.OpenNode)]
    [InlineData(new uint[] { 2 }, FdtStatus.UnmatchedEnd)]
    [InlineData(new uint[] { 3, 0, 0 }, FdtStatus.PropertyOutsideNode)]
    [InlineData(new uint[] { 1, 0, 9 }, FdtStatus.OpenNode)]
    [InlineData(new uint[] { 1, 0, 2, 1, 0, 2, 9 }, FdtStatus.SecondRoot)]
    [InlineData(new uint[] { 1, 0, 7 }, FdtStatus.BadToken)]
    [InlineData(new uint[] { 1, 0, 3, 0, 3 }, FdtStatus.BadPropertyName)]
    [InlineData(new uint[] { 1, 0, 3, 0, 100 }, FdtStatus.BadPropertyName)]
    [InlineData(new uint[] { 1, 0, 3, 99, 0 }, FdtStatus.Truncated)]
    [InlineData(new uint[] { 1, 0x6161_6161 }, FdtStatus.OpenNodeName)]
    [InlineData(new uint[] { 1, 0, 2 }, FdtStatus.Truncated)]
    [InlineData(new uint[] { 4, 1, 0, 4, 3, 0, 0, 2, 4, 9 }, FdtStatus.Ok)]
    public void A_structure_block_against_the_grammar_is_refused(uint[] words, FdtStatus expected)
    {
        byte[] blob = Raw(words);
        Assert.Equal(expected, FdtBlob.Open(blob, out _));
    }

    [Fact]
    public void Nesting_has_a_bound()
    {
        uint[] words = [.. Enumerable.Repeat(new uint[] { 1, 0 }, FdtFormat.MaximumDepth).SelectMany(pair => pair), .. Enumerable.Repeat(2u, FdtFormat.MaximumDepth), 9];
        Assert.Equal(FdtStatus.Ok, FdtBlob.Open(Raw(words), out _));
        Assert.Equal(FdtStatus.TooDeep, FdtBlob.Open(Raw([1, 0, .. words[..^1], 2, 9]), out _));
    }

    [Fact]
    public void Damage_is_read_or_refused_and_nothing_else()
    {
        int seed = Random.Shared.Next();
        Random random = new(seed);
        byte[] whole = Board();
        int read = 0;
        for (int round = 0; round < 20_000; round++)
        {
            byte[] blob = (byte[])whole.Clone();
            for (int damage = random.Next(1, 6); damage > 0; damage--)
                blob[random.Next(FdtFormat.HeaderSize, blob.Length)] = (byte)(random.Next(2) == 0 ? random.Next(10) : random.Next(256));
            try
            {
                if (FdtBlob.Open(blob, out FdtBlob opened) == FdtStatus.Ok)
                {
                    read++;
                    Visit(opened);
                }
            }
            catch (Exception exception)
            {
                Assert.Fail($"seed {seed}, round {round}: {exception}");
            }
        }
        Assert.InRange(read, 100, 19_900);
    }

    private static void Visit(FdtBlob blob)
    {
        for (FdtNodeView node = blob.Root; node.Exists; node = node.NextInBlob)
        {
            _ = node.Parent.Exists || node.NextSibling.Exists || node.FirstChild.Exists || node.IsEnabled || node.IsCompatible("x"u8);
            for (int index = -1; index < 3; index++)
            {
                node.TryRegister(index, out _, out _);
                node.TryGicInterrupt(index, out _);
                node.TryCell("reg"u8, index, out _);
            }
            node.TryCpuId(out _);
            node.TryNumber("reg"u8, out _);
            node.TryText("compatible"u8, out _);
        }
        FdtBuilder builder = new(new byte[blob.Bytes.Length * 2]);
        builder.Copy(blob.Root);
        if (builder.Finish(0) != 0)
            Assert.False(builder.HasFailed);
    }

    private static byte[] Raw(uint[] words)
    {
        byte[] blob = new byte[FdtFormat.HeaderSize + FdtFormat.ReservationSize + words.Length * 4 + 4];
        uint structure = FdtFormat.HeaderSize + FdtFormat.ReservationSize;
        uint strings = structure + (uint)words.Length * 4;
        uint[] header = [FdtFormat.Magic, (uint)blob.Length, structure, strings, FdtFormat.HeaderSize, 17, 16, 0, 4, (uint)words.Length * 4];
        for (int index = 0; index < header.Length; index++)
            BinaryPrimitives.WriteUInt32BigEndian(blob.AsSpan(index * 4), header[index]);
        for (int index = 0; index < words.Length; index++)
            BinaryPrimitives.WriteUInt32BigEndian(blob.AsSpan((int)structure + index * 4), words[index]);
        "abc\0"u8.CopyTo(blob.AsSpan((int)strings));
        return blob;
    }
}
