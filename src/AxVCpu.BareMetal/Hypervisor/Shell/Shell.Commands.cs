using AxVCpu.BareMetal.Aarch64;

namespace AxVCpu.BareMetal.Hypervisor;

internal unsafe partial struct Shell
{
    /// <summary>Why a VM stopped, as the end of a sentence.</summary>
    internal static ReadOnlySpan<byte> EndText(VmEnd end) => end switch
    {
        VmEnd.GuestPowerOff => " powered off"u8,
        VmEnd.GuestReset => " resets"u8,
        VmEnd.Command => " stopped"u8,
        _ => " failed"u8,
    };

    /// <summary>Why something is not possible.</summary>
    internal static ReadOnlySpan<byte> ProblemText(VmProblem problem) => problem switch
    {
        VmProblem.OutOfMemory => "not enough memory"u8,
        VmProblem.BadRegion => "region overlaps another, or a device"u8,
        VmProblem.HostMemoryTaken => "host memory is not free at"u8,
        VmProblem.NotADevice => "not a device that can be passed through:"u8,
        VmProblem.NoSuchNode => "no such node with registers in the host's devicetree, number"u8,
        VmProblem.DeviceTaken => "device belongs to another VM:"u8,
        VmProblem.NoSuchFile => "file is missing in the archive, number"u8,
        VmProblem.FileDoesNotFit => "file does not fit the guest's memory"u8,
        VmProblem.TreeDoesNotFit => "devicetree does not fit its room"u8,
        VmProblem.EngineFailure => "vCPU could not be made, number"u8,
        VmProblem.TooManyVms => "too many VMs"u8,
        VmProblem.NoCpu => "no CPU of this machine is in the set of vCPU"u8,
        _ => "ok"u8,
    };

    private static ReadOnlySpan<byte> StateText(VmState state) => state switch
    {
        VmState.Created => "created"u8,
        VmState.Running => "running"u8,
        VmState.Suspending => "suspending"u8,
        VmState.Suspended => "suspended"u8,
        VmState.Stopping => "stopping"u8,
        VmState.Stopped => "stopped"u8,
        _ => "failed"u8,
    };

    private static LogLine Line => new(isWanted: true);

    private static void Print(LogLine line)
    {
        Log.Write(line.Content, "\r\n"u8, default);
    }

    private static void Print(ReadOnlySpan<byte> text) => Print(Line.Text(text));

    private static LogLine Pad(LogLine line, int column)
    {
        while (line.Content.Length < column)
            line = line.Text(" "u8);
        return line;
    }

    private readonly void Execute(ShellCommand command)
    {
        if (command.Problem != ShellProblem.None)
        {
            Print(Line.Text(command.Problem switch
            {
                ShellProblem.UnknownCommand => "unknown command: "u8,
                ShellProblem.UnknownOption => "unknown option: "u8,
                ShellProblem.MissingTarget => "a VM is missing"u8,
                _ => "one word too many: "u8,
            }).Text(command.Offender).Text("; help lists the commands"u8));
            return;
        }
        switch (command.Verb)
        {
            case ShellVerb.Help:
                Help();
                break;
            case ShellVerb.VmList:
                List();
                break;
            case ShellVerb.Console:
                SelectConsole(command.Target(0));
                break;
            case ShellVerb.Log:
                SetLogLevel(command);
                break;
            case ShellVerb.Cpus:
                ShowCpus();
                break;
            case ShellVerb.Memory:
                Print(Line.Dec(HostMemory.FreePages >> 8).Text(" of "u8).Dec(HostMemory.TotalPages >> 8).Text(" MiB are free"u8));
                break;
            case ShellVerb.Channels:
                ShowChannels();
                break;
            case ShellVerb.Version:
                Print("axvisor aarch64, EL2"u8);
                break;
            case ShellVerb.Clear:
                Log.Write("\e[H\e[2J"u8);
                break;
            case ShellVerb.Reboot:
                HostCpus.Reboot();
                break;
            case ShellVerb.PowerOff:
                HostCpus.PowerOff();
                break;
            case ShellVerb.Nothing:
                break;
            default:
                for (int i = 0; i < command.TargetCount; i++)
                    ExecuteOn(command.Verb, command.Target(i), command.IsForced);
                break;
        }
    }

