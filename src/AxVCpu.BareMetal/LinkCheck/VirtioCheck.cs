using System;
using System.Runtime;
using AxVCpu.Devices;

namespace AxVCpu.BareMetal.LinkCheck;

/// <summary>Every transition of the models with DMA.</summary>
internal static class VirtioCheck
{
    [RuntimeExport("axvcpu_check_virtio_mmio")]
    public static ulong Mmio(ulong seed)
    {
        FakeVirtio host = default;
        var transport = new VirtioMmio((VirtioDeviceId)(uint)seed, seed, 1, (VirtioMmioInterface)(byte)seed);
        transport.Reset(ref host);
        transport.Write(ref host, seed, AccessWidth.Dword, seed);
        transport.Read(ref host, seed, AccessWidth.Dword, out ulong value);
        transport.RaiseUsed(ref host);
        transport.RaiseConfigurationChange(ref host);
        transport.NeedReset(ref host);
        transport.Resynchronize(ref host);
        return value + Queue(ref transport, ref host, seed) + transport.Features + (ulong)transport.DeviceId + (ulong)transport.Interface + (ulong)transport.Status
            + (transport.IsRunning ? host.Effects : 0);
    }

    [RuntimeExport("axvcpu_check_virtio_blk")]
    public static ulong Block(ulong seed)
    {
        FakeVirtio host = default;
        VirtioMmio transport = default;
        Span<byte> identity = stackalloc byte[VirtioBlk.IdSize];
        var disk = new VirtioBlk(seed, readOnly: false, identity);
        disk.Process(ref host, ref transport);
        return disk.ReadConfig(seed, AccessWidth.Dword) + disk.Sectors + (ulong)disk.Features + (disk.IsReadOnly ? host.Effects : 0);
    }

    [RuntimeExport("axvcpu_check_virtio_console")]
    public static ulong Console(ulong seed)
    {
        FakeVirtio host = default;
        VirtioMmio transport = default;
        Span<byte> characters = stackalloc byte[8];
        var console = new VirtioConsole(80, 25);
        console.Reset();
        console.Resize(ref host, ref transport, 100, 40);
        console.Process(ref host, ref transport);
        return console.ReadConfig(seed, AccessWidth.Word) + (ulong)VirtioConsole.Receive(ref host, ref transport, characters) + host.Effects;
    }

    [RuntimeExport("axvcpu_check_virtio_rng")]
    public static ulong Entropy()
    {
        FakeVirtio host = default;
        VirtioMmio transport = default;
        VirtioRng.Process(ref host, ref transport);
        return host.Effects;
    }

    [RuntimeExport("axvcpu_check_flash")]
    public static ulong Flash(ulong seed)
    {
        FakeVirtio host = default;
        var flash = new CfiFlash(seed, (uint)seed, readOnly: false);
        flash.Reset(ref host);
        flash.Write(ref host, seed, AccessWidth.Dword, seed);
        flash.Read(ref host, seed, AccessWidth.Dword, out ulong value);
        return value + flash.Size + (flash.IsReadArray ? host.Effects : 0);
    }

    [RuntimeExport("axvcpu_check_fw_cfg")]
    public static ulong Configuration(ulong seed)
    {
        FakeVirtio host = default;
        FwCfgMmio configuration = default;
        configuration.Write(ref host, seed, AccessWidth.Qword, seed);
        configuration.Read(ref host, seed, AccessWidth.Dword, out ulong value);
        configuration.Reset();
        return value + host.Effects;
    }

    private static ulong Queue(ref VirtioMmio transport, ref FakeVirtio host, ulong seed)
    {
        Span<byte> buffer = stackalloc byte[16];
        DescriptorChain chain = default;
        ref Virtqueue queue = ref transport.Queue(0);
        ulong sum = (ulong)queue.Peek(ref host, ref chain) + (queue.IsReady ? 1u : 0u);
        if (chain.Read(ref host, seed, buffer) && chain.Write(ref host, seed, buffer) && queue.Complete(ref host, ref chain, 1))
            sum++;
        return sum + chain.Head + chain.ReadableBytes + chain.WritableBytes + (queue.TakeInterrupt(ref host) ? 1u : 0u);
    }
}

/// <summary>The outside of every model with DMA, and a guest memory that takes everything.</summary>
internal struct FakeVirtio : IVirtioBlkHost, IVirtioConsoleHost, IVirtioRngHost, IFwCfgMmioHost, ICfiFlashHost
{
    private ulong _effects;

    public readonly ulong Effects => _effects;

    public bool Read(ulong address, Span<byte> destination) => Count(destination.Length);

    public bool Write(ulong address, ReadOnlySpan<byte> source) => Count(source.Length);

    public readonly bool ReadIndex(ulong address, out ushort value)
    {
        value = (ushort)address;
        return true;
    }

    public bool WriteIndex(ulong address, ushort value) => Count(value);

    public readonly ulong ReadConfig(ulong offset, AccessWidth width) => offset;

    public void WriteConfig(ulong offset, AccessWidth width, ulong value) => _effects += value;

    public void Notify(int queue) => _effects++;

    public void ResetDevice() => _effects = 0;

    public void SetInterrupt(bool level) => _effects += level ? 1u : 0u;

    public bool ReadDisk(ulong offset, Span<byte> destination) => Count(destination.Length);

    public bool WriteDisk(ulong offset, ReadOnlySpan<byte> source) => Count(source.Length);

    public readonly Span<byte> Staging() => default;

    public bool FlushDisk() => Count(1);

    public readonly int Transmit(ReadOnlySpan<byte> characters) => characters.Length;

    public void Fill(Span<byte> destination) => Count(destination.Length);

    public void ReadItem(FwCfgKey key, uint offset, Span<byte> destination) => Count(destination.Length);

    public readonly ulong ReadArray(ulong offset, AccessWidth width) => offset;

    public void Program(ulong offset, ReadOnlySpan<byte> data) => Count(data.Length);

    public void Erase(ulong offset, ulong length) => Count((int)length);

    public void SetReadArray(bool isArray) => Count(isArray ? 1 : 2);

    private bool Count(int amount)
    {
        _effects += (ulong)amount;
        return true;
    }
}
