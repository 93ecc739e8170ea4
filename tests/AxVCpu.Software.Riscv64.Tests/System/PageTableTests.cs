using AxVCpu.Software.Riscv64.Isa;
using static AxVCpu.Software.Riscv64.PageTableEntry;

namespace AxVCpu.Software.Riscv64.Tests;

/// <summary>The guest's page tables in Sv39, Sv48 and Sv57 (Privileged ISA 10.3 to 10.6).</summary>
public sealed unsafe class PageTableTests
{
    private const ulong Page = TestMachine.RamBase + 0x5000;
    private const ulong Va = 0x1234_5000;

    [Theory]
    [InlineData(8)]
    [InlineData(9)]
    [InlineData(10)]
    public void Every_combination_of_permission_bits_acts_as_the_manual_says(int satpMode)
    {
        using var machine = new TestMachine();
        machine.State->Pmp.OpenAll();
        var table = new GuestPageTable(machine, satpMode);
        int allowed = 0;
        int cases = 0;
        for (ulong bits = 0; bits < 256; bits++)
        {
            table.Map(Va, GuestPageTable.Leaf(Page, bits));
            for (int setting = 0; setting < 128; setting++)
            {
                bool sum = (setting & 1) != 0;
                bool mxr = (setting & 2) != 0;
                bool adue = (setting & 4) != 0;
                bool user = (setting & 8) != 0;
                bool viaMprv = (setting & 16) != 0;
                int accessCode = setting >> 5;
                if (accessCode == 3)
                    continue;
                var access = (MemoryAccess)accessCode;
                ulong slot = table.Map(Va, GuestPageTable.Leaf(Page, bits));
                machine.Enter(PrivilegeMode.Machine);
                machine.State->Menvcfg = adue ? EnvironmentBits.ADUE : 0;
                machine.Write(Csr.mstatus, (sum ? StatusBits.SUM : 0) | (mxr ? StatusBits.MXR : 0));
                table.Activate();
                PrivilegeMode mode = user ? PrivilegeMode.User : PrivilegeMode.Supervisor;
                if (viaMprv)
                    machine.Write(Csr.mstatus, machine.Read(Csr.mstatus) | StatusBits.MPRV | ((ulong)mode << StatusBits.MPPShift));
                else
                    machine.Enter(mode);

                TlbFill result = machine.Hart.FillTlb(Va + 0x123, 1, access, out byte* host, out ulong gpa);
                string what = $"bits {bits:x2} {access} {mode} sum {sum} mxr {mxr} adue {adue} mprv {viaMprv}";
                cases++;
                if (viaMprv && access == MemoryAccess.Fetch)
                {
                    // MPRV does not apply to fetches: M mode fetches from the untranslated address, where nothing is.
                    Assert.True(result == TlbFill.Trapped && machine.State->Mcause == (ulong)ExceptionCause.InstructionAccessFault, what);
                    continue;
                }

                if (IsAllowed(bits, access, user, sum, mxr, adue))
                {
                    allowed++;
                    Assert.True(result == TlbFill.Mapped, $"{what}: {result}, cause {machine.State->Mcause}");
                    Assert.Equal(Page + 0x123, gpa);
                    Assert.Equal((ulong)machine.Host(Page + 0x123), (ulong)host);
                    ulong expected = bits | A | (access == MemoryAccess.Store ? D : 0);
                    Assert.True(machine.Word(slot) == GuestPageTable.Leaf(Page, expected), $"{what}: entry {machine.Word(slot):x}");
                }
                else
                {
                    Assert.True(result == TlbFill.Trapped, what);
                    Assert.True(machine.State->Mcause == (ulong)PageFaultOf(access), $"{what}: cause {machine.State->Mcause}");
                    Assert.True(machine.State->Mtval == Va + 0x123, what);
                    Assert.True(machine.Word(slot) == GuestPageTable.Leaf(Page, bits), $"{what}: entry changed");
                }
            }
        }

        Assert.Equal(256 * 96, cases);
        Assert.InRange(allowed, 1000, cases / 2);
    }

    /// <summary>The rules, written down a second time and differently: as conditions that a legal access meets.</summary>
    private static bool IsAllowed(ulong bits, MemoryAccess access, bool user, bool sum, bool mxr, bool adue)
    {
        bool r = (bits & R) != 0, w = (bits & W) != 0, x = (bits & X) != 0, u = (bits & U) != 0;
        bool valid = (bits & V) != 0 && (!w || r);
        bool leaf = r || x;
        bool privilege = user ? u : !u || (access != MemoryAccess.Fetch && sum);
        bool right = access switch
        {
            MemoryAccess.Load => r || (mxr && x),
            MemoryAccess.Store => w,
            _ => x,
        };
        bool tracked = adue || ((bits & A) != 0 && (access != MemoryAccess.Store || (bits & D) != 0));
        return valid && leaf && privilege && right && tracked;
    }

