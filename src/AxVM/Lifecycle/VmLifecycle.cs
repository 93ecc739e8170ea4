namespace AxVM;

/// <summary>
/// The state of a VM, changed in two phases: a transition first claims the way (Pausing, Stopping, or the state it
/// is in), then commits; one that is not committed falls back to where it began. One transition at a time.
/// </summary>
internal sealed class VmLifecycle
{
    private readonly Lock _gate = new();
    private VmState _state = VmState.Created;
    private bool _isMoving;

    /// <summary>The present state. Any thread.</summary>
    public VmState State
    {
        get
        {
            lock (_gate)
            {
                return _state;
            }
        }
    }

    /// <summary>Begins a transition from one of <paramref name="from"/>.</summary>
    /// <param name="operation">Its name, for the exception.</param>
    /// <param name="via">The state to show meanwhile, or <c>null</c> to keep the present one.</param>
    /// <param name="from">The states in which it is possible.</param>
    /// <exception cref="VmStateException">The VM is in another state.</exception>
    public Transition Begin(string operation, VmState? via, params ReadOnlySpan<VmState> from)
    {
        lock (_gate)
        {
            if (_isMoving || from.IndexOf(_state) < 0)
            {
                throw new VmStateException(operation, _state, from);
            }

            Transition transition = new(this, _state);
            _isMoving = true;
            _state = via ?? _state;
            return transition;
        }
    }

    private void Finish(VmState state)
    {
        lock (_gate)
        {
            _state = state;
            _isMoving = false;
        }
    }

    /// <summary>A transition under way; disposing it without a commit goes back.</summary>
    internal sealed class Transition(VmLifecycle lifecycle, VmState from) : IDisposable
    {
        private bool _isOver;

        /// <summary>Where it began.</summary>
        public VmState From { get; } = from;

        /// <summary>Ends it in <paramref name="state"/>.</summary>
        public void Commit(VmState state)
        {
            _isOver = true;
            lifecycle.Finish(state);
        }

        /// <summary>Goes back, unless it was committed.</summary>
        public void Dispose()
        {
            if (!_isOver)
            {
                Commit(From);
            }
        }
    }
}
