using System.Runtime.CompilerServices;

namespace AxVCpu;

/// <summary>
/// Why <c>Run</c> returned: a view of memory that the vCPU owns, valid until its next <c>Run</c>. Look at <see cref="Kind"/>, then
/// use the view of that kind; another view is a <see cref="MisuseKind.WrongExitView"/>.
/// </summary>
public readonly ref struct VCpuExit
{
    private readonly ref readonly VCpuExitRecord _record;

    /// <summary>Creates a view of a record. The record must stay unchanged while the view is used.</summary>
    public VCpuExit(ref readonly VCpuExitRecord record) => _record = ref record;

    /// <summary>What happened.</summary>
    public VCpuExitKind Kind => _record.Kind;

    /// <summary>The view of a <see cref="VCpuExitKind.Hypercall"/>.</summary>
    public HypercallExit Hypercall
    {
        get
        {
            Require(VCpuExitKind.Hypercall);
            return new HypercallExit(in _record);
        }
    }

    /// <summary>The view of a <see cref="VCpuExitKind.MmioRead"/>.</summary>
    public MmioReadExit MmioRead
    {
        get
        {
            Require(VCpuExitKind.MmioRead);
            return new(new GuestPhysAddr(_record.Word(0)), _record.Width, _record.Code, _record.RegisterWidth, _record.Flag);
        }
    }

    /// <summary>The view of a <see cref="VCpuExitKind.MmioWrite"/>.</summary>
    public MmioWriteExit MmioWrite
    {
        get
        {
            Require(VCpuExitKind.MmioWrite);
            return new(new GuestPhysAddr(_record.Word(0)), _record.Width, _record.Word(1));
        }
    }

    /// <summary>The view of a <see cref="VCpuExitKind.SysRegRead"/>.</summary>
    public SysRegReadExit SysRegRead
    {
        get
        {
            Require(VCpuExitKind.SysRegRead);
            return new(_record.Word(0), _record.Code);
        }
    }

    /// <summary>The view of a <see cref="VCpuExitKind.SysRegWrite"/>.</summary>
    public SysRegWriteExit SysRegWrite
    {
        get
        {
            Require(VCpuExitKind.SysRegWrite);
            return new(_record.Word(0), _record.Word(1));
        }
    }

    /// <summary>The view of a <see cref="VCpuExitKind.IoRead"/>.</summary>
    public IoReadExit IoRead
    {
        get
        {
            Require(VCpuExitKind.IoRead);
            return new((ushort)_record.Code, _record.Width, _record.Count);
        }
    }

    /// <summary>The view of a <see cref="VCpuExitKind.IoWrite"/>.</summary>
    public IoWriteExit IoWrite
    {
        get
        {
            Require(VCpuExitKind.IoWrite);
            unsafe
            {
                // SAFETY: the pointer was stored by SetIoWrite.
                return new IoWriteExit((ushort)_record.Code, _record.Width, _record.Word(0), _record.Count, (byte*)_record.Word(2));
            }
        }
    }

    /// <summary>The view of a <see cref="VCpuExitKind.NestedPageFault"/>.</summary>
    public NestedPageFaultExit NestedPageFault
    {
        get
        {
            Require(VCpuExitKind.NestedPageFault);
            return new(new GuestPhysAddr(_record.Word(0)), (MappingFlags)_record.Code);
        }
    }

    /// <summary>The view of a <see cref="VCpuExitKind.CpuUp"/>.</summary>
    public CpuUpExit CpuUp
    {
        get
        {
            Require(VCpuExitKind.CpuUp);
            return new(_record.Word(0), new GuestPhysAddr(_record.Word(1)), _record.Word(2));
        }
    }

    /// <summary>The view of a <see cref="VCpuExitKind.SendIpi"/>.</summary>
    public SendIpiExit SendIpi
    {
        get
        {
            Require(VCpuExitKind.SendIpi);
            return new(_record.Word(0), _record.Word(1), _record.Flag, _record.Code);
        }
    }

    /// <summary>The view of a <see cref="VCpuExitKind.Debug"/>.</summary>
    public DebugExit Debug
    {
        get
        {
            Require(VCpuExitKind.Debug);
            return new(_record.Word(0), (DebugReason)_record.Code);
        }
    }

    /// <summary>The view of a <see cref="VCpuExitKind.InternalError"/>.</summary>
    public InternalErrorExit InternalError
    {
        get
        {
            Require(VCpuExitKind.InternalError);
            return new((EngineErrorCode)_record.Code, _record.Word(0), _record.Word(1), _record.Word(2), _record.Word(3));
        }
    }

    /// <summary>The host's number of the interrupt of an <see cref="VCpuExitKind.ExternalInterrupt"/>.</summary>
    public ulong ExternalInterruptVector
    {
        get
        {
            Require(VCpuExitKind.ExternalInterrupt);
            return _record.Word(0);
        }
    }

    /// <summary>When the timer of a vCPU in <see cref="VCpuExitKind.Halt"/> is due, in ticks of the VM's clock; the maximum value is never.</summary>
    public ulong HaltDeadline
    {
        get
        {
            Require(VCpuExitKind.Halt);
            return _record.Word(0);
        }
    }

    /// <summary>The power state of a <see cref="VCpuExitKind.CpuDown"/>, 0 for off.</summary>
    public ulong CpuDownPowerState
    {
        get
        {
            Require(VCpuExitKind.CpuDown);
            return _record.Word(0);
        }
    }

    /// <summary>The code of a <see cref="VCpuExitKind.SystemDown"/>: 0 for a regular shutdown, else the guest's failure code.</summary>
    public ulong SystemDownCode
    {
        get
        {
            Require(VCpuExitKind.SystemDown);
            return _record.Word(0);
        }
    }

    /// <summary>The architecture's kind of reset of a <see cref="VCpuExitKind.SystemReset"/>, 0 for a cold one.</summary>
    public ulong SystemResetCode
    {
        get
        {
            Require(VCpuExitKind.SystemReset);
            return _record.Word(0);
        }
    }

    /// <summary>The engine's reason for a <see cref="VCpuExitKind.FailEntry"/>.</summary>
    public ulong FailEntryReason
    {
        get
        {
            Require(VCpuExitKind.FailEntry);
            return _record.Word(0);
        }
    }

    /// <summary>Which event of its architecture an <see cref="VCpuExitKind.ArchSpecific"/> is.</summary>
    public uint ArchSpecificCode
    {
        get
        {
            Require(VCpuExitKind.ArchSpecific);
            return _record.Code;
        }
    }

    /// <summary>The payload of an <see cref="VCpuExitKind.ArchSpecific"/>, of the type that its code defines.</summary>
    public T ArchSpecific<T>()
        where T : unmanaged
    {
        Require(VCpuExitKind.ArchSpecific);
        if (Unsafe.SizeOf<T>() > Unsafe.SizeOf<ExitWords>())
            Misuse.Throw(MisuseKind.Argument);
        // SAFETY: the payload was stored by SetArchSpecific; its size is checked against the record's words.
        return Unsafe.As<ExitWords, T>(ref Unsafe.AsRef(in _record.Words));
    }

    private void Require(VCpuExitKind kind)
    {
        if (_record.Kind != kind)
            Misuse.Throw(MisuseKind.WrongExitView);
    }
}
