using System.Text;
using AxVM.Config;
using AxVM.Tests.Boot;
using Iced.Intel;
using static Iced.Intel.AssemblerRegisters;

namespace AxVM.Tests.X64;

/// <summary>
/// ELF kernels that run: each looks at the state it was started in and at the data it was given, and prints a letter for every point that is
/// as the protocol says, then switches off. A missing letter names the point.
/// </summary>
public sealed class X64DirectBootTests : IDisposable
{
    private const ulong Kernel = 0x20_0000;
    private const ulong Data = 0x30_0000;
    private const uint Stack = 0x9_0000;
    private const int EntryOffset = 0x40;
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(60);

    private readonly string _ramdisk = Path.GetTempFileName();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public void Dispose() => File.Delete(_ramdisk);

    [Fact]
    public async Task A_pvh_kernel_starts_in_protected_mode_with_what_the_start_info_says()
    {
        X64Program.RequireKvm();
        Assembler c = new(32);
        c.mov(esp, Stack); // a flat stack
        c.mov(esi, ebx);
        Check(c, 'm', fail =>
        {
            c.cmp(__dword_ptr[esi], 0x336E_C578); // hvm_start_info.magic
            c.jne(fail);
            c.cmp(__dword_ptr[esi + 4], 1); // version
        });
        Check(c, 'p', fail =>
        {
            c.mov(eax, cr0);
            c.cmp(eax, 0x11); // PE and the fixed ET: all other writable bits are clear
            c.jne(fail);
            c.mov(eax, cr4);
            c.test(eax, eax);
        });
        Check(c, 'f', _ =>
        {
            c.pushfd();
            c.pop(eax);
            c.test(eax, 1 << 8 | 1 << 9 | 1 << 17); // TF, IF, VM
        });
        Check(c, 'c', _ =>
        {
            c.mov(edi, __dword_ptr[esi + 24]);
            c.cmp(__dword_ptr[edi], BitConverter.ToInt32("pvh!"u8));
        });
        Check(c, 'a', _ =>
        {
            c.mov(edi, __dword_ptr[esi + 32]);
            c.cmp(__dword_ptr[edi], BitConverter.ToInt32("RSD "u8));
        });
        Check(c, 'r', fail =>
        {
            c.cmp(__dword_ptr[esi + 12], 1); // modules
            c.jne(fail);
            c.mov(edi, __dword_ptr[esi + 16]);
            c.cmp(__dword_ptr[edi + 8], 9); // the module's size
            c.jne(fail);
            c.mov(edi, __dword_ptr[edi]);
            c.cmp(__dword_ptr[edi], BitConverter.ToInt32("disk"u8));
        });
        Check(c, 'e', fail =>
        {
            c.cmp(__dword_ptr[esi + 48], 4); // memory map entries
            c.jne(fail);
            c.mov(edi, __dword_ptr[esi + 40]);
            c.cmp(__dword_ptr[edi + 3 * 24], 0x10_0000);
        });
        Check(c, 'd', _ => c.cmp(__dword_ptr[Data], BitConverter.ToInt32("data"u8)));
        c.PowerOff();

        byte[] elf = Elf(c, new ElfBuilder { Machine = 62, Entry = 0xDEAD_0000 }.PvhEntry((uint)Kernel + EntryOffset));
        Assert.Equal("mpfcared", await RunAsync(elf, "pvh!"));
    }

