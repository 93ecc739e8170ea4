namespace AxVCpu.BareMetal.Tests;

/// <summary>What the two hosts of the sequence differ in.</summary>
internal interface IExitSequenceHost
{
    /// <summary>Takes one line of the printed sequence, without its end.</summary>
    static abstract void Print(ReadOnlySpan<byte> line);

    /// <summary>Spoils whatever state a vCPU leaves on its CPU, while it is not bound.</summary>
    static abstract void Disturb();
}

/// <summary>Devices, registers and memory for the guest that makes every exit: the same rules wherever it runs.</summary>
internal struct ExitSequenceVm<TMemory> : IRunLoopVm
    where TMemory : struct, IExitSequenceMemory
{
    private const ulong Device = 0x1000_0000;
    private const ulong DeviceSize = 0x1000;
    private TMemory _memory;

    public ExitSequenceVm(TMemory memory) => _memory = memory;

    /// <summary>Each byte of a device is the lower byte of its register's address.</summary>
    public readonly bool MmioRead(GuestPhysAddr address, AccessWidth width, out ulong value)
    {
        value = (address.Value & 0xFF) * 0x0101_0101_0101_0101;
        value = width == AccessWidth.Qword ? value : value & ((1UL << ((int)width * 8)) - 1);
        return address.Value - Device < DeviceSize;
    }

    public readonly bool MmioWrite(GuestPhysAddr address, AccessWidth width, ulong value) => address.Value - (Device - 16) < DeviceSize;

    public readonly bool IoRead(ushort port, AccessWidth width, out ulong value)
    {
        value = 0;
        return false;
    }

    public readonly bool IoWrite(ushort port, AccessWidth width, ulong value) => false;

    public readonly bool SysRegRead(ulong address, out ulong value)
    {
        value = address ^ 0xFF;
        return true;
    }

    public readonly bool SysRegWrite(ulong address, ulong value) => true;

    public bool HandlePageFault(GuestPhysAddr address, MappingFlags access) => _memory.HandlePageFault(address, access);
}

/// <summary>The memory behind the sequence's VM.</summary>
internal interface IExitSequenceMemory
{
    /// <summary>Makes a page present.</summary>
    bool HandlePageFault(GuestPhysAddr address, MappingFlags access);
}

/// <summary>Runs a vCPU to its power-off, answers every exit by fixed rules, and prints each.</summary>
internal static class ExitSequence
{
    private const ulong AskForKick = 100;
    private const ulong AskForSwitch = 101;
    private const ulong Add = 1;
    private const uint MostExits = 1000;

    public static void Run<TArch, TVm, THost>(ref VCpu<TArch> vcpu, ref TVm vm)
        where TArch : struct, IArchVCpu<TArch>
        where TVm : struct, IRunLoopVm
        where THost : IExitSequenceHost
    {
        vcpu.Bind();
        for (uint i = 0; i < MostExits; i++)
        {
            VCpuExit exit = vcpu.Run();
            if (exit.Kind == VCpuExitKind.Nothing)
                continue;
            Print<THost>(exit);
            if (RunLoop.Serve(exit, ref vm, ref vcpu))
                continue;
            if (exit.Kind == VCpuExitKind.SystemDown)
                break;
            Answer<TArch, THost>(exit, ref vcpu);
        }

        vcpu.Unbind();
    }

    private static void Answer<TArch, THost>(VCpuExit exit, ref VCpu<TArch> vcpu)
        where TArch : struct, IArchVCpu<TArch>
        where THost : IExitSequenceHost
    {
        switch (exit.Kind)
        {
            case VCpuExitKind.Hypercall when exit.Hypercall.Number == Add:
                ulong sum = 0;
                for (int i = 0; i < HypercallExit.ArgumentCount; i++)
                    sum += exit.Hypercall.Argument(i);
                vcpu.SetReturnValue(sum);
                break;
            case VCpuExitKind.Hypercall when exit.Hypercall.Number == AskForKick:
                vcpu.RequestExit();
                break;
            case VCpuExitKind.Hypercall when exit.Hypercall.Number == AskForSwitch:
                vcpu.Unbind();
                THost.Disturb();
                vcpu.Bind();
                break;
            case VCpuExitKind.CpuUp:
                vcpu.SetReturnValue(exit.CpuUp.TargetCpu);
                break;
            case VCpuExitKind.CpuDown or VCpuExitKind.SystemReset:
                vcpu.SetReturnValue(0);
                break;
        }
    }

