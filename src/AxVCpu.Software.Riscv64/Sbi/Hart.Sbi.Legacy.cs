namespace AxVCpu.Software.Riscv64;

// Legacy calls (SBI 2.0, 5): one register of result, hart masks by pointer into the caller's memory.
internal sealed unsafe partial class Hart
{
    private SbiResult SbiLegacy(SbiExtension call)
    {
        switch (call)
        {
            case SbiExtension.LegacySetTimer:
                SetSupervisorTimer(_s->X[A0]);
                return SbiResult.Legacy(0);
            case SbiExtension.LegacyConsolePutchar:
                ExitToConsole(new SbiConsoleExit { Operation = SbiConsoleOperation.WriteByte, Byte = (byte)_s->X[A0] });
                return SbiResult.Legacy(0);
            case SbiExtension.LegacyConsoleGetchar:
                ExitToConsole(new SbiConsoleExit { Operation = SbiConsoleOperation.ReadByte });
                return SbiResult.Legacy(-1);
            case SbiExtension.LegacyClearIpi:
                PendingInterrupts();
                _s->Mip &= ~(ulong)InterruptBits.SSIP;
                return SbiResult.Legacy(0);
            case SbiExtension.LegacyShutdown:
                _exit.SetSystemDown(0);
                _exitPending = true;
                return SbiResult.Legacy((long)SbiError.Failed);
            default:
                return SbiLegacyMasked(call);
        }
    }

    private SbiResult SbiLegacyMasked(SbiExtension call)
    {
        // A null pointer means every hart.
        ulong mask = 0;
        ulong start = ulong.MaxValue;
        if (_s->X[A0] != 0)
        {
            start = 0;
            if (!ReadLegacyMask(_s->X[A0], out mask))
                return SbiResult.NoReturn;
        }

        if (!IsHartMaskValid(mask, start))
            return SbiResult.Legacy((long)SbiError.InvalidParam);
        switch (call)
        {
            case SbiExtension.LegacySendIpi:
                SendIpi(mask, start);
                break;
            case SbiExtension.LegacyRemoteFenceI:
                RemoteFence(mask, start, HartRequests.FenceI);
                break;
            default:
                RemoteSfence(mask, start, _s->X[A1], _s->X[A2]);
                break;
        }

        return SbiResult.Legacy(0);
    }

    /// <summary>
    /// Reads the word of a mask as the caller would, at any alignment. False when the caller's own access would fault, and that fault was
    /// taken at the ecall, or when an exit is pending and the call runs again.
    /// </summary>
    private bool ReadLegacyMask(ulong va, out ulong mask)
    {
        mask = 0;
        for (int i = 0; i < sizeof(ulong); i++)
        {
            ulong address = va + (ulong)i;
            switch (FillTlb(address, 1, MemoryAccess.Load, out byte* host, out _))
            {
                case TlbFill.Mapped:
                    // SAFETY: host points at one byte of a mapped guest page.
                    mask |= (ulong)*host << (i * 8);
                    break;
                case TlbFill.Mmio:
                    RaiseAccessFault(address, MemoryAccess.Load);
                    return false;
                default:
                    return false;
            }
        }

        return true;
    }
}
