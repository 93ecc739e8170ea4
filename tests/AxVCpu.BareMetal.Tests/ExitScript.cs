namespace AxVCpu.BareMetal.Tests;

/// <summary>Fills the record of one exit from what the guest has read so far.</summary>
internal delegate void ExitStep(ref VCpuExitRecord exit);

/// <summary>The program of <c>guest.S</c>, as the exits that it must make, each with what it must have seen before.</summary>
internal sealed class ExitScript
{
    private const ulong Report = 0xC600_0001;
    private const ulong Device = 0x1000_0000;
    private const ulong Nothing = 0x2000_0000;
    private const ulong ExternalAbortRead = 0x9600_0010;
    private const ulong ExternalAbortWrite = 0x9600_0050;
    private const ulong UnsupportedAtomic = 0x9600_0035;
    private const ulong Undefined = 0x0200_0000;

    private readonly Queue<ExitStep> _steps = new();
    private readonly List<ulong> _answers = [];

    public ExitScript()
    {
        Reports(() => 0x4800_0000);
        Then((ref exit) => exit.SetHypercall(1, 11, 12, 13, 14, 15, 16));
        Reports(() => ReturnValue);
        Reports(() => ulong.MaxValue);

        Reads((4, 4, 10, 4, false), (3, 1, 11, 4, false), (0x80, 1, 12, 8, true), (8, 8, 13, 8, false));
        Reports(() => Answer(4), () => Answer(3), () => (ulong)(sbyte)Answer(2), () => Answer(1));
        Reads((0x82, 2, 10, 4, true), (0x84, 4, 11, 8, true));
        Reports(() => (uint)(short)Answer(2), () => (ulong)(int)Answer(1));
        Writes(16, 4, () => 0x1234);
        Writes(17, 1, () => 0x34);
        Writes(24, 8, () => 0);

        Reads((0, 4, 10, 4, false), (16, 8, 11, 8, false));
        Reports(() => Answer(2), () => Answer(1), () => 16);
        Reads((32, 8, 10, 8, false), (40, 8, 11, 8, false), (48, 4, 12, 4, false), (52, 4, 13, 4, false));
        Reports(() => Answer(4), () => Answer(3), () => Answer(2), () => Answer(1));
        Reads((0x80, 4, 10, 8, true), (0x84, 4, 11, 8, true));
        Writes(64, 8, () => (ulong)(int)Answer(2));
        Writes(72, 8, () => (ulong)(int)Answer(1));
        Writes(-8, 4, () => Answer(2));
        Writes(-4, 4, () => Answer(1));
        Reports(() => (ulong)(int)Answer(2), () => (ulong)(int)Answer(1), () => 8);
        Reads((96, 8, 0, 8, false), (104, 8, 0, 8, false), (112, 8, 1, 8, false), (120, 4, 2, 8, false));
        Reports(() => Answer(4), () => Answer(3), () => Answer(2), () => Answer(1));
        Writes(128, 8, () => Answer(4));
        Writes(136, 8, () => Answer(3));
        Reads((0, 8, 3, 8, false), (8, 8, 3, 8, false), (16, 8, 4, 8, false), (24, 8, 4, 8, false));
        Reports(() => Answer(4), () => Answer(1));

        Then((ref exit) => exit.SetMmioRead(new GuestPhysAddr(Nothing), AccessWidth.Dword, 10, AccessWidth.Dword, signExtend: false));
        Reports(() => ExternalAbortRead, () => Nothing);
        Reports(() => 0);
        Then((ref exit) => exit.SetMmioWrite(new GuestPhysAddr(Nothing - 8), AccessWidth.Qword, 0));
        Reports(() => ExternalAbortWrite, () => Nothing - 8);
        Reports(() => Nothing);
        Reports(() => UnsupportedAtomic, () => Device);

        Then((ref exit) => exit.SetNestedPageFault(new GuestPhysAddr(0x4010_0000), MappingFlags.Write));
        Reports(() => 0x77);

        Then((ref exit) => exit.SetSysRegRead((ulong)Aarch64.SysReg.CntpCtlEl0, 10));
        Then((ref exit) => exit.SetSysRegWrite((ulong)Aarch64.SysReg.CntpCvalEl0, Device));
        Reports(() => Answer(1));
        Reports(() => 0, () => 0, () => 0x11);
        Reports(() => Undefined);
        Reports(() => Undefined);
        Reports(() => 8);
        Reports(() => 0x8000_0102);

        Then((ref exit) => exit.SetSendIpi(3, 0x200, toAll: false, 5));
        Then((ref exit) => exit.SetSendIpi(0, 0, toAll: true, 0));
        Then((ref exit) => exit.SetExternalInterrupt(27));
        Then((ref exit) => exit.SetHalt());
        Then((ref exit) => exit.SetHypercall(100, 0x8000_0102, 0, 0, 0, 0, 0));
        Then((ref exit) => exit.SetHypercall(101, 0x8000_0102, 0, 0, 0, 0, 0));
        Reports(() => 0x5A5A_5A5A_5A5A_5A5A, () => 0x1230);

        Then((ref exit) => exit.SetCpuUp(2, new GuestPhysAddr(0x4000_0000), 7));
        Reports(() => ReturnValue);
        Then((ref exit) => exit.SetCpuDown(Aarch64.Aarch64VCpu.IsSuspend | 0x1_0000));
        Then((ref exit) => exit.SetSystemReset(0));
        Then((ref exit) => exit.SetCpuDown(0));
        Then((ref exit) => exit.SetSystemDown(0));
    }

