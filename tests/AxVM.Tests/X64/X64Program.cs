using AxVCpu.Kvm;
using AxVM.Config;
using Iced.Intel;
using static Iced.Intel.AssemblerRegisters;

namespace AxVM.Tests.X64;

/// <summary>A small x86-64 guest in a file, assembled by the test; it is removed with the object.</summary>
internal sealed class X64Program : IDisposable
{
    /// <summary>Where the board loads and starts a file without a header.</summary>
    public const ulong Base = 0x10_0000;

    /// <summary>Where a second processor starts in real mode: a page that the program itself fills.</summary>
    public const ulong StartPage = 0x3_0000;

    private const ulong Stack = 0x9_0000;

    private X64Program(byte[] code)
    {
        Path = System.IO.Path.GetTempFileName();
        File.WriteAllBytes(Path, code);
    }

    public string Path { get; }

    /// <summary>Assembles a program that starts in 64-bit mode with a stack.</summary>
    public static X64Program Create(Action<Assembler> body)
    {
        Assembler c = new(64);
        c.mov(rsp, Stack);
        body(c);
        return new X64Program(Encode(c, Base));
    }

    /// <summary>A program in a file that the test has built.</summary>
    public static X64Program FromFile(byte[] file) => new(file);

    public static byte[] Encode(Assembler c, ulong address)
    {
        using MemoryStream stream = new();
        c.Assemble(new StreamCodeWriter(stream), address);
        return stream.ToArray();
    }

    /// <summary>Skips the test visibly where x86-64 guests cannot run.</summary>
    public static void RequireKvm()
    {
        KvmProbe probe = KvmEngine.Examine();
        Assert.SkipWhen(probe.Status != KvmStatus.Available, $"no KVM: {probe.Detail}");
    }

    public VmConfig Config(InterruptControllerPlace place, int cpus = 1)
    {
        VmConfig config = VmConfig.Generate("test", Path, cpus, 16 << 20);
        config.Base.Architecture = AxVCpu.GuestArchitecture.X64;
        config.Engine.InterruptController = place;
        return config;
    }

    public void Dispose() => File.Delete(Path);
}

/// <summary>Idioms of the board's guests.</summary>
internal static class X64Idioms
{
    /// <summary>Writes a constant to a port.</summary>
    public static void Out8(this Assembler c, ushort port, byte value)
    {
        c.mov(dx, port);
        c.mov(al, value);
        c.@out(dx, al);
    }

    /// <summary>Sends characters, or the low byte of rax when there are none, to the UART.</summary>
    public static void Print(this Assembler c, string text)
    {
        foreach (char character in text)
            c.Out8(0x3F8, (byte)character);
    }

    /// <summary>Switches off by ACPI's PM1 control.</summary>
    public static void PowerOff(this Assembler c)
    {
        c.mov(dx, 0x604);
        c.mov(ax, 5 << 10 | 1 << 13);
        c.@out(dx, ax);
        Label stop = c.CreateLabel();
        c.Label(ref stop);
        c.hlt();
        c.jmp(stop);
    }

    /// <summary>Writes a model-specific register.</summary>
    public static void WriteMsr(this Assembler c, uint msr, uint value)
    {
        c.mov(ecx, msr);
        c.mov(eax, value);
        c.xor(edx, edx);
        c.wrmsr();
    }

    /// <summary>Writes 32 bits of memory.</summary>
    public static void Store(this Assembler c, ulong address, uint value)
    {
        c.mov(rdi, address);
        c.mov(__dword_ptr[rdi], value);
    }

    /// <summary>Points an IDT at 0x4000 to <paramref name="handler"/> for one vector, in the present code segment, and loads it.</summary>
    public static void SetHandler(this Assembler c, int vector, Label handler)
    {
        const ulong Table = 0x4000;
        const ulong Register = 0x3F00;
        c.lea(rax, __[handler]);
        c.mov(rdi, Table + (ulong)vector * 16);
        c.mov(__word_ptr[rdi], ax);
        c.mov(__word_ptr[rdi + 2], cs);
        c.mov(__word_ptr[rdi + 4], 0x8E00);
        c.shr(rax, 16);
        c.mov(__word_ptr[rdi + 6], ax);
        c.mov(__qword_ptr[rdi + 8], 0);
        c.mov(rdi, Register);
        c.mov(__word_ptr[rdi], 0xFFF);
        c.mov(rax, Table);
        c.mov(__qword_ptr[rdi + 2], rax);
        c.lidt(__[rdi]);
    }

    /// <summary>A descriptor table with a 64-bit code segment at 0x10 and data at 0x18, as the loader's, for returns from interrupts.</summary>
    public static void LoadSegments(this Assembler c)
    {
        const ulong Table = 0x3E00;
        const ulong Register = 0x3EF0;
        c.mov(rdi, Table);
        c.mov(__qword_ptr[rdi], 0);
        c.mov(__qword_ptr[rdi + 8], 0);
        c.mov(rax, 0x00AF_9B00_0000_FFFFUL);
        c.mov(__qword_ptr[rdi + 0x10], rax);
        c.mov(rax, 0x00CF_9300_0000_FFFFUL);
        c.mov(__qword_ptr[rdi + 0x18], rax);
        c.mov(rsi, Register);
        c.mov(__word_ptr[rsi], 0x1F);
        c.mov(__qword_ptr[rsi + 2], rdi);
        c.lgdt(__[rsi]);
    }
}
