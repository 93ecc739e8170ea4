using System.Numerics;
using System.Runtime.CompilerServices;

namespace AxVCpu.BareMetal.Aarch64;

/// <summary>The sixteen words of ChaCha20 (RFC 8439, 2.3): constants, key, counter and nonce, or what becomes of them.</summary>
[InlineArray(Words)]
internal struct ChaCha20Block
{
    private const int Words = 16;
    private const int Rounds = 20;
    private uint _first;

    /// <summary>The block function: 20 rounds, then the words that it began with are added.</summary>
    public readonly ChaCha20Block Next()
    {
        ChaCha20Block block = this;
        for (int round = 0; round < Rounds; round += 2)
        {
            for (int i = 0; i < 4; i++)
                block.Quarter(i, 4 + i, 8 + i, 12 + i);
            for (int i = 0; i < 4; i++)
                block.Quarter(i, 4 + ((i + 1) & 3), 8 + ((i + 2) & 3), 12 + ((i + 3) & 3));
        }

        for (int i = 0; i < Words; i++)
            block[i] += this[i];
        return block;
    }

    private void Quarter(int a, int b, int c, int d)
    {
        Step(a, b, d, 16);
        Step(c, d, b, 12);
        Step(a, b, d, 8);
        Step(c, d, b, 7);
    }

    private void Step(int sum, int with, int turned, int by)
    {
        this[sum] += this[with];
        this[turned] = BitOperations.RotateLeft(this[turned] ^ this[sum], by);
    }
}