    [Theory]
    [InlineData(8, 1), InlineData(8, 2), InlineData(9, 1), InlineData(9, 2), InlineData(9, 3), InlineData(10, 3), InlineData(10, 4)]
    public void Superpages_map_their_whole_range_and_must_be_aligned(int satpMode, int level)
    {
        using var machine = new TestMachine();
        machine.State->Pmp.OpenAll();
        var table = new GuestPageTable(machine, satpMode);
        ulong size = 4096UL << (9 * level);
        // The guest's memory starts at a multiple of 2 MiB and 1 GiB; larger pages start at zero and reach it with the offset.
        ulong target = TestMachine.RamBase & ~(size - 1);
        ulong offset = TestMachine.RamBase - target + 0x7_8900;
        ulong va = table.UpperHalf;
        table.Map(va, GuestPageTable.Leaf(target, V | R | W | X | A | D), level);
        table.Activate();
        machine.Enter(PrivilegeMode.Supervisor);
        Assert.Equal(TlbFill.Mapped, machine.Hart.FillTlb(va + offset, 8, MemoryAccess.Store, out _, out ulong gpa));
        Assert.Equal(TestMachine.RamBase + 0x7_8900, gpa);

        machine.Enter(PrivilegeMode.Machine);
        table.Map(va, GuestPageTable.Leaf(target + (size >> 9), V | R | W | X | A | D), level);
        table.Activate();
        machine.Enter(PrivilegeMode.Supervisor);
        Assert.Equal(TlbFill.Trapped, machine.Hart.FillTlb(va + offset, 8, MemoryAccess.Store, out _, out _));
        Assert.Equal((ulong)ExceptionCause.StorePageFault, machine.State->Mcause);
    }

    [Theory]
    [InlineData(8, 39)]
    [InlineData(9, 48)]
    [InlineData(10, 57)]
    public void Addresses_that_are_not_sign_extended_fault(int satpMode, int bits)
    {
        using var machine = new TestMachine();
        machine.State->Pmp.OpenAll();
        var table = new GuestPageTable(machine, satpMode);
        ulong high = table.UpperHalf + 0x5000;
        table.Map(high, GuestPageTable.Leaf(Page, V | R | A));
        table.Map(0x5000, GuestPageTable.Leaf(Page, V | R | A));
        table.Activate();
        machine.Enter(PrivilegeMode.Supervisor);
        Assert.Equal(TlbFill.Mapped, machine.Hart.FillTlb(high, 8, MemoryAccess.Load, out _, out _));
        Assert.Equal(TlbFill.Mapped, machine.Hart.FillTlb(0x5000, 8, MemoryAccess.Load, out _, out _));
        for (int bit = bits; bit < 64; bit++)
        {
            foreach (ulong va in (ulong[])[high ^ (1UL << bit), 0x5000 ^ (1UL << bit)])
            {
                machine.Enter(PrivilegeMode.Supervisor);
                Assert.Equal(TlbFill.Trapped, machine.Hart.FillTlb(va, 8, MemoryAccess.Load, out _, out _));
                Assert.Equal((ulong)ExceptionCause.LoadPageFault, machine.State->Mcause);
                Assert.Equal(va, machine.State->Mtval);
            }
        }
    }

    [Fact]
    public void Reserved_bits_fault_in_leaves_and_in_pointers()
    {
        using var machine = new TestMachine(isa: IsaExtensions.Default & ~(IsaExtensions.Svnapot | IsaExtensions.Svpbmt));
        machine.State->Pmp.OpenAll();
        var table = new GuestPageTable(machine, 8);
        for (int bit = 54; bit < 64; bit++)
        {
            table.Map(Va, GuestPageTable.Leaf(Page, V | R | A) | (1UL << bit));
            Faults(machine, table, $"leaf bit {bit}");
        }

        ulong slot = table.Map(Va, GuestPageTable.Leaf(Page, V | R | A));
        ulong pointer = table.Root + ((Va >> 30) * 8);
        Assert.NotEqual(slot & ~0xFFFUL, pointer & ~0xFFFUL);
        ulong good = machine.Word(pointer);
        foreach (ulong bit in (ulong[])[U, A, D, 1UL << 54, 1UL << 60, 1UL << 61, 1UL << 62, 1UL << 63])
        {
            machine.Word(pointer) = good | bit;
            Faults(machine, table, $"pointer bit {bit:x}");
        }

        // G in a pointer is no more than a hint.
        machine.Word(pointer) = good | G;
        table.Activate();
        machine.Enter(PrivilegeMode.Supervisor);
        Assert.Equal(TlbFill.Mapped, machine.Hart.FillTlb(Va, 8, MemoryAccess.Load, out _, out _));

        static void Faults(TestMachine machine, GuestPageTable table, string what)
        {
            machine.Enter(PrivilegeMode.Machine);
            table.Activate();
            machine.Enter(PrivilegeMode.Supervisor);
            Assert.True(machine.Hart.FillTlb(Va, 8, MemoryAccess.Load, out _, out _) == TlbFill.Trapped, what);
            Assert.True(machine.State->Mcause == (ulong)ExceptionCause.LoadPageFault, what);
            machine.Enter(PrivilegeMode.Machine);
        }
    }

