using AxVCpu.Devices;
using AxVM.Boards;

namespace AxVM.Acpi;

/// <summary>The ACPI tables of the x86-64 <c>virt</c> board (ACPI 6.5): RSDP, RSDT, XSDT, FADT, MADT and DSDT in one block.</summary>
internal static class AcpiTables
{
    /// <summary>Bytes of the root pointer.</summary>
    public const int RsdpSize = 36;

    private const byte RsdtRevision = 1;
    private const byte XsdtRevision = 1;
    private const byte FadtRevision = 6;
    private const byte FadtMinorRevision = 5;
    private const byte MadtRevision = 5;
    private const byte DsdtRevision = 2;
    private const int TableAlignment = 16;
    private const ushort EdgeHigh = 0b01_01; // MPS INTI flags: trigger, polarity
    private const ushort LevelHigh = 0b11_01;

    /// <summary>Writes the tables.</summary>
    /// <param name="address">Where the block lies, 16-byte aligned and below 4 GiB; the RSDP is at its begin.</param>
    /// <param name="cpus">Number of processors; their APIC IDs count from 0.</param>
    /// <param name="virtioSlots">The virtio slots in use.</param>
    public static byte[] Build(ulong address, int cpus, IReadOnlyList<int> virtioSlots)
    {
        List<byte> block = [.. new byte[RsdpSize]];
        ulong Add(byte[] table)
        {
            block.AddRange(new byte[-block.Count & (TableAlignment - 1)]);
            ulong at = address + (ulong)block.Count;
            block.AddRange(table);
            return at;
        }

        ulong dsdt = Add(Dsdt(virtioSlots));
        ulong fadt = Add(Fadt(dsdt));
        ulong madt = Add(Madt(cpus));
        ulong xsdt = Add(new AcpiTable("XSDT", XsdtRevision).Qword(fadt).Qword(madt).Finish());
        // 32-bit kernels often read only the older root.
        ulong rsdt = Add(new AcpiTable("RSDT", RsdtRevision).Dword((uint)fadt).Dword((uint)madt).Finish());
        byte[] result = [.. block];
        Rsdp(rsdt, xsdt).CopyTo(result, 0);
        return result;
    }

    // 5.2.5.3; the first 20 bytes have a checksum of their own, for readers of version 1.
    private static byte[] Rsdp(ulong rsdt, ulong xsdt)
    {
        const int OldSize = 20;
        const int ChecksumAt = 8;
        const int ExtendedChecksumAt = 32;
        byte[] rsdp = new byte[RsdpSize];
        "RSD PTR "u8.CopyTo(rsdp);
        "AXVCPU"u8.CopyTo(rsdp.AsSpan(9));
        rsdp[15] = 2;
        BitConverter.TryWriteBytes(rsdp.AsSpan(16), (uint)rsdt);
        BitConverter.TryWriteBytes(rsdp.AsSpan(20), RsdpSize);
        BitConverter.TryWriteBytes(rsdp.AsSpan(24), xsdt);
        rsdp[ChecksumAt] = AcpiTable.Checksum(rsdp.AsSpan(0, OldSize));
        rsdp[ExtendedChecksumAt] = AcpiTable.Checksum(rsdp);
        return rsdp;
    }

