namespace AxVCpu.BareMetal.Aarch64;

/// <summary>The CPU under test: the members of the real class of this name, on the <see cref="FakeCpu"/> of the calling thread.</summary>
internal static unsafe class Native
{
    public static ulong ReadMidrEl1() => FakeCpu.Current.Registers.GetValueOrDefault("MidrEl1");

    public static ulong ReadMpidrEl1() => FakeCpu.Current.Registers.GetValueOrDefault("MpidrEl1");

    public static ulong ReadIdRegister(uint index) => FakeCpu.Current.IdRegisters[index];

    public static ulong ReadIchVtrEl2() => FakeCpu.Current.Registers.GetValueOrDefault("IchVtrEl2");

    public static ulong ReadHcrEl2() => FakeCpu.Current.Registers.GetValueOrDefault("HcrEl2");

    public static void WriteHcrEl2(ulong value) => FakeCpu.Current.Registers["HcrEl2"] = value;

    public static ulong ReadVbarEl2() => FakeCpu.Current.Registers.GetValueOrDefault("VbarEl2");

    public static void WriteVbarEl2(ulong value) => FakeCpu.Current.Registers["VbarEl2"] = value;

    public static ulong ReadCptrEl2() => FakeCpu.Current.Registers.GetValueOrDefault("CptrEl2");

    public static void WriteCptrEl2(ulong value) => FakeCpu.Current.Registers["CptrEl2"] = value;

    public static ulong ReadMdcrEl2() => FakeCpu.Current.Registers.GetValueOrDefault("MdcrEl2");

    public static void WriteMdcrEl2(ulong value) => FakeCpu.Current.Registers["MdcrEl2"] = value;

    public static ulong ReadHstrEl2() => FakeCpu.Current.Registers.GetValueOrDefault("HstrEl2");

    public static void WriteHstrEl2(ulong value) => FakeCpu.Current.Registers["HstrEl2"] = value;

    public static ulong ReadCntHctlEl2() => FakeCpu.Current.Registers.GetValueOrDefault("CntHctlEl2");

    public static void WriteCntHctlEl2(ulong value) => FakeCpu.Current.Registers["CntHctlEl2"] = value;

    public static ulong ReadCntVoffEl2() => FakeCpu.Current.Registers.GetValueOrDefault("CntVoffEl2");

    public static void WriteCntVoffEl2(ulong value) => FakeCpu.Current.Registers["CntVoffEl2"] = value;

    public static ulong ReadVtcrEl2() => FakeCpu.Current.Registers.GetValueOrDefault("VtcrEl2");

    public static void WriteVtcrEl2(ulong value) => FakeCpu.Current.Registers["VtcrEl2"] = value;

    public static ulong ReadVttbrEl2() => FakeCpu.Current.Registers.GetValueOrDefault("VttbrEl2");

    public static void WriteVttbrEl2(ulong value) => FakeCpu.Current.Registers["VttbrEl2"] = value;

    public static ulong ReadVmpidrEl2() => FakeCpu.Current.Registers.GetValueOrDefault("VmpidrEl2");

    public static void WriteVmpidrEl2(ulong value) => FakeCpu.Current.Registers["VmpidrEl2"] = value;

    public static ulong ReadVpidrEl2() => FakeCpu.Current.Registers.GetValueOrDefault("VpidrEl2");

    public static void WriteVpidrEl2(ulong value) => FakeCpu.Current.Registers["VpidrEl2"] = value;

    public static void WriteHcrxEl2(ulong value) => FakeCpu.Current.Registers["HcrxEl2"] = value;

    public static ulong ReadCntPctEl0() => FakeCpu.Current.Now;

    public static ulong ReadCntFrqEl0() => FakeCpu.Current.Registers.GetValueOrDefault("CntFrqEl0");

    public static ulong ReadCntHpCtlEl2() => FakeCpu.Current.Registers.GetValueOrDefault("CntHpCtlEl2");

    public static void WriteCntHpCtlEl2(ulong value) => FakeCpu.Current.Registers["CntHpCtlEl2"] = value;

    public static ulong ReadCntHpCvalEl2() => FakeCpu.Current.Registers.GetValueOrDefault("CntHpCvalEl2");

    public static void WriteCntHpCvalEl2(ulong value) => FakeCpu.Current.Registers["CntHpCvalEl2"] = value;

    public static ulong ReadCntVCtlEl0() => FakeCpu.Current.System.CntvCtlEl0;

    public static void WriteCntVCtlEl0(ulong value) => FakeCpu.Current.System.CntvCtlEl0 = value;

    public static ulong ReadCntVCvalEl0() => FakeCpu.Current.System.CntvCvalEl0;

    public static void WriteCntVCvalEl0(ulong value) => FakeCpu.Current.System.CntvCvalEl0 = value;

    public static ulong ReadIccSreEl2() => FakeCpu.Current.Registers.GetValueOrDefault("IccSreEl2");

    public static void WriteIccSreEl2(ulong value) => FakeCpu.Current.Registers["IccSreEl2"] = value;

    public static ulong ReadIccCtlrEl1() => FakeCpu.Current.Registers.GetValueOrDefault("IccCtlrEl1");

    public static void WriteIccCtlrEl1(ulong value) => FakeCpu.Current.Registers["IccCtlrEl1"] = value;

    public static void WriteIccPmrEl1(ulong value) => FakeCpu.Current.Registers["IccPmrEl1"] = value;

    public static void WriteIccBpr1El1(ulong value) => FakeCpu.Current.Registers["IccBpr1El1"] = value;

    public static void WriteIccIgrpEn1El1(ulong value) => FakeCpu.Current.Registers["IccIgrpEn1El1"] = value;