    private static void Help()
    {
        Print("vm list                     all VMs"u8);
        Print("vm show VM...               memory, vCPUs and statistics of VMs"u8);
        Print("vm create NAME...           makes a VM of the archive that was deleted"u8);
        Print("vm start|stop VM...         starts a VM anew, stops it"u8);
        Print("vm suspend|resume VM...     lets a VM stand still, and go on"u8);
        Print("vm restart VM...            stops and starts"u8);
        Print("vm delete [-f] VM...        frees a VM that is not running; -f stops it first"u8);
        Print("console VM                  the VM's console; Ctrl-] comes back here"u8);
        Print("log [off|error|warn|info|debug|trace]"u8);
        Print("cpus, memory, channels, version, clear, reboot, poweroff"u8);
    }

    private static void List()
    {
        ref HypervisorState hypervisor = ref HypervisorState.Current;
        Print("ID    NAME                  STATE       VCPUS  MEMORY    CPU TIME   EXITS"u8);
        for (int slot = 0; slot < HypervisorState.MaxVms; slot++)
        {
            Vm* vm = hypervisor.VmAt(slot);
            if (vm == null)
                continue;
            LogLine line = Pad(Line.Dec(vm->Id), 6).Text(vm->Manifest.Name.Span);
            line = Pad(Pad(line, 28).Text(StateText(vm->State)), 40).Dec((ulong)vm->VCpuCount);
            line = Pad(Pad(line, 47).Dec(vm->Space.ResidentFrames >> 8).Text(" MiB"u8), 57);
            line = Pad(line.Dec(vm->Scheduling.UsedTicks * 1000 / HostTimer.Frequency).Text(" ms"u8), 68).Dec(vm->Exits);
            Print(line);
        }
    }

    private static void Show(Vm* vm)
    {
        Print(Line.Text("VM "u8).Dec(vm->Id).Text(" "u8).Text(vm->Manifest.Name.Span).Text(": "u8).Text(StateText(vm->State)).Text(", started "u8)
            .Dec(vm->Starts).Text(" times, weight "u8).Dec(vm->Manifest.Weight));
        for (int i = 0; i < vm->Manifest.RegionCount; i++)
        {
            RegionConfig region = vm->Manifest.Regions[i];
            Print(Line.Text("  memory "u8).Hex(region.Address).Text(" size "u8).Hex(region.Size).Text(region.Type switch
            {
                RegionType.Allocate => " allocated"u8,
                RegionType.Identical => " identical"u8,
                _ => " reserved"u8,
            }).Text(" flags "u8).Dec((ulong)region.Flags));
        }
        for (int i = 0; i < vm->VCpuCount; i++)
        {
            ref VmVCpu vcpu = ref vm->VCpu(i);
            Print(Line.Text("  vcpu "u8).Dec((ulong)i).Text(" mpidr "u8).Hex(vcpu.Mpidr).Text(vcpu.Scheduling.State switch
            {
                SchedulingState.Parked => " off"u8,
                SchedulingState.Runnable => " waits for a CPU"u8,
                SchedulingState.Running => " runs"u8,
                _ => " idle"u8,
            }).Text(", last on CPU "u8).Dec(vcpu.Scheduling.LastCpu).Text(", "u8).Dec(vcpu.Scheduling.UsedTicks * 1000 / HostTimer.Frequency)
                .Text(" ms, "u8).Dec(vcpu.Exits).Text(" exits, "u8).Dec(vcpu.Halts).Text(" waits"u8));
        }
        for (int i = 0; i < vm->Manifest.NodeCount; i++)
            Print(Line.Text("  passthrough "u8).Text(vm->Manifest.Nodes[i].Span));
    }

