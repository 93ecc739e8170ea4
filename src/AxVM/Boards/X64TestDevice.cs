using AxVCpu;
using AxVCpu.Devices;

namespace AxVM.Boards;

/// <summary>The ports of QEMU's <c>pc-testdev</c>: 32 bits that hold what is written, for accesses of any width, and one that flushes a page.</summary>
internal sealed class X64TestPorts : IBusDevice, IResettable
{
    private readonly X64TestBytes _data = new((int)X64VirtLayout.TestFlushPort - (int)X64VirtLayout.TestDataPort);

    public string Name => "test-ports";

    public ulong Size => (ulong)_data.Length * 2;

    public bool Read(ulong offset, AccessWidth width, out ulong value)
    {
        // Nobody can tell the difference of a page that was flushed: its translation is made anew at the next access.
        value = 0;
        return offset >= (ulong)_data.Length || _data.Read(offset, width, out value);
    }

    public bool Write(ulong offset, AccessWidth width, ulong value) => offset >= (ulong)_data.Length || _data.Write(offset, width, value);

    public void Reset() => _data.Clear();
}

/// <summary>The lines of QEMU's <c>pc-testdev</c>: a write to the port of a line drives that pin of the interrupt controllers.</summary>
internal sealed class X64TestLines(Func<uint, IInterruptLine> line) : IBusDevice
{
    private readonly IInterruptLine[] _lines = [.. Enumerable.Range(0, IoApic.Pins).Select(pin => line((uint)pin))];

    public string Name => "test-lines";

    // Programs write 32 bits to every port, also to the last.
    public ulong Size => (ulong)_lines.Length + (ulong)AccessWidth.Dword - 1;

    public bool Read(ulong offset, AccessWidth width, out ulong value)
    {
        value = 0;
        return offset < (ulong)_lines.Length;
    }

    public bool Write(ulong offset, AccessWidth width, ulong value)
    {
        if (offset >= (ulong)_lines.Length)
        {
            return false;
        }

        _lines[offset].Set(value != 0);
        return true;
    }
}

/// <summary>The memory of QEMU's <c>pc-testdev</c>, every access to which leaves the guest.</summary>
internal sealed class X64TestMemory : IBusDevice, IResettable
{
    private readonly X64TestBytes _bytes = new((int)X64VirtLayout.TestMemorySize);

    public string Name => "test-memory";

    public ulong Size => (ulong)_bytes.Length;

    public bool Read(ulong offset, AccessWidth width, out ulong value) => _bytes.Read(offset, width, out value);

    public bool Write(ulong offset, AccessWidth width, ulong value) => _bytes.Write(offset, width, value);

    public void Reset() => _bytes.Clear();
}

/// <summary>Bytes that a guest reads and writes with any width, little-endian. Thread safe.</summary>
internal sealed class X64TestBytes(int length)
{
    private readonly Lock _lock = new();
    private readonly byte[] _bytes = new byte[length];

    public int Length => _bytes.Length;

    public bool Read(ulong offset, AccessWidth width, out ulong value)
    {
        value = 0;
        lock (_lock)
        {
            for (int i = (int)ulong.Min((ulong)width, (ulong)Length - offset) - 1; i >= 0; i--)
            {
                value = value << 8 | _bytes[(int)offset + i];
            }
        }

        return true;
    }

    public bool Write(ulong offset, AccessWidth width, ulong value)
    {
        lock (_lock)
        {
            for (int i = 0; i < (int)width && (int)offset + i < Length; i++, value >>= 8)
            {
                _bytes[(int)offset + i] = (byte)value;
            }
        }

        return true;
    }

    public void Clear()
    {
        lock (_lock)
        {
            _bytes.AsSpan().Clear();
        }
    }
}
