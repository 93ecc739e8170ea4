using System.Diagnostics;
using System.Runtime.InteropServices;
using Iced.Intel;
using static Iced.Intel.AssemblerRegisters;

namespace AxVCpu.Kvm.Bench;

/// <summary>One piece of machine code, shifts, multiplications, loads and branches, executed by this process and by a sandbox.</summary>
internal static unsafe partial class IntegerProgram
{
    /// <summary>The code: rdi rounds, rsi 4 KiB of memory; the result in rax.</summary>
    public static byte[] Assemble()
    {
        var c = new Assembler(64);
        Label loop = c.CreateLabel();
        Label odd = c.CreateLabel();
        Label next = c.CreateLabel();
        c.mov(rax, 88172645463325252UL);
        c.xor(ecx, ecx);
        c.Label(ref loop);
        c.mov(rdx, rax); // xorshift64
        c.shl(rdx, 13);
        c.xor(rax, rdx);
        c.mov(rdx, rax);
        c.shr(rdx, 7);
        c.xor(rax, rdx);
        c.mov(rdx, rax);
        c.shl(rdx, 17);
        c.xor(rax, rdx);
        c.mov(edx, eax);
        c.and(edx, 0xFF8);
        c.test(al, 1);
        c.jne(odd);
        c.imul(rcx, rcx, 31);
        c.add(rcx, __[rsi + rdx]);
        c.jmp(next);
        c.Label(ref odd);
        c.add(rcx, rax);
        c.mov(__[rsi + rdx], rcx);
        c.Label(ref next);
        c.dec(rdi);
        c.jne(loop);
        c.mov(rax, rcx);
        c.ret();
        using var stream = new MemoryStream();
        c.Assemble(new StreamCodeWriter(stream), 0); // position independent
        return stream.ToArray();
    }

    /// <summary>The best seconds of each side, in turns.</summary>
    public static (double Native, double Sandbox) Measure(int pairs, ulong rounds)
    {
        byte[] code = Assemble();
        nint page = MMap(0, 4096, 3, 0x22, -1, 0);
        Marshal.Copy(code, 0, page, code.Length);
        _ = MProtect(page, 4096, 5);
        var function = (delegate* unmanaged<ulong, byte*, ulong>)page;
        byte* memory = (byte*)NativeMemory.AlignedAlloc(4096, 4096);
        using var sandbox = new KvmSandbox(new KvmSandboxConfig { Code = code });
        List<double> native = [];
        List<double> guest = [];
        for (int pair = 0; pair < pairs; pair++)
        {
            new Span<byte>(memory, 4096).Clear();
            long start = Stopwatch.GetTimestamp();
            ulong expected = function(rounds, memory);
            native.Add(Stopwatch.GetElapsedTime(start).TotalSeconds);
            sandbox.Reset();
            start = Stopwatch.GetTimestamp();
            ulong result = sandbox.Call<ulong, ulong, ulong>(KvmSandbox.CodeAddress, rounds, KvmSandbox.DataAddress);
            guest.Add(Stopwatch.GetElapsedTime(start).TotalSeconds);
            if (result != expected)
                throw new InvalidOperationException($"the sandbox computed {result:x}, the host {expected:x}");
        }

        NativeMemory.AlignedFree(memory);
        _ = MUnmap(page, 4096);
        return (native.Min(), guest.Min());
    }

    [LibraryImport("libc", EntryPoint = "mmap")]
    private static partial nint MMap(nint address, nuint length, int protection, int flags, int file, nint offset);

    [LibraryImport("libc", EntryPoint = "mprotect")]
    private static partial int MProtect(nint address, nuint length, int protection);

    [LibraryImport("libc", EntryPoint = "munmap")]
    private static partial int MUnmap(nint address, nuint length);
}
