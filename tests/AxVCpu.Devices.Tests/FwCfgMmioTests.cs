using System.Buffers.Binary;
using System.Text;

namespace AxVCpu.Devices.Tests;

/// <summary>QEMU's firmware configuration device as a guest of little-endian words uses its big-endian registers.</summary>
public sealed class FwCfgMmioTests
{
    private const ulong Request = TestMemory.Base + 0x100;
    private const ulong Target = TestMemory.Base + 0x2000;

    private readonly TestMemory _memory = new(0x1_0000);
    private readonly FwCfgItems _items = new(3, 1UL << 30, FwCfgFeatures.Traditional | FwCfgFeatures.Dma);
    private readonly FwCfgMmioDevice _device;

    public FwCfgMmioTests() => _device = new FwCfgMmioDevice(_items, _memory);

    private void Select(FwCfgKey key) => _device.Put(8, BinaryPrimitives.ReverseEndianness((ushort)key), AccessWidth.Word);

    private FwCfgDmaControl Transfer(uint control, uint length, ulong address, bool inHalves = false)
    {
        Span<byte> request = _memory.At(Request, 16);
        BinaryPrimitives.WriteUInt32BigEndian(request, control);
        BinaryPrimitives.WriteUInt32BigEndian(request[4..], length);
        BinaryPrimitives.WriteUInt64BigEndian(request[8..], address);
        if (inHalves)
        {
            _device.Put(16, 0, AccessWidth.Dword);
            _device.Put(20, BinaryPrimitives.ReverseEndianness((uint)Request), AccessWidth.Dword);
        }
        else
        {
            _device.Put(16, BinaryPrimitives.ReverseEndianness(Request), AccessWidth.Qword);
        }
        return (FwCfgDmaControl)BinaryPrimitives.ReadUInt32BigEndian(_memory.At(Request, 4));
    }

    private string TextAt(ulong address, int length) => Encoding.ASCII.GetString(_memory.At(address, length));

    [Fact]
    public void Items_are_read_in_their_order_by_any_width()
    {
        Select(FwCfgKey.Signature);
        Assert.Equal((ulong)'Q', _device.Get(0, AccessWidth.Byte));
        Assert.Equal((ulong)('E' | 'M' << 8), _device.Get(0, AccessWidth.Word));
        Assert.Equal((ulong)'U', _device.Get(0, AccessWidth.Qword));
        Select(FwCfgKey.Signature);
        Assert.Equal(BinaryPrimitives.ReadUInt32LittleEndian("QEMU"u8), (uint)_device.Get(0, AccessWidth.Dword));
        Select(FwCfgKey.Id);
        Assert.Equal(3UL, _device.Get(0, AccessWidth.Dword));
        Select(FwCfgKey.CpuCount | (FwCfgKey)0x4000);
        Assert.Equal(3UL, _device.Get(0, AccessWidth.Word));
        Select((FwCfgKey)0x8000);
        Assert.Equal(0UL, _device.Get(0, AccessWidth.Dword));
        Assert.False(_device.Read(8, AccessWidth.Word, out _));
        Assert.False(_device.Write(8, AccessWidth.Dword, 0));
        Assert.False(_device.Read(1, AccessWidth.Byte, out _));
    }

    [Fact]
    public void The_dma_register_names_itself()
    {
        Assert.Equal(BinaryPrimitives.ReadUInt64LittleEndian("QEMU CFG"u8), _device.Get(16, AccessWidth.Qword));
        Assert.Equal(BinaryPrimitives.ReadUInt32LittleEndian(" CFG"u8), (uint)_device.Get(20, AccessWidth.Dword));
        Assert.False(_device.Read(20, AccessWidth.Qword, out _));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_request_selects_skips_and_copies(bool inHalves)
    {
        byte[] kernel = new byte[5000];
        new Random(3).NextBytes(kernel);
        _items.Add(FwCfgKey.KernelData, kernel);
        Assert.Equal(FwCfgDmaControl.None, Transfer((uint)FwCfgKey.KernelData << 16 | 8 | 2, 3000, Target, inHalves));
        Assert.Equal(kernel[..3000], _memory.At(Target, 3000).ToArray());
        Assert.Equal(FwCfgDmaControl.None, Transfer(4, 500, 0, inHalves));
        _memory.At(Target, 3000).Fill(0xEE);
        Assert.Equal(FwCfgDmaControl.None, Transfer(2, 2000, Target, inHalves));
        Assert.Equal(kernel[3500..], _memory.At(Target, 1500).ToArray());
        Assert.Equal(new byte[500], _memory.At(Target + 1500, 500).ToArray());
        Assert.Equal(0xEE, _memory.At(Target + 2000, 1)[0]);
    }

    [Fact]
    public void A_request_that_cannot_be_done_says_so()
    {
        Assert.Equal(FwCfgDmaControl.Error, Transfer(8 | 2, 4, 0x1000));
        Assert.Equal(FwCfgDmaControl.Error, Transfer(8 | 2, uint.MaxValue, Target));
        Assert.Equal(FwCfgDmaControl.Error, Transfer(8 | 2, 4, ulong.MaxValue));
        Assert.Equal(FwCfgDmaControl.Error, Transfer(8 | 16, 4, Target));
        Assert.Equal(FwCfgDmaControl.None, Transfer(8, 4, Target));
        // A request that is not in memory is nobody's.
        _device.Put(16, BinaryPrimitives.ReverseEndianness(0x1000UL), AccessWidth.Qword);
    }

    [Fact]
    public void Files_are_in_the_directory_by_name()
    {
        _items.AddFile("opt/b", "second"u8.ToArray());
        _items.AddFile("etc/a", "first"u8.ToArray());
        Assert.Equal(FwCfgDmaControl.None, Transfer((uint)FwCfgKey.FileDirectory << 16 | 8 | 2, 4 + 2 * 64, Target));
        Assert.Equal(2u, BinaryPrimitives.ReadUInt32BigEndian(_memory.At(Target, 4)));
        Assert.Equal(5u, BinaryPrimitives.ReadUInt32BigEndian(_memory.At(Target + 4, 4)));
        Assert.Equal("etc/a\0", TextAt(Target + 12, 6));
        ushort key = BinaryPrimitives.ReadUInt16BigEndian(_memory.At(Target + 4 + 64 + 4, 2));
        Assert.Equal("opt/b\0", TextAt(Target + 4 + 64 + 8, 6));
        Assert.Equal(FwCfgDmaControl.None, Transfer((uint)key << 16 | 8 | 2, 6, Target));
        Assert.Equal("second", TextAt(Target, 6));
    }

    [Fact]
    public void Power_on_begins_with_the_signature()
    {
        Select(FwCfgKey.Id);
        _device.Reset();
        Assert.Equal((ulong)'Q', _device.Get(0, AccessWidth.Byte));
    }
}
