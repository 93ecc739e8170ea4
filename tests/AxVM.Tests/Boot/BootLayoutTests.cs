using AxVM.Boot;

namespace AxVM.Tests.Boot;

public sealed class BootLayoutTests
{
    private static BootLayout Layout(ulong size = 0x1000_0000) => new([new AddressRangeConfig(0x8000_0000, size)]);

    [Fact]
    public void An_overlap_names_both_sides()
    {
        BootLayout layout = Layout();
        layout.Place("the kernel", 0x8020_0000, new byte[0x1000], 0x10_0000);
        ImageException e = Assert.Throws<ImageException>(() => layout.Place("the ramdisk", 0x802f_f000, new byte[0x2000]));
        Assert.Equal("the ramdisk: at 0x802ff000 to 0x80300fff overlaps the kernel at 0x80200000 to 0x802fffff", e.Message);
    }

    [Theory]
    [InlineData(0x7fff_f000UL)]
    [InlineData(0x8fff_f001UL)]
    [InlineData(0UL)]
    [InlineData(ulong.MaxValue)]
    public void What_is_not_wholly_in_RAM_is_refused(ulong address)
    {
        ImageException e = Assert.Throws<ImageException>(() => Layout().Place("x", address, new byte[0x1000]));
        Assert.Contains("does not fit the guest's RAM (0x80000000 to 0x8fffffff)", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Neighbours_do_not_overlap()
    {
        BootLayout layout = Layout();
        layout.Place("a", 0x8000_0000, new byte[0x1000]);
        layout.Place("b", 0x8000_1000, new byte[0x1000]);
        Assert.Equal(2, layout.Placed.Count);
    }

    [Fact]
    public void High_placement_is_aligned_below_the_limit_and_moves_under_what_is_there()
    {
        BootLayout layout = Layout();
        Assert.Equal(0x8fe0_0000UL, layout.PlaceHigh("dtb", new byte[0x3000], 0x20_0000, 0xc000_0000).Address);
        Assert.Equal(0x8fdf_f000UL, layout.PlaceHigh("initrd", new byte[0x1000], 0x1000, 0x8fe0_0000).Address);
        Assert.Equal(0x8fa0_0000UL, layout.PlaceHigh("other", new byte[0x30_0000], 0x20_0000, 0x8ff0_0000).Address);
        Assert.Equal(0x83ff_f000UL, Layout().PlaceHigh("low", new byte[0x1000], 0x1000, 0x8400_0000).Address);
    }

    [Fact]
    public void What_has_no_room_is_named_with_what_is_in_the_way()
    {
        BootLayout layout = Layout(0x10_0000);
        layout.Place("the kernel", 0x8000_0000, new byte[0xf_f000]);
        ImageException e = Assert.Throws<ImageException>(() => layout.PlaceHigh("the devicetree", new byte[0x2000], 0x1000, ulong.MaxValue));
        Assert.Contains("does not fit the guest's 0x100000 bytes of RAM beside the kernel at 0x80000000 to 0x800fefff", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_wanted_place_is_taken_when_free_and_left_when_not()
    {
        BootLayout layout = Layout();
        layout.Place("the kernel", 0x8020_0000, new byte[0x100_0000]);
        Assert.Equal(0x8800_0000UL, layout.PlaceNear("a", new byte[0x1000], 0x8800_0000).Address);
        Assert.Equal(0x8fff_f000UL, layout.PlaceNear("b", new byte[0x1000], 0x8020_0000).Address);
    }

    [Fact]
    public void Random_placements_never_overlap_and_stay_in_RAM()
    {
        int seed = Random.Shared.Next();
        Random random = new(seed);
        for (int round = 0; round < 200; round++)
        {
            BootLayout layout = new([new AddressRangeConfig(0x1000, 0x8000), new AddressRangeConfig(0x8000_0000, 0x2_0000)]);
            for (int i = 0; i < 20; i++)
            {
                byte[] data = new byte[random.Next(0x4000)];
                Exception? e = Record.Exception(() => random.Next(2) == 0
                    ? layout.PlaceHigh("x", data, 1UL << random.Next(14), (ulong)random.NextInt64(0x8002_8000))
                    : layout.PlaceNear("x", data, (ulong)random.NextInt64(0x8002_8000)));
                Assert.True(e is null or ImageException, $"seed {seed}: {e}");
            }

            foreach (PlacedImage a in layout.Placed)
            {
                Assert.True(layout.Ram.Any(ram => a.Address >= ram.Address && a.End <= ram.Address + ram.Length), $"seed {seed}");
            }

            PlacedImage[] sorted = [.. layout.Placed.Where(image => image.Size > 0).OrderBy(image => image.Address)];
            for (int i = 1; i < sorted.Length; i++)
            {
                Assert.True(sorted[i - 1].End <= sorted[i].Address, $"seed {seed}");
            }
        }
    }
}
