using AxVCpu.X64;

namespace AxVCpu.Kvm;

/// <summary>How a vCPU starts: the mode, the entry and what the set-up gave it.</summary>
internal struct X64Start
{
    private const uint Flat = uint.MaxValue;
    private const ulong RealModeReach = 1 << 20;
    private const ushort ResetSelector = 0xF000;
    private const int SegmentShift = 4;

    internal X64Mode Mode;
    internal ulong Entry;
    internal X64GeneralRegisters Registers;
    internal X64LongModeSetup Long;

    /// <summary>The general registers of the start.</summary>
    internal readonly X64GeneralRegisters General()
    {
        X64GeneralRegisters registers = Registers;
        registers.Rip = Mode == X64Mode.Real ? Entry - RealCodeBase : Entry;
        registers.Rflags |= X64Flags.Fixed;
        return registers;
    }

    /// <summary>Segments and control registers of the start.</summary>
    internal readonly X64SystemRegisters System(ulong apicBase)
    {
        X64SystemRegisters registers = Mode switch
        {
            X64Mode.Protected => Protected(),
            X64Mode.Long => LongMode(),
            _ => Real(),
        };
        registers.ApicBase = apicBase;
        return registers;
    }

    private readonly ulong RealCodeBase => Entry < RealModeReach ? Entry & ~0xFFFUL : Entry & ~0xFFFFUL;

    private readonly X64SystemRegisters Real()
    {
        X64Segment data = new()
        {
            Limit = ushort.MaxValue,
            Attributes = X64SegmentAttributes.DataReadWrite | X64SegmentAttributes.CodeOrData | X64SegmentAttributes.Present,
        };
        X64SystemRegisters registers = Segments(data with { Attributes = data.Attributes | X64SegmentAttributes.CodeExecuteRead }, data);
        registers.Cs.Base = RealCodeBase;
        registers.Cs.Selector = Entry < RealModeReach ? (ushort)(RealCodeBase >> SegmentShift) : ResetSelector;
        registers.Gdt.Limit = ushort.MaxValue;
        registers.Idt.Limit = ushort.MaxValue;
        registers.Cr0 = X64Control.ExtensionType | X64Control.CacheDisable | X64Control.NotWriteThrough;
        return registers;
    }

    private static X64SystemRegisters Protected()
    {
        X64Segment data = FlatData(0x10);
        X64SystemRegisters registers = Segments(FlatCode(0x08, X64SegmentAttributes.Default32), data);
        registers.Cr0 = X64Control.ProtectionEnable | X64Control.ExtensionType; // and nothing else: so do PVH and Multiboot
        return registers;
    }

    private readonly X64SystemRegisters LongMode()
    {
        X64SegmentAttributes ring = Long.UserMode ? X64SegmentAttributes.Ring3 : 0;
        ushort level = Long.UserMode ? (ushort)3 : (ushort)0;
        X64Segment data = FlatData((ushort)(0x18 | level));
        data.Attributes |= ring;
        X64Segment code = FlatCode((ushort)(0x10 | level), X64SegmentAttributes.Long);
        code.Attributes |= ring;
        X64SystemRegisters registers = Segments(code, data);
        if (Long.TaskState.Limit != 0)
        {
            registers.Tr.Base = Long.TaskState.Base;
            registers.Tr.Limit = Long.TaskState.Limit;
        }

        registers.Gdt = Long.Gdt;
        registers.Idt = Long.Idt;
        registers.Cr0 = X64Control.ProtectionEnable | X64Control.MonitorCoprocessor | X64Control.ExtensionType | X64Control.NumericError
            | X64Control.WriteProtect | X64Control.Paging;
        registers.Cr3 = Long.Cr3;
        registers.Cr4 = X64Control.PhysicalAddressExtension | X64Control.SaveSse | X64Control.SseExceptions;
        registers.Efer = X64Control.LongModeEnable | X64Control.LongModeActive | X64Control.NoExecuteEnable;
        return registers;
    }

    private static X64SystemRegisters Segments(X64Segment code, X64Segment data) => new()
    {
        Cs = code,
        Ds = data,
        Es = data,
        Fs = data,
        Gs = data,
        Ss = data,
        Tr = new() { Limit = 0x67, Attributes = X64SystemSegment.BusyTask | X64SegmentAttributes.Present },
        Ldt = new() { Limit = ushort.MaxValue, Attributes = X64SystemSegment.LocalDescriptorTable | X64SegmentAttributes.Present },
    };

    private static X64Segment FlatCode(ushort selector, X64SegmentAttributes size) => new()
    {
        Limit = Flat,
        Selector = selector,
        Attributes = X64SegmentAttributes.CodeExecuteRead | X64SegmentAttributes.CodeOrData | X64SegmentAttributes.Present
            | X64SegmentAttributes.Granularity | size,
    };

    private static X64Segment FlatData(ushort selector) => new()
    {
        Limit = Flat,
        Selector = selector,
        Attributes = X64SegmentAttributes.DataReadWrite | X64SegmentAttributes.CodeOrData | X64SegmentAttributes.Present
            | X64SegmentAttributes.Granularity | X64SegmentAttributes.Default32,
    };
}

/// <summary>The mode of a start.</summary>
internal enum X64Mode : byte
{
    Real,
    Protected,
    Long,
}
