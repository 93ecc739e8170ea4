namespace AxVCpu.Devices.Tests;

/// <summary>Flash as drivers use it: commands and data for two chips side by side.</summary>
public sealed class CfiFlashTests : IFlashView, IDisposable
{
    private const int Size = 4 << 20;
    private const uint Block = 0x4_0000;
    private const uint Ready = 0x80_0080;
    private const uint Array = 0xFF_00FF;

    private readonly string _path = Path.Combine(Path.GetTempPath(), $"axvcpu-flash-{Guid.NewGuid():n}");
    private readonly List<bool> _shown = [];
    private FlashImage? _image;

    public void Dispose()
    {
        _image?.Dispose();
        File.Delete(_path);
    }

    void IFlashView.Show(bool isArray) => _shown.Add(isArray);

    private CfiFlashDevice Open(byte[] content, bool readOnly = false)
    {
        File.WriteAllBytes(_path, content);
        _image = FlashImage.Open(_path, Size, readOnly);
        return new CfiFlashDevice(_image, Block, this);
    }

    private static void Program(CfiFlashDevice flash, ulong offset, uint value)
    {
        flash.Put(offset, 0x40_0040);
        flash.Put(offset, value);
    }

    private static void Erase(CfiFlashDevice flash, ulong offset)
    {
        flash.Put(offset, 0x20_0020);
        flash.Put(offset, 0xD0_00D0);
    }

    [Fact]
    public void The_query_names_the_command_set_and_the_geometry()
    {
        CfiFlashDevice flash = Open([]);
        flash.Put(0x55 * 4, 0x98_0098);
        byte[] query = [.. Enumerable.Range(0, 0x40).Select(word => (byte)flash.Get((ulong)word * 4))];
        Assert.Equal("QRY"u8.ToArray(), query[0x10..0x13]);
        Assert.Equal([1, 0, 0x31, 0], query[0x13..0x17]);
        Assert.Equal("PRI10"u8.ToArray(), query[0x31..0x36]);
        Assert.Equal(Size / 2, 1 << query[0x27]);
        Assert.Equal(CfiFlash.BufferSize / 2, 1 << query[0x2A]);
        Assert.Equal(1, query[0x2C]);
        Assert.Equal(Size / (int)Block, query[0x2D] + (query[0x2E] << 8) + 1);
        Assert.Equal(Block / 2, (uint)(query[0x2F] << 8 | query[0x30] << 16));
        // Both chips answer, each on its half of the bus, and a wide access is two of the bus.
        Assert.Equal(0x51_0051UL, flash.Get(0x40));
        Assert.Equal(0x51UL, flash.Get(0x42, AccessWidth.Word));
        Assert.Equal(0x52_0052_0051_0051UL, flash.Get(0x40, AccessWidth.Qword));
        flash.Put(0, 0x90_0090);
        Assert.Equal(0x89_0089UL, flash.Get(0));
        Assert.Equal(0x18_0018UL, flash.Get(4));
        Assert.Equal([false], _shown);
        flash.Put(0, Array);
        Assert.Equal([false, true], _shown);
        Assert.Equal(uint.MaxValue, (uint)flash.Get(0x40));
    }

    [Fact]
    public void Programming_clears_bits_and_erasing_sets_those_of_a_block()
    {
        CfiFlashDevice flash = Open([0xF0, 0x0F, 0xFF, 0xFF]);
        Program(flash, 0, 0x1234_5678);
        Assert.Equal(Ready, (uint)flash.Get(0));
        flash.Put(0, Array);
        Assert.Equal(0x1234_5678u & 0xFFFF_0FF0, (uint)flash.Get(0));
        Program(flash, Block, 7);
        Program(flash, 2 * Block - 4, 8);
        Program(flash, 2 * Block, 9);
        Erase(flash, Block + 0x100);
        Assert.Equal(Ready, (uint)flash.Get(Block));
        flash.Put(0, Array);
        Assert.Equal((uint.MaxValue, uint.MaxValue, 9u), ((uint)flash.Get(Block), (uint)flash.Get(2 * Block - 4), (uint)flash.Get(2 * Block)));
        Assert.Equal(0x1234_5678u & 0xFFFF_0FF0, (uint)flash.Get(0));
        _image!.Dispose();
        byte[] stored = File.ReadAllBytes(_path);
        Assert.Equal(0x1234_5678u & 0xFFFF_0FF0, BitConverter.ToUInt32(stored));
        Assert.Equal(9u, BitConverter.ToUInt32(stored, (int)(2 * Block)));
    }

