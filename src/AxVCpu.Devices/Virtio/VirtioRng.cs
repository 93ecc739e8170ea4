namespace AxVCpu.Devices;

/// <summary>What a <see cref="VirtioRng"/> asks of the world around it.</summary>
public interface IVirtioRngHost : IGuestDma, IVirtioMmioHost
{
    /// <summary>Fills a buffer with random bytes fit for cryptography.</summary>
    void Fill(Span<byte> destination);
}

/// <summary>A virtio entropy source (virtio 1.2, 5.4): one queue, no configuration, no state of its own.</summary>
public static class VirtioRng
{
    // 5.4.6.1 lets a device give less than was asked; this bounds the work of one request.
    private const ulong MaxPerRequest = 0x1_0000;
    private const int Piece = 256;

    /// <summary>Serves every request in the queue.</summary>
    public static void Process<THost>(ref THost host, ref VirtioMmio transport)
        where THost : struct, IVirtioRngHost
    {
        if (!transport.IsRunning)
            return;
        DescriptorChain chain = default;
        ref Virtqueue queue = ref transport.Queue(0);
        Span<byte> piece = stackalloc byte[Piece];
        bool sound = true;
        while (sound)
        {
            VirtqueueStatus status = queue.Peek(ref host, ref chain);
            if (status == VirtqueueStatus.Empty)
                break;
            sound = status == VirtqueueStatus.Available;
            ulong wanted = !sound ? 0 : chain.WritableBytes < MaxPerRequest ? chain.WritableBytes : MaxPerRequest;
            for (ulong done = 0; sound && done < wanted;)
            {
                Span<byte> part = wanted - done < Piece ? piece.Slice(0, (int)(wanted - done)) : piece;
                host.Fill(part);
                sound = chain.Write(ref host, done, part);
                done += (ulong)part.Length;
            }
            sound = sound && queue.Complete(ref host, ref chain, (uint)wanted);
        }
        if (queue.TakeInterrupt(ref host))
            transport.RaiseUsed(ref host);
        if (!sound)
            transport.NeedReset(ref host);
    }
}
