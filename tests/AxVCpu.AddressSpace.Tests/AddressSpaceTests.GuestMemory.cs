namespace AxVCpu.Memory.Tests;

public abstract unsafe partial class AddressSpaceTests<TFormat>
{
    [Fact]
    public void Defect_accesses_ran_past_a_region_or_forever__they_end_with_a_status_and_transfer_nothing()
    {
        Ok(Space.MapAlloc(new(Start), 2 * K4, RW, false));
        byte[] buffer = new byte[64];
        Assert.Equal(GuestAccessStatus.NotMapped, Space.Write(new(Start + (2 * K4) - 32), Enumerable.Repeat((byte)1, 64).ToArray()));
        Assert.Equal(GuestAccessStatus.NotMapped, Space.Read(new(Start + (2 * K4) - 32), buffer));
        Assert.Equal(GuestAccessStatus.Ok, Space.Read(new(Start + (2 * K4) - 64), buffer));
        Assert.Equal(-1, buffer.AsSpan().IndexOfAnyExcept((byte)0));
        Assert.Equal(GuestAccessStatus.NotMapped, Space.Read(new(Start - 1), buffer.AsSpan(0, 1)));
        Assert.Equal(GuestAccessStatus.NotMapped, Space.Read(new(ulong.MaxValue - 3), buffer));
        Assert.Equal(GuestAccessStatus.NotMapped, Space.ReadVolatile(new(Start + (2 * K4)), AccessWidth.Qword, out _));
        Assert.Equal(GuestAccessStatus.Ok, Space.Read(new(Start + (9 * K4)), default));
    }

    [Fact]
    public void Defect_objects_did_not_span_regions__any_alignment_across_pages_and_regions_works()
    {
        Ok(Space.MapAlloc(new(Start), K4, RW, false));
        Ok(Space.MapAlloc(new(Start + K4), 2 * K4, RW, true));
        Ok(Space.MapAlloc(new(Start + (3 * K4)), K4, RW, false));
        Guid value = Guid.NewGuid();
        foreach (ulong at in new[] { K4 - 1, K4 - 15, K4 - 8, (2 * K4) - 3, (3 * K4) - 9, 17UL })
        {
            Assert.Equal(GuestAccessStatus.Ok, Space.WriteObject(new(Start + at), value));
            Assert.Equal(GuestAccessStatus.Ok, Space.ReadObject(new(Start + at), out Guid back));
            Assert.Equal(value, back);
        }

        byte[] large = new byte[4 * K4];
        new Random(1).NextBytes(large);
        Assert.Equal(GuestAccessStatus.Ok, Space.Write(new(Start), large));
        byte[] read = new byte[4 * K4];
        Assert.Equal(GuestAccessStatus.Ok, Space.Read(new(Start), read));
        Assert.Equal(large, read);
    }

    [Fact]
    public void Defect_accessors_ignored_rights__reads_writes_and_faults_obey_them()
    {
        Ok(Space.MapAlloc(new(Start), K4, R, false));
        Ok(Space.MapAlloc(new(Start + K4), K4, RW, false));
        Ok(Space.MapAlloc(new(Start + (2 * K4)), K4, MappingFlags.None, false));
        Assert.Equal(GuestAccessStatus.Ok, Space.ReadObject(new(Start), out ulong _));
        Assert.Equal(GuestAccessStatus.Permission, Space.WriteObject(new(Start), 1UL));
        Assert.Equal(GuestAccessStatus.Permission, Space.WriteVolatile(new(Start), AccessWidth.Byte, 1));
        Assert.Equal(GuestAccessStatus.Permission, Space.ReadObject(new(Start + (2 * K4)), out ulong _));
        Assert.Equal(PageFaultOutcome.Permission, Space.HandlePageFault(new(Start), MappingFlags.Write));
        Assert.Equal(PageFaultOutcome.Permission, Space.HandlePageFault(new(Start + K4), MappingFlags.Execute));
        Assert.Equal(GuestAccessStatus.Permission, Space.Write(new(Start + K4 - 4), new byte[8]));
        Assert.Equal(GuestAccessStatus.Ok, Space.WriteObject(new(Start + K4), ulong.MaxValue));
        Assert.Equal(GuestAccessStatus.Permission, Space.Write(new(Start + (2 * K4) - 4), new byte[8]));
        Assert.Equal(GuestAccessStatus.Ok, Space.ReadObject(new(Start + (2 * K4) - 8), out ulong untouched));
        Assert.Equal(0UL, untouched);
    }

    [Fact]
    public void Volatile_accesses_have_their_width_and_refuse_misalignment()
    {
        Ok(Space.MapAlloc(new(Start), K4, RW, false));
        Assert.Equal(GuestAccessStatus.Ok, Space.WriteVolatile(new(Start + 8), AccessWidth.Qword, 0x8877_6655_4433_2211));
        foreach ((AccessWidth width, ulong expected) in new[]
        {
            (AccessWidth.Byte, 0x11UL), (AccessWidth.Word, 0x2211UL), (AccessWidth.Dword, 0x4433_2211UL), (AccessWidth.Qword, 0x8877_6655_4433_2211UL),
        })
        {
            Assert.Equal(GuestAccessStatus.Ok, Space.ReadVolatile(new(Start + 8), width, out ulong value));
            Assert.Equal(expected, value);
            Assert.Equal(GuestAccessStatus.Ok, Space.WriteVolatile(new(Start + 64), width, ulong.MaxValue));
            Assert.Equal(GuestAccessStatus.Ok, Space.ReadVolatile(new(Start + 64), AccessWidth.Qword, out value));
            Assert.Equal(ulong.MaxValue >> (64 - ((int)width * 8)), value);
            if (width != AccessWidth.Byte)
            {
                Assert.Equal(GuestAccessStatus.Misaligned, Space.ReadVolatile(new(Start + 9), width, out _));
                Assert.Equal(GuestAccessStatus.Misaligned, Space.WriteVolatile(new(Start + 9), width, 0));
            }
        }
    }

    [Fact]
    public void Defect_buffers_of_unpopulated_memory_crashed__host_addresses_are_populated_checked_and_bounded()
    {
        Ok(Space.MapAlloc(new(Start), 4 * K4, RW, false));
        Assert.True(Space.TryGetHostAddress(new(Start + 100), 3 * K4, RW, out HostVirtAddr host));
        *(uint*)host.Value = 0xC0FFEE;
        Assert.Equal(GuestAccessStatus.Ok, Space.ReadObject(new(Start + 100), out uint value));
        Assert.Equal(0xC0FFEEu, value);
        Assert.False(Space.TryGetHostAddress(new(Start + 100), 4 * K4, R, out _));
        Assert.False(Space.TryGetHostAddress(new(Start), K4, MappingFlags.Execute, out _));
        Assert.False(Space.TryGetHostAddress(new(Start), 0, R, out _));
    }

    [Fact]
    public void Defect_slices_outlived_their_memory__unmapped_memory_gives_no_host_address()
    {
        Ok(Space.MapAlloc(new(Start), K4, RW, true));
        Assert.True(Space.TryGetHostAddress(new(Start), K4, RW, out _));
        Ok(Space.Unmap(new(Start), K4));
        Assert.False(Space.TryGetHostAddress(new(Start), K4, RW, out _));
    }
}
