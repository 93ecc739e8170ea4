using AxVCpu.BareMetal.Aarch64;
using AxVCpu.BareMetal.Hypervisor;
using AxVCpu.BareMetal.Tests.Machine;
using AxVCpu.Devices;

namespace AxVCpu.BareMetal.Tests.Hypervisor;

/// <summary>Random numbers for guests: in their devicetree, and by firmware calls (Arm DEN 0098).</summary>
[Collection(HostBoardTests.Name)]
public sealed unsafe class EntropyTests
{
    private const ulong Version = 0x8400_0050;
    private const ulong Features = 0x8400_0051;
    private const ulong Uuid = 0x8400_0052;
    private const ulong Random32 = 0x8400_0053;
    private const ulong Random64 = 0xC400_0053;
    private const long NotSupported = -1;
    private const long InvalidParameters = -2;

    [Fact]
    public void The_block_function_is_the_standards()
    {
        // RFC 8439, 2.3.2.
        ChaCha20Block block = default;
        uint[] start =
        [
            0x61707865, 0x3320646e, 0x79622d32, 0x6b206574, 0x03020100, 0x07060504, 0x0b0a0908, 0x0f0e0d0c,
            0x13121110, 0x17161514, 0x1b1a1918, 0x1f1e1d1c, 0x00000001, 0x09000000, 0x4a000000, 0x00000000,
        ];
        for (int i = 0; i < start.Length; i++)
            block[i] = start[i];
        block = block.Next();
        Assert.Equal(
            [
                0xe4e7f110, 0x15593bd1, 0x1fdd0f50, 0xc47120a3, 0xc7f4d1c7, 0x0368c033, 0x9aaa2204, 0x4e6cd4c3,
                0x466482d2, 0x09aa9f07, 0x05d7c214, 0xa2028bd9, 0xd19c12b5, 0xb94e16de, 0xe883d0cb, 0x4e3c50a2,
            ],
            ((ReadOnlySpan<uint>)block).ToArray());
    }

    [Fact]
    public void Each_start_of_each_guest_has_seeds_of_its_own()
    {
        byte[] host = [.. Enumerable.Range(1, 32).Select(i => (byte)i)];
        using var board = new HostBoard(1, new HostArchive().Add("one", Idle).Add("two", Idle)) { Seed = host };
        board.PowerOn();
        var seen = new HashSet<string> { Convert.ToHexString(host) };
        foreach (string command in (string[])["vm start one", "vm start two", "vm restart -f one"])
        {
            board.Command(command);
            board.Run(1000);
            (byte[] seed, byte[] kaslr) = Seeds(command[^3..]);
            Assert.Equal((32, 8), (seed.Length, kaslr.Length));
            Assert.True(seen.Add(Convert.ToHexString(seed)), command);
            Assert.True(seen.Add(Convert.ToHexString(kaslr)), command);
            Assert.NotEqual(seed[..8], kaslr);
        }
    }

