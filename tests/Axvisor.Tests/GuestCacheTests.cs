using Axvisor.Guests;

namespace Axvisor.Tests;

public sealed class GuestCacheTests : IDisposable
{
    private const int Recipe = 7;

    private readonly TemporaryFolder _folder = new();
    private readonly GuestCache _cache;

    public GuestCacheTests() => _cache = new GuestCache(_folder.File("cache dir"));

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task A_guest_is_made_once_and_found_again()
    {
        int made = 0;
        for (int i = 0; i < 2; i++)
        {
            GuestManifest manifest = await PublishAsync(force: false, () => made++);
            Assert.Equal("one", Assert.Single(manifest.Packages).Name);
        }
        Assert.Equal(1, made);
        await PublishAsync(force: true, () => made++);
        Assert.Equal(2, made);
        Assert.NotNull(GuestManifest.TryRead(_cache.FolderOf("g"), Recipe));
        Assert.Null(GuestManifest.TryRead(_cache.FolderOf("g"), Recipe + 1));
        Assert.Equal([".lock", "g"], Entries());
    }

    [Fact]
    public async Task A_failed_preparation_leaves_nothing_and_keeps_what_was_there()
    {
        await PublishAsync(force: false, () => { });
        await Assert.ThrowsAsync<PreparationException>(
            () => PublishAsync(force: true, () => throw new PreparationException("the network is gone")));
        PreparationException full =
            await Assert.ThrowsAsync<PreparationException>(() => PublishAsync(force: true, () => throw new IOException("No space left on device")));
        Assert.Contains("No space left on device", full.Message, StringComparison.Ordinal);
        Assert.Contains(_cache.Folder, full.Message, StringComparison.Ordinal);
        Assert.NotNull(GuestManifest.TryRead(_cache.FolderOf("g"), Recipe));
        Assert.Equal([".lock", "g"], Entries());
    }

    [Fact]
    public async Task A_guest_with_a_missing_or_shortened_file_is_made_again()
    {
        await PublishAsync(force: false, () => { });
        await File.WriteAllTextAsync(Path.Combine(_cache.FolderOf("g"), "kernel"), "short", Cancellation);
        Assert.Null(GuestManifest.TryRead(_cache.FolderOf("g"), Recipe));
        await PublishAsync(force: false, () => { });
        Assert.NotNull(GuestManifest.TryRead(_cache.FolderOf("g"), Recipe));
    }

    [Fact]
    public async Task Preparations_at_the_same_time_make_the_guest_once()
    {
        int made = 0;
        await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => Task.Run(() => PublishAsync(force: false, () => Interlocked.Increment(ref made)))));
        Assert.Equal(1, made);
    }

    [Fact]
    public async Task What_a_killed_process_left_is_removed_by_the_next()
    {
        Directory.CreateDirectory(Path.Combine(_cache.Folder, ".work-old/scratch"));
        await PublishAsync(force: false, () => { });
        Assert.Equal([".lock", "g"], Entries());
    }

    [Fact]
    public void The_folder_follows_the_xdg_variable_only_when_it_is_absolute()
    {
        GuestCache cache = GuestCache.OfUser();
        Assert.True(Path.IsPathRooted(cache.Folder));
        Assert.Equal("axvisor", Path.GetFileName(cache.Folder));
    }

    private Task<GuestManifest> PublishAsync(bool force, Action whileMaking) =>
        _cache.PublishAsync("g", Recipe, force, new Silence(), (results, scratch) =>
        {
            File.WriteAllText(Path.Combine(results, "kernel"), "the kernel's bytes");
            File.WriteAllText(Path.Combine(scratch, "rest"), "scratch");
            whileMaking();
            return Task.FromResult(new GuestManifest(
                Recipe, "g", "sid", DateTime.UnixEpoch, [new("one", "1", "riscv64", "00")], GuestManifest.Describe(results, ["kernel"])));
        }, Cancellation);

    private IEnumerable<string?> Entries() => Directory.GetFileSystemEntries(_cache.Folder).Select(Path.GetFileName).Order(StringComparer.Ordinal);

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
