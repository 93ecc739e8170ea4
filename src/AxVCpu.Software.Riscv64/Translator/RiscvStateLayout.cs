using AxVCpu.Software.Translator;

namespace AxVCpu.Software.Riscv64;

/// <summary>Where generated code finds a hart's state.</summary>
internal static unsafe class RiscvStateLayout
{
    /// <summary>The layout of <see cref="HartState"/>.</summary>
    public static StateLayout Create(bool isAlone)
    {
        // Only addresses are taken: nothing is read or written.
        HartState state;
        HartState* s = &state;
        byte* start = (byte*)s;
        return new StateLayout
        {
            Integers = (int)((byte*)s->X - start),
            Floats = (int)((byte*)s->F - start),
            HasZeroRegister = true,
            IsAlone = isAlone,
            // What compilers use most, by the calling convention: a0-a5, s0, s1, sp, then the rest of the arguments, ra, temporaries.
            Favourites = [15, 14, 10, 11, 2, 8, 9, 13, 12, 16, 17, 18, 1, 6, 5],
            // fa5 to fa2, fa0, fa1, the first two that calls preserve, then temporaries.
            FloatFavourites = [15, 14, 13, 12, 10, 11, 8, 9, 0, 1, 2, 3, 4],
            Pc = (int)((byte*)&s->Pc - start),
            InstRet = (int)((byte*)&s->InstRet - start),
            PollAt = (int)((byte*)&s->PollAt - start),
            DataTlb = (int)((byte*)&s->DataTlb - start),
            Jumps = (int)((byte*)&s->Jumps - start),
            FetchContext = (int)((byte*)&s->FetchContext - start),
            FloatReady = (int)(&s->FloatReady - start),
            HostFloatFlags = (int)((byte*)&s->HostFloatFlags - start),
            FloatDirty = (int)((byte*)&s->Mstatus - start),
            ReservationHost = (int)((byte*)&s->ReservationHost - start),
            ReservationValue = (int)((byte*)&s->ReservationValue - start),
            SlowPath = (int)((byte*)&s->SlowPath - start),
            Edge = (int)((byte*)&s->Edge - start),
            Scratch = (int)((byte*)&s->Scratch - start),
        };
    }
}