    [Fact]
    public void A_buffer_is_programmed_when_it_is_confirmed()
    {
        CfiFlashDevice flash = Open([]);
        foreach (bool isConfirmed in (bool[])[false, true])
        {
            flash.Put(0x1000, 0xE8_00E8);
            Assert.Equal(Ready, (uint)flash.Get(0x1000));
            flash.Put(0x1000, 2 | 2 << 16);
            for (uint word = 0; word < 3; word++)
                flash.Put(0x1010 + 4 * word, word);
            flash.Put(0x1000, isConfirmed ? 0xD0_00D0u : Array);
            flash.Put(0x1000, Array);
            Assert.Equal(isConfirmed ? [uint.MaxValue, 0, 1, 2, uint.MaxValue] : Enumerable.Repeat(uint.MaxValue, 5),
                Enumerable.Range(0, 5).Select(word => (uint)flash.Get(0x100C + 4 * (ulong)word)));
        }
    }

    [Fact]
    public void Commands_that_make_no_sense_are_told_in_the_status_until_it_is_cleared()
    {
        CfiFlashDevice flash = Open([]);
        flash.Put(0, 0xE8);
        flash.Put(0, CfiFlash.BufferSize / 4);
        Assert.Equal(0xB0_00B0UL, flash.Get(0));
        flash.Put(0, 0x50);
        flash.Put(0, 0x70);
        Assert.Equal(Ready, (uint)flash.Get(0));
        flash.Put(0, 0xE8);
        flash.Put(0, 0);
        flash.Put(CfiFlash.BufferSize, 1);
        flash.Put(0, 0xD0);
        Assert.Equal(0x90_0090UL, flash.Get(0));
        flash.Put(0, 0xF0);
        Assert.Equal(uint.MaxValue, (uint)flash.Get(CfiFlash.BufferSize));
        flash.Put(0, 0x20);
        flash.Put(0, 0x12);
        Assert.True(flash.State.IsReadArray);
        Assert.False(flash.Read(2, AccessWidth.Dword, out _));
        Assert.False(flash.Read(Size, AccessWidth.Dword, out _));
    }

    [Fact]
    public void A_read_only_bank_stays_as_it_is()
    {
        byte[] content = [1, 2, 3, 4];
        CfiFlashDevice flash = Open(content, readOnly: true);
        Program(flash, 0, 0);
        Assert.Equal(0x90_0090UL, flash.Get(0));
        Erase(flash, 0);
        Assert.Equal(0xB0_00B0UL, flash.Get(0));
        flash.Reset();
        Assert.True(_shown[^1]);
        Assert.Equal(0x0403_0201UL, flash.Get(0));
        Assert.Equal(content, File.ReadAllBytes(_path));
    }

    [Fact]
    public void A_file_that_cannot_be_flash_is_named()
    {
        DiskOpenException e = Assert.Throws<DiskOpenException>(() => Open(new byte[Size + 1]));
        Assert.Equal($"flash '{_path}' has {Size + 1} bytes, but the bank has {Size}", e.Message);
        Assert.Throws<DiskOpenException>(() => FlashImage.Open(_path + "-none", Size, readOnly: true));
    }

    [Fact]
    public void Random_use_neither_throws_nor_touches_what_is_outside()
    {
        int seed = Random.Shared.Next();
        Random random = new(seed);
        CfiFlashDevice flash = Open([]);
        byte[] commands = [0x10, 0x20, 0x40, 0x50, 0x60, 0x70, 0x90, 0x98, 0xD0, 0xE8, 0xF0, 0xFF];
        try
        {
            for (int access = 0; access < 20_000; access++)
            {
                ulong offset = random.Next(50) == 0 ? (ulong)random.NextInt64() : (ulong)random.Next(Size);
                AccessWidth width = (AccessWidth)(random.Next(20) == 0 ? random.Next(256) : 1 << random.Next(4));
                if (random.Next(2) == 0)
                    flash.Read(offset, width, out _);
                else
                    flash.Write(offset, width, random.Next(2) == 0 ? commands[random.Next(commands.Length)] : (ulong)random.NextInt64());
            }
        }
        catch (Exception e)
        {
            Assert.Fail($"seed {seed}: {e}");
        }
        Assert.Equal(0, flash.FailedStores);
    }
}
