using System.Runtime.CompilerServices;
using AxVCpu;
using AxVM.Boards;
using AxVM.Config;
using AxVM.Fdt;

namespace AxVM;

/// <summary>
/// A virtual machine: created from a <see cref="VmConfig"/>, started, paused, stopped and started again. Machines of
/// one process share nothing.
/// </summary>
/// <remarks>
/// Every member may be called from any thread; operations queue up behind each other. An operation that is not
/// possible in the present state throws <see cref="VmStateException"/> and changes nothing; one that fails goes back
/// to the state it began in, or to <see cref="VmState.Failed"/> when that is not possible.
/// </remarks>
public sealed partial class VirtualMachine : IAsyncDisposable
{
    private const long LargeImages = 8 << 20;

    private static readonly TimeSpan s_pollPeriod = TimeSpan.FromMilliseconds(1);
    private static readonly TimeSpan s_haltPeriod = TimeSpan.FromMilliseconds(500);

    private readonly VmConfig _config;
    private readonly VmOptions _options;
    private readonly IMachine _machine;
    private readonly VmLifecycle _lifecycle = new();
    private readonly SemaphoreSlim _operations = new(1);
    private readonly VCpuActivity[] _activities;
    private readonly VmMeter _meter;
    private volatile VCpuGang? _gang;
    private Timer? _poller;
    private Timer? _haltWatch;
    private TaskCompletionSource<VmExit> _ending = NewEnding();
    private bool _isDisposed;

