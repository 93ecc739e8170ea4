namespace AxVCpu.Memory.Tests;

public abstract partial class NestedPageTableTests<TFormat>
{
    [Fact]
    public void Random_changes_agree_with_a_dictionary()
    {
        int seed = Random.Shared.Next();
        Random random = new(seed);
        const int Pages = 4 * 512;
        Dictionary<int, (ulong Target, MappingFlags Flags)?> model = [];
        MappingFlags[] kinds = [RWX, RW, MappingFlags.Read, MappingFlags.None, RW | MappingFlags.Device];
        for (int step = 0; step < 300; step++)
        {
            int first = random.Next(Pages);
            first = random.Next(2) == 0 ? first & ~511 : first;
            int count = random.Next(3) switch { 0 => 1, 1 => random.Next(1, Pages - first + 1), _ => 512 };
            count = count < Pages - first ? count : Pages - first;
            GuestPhysAddr start = new(Gpa + ((ulong)first * K4));
            ulong size = (ulong)count * K4;
            MappingFlags flags = kinds[random.Next(kinds.Length)];
            IEnumerable<int> range = Enumerable.Range(first, count);
            switch (random.Next(5))
            {
                case 0:
                    ulong target = Hpa + ((ulong)(random.Next(2) == 0 ? first : random.Next(Pages)) * K4);
                    bool free = !range.Any(model.ContainsKey);
                    AddressSpaceError error = _table.Map(start, new(target), size, flags, ref _tlb);
                    Assert.True(error == (free ? AddressSpaceError.None : AddressSpaceError.Overlap), $"map {error}, seed {seed} step {step}");
                    foreach (int page in free ? range : [])
                    {
                        model[page] = (target + ((ulong)(page - first) * K4), EffectiveFlags.Of(flags));
                    }

                    break;
                case 1:
                    free = !range.Any(model.ContainsKey);
                    error = _table.MapLazy(start, size, ref _tlb);
                    Assert.True(error == (free ? AddressSpaceError.None : AddressSpaceError.Overlap), $"lazy {error}, seed {seed} step {step}");
                    foreach (int page in free ? range : [])
                    {
                        model[page] = null;
                    }

                    break;
                case 2:
                    Ok(_table.Unmap(start, size, false, ref _tlb));
                    foreach (int page in range)
                    {
                        model.Remove(page);
                    }

                    break;
                case 3:
                    Ok(_table.Protect(start, size, flags, ref _tlb));
                    foreach (int page in range)
                    {
                        if (model.TryGetValue(page, out (ulong Target, MappingFlags Flags)? entry) && entry is { } mapped)
                        {
                            model[page] = (mapped.Target, EffectiveFlags.Of(flags));
                        }
                    }

                    break;
                default:
                    bool isLazy = model.TryGetValue(first, out (ulong Target, MappingFlags Flags)? old) && old == null;
                    error = _table.Populate(start, new(Hpa), RW, ref _tlb);
                    Assert.True(error == (isLazy ? AddressSpaceError.None : AddressSpaceError.NotMapped), $"populate {error}, seed {seed} step {step}");
                    if (isLazy)
                    {
                        model[first] = (Hpa, RW);
                    }

                    break;
            }

            if (step % 10 == 0)
            {
                _table.TryMerge(new(Gpa), (ulong)Pages * K4, ref _tlb);
                Compare(model, Pages, $"seed {seed} step {step}");
            }
        }

        Ok(_table.Unmap(new(Gpa), (ulong)Pages * K4, false, ref _tlb));
        Assert.True(_table.TableFrames == _rootFrames, $"{_table.TableFrames} table frames left, seed {seed}");
    }

    private void Compare(Dictionary<int, (ulong Target, MappingFlags Flags)?> model, int pages, string where)
    {
        for (int page = 0; page < pages; page++)
        {
            NestedWalkStatus status = Walk(Gpa + ((ulong)page * K4), out NestedTranslation found);
            if (!model.TryGetValue(page, out (ulong Target, MappingFlags Flags)? expected))
            {
                Assert.True(status == NestedWalkStatus.NotMapped, $"page {page}: {status}, {where}");
            }
            else if (expected is { } mapped)
            {
                Assert.True(
                    status == NestedWalkStatus.Mapped && found.Address.Value == mapped.Target && found.Flags == mapped.Flags,
                    $"page {page}: {status} {found.Address.Value:x} {found.Flags}, not {mapped}, {where}");
            }
            else
            {
                Assert.True(status == NestedWalkStatus.Lazy, $"page {page}: {status}, {where}");
            }
        }
    }
}
