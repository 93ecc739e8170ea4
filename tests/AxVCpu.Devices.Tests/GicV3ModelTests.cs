namespace AxVCpu.Devices.Tests;

/// <summary>The GIC against what the architecture says in its simplest words, over random histories.</summary>
public sealed class GicV3ModelTests
{
    private const int VCpus = 3;
    private const uint Interrupts = 64;

    /// <summary>One interrupt in the architecture's state machine (Arm IHI 0069H, 4.1.2).</summary>
    private sealed class Interrupt(uint intid, int owner)
    {
        public uint IntId => intid;

        /// <summary>The vCPU of a private one, or the route.</summary>
        public int Target { get; set; } = owner;

        public bool IsEdge { get; set; } = intid < 16;

        public bool IsEnabled { get; set; } = true;

        public byte Priority { get; set; } = 0xA0;

        public bool Line { get; set; }

        public bool Latched { get; set; }

        public bool IsPending => IsEdge ? Latched : Line || Latched;

        public int ActiveOn { get; set; } = -1;
    }

    private sealed class World(int seed, int lists, bool trapsDeactivate)
    {
        private readonly Random _random = new(seed);
        private readonly GicBoard _board = new(VCpus, lists, spis: 32, trapsDeactivate);
        private readonly List<Interrupt> _shared = [.. Enumerable.Range(32, 32).Select(intid => new Interrupt((uint)intid, 0))];
        private readonly List<Interrupt>[] _private = [.. Enumerable.Range(0, VCpus).Select(vcpu => Enumerable.Range(0, 32).Select(intid => new Interrupt((uint)intid, vcpu)).ToList())];
        private readonly Stack<Interrupt>[] _handling = [.. Enumerable.Range(0, VCpus).Select(_ => new Stack<Interrupt>())];

        public int Taken { get; private set; }

        private IEnumerable<Interrupt> Of(int vcpu) => _private[vcpu].Concat(_shared.Where(interrupt => interrupt.Target == vcpu));

        private Interrupt Find(int vcpu, uint intid) => intid < 32 ? _private[vcpu][(int)intid] : _shared[(int)intid - 32];

        private Interrupt? Best(int vcpu)
        {
            int running = _handling[vcpu].Count == 0 ? 0x100 : _handling[vcpu].Peek().Priority;
            return Of(vcpu).Where(interrupt => interrupt.IsPending && interrupt.IsEnabled && interrupt.ActiveOn < 0 && interrupt.Priority < Math.Min(running, 0xF8))
                .OrderBy(interrupt => interrupt.Priority).ThenBy(interrupt => interrupt.IntId).FirstOrDefault();
        }

        private void SetLine(Interrupt interrupt, int vcpu, bool level)
        {
            if (interrupt.IntId < 32)
                _board.Gic.SetPpi(ref _board.Host, vcpu, interrupt.IntId, level);
            else
                _board.Gic.SetSpi(ref _board.Host, interrupt.IntId, level);
            interrupt.Latched |= interrupt.IsEdge && level && !interrupt.Line;
            interrupt.Line = level;
        }

        private void Write(Interrupt interrupt, int owner, int vcpu, ulong array)
        {
            uint bit = 1u << (int)(interrupt.IntId % 32);
            if (interrupt.IntId < 32)
                _board.WritePrivate(owner, array, bit, vcpu);
            else
                _board.Write(array + 4, bit, vcpu);
        }

        /// <summary>One thing that happens while every vCPU is out of its guest, where all states are known.</summary>
        public void Step()
        {
            int vcpu = _random.Next(VCpus);
            int owner = _random.Next(VCpus);
            Interrupt interrupt = Find(owner, (uint)_random.Next((int)Interrupts));
            switch (_random.Next(12))
            {
                case 0:
                case 1:
                    if (interrupt.IntId >= 16)
                        SetLine(interrupt, owner, !interrupt.Line);
                    break;
                case 2:
                    if (interrupt.IntId < 16)
                    {
                        _board.Gic.SendSgi(ref _board.Host, vcpu, interrupt.IntId, 1u << owner, 0, allButSelf: false);
                        interrupt.Latched = true;
                    }
                    break;
                case 3:
                    Write(interrupt, owner, vcpu, interrupt.IsEnabled ? GicBoard.Disable : GicBoard.Enable);
                    interrupt.IsEnabled = !interrupt.IsEnabled;
                    break;
                case 4:
                    // What is handled keeps the priority it was taken with, here and in the CPU interface.
                    if (interrupt.ActiveOn >= 0)
                        break;
                    interrupt.Priority = (byte)(_random.Next(32) << 3);
                    if (interrupt.IntId < 32)
                        _board.WritePrivate(owner, GicBoard.Priority + interrupt.IntId, interrupt.Priority, vcpu, AccessWidth.Byte);
                    else
                        _board.Write(GicBoard.Priority + interrupt.IntId, interrupt.Priority, vcpu, AccessWidth.Byte);
                    break;
                case 5:
                    if (interrupt.IntId >= 32)
                    {
                        interrupt.Target = owner;
                        _board.Write(GicBoard.Router + interrupt.IntId * 8, (ulong)owner, vcpu, AccessWidth.Qword);
                    }
                    break;
                case 6:
                    bool set = _random.Next(2) == 0;
                    Write(interrupt, owner, vcpu, set ? GicBoard.SetPending : GicBoard.ClearPending);
                    interrupt.Latched = set;
                    break;
                case 7:
                    if (interrupt.IntId >= 32 && interrupt.ActiveOn < 0 && !interrupt.Latched)
                        Retrigger(interrupt, vcpu);
                    break;
                default:
                    Guest(vcpu);
                    break;
            }
            for (int other = 0; other < VCpus; other++)
                Assert.True((Best(other) is not null) == _board.HasDeliverable(other), $"seed {seed}: vCPU {other} should {(Best(other) is null ? "sleep" : $"wake for {Best(other)!.IntId}")}");
        }

