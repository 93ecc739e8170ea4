namespace AxVCpu.Devices.Tests;

public sealed class PlicTests
{
    private const ulong Pending = 0x1000, Enable = 0x2000, Threshold = 0x20_0000, Claim = 0x20_0004;

    private readonly RecordedLine[] _lines = [new(), new(), new(), new()];
    private readonly PlicDevice _plic = new(95, 4);

    public PlicTests()
    {
        for (int context = 0; context < 4; context++)
            _plic.Connect(context, _lines[context]);
    }

    [Fact]
    public void A_pending_source_reaches_only_contexts_that_enable_it_above_their_threshold()
    {
        _plic.Put(4 * 10, 3);
        _plic.Put(Enable + 0x80, 1 << 10);
        _plic.Line(10).Set(true);
        Assert.Equal(1UL << 10, _plic.Get(Pending));
        Assert.True(_lines[1].Level);
        Assert.False(_lines[0].Level);
        _plic.Put(Threshold + 0x1000, 3);
        Assert.False(_lines[1].Level);
        _plic.Put(Threshold + 0x1000, 2);
        Assert.True(_lines[1].Level);
    }

    [Fact]
    public void A_claim_takes_the_highest_priority_and_the_lowest_number_of_equals()
    {
        _plic.Put(Enable, 0xFFFF_FFFE);
        foreach ((uint source, uint priority) in new[] { (3u, 1u), (7u, 5u), (5u, 5u), (9u, 0u) })
        {
            _plic.Put(4 * source, priority);
            _plic.Line(source).Set(true);
        }
        Assert.Equal(5UL, _plic.Get(Claim));
        Assert.Equal(7UL, _plic.Get(Claim));
        Assert.Equal(3UL, _plic.Get(Claim));
        Assert.Equal(0UL, _plic.Get(Claim));
        Assert.False(_lines[0].Level);
    }

    [Fact]
    public void A_claim_looks_past_the_threshold()
    {
        _plic.Put(4, 1);
        _plic.Put(Enable, 2);
        _plic.Put(Threshold, 7);
        _plic.Line(1).Set(true);
        Assert.False(_lines[0].Level);
        Assert.Equal(1UL, _plic.Get(Claim));
    }

    [Fact]
    public void A_line_still_high_at_completion_is_pending_again_and_not_before()
    {
        _plic.Put(4, 1);
        _plic.Put(Enable, 2);
        _plic.Line(1).Set(true);
        Assert.Equal(1UL, _plic.Get(Claim));
        Assert.False(_lines[0].Level);
        _plic.Line(1).Set(false);
        _plic.Line(1).Set(true);
        Assert.Equal(0UL, _plic.Get(Pending));
        _plic.Put(Claim, 1);
        Assert.True(_lines[0].Level);
        Assert.Equal(1UL, _plic.Get(Claim));
        _plic.Line(1).Set(false);
        _plic.Put(Claim, 1);
        Assert.False(_lines[0].Level);
    }

    [Fact]
    public void A_completion_by_a_context_that_does_not_enable_the_source_is_ignored()
    {
        _plic.Put(4, 1);
        _plic.Put(Enable, 2);
        _plic.Line(1).Set(true);
        _plic.Get(Claim);
        _plic.Put(Claim + 0x1000, 1);
        Assert.Equal(0UL, _plic.Get(Pending));
        _plic.Put(Claim, 1);
        Assert.Equal(2UL, _plic.Get(Pending));
    }

    [Fact]
    public void Fields_hold_what_they_have_bits_for_and_what_does_not_exist_reads_zero()
    {
        _plic.Put(4 * 95, uint.MaxValue);
        Assert.Equal(7UL, _plic.Get(4 * 95));
        _plic.Put(4 * 96, uint.MaxValue);
        Assert.Equal(0UL, _plic.Get(4 * 96));
        _plic.Put(0, 7);
        Assert.Equal(0UL, _plic.Get(0));
        _plic.Put(Enable, uint.MaxValue);
        Assert.Equal(0xFFFF_FFFEUL, _plic.Get(Enable));
        _plic.Put(Enable + 8, uint.MaxValue);
        Assert.Equal(0xFFFF_FFFFUL, _plic.Get(Enable + 8));
        _plic.Put(Enable + 12, uint.MaxValue);
        Assert.Equal(0UL, _plic.Get(Enable + 12));
        Assert.Equal(0UL, _plic.Get(Threshold + 4 * 0x1000));
        Assert.Equal(0UL, _plic.Get(0x5F_FFFC));
    }

