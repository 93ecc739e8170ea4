using AxVCpu;
using AxVM.Boot;
using AxVM.Config;

namespace AxVM.Boards;

/// <summary>Which board a configuration is for.</summary>
internal static class BoardChoice
{
    /// <summary>Builds the board of a configuration's architecture.</summary>
    public static IMachine Build(VmConfig config, IMachineHost host, GuestConsole console) => Find(config) switch
    {
        GuestArchitecture.X64 => new X64VirtMachine(config, host, console),
        GuestArchitecture.Riscv64 => new Riscv64VirtMachine(config, host, console),
        _ => throw new ConfigException("base.architecture", "no engine here runs aarch64 guests; \"riscv64\" and \"x86_64\" are possible"),
    };

    /// <summary>Refuses an operating system for which there is no engine here, before anything is fetched or read for it.</summary>
    /// <exception cref="EngineUnavailableException">There is none.</exception>
    public static void RequireEngine(GuestArchitecture architecture)
    {
        switch (architecture)
        {
            case GuestArchitecture.X64:
                X64VirtMachine.RequireKvm(isSystem: true);
                break;
            case GuestArchitecture.Aarch64:
                throw new EngineUnavailableException(
                    "baremetal", "an aarch64 guest needs the hypervisor without an operating system below it; 'axvisor baremetal run' starts that in QEMU");
        }
    }

    /// <summary>
    /// The architecture that is configured; else that of an engine which has only one, else that of the kernel where its file
    /// tells, else riscv64.
    /// </summary>
    public static GuestArchitecture Find(VmConfig config)
    {
        if (config.Base.Architecture is { } architecture)
        {
            return architecture;
        }

        if (config.Engine.Name != "auto")
        {
            return config.Engine.Name == "kvm" ? GuestArchitecture.X64 : GuestArchitecture.Riscv64;
        }

        GuestArchitecture? found = config.Kernel.Path is { } path ? ImageFile.FindArchitecture(config.ResolvePath(path)) : null;
        return found ?? GuestArchitecture.Riscv64;
    }
}