        private void Retrigger(Interrupt interrupt, int vcpu)
        {
            ulong register = GicBoard.Config + interrupt.IntId / 16 * 4;
            _board.Write(register, _board.Read(register) ^ 2u << (int)(interrupt.IntId % 16 * 2), vcpu);
            interrupt.IsEdge = !interrupt.IsEdge;
        }

        private void Guest(int vcpu)
        {
            _board.Enter(vcpu);
            for (int action = _random.Next(4); action > 0; action--)
            {
                if (_random.Next(2) == 0 && _handling[vcpu].Count > 0)
                    End(vcpu);
                else
                    Take(vcpu);
            }
            _board.Leave(vcpu);
        }

        private void Take(int vcpu)
        {
            Interrupt? expected = Best(vcpu);
            uint intid = _board.Guest(vcpu).Acknowledge();
            if (intid == GicIntId.Spurious && expected is not null)
            {
                // Only for want of list registers, and then the guest is left at once.
                Assert.True(_board.Guest(vcpu).Maintenance, $"seed {seed}: vCPU {vcpu} never gets {expected.IntId}");
                _board.Reenter(vcpu);
                intid = _board.Guest(vcpu).Acknowledge();
            }
            if (intid == GicIntId.Spurious)
            {
                Assert.True(expected is null, $"seed {seed}: vCPU {vcpu} does not get {expected?.IntId}");
                return;
            }
            Interrupt taken = Find(vcpu, intid);
            Assert.True(taken == expected || taken.Priority == expected?.Priority, $"seed {seed}: vCPU {vcpu} got {intid} instead of {expected?.IntId}");
            Assert.True(taken.ActiveOn < 0, $"seed {seed}: {intid} is active already");
            taken.ActiveOn = vcpu;
            taken.Latched = false;
            _handling[vcpu].Push(taken);
            Taken++;
        }

        private void End(int vcpu)
        {
            Interrupt done = _handling[vcpu].Pop();
            _board.Guest(vcpu).End(done.IntId);
            done.ActiveOn = -1;
            // A guest is left for a level, or for an end that no list register saw.
            if (_board.Guest(vcpu).Maintenance)
                _board.Reenter(vcpu);
        }

        /// <summary>Devices fall silent, and what is pending is taken until nothing is.</summary>
        public void Finish()
        {
            for (int vcpu = 0; vcpu < VCpus; vcpu++)
            {
                foreach (Interrupt interrupt in _private[vcpu].Where(interrupt => interrupt.Line && !interrupt.IsEdge))
                    SetLine(interrupt, vcpu, false);
            }
            foreach (Interrupt interrupt in _shared.Where(interrupt => interrupt.Line && !interrupt.IsEdge))
                SetLine(interrupt, 0, false);
            for (int vcpu = 0; vcpu < VCpus; vcpu++)
            {
                _board.Enter(vcpu);
                int bound = 1000;
                while (_handling[vcpu].Count > 0 || Best(vcpu) is not null)
                {
                    Assert.True(bound-- > 0, $"seed {seed}: vCPU {vcpu} does not come to rest");
                    if (_handling[vcpu].Count > 0)
                        End(vcpu);
                    else
                        Take(vcpu);
                }
                _board.Leave(vcpu);
                Assert.False(_board.HasDeliverable(vcpu));
                Assert.Equal(0UL, _board.ReadPrivate(vcpu, GicBoard.SetActive));
            }
            Assert.Equal(0UL, _board.Read(GicBoard.SetActive + 4));
        }
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(4)]
    [InlineData(16)]
    public void Every_interrupt_is_taken_where_and_when_it_should_be(int lists)
    {
        int taken = 0;
        for (int round = 0; round < 20; round++)
        {
            int seed = Random.Shared.Next();
            World world = new(seed, lists, trapsDeactivate: round % 2 == 0);
            for (int step = 0; step < 600; step++)
                world.Step();
            world.Finish();
            taken += world.Taken;
        }
        Assert.InRange(taken, 500, int.MaxValue);
    }
}
