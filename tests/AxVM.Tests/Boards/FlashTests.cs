using AxVCpu.Devices;
using AxVM.Config;
using AxVM.Fdt;

namespace AxVM.Tests.Boards;

/// <summary>Programs in flash: where they start, and the flash and the configuration device as they find them.</summary>
public sealed class FlashTests
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(60);

    // Ends the run: with power-off from 'good', with code 1 from 'bad'.
    private const string Ending = """
        good:
            li   t1, 0x5555
            j    finish
        bad:
            li   t1, 0x13333
        finish:
            li   t0, 0x100000
            sw   t1, 0(t0)
        end:
            j    end
        """;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private static VmConfig Config(params GuestProgram[] banks)
    {
        VmConfig config = new();
        config.Memory.Size = 16 << 20;
        foreach (GuestProgram bank in banks)
        {
            config.Flash.Add(new FlashConfig { Path = bank.Path });
        }

        return config;
    }

    private static async Task<VmExit> Run(VmConfig config)
    {
        await using VirtualMachine vm = VirtualMachine.Create(config, new VmOptions { DiscardConsole = true });
        return await vm.RunAsync(Cancellation).WaitAsync(s_patience, Cancellation);
    }

    /// <summary>As firmware keeps its variables: runs in one bank, and queries, erases and programs the other.</summary>
    [Theory]
    [InlineData("interpreter")]
    [InlineData("translator")]
    public async Task A_program_runs_from_flash_and_changes_the_other_bank(string tier)
    {
        using GuestProgram code = GuestProgram.Raw($"""
                auipc t0, 0
                li   t1, 0x20000000
                bne  t0, t1, bad
                li   s0, 0x22000000
                lw   t0, 0(s0)
                li   t1, 0x04030201
                bne  t0, t1, bad
                li   t0, 0x980098
                sw   t0, 0x154(s0)
                lw   t0, 0x40(s0)
                li   t1, 0x510051
                bne  t0, t1, bad
                li   t0, 0xff00ff
                sw   t0, 0(s0)
                lw   t0, 0(s0)
                li   t1, 0x04030201
                bne  t0, t1, bad
                # erase the block, program a word of it
                li   t0, 0x200020
                sw   t0, 0(s0)
                li   t0, 0xd000d0
                sw   t0, 0(s0)
                lw   t0, 0(s0)
                li   t1, 0x800080
                bne  t0, t1, bad
                li   t0, 0x400040
                sw   t0, 8(s0)
                li   t0, 0x12345678
                sw   t0, 8(s0)
                li   t0, 0xff00ff
                sw   t0, 0(s0)
                lw   t0, 0(s0)
                li   t1, -1
                bne  t0, t1, bad
                lw   t0, 8(s0)
                li   t1, 0x12345678
                bne  t0, t1, bad
                # flash is not RAM: a word that is no command changes nothing
                sw   zero, 8(s0)
                lw   t0, 8(s0)
                bne  t0, t1, bad
            {Ending}
            """);
        byte[] before = new byte[0x1000];
        before[0] = 1;
        before[1] = 2;
        before[2] = 3;
        before[3] = 4;
        using GuestProgram variables = GuestProgram.Bytes(before);
        VmConfig config = Config(code, variables);
        config.Engine.Tier = tier;
        config.Flash[0].ReadOnly = true;
        Assert.Equal(new VmExit(VmExitReason.PowerOff), await Run(config));
        byte[] after = await File.ReadAllBytesAsync(variables.Path, Cancellation);
        Assert.Equal([0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x78, 0x56, 0x34, 0x12, 0xFF], after[..13]);
        Assert.Equal(Riscv64FlashBlock, after.Length);
    }

    private const int Riscv64FlashBlock = 0x4_0000;

    [Fact]
    public async Task Without_firmware_every_hart_starts_in_flash_in_machine_mode()
    {
        using GuestProgram code = GuestProgram.Raw($"""
                csrr t0, mhartid
                bne  t0, a0, bad
                lw   t1, 0(a1)
                li   t2, 0xedfe0dd0
                sext.w t2, t2
                bne  t1, t2, bad
                li   t2, 1
                sll  t2, t2, t0
                li   t3, 0x80100000
                amoor.w zero, t2, (t3)
                bnez t0, end
            wait:
                lw   t1, 0(t3)
                li   t2, 3
                bne  t1, t2, wait
            {Ending}
            """);
        VmConfig config = Config(code);
        config.Base.CpuCount = 2;
        config.Engine.Profile = StartProfile.Machine;
        Assert.Equal(new VmExit(VmExitReason.PowerOff), await Run(config));
    }

    /// <summary>Firmware in RAM is told by fw_dynamic's words where it goes on: in flash.</summary>
    [Fact]
    public async Task Firmware_goes_on_in_flash()
    {
        using GuestProgram firmware = GuestProgram.Raw($"""
                ld   t0, 16(a2)
                li   t1, 0x20000000
                bne  t0, t1, bad
                jr   t0
            {Ending}
            """);
        using GuestProgram code = GuestProgram.Raw(Ending);
        VmConfig config = Config(code);
        config.Kernel.BiosPath = firmware.Path;
        Assert.Equal(new VmExit(VmExitReason.PowerOff), await Run(config));
    }

    /// <summary>What is in flash asks for the kernel by a request of the configuration device, and jumps into it.</summary>
    [Fact]
    public async Task A_program_in_flash_loads_the_kernel_by_the_configuration_device()
    {
        using GuestProgram kernel = GuestProgram.Raw(Ending);
        int size = (int)new FileInfo(kernel.Path).Length;
        using GuestProgram code = GuestProgram.Raw($"""
                li   s0, 0x10100000
                # "QEMU CFG"
                ld   t0, 16(s0)
                li   t1, 0x47464320554d4551
                bne  t0, t1, bad
                # the size of the kernel by the registers: key 8, big-endian
                li   t0, 0x0800
                sh   t0, 8(s0)
                lw   t0, 0(s0)
                li   t1, {size}
                bne  t0, t1, bad
                # select 0x11, read: big-endian words in RAM
                li   s1, 0x80100000
                li   t0, 0x0a001100
                sw   t0, 0(s1)
                li   t0, {System.Buffers.Binary.BinaryPrimitives.ReverseEndianness(size)}
                sw   t0, 4(s1)
                li   t0, 0x0000208000000000
                sd   t0, 8(s1)
                sw   zero, 16(s0)
                li   t0, 0x00001080
                sw   t0, 20(s0)
                lw   t0, 0(s1)
                bnez t0, bad
                fence.i
                li   t0, 0x80200000
                jr   t0
            {Ending}
            """);
        VmConfig config = Config(code);
        config.Kernel.Path = kernel.Path;
        Assert.Equal(new VmExit(VmExitReason.PowerOff), await Run(config));
    }

    [Fact]
    public async Task The_devicetree_has_the_banks_that_there_are()
    {
        using GuestProgram bank = GuestProgram.Bytes([0]);
        using GuestProgram other = GuestProgram.Bytes([0]);
        VmConfig config = Config(bank, other);
        await using VirtualMachine vm = VirtualMachine.Create(config);
        FdtNode root = vm.DescribeToGuest().Root;
        Assert.NotNull(root.At("/flash"));
        Assert.NotNull(root.At("/fw-cfg"));
        await using VirtualMachine without = VirtualMachine.Create(new VmConfig());
        Assert.Null(without.DescribeToGuest().Root.At("/flash"));
    }

    [Fact]
    public void A_third_bank_is_refused_and_the_fields_are_read_and_written()
    {
        const string toml = "[[pflash]]\npath = \"/a\"\n[[pflash]]\npath = \"/b\"\nreadonly = true\n";
        VmConfig config = VmConfig.Parse(VmConfig.Parse(toml, "vm.toml").ToToml(), "vm.toml");
        Assert.Equal([("/a", false), ("/b", true)], config.Flash.Select(flash => (flash.Path, flash.ReadOnly)));
        config.Flash.Add(new FlashConfig { Path = "/c" });
        Assert.Contains("3 are too many; the board has 2 banks", Assert.Throws<ConfigException>(() => VirtualMachine.Create(config)).Message, StringComparison.Ordinal);
        config.Flash.RemoveAt(2);
        Assert.Contains("flash '/a' does not exist", Assert.Throws<DiskOpenException>(() => VirtualMachine.Create(config)).Message, StringComparison.Ordinal);
    }
}
