using AxVCpu.Kvm.Abi;
using AxVCpu.X64;

namespace AxVCpu.Kvm;

/// <summary>Between the library's register groups and the kernel's structures.</summary>
internal static class RegisterLayouts
{
    private const int TypeBits = 0xF;
    private const int DplShift = 5;

    internal static X64SystemRegisters ToGroup(in KvmSystemRegisters from) => new()
    {
        Cs = ToGroup(in from.Cs),
        Ds = ToGroup(in from.Ds),
        Es = ToGroup(in from.Es),
        Fs = ToGroup(in from.Fs),
        Gs = ToGroup(in from.Gs),
        Ss = ToGroup(in from.Ss),
        Tr = ToGroup(in from.Tr),
        Ldt = ToGroup(in from.Ldt),
        Gdt = new() { Base = from.Gdt.Base, Limit = from.Gdt.Limit },
        Idt = new() { Base = from.Idt.Base, Limit = from.Idt.Limit },
        Cr0 = from.Cr0,
        Cr2 = from.Cr2,
        Cr3 = from.Cr3,
        Cr4 = from.Cr4,
        Cr8 = from.Cr8,
        Efer = from.Efer,
        ApicBase = from.ApicBase,
    };

    internal static KvmSystemRegisters FromGroup(in X64SystemRegisters from) => new()
    {
        Cs = FromGroup(in from.Cs),
        Ds = FromGroup(in from.Ds),
        Es = FromGroup(in from.Es),
        Fs = FromGroup(in from.Fs),
        Gs = FromGroup(in from.Gs),
        Ss = FromGroup(in from.Ss),
        Tr = FromGroup(in from.Tr),
        Ldt = FromGroup(in from.Ldt),
        Gdt = new() { Base = from.Gdt.Base, Limit = from.Gdt.Limit },
        Idt = new() { Base = from.Idt.Base, Limit = from.Idt.Limit },
        Cr0 = from.Cr0,
        Cr2 = from.Cr2,
        Cr3 = from.Cr3,
        Cr4 = from.Cr4,
        Cr8 = from.Cr8,
        Efer = from.Efer,
        ApicBase = from.ApicBase,
    };

    internal static X64EventState ToGroup(in KvmVCpuEvents from) => new()
    {
        ExceptionInjected = from.ExceptionInjected != 0,
        ExceptionPending = from.ExceptionPending != 0,
        ExceptionVector = from.ExceptionVector,
        ExceptionHasErrorCode = from.ExceptionHasErrorCode != 0,
        ExceptionErrorCode = from.ExceptionErrorCode,
        InterruptInjected = from.InterruptInjected != 0,
        InterruptVector = from.InterruptVector,
        InterruptIsSoftware = from.InterruptSoft != 0,
        InterruptShadow = from.InterruptShadow,
        NmiInjected = from.NmiInjected != 0,
        NmiPending = from.NmiPending != 0,
        NmiMasked = from.NmiMasked != 0,
        StartupVector = from.SipiVector,
    };

    internal static KvmVCpuEvents FromGroup(in X64EventState from) => new()
    {
        ExceptionInjected = Byte(from.ExceptionInjected),
        // The kernel takes a pending exception only with an extension that changes what exits mean; it is as good to inject it.
        ExceptionPending = 0,
        ExceptionVector = from.ExceptionVector,
        ExceptionHasErrorCode = Byte(from.ExceptionHasErrorCode),
        ExceptionErrorCode = from.ExceptionErrorCode,
        InterruptInjected = Byte(from.InterruptInjected),
        InterruptVector = from.InterruptVector,
        InterruptSoft = Byte(from.InterruptIsSoftware),
        InterruptShadow = from.InterruptShadow,
        NmiInjected = Byte(from.NmiInjected),
        NmiPending = Byte(from.NmiPending),
        NmiMasked = Byte(from.NmiMasked),
        SipiVector = from.StartupVector,
        Flags = KvmVCpuEvents.ValidNmiPending | KvmVCpuEvents.ValidShadow | KvmVCpuEvents.ValidSipiVector,
    };

    private static X64Segment ToGroup(in KvmSegment from)
    {
        var attributes = (X64SegmentAttributes)(from.Type & TypeBits) | (X64SegmentAttributes)(from.Dpl << DplShift);
        attributes |= from.S != 0 ? X64SegmentAttributes.CodeOrData : 0;
        attributes |= from.Present != 0 ? X64SegmentAttributes.Present : 0;
        attributes |= from.Avl != 0 ? X64SegmentAttributes.Available : 0;
        attributes |= from.L != 0 ? X64SegmentAttributes.Long : 0;
        attributes |= from.Db != 0 ? X64SegmentAttributes.Default32 : 0;
        attributes |= from.G != 0 ? X64SegmentAttributes.Granularity : 0;
        attributes |= from.Unusable != 0 ? X64SegmentAttributes.Unusable : 0;
        return new() { Base = from.Base, Limit = from.Limit, Selector = from.Selector, Attributes = attributes };
    }

    private static KvmSegment FromGroup(in X64Segment from) => new()
    {
        Base = from.Base,
        Limit = from.Limit,
        Selector = from.Selector,
        Type = (byte)((int)from.Attributes & TypeBits),
        Dpl = (byte)(((int)from.Attributes >> DplShift) & 3),
        S = Bit(from, X64SegmentAttributes.CodeOrData),
        Present = Bit(from, X64SegmentAttributes.Present),
        Avl = Bit(from, X64SegmentAttributes.Available),
        L = Bit(from, X64SegmentAttributes.Long),
        Db = Bit(from, X64SegmentAttributes.Default32),
        G = Bit(from, X64SegmentAttributes.Granularity),
        Unusable = Bit(from, X64SegmentAttributes.Unusable),
    };

    private static byte Bit(in X64Segment segment, X64SegmentAttributes attribute) => Byte((segment.Attributes & attribute) != 0);

    private static byte Byte(bool value) => value ? (byte)1 : (byte)0;
}
