using AxVCpu.BareMetal.Aarch64;

namespace AxVCpu.BareMetal.Hypervisor;

/// <summary>Where the machine is handed over when all of it is up.</summary>
internal static unsafe class HypervisorMain
{
    /// <summary>The boot argument that gives the console to a VM at the start: its name follows.</summary>
    private static ReadOnlySpan<byte> ConsoleArgument => "axvisor.console="u8;

    /// <summary>The boot CPU. Does not return.</summary>
    public static void Boot()
    {
        if (!HypervisorState.TryCreate())
        {
            Log.Error("not enough memory"u8).End();
            return;
        }
        ref HypervisorState hypervisor = ref HypervisorState.Current;
        hypervisor.Clock.Open(HostTimer.Now, HostTimer.Frequency);
        hypervisor.Entropy.Open();
        if (!hypervisor.Entropy.IsSeeded)
            Log.Warn("the machine has no source of random numbers: guests get none"u8).End();
        CreateAll();
        HostConsole.EnableReceiveInterrupt();
        if (HostConsole.InterruptId != 0)
            HostGic.EnableSpi(HostConsole.InterruptId, 0, isEdge: false);
        SelectFirstConsole();
        hypervisor.SetReady();
        StartAll();
        if (hypervisor.Consoles.Focus == null)
            hypervisor.Shell.Open();
        CpuLoop.Run(0);
    }

    /// <summary>Another CPU. Does not return.</summary>
    public static void Secondary(uint cpu)
    {
        while (!HypervisorState.IsReady)
            Native.Relax();
        CpuLoop.Run(cpu);
    }

    /// <summary>Makes the VM of that name out of the archive.</summary>
    internal static bool CreateFromArchive(ReadOnlySpan<byte> name)
    {
        bool made = false;
        if (ArchiveReader.Open(HostFdt.Archive, out ArchiveReader archive) != ArchiveStatus.Ok)
            return false;
        for (uint i = 0; archive.TryGet(i, out ArchiveEntry entry); i++)
        {
            if (entry.Kind == ArchiveEntryKind.Manifest && ShellCommand.Is(entry.Name, name))
                made = Create(entry);
        }
        return made;
    }

    /// <summary>Starts a VM and says what went wrong.</summary>
    internal static bool StartVm(Vm* vm)
    {
        VmProblem problem = vm->Start();
        if (problem != VmProblem.None)
            Log.Error("vm "u8).Text(vm->Manifest.Name.Span).Text(" does not start: "u8).Text(Shell.ProblemText(problem)).End();
        return problem == VmProblem.None;
    }

    private static void CreateAll()
    {
        ArchiveStatus status = ArchiveReader.Open(HostFdt.Archive, out ArchiveReader archive);
        if (status != ArchiveStatus.Ok)
        {
            if (HostFdt.Archive.IsEmpty)
                Log.Warn("there is no guest archive: give it as the initial RAM disk"u8).End();
            else
                Log.Warn("the guest archive cannot be used: "u8).Text(ProblemText(status)).End();
            return;
        }
        for (uint i = 0; archive.TryGet(i, out ArchiveEntry entry); i++)
        {
            if (entry.Kind == ArchiveEntryKind.Manifest)
                Create(entry);
        }
    }

    private static ReadOnlySpan<byte> ProblemText(ArchiveStatus status) => status switch
    {
        ArchiveStatus.Truncated => "it is cut off"u8,
        ArchiveStatus.NotAnArchive => "it is something else"u8,
        ArchiveStatus.UnknownVersion => "it is of another version of the tools"u8,
        ArchiveStatus.BadTable => "its table of contents is damaged"u8,
        _ => "its checksum is wrong"u8,
    };

    private static bool Create(ArchiveEntry entry)
    {
        if (!Vm.TryAllocate((ulong)sizeof(VmManifest), out void* memory, out ulong pages))
            return false;
        ref VmManifest manifest = ref *(VmManifest*)memory;
        ManifestProblem problem = VmManifest.Read(entry.Data, ref manifest, out ManifestTag tag);
        bool made = false;
        if (problem != ManifestProblem.None)
        {
            Log.Error("vm "u8).Text(entry.Name).Text(": manifest item "u8).Dec((ulong)tag).Text(" is wrong, problem "u8).Dec((ulong)problem).End();
        }
        else
        {
            VmProblem trouble = HypervisorState.Current.CreateVm(in manifest, out Vm* vm, out ulong what);
            made = trouble == VmProblem.None;
            if (!made)
                Log.Error("vm "u8).Text(entry.Name).Text(" cannot be made: "u8).Text(Shell.ProblemText(trouble)).Text(" "u8).Hex(what).End();
        }
        HostMemory.Free(new HostPhysAddr((ulong)memory), pages);
        return made;
    }

    private static void StartAll()
    {
        for (int slot = 0; slot < HypervisorState.MaxVms; slot++)
        {
            Vm* vm = HypervisorState.Current.VmAt(slot);
            if (vm == null || (vm->Manifest.Flags & VmFlags.AutoStart) == 0)
                continue;
            // Said before: what the guest then prints must not have it in its midst.
            Log.Info("vm "u8).Text(vm->Manifest.Name.Span).Text(" starts"u8).End();
            StartVm(vm);
        }
    }

    private static void SelectFirstConsole()
    {
        ReadOnlySpan<byte> arguments = HostFdt.BootArguments;
        for (int start = 0; start < arguments.Length; start++)
        {
            int end = start;
            while (end < arguments.Length && arguments[end] != (byte)' ')
                end++;
            ReadOnlySpan<byte> word = arguments.Slice(start, end - start);
            if (word.Length > ConsoleArgument.Length && ShellCommand.Is(word.Slice(0, ConsoleArgument.Length), ConsoleArgument))
                HypervisorState.Current.Consoles.Select(HypervisorState.Current.FindVm(word.Slice(ConsoleArgument.Length)));
            start = end;
        }
    }
}
