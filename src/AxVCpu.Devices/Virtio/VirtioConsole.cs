namespace AxVCpu.Devices;

/// <summary>What a <see cref="VirtioConsole"/> asks of the world around it.</summary>
public interface IVirtioConsoleHost : IGuestDma, IVirtioMmioHost
{
    /// <summary>Takes characters out of the guest, as many as there is room for.</summary>
    /// <returns>The number taken. When it is not all, the host calls <see cref="VirtioConsole.Process"/> once there is room.</returns>
    int Transmit(ReadOnlySpan<byte> characters);
}

/// <summary>
/// A virtio console with one port (virtio 1.2, 5.3): queue 0 receives, queue 1 transmits. Output that the host has no room
/// for stays in the guest's queue, so a slow reader slows the guest and nothing is held for it here.
/// Plain data. Not thread safe; the owner serialises.
/// </summary>
public struct VirtioConsole
{
    /// <summary>The feature bit that says the size fields are valid (5.3.3).</summary>
    public const ulong VIRTIO_CONSOLE_F_SIZE = 1UL << 0;

    /// <summary>The receive queue.</summary>
    public const int ReceiveQueue = 0;

    /// <summary>The transmit queue.</summary>
    public const int TransmitQueue = 1;

    private const int Piece = 256;

    // Bytes of the first chain in the transmit queue that have been taken.
    private ulong _transmitted;
    private ushort _columns;
    private ushort _rows;

    /// <summary>A console of a size in characters.</summary>
    public VirtioConsole(ushort columns, ushort rows)
    {
        _columns = columns;
        _rows = rows;
    }

    /// <summary>Forgets a request that was under way.</summary>
    public void Reset() => _transmitted = 0;

    /// <summary>Changes the size and tells the driver.</summary>
    public void Resize<THost>(ref THost host, ref VirtioMmio transport, ushort columns, ushort rows)
        where THost : struct, IVirtioConsoleHost
    {
        _columns = columns;
        _rows = rows;
        transport.RaiseConfigurationChange(ref host);
    }

    /// <summary>Reads the configuration (5.3.4): cols, rows, max_nr_ports, emerg_wr.</summary>
    public readonly ulong ReadConfig(ulong offset, AccessWidth width)
    {
        Span<byte> config = stackalloc byte[12];
        config.Clear();
        LittleEndian.Put(config, 0, 2, _columns);
        LittleEndian.Put(config, 2, 2, _rows);
        LittleEndian.Put(config, 4, 4, 1);
        return VirtioConfig.Read(config, offset, width);
    }

    /// <summary>Transmits what the queue holds, until it is empty or the host has no more room.</summary>
    public void Process<THost>(ref THost host, ref VirtioMmio transport)
        where THost : struct, IVirtioConsoleHost
    {
        if (!transport.IsRunning)
            return;
        DescriptorChain chain = default;
        ref Virtqueue queue = ref transport.Queue(TransmitQueue);
        Span<byte> piece = stackalloc byte[Piece];
        bool sound = true;
        bool room = true;
        while (sound && room)
        {
            VirtqueueStatus status = queue.Peek(ref host, ref chain);
            if (status == VirtqueueStatus.Empty)
                break;
            sound = status == VirtqueueStatus.Available;
            // A driver that shortens the chain between two looks only cheats itself.
            while (sound && room && _transmitted < chain.ReadableBytes)
            {
                ulong left = chain.ReadableBytes - _transmitted;
                Span<byte> part = left < Piece ? piece.Slice(0, (int)left) : piece;
                sound = chain.Read(ref host, _transmitted, part);
                if (!sound)
                    break;
                int taken = host.Transmit(part);
                _transmitted += (ulong)taken;
                room = taken == part.Length;
            }
            if (sound && room)
            {
                _transmitted = 0;
                sound = queue.Complete(ref host, ref chain, 0);
            }
        }
        Finish(ref host, ref transport, ref queue, sound);
    }

    /// <summary>Gives the guest characters, as many as its queue has room for.</summary>
    /// <returns>The number given; 0 until the driver adds buffers, which it does with a notification of the receive queue.</returns>
    public static int Receive<THost>(ref THost host, ref VirtioMmio transport, ReadOnlySpan<byte> characters)
        where THost : struct, IVirtioConsoleHost
    {
        if (!transport.IsRunning)
            return 0;
        DescriptorChain chain = default;
        ref Virtqueue queue = ref transport.Queue(ReceiveQueue);
        int given = 0;
        bool sound = true;
        while (sound && given < characters.Length)
        {
            VirtqueueStatus status = queue.Peek(ref host, ref chain);
            if (status == VirtqueueStatus.Empty)
                break;
            sound = status == VirtqueueStatus.Available;
            if (!sound)
                break;
            int left = characters.Length - given;
            int part = chain.WritableBytes < (ulong)left ? (int)chain.WritableBytes : left;
            sound = chain.Write(ref host, 0, characters.Slice(given, part)) && queue.Complete(ref host, ref chain, (uint)part);
            if (sound)
                given += part;
        }
        Finish(ref host, ref transport, ref queue, sound);
        return given;
    }

    private static void Finish<THost>(ref THost host, ref VirtioMmio transport, ref Virtqueue queue, bool sound)
        where THost : struct, IVirtioConsoleHost
    {
        if (queue.TakeInterrupt(ref host))
            transport.RaiseUsed(ref host);
        if (!sound)
            transport.NeedReset(ref host);
    }
}
