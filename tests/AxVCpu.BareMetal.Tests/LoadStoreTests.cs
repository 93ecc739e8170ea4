using AxVCpu.BareMetal.Aarch64;

namespace AxVCpu.BareMetal.Tests;

/// <summary>The decoder of loads and stores, against what the GNU assembler made of the instructions in the comments.</summary>
public sealed class LoadStoreTests
{
    private const ulong Base = 0x1_0000;
    private const ulong Index = 0xFFFF_FFFF_0000_0010;

    // Instruction, load, SIMD, signed, element bytes, register bytes, registers, first, second, base, address - base, base after - base.
    [Theory]
    [InlineData(0xb84045ea, true, false, false, 4, 4, 1, 10, -1, 15, 0L, 4L)] // ldr w10, [x15], #4
    [InlineData(0xf840cdeb, true, false, false, 8, 8, 1, 11, -1, 15, 12L, 12L)] // ldr x11, [x15, #12]!
    [InlineData(0x389fdc41, true, false, true, 1, 8, 1, 1, -1, 2, -3L, -3L)] // ldrsb x1, [x2, #-3]!
    [InlineData(0x78c027e1, true, false, true, 2, 4, 1, 1, -1, 31, 0L, 2L)] // ldrsh w1, [sp], #2
    [InlineData(0x380ffc83, false, false, false, 1, 4, 1, 3, -1, 4, 255L, 255L)] // strb w3, [x4, #255]!
    [InlineData(0xf85000c5, true, false, false, 8, 8, 1, 5, -1, 6, -256L, 0L)] // ldur x5, [x6, #-256]
    [InlineData(0xb8004907, false, false, false, 4, 4, 1, 7, -1, 8, 4L, 0L)] // sttr w7, [x8, #4]
    [InlineData(0x99404041, true, false, false, 4, 4, 1, 1, -1, 2, 4L, 0L)] // ldapur w1, [x2, #4]
    [InlineData(0x999fc041, true, false, true, 4, 8, 1, 1, -1, 2, -4L, 0L)] // ldapursw x1, [x2, #-4]
    [InlineData(0x19001043, false, false, false, 1, 4, 1, 3, -1, 2, 1L, 0L)] // stlurb w3, [x2, #1]
    [InlineData(0xf8bfc041, true, false, false, 8, 8, 1, 1, -1, 2, 0L, 0L)] // ldapr x1, [x2]
    [InlineData(0xa9422e6a, true, false, false, 8, 8, 2, 10, 11, 19, 32L, 0L)] // ldp x10, x11, [x19, #32]
    [InlineData(0x29ff366c, true, false, false, 4, 4, 2, 12, 13, 19, -8L, -8L)] // ldp w12, w13, [x19, #-8]!
    [InlineData(0x68c20861, true, false, true, 4, 8, 2, 1, 2, 3, 0L, 16L)] // ldpsw x1, x2, [x3], #16
    [InlineData(0xa9bf7fe1, false, false, false, 8, 8, 2, 1, 31, 31, -16L, -16L)] // stp x1, xzr, [sp, #-16]!
    [InlineData(0xa8600861, true, false, false, 8, 8, 2, 1, 2, 3, -512L, 0L)] // ldnp x1, x2, [x3, #-512]
    [InlineData(0xac1f8861, false, true, false, 16, 8, 2, 1, 2, 3, 1008L, 0L)] // stnp q1, q2, [x3, #1008]
    [InlineData(0x6cff0861, true, true, false, 8, 8, 2, 1, 2, 3, 0L, -16L)] // ldp d1, d2, [x3], #-16
    [InlineData(0x2d408861, true, true, false, 4, 4, 2, 1, 2, 3, 4L, 0L)] // ldp s1, s2, [x3, #4]
    [InlineData(0x3dc01a60, true, true, false, 16, 8, 1, 0, -1, 19, 96L, 0L)] // ldr q0, [x19, #96]
    [InlineData(0x3dbffc5f, false, true, false, 16, 8, 1, 31, -1, 2, 65520L, 0L)] // str q31, [x2, #65520]
    [InlineData(0x3c401441, true, true, false, 1, 8, 1, 1, -1, 2, 0L, 1L)] // ldr b1, [x2], #1
    [InlineData(0x7d000c41, false, true, false, 2, 8, 1, 1, -1, 2, 6L, 0L)] // str h1, [x2, #6]
    [InlineData(0xfc637841, true, true, false, 8, 8, 1, 1, -1, 2, unchecked((long)(Index << 3)), 0L)] // ldr d1, [x2, x3, lsl #3]
    [InlineData(0xf863d841, true, false, false, 8, 8, 1, 1, -1, 2, 0x80L, 0L)] // ldr x1, [x2, w3, sxtw #3]
    [InlineData(0x38634841, true, false, false, 1, 4, 1, 1, -1, 2, 0x10L, 0L)] // ldrb w1, [x2, w3, uxtw]
    [InlineData(0xb823e841, false, false, false, 4, 4, 1, 1, -1, 2, unchecked((long)Index), 0L)] // str w1, [x2, x3, sxtx]
    [InlineData(0x88dffc41, true, false, false, 4, 4, 1, 1, -1, 2, 0L, 0L)] // ldar w1, [x2]
    [InlineData(0xc89ffc41, false, false, false, 8, 8, 1, 1, -1, 2, 0L, 0L)] // stlr x1, [x2]
    public void A_load_or_store_is_what_the_assembler_meant(
        uint instruction, bool isLoad, bool isVector, bool isSigned, int element, int register, int count, int first, int second, int rn, long address, long after)
    {
        Assert.Equal(LoadStoreStatus.Decoded, LoadStore.Decode(instruction, out LoadStore access));
        Assert.Equal((isLoad, isVector, isSigned), (access.IsLoad, access.IsVector, access.IsSigned));
        Assert.Equal((element, count, first, rn), (access.ElementBytes, access.Count, access.RegisterAt(0), access.Rn));
        if (!isVector)
            Assert.Equal(register, access.RegisterBytes);
        if (second >= 0)
            Assert.Equal(second, access.RegisterAt(1));
        Assert.Equal(Base + (ulong)address, access.AddressOf(Base, Index));
        Assert.Equal(after != 0, access.WritesBack);
        if (access.WritesBack)
            Assert.Equal(Base + (ulong)after, access.BaseAfter(Base, Index));
    }