    private static void Print<THost>(VCpuExit exit)
        where THost : IExitSequenceHost
    {
        var line = new LogLine(isWanted: true);
        switch (exit.Kind)
        {
            case VCpuExitKind.Hypercall:
                line = line.Text("Hypercall "u8).Hex(exit.Hypercall.Number);
                for (int i = 0; i < HypercallExit.ArgumentCount; i++)
                    line = line.Text(" "u8).Hex(exit.Hypercall.Argument(i));
                break;
            case VCpuExitKind.MmioRead:
                MmioReadExit read = exit.MmioRead;
                line = line.Text("MmioRead "u8).Hex(read.Address.Value).Text(" width "u8).Dec((ulong)read.Width).Text(" register "u8).Dec(read.Register)
                    .Text(" of "u8).Dec((ulong)read.RegisterWidth).Text(read.SignExtend ? " signed"u8 : default);
                break;
            case VCpuExitKind.MmioWrite:
                line = line.Text("MmioWrite "u8).Hex(exit.MmioWrite.Address.Value).Text(" width "u8).Dec((ulong)exit.MmioWrite.Width)
                    .Text(" data "u8).Hex(exit.MmioWrite.Data);
                break;
            case VCpuExitKind.SysRegRead:
                line = line.Text("SysRegRead "u8).Hex(exit.SysRegRead.Address).Text(" register "u8).Dec(exit.SysRegRead.Register);
                break;
            case VCpuExitKind.SysRegWrite:
                line = line.Text("SysRegWrite "u8).Hex(exit.SysRegWrite.Address).Text(" value "u8).Hex(exit.SysRegWrite.Value);
                break;
            case VCpuExitKind.ExternalInterrupt:
                line = line.Text("ExternalInterrupt "u8).Dec(exit.ExternalInterruptVector);
                break;
            case VCpuExitKind.NestedPageFault:
                line = line.Text("NestedPageFault "u8).Hex(exit.NestedPageFault.Address.Value).Text(" access "u8).Dec((ulong)exit.NestedPageFault.Access);
                break;
            case VCpuExitKind.Halt:
                line = line.Text("Halt "u8).Hex(exit.HaltDeadline);
                break;
            case VCpuExitKind.CpuUp:
                line = line.Text("CpuUp "u8).Hex(exit.CpuUp.TargetCpu).Text(" entry "u8).Hex(exit.CpuUp.Entry.Value).Text(" argument "u8).Hex(exit.CpuUp.Argument);
                break;
            case VCpuExitKind.CpuDown:
                line = line.Text("CpuDown "u8).Hex(exit.CpuDownPowerState);
                break;
            case VCpuExitKind.SystemDown:
                line = line.Text("SystemDown "u8).Hex(exit.SystemDownCode);
                break;
            case VCpuExitKind.SystemReset:
                line = line.Text("SystemReset "u8).Hex(exit.SystemResetCode);
                break;
            case VCpuExitKind.SendIpi:
                SendIpiExit ipi = exit.SendIpi;
                line = line.Text("SendIpi "u8).Dec(ipi.Vector).Text(" mask "u8).Hex(ipi.TargetMask).Text(" base "u8).Hex(ipi.TargetBase)
                    .Text(ipi.ToAll ? " all"u8 : default);
                break;
            case VCpuExitKind.Interrupted:
                line = line.Text("Interrupted"u8);
                break;
            case VCpuExitKind.ArchSpecific:
                line = line.Text("ArchSpecific "u8).Dec(exit.ArchSpecificCode);
                break;
            default:
                line = line.Text("unexpected kind "u8).Dec((ulong)exit.Kind);
                break;
        }

        THost.Print(line.Content);
    }
}
