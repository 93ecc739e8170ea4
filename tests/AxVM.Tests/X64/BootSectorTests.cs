using AxVCpu;
using AxVM.Boards;
using AxVM.Boot;
using Iced.Intel;
using static Iced.Intel.AssemblerRegisters;

namespace AxVM.Tests.X64;

/// <summary>Boot sectors: what one finds, and when a file is one.</summary>
public sealed class BootSectorTests
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(60);

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private static byte[] Sector(Action<Assembler> body)
    {
        Assembler c = new(16);
        body(c);
        byte[] code = X64Program.Encode(c, BootSector.Address);
        Assert.InRange(code.Length, 1, 510);
        return [.. code, .. new byte[510 - code.Length], 0x55, 0xAA];
    }

    private static async Task<(VmExit Exit, string Text)> Run(byte[] sector)
    {
        X64Program.RequireKvm();
        using X64Program program = X64Program.FromFile(sector);
        VmConfig config = VmConfig.Generate("test", program.Path, memorySize: 16 << 20);
        await using VirtualMachine vm = VirtualMachine.Create(config, new VmOptions { RestartOnReset = false });
        VmExit exit = await vm.RunAsync(Cancellation).WaitAsync(s_patience, Cancellation);
        ValueTask disposing = vm.DisposeAsync();
        using StreamReader reader = new(vm.Console.Input.AsStream());
        string text = await reader.ReadToEndAsync(Cancellation).WaitAsync(s_patience, Cancellation);
        await disposing;
        return (exit, text);
    }

    [Fact]
    public async Task A_boot_sector_begins_in_real_mode_and_prints_by_the_bios() =>
        Assert.Equal((new VmExit(VmExitReason.GuestExit, 0x80 << 1 & 0xFF | 1), "boot"), await Run(Sector(c =>
        {
            Label next = c.CreateLabel();
            c.call(next); // pushes where it is: 0:7C03
            c.Label(ref next);
            c.pop(bx);
            c.mov(cx, cs);
            c.or(cx, cx);
            Label bad = c.CreateLabel();
            c.jnz(bad);
            c.cmp(bx, (short)(BootSector.Address + 3));
            c.jne(bad);
            foreach (char letter in "boot")
            {
                c.mov(ax, (short)(0x0E00 | letter));
                c.@int(0x10);
            }

            c.mov(al, dl);
            c.@out(0xF4, al);
            c.Label(ref bad);
            c.mov(al, 1);
            c.@out(0xF4, al);
        })));

    [Fact]
    public async Task A_service_that_is_not_there_says_that_it_failed_and_the_size_of_memory_is_told() =>
        Assert.Equal(new VmExit(VmExitReason.GuestExit, 7), (await Run(Sector(c =>
        {
            Label bad = c.CreateLabel();
            c.mov(ax, 0x0201); // read a sector
            c.clc();
            c.@int(0x13);
            c.jnc(bad);
            c.@int(0x12);
            c.cmp(ax, 639);
            c.jne(bad);
            c.mov(al, 3);
            c.@out(0xF4, al);
            c.Label(ref bad);
            c.mov(al, 1);
            c.@out(0xF4, al);
        }))).Exit);

    [Fact]
    public async Task The_timer_ticks_a_halted_boot_sector() =>
        Assert.Equal(new VmExit(VmExitReason.GuestExit, 11), (await Run(Sector(c =>
        {
            Label wait = c.CreateLabel();
            c.xor(ax, ax);
            c.mov(ds, ax);
            c.Label(ref wait);
            c.hlt();
            c.cmp(__dword_ptr[0x46C], 3);
            c.jb(wait);
            c.mov(al, 5);
            c.@out(0xF4, al);
        }))).Exit);

    [Fact]
    public void What_follows_a_boot_sector_lies_behind_it()
    {
        using X64Program program = X64Program.FromFile([.. Sector(c => c.hlt()), .. new byte[511], 0x42]);
        VmConfig config = VmConfig.Generate("test", program.Path, memorySize: 16 << 20);
        Assert.Equal(GuestArchitecture.X64, BoardChoice.Find(config));
        X64BootPlan plan = X64BootPlan.Make(X64VirtConfig.From(config), []);
        PlacedImage image = plan.Images.Single(image => image.Address == BootSector.Address);
        Assert.Equal((X64Start.Real, 1024, (byte)0x42), (plan.Start, image.Data.Length, image.Data.Span[1023]));
    }

    [Fact]
    public void A_sector_that_reaches_the_end_of_the_low_memory_is_refused()
    {
        using X64Program program = X64Program.FromFile([.. Sector(c => c.hlt()), .. new byte[0xA_0000]]);
        VmConfig config = VmConfig.Generate("test", program.Path, memorySize: 16 << 20);
        Assert.Contains("does not fit", Assert.Throws<ImageException>(() => X64BootPlan.Make(X64VirtConfig.From(config), [])).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(512, 0xAA55, true)]
    [InlineData(1024, 0xAA55, true)]
    [InlineData(513, 0xAA55, false)]
    [InlineData(511, 0xAA55, false)]
    [InlineData(512, 0x55AA, false)]
    public void A_boot_sector_has_its_signature_and_whole_sectors(int length, int signature, bool isOne)
    {
        byte[] file = new byte[1024];
        BitConverter.TryWriteBytes(file.AsSpan(510), (ushort)signature);
        Assert.Equal(isOne, BootSector.IsOne(file.AsSpan(0, length), length));
    }
}
