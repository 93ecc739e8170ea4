namespace AxVCpu.Devices;

/// <summary>Shows the contents of flash to the guest as memory, so that it can run from there.</summary>
public interface IFlashView
{
    /// <summary>
    /// Whether reads and fetches give the contents; otherwise they are the device's to answer. Writes always are. May be told again what
    /// it knows.
    /// </summary>
    void Show(bool isArray);
}

/// <summary>A <see cref="CfiFlash"/> over a <see cref="FlashImage"/>, which stays the caller's to dispose. Thread safe.</summary>
public sealed class CfiFlashDevice : IBusDevice, IResettable
{
    private readonly Lock _lock = new();
    private readonly FlashImage _image;
    private readonly IFlashView _view;
    private CfiFlash _state;

    /// <summary>A bank of flash.</summary>
    /// <param name="image">Its contents.</param>
    /// <param name="blockSize">Bytes that are erased together; a power of two.</param>
    /// <param name="view">Where the contents are shown as memory.</param>
    /// <param name="name">The name in listings.</param>
    public CfiFlashDevice(FlashImage image, uint blockSize, IFlashView view, string name = "flash")
    {
        ArgumentNullException.ThrowIfNull(image);
        ArgumentNullException.ThrowIfNull(view);
        _image = image;
        _view = view;
        Name = name;
        _state = new CfiFlash((ulong)image.Size, blockSize, image.IsReadOnly);
    }

    /// <inheritdoc/>
    public string Name { get; }

    /// <inheritdoc/>
    public ulong Size => (ulong)_image.Size;

    /// <summary>The model's state, for snapshots; touch it only while no vCPU runs.</summary>
    public ref CfiFlash State => ref _state;

    /// <summary>Changes that the host could not write to the file: the guest goes on with them until the end of the run.</summary>
    public long FailedStores { get; private set; }

    /// <summary>The latest reason for <see cref="FailedStores"/>, for a log; null when there was none.</summary>
    public string? LastFailure { get; private set; }

    /// <inheritdoc/>
    public bool Read(ulong offset, AccessWidth width, out ulong value)
    {
        Effects effects = new(this);
        lock (_lock)
            return _state.Read(ref effects, offset, width, out value);
    }

    /// <inheritdoc/>
    public bool Write(ulong offset, AccessWidth width, ulong value)
    {
        Effects effects = new(this);
        lock (_lock)
            return _state.Write(ref effects, offset, width, value);
    }

    /// <inheritdoc/>
    public void Reset()
    {
        Effects effects = new(this);
        lock (_lock)
            _state.Reset(ref effects);
    }

    private void Store(ulong offset, int length)
    {
        try
        {
            _image.Store((int)offset, length);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            FailedStores++;
            LastFailure = exception.Message;
        }
    }

    private readonly struct Effects(CfiFlashDevice device) : ICfiFlashHost
    {
        public ulong ReadArray(ulong offset, AccessWidth width) => LittleEndian.Get(device._image.Contents, (int)offset, (int)width);

        public void Program(ulong offset, ReadOnlySpan<byte> data)
        {
            Span<byte> target = device._image.Contents.Slice((int)offset, data.Length);
            for (int i = 0; i < data.Length; i++)
                target[i] &= data[i];
            device.Store(offset, data.Length);
        }

        public void Erase(ulong offset, ulong length)
        {
            device._image.Contents.Slice((int)offset, (int)length).Fill(0xFF);
            device.Store(offset, (int)length);
        }

        public void SetReadArray(bool isArray) => device._view.Show(isArray);
    }
}
