using System.Diagnostics;
using Iced.Intel;
using static Iced.Intel.AssemblerRegisters;

namespace AxVCpu.Kvm.Tests;

/// <summary>Code in a sandbox: what it can do, and what it can not.</summary>
public sealed class SandboxTests
{
    private const sbyte CallPort = unchecked((sbyte)0xF1);

    private static KvmSandbox Make(Action<Assembler> program, SandboxFunctions? functions = null, int dataBytes = 64 << 10)
    {
        Guest.Require();
        var assembler = new Assembler(64);
        program(assembler);
        using var stream = new MemoryStream();
        assembler.Assemble(new StreamCodeWriter(stream), KvmSandbox.CodeAddress);
        return new KvmSandbox(new KvmSandboxConfig { Code = stream.ToArray(), Functions = functions ?? new(), DataBytes = dataBytes });
    }

    [Fact]
    public void A_function_gets_its_arguments_and_returns_its_result()
    {
        using KvmSandbox sandbox = Make(c =>
        {
            c.lea(rax, __[rdi + (rsi * 4)]);
            c.imul(rax, rdx);
            c.add(rax, rcx);
            c.add(rax, r8);
            c.add(rax, r9);
            c.ret();
        });
        for (ulong i = 1; i < 4; i++)
        {
            SandboxOutcome outcome = sandbox.Invoke(KvmSandbox.CodeAddress, [i, 2, 3, 4, 5, 6]);
            Assert.Equal((SandboxStatus.Returned, ((i + 8) * 3) + 15), (outcome.Status, outcome.Value));
        }

        Assert.Equal(-12, sandbox.Call<long, long, long, long>(KvmSandbox.CodeAddress, -4, 0, 3));
    }

    [Fact]
    public void Code_calls_the_host_with_typed_arguments_and_keeps_its_registers()
    {
        List<string> log = [];
        SandboxFunctions functions = new SandboxFunctions()
            .Add(1, (int a, int b) => a - b)
            .Add(2, (double x) => x * 2)
            .Add(3, (KvmSandbox sandbox, in SandboxArguments arguments) =>
            {
                byte[] text = new byte[arguments.A1];
                if (!sandbox.TryRead(arguments.A0, text))
                    return 1;
                log.Add(System.Text.Encoding.ASCII.GetString(text));
                return 0;
            });
        using KvmSandbox sandbox = Make(
            c =>
            {
                c.push(rbx);
                c.mov(rbx, KvmSandbox.DataAddress);
                c.mov(rax, 0x6F6C6C6548UL); // "Hello"
                c.mov(__[rbx], rax);
                c.mov(rdi, rbx);
                c.mov(esi, 5);
                c.mov(eax, 3);
                c.@out(CallPort, al);
                c.test(eax, eax);
                Label bad = c.CreateLabel();
                c.jne(bad);
                c.mov(edi, 40);
                c.mov(esi, -2);
                c.mov(eax, 1);
                c.@out(CallPort, al);
                c.cmp(edi, 40);
                c.jne(bad);
                c.pop(rbx);
                c.ret();
                c.Label(ref bad);
                c.ud2();
            },
            functions);
        Assert.Equal(42, sandbox.Call<int>(KvmSandbox.CodeAddress));
        Assert.Equal(["Hello"], log);
    }

    [Fact]
    public void A_reset_brings_back_memory_registers_and_vectors()
    {
        using KvmSandbox sandbox = Make(c =>
        {
            // Returns what was in memory, on the stack below, in r12 and in xmm5; leaves something else there.
            c.mov(rbx, KvmSandbox.DataAddress);
            c.mov(rax, __[rbx]);
            c.add(rax, __[rbx + 0x3000]);
            c.add(rax, __[rsp - 512]);
            c.add(rax, r12);
            c.movq(rcx, xmm5);
            c.add(rax, rcx);
            c.mov(ecx, 7);
            c.mov(__[rbx], rcx);
            c.mov(__[rbx + 0x3000], rcx);
            c.mov(__[rsp - 512], rcx);
            c.mov(r12, rcx);
            c.movq(xmm5, rcx);
            c.ret();
        });
        Assert.Equal(0UL, sandbox.Call<ulong>(KvmSandbox.CodeAddress));
        Assert.Equal(35UL, sandbox.Call<ulong>(KvmSandbox.CodeAddress));
        for (int i = 0; i < 3; i++)
        {
            sandbox.Reset();
            Assert.Equal(0UL, sandbox.Call<ulong>(KvmSandbox.CodeAddress));
        }

        sandbox.Snapshot();
        sandbox.Reset();
        Assert.Equal(35UL, sandbox.Call<ulong>(KvmSandbox.CodeAddress));
    }

