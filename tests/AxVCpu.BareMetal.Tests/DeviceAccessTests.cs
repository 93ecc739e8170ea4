using AxVCpu.BareMetal.Aarch64;

namespace AxVCpu.BareMetal.Tests;

/// <summary>Instructions that reach an emulated device without a description of the access: the device answers, registers follow.</summary>
public sealed unsafe class DeviceAccessTests
{
    private const ulong TranslationFault = 0x07;
    private const ulong Write = 1 << 6;
    private const ulong BigEndian = 1UL << 25; // SCTLR_EL1.EE

    /// <summary>What a byte of the device reads as: its offset, with the upper bit set.</summary>
    private static ulong DeviceBytes(ulong offset, int bytes) =>
        Enumerable.Range(0, bytes).Aggregate(0UL, (value, i) => value | ((offset + (ulong)i) | 0x80) << (8 * i));

    [Theory]
    // ld2 {v1.16b, v2.16b}, [x1]
    [InlineData(0x4c408021, false, "1 8e8c8a8886848280 9e9c9a9896949290", "2 8f8d8b8987858381 9f9d9b9997959391")]
    // ld3 {v30.4h, v31.4h, v0.4h}, [x1], x5
    [InlineData(0x0cc5443e, false, "30 93928d8c87868180 0", "31 95948f8e89888382 0", "0 979691908b8a8584 0")]
    // ld1 {v1.b}[3], [x1]: the rest stays
    [InlineData(0x0d400c21, false, "1 1111111180111111 2222222222222222")]
    // ld4 {v28.d-v31.d}[1], [x1]
    [InlineData(0x4d60a43c, false, "28 1111111111111111 8786858483828180", "31 1111111111111111 9f9e9d9c9b9a9998")]
    // ld1r {v3.8b}, [x1]
    [InlineData(0x0d40c023, false, "3 8080808080808080 0")]
    // ld2r {v3.4s, v4.4s}, [x1], #8
    [InlineData(0x4dffc823, false, "3 8382818083828180 8382818083828180", "4 8786858487868584 8786858487868584")]
    // ld1 {v3.8b}, [x1]; ldr d3, [x1]; ldr q3, [x1]: the byte order is the elements' own
    [InlineData(0x0c407023, true, "3 8786858483828180 0")]
    [InlineData(0xfd400023, true, "3 8081828384858687 0")]
    [InlineData(0x3dc00023, true, "3 88898a8b8c8d8e8f 8081828384858687")]
    [InlineData(0x4c407823, true, "3 8485868780818283 8c8d8e8f88898a8b")] // ld1 {v3.4s}, [x1]
    public void A_load_of_vectors_fills_its_registers(uint instruction, bool isBigEndian, params string[] expected)
    {
        using FakeMachine machine = Start(instruction, isBigEndian);
        machine.Exit(ExceptionClass.DataAbortLower, TranslationFault, FakeMachine.Device, FakeMachine.Device, registers =>
        {
            for (int i = 0; i < 32; i++)
                (registers->V[i * 2], registers->V[(i * 2) + 1]) = (0x1111_1111_1111_1111, 0x2222_2222_2222_2222);
            return default;
        });
        machine.Exit(ExceptionClass.Hvc64, 0);
        for (VCpuExit exit = machine.VCpu.Run(); exit.Kind == VCpuExitKind.MmioRead; exit = machine.VCpu.Run())
            machine.VCpu.CompleteRead(DeviceBytes(exit.MmioRead.Address.Value - FakeMachine.Device, (int)exit.MmioRead.Width));
        Assert.Equal(FakeMachine.Ram + 4, machine.VCpu.ProgramCounter);
        Aarch64CoreRegisters core = machine.Core();
        foreach (string line in expected)
        {
            int register = int.Parse(line.AsSpan(0, line.IndexOf(' ', StringComparison.Ordinal)), System.Globalization.CultureInfo.InvariantCulture);
            Assert.Equal(line, FormattableString.Invariant($"{register} {core.V[register * 2]:x} {core.V[(register * 2) + 1]:x}"));
        }
    }

    [Theory]
    [InlineData(0x4c000821, 16, 4, "0:100 4:200 8:300 c:400 10:101 14:201 18:301 1c:401 20:102 24:202 28:302 2c:402 30:103 34:203 38:303 3c:403")] // st4 {v1.4s-v4.4s}, [x1]
    [InlineData(0x4d9f5821, 1, 2, "0:103")] // st1 {v1.h}[7], [x1], #2; below the lanes are 32 bits wide: this is the upper half
    [InlineData(0x6d000821, 2, 8, "0:10100000100 8:20100000200")] // stp d1, d2, [x1]
    [InlineData(0xad000821, 4, 8, "0:10100000100 8:10300000102 10:20100000200 18:20300000202")] // stp q1, q2, [x1]
    public void A_store_of_vectors_writes_in_the_order_of_memory(uint instruction, int writes, int width, string expected)
    {
        using FakeMachine machine = Start(instruction);
        machine.Exit(ExceptionClass.DataAbortLower, TranslationFault | Write, FakeMachine.Device, FakeMachine.Device, registers =>
        {
            for (int i = 0; i < 32; i++)
            {
                ulong number = (ulong)i << 8;
                (registers->V[i * 2], registers->V[(i * 2) + 1]) = (number | (number | 1) << 32, number | 2 | (number | 3) << 32);
            }
            // The last half word of V1, which the second of the instructions stores.
            if (width == 2)
                registers->V[3] = 0x0103UL << 48;
            return default;
        });
        machine.Exit(ExceptionClass.Hvc64, 0);
        List<string> seen = [];
        for (VCpuExit exit = machine.VCpu.Run(); exit.Kind == VCpuExitKind.MmioWrite; exit = machine.VCpu.Run())
        {
            Assert.Equal(width, (int)exit.MmioWrite.Width);
            seen.Add(FormattableString.Invariant($"{exit.MmioWrite.Address.Value - FakeMachine.Device:x}:{exit.MmioWrite.Data:x}"));
        }
        Assert.Equal(writes, seen.Count);
        Assert.Equal(expected, string.Join(' ', seen));
    }