    public static ulong ReadIccIar1El1() => FakeCpu.Current.Acknowledge();

    public static void WriteIccEoir1El1(ulong value) => FakeCpu.Current.Registers["IccEoir1El1"] = value;

    public static void WriteIccDirEl1(ulong value) => FakeCpu.Current.Deactivate((uint)value);

    public static void WriteIccSgi1rEl1(ulong value) => FakeCpu.Current.SendSgi(value);

    public static ulong ReadSctlrEl1() => FakeCpu.Current.System.SctlrEl1;

    public static void WriteOslarEl1(ulong value) => FakeCpu.Current.Registers["OslarEl1"] = value;

    public static ExceptionKind EnterGuest(GuestRegisters* registers) => FakeCpu.Current.Enter(registers);

    public static ulong GuestVectors() => FakeCpu.GuestVectors;

    public static void SaveSystemRegisters(SystemRegisters* to) => *to = FakeCpu.Current.System;

    public static void LoadSystemRegisters(SystemRegisters* from) => FakeCpu.Current.System = *from;

    public static void SavePointerKeys(PointerKeys* to) => *to = FakeCpu.Current.Keys;

    public static void LoadPointerKeys(PointerKeys* from) => FakeCpu.Current.Keys = *from;

    public static void SaveDebugRegisters(DebugRegisters* to, uint breakpoints, uint watchpoints) => *to = FakeCpu.Current.Debug;

    public static void LoadDebugRegisters(DebugRegisters* from, uint breakpoints, uint watchpoints) => FakeCpu.Current.Debug = *from;

    public static void LoadVgicLists(VgicCpuInterface* from, uint lists) => FakeCpu.Current.LoadVgicLists(from, lists);

    public static void SaveVgicLists(VgicCpuInterface* to, uint lists) => FakeCpu.Current.SaveVgicLists(to, lists);

    public static void SaveVgicPriorities(VgicCpuInterface* to, uint lists, uint priorities) => (to->Ap0, to->Ap1) = (FakeCpu.Current.Vgic.Ap0, FakeCpu.Current.Vgic.Ap1);

    public static void LoadVgic(VgicCpuInterface* from, uint lists, uint priorities) => FakeCpu.Current.Vgic = *from;

    public static ulong TranslateStage1(ulong address, uint user, uint write) => FakeCpu.Current.Translate(address, user, write);

    public static void InvalidateStage2(ulong vttbr, ulong address, ulong pages) => FakeCpu.Current.Calls.Add(nameof(InvalidateStage2));

    public static void InvalidateStage2All(ulong vttbr) => FakeCpu.Current.Calls.Add(nameof(InvalidateStage2All));

    public static void InvalidateAllGuests() => FakeCpu.Current.Calls.Add(nameof(InvalidateAllGuests));

    public static void InvalidateLocalGuest() => FakeCpu.Current.Calls.Add(nameof(InvalidateLocalGuest));

    public static void InvalidateHost(ulong address, ulong pages) => FakeCpu.Current.Calls.Add(nameof(InvalidateHost));

    public static void CleanDataCache(ulong address, ulong size) => FakeCpu.Current.Calls.Add(nameof(CleanDataCache));

    public static void InvalidateInstructionCaches() => FakeCpu.Current.ShowCode();

    public static void Zero(ulong address, ulong size) => new Span<byte>((void*)address, (int)size).Clear();

    public static byte Read8(ulong address) => (byte)FakeCpu.Current.ReadDevice(address);

    public static void Write8(ulong address, byte value) => FakeCpu.Current.WriteDevice(address, value);

    public static ushort Read16(ulong address) => (ushort)FakeCpu.Current.ReadDevice(address);

    public static void Write16(ulong address, ushort value) => FakeCpu.Current.WriteDevice(address, value);

    public static uint Read32(ulong address) => (uint)FakeCpu.Current.ReadDevice(address);

    public static void Write32(ulong address, uint value) => FakeCpu.Current.WriteDevice(address, value);

    public static ulong Read64(ulong address) => (ulong)FakeCpu.Current.ReadDevice(address);

    public static void Write64(ulong address, ulong value) => FakeCpu.Current.WriteDevice(address, value);

    public static PerCpuBlock* CurrentCpu() => FakeCpu.Current.Block;

    public static void Dsb() => FakeCpu.Current.Calls.Add(nameof(Dsb));

    public static void WaitForInterrupt() => FakeCpu.Current.Wait();

    public static void WaitForEvent() => FakeCpu.Current.Calls.Add(nameof(WaitForEvent));

    public static void SendEvent() => FakeCpu.Current.Calls.Add(nameof(SendEvent));

    public static void Relax() => FakeCpu.Current.Relax();

    public static ulong Smc(ulong function, ulong a1, ulong a2, ulong a3) => FakeCpu.Current.Firmware(function, a1, a2, a3);

    public static ulong Hvc(ulong function) => FakeCpu.Current.Firmware(function, 0, 0, 0);

    public static uint CpuRandom(ulong* value) => FakeCpu.Current.Random(out *value) ? 1u : 0;

    public static ulong FirmwareRandom(ulong* words) => FakeCpu.Current.FirmwareRandom(new Span<ulong>(words, 3));

    public static ulong SecondaryEntry() => 0x1000;

    public static ulong HostRootTable() => FakeCpu.Current.RootTable;

    public static ulong HostSpareTables() => FakeCpu.Current.SpareTables;

    public static ulong CpuBlocks() => (ulong)FakeCpu.Current.Blocks;

    public static ulong ImageStacks() => 0;
}
