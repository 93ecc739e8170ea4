using AxVCpu.Kvm;
using Iced.Intel;
using static Iced.Intel.AssemblerRegisters;

// Runs machine code that nobody trusts: it gets an array, may call one function of the host, and has a deadline.
KvmProbe probe = KvmEngine.Examine();
if (probe.Status != KvmStatus.Available)
{
    Console.Error.WriteLine($"KVM cannot be used: {probe.Detail}");
    return 1;
}

const int Weigh = 1;
SandboxFunctions host = new SandboxFunctions().Add(Weigh, (int value, int index) => value * (index + 1));

using var sandbox = new KvmSandbox(new KvmSandboxConfig { Code = Plugin(), Functions = host });
sandbox.TryWrite(KvmSandbox.DataAddress, [3, 1, 4, 1, 5]);
sandbox.Snapshot();

int sum = sandbox.Call<ulong, int, int>(KvmSandbox.CodeAddress, KvmSandbox.DataAddress, 5);
Console.WriteLine($"weighted sum: {sum}");
sandbox.Reset();

// A wrong address is the plugin's fault, and an outcome.
SandboxOutcome outcome = sandbox.Invoke(KvmSandbox.CodeAddress, [0xDEAD_0000, 5]);
Console.WriteLine($"{outcome.Status}: {outcome.Fault}");
sandbox.Reset();

// So is an array that never ends: the deadline ends the call.
using var deadline = new CancellationTokenSource(TimeSpan.FromMilliseconds(100));
outcome = sandbox.Invoke(KvmSandbox.CodeAddress, [KvmSandbox.DataAddress, 0], deadline.Token);
Console.WriteLine($"{outcome.Status} at the deadline");
sandbox.Reset();

sum = sandbox.Call<ulong, int, int>(KvmSandbox.CodeAddress, KvmSandbox.DataAddress, 5);
Console.WriteLine($"weighted sum again: {sum}");
return 0;

// int plugin(byte* values, int count): the sum of weigh(values[i], i); a count of 0 is not looked at in time, and runs for ever.
static byte[] Plugin()
{
    var c = new Assembler(64);
    Label loop = c.CreateLabel();
    c.push(rbx);
    c.push(rbp);
    c.push(r12);
    c.mov(rbx, rdi);
    c.mov(ebp, esi);
    c.xor(r12d, r12d);
    c.xor(ecx, ecx);
    c.Label(ref loop);
    c.mov(edx, ecx);
    c.and(edx, 7);
    c.movzx(edi, __byte_ptr[rbx + rdx]);
    c.mov(esi, ecx);
    c.mov(eax, Weigh);
    c.@out(unchecked((sbyte)0xF1), al);
    c.add(r12d, eax);
    c.inc(ecx);
    c.cmp(ecx, ebp);
    c.jne(loop);
    c.mov(eax, r12d);
    c.pop(r12);
    c.pop(rbp);
    c.pop(rbx);
    c.ret();
    using var stream = new MemoryStream();
    c.Assemble(new StreamCodeWriter(stream), KvmSandbox.CodeAddress);
    return stream.ToArray();
}
