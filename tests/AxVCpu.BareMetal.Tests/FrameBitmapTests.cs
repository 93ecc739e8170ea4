using System.Runtime.InteropServices;
using AxVCpu.BareMetal.Aarch64;

namespace AxVCpu.BareMetal.Tests;

/// <summary>The allocator of frames against a model that is a list of booleans.</summary>
public sealed unsafe class FrameBitmapTests
{
    private const ulong Start = 0x4012_3000;
    private const int Frames = 300;

    [Fact]
    public void It_agrees_with_its_model()
    {
        int seed = Environment.TickCount;
        var random = new Random(seed);
        ulong* words = (ulong*)NativeMemory.AllocZeroed((nuint)FrameBitmap.WordsFor(Frames), sizeof(ulong));
        var bitmap = new FrameBitmap(Start, Frames, words);
        var taken = new bool[Frames];
        for (int step = 0; step < 50_000; step++)
        {
            int count = random.Next(1, random.Next(2, 40));
            if (random.Next(2) == 0)
            {
                ulong alignment = 4096UL << random.Next(4);
                bool expected = Enumerable.Range(0, Frames).Any(i => Fits(taken, i, count) && (Start + ((ulong)i * 4096)) % alignment == 0);
                bool found = bitmap.TryAlloc((ulong)count, alignment, out ulong address);
                Assert.True(found == expected, $"seed {seed} step {step}: {count} frames by {alignment}");
                if (!found)
                    continue;
                int first = (int)((address - Start) / 4096);
                Assert.True(address % alignment == 0 && Fits(taken, first, count), $"seed {seed} step {step}: {address:x}");
                taken.AsSpan(first, count).Fill(true);
            }
            else
            {
                int first = random.Next(Frames - count);
                if (random.Next(8) != 0)
                {
                    bitmap.Release(Start + ((ulong)first * 4096), (ulong)count);
                    taken.AsSpan(first, count).Clear();
                }
                else if (random.Next(2) == 0)
                {
                    bitmap.Reserve(Start + ((ulong)first * 4096) + 1, (ulong)count * 4096 - 1);
                    taken.AsSpan(first, count).Fill(true);
                }
                else
                {
                    bool free = Fits(taken, first, count);
                    Assert.Equal(free, bitmap.TryReserve(Start + ((ulong)first * 4096), (ulong)count));
                    if (free)
                        taken.AsSpan(first, count).Fill(true);
                }
            }

            Assert.True(bitmap.Free == (ulong)taken.Count(t => !t), $"seed {seed} step {step}");
        }

        NativeMemory.Free(words);
    }

    [Fact]
    public void What_lies_outside_is_not_reserved()
    {
        ulong* words = stackalloc ulong[(int)FrameBitmap.WordsFor(Frames)];
        var bitmap = new FrameBitmap(Start, Frames, words);
        bitmap.Reserve(0, Start);
        bitmap.Reserve(Start + (Frames * 4096), 1 << 20);
        Assert.Equal((ulong)Frames, bitmap.Free);
        bitmap.Reserve(Start - 4096, 8192);
        Assert.Equal((ulong)Frames - 1, bitmap.Free);
        Assert.False(bitmap.TryReserve(Start - 4096, 1));
    }

    private static bool Fits(bool[] taken, int first, int count) => first + count <= Frames && !taken.AsSpan(first, count).Contains(true);
}