    [Fact]
    public void Memory_types_are_accepted_only_when_switched_on()
    {
        using var machine = new TestMachine();
        machine.State->Pmp.OpenAll();
        var table = new GuestPageTable(machine, 8);
        for (ulong type = 0; type < 4; type++)
        {
            foreach (bool on in (bool[])[false, true])
            {
                machine.Enter(PrivilegeMode.Machine);
                machine.Write(Csr.menvcfg, on ? EnvironmentBits.PBMTE : 0);
                table.Map(Va, GuestPageTable.Leaf(Page, V | R | A) | (type << 61));
                table.Activate();
                machine.Enter(PrivilegeMode.Supervisor);
                bool ok = type == 0 || (on && type != 3);
                Assert.Equal(ok ? TlbFill.Mapped : TlbFill.Trapped, machine.Hart.FillTlb(Va, 8, MemoryAccess.Load, out _, out _));
            }
        }
    }

    [Fact]
    public void A_64_KiB_range_is_one_entry_repeated()
    {
        using var machine = new TestMachine();
        machine.State->Pmp.OpenAll();
        var table = new GuestPageTable(machine, 8);
        ulong range = TestMachine.RamBase + 0x3_0000;
        for (ulong i = 0; i < 16; i++)
            table.Map(0x4_0000 + (i << 12), GuestPageTable.Leaf(range + 0x8000, V | R | A) | N);
        table.Map(0x8_0000, GuestPageTable.Leaf(range + 0x4000, V | R | A) | N);
        table.Activate();
        machine.Enter(PrivilegeMode.Supervisor);
        for (ulong i = 0; i < 16; i++)
        {
            Assert.Equal(TlbFill.Mapped, machine.Hart.FillTlb(0x4_0000 + (i << 12) + 8, 8, MemoryAccess.Load, out _, out ulong gpa));
            Assert.Equal(range + (i << 12) + 8, gpa);
        }

        Assert.Equal(TlbFill.Trapped, machine.Hart.FillTlb(0x8_0000, 8, MemoryAccess.Load, out _, out _));
    }

    [Theory]
    [InlineData(MemoryAccess_Load, 5UL)]
    [InlineData(MemoryAccess_Store, 7UL)]
    [InlineData(MemoryAccess_Fetch, 1UL)]
    public void A_table_outside_memory_is_an_access_fault_of_the_access(int access, ulong cause)
    {
        using var machine = new TestMachine();
        machine.State->Pmp.OpenAll();
        var table = new GuestPageTable(machine, 8);
        table.Map(Va, GuestPageTable.Leaf(0x1000_0000, V), level: 1);
        table.Activate();
        machine.Enter(PrivilegeMode.Supervisor);
        Assert.Equal(TlbFill.Trapped, machine.Hart.FillTlb(Va, 1, (MemoryAccess)access, out _, out _));
        Assert.Equal(cause, machine.State->Mcause);
        Assert.Equal(Va, machine.State->Mtval);
    }

    private const int MemoryAccess_Load = (int)MemoryAccess.Load;
    private const int MemoryAccess_Store = (int)MemoryAccess.Store;
    private const int MemoryAccess_Fetch = (int)MemoryAccess.Fetch;

    [Fact]
    public void A_table_that_points_to_itself_ends_in_a_page_fault()
    {
        using var machine = new TestMachine();
        machine.State->Pmp.OpenAll();
        var table = new GuestPageTable(machine, 10);
        for (ulong i = 0; i < 512; i++)
            machine.Word(table.Root + (i * 8)) = GuestPageTable.Leaf(table.Root, V);
        table.Activate();
        machine.Enter(PrivilegeMode.Supervisor);
        Assert.Equal(TlbFill.Trapped, machine.Hart.FillTlb(Va, 8, MemoryAccess.Load, out _, out _));
        Assert.Equal((ulong)ExceptionCause.LoadPageFault, machine.State->Mcause);
    }