    [Fact]
    public void What_the_host_writes_is_part_of_the_state()
    {
        using KvmSandbox sandbox = Make(c =>
        {
            c.mov(rbx, KvmSandbox.DataAddress);
            c.mov(rax, __[rbx + 0x2000]);
            c.ret();
        });
        Assert.True(sandbox.TryWrite(KvmSandbox.DataAddress + 0x2000, 77UL));
        Assert.Equal(77UL, sandbox.Call<ulong>(KvmSandbox.CodeAddress));
        sandbox.Reset();
        Assert.Equal(0UL, sandbox.Call<ulong>(KvmSandbox.CodeAddress));
        Assert.False(sandbox.TryWrite(KvmSandbox.CodeAddress, 1UL));
        Assert.True(sandbox.TryRead(KvmSandbox.CodeAddress, out byte _));
        Assert.False(sandbox.TryRead(KvmSandbox.DataAddress + (64 << 10) - 4, out ulong _));
        Assert.False(sandbox.TryRead(ulong.MaxValue - 2, out ulong _));
        Assert.False(sandbox.TryRead(0UL, out byte _));
    }

    [Fact]
    public void A_deadline_ends_a_loop_and_the_sandbox_can_be_used_again()
    {
        using KvmSandbox sandbox = Make(c =>
        {
            Label loop = c.CreateLabel();
            Label forever = c.CreateLabel();
            c.test(edi, edi);
            c.jne(forever);
            c.mov(eax, 5);
            c.ret();
            c.Label(ref forever);
            c.inc(rax);
            c.Label(ref loop);
            c.jmp(loop);
        });
        for (int interrupted = 0; interrupted < 3;)
        {
            using var deadline = new CancellationTokenSource(TimeSpan.FromMilliseconds(20));
            long start = Stopwatch.GetTimestamp();
            Assert.Throws<OperationCanceledException>(() => sandbox.Call<int, int>(KvmSandbox.CodeAddress, 1, deadline.Token));
            Assert.True(Stopwatch.GetElapsedTime(start) < TimeSpan.FromSeconds(60));
            if (!sandbox.NeedsReset) // the deadline passed before the call began
                continue;
            interrupted++;
            Assert.Throws<InvalidOperationException>(() => sandbox.Call<int>(KvmSandbox.CodeAddress));
            Assert.Throws<InvalidOperationException>(sandbox.Snapshot);
            sandbox.Reset();
            Assert.Equal(5, sandbox.Call<int, int>(KvmSandbox.CodeAddress, 0));
        }
    }

    [Fact]
    public void A_call_that_was_cancelled_before_it_began_does_nothing_to_the_next()
    {
        using KvmSandbox sandbox = Make(c =>
        {
            c.mov(eax, 5);
            c.ret();
        });
        using var cancelled = new CancellationTokenSource();
        cancelled.Cancel();
        Assert.Equal(SandboxStatus.Cancelled, sandbox.Invoke(KvmSandbox.CodeAddress, [], cancelled.Token).Status);
        sandbox.Reset();
        Assert.Equal(5, sandbox.Call<int>(KvmSandbox.CodeAddress));
    }

    public static TheoryData<string> Crimes => [.. s_crimes.Keys];

