using AxVCpu.Memory;

namespace AxVCpu.Software.Riscv64;

// Debug console extension (SBI 2.0, 12).
internal sealed unsafe partial class Hart
{
    /// <summary>The most bytes one call moves; the guest asks again for the rest.</summary>
    private const ulong MaxConsoleTransfer = 64 * 1024;

    private SbiResult SbiDbcn(ulong function)
    {
        switch (function)
        {
            case 0:
                return SbiConsoleTransfer(SbiConsoleOperation.Write, MappingFlags.Read, _s->X[A0], _s->X[A1], _s->X[A2]);
            case 1:
                return SbiConsoleTransfer(SbiConsoleOperation.Read, MappingFlags.Write, _s->X[A0], _s->X[A1], _s->X[A2]);
            case 2:
                ExitToConsole(new SbiConsoleExit { Operation = SbiConsoleOperation.WriteByte, Byte = (byte)_s->X[A0] });
                return SbiError.Success;
            default:
                return SbiError.NotSupported;
        }
    }

    private SbiResult SbiConsoleTransfer(SbiConsoleOperation operation, MappingFlags access, ulong length, ulong low, ulong high)
    {
        // On a 64-bit hart the upper half of the address is 0, and the whole buffer must be memory, also what is not moved this time.
        if (high != 0 || low + length < low)
            return SbiError.InvalidParam;
        if (length == 0)
            return SbiResult.Success();
        length = Math.Min(length, MaxConsoleTransfer);
        for (ulong page = low >> PageShift; page <= (low + length - 1) >> PageShift; page++)
        {
            if (_machine.WalkNested(new GuestPhysAddr(page << PageShift), MappingFlags.None, out NestedTranslation found) switch
                {
                    NestedWalkStatus.Lazy => false,
                    NestedWalkStatus.Mapped => (found.Flags & access) != access,
                    _ => true,
                })
            {
                return SbiError.InvalidParam;
            }
        }

        ExitToConsole(new SbiConsoleExit { Operation = operation, Address = new GuestPhysAddr(low), Length = length });
        return SbiResult.Success();
    }

    private void ExitToConsole(SbiConsoleExit console)
    {
        _exit.SetArchSpecific((uint)RiscvExit.SbiConsole, console);
        _exitPending = true;
    }
}