    [Fact]
    public void Pmp_protects_the_tables_and_what_they_map()
    {
        using var machine = new TestMachine();
        var table = new GuestPageTable(machine, 8);
        ulong slot = table.Map(Va, GuestPageTable.Leaf(Page, V | R | W));
        // Entry 0: the leaf table, read-only. Entry 1: everything else.
        machine.Write(Csr.pmpaddr0, (slot & ~0xFFFUL | 0x7FF) >> 2);
        machine.Write(Csr.pmpaddr1, ulong.MaxValue);
        machine.Write(Csr.pmpcfg0, 0x1F19);
        table.Activate();
        machine.Enter(PrivilegeMode.Supervisor);
        // A must be set, and the store to the entry is what PMP refuses.
        Assert.Equal(TlbFill.Trapped, machine.Hart.FillTlb(Va, 8, MemoryAccess.Load, out _, out _));
        Assert.Equal((ulong)ExceptionCause.LoadAccessFault, machine.State->Mcause);

        machine.Word(slot) |= A | D;
        machine.Enter(PrivilegeMode.Supervisor);
        Assert.Equal(TlbFill.Mapped, machine.Hart.FillTlb(Va, 8, MemoryAccess.Load, out _, out _));

        machine.Enter(PrivilegeMode.Machine);
        machine.Write(Csr.pmpcfg0, 0x1F18);
        machine.Enter(PrivilegeMode.Supervisor);
        Assert.Equal(TlbFill.Trapped, machine.Hart.FillTlb(Va, 8, MemoryAccess.Store, out _, out _));
        Assert.Equal((ulong)ExceptionCause.StoreAccessFault, machine.State->Mcause);

        machine.Enter(PrivilegeMode.Machine);
        machine.Write(Csr.pmpaddr0, Page >> 2);
        machine.Write(Csr.pmpcfg0, 0x1F11);
        machine.Enter(PrivilegeMode.Supervisor);
        Assert.Equal(TlbFill.Mapped, machine.Hart.FillTlb(Va, 4, MemoryAccess.Load, out _, out _));
        Assert.Equal(TlbFill.Mapped, machine.Hart.FillTlb(Va + 4, 4, MemoryAccess.Store, out _, out _));
        Assert.Equal(TlbFill.Trapped, machine.Hart.FillTlb(Va, 4, MemoryAccess.Store, out _, out _));
        machine.Enter(PrivilegeMode.Supervisor);
        Assert.Equal(TlbFill.Trapped, machine.Hart.FillTlb(Va, 8, MemoryAccess.Load, out _, out _));
        Assert.Equal((ulong)ExceptionCause.LoadAccessFault, machine.State->Mcause);
    }

    [Fact]
    public void A_lazy_page_leaves_with_its_address_and_access_and_then_maps()
    {
        using var machine = new TestMachine();
        machine.State->Pmp.OpenAll();
        var table = new GuestPageTable(machine, 8);
        ulong slot = table.Map(Va, GuestPageTable.Leaf(Page, V | R | W));
        table.Activate();
        machine.Enter(PrivilegeMode.Supervisor);

        // First the table is lazy, for reading; then it is read-only and its update is a write; then the page itself.
        machine.MakeLazy(slot);
        Faults(slot, MappingFlags.Read);
        machine.MapPage(slot, MappingFlags.Read);
        Faults(slot, MappingFlags.Write);
        machine.MapPage(slot, MappingFlags.Read | MappingFlags.Write);
        machine.MakeLazy(Page);
        Faults(Page + 0x10, MappingFlags.Write);
        machine.MapPage(Page, MappingFlags.Read);
        Faults(Page + 0x10, MappingFlags.Write);
        machine.MapPage(Page, MappingFlags.Read | MappingFlags.Write);
        Assert.Equal(TlbFill.Mapped, machine.Hart.FillTlb(Va + 0x10, 8, MemoryAccess.Store, out _, out _));
        Assert.Equal(PrivilegeMode.Supervisor, machine.State->Mode);

        void Faults(ulong gpa, MappingFlags access)
        {
            Assert.Equal(TlbFill.Exit, machine.Hart.FillTlb(Va + 0x10, 8, MemoryAccess.Store, out _, out _));
            Assert.True(machine.Hart.ExitPending);
            VCpuExit exit = machine.Hart.PendingExit();
            Assert.Equal(VCpuExitKind.NestedPageFault, exit.Kind);
            Assert.Equal(gpa, exit.NestedPageFault.Address.Value);
            Assert.Equal(access, exit.NestedPageFault.Access);
        }
    }

