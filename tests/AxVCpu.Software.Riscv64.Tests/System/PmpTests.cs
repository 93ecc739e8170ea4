namespace AxVCpu.Software.Riscv64.Tests;

/// <summary>Physical memory protection against a model that looks at every byte (Privileged ISA 3.7).</summary>
public sealed class PmpTests
{
    private static readonly PrivilegeMode[] s_modes = [PrivilegeMode.User, PrivilegeMode.Supervisor, PrivilegeMode.Machine];

    [Fact]
    public void Without_entries_only_machine_mode_may_access_memory()
    {
        var pmp = default(Pmp);
        foreach (byte need in (byte[])[Pmp.R, Pmp.W, Pmp.X])
        {
            Assert.True(pmp.Check(0x8000_0000, 8, need, PrivilegeMode.Machine));
            Assert.False(pmp.Check(0x8000_0000, 8, need, PrivilegeMode.Supervisor));
            Assert.False(pmp.Check(0x8000_0000, 8, need, PrivilegeMode.User));
        }
    }

    [Fact]
    public void Open_memory_is_open_up_to_the_last_byte()
    {
        var pmp = default(Pmp);
        pmp.OpenAll();
        Assert.True(pmp.Check(0, 1, Pmp.R, PrivilegeMode.User));
        Assert.True(pmp.Check((1UL << 56) - 8, 8, Pmp.W, PrivilegeMode.Supervisor));
        Assert.Equal(PmpVerdict.Allowed, pmp.CheckRange((1UL << 56) - 4096, 4096, Pmp.X, PrivilegeMode.User));
    }

    [Fact]
    public void A_locked_entry_binds_machine_mode()
    {
        var pmp = default(Pmp);
        pmp.WriteAddress(0, 0x8000_0000 >> 2);
        pmp.WriteConfig(0, 0x90 | Pmp.R);
        Assert.True(pmp.Check(0x8000_0000, 4, Pmp.R, PrivilegeMode.Machine));
        Assert.False(pmp.Check(0x8000_0000, 4, Pmp.W, PrivilegeMode.Machine));
        Assert.True(pmp.Check(0x8000_0004, 4, Pmp.W, PrivilegeMode.Machine));
    }

    [Fact]
    public void An_entry_that_matches_only_some_bytes_refuses_the_access_even_to_machine_mode()
    {
        var pmp = default(Pmp);
        pmp.WriteAddress(0, 0x8000_0000 >> 2);
        pmp.WriteConfig(0, 0x10 | Pmp.R | Pmp.W | Pmp.X);
        foreach (PrivilegeMode mode in s_modes)
        {
            Assert.True(pmp.Check(0x8000_0000, 4, Pmp.R, mode));
            Assert.False(pmp.Check(0x8000_0000, 8, Pmp.R, mode));
            Assert.False(pmp.Check(0x7FFF_FFFC, 8, Pmp.R, mode));
        }
    }

    [Fact]
    public void Random_configurations_agree_with_the_bytewise_model()
    {
        int seed = Environment.TickCount;
        var random = new Random(seed);
        for (int round = 0; round < 60; round++)
        {
            var pmp = default(Pmp);
            var addresses = new ulong[Pmp.Entries];
            var configs = new byte[Pmp.Entries];
            // Few and close addresses, so that ranges overlap and touch.
            for (int i = 0; i < Pmp.Entries; i++)
            {
                addresses[i] = random.Next(12) == 0 ? (ulong)random.NextInt64() & Pmp.AddressMask : (ulong)random.Next(256);
                if (random.Next(4) == 0)
                    addresses[i] |= (1UL << random.Next(12)) - 1;
                configs[i] = random.Next(3) == 0 ? (byte)0 : (byte)random.Next(256);
            }

            Program(ref pmp, addresses, configs);
            for (int probe = 0; probe < 60; probe++)
            {
                uint size = 1u << random.Next(4);
                ulong address = (ulong)random.Next(1400);
                byte need = (byte)(1 << random.Next(3));
                PrivilegeMode mode = s_modes[random.Next(3)];
                bool expected = Model(addresses, configs, address, size, need, mode);
                Assert.True(
                    expected == pmp.Check(address, size, need, mode),
                    $"seed {seed} round {round}: {address:x}+{size} need {need} {mode} should be {expected}");

                ulong range = address & ~63UL;
                PmpVerdict verdict = pmp.CheckRange(range, 64, need, mode);
                if (verdict == PmpVerdict.Mixed)
                    continue;
                for (ulong at = range; at < range + 64; at++)
                {
                    Assert.True(
                        (verdict == PmpVerdict.Allowed) == Model(addresses, configs, at, 1, need, mode),
                        $"seed {seed} round {round}: {verdict} for {range:x} but byte {at:x} differs, need {need} {mode}");
                }
            }
        }
    }

    /// <summary>Addresses first, because locks take effect at once.</summary>
    private static void Program(ref Pmp pmp, ulong[] addresses, byte[] configs)
    {
        for (int i = 0; i < Pmp.Entries; i++)
            pmp.WriteAddress(i, addresses[i]);
        for (int half = 0; half < 2; half++)
        {
            ulong word = 0;
            for (int i = 0; i < 8; i++)
                word |= (ulong)configs[(half * 8) + i] << (i * 8);
            pmp.WriteConfig(half * 2, word);
        }
    }

    private static bool Model(ulong[] addresses, byte[] configs, ulong address, uint size, byte need, PrivilegeMode mode)
    {
        for (int i = 0; i < configs.Length; i++)
        {
            uint matched = 0;
            for (uint b = 0; b < size; b++)
                matched += Matches(addresses, configs, i, address + b) ? 1u : 0;
            if (matched == 0)
                continue;
            if (matched != size)
                return false;
            if (mode == PrivilegeMode.Machine && (configs[i] & 0x80) == 0)
                return true;
            int rights = configs[i] & 7;
            if ((rights & 3) == 2)
                rights = 0;
            return (rights & need) != 0;
        }

        return mode == PrivilegeMode.Machine;
    }

    private static bool Matches(ulong[] addresses, byte[] configs, int entry, ulong address)
    {
        switch ((configs[entry] >> 3) & 3)
        {
            case 1:
                ulong bottom = entry == 0 ? 0 : addresses[entry - 1];
                return address >> 2 >= bottom && address >> 2 < addresses[entry];
            case 2:
                return address >> 2 == addresses[entry];
            case 3:
                int ones = 0;
                while (ones < 54 && ((addresses[entry] >> ones) & 1) != 0)
                    ones++;
                return ones >= 53 || address >> (ones + 3) == addresses[entry] >> (ones + 1);
            default:
                return false;
        }
    }
}