    // 5.2.9: fixed hardware without SMI, always in ACPI mode.
    private static byte[] Fadt(ulong dsdt)
    {
        const uint Wbinvd = 1 << 0;
        const uint ProcC1 = 1 << 2;
        const uint SleepButtonAbsent = 1 << 5;
        const uint ResetRegister = 1 << 10;
        const ushort LegacyDevices = 1 << 0;
        const ushort VgaAbsent = 1 << 2;
        const byte Rtc = (byte)Mc146818Register.Century;
        ushort events = X64VirtLayout.PowerPort + (ushort)AcpiBlock.PM1a_EVT;
        ushort control = X64VirtLayout.PowerPort + (ushort)AcpiBlock.PM1a_CNT;
        ushort timer = X64VirtLayout.PowerPort + (ushort)AcpiBlock.PM_TMR;
        return new AcpiTable("FACP", FadtRevision)
            .Dword(0) // FIRMWARE_CTRL: no FACS, as nothing is kept over sleep
            .Dword((uint)dsdt)
            .Byte(0)
            .Byte(0) // Preferred_PM_Profile: unspecified
            .Word((ushort)X64VirtLayout.PowerIrq)
            .Dword(0).Byte(0).Byte(0).Byte(0).Byte(0) // SMI_CMD, ACPI_ENABLE, ACPI_DISABLE, S4BIOS_REQ, PSTATE_CNT
            .Dword(events).Dword(0) // PM1a_EVT_BLK, PM1b
            .Dword(control).Dword(0) // PM1a_CNT_BLK, PM1b
            .Dword(0) // PM2_CNT_BLK
            .Dword(timer)
            .Dword(0).Dword(0) // GPE0_BLK, GPE1_BLK
            .Byte(4).Byte(2).Byte(0).Byte(4) // lengths: PM1_EVT, PM1_CNT, PM2_CNT, PM_TMR
            .Byte(0).Byte(0).Byte(0) // GPE0_BLK_LEN, GPE1_BLK_LEN, GPE1_BASE
            .Byte(0) // CST_CNT
            .Word(0x0FFF).Word(0x0FFF) // P_LVL2_LAT, P_LVL3_LAT: not there
            .Word(0).Word(0).Byte(0).Byte(0) // FLUSH_SIZE, FLUSH_STRIDE, DUTY_OFFSET, DUTY_WIDTH
            .Byte(0).Byte(0).Byte(Rtc) // DAY_ALRM, MON_ALRM, CENTURY
            .Word(LegacyDevices | VgaAbsent)
            .Byte(0)
            .Dword(Wbinvd | ProcC1 | SleepButtonAbsent | ResetRegister)
            .PortAddress(X64VirtLayout.ResetPort, 8)
            .Byte(ResetControl.ResetValue)
            .Word(0) // ARM_BOOT_ARCH
            .Byte(FadtMinorRevision)
            .Qword(0) // X_FIRMWARE_CTRL
            .Qword(dsdt)
            .PortAddress(events, 32).PortAddress(0, 0)
            .PortAddress(control, 16).PortAddress(0, 0)
            .PortAddress(0, 0)
            .PortAddress(timer, 32)
            .PortAddress(0, 0).PortAddress(0, 0)
            .PortAddress(0, 0).PortAddress(0, 0) // SLEEP_CONTROL_REG, SLEEP_STATUS_REG: of reduced hardware
            .Qword(0) // hypervisor vendor
            .Finish();
    }

    // 5.2.12
    private static byte[] Madt(int cpus)
    {
        const byte LocalApicType = 0;
        const byte IoApicType = 1;
        const byte OverrideType = 2;
        const byte LocalNmiType = 4;
        const uint Enabled = 1;
        const uint NoPic = 0; // PCAT_COMPAT off: there is no pair of 8259s
        AcpiTable madt = new AcpiTable("APIC", MadtRevision).Dword((uint)LocalApic.DefaultBase).Dword(NoPic);
        for (int cpu = 0; cpu < cpus; cpu++)
        {
            madt.Byte(LocalApicType).Byte(8).Byte((byte)cpu).Byte((byte)cpu).Dword(Enabled);
        }

        madt.Byte(IoApicType).Byte(12).Byte(X64VirtLayout.IoApicId).Byte(0).Dword((uint)X64VirtLayout.IoApic).Dword(0);
        // The timer is at pin 2, as on every PC with an I/O APIC; the SCI is a level.
        madt.Byte(OverrideType).Byte(10).Byte(0).Byte(0).Dword(X64VirtLayout.TimerPin).Word(EdgeHigh);
        madt.Byte(OverrideType).Byte(10).Byte(0).Byte((byte)X64VirtLayout.PowerIrq).Dword(X64VirtLayout.PowerIrq).Word(LevelHigh);
        const byte AllProcessors = 0xFF;
        madt.Byte(LocalNmiType).Byte(6).Byte(AllProcessors).Word(0).Byte(1);
        return madt.Finish();
    }

    // Devices of the board that cannot be found by asking.
    private static byte[] Dsdt(IReadOnlyList<int> virtioSlots)
    {
        AmlWriter aml = new();
        aml.Scope("_SB", system =>
        {
            system.Device("COM1", uart => uart
                .HardwareId("PNP0501")
                .Name("_UID", 1)
                .Name("_STA", 0xF)
                .Resources(new ResourceTemplate().Ports(X64VirtLayout.UartPort, Uart16550.RegisterCount).IsaInterrupt((int)X64VirtLayout.UartIrq)));
            system.Device("RTC", rtc => rtc
                .HardwareId("PNP0B00")
                .Resources(new ResourceTemplate().Ports(X64VirtLayout.RtcPort, (byte)Mc146818.Size).IsaInterrupt((int)X64VirtLayout.RtcIrq)));
            foreach (int slot in virtioSlots)
            {
                system.Device($"VR{slot:X2}", device => device
                    .Name("_HID", "LNRO0005")
                    .Name("_UID", (ulong)slot)
                    .Name("_CCA", 1)
                    .Resources(new ResourceTemplate()
                        .Memory((uint)X64VirtLayout.VirtioAddress(slot), (uint)X64VirtLayout.VirtioSize)
                        .LevelInterrupt(X64VirtLayout.VirtioIrq + (uint)slot)));
            }
        });
        aml.NamePackage("\\_S5", AcpiPowerDevice.SoftOffType, AcpiPowerDevice.SoftOffType, 0, 0);
        return new AcpiTable("DSDT", DsdtRevision).Bytes(aml.ToArray()).Finish();
    }
}
