using System.Runtime.InteropServices;

namespace AxVCpu.Software.Translator;

/// <summary>
/// Memory for generated code, mapped twice: once to write it, once to run it. No mapping is ever writable and executable, so that a stray
/// write through a pointer to code cannot land, and hosts that forbid such mappings are served, too; and no call is needed per trace or per
/// patch, as flipping the protection of one mapping would. The processor sees writes through the other mapping: its instruction cache is
/// tagged by physical addresses and kept coherent (Intel SDM volume 3, section 11.6; AMD APM volume 2, section 7.6.1), and what a patch
/// replaces stays correct to execute.
/// </summary>
internal sealed unsafe partial class ExecutableMemory : IDisposable
{
    private const uint CloseOnExec = 1;
    private const uint Executable = 0x10;
    private const int ProtectRead = 1;
    private const int ProtectWrite = 2;
    private const int ProtectExecute = 4;
    private const int MapShared = 1;
    private static readonly nint s_failed = -1;

    private int _isDisposed;

    private ExecutableMemory(byte* writable, byte* executable, int bytes)
    {
        Writable = writable;
        Distance = (nint)(executable - writable);
        Bytes = bytes;
    }

    /// <summary>Start of the mapping that code is written through.</summary>
    public byte* Writable { get; }

    /// <summary>What to add to an address of <see cref="Writable"/> to run what is there.</summary>
    public nint Distance { get; }

    /// <summary>Size of each mapping.</summary>
    public int Bytes { get; }

    /// <summary>Maps <paramref name="bytes"/> (a multiple of the page size); null where the host does not let us.</summary>
    public static ExecutableMemory? TryCreate(int bytes)
    {
        if (!OperatingSystem.IsLinux())
            return null;
        try
        {
            // Linux since 6.3 wants to be told that a file is to be executed; before, it does not know the flag.
            int file = MemfdCreate("axvcpu-code", CloseOnExec | Executable);
            if (file < 0)
                file = MemfdCreate("axvcpu-code", CloseOnExec);
            if (file < 0)
                return null;
            try
            {
                return Map(file, bytes);
            }
            finally
            {
                _ = Close(file);
            }
        }
        catch (EntryPointNotFoundException)
        {
            return null;
        }
    }

    private static ExecutableMemory? Map(int file, int bytes)
    {
        if (Truncate(file, bytes) != 0)
            return null;
        nint writable = MemoryMap(0, (nuint)bytes, ProtectRead | ProtectWrite, MapShared, file, 0);
        if (writable == s_failed)
            return null;
        nint executable = MemoryMap(0, (nuint)bytes, ProtectRead | ProtectExecute, MapShared, file, 0);
        if (executable != s_failed)
            return new ExecutableMemory((byte*)writable, (byte*)executable, bytes);
        _ = MemoryUnmap(writable, (nuint)bytes);
        return null;
    }

    /// <summary>Unmaps the code. None of it may run any more.</summary>
    public void Dispose()
    {
        Unmap();
        GC.SuppressFinalize(this);
    }

    /// <summary>Unmaps memory that was not disposed.</summary>
    ~ExecutableMemory() => Unmap();

    private void Unmap()
    {
        if (Interlocked.Exchange(ref _isDisposed, 1) != 0)
            return;
        _ = MemoryUnmap((nint)Writable, (nuint)Bytes);
        _ = MemoryUnmap((nint)Writable + Distance, (nuint)Bytes);
    }

    [LibraryImport("libc", EntryPoint = "memfd_create", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int MemfdCreate(string name, uint flags);

    [LibraryImport("libc", EntryPoint = "ftruncate")]
    private static partial int Truncate(int file, nint length);

    [LibraryImport("libc", EntryPoint = "mmap")]
    private static partial nint MemoryMap(nint address, nuint length, int protection, int flags, int file, nint offset);

    [LibraryImport("libc", EntryPoint = "munmap")]
    private static partial int MemoryUnmap(nint address, nuint length);

    [LibraryImport("libc", EntryPoint = "close")]
    private static partial int Close(int file);
}
