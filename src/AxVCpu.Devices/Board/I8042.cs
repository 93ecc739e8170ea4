namespace AxVCpu.Devices;

/// <summary>What an <see cref="I8042"/> asks of the world around it.</summary>
public interface II8042Host
{
    /// <summary>The guest pulsed the reset output of the processor.</summary>
    void Reset();
}

/// <summary>Ports of the keyboard controller, as offsets from 0x60 (IBM PC/AT Technical Reference, "Keyboard Controller").</summary>
public enum I8042Register : byte
{
    /// <summary>Output buffer (read), data to the device (write).</summary>
    Data = 0,
    /// <summary>Status (read), commands (write).</summary>
    StatusCommand = 4,
}

/// <summary>Commands of the keyboard controller.</summary>
internal enum I8042Command : byte
{
    ReadConfiguration = 0x20,
    WriteConfiguration = 0x60,
    DisableSecond = 0xA7,
    EnableSecond = 0xA8,
    TestSecond = 0xA9,
    SelfTest = 0xAA,
    TestFirst = 0xAB,
    DisableFirst = 0xAD,
    EnableFirst = 0xAE,
    ReadOutputPort = 0xD0,
    WriteOutputPort = 0xD1,
    // 0xF0 to 0xFF pulse the output lines whose bits are zero; line 0 resets the processor.
    PulseOutput = 0xF0,
}

/// <summary>
/// A keyboard controller without a keyboard: it answers its own commands, and resets the processor. Its devices never answer.
/// Plain data: a copy is a snapshot. Not thread safe; the owner serialises.
/// </summary>
public struct I8042
{
    private const byte OutputFull = 1 << 0;
    private const byte SystemFlag = 1 << 2;
    private const byte LastWasCommand = 1 << 3;
    private const byte SelfTestPassed = 0x55;
    private const byte TestPassed = 0x00;
    private const byte ResetLine = 1 << 0;
    private const byte A20Line = 1 << 1;
    private const byte FirstDisabled = 1 << 4;
    private const byte SecondDisabled = 1 << 5;

    private byte _configuration;
    private byte _outputPort;
    private byte _output;
    private byte _status;
    private I8042Command _waiting;

    /// <summary>A controller after power-up, with the address line 20 open.</summary>
    public I8042()
    {
        _configuration = SystemFlag | FirstDisabled | SecondDisabled;
        _outputPort = ResetLine | A20Line;
        _status = SystemFlag;
    }

    /// <summary>Back to power-up.</summary>
    public void Reset() => this = new I8042();

    /// <summary>Reads a port; wider accesses than a byte see the low byte.</summary>
    /// <returns>False when there is no such port.</returns>
    public bool Read(ulong offset, out ulong value)
    {
        value = 0;
        switch ((I8042Register)offset)
        {
            case I8042Register.Data:
                value = _output;
                _status &= unchecked((byte)~OutputFull);
                return true;
            case I8042Register.StatusCommand:
                value = _status;
                return true;
            default:
                return false;
        }
    }

    /// <summary>Writes a port; only the low byte counts.</summary>
    /// <returns>False when there is no such port.</returns>
    public bool Write<THost>(ref THost host, ulong offset, ulong value)
        where THost : struct, II8042Host
    {
        switch ((I8042Register)offset)
        {
            case I8042Register.Data:
                _status &= unchecked((byte)~LastWasCommand);
                WriteData(ref host, (byte)value);
                return true;
            case I8042Register.StatusCommand:
                _status |= LastWasCommand;
                Execute(ref host, (byte)value);
                return true;
            default:
                return false;
        }
    }

    private void WriteData<THost>(ref THost host, byte value)
        where THost : struct, II8042Host
    {
        I8042Command waiting = _waiting;
        _waiting = 0;
        if (waiting == I8042Command.WriteConfiguration)
        {
            _configuration = value;
        }
        else if (waiting == I8042Command.WriteOutputPort)
        {
            _outputPort = (byte)(value | ResetLine);
            if ((value & ResetLine) == 0)
                host.Reset();
        }
    }

    private void Execute<THost>(ref THost host, byte command)
        where THost : struct, II8042Host
    {
        _waiting = 0;
        switch ((I8042Command)command)
        {
            case I8042Command.ReadConfiguration:
                Answer(_configuration);
                break;
            case I8042Command.WriteConfiguration or I8042Command.WriteOutputPort:
                _waiting = (I8042Command)command;
                break;
            case I8042Command.SelfTest:
                Answer(SelfTestPassed);
                break;
            case I8042Command.TestFirst or I8042Command.TestSecond:
                Answer(TestPassed);
                break;
            case I8042Command.DisableFirst:
                _configuration |= FirstDisabled;
                break;
            case I8042Command.EnableFirst:
                _configuration &= unchecked((byte)~FirstDisabled);
                break;
            case I8042Command.DisableSecond:
                _configuration |= SecondDisabled;
                break;
            case I8042Command.EnableSecond:
                _configuration &= unchecked((byte)~SecondDisabled);
                break;
            case I8042Command.ReadOutputPort:
                Answer(_outputPort);
                break;
            case >= I8042Command.PulseOutput when (command & ResetLine) == 0:
                host.Reset();
                break;
        }
    }

    private void Answer(byte value)
    {
        _output = value;
        _status |= OutputFull;
    }
}