    [Fact]
    public void A_pair_whose_second_half_is_missing_leaves_its_base_as_it_was()
    {
        using FakeMachine machine = Start(0xa9400821); // ldp x1, x2, [x1]
        machine.Cpu.FirstStage = address => address >> 12 == 0x8 ? FakeMachine.Device : address >> 12 == 0x9 ? null : address;
        machine.VCpu.SetGpr(1, 0x8FF8);
        machine.Exit(ExceptionClass.DataAbortLower, TranslationFault, 0x8FF8, FakeMachine.Device);
        Assert.Equal(VCpuExitKind.MmioRead, machine.VCpu.Run().Kind);
        machine.VCpu.CompleteRead(0xBAD);
        machine.Exit(ExceptionClass.Hvc64, 0);
        machine.VCpu.Run();
        Assert.Equal((0x8FF8UL, 0x9000UL, 0b000101UL), (machine.VCpu.GetGpr(1), machine.System().FarEl1, machine.System().EsrEl1 & 0x3F));
    }

    [Theory]
    [InlineData(0UL, true)]
    [InlineData(0x3C5UL, false)] // EL1 may write there
    public void A_store_across_the_end_of_a_device_does_not_reach_what_the_guest_protects(ulong pstate, bool isRefused)
    {
        using FakeMachine machine = Start(0xa9000821); // stp x1, x2, [x1]
        machine.Cpu.FirstStage = address => address >> 12 == 0x8 ? FakeMachine.Device : address >> 12 == 0x9 ? FakeMachine.Ram + 0x3000 : address;
        machine.Cpu.ReadOnly = (address, isUser) => address >> 12 == 0x9 && isUser;
        machine.VCpu.SetGpr(1, 0x8FF8);
        machine.VCpu.SetGpr(2, 0x77);
        *(ulong*)(machine.Host + 0x3000) = 0x1234;
        machine.Exit(ExceptionClass.DataAbortLower, TranslationFault | Write, 0x8FF8, FakeMachine.Device, registers =>
        {
            registers->Pstate = pstate;
            return default;
        });
        Assert.Equal(VCpuExitKind.MmioWrite, machine.VCpu.Run().Kind);
        machine.Exit(ExceptionClass.Hvc64, 0);
        machine.VCpu.Run();
        Assert.Equal(isRefused ? 0x1234UL : 0x77, *(ulong*)(machine.Host + 0x3000));
        if (isRefused)
            Assert.Equal((FakeCpu.PermissionFault | Write, 0x9000UL), (machine.System().EsrEl1 & 0x7F, machine.System().FarEl1));
    }

    [Theory]
    [InlineData(0xf8008422, 4)] // str x2, [x1], #8
    [InlineData(0xf8008422, 1)]
    [InlineData(0xf8408422, 4)] // ldr x2, [x1], #8
    [InlineData(0x4c007c20, 4)] // st1 {v0.2d}, [x1]
    public void An_access_across_the_end_of_RAM_does_not_reach_the_next_page_of_the_host(uint instruction, int beyond)
    {
        using FakeMachine machine = Start(instruction);
        // The page before the device is the guest's first page; the host's next one is somebody else's.
        machine.Cpu.FirstStage = address => address >> 12 == 0x9 ? FakeMachine.Device : address >> 12 == 0x8 ? FakeMachine.Ram + 0x3000 : address;
        ulong start = 0x9000 - (8 - (ulong)beyond);
        new Span<byte>((void*)(machine.Host + 0x3000), 0x2000).Fill(0xAA);
        machine.VCpu.SetGpr(1, start);
        machine.VCpu.SetGpr(2, 0x5555_5555_5555_5555);
        bool isWrite = (instruction >> 22 & 1) == 0;
        machine.Exit(ExceptionClass.DataAbortLower, TranslationFault | (isWrite ? Write : 0), 0x9000, FakeMachine.Device);
        Assert.Equal(VCpuExitKind.Nothing, machine.VCpu.Run().Kind);
        Assert.Equal(-1, new Span<byte>((void*)(machine.Host + 0x3000), 0x2000).IndexOfAnyExcept((byte)0xAA));
        Assert.Equal((start, 0x5555_5555_5555_5555UL), (machine.VCpu.GetGpr(1), machine.VCpu.GetGpr(2)));
        Assert.Equal((Syndrome.Alignment, start), (machine.System().EsrEl1 & 0x3F, machine.System().FarEl1));
    }

    private static FakeMachine Start(uint instruction, bool isBigEndian = false)
    {
        var machine = new FakeMachine();
        machine.Cpu.System.SctlrEl1 = isBigEndian ? BigEndian : 0;
        machine.Instruction(instruction);
        machine.VCpu.SetGpr(1, FakeMachine.Device);
        return machine;
    }
}
