using System.Runtime.InteropServices;

namespace AxVCpu.Software.Tests.Memory;

/// <summary>Both ways to compare and swap 16 bytes.</summary>
public sealed unsafe class PairExchangeTests
{
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_pair_is_replaced_when_both_halves_are_equal(bool usesHost)
    {
        using PairExchange exchange = new(usesHost);
        ulong* memory = (ulong*)NativeMemory.AlignedAlloc(16, 16);
        ulong* pair = stackalloc ulong[2];
        try
        {
            foreach ((ulong low, ulong high, bool isEqual) in (ReadOnlySpan<(ulong, ulong, bool)>)[(1, 2, true), (1, 3, false), (0, 2, false)])
            {
                (memory[0], memory[1]) = (1, 2);
                (pair[0], pair[1]) = (low, high);
                Assert.Equal(isEqual, exchange.CompareExchange(memory, pair, 8, 9));
                Assert.Equal((1UL, 2UL), (pair[0], pair[1]));
                Assert.Equal(isEqual ? (8UL, 9UL) : (1UL, 2UL), (memory[0], memory[1]));
            }
        }
        finally
        {
            NativeMemory.AlignedFree(memory);
        }
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Threads_lose_no_step(bool usesHost)
    {
        const int Rounds = 5000;
        using PairExchange exchange = new(usesHost);
        ulong* memory = (ulong*)NativeMemory.AlignedAlloc(16, 16);
        (memory[0], memory[1]) = (0, 0);
        Thread[] threads = [new(Count), new(Count)];
        foreach (Thread thread in threads)
            thread.Start();
        foreach (Thread thread in threads)
            Assert.True(thread.Join(TimeSpan.FromSeconds(60)));
        Assert.Equal((2UL * Rounds, 6UL * Rounds), (memory[0], memory[1]));
        NativeMemory.AlignedFree(memory);

        void Count()
        {
            ulong* pair = stackalloc ulong[2];
            for (int i = 0; i < Rounds; i++)
            {
                while (!exchange.CompareExchange(memory, pair, pair[0] + 1, pair[1] + 3))
                {
                    // It is what was there, now.
                }
            }
        }
    }
}
