using Axvisor.Guests;

[assembly: AssemblyFixture(typeof(Boot.Tests.PackagedGuestFixture))]

namespace Boot.Tests;

/// <summary>The named guests, prepared once for all tests in the user's own cache.</summary>
public sealed class PackagedGuestFixture : IDisposable
{
    private readonly SemaphoreSlim _one = new(1);
    private readonly Dictionary<string, string?> _missing = [];

    /// <summary>Prepares a guest, or skips the test with the reason why that is not possible here.</summary>
    public async Task RequireAsync(string name)
    {
        await _one.WaitAsync(TestContext.Current.CancellationToken);
        try
        {
            if (!_missing.TryGetValue(name, out string? reason))
            {
                try
                {
                    await new GuestCatalog().Find(name)!.PrepareAsync(force: false, new Silence(), TestContext.Current.CancellationToken);
                }
                catch (PreparationException e)
                {
                    reason = e.Message;
                }
                _missing[name] = reason;
            }
            Assert.SkipWhen(reason is not null, $"guest {name} cannot be prepared here: {reason}");
        }
        finally
        {
            _one.Release();
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _one.Dispose();

    private sealed class Silence : IPreparationProgress
    {
        public void Step(string description)
        {
        }

        public void Advance(long done, long total)
        {
        }
    }
}
