using System.Collections.Concurrent;
using AxVCpu;

namespace AxVM.Tests.Lifecycle;

/// <summary>Fills an exit record.</summary>
internal delegate void ScriptedExit(ref VCpuExitRecord exit);

/// <summary>What a scripted vCPU does: the exits that are queued, then nothing until it is kicked.</summary>
internal sealed class ScriptedCore : IDisposable
{
    private readonly ConcurrentQueue<ScriptedExit> _exits = new();
    private readonly AutoResetEvent _wake = new(false);
    private volatile bool _isKicked;
    private volatile bool _isInterruptPending;

    public int Resets { get; private set; }

    public int Runs { get; private set; }

    public ulong Entry { get; set; }

    public ulong[] Gprs { get; } = new ulong[32];

    public ulong LastRead { get; set; }

    public int FailedAccesses { get; set; }

    public uint? Injected { get; private set; }

    public bool IsInside { get; private set; }

    /// <summary>Whether kicks are ignored, as by a broken engine.</summary>
    public volatile bool IsStuck;

    public bool HasPendingInterrupt => _isInterruptPending;

    public void Enqueue(ScriptedExit exit)
    {
        _exits.Enqueue(exit);
        _wake.Set();
    }

    public void Kick()
    {
        _isKicked = true;
        _wake.Set();
    }

    public void ClearKick() => _isKicked = false;

    public void Inject(uint vector)
    {
        Injected = vector;
        _isInterruptPending = true;
        _wake.Set();
    }

    public void Reset()
    {
        Resets++;
        _exits.Clear();
        _isInterruptPending = false;
    }

    public EngineError Run(ref VCpuExitRecord exit)
    {
        IsInside = true;
        Runs++;
        try
        {
            while (true)
            {
                if (!IsStuck)
                {
                    if (_isKicked)
                    {
                        _isKicked = false;
                        exit.SetInterrupted();
                        return default;
                    }

                    if (_exits.TryDequeue(out ScriptedExit? next))
                    {
                        next(ref exit);
                        return default;
                    }
                }

                _wake.WaitOne(20);
            }
        }
        finally
        {
            IsInside = false;
        }
    }

    public void Dispose() => _wake.Dispose();
}

/// <summary>An engine whose guest is a script.</summary>
internal struct ScriptedArch : IArchVCpu<ScriptedArch>, IArchCreate<ScriptedArch, ScriptedCore>, IArchSetup<ScriptedCore>
{
    private ScriptedCore _core;

    public static int GprCount => 32;

    public static EngineError Create(uint vmId, uint id, in ScriptedCore config, out ScriptedArch arch)
    {
        arch = new ScriptedArch { _core = config };
        return default;
    }

    public static VirtualCpu NewCpu(uint vmId, uint id, ScriptedCore core)
    {
        EngineException.ThrowIfFailed(VCpuSetup.Create<ScriptedArch, ScriptedCore>(vmId, id, null, default, in core, out VCpu<ScriptedArch> vcpu));
        EngineException.ThrowIfFailed(vcpu.Setup(default, default, in core));
        return new VirtualCpu<ScriptedArch>(in vcpu, _ => core.Dispose());
    }

    public readonly ulong ProgramCounter
    {
        get => _core.Entry;
        set => _core.Entry = value;
    }

    public readonly bool HasPendingInterrupt => _core.HasPendingInterrupt;

    public readonly EngineError Setup(in ScriptedCore config) => default;

    public readonly EngineError SetEntry(GuestPhysAddr entry)
    {
        _core.Entry = entry.Value;
        return default;
    }

    public readonly EngineError SetNestedRoot(HostPhysAddr root) => default;

    public readonly EngineError Bind() => default;

    public readonly EngineError Unbind() => default;

    public readonly EngineError Run(ref VCpuExitRecord exit) => _core.Run(ref exit);

    public readonly void Kick() => _core.Kick();

    public readonly void ClearKick() => _core.ClearKick();

    public readonly ulong GetGpr(int index) => _core.Gprs[index];

    public readonly void SetGpr(int index, ulong value) => _core.Gprs[index] = value;

    public readonly void SetReturnValue(ulong value) => _core.Gprs[10] = value;

    public readonly bool CompleteRead(ulong value)
    {
        _core.LastRead = value;
        return true;
    }

    public readonly bool FailAccess()
    {
        _core.FailedAccesses++;
        return true;
    }

    public readonly EngineError InjectInterrupt(uint vector)
    {
        _core.Inject(vector);
        return default;
    }

    public readonly EngineError SetInterruptLine(uint vector, bool level) => default;

    public readonly EngineError Reset()
    {
        _core.Reset();
        return default;
    }
}