    [Fact]
    public async Task An_elf_without_a_note_starts_at_its_entry_in_64_bit_mode_with_boot_params()
    {
        X64Program.RequireKvm();
        Assembler c = new(64);
        c.mov(rsp, (ulong)Stack);
        Check(c, '6', fail =>
        {
            c.mov(rax, cr0);
            c.bt(eax, 31); // paging
            c.jnc(fail);
            c.mov(ecx, 0xC000_0080);
            c.rdmsr();
            c.and(eax, 1 << 10 | 1 << 8); // EFER.LMA and LME
            c.cmp(eax, 1 << 10 | 1 << 8);
        });
        Check(c, 'f', _ =>
        {
            c.pushfq();
            c.pop(rax);
            c.test(eax, 1 << 8 | 1 << 9); // TF, IF
        });
        Check(c, 'c', _ =>
        {
            c.mov(edi, __dword_ptr[rsi + 0x228]);
            c.cmp(__dword_ptr[rdi], BitConverter.ToInt32("elf!"u8));
        });
        Check(c, 'a', _ =>
        {
            c.mov(rdi, __qword_ptr[rsi + 0x70]);
            c.cmp(__dword_ptr[rdi], BitConverter.ToInt32("RSD "u8));
        });
        Check(c, 'r', fail =>
        {
            c.cmp(__dword_ptr[rsi + 0x21C], 9);
            c.jne(fail);
            c.mov(edi, __dword_ptr[rsi + 0x218]);
            c.cmp(__dword_ptr[rdi], BitConverter.ToInt32("disk"u8));
        });
        Check(c, 'd', _ =>
        {
            c.mov(edi, (uint)Data);
            c.cmp(__dword_ptr[rdi], BitConverter.ToInt32("data"u8));
        });
        Check(c, 'z', fail =>
        {
            c.mov(edi, (uint)Data + 4); // the rest of the segment
            c.mov(ecx, 0x1000 / 4 - 1);
            Label next = c.CreateLabel();
            c.Label(ref next);
            c.cmp(__dword_ptr[rdi], 0);
            c.jne(fail);
            c.add(rdi, 4);
            c.dec(ecx);
            c.jnz(next);
        });
        Check(c, 'i', _ =>
        {
            // The identity map reaches the devices below 4 GiB: the local APIC's version register is not all ones.
            c.mov(edi, 0xFEE0_0030);
            c.cmp(__byte_ptr[rdi], 0xFF);
            c.setne(al);
            c.cmp(al, 1);
        });
        c.PowerOff();

        byte[] elf = Elf(c, new ElfBuilder { Machine = 62, Entry = Kernel + EntryOffset });
        Assert.Equal("6fcardzi", await RunAsync(elf, "elf!"));
    }

    /// <summary>Prints <paramref name="letter"/> when the code ends with the zero flag set and did not jump to its label.</summary>
    private static void Check(Assembler c, char letter, Action<Label> code)
    {
        Label fail = c.CreateLabel();
        code(fail);
        c.jne(fail);
        c.Print(letter.ToString());
        c.Label(ref fail);
        c.nop();
    }

    /// <summary>Code at <see cref="Kernel"/>, not at its begin, and data with a part that only the memory has.</summary>
    private static byte[] Elf(Assembler c, ElfBuilder elf)
    {
        byte[] code = [.. Enumerable.Repeat((byte)0xF4, EntryOffset), .. X64Program.Encode(c, Kernel + EntryOffset)];
        return elf.Segment(Kernel, Kernel, code, (ulong)code.Length).Segment(Data, Data, "data"u8.ToArray(), 0x1000).Build();
    }

    private async Task<string> RunAsync(byte[] elf, string commandLine)
    {
        await File.WriteAllTextAsync(_ramdisk, "disk disk", Encoding.ASCII, Cancellation);
        using X64Program program = X64Program.FromFile(elf);
        VmConfig config = program.Config(InterruptControllerPlace.Split);
        config.Base.Architecture = null; // the file tells
        config.Kernel.CommandLine = commandLine;
        config.Kernel.RamdiskPath = _ramdisk;
        await using VirtualMachine vm = VirtualMachine.Create(config, new VmOptions { RestartOnReset = false });
        VmExit exit = await vm.RunAsync(Cancellation).WaitAsync(s_patience, Cancellation);
        ValueTask disposing = vm.DisposeAsync();
        using StreamReader reader = new(vm.Console.Input.AsStream());
        string text = await reader.ReadToEndAsync(Cancellation).WaitAsync(s_patience, Cancellation);
        await disposing;
        Assert.True(exit.Reason == VmExitReason.PowerOff, $"{exit}, printed {text}");
        return text;
    }
}
