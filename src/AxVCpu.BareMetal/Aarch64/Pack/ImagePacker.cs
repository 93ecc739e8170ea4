using System;
using System.IO;
using Microsoft.Build.Framework;
using Microsoft.Build.Utilities;

/// <summary>
/// Puts the head of <c>unpack.S</c> before the compressed image. Compiled by the build itself, see <c>Image.targets</c>.
/// </summary>
public sealed class ImagePacker : Task
{
    // Offsets in the head, which is a Linux Image header and three words.
    private const int MemorySize = 16;
    private const int PackedSize = 64;
    private const int UnpackedSize = 72;
    private const int Room = 80;

    // LZ4 block format.
    private const int ShortestMatch = 4;
    private const int FarthestMatch = 65535;
    private const int LastLiterals = 5;
    private const int LongLength = 15;
    private const int MostCandidates = 256;
    private const int HashBits = 16;

    /// <summary>The assembled head.</summary>
    [Required]
    public string Head { get; set; } = "";

    /// <summary>The flat image, with its own Linux header.</summary>
    [Required]
    public string Image { get; set; } = "";

    /// <summary>Where the packed image goes.</summary>
    [Required]
    public string Output { get; set; } = "";

    /// <inheritdoc/>
    public override bool Execute()
    {
        byte[] head = File.ReadAllBytes(Head);
        byte[] image = File.ReadAllBytes(Image);
        byte[] packed = Compress(image);
        long memory = BitConverter.ToInt64(image, MemorySize);
        long room = (memory + 0xFFFF) & ~0xFFFFL;
        Put(head, PackedSize, packed.Length);
        Put(head, UnpackedSize, image.Length);
        Put(head, Room, room);
        Put(head, MemorySize, (room + head.Length + packed.Length + 0xFFF) & ~0xFFFL);
        using (FileStream file = File.Create(Output))
        {
            file.Write(head, 0, head.Length);
            file.Write(packed, 0, packed.Length);
            // It is moved in words.
            file.Write(new byte[8], 0, (8 - (packed.Length & 7)) & 7);
        }

        return true;
    }

    private static void Put(byte[] head, int at, long value) => BitConverter.GetBytes(value).CopyTo(head, at);

    private static byte[] Compress(byte[] input)
    {
        var output = new MemoryStream();
        var latest = new int[1 << HashBits];
        var earlier = new int[input.Length];
        for (int i = 0; i < latest.Length; i++)
            latest[i] = -1;
        int literals = 0;
        int at = 0;
        while (at < input.Length - LastLiterals - ShortestMatch)
        {
            int length = Find(input, at, latest, earlier, out int from);
            // One byte later may be better.
            if (length >= ShortestMatch && at + 1 < input.Length - LastLiterals - ShortestMatch)
            {
                Remember(input, at, latest, earlier);
                if (Find(input, at + 1, latest, earlier, out _) > length)
                {
                    at++;
                    continue;
                }
            }
            else
            {
                Remember(input, at, latest, earlier);
            }

            if (length < ShortestMatch)
            {
                at++;
                continue;
            }

            Emit(output, input, literals, at - literals, at - from, length);
            for (int i = at + 1; i < at + length && i < input.Length - ShortestMatch; i++)
                Remember(input, i, latest, earlier);
            at += length;
            literals = at;
        }

        Emit(output, input, literals, input.Length - literals, 0, 0);
        return output.ToArray();
    }

    private static int Hash(byte[] input, int at) => (int)((BitConverter.ToUInt32(input, at) * 2654435761u) >> (32 - HashBits));

    private static void Remember(byte[] input, int at, int[] latest, int[] earlier)
    {
        int hash = Hash(input, at);
        earlier[at] = latest[hash];
        latest[hash] = at;
    }

    private static int Find(byte[] input, int at, int[] latest, int[] earlier, out int from)
    {
        int best = 0;
        from = 0;
        int limit = input.Length - LastLiterals - at;
        int candidate = latest[Hash(input, at)];
        for (int i = 0; i < MostCandidates && candidate >= 0 && at - candidate <= FarthestMatch; i++, candidate = earlier[candidate])
        {
            int length = 0;
            while (length < limit && input[candidate + length] == input[at + length])
                length++;
            if (length > best)
            {
                best = length;
                from = candidate;
            }
        }

        return best;
    }

    private static void Emit(MemoryStream output, byte[] input, int literals, int count, int distance, int length)
    {
        int match = length == 0 ? 0 : length - ShortestMatch;
        output.WriteByte((byte)((Math.Min(count, LongLength) << 4) | Math.Min(match, LongLength)));
        EmitLength(output, count);
        output.Write(input, literals, count);
        if (length == 0)
            return;
        output.WriteByte((byte)distance);
        output.WriteByte((byte)(distance >> 8));
        EmitLength(output, match);
    }

    private static void EmitLength(MemoryStream output, int length)
    {
        if (length < LongLength)
            return;
        for (length -= LongLength; length >= 255; length -= 255)
            output.WriteByte(255);
        output.WriteByte((byte)length);
    }
}
