using AxVCpu.Memory;

namespace AxVCpu.Devices.Tests;

public sealed class GuestMemoryDmaTests
{
    private const ulong Ram = 0x8000_0000;
    private const ulong Size = 0x1_0000;

    [Fact]
    public void Devices_reach_memory_that_is_there_and_nothing_else()
    {
        using GuestAddressSpace space = GuestAddressSpace.Create(NestedFormat.Sv39x4, memoryLimit: 4 << 20);
        Assert.Equal(AddressSpaceError.None, space.MapAlloc(new GuestPhysAddr(Ram), Size, MappingFlags.Read | MappingFlags.Write, populate: false));
        Assert.Equal(AddressSpaceError.None, space.MapAlloc(new GuestPhysAddr(Ram + 2 * Size), Size, MappingFlags.Read, populate: true));
        GuestMemoryDma dma = new(space);
        byte[] text = "across pages"u8.ToArray();
        byte[] read = new byte[text.Length];
        Assert.True(dma.Write(Ram + 0xFFA, text));
        Assert.True(dma.Read(Ram + 0xFFA, read));
        Assert.Equal(text, read);
        Assert.True(dma.WriteIndex(Ram + 0x4002, 0xABCD));
        Assert.True(dma.ReadIndex(Ram + 0x4002, out ushort index));
        Assert.Equal(0xABCD, index);
        Assert.False(dma.ReadIndex(Ram + 1, out index));
        Assert.Equal(0, index);
        Assert.False(dma.WriteIndex(Ram + 1, 1));
        Assert.False(dma.Read(Ram + Size - 4, read));
        Assert.False(dma.Write(ulong.MaxValue - 4, text));
        Assert.False(dma.Write(0x1000, text));
        Assert.False(dma.Write(Ram + 2 * Size, text));
        Assert.True(dma.Read(Ram + 2 * Size, read));
    }
}
