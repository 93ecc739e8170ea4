using Axvisor.Commands;
using Axvisor.Guests;
using Axvisor.Terminal;

namespace Axvisor;

internal static class Program
{
    private static async Task<int> Main(string[] arguments)
    {
        using EndSignals signals = new();
        try
        {
            int code = await new AxvisorCommandLine(new GuestCatalog())
                .RunAsync(arguments, new StandardOutputWriter(), Console.Error, signals.Token).ConfigureAwait(false);
            return signals.Received != 0 ? ExitCode.SignalBase + signals.Received : code;
        }
        catch (OperationCanceledException)
        {
            return ExitCode.SignalBase + signals.Received;
        }
        catch (OutputClosedException)
        {
            return ExitCode.OutputClosed;
        }
    }
}
