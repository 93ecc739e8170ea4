namespace AxVCpu.Software.Riscv64;

/// <summary>States of a hart (SBI 2.0, 9, table of hart states).</summary>
internal enum HsmState
{
    Started = 0,
    Stopped = 1,
    StartPending = 2,
    StopPending = 3,
    Suspended = 4,
    SuspendPending = 5,
    ResumePending = 6,
}

public sealed partial class Riscv64Machine
{
    private readonly int[] _hsm;

    /// <summary>The state of hart <paramref name="id"/>, which exists. Any thread.</summary>
    internal HsmState GetHsm(ulong id) => (HsmState)Volatile.Read(ref _hsm[id]);

    /// <summary>Sets the state of hart <paramref name="id"/>; the hart's own thread.</summary>
    internal void SetHsm(ulong id, HsmState state) => Volatile.Write(ref _hsm[id], (int)state);

    /// <summary>Changes the state when it is <paramref name="from"/>, in one step; whether it did. Any thread.</summary>
    internal bool TryChangeHsm(ulong id, HsmState from, HsmState to) =>
        Interlocked.CompareExchange(ref _hsm[id], (int)to, (int)from) == (int)from;
}
