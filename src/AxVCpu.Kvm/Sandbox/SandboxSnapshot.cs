using System.Numerics;
using System.Runtime.InteropServices;
using AxVCpu.Memory;
using AxVCpu.X64;

namespace AxVCpu.Kvm;

/// <summary>A copy of a sandbox's memory and registers, kept by the dirty log, which must be on before anything is written. Going back copies only the pages that were written since.</summary>
internal sealed unsafe class SandboxSnapshot : IDisposable
{
    private const int BitsPerWord = 64;

    private readonly GuestAddressSpace _memory;
    private readonly byte* _live;
    private readonly ulong[] _dirty;
    private byte* _copy;
    private Registers* _registers;

    internal SandboxSnapshot(GuestAddressSpace memory, ulong size)
    {
        _memory = memory;
        _dirty = new ulong[memory.DirtyLogWords(new(0))];
        // A fresh arena gives one run for all of it.
        if (!memory.Translate(new(0), out HostPhysAddr first) || !memory.Translate(new(size - 1), out HostPhysAddr last) || last - first != size - 1)
            throw new EngineException("the sandbox's memory is not contiguous in the host");
        _live = (byte*)first.Value;
        // Zero like the memory that nobody wrote; the host gives pages only for what is copied into it.
        _copy = (byte*)NativeMemory.AllocZeroed((nuint)size);
        _registers = (Registers*)NativeMemory.AlignedAlloc((nuint)sizeof(Registers), BitsPerWord);
    }

    /// <summary>Takes the present state.</summary>
    internal void Take(ref KvmX64VCpu arch)
    {
        EngineException.ThrowIfFailed(arch.CompletePending());
        CopyDirty(_live, _copy);
        EngineException.ThrowIfFailed(arch.Read(out _registers->General));
        EngineException.ThrowIfFailed(arch.Read(out _registers->System));
        EngineException.ThrowIfFailed(arch.Read(out _registers->Extended));
    }

    /// <summary>Goes back to it.</summary>
    /// <param name="arch">The vCPU.</param>
    /// <param name="isAnywhere">Whether it may be in the middle of something, not at the gate.</param>
    internal void Restore(ref KvmX64VCpu arch, bool isAnywhere)
    {
        CopyDirty(_copy, _live);
        if (isAnywhere)
            EngineException.ThrowIfFailed(arch.Write(default(X64EventState)));
        EngineException.ThrowIfFailed(arch.Write(in _registers->System));
        EngineException.ThrowIfFailed(arch.Write(in _registers->Extended));
        EngineException.ThrowIfFailed(arch.Write(in _registers->General));
    }

    public void Dispose()
    {
        NativeMemory.Free(_copy);
        NativeMemory.AlignedFree(_registers);
        _copy = null;
        _registers = null;
    }

    private void CopyDirty(byte* from, byte* to)
    {
        AddressSpaceError error = _memory.FetchAndClearDirty(new(0), _dirty);
        if (error != AddressSpaceError.None)
            throw new EngineException($"the dirty log could not be fetched: {error}");
        for (int i = 0; i < _dirty.Length; i++)
        {
            for (ulong left = _dirty[i]; left != 0; left &= left - 1)
            {
                ulong offset = (((ulong)i * BitsPerWord) + (ulong)BitOperations.TrailingZeroCount(left)) * SandboxLayout.PageSize;
                // SAFETY: both are of the size that the log covers; the code does not run now.
                Buffer.MemoryCopy(from + offset, to + offset, SandboxLayout.PageSize, SandboxLayout.PageSize);
            }
        }
    }

    private struct Registers
    {
        internal X64XsaveArea Extended;
        internal X64SystemRegisters System;
        internal X64GeneralRegisters General;
    }
}
