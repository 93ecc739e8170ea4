namespace AxVCpu.Memory.Tests;

public abstract unsafe partial class AddressSpaceTests<TFormat>
{
    [Fact]
    public void Defect_a_second_fault_replaced_the_frame__racing_vcpus_get_one_frame_and_lose_no_data()
    {
        const int Threads = 4;
        const int Pages = 600;
        Ok(Space.MapAlloc(new(Start), Pages * K4, RW, false));
        int handled = 0;
        int other = 0;
        using Barrier barrier = new(Threads);
        Thread[] threads = [.. Enumerable.Range(0, Threads).Select(id => new Thread(() =>
        {
            barrier.SignalAndWait();
            for (ulong page = 0; page < Pages; page++)
            {
                PageFaultOutcome outcome = Space.HandlePageFault(new(Start + (page * K4)), RW);
                Interlocked.Add(ref outcome == PageFaultOutcome.Handled ? ref handled : ref other, 1);
                Assert.Equal(GuestAccessStatus.Ok, Space.WriteVolatile(new(Start + (page * K4) + ((ulong)id * 8)), AccessWidth.Qword, (ulong)id + 1));
            }
        }))];
        foreach (Thread thread in threads)
        {
            thread.Start();
        }

        foreach (Thread thread in threads)
        {
            thread.Join();
        }

        Assert.Equal((Pages, Pages * (Threads - 1)), (handled, other));
        Assert.Equal((ulong)Pages, Space.ResidentFrames);
        for (ulong at = 0; at < Pages * K4; at += K4)
        {
            for (ulong id = 0; id < Threads; id++)
            {
                Assert.Equal(GuestAccessStatus.Ok, Space.ReadVolatile(new(Start + at + (id * 8)), AccessWidth.Qword, out ulong value));
                Assert.Equal(id + 1, value);
            }
        }
    }

    [Fact]
    public void Unmapping_waits_for_readers_and_no_reader_sees_a_recycled_frame()
    {
        // One page is mapped with a pattern and unmapped, again and again, while another mapping takes and dirties what was freed.
        bool stop = false;
        string? wrong = null;
        Thread reader = new(() =>
        {
            byte[] buffer = new byte[256];
            while (!Volatile.Read(ref stop) && wrong == null)
            {
                if (Space.Read(new(Start + 128), buffer) == GuestAccessStatus.Ok && buffer.AsSpan().IndexOfAnyExcept((byte)0) >= 0)
                {
                    wrong = Convert.ToHexString(buffer);
                }
            }
        });
        reader.Start();
        byte[] noise = new byte[K4];
        noise.AsSpan().Fill(0xEE);
        for (int i = 0; i < 300; i++)
        {
            Ok(Space.MapAlloc(new(Start), K4, RW, true));
            Ok(Space.Unmap(new(Start), K4));
            Ok(Space.MapAlloc(new(Start + G1), 8 * K4, RW, true));
            for (ulong at = 0; at < 8 * K4; at += K4)
            {
                Assert.Equal(GuestAccessStatus.Ok, Space.Write(new(Start + G1 + at), noise));
            }

            Ok(Space.Unmap(new(Start + G1), 8 * K4));
        }

        Volatile.Write(ref stop, true);
        reader.Join();
        Assert.Null(wrong);
        Assert.Equal(_empty, _host.UsedFrames);
    }

    [Fact]
    public void Random_changes_with_random_failures_agree_with_a_model_and_leak_nothing()
    {
        int seed = Random.Shared.Next();
        Random random = new(seed);
        const int Pages = 1100;
        MappingFlags?[] rights = new MappingFlags?[Pages];
        byte[] content = new byte[Pages];
        MappingFlags[] kinds = [RW, R, RWX];
        for (int step = 0; step < 400; step++)
        {
            string where = $"seed {seed} step {step}";
            int first = random.Next(Pages);
            int count = random.Next(1, random.Next(2) == 0 ? 8 : Pages) is int n && n < Pages - first ? n : Pages - first;
            GuestPhysAddr start = new(Start + ((ulong)first * K4));
            Span<MappingFlags?> range = rights.AsSpan(first, count);
            MappingFlags flags = kinds[random.Next(kinds.Length)];
            _host.Budget = random.Next(3) == 0 ? random.Next(4) : int.MaxValue;
            AddressSpaceError error = AddressSpaceError.None;
            bool free = range.IndexOfAnyExcept((MappingFlags?)null) < 0;
            switch (random.Next(4))
            {
                case 0:
                    error = Space.MapAlloc(start, (ulong)count * K4, flags, random.Next(2) == 0);
                    Assert.True(error is AddressSpaceError.OutOfFrames or AddressSpaceError.TooManyRegions
                        || error == (free ? AddressSpaceError.None : AddressSpaceError.Overlap), $"map {error}, {where}");
                    if (error == AddressSpaceError.None)
                    {
                        range.Fill(flags);
                        content.AsSpan(first, count).Clear();
                    }

                    break;
                case 1:
                    error = Space.Unmap(start, (ulong)count * K4);
                    Assert.True(error is AddressSpaceError.OutOfFrames or AddressSpaceError.TooManyRegions
                        || error == (free ? AddressSpaceError.NotMapped : AddressSpaceError.None), $"unmap {error}, {where}");
                    if (error == AddressSpaceError.None)
                    {
                        range.Clear();
                    }

                    break;
                case 2:
                    bool covered = !range.Contains(null);
                    error = Space.Protect(start, (ulong)count * K4, flags);
                    Assert.True(error is AddressSpaceError.OutOfFrames or AddressSpaceError.TooManyRegions
                        || error == (covered ? AddressSpaceError.None : AddressSpaceError.NotMapped), $"protect {error}, {where}");
                    if (error == AddressSpaceError.None)
                    {
                        range.Fill(flags);
                    }

                    break;
                default:
                    GuestAccessStatus status = Space.WriteObject(start + 77, (byte)step);
                    GuestAccessStatus expected = rights[first] is not { } have ? GuestAccessStatus.NotMapped
                        : (have & MappingFlags.Write) == 0 ? GuestAccessStatus.Permission : GuestAccessStatus.Ok;
                    Assert.True(status == expected || (expected == GuestAccessStatus.Ok && status == GuestAccessStatus.OutOfMemory),
                        $"write {status}, not {expected}, {where}");
                    content[first] = status == GuestAccessStatus.Ok ? (byte)step : content[first];
                    break;
            }

            _host.Budget = int.MaxValue;
            int probe = random.Next(Pages);
            GuestAccessStatus read = Space.ReadObject(new(Start + ((ulong)probe * K4) + 77), out byte value);
            Assert.True(rights[probe] == null ? read == GuestAccessStatus.NotMapped : read == GuestAccessStatus.Ok && value == content[probe],
                $"page {probe}: {read} {value}, not {rights[probe]} {content[probe]}, {where}");
            Assert.True(_host.UsedFrames == Space.ResidentFrames + Space.TableFrames, $"leak, {where}");
        }

        Space.Clear();
        Assert.True(_host.UsedFrames == _empty, $"leak, seed {seed}");
    }
}
