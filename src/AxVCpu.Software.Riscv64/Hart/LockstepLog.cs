using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using AxVCpu.Software.Riscv64.Isa;

namespace AxVCpu.Software.Riscv64;

/// <summary>
/// What the interpreter did with one trace, instruction by instruction: the registers after each, and what each was about to write to memory.
/// </summary>
/// <remarks>Belongs to one hart. The storage is used again for each trace.</remarks>
internal sealed unsafe class LockstepLog : IDisposable
{
    private readonly HartState* _states = (HartState*)NativeMemory.AlignedAlloc((nuint)(sizeof(HartState) * (CodeBlock.MaxOps + 1)), 64);
    private readonly List<Store> _stores = [];
    private bool _isDisposed;

    /// <summary>A byte of host memory that an instruction may write.</summary>
    private record struct Store(int Step, nint Address, byte Old, byte New);

    /// <summary>States recorded: the one before the trace, and one for each instruction.</summary>
    public int Count { get; private set; }

    /// <summary>The state before the trace (0), or behind its instruction number <paramref name="step"/> less one.</summary>
    public HartState* State(int step) => _states + step;

    /// <summary>Begins a trace.</summary>
    public void Begin(HartState* state)
    {
        _stores.Clear();
        Count = 0;
        Record(state);
    }

    /// <summary>Keeps bytes that the next instruction may write.</summary>
    public void KeepOld(byte* host, uint size)
    {
        for (uint i = 0; i < size; i++)
            _stores.Add(new Store(Count, (nint)(host + i), host[i], 0));
    }

    /// <summary>Records the state behind an instruction, and what is in the bytes that it may have written.</summary>
    public void Record(HartState* state)
    {
        foreach (ref Store store in CollectionsMarshal.AsSpan(_stores))
        {
            if (store.Step == Count)
                store.New = *(byte*)store.Address;
        }

        _states[Count++] = *state;
    }

    /// <summary>Puts memory back to what it was before the trace.</summary>
    public void UndoStores()
    {
        for (int i = _stores.Count - 1; i >= 0; i--)
            *(byte*)_stores[i].Address = _stores[i].Old;
    }

    /// <summary>The last step that ended with these; -1 when none did.</summary>
    public int FindStep(ulong retired, ulong pc)
    {
        for (int step = Count - 1; step >= 0; step--)
        {
            if (_states[step].InstRet == retired && _states[step].Pc == pc)
                return step;
        }

        return -1;
    }

    /// <summary>Compares memory with what it was behind a step. Null when it agrees.</summary>
    public LockstepDifference? CompareMemory(int step)
    {
        Dictionary<nint, byte> expected = [];
        foreach (Store store in _stores)
        {
            if (store.Step <= step)
                expected[store.Address] = store.New;
            else
                expected.TryAdd(store.Address, store.Old);
        }

        foreach ((nint address, byte value) in expected)
        {
            byte now = *(byte*)address;
            if (now != value)
                return new LockstepDifference(LockstepDifference.Memory, $"the byte at host address 0x{address:x}", value, now);
        }

        return null;
    }

    /// <summary>Compares registers with what they were behind a step. Null when they agree.</summary>
    public LockstepDifference? CompareRegisters(int step, HartState* now)
    {
        HartState* then = _states + step;
        for (int i = 1; i < 32; i++)
        {
            if (then->X[i] != now->X[i])
                return new LockstepDifference(i, RegisterNames.Integer(i), then->X[i], now->X[i]);
        }

        for (int i = 0; i < 32; i++)
        {
            if (then->F[i] != now->F[i])
                return new LockstepDifference(32 + i, RegisterNames.Float(i), then->F[i], now->F[i]);
        }

        ReadOnlySpan<(string Name, ulong Then, ulong Now)> others =
        [
            ("pc", then->Pc, now->Pc),
            ("instret", then->InstRet, now->InstRet),
            ("fflags", then->Fflags, now->Fflags),
            ("frm", then->Frm, now->Frm),
            ("the mode", (ulong)then->Mode, (ulong)now->Mode),
            ("the rights of loads", (ulong)then->DataClass, (ulong)now->DataClass),
            ("the rights of fetches", (ulong)then->FetchClass, (ulong)now->FetchClass),
            ("the reserved address", then->ReservationHost, now->ReservationHost),
            ("the reserved value", then->ReservationHost == 0 ? 0 : then->ReservationValue, now->ReservationHost == 0 ? 0 : now->ReservationValue),
            ("mstatus", then->Mstatus, now->Mstatus),
            ("mepc", then->Mepc, now->Mepc),
            ("mcause", then->Mcause, now->Mcause),
            ("mtval", then->Mtval, now->Mtval),
            ("sepc", then->Sepc, now->Sepc),
            ("scause", then->Scause, now->Scause),
            ("stval", then->Stval, now->Stval),
        ];
        for (int i = 0; i < others.Length; i++)
        {
            if (others[i].Then != others[i].Now)
                return new LockstepDifference(64 + i, others[i].Name, others[i].Then, others[i].Now);
        }

        return null;
    }

    public void Dispose()
    {
        if (_isDisposed)
            return;
        _isDisposed = true;
        NativeMemory.AlignedFree(_states);
    }
}

/// <summary>Where the tiers part.</summary>
/// <param name="Index">x1 to x31, 32 up for f0 to f31, 64 up for others, or <see cref="Memory"/>.</param>
/// <param name="Name">What differs.</param>
/// <param name="Interpreted">What the interpreter made of it.</param>
/// <param name="Translated">What the translation made of it.</param>
internal sealed record LockstepDifference(int Index, string Name, ulong Interpreted, ulong Translated)
{
    /// <summary>The index of memory.</summary>
    public const int Memory = 128;

    /// <summary>A message with the instructions of the trace.</summary>
    public unsafe string Describe(CodeBlock* trace, IsaExtensions isa)
    {
        var text = new StringBuilder();
        text.Append(CultureInfo.InvariantCulture, $"the tiers differ in the trace at 0x{trace->Pc:x}: {Name} is 0x{Interpreted:x} interpreted, 0x{Translated:x} translated");
        for (Op* op = CodeBlock.Ops(trace); op < CodeBlock.Ops(trace) + trace->Count; op++)
        {
            ulong pc = trace->Pc + op->PcOffset;
            text.Append(CultureInfo.InvariantCulture, $"\n  {pc:x}: {Disassembler.Format(CodeBlock.Raw(trace, op), pc, isa)}");
        }

        return text.ToString();
    }
}