    [Fact]
    public void A_host_without_a_source_says_so_and_gives_its_guests_nothing()
    {
        List<long> answers = [];
        using var board = new HostBoard(1, new HostArchive().Add("one", Program)) { Seed = [] };
        board.PowerOn();
        Assert.Contains("no source of random numbers", board.Console, StringComparison.Ordinal);
        board.Command("vm start one");
        board.Run(1000);
        (byte[] seed, byte[] kaslr) = Seeds("one");
        Assert.Equal((0, 0), (seed.Length, kaslr.Length));
        Assert.Equal([NotSupported, NotSupported], answers);

        IEnumerable<GuestStep> Program(GuestCpu cpu)
        {
            foreach (ulong function in (ulong[])[Version, Random64])
            {
                yield return cpu.Call(function, 64);
                answers.Add((long)cpu.Result);
            }
        }
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void The_cpus_generator_or_the_firmwares_is_enough(bool isCpus)
    {
        ulong next = 0;
        int asked = 0;
        // The CPU's has a number at every second try only.
        Func<ulong?> cpu = () => ++asked % 2 == 0 ? ++next : null;
        using var board = new HostBoard(1, new HostArchive().Add("one", Idle))
        {
            Seed = [1, 2, 3], // too short to be worth anything
            CpuGenerator = isCpus ? cpu : null,
            FirmwareGenerator = isCpus ? null : () => ++next,
        };
        board.PowerOn();
        Assert.DoesNotContain("random numbers", board.Console, StringComparison.Ordinal);
        ulong before = next;
        board.Command("vm start one");
        board.Run(1000);
        Assert.Equal(32, Seeds("one").Seed.Length);
        Assert.Equal(isCpus, next > before); // fresh ones go in each time
    }

    [Fact]
    public void A_cpu_whose_generator_never_answers_counts_as_none()
    {
        using var board = new HostBoard(1, new HostArchive().Add("one", Idle)) { Seed = [], CpuGenerator = static () => null };
        board.PowerOn();
        Assert.Contains("no source of random numbers", board.Console, StringComparison.Ordinal);
    }

    [Fact]
    public void A_guest_asks_for_random_bits_as_it_would_ask_firmware()
    {
        List<(long Result, ulong X1, ulong X2, ulong X3)> answers = [];
        using var board = new HostBoard(1, new HostArchive().Add("one", Program));
        board.PowerOn();
        board.Command("vm start one");
        board.Run(1000);
        Assert.Equal([0x1_0000, 0, 0, NotSupported], answers[..4].Select(answer => answer.Result));
        Assert.Equal((0x0E7F1C5FL, 0x3B4C649AUL, 0x6D2B0F8DUL, 0x51C9A7E0UL), answers[4]);
        Assert.All(answers[5..9], answer => Assert.Equal(InvalidParameters, answer.Result));
        Assert.All(answers[9..], answer => Assert.Equal(0, answer.Result));
        Assert.True(answers[9].X1 != 0 && answers[9].X2 != 0 && answers[9].X3 != 0);
        Assert.NotEqual(answers[9], answers[10]);
        Assert.True(answers[11].X1 == 0 && answers[11].X2 is < 1 << 6 && answers[11].X3 > uint.MaxValue, $"{answers[11]}");
        Assert.True(answers[12].X1 == 0 && answers[12].X2 is < 2 && answers[12].X3 is > 0 and <= uint.MaxValue, $"{answers[12]}");

        IEnumerable<GuestStep> Program(GuestCpu cpu)
        {
            foreach ((ulong function, ulong argument) in ((ulong, ulong)[])
                [
                    (Version, 0), (Features, Random64), (Features, Random32), (Features, 0x8400_0054), (Uuid, 0),
                    (Random64, 0), (Random64, 193), (Random32, 0), (Random32, 97),
                    (Random64, 192), (Random64, 192), (Random64, 70), (Random32, 33),
                ])
            {
                yield return cpu.Call(function, argument);
                answers.Add(((long)cpu.Result, cpu[1], cpu[2], cpu[3]));
            }
        }
    }

    private static (byte[] Seed, byte[] Kaslr) Seeds(string name)
    {
        Vm* vm = HostBoard.Vm(name);
        byte[] tree = new byte[GuestBoard.DeviceTreeRoom];
        Assert.True(new VmMemory(vm).Read(vm->TreeAddress, tree));
        Assert.Equal(FdtStatus.Ok, FdtBlob.Open(tree, out FdtBlob blob));
        FdtNodeView chosen = blob.Root.Child("chosen"u8);
        chosen.TryProperty("rng-seed"u8, out ReadOnlySpan<byte> seed);
        chosen.TryProperty("kaslr-seed"u8, out ReadOnlySpan<byte> kaslr);
        return (seed.ToArray(), kaslr.ToArray());
    }

    private static IEnumerable<GuestStep> Idle(GuestCpu cpu)
    {
        yield return GuestCpu.Wait();
    }
}