    [Theory]
    [InlineData(0x58000041, 8, false, 8L)] // ldr x1, . + 8
    [InlineData(0x98ffffe1, 4, true, -4L)] // ldrsw x1, . - 4
    [InlineData(0x9c000081, 16, false, 16L)] // ldr q1, . + 16
    public void A_literal_is_relative_to_its_instruction(uint instruction, int element, bool isSigned, long offset)
    {
        Assert.Equal(LoadStoreStatus.Decoded, LoadStore.Decode(instruction, out LoadStore access));
        Assert.Equal((AddressMode.Literal, element, isSigned), (access.Mode, access.ElementBytes, access.IsSigned));
        Assert.Equal(Base + (ulong)offset, access.AddressOf(Base, 0));
    }

    // Instruction, load, element bytes, increment of the base (-1 is the index register's), register and lane of each element.
    [Theory]
    [InlineData(0x4c40a263, true, 1, 0, "3.0 3.1 3.2 3.3 3.4 3.5 3.6 3.7 3.8 3.9 3.10 3.11 3.12 3.13 3.14 3.15 4.0 4.1 4.2 4.3 4.4 4.5 4.6 4.7 4.8 4.9 4.10 4.11 4.12 4.13 4.14 4.15")] // ld1 {v3.16b, v4.16b}, [x19]
    [InlineData(0x0cdf7263, true, 1, 8, "3.0 3.1 3.2 3.3 3.4 3.5 3.6 3.7")] // ld1 {v3.8b}, [x19], #8
    [InlineData(0x4c852c5e, false, 8, -1, "30.0 30.1 31.0 31.1 0.0 0.1 1.0 1.1")] // st1 {v30.2d, v31.2d, v0.2d, v1.2d}, [x2], x5
    [InlineData(0x4cdf6be1, true, 4, 48, "1.0 1.1 1.2 1.3 2.0 2.1 2.2 2.3 3.0 3.1 3.2 3.3")] // ld1 {v1.4s-v3.4s}, [sp], #48
    [InlineData(0x0c40ac61, true, 8, 0, "1.0 2.0")] // ld1 {v1.1d, v2.1d}, [x3]
    [InlineData(0x0cc5443e, true, 2, -1, "30.0 31.0 0.0 30.1 31.1 0.1 30.2 31.2 0.2 30.3 31.3 0.3")] // ld3 {v30.4h, v31.4h, v0.4h}, [x1], x5
    [InlineData(0x4c9f0fe1, false, 8, 64, "1.0 2.0 3.0 4.0 1.1 2.1 3.1 4.1")] // st4 {v1.2d-v4.2d}, [sp], #64
    [InlineData(0x0d400c21, true, 1, 0, "1.3")] // ld1 {v1.b}[3], [x1]
    [InlineData(0x4d9f5827, false, 2, 2, "7.7")] // st1 {v7.h}[7], [x1], #2
    [InlineData(0x4de39048, true, 4, -1, "8.3 9.3")] // ld2 {v8.s, v9.s}[3], [x2], x3
    [InlineData(0x4d60a45c, true, 8, 0, "28.1 29.1 30.1 31.1")] // ld4 {v28.d-v31.d}[1], [x2]
    [InlineData(0x0d00a441, false, 8, 0, "1.0 2.0 3.0")] // st3 {v1.d-v3.d}[0], [x2]
    [InlineData(0x4dffc823, true, 4, 8, "3.0 4.0")] // ld2r {v3.4s, v4.4s}, [x1], #8
    [InlineData(0x4d60e423, true, 2, 0, "3.0 4.0 5.0 6.0")] // ld4r {v3.8h-v6.8h}, [x1]
    public void A_structure_is_element_after_element(uint instruction, bool isLoad, int element, int increment, string places)
    {
        Assert.Equal(LoadStoreStatus.Decoded, LoadStore.Decode(instruction, out LoadStore access));
        Assert.Equal((isLoad, true, element), (access.IsLoad, access.IsStructure, access.ElementBytes));
        int elements = access.TotalBytes / element;
        Assert.Equal(places, string.Join(' ', Enumerable.Range(0, elements).Select(i => $"{access.RegisterAt(i)}.{access.LaneAt(i)}")));
        Assert.Equal(increment != 0, access.WritesBack);
        if (increment != 0)
            Assert.Equal(Base + (increment < 0 ? Index : (ulong)increment), access.BaseAfter(Base, Index));
        Assert.Equal(Base, access.AddressOf(Base, Index));
    }