    internal VirtualMachine(VmConfig config, VmOptions options, Func<IMachineHost, GuestConsole, IMachine> build)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(options.ConsoleBuffer, 4096, nameof(options));
        _config = config;
        _options = options;
        Console = new GuestConsole(options.ConsoleBuffer);
        _machine = build(this, Console);
        _activities = [.. _machine.Cpus.Select(_ => new VCpuActivity())];
        _meter = new VmMeter(Id, Name, _machine, _activities);
        if (options.DiscardConsole)
        {
            Console.Discard();
        }
    }

    /// <summary>Creates a virtual machine; nothing is loaded yet.</summary>
    /// <param name="config">Its description; a copy is kept.</param>
    /// <param name="options">How it behaves toward its host.</param>
    /// <exception cref="ConfigException">The description asks for what no engine here can do; every such field is named.</exception>
    /// <exception cref="EngineUnavailableException">The engine that the guest needs cannot be used on this host.</exception>
    /// <exception cref="AxVCpu.Devices.DiskOpenException">A disk's file cannot be used.</exception>
    /// <exception cref="EngineException">The host refuses memory.</exception>
    public static VirtualMachine Create(VmConfig config, VmOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(config);
        VmConfig copy = config.Clone();
        return new VirtualMachine(copy, options ?? new VmOptions(), (host, console) => BoardChoice.Build(copy, host, console));
    }

    /// <summary>Checks that an operating system of an architecture can run here: before anything is fetched or read for it.</summary>
    /// <exception cref="EngineUnavailableException">The engine that it needs cannot be used on this host.</exception>
    public static void RequireEngine(GuestArchitecture architecture) => BoardChoice.RequireEngine(architecture);

    /// <summary>
    /// The architecture of the guest that a description is for: as it says, else that of an engine which has only one, else that of the kernel
    /// where its file tells, else riscv64. A file that cannot be read tells nothing.
    /// </summary>
    public static GuestArchitecture FindArchitecture(VmConfig config)
    {
        ArgumentNullException.ThrowIfNull(config);
        return BoardChoice.Find(config);
    }

    /// <summary>The VM's number.</summary>
    public uint Id => _config.Base.Id;

    /// <summary>The VM's name.</summary>
    public string Name => _config.Base.Name;

    /// <summary>A copy of the description the VM was created from.</summary>
    public VmConfig Config => _config.Clone();

    /// <summary>The present state.</summary>
    public VmState State => _lifecycle.State;

    /// <summary>The guest's console.</summary>
    public GuestConsole Console { get; }

    /// <summary>The counters as they are now.</summary>
    public VmStatistics GetStatistics() => new(
        _machine.Clock.Ticks,
        _machine.Clock.FrequencyHz,
        _machine.ResidentBytes,
        [.. _machine.Cpus.Select((cpu, index) => new VCpuStatistics(index, cpu.State, _activities[index], _machine.GetExecution(index)))]);

    /// <summary>
    /// The guest's memory between the symbols <c>begin_signature</c> and <c>end_signature</c> of its ELF file, by which architecture tests
    /// tell their result; null when the file has none. In Loaded, Paused and Stopped.
    /// </summary>
    /// <exception cref="InvalidOperationException">Nothing is loaded, or the guest runs.</exception>
    public byte[]? ReadSignature() => State is VmState.Loaded or VmState.Paused or VmState.Stopped
        ? _machine.ReadSignature()
        : throw new InvalidOperationException($"the signature can be read when the VM is Loaded, Paused or Stopped; it is {State}");

    /// <summary>
    /// What the guest has written to the text screen of a PC, in lines without trailing blanks; null when the machine has no screen, or
    /// nothing is on it. In Loaded, Paused, Stopped and Failed.
    /// </summary>
    /// <exception cref="InvalidOperationException">Nothing is loaded, or the guest runs.</exception>
    public string? ReadScreen() => State is VmState.Loaded or VmState.Paused or VmState.Stopped or VmState.Failed
        ? _machine.ReadScreen()
        : throw new InvalidOperationException($"the screen can be read when the VM is Loaded, Paused, Stopped or Failed; it is {State}");

    /// <summary>The devicetree the guest is shown, or would be shown if it were started now. In every state.</summary>
    /// <exception cref="ConfigException">The guest's board has no devicetree.</exception>
    /// <exception cref="Boot.ImageException">An image that has a part in it cannot be used.</exception>
    public FlattenedDeviceTree DescribeToGuest() => _machine.DescribeToGuest();

    /// <summary>Reads the images and puts them into memory: Created or Stopped to Loaded.</summary>
    /// <exception cref="Boot.ImageException">An image is missing, malformed or does not fit; nothing was changed.</exception>
    public Task LoadAsync(CancellationToken cancellationToken = default) => OperateAsync(
        async () =>
        {
            using VmLifecycle.Transition transition = _lifecycle.Begin("load", null, VmState.Created, VmState.Stopped);
            await PowerOnAsync().ConfigureAwait(false);
            transition.Commit(VmState.Loaded);
        },
        cancellationToken);

    /// <summary>Starts the guest from its beginning: Created, Loaded or Stopped to Running.</summary>
    /// <exception cref="Boot.ImageException">An image is missing, malformed or does not fit; nothing was changed.</exception>
    public Task StartAsync(CancellationToken cancellationToken = default) => OperateAsync(
        async () =>
        {
            using VmLifecycle.Transition transition =
                _lifecycle.Begin("start", null, VmState.Created, VmState.Loaded, VmState.Stopped);
            if (transition.From != VmState.Loaded)
            {
                await PowerOnAsync().ConfigureAwait(false);
            }

            RenewEnding();
            VCpuGang gang = new(Id, _machine, this, _activities, _config.Base.PhysicalCpuSets);
            gang.SetOnline(_machine.StartsOnline);
            _gang = gang;
            _poller = _machine.NeedsPolling ? new Timer(_ => Poll(), null, s_pollPeriod, s_pollPeriod) : null;
            _haltWatch = _machine.WatchesHalts ? new Timer(_ => LookForHalt(), null, s_haltPeriod, s_haltPeriod) : null;
            transition.Commit(VmState.Running);
            Go(gang);
        },
        cancellationToken);

    /// <summary>Stops all vCPUs where they are, and the VM's clock: Running to Paused.</summary>
    /// <exception cref="TimeoutException">A vCPU did not leave the guest in time; the VM runs on.</exception>
    public Task PauseAsync(CancellationToken cancellationToken = default) => OperateAsync(
        async () =>
        {
            using VmLifecycle.Transition transition = _lifecycle.Begin("pause", VmState.Pausing, VmState.Running);
            if (!await ParkAsync().ConfigureAwait(false))
            {
                transition.Commit(VmState.Running);
                Go(_gang!);
                throw new TimeoutException("a vCPU did not leave the guest; the VM runs on");
            }

            transition.Commit(VmState.Paused);
        },
        cancellationToken);

    /// <summary>Goes on after a pause: Paused to Running.</summary>
    public Task ResumeAsync(CancellationToken cancellationToken = default) => OperateAsync(
        () =>
        {
            using VmLifecycle.Transition transition = _lifecycle.Begin("resume", null, VmState.Paused);
            transition.Commit(VmState.Running);
            Go(_gang!);
            return Task.CompletedTask;
        },
        cancellationToken);

    /// <summary>Ends the run: Loaded, Running, Paused or Failed to Stopped. Does nothing when nothing is loaded.</summary>
    /// <exception cref="TimeoutException">A vCPU did not leave the guest in time; the VM is Failed.</exception>
    public Task StopAsync(CancellationToken cancellationToken = default) => OperateAsync(
        async () =>
        {
            if (State is not (VmState.Created or VmState.Stopped))
            {
                await StopCoreAsync(new VmExit(VmExitReason.Cancelled)).ConfigureAwait(false);
            }
        },
        cancellationToken);

    /// <summary>Starts the guest anew from its images, as the reset button does; a Running VM runs on, a Paused one stays paused.</summary>
    /// <exception cref="Boot.ImageException">An image is missing, malformed or does not fit; nothing was changed.</exception>
    public Task ResetAsync(CancellationToken cancellationToken = default) => OperateAsync(ResetCoreAsync, cancellationToken);

    /// <summary>Starts the VM unless it runs, and waits until its run is over.</summary>
    /// <param name="cancellationToken">Stops the VM; the result then is <see cref="VmExitReason.Cancelled"/>.</param>
    /// <returns>How it ended.</returns>
    /// <exception cref="Boot.ImageException">An image is missing, malformed or does not fit.</exception>
    public async Task<VmExit> RunAsync(CancellationToken cancellationToken = default)
    {
        try
        {
            if (State is VmState.Created or VmState.Loaded or VmState.Stopped)
            {
                await StartAsync(cancellationToken).ConfigureAwait(false);
            }

            return await WaitForExitAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            if (State is VmState.Created or VmState.Loaded or VmState.Stopped)
            {
                return new VmExit(VmExitReason.Cancelled);
            }

            await StopAsync(CancellationToken.None).ConfigureAwait(false);
            return await WaitForExitAsync(CancellationToken.None).ConfigureAwait(false);
        }
    }

    /// <summary>Waits until the present run is over, or the next one when none has begun.</summary>
    /// <param name="cancellationToken">Ends the wait; the VM runs on.</param>
    public Task<VmExit> WaitForExitAsync(CancellationToken cancellationToken = default) =>
        Volatile.Read(ref _ending).Task.WaitAsync(cancellationToken);

    /// <summary>Stops the VM and frees everything it holds. The console ends.</summary>
    public async ValueTask DisposeAsync()
    {
        await _operations.WaitAsync().ConfigureAwait(false);
        try
        {
            if (_isDisposed)
            {
                return;
            }

            _isDisposed = true;
            if (State is not (VmState.Created or VmState.Stopped))
            {
                await StopCoreAsync(new VmExit(VmExitReason.Cancelled)).ConfigureAwait(false);
            }

            _meter.Dispose();
            await _machine.DisposeAsync().ConfigureAwait(false);
            Console.Complete();
        }
        finally
        {
            _operations.Release();
        }
    }

    private static TaskCompletionSource<VmExit> NewEnding() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>A finished run's result stays readable until the next run begins.</summary>
    private void RenewEnding()
    {
        if (_ending.Task.IsCompleted)
        {
            Volatile.Write(ref _ending, NewEnding());
        }
    }

    private async Task OperateAsync(Func<Task> operation, CancellationToken cancellationToken)
    {
        await _operations.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            ObjectDisposedException.ThrowIf(_isDisposed, this);
            // What the guest has asked for comes first: it happened before.
            await FinishGuestAsync().ConfigureAwait(false);
            await operation().ConfigureAwait(false);
        }
        finally
        {
            _operations.Release();
        }
    }

    private Task PowerOnAsync() => Task.Run(() =>
    {
        long before = GC.GetAllocatedBytesForCurrentThread();
        PowerOnNow();
        if (GC.GetAllocatedBytesForCurrentThread() - before > LargeImages)
        {
            // The images' bytes are garbage now, and a running VM allocates too little to have them collected ever.
            GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true);
        }
    });

    /// <summary>In a frame of its own, so that nothing keeps the images alive behind it.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private void PowerOnNow() => _machine.PowerOn(_machine.Prepare());

    private void Go(VCpuGang gang)
    {
        _machine.StartTime();
        _machine.ResumeHolding();
        gang.Release();
    }

    /// <summary>Brings all vCPUs out of the guest, then stops the clock.</summary>
    /// <returns>False when one did not come in time.</returns>
    private async Task<bool> ParkAsync()
    {
        if (_gang is { } gang)
        {
            // Signal, let go, wait: a vCPU held by a slow console must not hold up the pause.
            Task parked = gang.ParkAsync();
            _machine.ReleaseHeld();
            Task first = await Task.WhenAny(parked, Task.Delay(_options.VCpuPatience)).ConfigureAwait(false);
            if (first != parked)
            {
                return false;
            }
        }

        _machine.StopTime();
        return true;
    }

    private async Task ResetCoreAsync()
    {
        using VmLifecycle.Transition transition = _lifecycle.Begin("reset", null, VmState.Running, VmState.Paused);
        IPreparedBoot boot = await Task.Run(_machine.Prepare).ConfigureAwait(false);
        string? problem = await ParkAsync().ConfigureAwait(false) ? null : "a vCPU did not leave the guest for a reset";
        try
        {
            if (problem is null)
            {
                await Task.Run(() => _machine.PowerOn(boot)).ConfigureAwait(false);
            }
        }
        catch (Exception e) when (e is EngineException or OutOfMemoryException or Boot.ImageException)
        {
            problem = e.Message;
        }

        if (problem is not null)
        {
            transition.Commit(VmState.Failed);
            EndRun(new VmExit(VmExitReason.Failed, 0, problem));
            return;
        }

        ForgetEnd();
        _gang!.SetOnline(_machine.StartsOnline);
        transition.Commit(transition.From);
        if (transition.From == VmState.Running)
        {
            Go(_gang);
        }
    }

    private async Task StopCoreAsync(VmExit exit, VmState end = VmState.Stopped)
    {
        using VmLifecycle.Transition transition = _lifecycle.Begin(
            "stop", VmState.Stopping, VmState.Loaded, VmState.Running, VmState.Paused, VmState.Failed);
        bool parked = await ParkAsync().ConfigureAwait(false);
        foreach (Timer? timer in (Timer?[])[_poller, _haltWatch])
        {
            if (timer is not null)
            {
                await timer.DisposeAsync().ConfigureAwait(false);
            }
        }

        _poller = null;
        _haltWatch = null;

        ForgetEnd();
        if (!parked)
        {
            transition.Commit(VmState.Failed);
            EndRun(new VmExit(VmExitReason.Failed, 0, "a vCPU did not leave the guest"));
            throw new TimeoutException("a vCPU did not leave the guest; the VM is Failed");
        }

        _gang?.Dispose();
        _gang = null;
        transition.Commit(end);
        EndRun(exit);
    }

    private void EndRun(VmExit exit) => _ending.TrySetResult(exit);
}
