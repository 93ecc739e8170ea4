using AxVCpu;
using AxVM.Config;
using Iced.Intel;
using static Iced.Intel.AssemblerRegisters;

namespace AxVM.Tests.X64;

/// <summary>Small guests on the x86-64 board, whatever KVM module is here; each with every place of the interrupt controllers.</summary>
public sealed class X64VirtTests
{
    private const ulong Apic = 0xFEE0_0000;
    private const ulong IoApic = 0xFEC0_0000;
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(60);

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public static TheoryData<InterruptControllerPlace> Places =>
        [InterruptControllerPlace.None, InterruptControllerPlace.Split, InterruptControllerPlace.Kernel];

    private static async Task<(VmExit Exit, string Text)> Run(X64Program program, InterruptControllerPlace place, int cpus = 1, Action<VmConfig>? change = null)
    {
        VmConfig config = program.Config(place, cpus);
        change?.Invoke(config);
        await using VirtualMachine vm = VirtualMachine.Create(config, new VmOptions { RestartOnReset = false });
        VmExit exit = await vm.RunAsync(Cancellation).WaitAsync(s_patience, Cancellation);
        ValueTask disposing = vm.DisposeAsync();
        using StreamReader reader = new(vm.Console.Input.AsStream());
        string text = await reader.ReadToEndAsync(Cancellation).WaitAsync(s_patience, Cancellation);
        await disposing;
        return (exit, text);
    }

    [Theory]
    [MemberData(nameof(Places))]
    public async Task A_guest_prints_on_the_uart_and_powers_off_by_acpi(InterruptControllerPlace place)
    {
        X64Program.RequireKvm();
        using X64Program program = X64Program.Create(c =>
        {
            c.Print("up\n");
            c.PowerOff();
        });
        (VmExit exit, string text) = await Run(program, place);
        Assert.Equal((new VmExit(VmExitReason.PowerOff), "up\n"), (exit, text));
    }
}