    [Fact]
    public void What_is_not_memory_is_a_device_for_data_and_a_fault_for_fetches()
    {
        using var machine = new TestMachine();
        Assert.Equal(TlbFill.Mmio, machine.Hart.FillTlb(0x1000_0004, 4, MemoryAccess.Load, out _, out ulong gpa));
        Assert.Equal(0x1000_0004UL, gpa);
        Assert.Equal(TlbFill.Mmio, machine.Hart.FillTlb(0x1000_0004, 4, MemoryAccess.Store, out _, out _));
        Assert.Equal(TlbFill.Trapped, machine.Hart.FillTlb(0x1000_0004, 2, MemoryAccess.Fetch, out _, out _));
        Assert.Equal((ulong)ExceptionCause.InstructionAccessFault, machine.State->Mcause);
        // Beyond the 56 bits of a physical address there is nothing, not even a device.
        Assert.Equal(TlbFill.Trapped, machine.Hart.FillTlb(1UL << 56, 8, MemoryAccess.Load, out _, out _));
        Assert.Equal((ulong)ExceptionCause.LoadAccessFault, machine.State->Mcause);
    }

    [Fact]
    public void A_fence_for_one_address_drops_every_piece_of_its_superpage()
    {
        using var machine = new TestMachine();
        machine.State->Pmp.OpenAll();
        var table = new GuestPageTable(machine, 8);
        ulong va = 0x4000_0000;
        ulong slot = table.Map(va, GuestPageTable.Leaf(TestMachine.RamBase, V | R | A), level: 1);
        ulong other = table.Map(Va, GuestPageTable.Leaf(Page, V | R | A));
        table.Activate();
        machine.Enter(PrivilegeMode.Supervisor);
        Assert.Equal(TlbFill.Mapped, machine.Hart.FillTlb(va + 0x5000, 8, MemoryAccess.Load, out _, out _));
        Assert.Equal(TlbFill.Mapped, machine.Hart.FillTlb(Va, 8, MemoryAccess.Load, out _, out _));
        Assert.True(machine.Hart.IsCached(va + 0x5000));
        Assert.True(machine.Hart.IsCached(Va));

        Assert.True(machine.Hart.ExecuteSfenceVma(Va, true, 0, false));
        Assert.False(machine.Hart.IsCached(Va));
        Assert.True(machine.Hart.IsCached(va + 0x5000));
        machine.Word(slot) = 0;
        machine.Word(other) = 0;
        Assert.True(machine.Hart.ExecuteSfenceVma(va, true, 0, false));
        Assert.False(machine.Hart.IsCached(va + 0x5000));
    }

    [Fact]
    public void Translations_end_with_satp_pmp_and_full_fences()
    {
        using var machine = new TestMachine();
        machine.State->Pmp.OpenAll();
        var table = new GuestPageTable(machine, 8);
        table.Map(Va, GuestPageTable.Leaf(Page, V | R | A));
        table.Activate();
        Action[] changes =
        [
            () => Assert.True(machine.Hart.ExecuteSfenceVma(0, false, 0, false)),
            () => Assert.True(machine.Hart.ExecuteSfenceVma(0, false, 3, true)),
            () => machine.Write(Csr.satp, table.Satp | (1UL << 44)),
            () => machine.State->Mode = PrivilegeMode.Machine,
        ];
        foreach (Action change in changes[..3])
        {
            machine.Enter(PrivilegeMode.Supervisor);
            Assert.Equal(TlbFill.Mapped, machine.Hart.FillTlb(Va, 8, MemoryAccess.Load, out _, out _));
            Assert.True(machine.Hart.IsCached(Va));
            change();
            Assert.False(machine.Hart.IsCached(Va));
        }

        Assert.Equal(TlbFill.Mapped, machine.Hart.FillTlb(Va, 8, MemoryAccess.Load, out _, out _));
        machine.Enter(PrivilegeMode.Machine);
        machine.Write(Csr.pmpaddr5, 0);
        machine.Enter(PrivilegeMode.Supervisor);
        Assert.False(machine.Hart.IsCached(Va));
    }

    private static ExceptionCause PageFaultOf(MemoryAccess access) => access switch
    {
        MemoryAccess.Load => ExceptionCause.LoadPageFault,
        MemoryAccess.Store => ExceptionCause.StorePageFault,
        _ => ExceptionCause.InstructionPageFault,
    };
}
