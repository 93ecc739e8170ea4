namespace Axvisor.Guests;

/// <summary>The folder where prepared guests are kept, shared by all processes of a user.</summary>
/// <remarks>
/// A guest is made in a work folder and appears under its name in one rename, so that a half-made guest is never seen; a lock file admits
/// one preparation at a time.
/// </remarks>
internal sealed class GuestCache
{
    private const string WorkPrefix = ".work-";
    private const long NeededBytes = 400L << 20; // the kernel package, its modules and the results, side by side

    /// <summary>Uses a folder.</summary>
    /// <param name="folder">The folder; made when first needed.</param>
    internal GuestCache(string folder) => Folder = folder;

    /// <summary>The cache's folder.</summary>
    internal string Folder { get; }

    /// <summary>The user's cache: $XDG_CACHE_HOME/axvisor, else ~/.cache/axvisor.</summary>
    internal static GuestCache OfUser()
    {
        string? root = Environment.GetEnvironmentVariable("XDG_CACHE_HOME");
        if (string.IsNullOrEmpty(root) || !Path.IsPathRooted(root))
            root = Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".cache");
        return new GuestCache(Path.Combine(root, "axvisor"));
    }

    /// <summary>The folder of a guest, there or not.</summary>
    internal string FolderOf(string guest) => Path.Combine(Folder, guest);

    /// <summary>Makes a guest unless another process has just done so, and publishes it in one step.</summary>
    /// <param name="guest">The guest's name.</param>
    /// <param name="recipe">The recipe's number.</param>
    /// <param name="force">Make it again even when it is there.</param>
    /// <param name="progress">Hears of waiting for another process.</param>
    /// <param name="make">Fills the first folder with the results, using the second for scratch, and says what they were made from.</param>
    /// <param name="cancellation">Stops the work and leaves nothing.</param>
    /// <exception cref="PreparationException">The folder cannot be written, or there is no space.</exception>
    internal async Task<GuestManifest> PublishAsync(
        string guest, int recipe, bool force, IPreparationProgress progress,
        Func<string, string, Task<GuestManifest>> make, CancellationToken cancellation)
    {
        string? work = null;
        try
        {
            CreateFolder();
            using FileStream held = await LockAsync(progress, cancellation).ConfigureAwait(false);
            if (!force && GuestManifest.TryRead(FolderOf(guest), recipe) is { } present)
                return present;
            RemoveLeftovers();
            RequireSpace();
            work = Directory.CreateDirectory(Path.Combine(Folder, WorkPrefix + Guid.NewGuid().ToString("N"))).FullName;
            string results = Directory.CreateDirectory(Path.Combine(work, "results")).FullName;
            string scratch = Directory.CreateDirectory(Path.Combine(work, "scratch")).FullName;
            GuestManifest manifest = await make(results, scratch).ConfigureAwait(false);
            manifest.Write(results);
            if (Directory.Exists(FolderOf(guest)))
                Directory.Move(FolderOf(guest), Path.Combine(work, "replaced"));
            Directory.Move(results, FolderOf(guest));
            return manifest;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new PreparationException($"guest '{guest}' could not be stored in {Folder}: {e.Message}", e);
        }
        finally
        {
            if (work is not null)
                TryDelete(work);
        }
    }

    /// <summary>Puts a small file into the cache unless it is there with the same content; other processes see it whole or not at all.</summary>
    /// <exception cref="PreparationException">The folder cannot be written.</exception>
    internal void StoreFile(string path, byte[] content)
    {
        string temporary = $"{path}.{Guid.NewGuid():N}";
        try
        {
            if (File.Exists(path) && File.ReadAllBytes(path).AsSpan().SequenceEqual(content))
                return;
            CreateFolder();
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            File.WriteAllBytes(temporary, content);
            File.Move(temporary, path, overwrite: true);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            if (File.Exists(temporary))
                File.Delete(temporary);
            throw new PreparationException($"{path} could not be written: {e.Message}", e);
        }
    }

    private void CreateFolder()
    {
        if (!OperatingSystem.IsWindows())
            Directory.CreateDirectory(Folder, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        else
            Directory.CreateDirectory(Folder);
    }

    private async Task<FileStream> LockAsync(IPreparationProgress progress, CancellationToken cancellation)
    {
        string path = Path.Combine(Folder, ".lock");
        for (bool told = false; ; told = true)
        {
            try
            {
                return new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
            }
            catch (IOException) when (File.Exists(path))
            {
                if (!told)
                    progress.Step("Waiting for another preparation of guests to end");
                await Task.Delay(200, cancellation).ConfigureAwait(false);
            }
        }
    }

    // Under the lock nobody else has a work folder: these are of processes that were killed.
    private void RemoveLeftovers()
    {
        foreach (string left in Directory.EnumerateDirectories(Folder, WorkPrefix + "*"))
            TryDelete(left);
    }

    private void RequireSpace()
    {
        long free = new DriveInfo(Folder).AvailableFreeSpace;
        if (free < NeededBytes)
            throw new PreparationException($"no space in {Folder}: preparing a guest needs {NeededBytes >> 20} MiB for a while, {free >> 20} MiB are free");
    }

    private static void TryDelete(string folder)
    {
        try
        {
            Directory.Delete(folder, recursive: true);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // It is removed before the next preparation.
        }
    }
}
