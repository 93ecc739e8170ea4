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
    [InlineData(0x4c40a263, true, true, false, 16, 8, 2, 3, 4, 19, 0L, 0L)] // ld1 {v3.16b, v4.16b}, [x19]
    [InlineData(0x0cdf7263, true, true, false, 8, 8, 1, 3, -1, 19, 0L, 8L)] // ld1 {v3.8b}, [x19], #8
    [InlineData(0x4c852c5e, false, true, false, 16, 8, 4, 30, 31, 2, 0L, unchecked((long)Index))] // st1 {v30.2d-v1.2d}, [x2], x5
    [InlineData(0x4cdf6be1, true, true, false, 16, 8, 3, 1, 2, 31, 0L, 48L)] // ld1 {v1.4s-v3.4s}, [sp], #48
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

    [Fact]
    public void Consecutive_registers_wrap_round()
    {
        LoadStore.Decode(0x4c852c5e, out LoadStore access);
        Assert.Equal([30, 31, 0, 1], Enumerable.Range(0, 4).Select(access.RegisterAt));
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
    [InlineData(0x4c408021, nameof(LoadStoreStatus.Unsupported))] // ld2 {v1.16b, v2.16b}, [x1]
    [InlineData(0x0d400c21, nameof(LoadStoreStatus.Unsupported))] // ld1 {v1.b}[3], [x1]
    [InlineData(0x8b030041, nameof(LoadStoreStatus.Unsupported))] // add x1, x2, x3
    [InlineData(0x99404041, nameof(LoadStoreStatus.Unsupported))] // ldapur w1, [x2, #4]
    [InlineData(0xd50b7421, nameof(LoadStoreStatus.Unsupported))] // dc zva, x1
    public void What_cannot_be_done_on_a_device_is_named(uint instruction, string status) =>
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
            bool isSane = access.Count is >= 1 and <= 4 && access.ElementBytes is 1 or 2 or 4 or 8 or 16 && access.TotalBytes <= 64 &&
                access.RegisterAt(access.Count - 1) <= 31 && access.RegisterBytes is 4 or 8 && (access.IsVector || access.ElementBytes <= 8);
            Assert.True(isSane, $"seed {seed}: {instruction:x8}");
        }
    }
}