    /// <summary>What hostile code tries, and how it must end: the kind, and for an exception its vector.</summary>
    private static readonly Dictionary<string, (Action<Assembler> Code, SandboxFaultKind Kind, uint? Vector)> s_crimes = new()
    {
        ["invalid opcode"] = (c => c.ud2(), SandboxFaultKind.Exception, 6),
        ["division by zero"] = (c => { c.xor(ecx, ecx); c.div(ecx); }, SandboxFaultKind.Exception, 0),
        ["breakpoint"] = (c => c.int3(), SandboxFaultKind.Exception, 3),
        ["null pointer"] = (c => { c.xor(eax, eax); c.mov(eax, __dword_ptr[rax]); }, SandboxFaultKind.Exception, 14),
        ["write to the code"] = (c => { c.mov(rax, KvmSandbox.CodeAddress); c.mov(__byte_ptr[rax], 0); }, SandboxFaultKind.Exception, 14),
        ["execute the data"] = (c => { c.mov(rax, KvmSandbox.DataAddress); c.jmp(rax); }, SandboxFaultKind.Exception, 14),
        ["write to the system"] = (c => { c.mov(rax, SandboxLayout.Interrupts); c.mov(__byte_ptr[rax], 0); }, SandboxFaultKind.Exception, 14),
        ["read the system"] = (c => { c.mov(rax, SandboxLayout.Descriptors); c.mov(al, __byte_ptr[rax]); }, SandboxFaultKind.Exception, 14),
        ["call a handler"] = (c => { c.mov(rax, SandboxLayout.Stubs); c.call(rax); }, SandboxFaultKind.Exception, 14),
        ["overflow the stack"] = (c => { Label l = c.CreateLabel(); c.Label(ref l); c.push(rax); c.jmp(l); }, SandboxFaultKind.Exception, 14),
        ["a stack of the system"] = (c => { c.mov(rsp, SandboxLayout.FaultStackTop); c.push(rax); }, SandboxFaultKind.Exception, 14),
        ["a stack nowhere"] = (c => { c.mov(rsp, 0x1234_5678_9ABC_DEF0UL); c.ud2(); }, SandboxFaultKind.Exception, 6),
        ["halt"] = (c => c.hlt(), SandboxFaultKind.Exception, 13),
        ["control register"] = (c => c.mov(cr3, rax), SandboxFaultKind.Exception, 13),
        ["machine register"] = (c => { c.mov(ecx, 0xC000_0080); c.rdmsr(); }, SandboxFaultKind.Exception, 13),
        ["descriptor table"] = (c => c.lgdt(__[rsp]), SandboxFaultKind.Exception, 13),
        ["software interrupt"] = (c => c.@int(14), SandboxFaultKind.Exception, null), // the vector is the module's business: kvm_pvm has another
        ["system call"] = (c => c.syscall(), SandboxFaultKind.Exception, null),
        ["a port"] = (c => c.@out(0x80, al), SandboxFaultKind.Exception, 13),
        ["reading a port"] = (c => c.@in(al, 0x60), SandboxFaultKind.Exception, 13),
        ["a forged return"] = (c => c.@out(unchecked((sbyte)0xF0), al), SandboxFaultKind.Port, 0xF0),
        ["a forged fault"] = (c => c.@out(unchecked((sbyte)0xF2), al), SandboxFaultKind.Exception, 13),
        ["a string of ports"] = (c => { c.mov(rsi, KvmSandbox.DataAddress); c.mov(ecx, 4000); c.mov(dx, 0xF0); c.rep.outsb(); }, SandboxFaultKind.Port, 0xF0),
        ["an unknown function"] = (c => { c.mov(eax, 999); c.@out(CallPort, al); }, SandboxFaultKind.UnknownFunction, 999),
        ["a negative function"] = (c => { c.mov(rax, -1L); c.@out(CallPort, al); }, SandboxFaultKind.UnknownFunction, uint.MaxValue),
        ["a foreign segment"] = (c => { c.mov(eax, 0x10); c.mov(ss, eax); }, SandboxFaultKind.Exception, 13),
        ["single step"] = (c => { c.pushfq(); c.or(__dword_ptr[rsp], 0x100); c.popfq(); c.nop(); }, SandboxFaultKind.Exception, 1),
        ["interrupts off"] = (c => c.cli(), SandboxFaultKind.Exception, 13),
        ["a wide port"] = (c => c.@out(CallPort, eax), SandboxFaultKind.Exception, 13),
        ["reading the gate's port"] = (c => c.@in(al, unchecked((sbyte)0xF0)), SandboxFaultKind.Port, 0xF0),
    };

    [Theory]
    [MemberData(nameof(Crimes))]
    public void Hostile_code_ends_as_a_fault_and_the_sandbox_survives(string crime)
    {
        (Action<Assembler> code, SandboxFaultKind kind, uint? vector) = s_crimes[crime];
        using KvmSandbox sandbox = Make(c =>
        {
            Label good = c.CreateLabel();
            c.test(edi, edi);
            c.jne(good);
            code(c);
            Label loop = c.CreateLabel();
            c.Label(ref loop);
            c.jmp(loop);
            c.Label(ref good);
            c.mov(eax, edi);
            c.ret();
        });
        for (int i = 0; i < 2; i++)
        {
            using var deadline = new CancellationTokenSource(TimeSpan.FromSeconds(60));
            SandboxOutcome outcome = sandbox.Invoke(KvmSandbox.CodeAddress, [0], deadline.Token);
            Assert.Equal((SandboxStatus.Faulted, kind), (outcome.Status, outcome.Fault.Kind));
            if (vector is not null)
                Assert.True(vector == outcome.Fault.Vector, outcome.Fault.ToString());
            sandbox.Reset();
            Assert.Equal(9, sandbox.Call<int, int>(KvmSandbox.CodeAddress, 9));
        }
    }