    [Theory]
    [InlineData(AccessWidth.Byte)]
    [InlineData(AccessWidth.Word)]
    [InlineData(AccessWidth.Qword)]
    public void Other_widths_than_32_bits_are_refused(AccessWidth width)
    {
        Assert.False(_plic.Read(Claim - 4, width, out _));
        Assert.False(_plic.Write(4, width, 1));
        Assert.False(_plic.Read(2, AccessWidth.Dword, out _));
    }

    [Fact]
    public void Reset_keeps_the_wires_and_forgets_the_rest()
    {
        _plic.Put(4, 1);
        _plic.Put(Enable, 2);
        _plic.Line(1).Set(true);
        Assert.True(_lines[0].Level);
        _plic.Reset();
        Assert.False(_lines[0].Level);
        Assert.Equal(2UL, _plic.Get(Pending));
        Assert.Equal(0UL, _plic.Get(4));
    }

    [Fact]
    public void Random_use_matches_a_naive_controller()
    {
        int seed = Random.Shared.Next();
        Random random = new(seed);
        const int sources = 20;
        for (int round = 0; round < 60; round++)
        {
            PlicDevice plic = new(sources, 3);
            RecordedLine[] lines = [new(), new(), new()];
            for (int context = 0; context < 3; context++)
                plic.Connect(context, lines[context]);
            NaivePlic naive = new(sources, 3);
            for (int step = 0; step < 300; step++)
            {
                int context = random.Next(3);
                uint source = (uint)random.Next(1, sources + 1);
                string what = $"seed {seed}, round {round}, step {step}";
                switch (random.Next(6))
                {
                    case 0:
                        bool level = random.Next(2) != 0;
                        plic.Line(source).Set(level);
                        naive.SetLevel(source, level);
                        break;
                    case 1:
                        uint priority = (uint)random.Next(8);
                        plic.Put(4 * source, priority);
                        naive.Priority[source] = priority;
                        break;
                    case 2:
                        uint enable = (uint)random.Next();
                        plic.Put(Enable + 0x80 * (ulong)context, enable);
                        for (int bit = 1; bit <= sources; bit++)
                            naive.Enabled[context, bit] = (enable >> bit & 1) != 0;
                        break;
                    case 3:
                        uint threshold = (uint)random.Next(8);
                        plic.Put(Threshold + 0x1000 * (ulong)context, threshold);
                        naive.Threshold[context] = threshold;
                        break;
                    case 4:
                        Assert.True(naive.Claim(context) == plic.Get(Claim + 0x1000 * (ulong)context), what);
                        break;
                    default:
                        plic.Put(Claim + 0x1000 * (ulong)context, source);
                        naive.Complete(context, source);
                        break;
                }
                for (int other = 0; other < 3; other++)
                    Assert.True(naive.External(other) == lines[other].Level, $"{what}, context {other}");
            }
        }
    }

    /// <summary>The specification's sentences, one by one, without any sharing of work.</summary>
    private sealed class NaivePlic(int sources, int contexts)
    {
        private readonly bool[] _level = new bool[sources + 1];
        private readonly bool[] _pending = new bool[sources + 1];
        private readonly bool[] _inService = new bool[sources + 1];

        public uint[] Priority { get; } = new uint[sources + 1];

        public uint[] Threshold { get; } = new uint[contexts];

        public bool[,] Enabled { get; } = new bool[contexts, sources + 1];

        public void SetLevel(uint source, bool level)
        {
            if (level && !_level[source] && !_inService[source])
                _pending[source] = true;
            _level[source] = level;
        }

        public uint Claim(int context)
        {
            uint best = (uint)Enumerable.Range(1, sources)
                .Where(source => _pending[source] && Enabled[context, source] && Priority[source] > 0)
                .OrderByDescending(source => Priority[source]).ThenBy(source => source).FirstOrDefault();
            if (best != 0)
                (_pending[best], _inService[best]) = (false, true);
            return best;
        }

        public void Complete(int context, uint source)
        {
            if (!Enabled[context, source] || !_inService[source])
                return;
            _inService[source] = false;
            _pending[source] = _level[source];
        }

        public bool External(int context) => Enumerable.Range(1, sources)
            .Any(source => _pending[source] && Enabled[context, source] && Priority[source] > Threshold[context]);
    }
}