    public ulong ReturnValue { get; set; }

    public bool IsOver => _steps.Count == 0;

    public void Step(ref VCpuExitRecord exit) => _steps.Dequeue()(ref exit);

    /// <summary>A read was answered.</summary>
    public void Take(ulong value) => _answers.Add(value);

    /// <summary>The answer that so many reads ago were answered.</summary>
    private ulong Answer(int ago) => _answers[^ago];

    private void Then(ExitStep step) => _steps.Enqueue(step);

    private void Reads(params (ulong Offset, int Width, uint Register, int RegisterWidth, bool IsSigned)[] reads)
    {
        foreach ((ulong offset, int width, uint register, int registerWidth, bool isSigned) in reads)
            Then((ref exit) => exit.SetMmioRead(new GuestPhysAddr(Device + offset), (AccessWidth)width, register, (AccessWidth)registerWidth, isSigned));
    }

    private void Writes(int offset, int width, Func<ulong> value) =>
        Then((ref exit) => exit.SetMmioWrite(new GuestPhysAddr(Device + (ulong)(long)offset), (AccessWidth)width, value()));

    private void Reports(params Func<ulong>[] values) => Then((ref exit) =>
    {
        ulong Value(int index) => index < values.Length ? values[index]() : 0;
        exit.SetHypercall(Report, Value(0), Value(1), Value(2), Value(3), 0, 0);
    });
}

/// <summary>An architecture whose guest is a script.</summary>
internal struct ScriptedArch : IArchVCpu<ScriptedArch>, IArchCreate<ScriptedArch, ExitScript>, IArchSetup<ExitScript>
{
    private ExitScript _script;
    private bool _waitsForRead;
    private bool _isKicked;

    public static int GprCount => 1;

    public ulong ProgramCounter { get; set; }

    public readonly bool HasPendingInterrupt => false;

    public static EngineError Create(uint vmId, uint id, in ExitScript config, out ScriptedArch arch)
    {
        arch = new ScriptedArch { _script = config };
        return default;
    }

    public readonly EngineError SetEntry(GuestPhysAddr entry) => default;

    public readonly EngineError SetNestedRoot(HostPhysAddr root) => default;

    public readonly EngineError Setup(in ExitScript config) => default;

    public readonly EngineError Bind() => default;

    public readonly EngineError Unbind() => default;

    public EngineError Run(ref VCpuExitRecord exit)
    {
        if (_isKicked)
        {
            exit.SetInterrupted();
            return default;
        }

        _script.Step(ref exit);
        _waitsForRead = exit.Kind is VCpuExitKind.MmioRead or VCpuExitKind.SysRegRead;
        return default;
    }

    public void Kick() => _isKicked = true;

    public void ClearKick() => _isKicked = false;

    public readonly ulong GetGpr(int index) => _script.ReturnValue;

    public readonly void SetGpr(int index, ulong value) => _script.ReturnValue = value;

    public readonly void SetReturnValue(ulong value) => _script.ReturnValue = value;

    public bool CompleteRead(ulong value)
    {
        bool waited = _waitsForRead;
        _script.Take(value);
        _waitsForRead = false;
        return waited;
    }

    public bool FailAccess()
    {
        _waitsForRead = false;
        return true;
    }

    public readonly EngineError InjectInterrupt(uint vector) => default;

    public readonly EngineError SetInterruptLine(uint vector, bool level) => default;

    public readonly EngineError Reset() => default;
}