    [Theory]
    [InlineData(0xf9800020, nameof(LoadStoreStatus.Prefetch))] // prfm pldl1keep, [x1]
    [InlineData(0xf89ff020, nameof(LoadStoreStatus.Prefetch))] // prfum pldl1keep, [x1, #-1]
    [InlineData(0xd8000040, nameof(LoadStoreStatus.Prefetch))] // prfm pldl1keep, . + 8
    [InlineData(0x885f7c41, nameof(LoadStoreStatus.Atomic))] // ldxr w1, [x2]
    [InlineData(0xc801fc62, nameof(LoadStoreStatus.Atomic))] // stlxr w1, x2, [x3]
    [InlineData(0xb8210062, nameof(LoadStoreStatus.Atomic))] // ldadd w1, w2, [x3]
    [InlineData(0x88a17c62, nameof(LoadStoreStatus.Atomic))] // cas w1, w2, [x3]
    [InlineData(0xf8218062, nameof(LoadStoreStatus.Atomic))] // swp x1, x2, [x3]
    [InlineData(0x0c408c21, nameof(LoadStoreStatus.Unsupported))] // ld2 of 1d: reserved
    [InlineData(0x0d404421, nameof(LoadStoreStatus.Unsupported))] // ld1 of an h whose number is odd in size: reserved
    [InlineData(0x0d00c021, nameof(LoadStoreStatus.Unsupported))] // a store of LD1R's form: reserved
    [InlineData(0x4c418021, nameof(LoadStoreStatus.Unsupported))] // ld2 without write-back that names an index register
    [InlineData(0x8b030041, nameof(LoadStoreStatus.Unsupported))] // add x1, x2, x3
    [InlineData(0xd9404041, nameof(LoadStoreStatus.Decoded))] // ldapur x1, [x2, #4]
    [InlineData(0xd9804041, nameof(LoadStoreStatus.Unsupported))] // ldapursw of 64 bits: unallocated
    [InlineData(0xd50b7421, nameof(LoadStoreStatus.Unsupported))] // dc zva, x1
    public void What_an_instruction_is_to_a_device_is_named(uint instruction, string status) =>
        Assert.Equal(status, LoadStore.Decode(instruction, out _).ToString());

    [Fact]
    public void Any_bits_decode_to_something_within_bounds()
    {
        int seed = Environment.TickCount;
        var random = new Random(seed);
        for (int i = 0; i < 2_000_000; i++)
        {
            uint instruction = (uint)random.NextInt64(1L << 32);
            if (LoadStore.Decode(instruction, out LoadStore access) != LoadStoreStatus.Decoded)
                continue;
            int last = access.IsStructure ? (access.TotalBytes / access.ElementBytes) - 1 : access.Count - 1;
            bool isSane = access.Count is >= 1 and <= 4 && access.ElementBytes is 1 or 2 or 4 or 8 or 16 && access.TotalBytes is > 0 and <= 64 &&
                access.RegisterAt(last) is >= 0 and <= 31 && (!access.IsStructure || (access.LaneAt(last) + 1) * access.ElementBytes <= 16) && access.RegisterBytes is 4 or 8 && (access.IsVector || access.ElementBytes <= 8);
            Assert.True(isSane, $"seed {seed}: {instruction:x8}");
        }
    }
}
