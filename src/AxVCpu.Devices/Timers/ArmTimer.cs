namespace AxVCpu.Devices;

/// <summary>Registers of one timer of the generic timer (Arm DDI 0487J, D11.2), by their names for the virtual or physical one.</summary>
public enum ArmTimerRegister : byte
{
    /// <summary>CNTx_CTL: control and status.</summary>
    Control,
    /// <summary>CNTx_CVAL: the count that fires it.</summary>
    CompareValue,
    /// <summary>CNTx_TVAL: the same as a signed 32-bit distance from now.</summary>
    TimerValue,
}

/// <summary>CNTx_CTL (Arm DDI 0487J, D19.12).</summary>
[Flags]
public enum ArmTimerControl : byte
{
    /// <summary>The timer works.</summary>
    ENABLE = 1 << 0,
    /// <summary>Its interrupt is masked.</summary>
    IMASK = 1 << 1,
    /// <summary>Its condition is met; read only.</summary>
    ISTATUS = 1 << 2,
}

/// <summary>
/// A timer of the Arm generic timer, virtual or physical, of one vCPU: control and compare value. Time is the caller's, as the count of
/// the counter that belongs to the timer. Plain data: a copy is a snapshot. Not thread safe; the owner serialises.
/// </summary>
public struct ArmTimer
{
    private ulong _compare;
    private ArmTimerControl _control;

    /// <summary>A timer with what hardware had in its registers.</summary>
    /// <param name="control">CNTx_CTL.</param>
    /// <param name="compare">CNTx_CVAL.</param>
    public ArmTimer(ulong control, ulong compare)
    {
        _compare = compare;
        _control = Writable((byte)control);
    }

    /// <summary>CNTx_CTL without its status.</summary>
    public readonly ArmTimerControl Control => _control;

    /// <summary>CNTx_CVAL.</summary>
    public readonly ulong CompareValue => _compare;

    /// <summary>When the interrupt will be asserted, as a count: now or in the past when it is; <see cref="ulong.MaxValue"/> for never.</summary>
    public readonly ulong Deadline => _control == ArmTimerControl.ENABLE ? _compare : ulong.MaxValue;

    /// <summary>Whether the interrupt is asserted: a level, which follows the condition.</summary>
    /// <param name="now">The counter.</param>
    public readonly bool IsAsserted(ulong now) => _control == ArmTimerControl.ENABLE && IsMet(now);

    /// <summary>Reads a register.</summary>
    /// <param name="register">The register.</param>
    /// <param name="now">The counter.</param>
    public readonly ulong Read(ArmTimerRegister register, ulong now) => register switch
    {
        ArmTimerRegister.Control => (byte)((_control & ArmTimerControl.ENABLE) != 0 && IsMet(now) ? _control | ArmTimerControl.ISTATUS : _control),
        ArmTimerRegister.CompareValue => _compare,
        // D11.2.4: the difference, truncated to 32 bits.
        _ => (uint)(_compare - now),
    };

    /// <summary>Writes a register.</summary>
    /// <param name="register">The register.</param>
    /// <param name="now">The counter.</param>
    /// <param name="value">The value; the timer value is taken as a signed 32-bit number.</param>
    public void Write(ArmTimerRegister register, ulong now, ulong value)
    {
        switch (register)
        {
            case ArmTimerRegister.Control:
                _control = Writable((byte)value);
                break;
            case ArmTimerRegister.CompareValue:
                _compare = value;
                break;
            default:
                _compare = now + (ulong)(int)(uint)value;
                break;
        }
    }

    // D11.2.4: counter and compare value are compared as unsigned numbers.
    private readonly bool IsMet(ulong now) => now >= _compare;

    private static ArmTimerControl Writable(byte value) => (ArmTimerControl)value & (ArmTimerControl.ENABLE | ArmTimerControl.IMASK);
}