    private readonly void ExecuteOn(ShellVerb verb, ReadOnlySpan<byte> name, bool force)
    {
        ref HypervisorState hypervisor = ref HypervisorState.Current;
        Vm* vm = hypervisor.FindVm(name);
        if (verb == ShellVerb.VmCreate)
        {
            if (vm != null)
                Print(Line.Text("there is a VM "u8).Text(name).Text(" already"u8));
            else if (!HypervisorMain.CreateFromArchive(name))
                Print(Line.Text("the archive has no VM "u8).Text(name).Text(" that can be made"u8));
            return;
        }
        if (vm == null)
        {
            Print(Line.Text("there is no VM "u8).Text(name).Text("; vm list shows all"u8));
            return;
        }
        bool done = true;
        switch (verb)
        {
            case ShellVerb.VmShow:
                Show(vm);
                break;
            case ShellVerb.VmStart:
                done = vm->State is VmState.Created or VmState.Stopped or VmState.Failed && HypervisorMain.StartVm(vm);
                break;
            case ShellVerb.VmStop:
                done = vm->Stop(VmEnd.Command);
                break;
            case ShellVerb.VmSuspend:
                done = vm->Suspend();
                break;
            case ShellVerb.VmResume:
                done = vm->Resume();
                break;
            case ShellVerb.VmRestart:
                done = vm->Stop(VmEnd.Command, restart: true) || HypervisorMain.StartVm(vm);
                break;
            case ShellVerb.VmDelete when vm->State is VmState.Created or VmState.Stopped or VmState.Failed:
                hypervisor.DeleteVm(vm);
                break;
            case ShellVerb.VmDelete:
                done = force && vm->Stop(VmEnd.Command, delete: true);
                break;
        }
        if (!done)
            Print(Line.Text("not possible: VM "u8).Text(name).Text(" is "u8).Text(StateText(vm->State)));
    }

    private static void SelectConsole(ReadOnlySpan<byte> name)
    {
        Vm* vm = HypervisorState.Current.FindVm(name);
        if (vm == null)
        {
            Print(Line.Text("there is no VM "u8).Text(name));
            return;
        }
        Print("Ctrl-] comes back here"u8);
        HypervisorState.Current.Consoles.Select(vm);
    }

    private static void SetLogLevel(ShellCommand command)
    {
        for (int level = 0; level <= (int)LogLevel.Trace; level++)
        {
            if (command.TargetCount == 0 ? Log.Level == (LogLevel)level : ShellCommand.Is(command.Target(0), LevelName((LogLevel)level)))
            {
                Log.Level = (LogLevel)level;
                Print(Line.Text("log level "u8).Text(LevelName((LogLevel)level)));
                return;
            }
        }
        Print("levels are off, error, warn, info, debug and trace"u8);
    }

    private static ReadOnlySpan<byte> LevelName(LogLevel level) => level switch
    {
        LogLevel.Off => "off"u8,
        LogLevel.Error => "error"u8,
        LogLevel.Warn => "warn"u8,
        LogLevel.Info => "info"u8,
        LogLevel.Debug => "debug"u8,
        _ => "trace"u8,
    };

    private static void ShowCpus()
    {
        for (uint cpu = 0; cpu < HostCpus.Count; cpu++)
        {
            Print(Line.Text("CPU "u8).Dec(cpu).Text(" mpidr "u8).Hex(HostCpus.MpidrOf(cpu)).Text(", idle for "u8)
                .Dec(HypervisorState.Current.Scheduler.IdleTicks(cpu, HostTimer.Now) * 1000 / HostTimer.Frequency).Text(" ms"u8));
        }
    }

    private static void ShowChannels()
    {
        for (int i = 0; i < ChannelTable.Capacity; i++)
        {
            if (HypervisorState.Current.Channels.TryGet(i, out Channel channel))
                Print(Line.Text("VM "u8).Dec(channel.PublisherId).Text(" key "u8).Hex(channel.Key).Text(", "u8).Dec(channel.Size).Text(" bytes"u8));
        }
        Print(Line.Dec((ulong)HypervisorState.Current.Channels.Count).Text(" channels"u8));
    }
}
