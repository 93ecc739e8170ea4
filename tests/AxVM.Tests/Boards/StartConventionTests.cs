using System.IO.Compression;
using AxVCpu.Software.Riscv64.Isa;
using AxVM.Boot;
using AxVM.Tests.Boot;

namespace AxVM.Tests.Boards;

/// <summary>How a kernel starts that comes with nothing but itself: the mode and the place that its file tells.</summary>
public sealed class StartConventionTests
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(60);

    private const ulong Ram = 0x8000_0000;
    private const ulong Payload = 0x8020_0000;

    // Powers off when the register of machine mode is there; in supervisor mode it traps, and the handler ends with code 1.
    private const string AsksForMachineMode = """
        start:
            la   t0, not_there
            csrw stvec, t0
            csrr t0, mhartid
            li   t1, 0x5555
            j    finish
            .align 2
        not_there:
            li   t1, 0x13333
        finish:
            li   t0, 0x100000
            sw   t1, 0(t0)
        end:
            j    end
        """;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private static async Task<VmExit> Run(GuestProgram program, Action<VmConfig>? change = null)
    {
        VmConfig config = VmConfig.Generate("test", program.Path, 1, 16 << 20);
        change?.Invoke(config);
        await using VirtualMachine vm = VirtualMachine.Create(config, new VmOptions { DiscardConsole = true });
        return await vm.RunAsync(Cancellation).WaitAsync(s_patience, Cancellation);
    }

    [Theory]
    [InlineData(Ram, true)]
    [InlineData(Ram + 0x10_0000, true)]
    [InlineData(Payload, false)]
    [InlineData(Payload + 0x10_0000, false)]
    public async Task A_program_where_firmware_would_be_is_for_machine_mode(ulong address, bool isMachine)
    {
        using GuestProgram program = GuestProgram.Elf(AsksForMachineMode, address);
        VmExit expected = isMachine ? new VmExit(VmExitReason.PowerOff) : new VmExit(VmExitReason.GuestExit, 1);
        Assert.Equal(expected, await Run(program));
    }

    [Fact]
    public async Task The_profile_that_is_asked_for_counts_more_than_the_place_of_the_program()
    {
        using GuestProgram low = GuestProgram.Elf(AsksForMachineMode, Ram);
        Assert.Equal(new VmExit(VmExitReason.GuestExit, 1), await Run(low, config => config.Engine.Profile = StartProfile.Sbi));
        using GuestProgram high = GuestProgram.Elf(AsksForMachineMode, Payload);
        Assert.Equal(new VmExit(VmExitReason.PowerOff), await Run(high, config => config.Engine.Profile = StartProfile.Machine));
    }

    [Fact]
    public async Task A_compressed_program_is_told_by_what_is_in_it()
    {
        MemoryStream file = new();
        using (GZipStream compressed = new(file, CompressionLevel.Fastest, leaveOpen: true))
        {
            compressed.Write(Assembler.Assemble(AsksForMachineMode, Ram).ToElf());
        }

        using GuestProgram program = GuestProgram.Bytes(file.ToArray());
        Assert.Equal(new VmExit(VmExitReason.PowerOff), await Run(program));
    }

    [Theory]
    [InlineData(StartProfile.Sbi, Payload)]
    [InlineData(StartProfile.Machine, Ram)]
    public async Task Raw_bytes_are_where_firmware_would_put_them_or_without_it_at_the_start_of_memory(StartProfile profile, ulong address)
    {
        using GuestProgram program = GuestProgram.Raw($"""
            start:
                auipc t0, 0
                li   t1, {address}
                li   t2, 0x5555
                beq  t0, t1, finish
                li   t2, 0x13333
            finish:
                li   t0, 0x100000
                sw   t2, 0(t0)
            end:
                j    end
            """);
        Assert.Equal(new VmExit(VmExitReason.PowerOff), await Run(program, config => config.Engine.Profile = profile));
    }

    /// <summary>A kernel for the higher half: its code and its data are linked there, load addresses and the first jump are physical.</summary>
    [Fact]
    public async Task A_kernel_linked_for_high_addresses_is_loaded_and_entered_at_its_physical_ones()
    {
        const ulong high = 0xffff_ffc0_8020_0000;
        byte[] code = Assembler.Assemble($"""
            start:
                auipc t0, 0
                li   t1, {Payload + 0x1000}
                bne  t0, t1, bad
                li   t0, {Payload + 0x4000}
                ld   t1, 0(t0)
                li   t2, 0x1122334455667788
                bne  t1, t2, bad
                ld   t1, 8(t0)
                bnez t1, bad
                li   t2, 0x5555
                j    finish
            bad:
                li   t2, 0x13333
            finish:
                li   t0, 0x100000
                sw   t2, 0(t0)
            end:
                j    end
            """, high + 0x1000).Code;
        byte[] elf = new ElfBuilder { Entry = high + 0x1000 }
            .Segment(high + 0x1000, Payload + 0x1000, code, (ulong)code.Length)
            .Segment(high + 0x4000, Payload + 0x4000, [0x88, 0x77, 0x66, 0x55, 0x44, 0x33, 0x22, 0x11], 0x100)
            .Build();
        using GuestProgram program = GuestProgram.Bytes(elf);
        Assert.Equal(new VmExit(VmExitReason.PowerOff), await Run(program));
    }

    /// <summary>A linker puts the note of the build where programs of an operating system begin, whatever address the code is given.</summary>
    [Fact]
    public async Task A_segment_with_nothing_but_notes_may_lie_where_no_memory_is()
    {
        byte[] code = Assembler.Assemble(AsksForMachineMode, Ram).Code;
        byte[] note = [4, 0, 0, 0, 4, 0, 0, 0, 3, 0, 0, 0, (byte)'G', (byte)'N', (byte)'U', 0, 1, 2, 3, 4];
        byte[] elf = new ElfBuilder { Entry = Ram }
            .Segment(0x1_0120, 0x1_0120, note, (ulong)note.Length)
            .Segment(Ram, Ram, code, (ulong)code.Length)
            .Note("GNU", 3, [1, 2, 3, 4])
            .Build();
        // The note's header names the bytes of the first segment, as a linker's does.
        elf.AsSpan(64 + 8, 8).CopyTo(elf.AsSpan(64 + (2 * 56) + 8));
        using GuestProgram program = GuestProgram.Bytes(elf);
        Assert.Equal(new VmExit(VmExitReason.PowerOff), await Run(program));
    }

    /// <summary>OpenSBI's ELF files are linked for address 0 and move themselves.</summary>
    [Fact]
    public async Task A_position_independent_program_linked_for_address_0_lies_where_raw_bytes_would()
    {
        byte[] code = Assembler.Assemble(AsksForMachineMode, 0).Code;
        using GuestProgram program = GuestProgram.Bytes(new ElfBuilder { Entry = 0, Type = 3 }.Segment(0, 0, code, (ulong)code.Length).Build());
        Assert.Equal(new VmExit(VmExitReason.PowerOff), await Run(program, config => config.Engine.Profile = StartProfile.Machine));
        Assert.Equal(new VmExit(VmExitReason.GuestExit, 1), await Run(program));
        Assert.Equal(new VmExit(VmExitReason.PowerOff), await Run(program, config =>
        {
            config.Kernel.BiosPath = program.Path;
            config.Kernel.Path = null;
        }));
    }

    [Theory]
    [InlineData(0x1_0000UL, 0x1_0000UL, "does not fit the guest's RAM (0x80000000 to 0x80ffffff) at 0x10000")]
    [InlineData(0xffff_ffff_8020_0000UL, 0xffff_ffff_8020_0000UL, "at 0xffffffff80200000")]
    [InlineData(0x8020_0000UL, 0x1_0000UL, "begins at 0x10000, which is not in the guest's RAM")]
    public async Task A_program_that_cannot_be_where_it_wants_is_refused(ulong address, ulong entry, string message)
    {
        using GuestProgram program = GuestProgram.Bytes(new ElfBuilder { Entry = entry }.Segment(address, address, [0x13, 0, 0, 0], 4).Build());
        ImageException e = await Assert.ThrowsAsync<ImageException>(() => Run(program));
        Assert.Contains(message, e.Message, StringComparison.Ordinal);
        Assert.Contains(program.Path, e.Message, StringComparison.Ordinal);
    }
}