    [Fact]
    public void A_page_fault_says_where_it_was_and_what_it_touched()
    {
        using KvmSandbox sandbox = Make(c =>
        {
            c.nop();
            c.mov(__byte_ptr[rdi], 0);
        });
        SandboxFault fault = sandbox.Invoke(KvmSandbox.CodeAddress, [0x1234_5000]).Fault;
        Assert.Equal((14u, 6u, KvmSandbox.CodeAddress + 1, 0x1234_5000UL), (fault.Vector, fault.ErrorCode, fault.ProgramCounter, fault.Address));
        Assert.Equal(fault, Assert.Throws<SandboxException>(() =>
        {
            sandbox.Reset();
            sandbox.Call<ulong, int>(KvmSandbox.CodeAddress, 0x1234_5000);
        }).Fault);
    }

    /// <summary>Random bytes as code, within a deadline: every end is an outcome.</summary>
    [Fact]
    public void Random_bytes_do_no_harm()
    {
        Guest.Require();
        int seed = Environment.TickCount;
        var random = new Random(seed);
        for (int i = 0; i < 60; i++)
        {
            byte[] code = new byte[256];
            random.NextBytes(code);
            using var sandbox = new KvmSandbox(new KvmSandboxConfig { Code = code });
            using var deadline = new CancellationTokenSource(TimeSpan.FromMilliseconds(50));
            SandboxOutcome outcome = sandbox.Invoke(KvmSandbox.CodeAddress, [KvmSandbox.DataAddress], deadline.Token);
            Assert.True(Enum.IsDefined(outcome.Status), $"seed {seed}, sandbox {i}");
            sandbox.Reset();
            Assert.True(sandbox.TryRead(KvmSandbox.CodeAddress, out byte first) && first == code[0], $"seed {seed}, sandbox {i}");
        }
    }

    [Fact]
    public void A_host_function_that_throws_ends_the_call_and_leaves_the_sandbox_for_a_reset()
    {
        using KvmSandbox sandbox = Make(
            c =>
            {
                c.xor(eax, eax);
                c.@out(CallPort, al);
                c.ret();
            },
            new SandboxFunctions().Add<int>(0, () => throw new FormatException("the host's own trouble")));
        Assert.Throws<FormatException>(() => sandbox.Call<int>(KvmSandbox.CodeAddress));
        Assert.True(sandbox.NeedsReset);
        sandbox.Reset();
        Assert.Throws<FormatException>(() => sandbox.Call<int>(KvmSandbox.CodeAddress));
    }

    [Fact]
    public void One_call_at_a_time_also_from_inside()
    {
        KvmSandbox? inner = null;
        using KvmSandbox sandbox = Make(
            c =>
            {
                c.xor(eax, eax);
                c.@out(CallPort, al);
                c.ret();
            },
            new SandboxFunctions().Add(0, () =>
            {
                Assert.Throws<InvalidOperationException>(() => inner!.Call<int>(KvmSandbox.CodeAddress));
                Assert.Throws<InvalidOperationException>(inner!.Reset);
                return 3;
            }));
        inner = sandbox;
        Assert.Equal(3, sandbox.Call<int>(KvmSandbox.CodeAddress));
        int other = 0;
        var thread = new Thread(() => other = sandbox.Call<int>(KvmSandbox.CodeAddress));
        thread.Start();
        thread.Join();
        Assert.Equal(3, other);
    }

    [Fact]
    public void A_sandbox_needs_code_that_fits_and_functions_with_numbers()
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => new KvmSandbox(new KvmSandboxConfig { Code = default }));
        Assert.Throws<ArgumentOutOfRangeException>(() => new KvmSandbox(new KvmSandboxConfig { Code = new byte[1], StackBytes = 1 << 30 }));
        Assert.Throws<ArgumentException>(() => new SandboxFunctions().Add(1, () => 1).Add(1, () => 2));
        Assert.Throws<ArgumentOutOfRangeException>(() => new SandboxFunctions().Add(-1, () => 1));
    }

    [Fact]
    public async Task The_sample_says_what_it_should()
    {
        Guest.Require();
        using Process sample = Process.Start(new ProcessStartInfo(
            "dotnet", [Path.Combine(AppContext.BaseDirectory, "RunSandboxed.dll")]) { RedirectStandardOutput = true })!;
        string output = await sample.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        await sample.WaitForExitAsync(TestContext.Current.CancellationToken);
        Assert.Equal(0, sample.ExitCode);
        Assert.Equal(
            [
                "weighted sum: 46",
                "Faulted: page fault (error code 0x4) at 0x400013, touching 0xdead0000",
                "Cancelled at the deadline",
                "weighted sum again: 46",
            ],
            output.Split('\n', StringSplitOptions.RemoveEmptyEntries));
    }
}
