using AxVCpu.BareMetal.Aarch64;

namespace AxVCpu.BareMetal.Tests;

/// <summary>The tags of VMs' translations, against a model of TLBs that remember what they were filled with.</summary>
public sealed class VmidTests
{
    [Fact]
    public void Two_VMs_never_meet_under_one_tag()
    {
        int seed = Environment.TickCount;
        var random = new Random(seed);
        const int cpus = 8, vms = 600;
        VmidAllocator allocator = default;
        var vmids = new Vmid[vms];
        int[] bound = [.. Enumerable.Repeat(-1, cpus)];
        var tags = new uint[cpus];
        // Which VM's translations each tag may hold, in all TLBs.
        var cached = new Dictionary<uint, int>();
        int generations = 0;
        for (int step = 0; step < 20_000; step++)
        {
            int cpu = random.Next(cpus);
            if (bound[cpu] >= 0)
            {
                allocator.Release((uint)cpu);
                bound[cpu] = -1;
            }

            int vm = random.Next(vms);
            if (allocator.Acquire(ref vmids[vm], (uint)cpu))
            {
                generations++;
                cached.Clear();
                // CPUs that run on fill theirs again.
                for (int other = 0; other < cpus; other++)
                {
                    if (bound[other] >= 0)
                        cached[tags[other]] = bound[other];
                }
            }

            bound[cpu] = vm;
            tags[cpu] = vmids[vm].Tag;
            Assert.NotEqual(0u, tags[cpu]);
            Assert.True(!cached.TryGetValue(tags[cpu], out int owner) || owner == vm, $"seed {seed} step {step}: tag {tags[cpu]} of VM {owner} given to VM {vm}");
            cached[tags[cpu]] = vm;
            for (int other = 0; other < cpus; other++)
                Assert.True(bound[other] != vm || tags[other] == tags[cpu], $"seed {seed} step {step}: VM {vm} has two tags");
        }

        Assert.InRange(generations, 10, 20_000);
    }

    [Fact]
    public void A_VM_keeps_its_tag_while_there_are_others()
    {
        VmidAllocator allocator = default;
        Vmid first = default, second = default;
        Assert.False(allocator.Acquire(ref first, 0));
        Assert.False(allocator.Acquire(ref second, 1));
        uint tag = first.Tag;
        for (int i = 0; i < 1000; i++)
        {
            allocator.Release(0);
            Assert.False(allocator.Acquire(ref first, 0));
        }

        Assert.Equal(tag, first.Tag);
        Assert.NotEqual(tag, second.Tag);
    }
}
