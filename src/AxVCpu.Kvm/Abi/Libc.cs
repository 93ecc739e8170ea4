using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace AxVCpu.Kvm.Abi;

/// <summary>The calls to libc: all the native code there is. Arguments are blittable; errors are read from errno.</summary>
internal static unsafe partial class Libc
{
    internal const int OpenReadWrite = 2;
    internal const int OpenCloseOnExec = 0x80000;
    internal const int ProtReadWrite = 3;
    internal const int MapShared = 1;
    internal const int SigBlock = 0;
    internal const int SigUnblock = 1;

    internal const int ErrorPermission = 1;
    internal const int ErrorNoEntry = 2;
    internal const int ErrorInterrupted = 4;
    internal const int ErrorNoDevice = 6;
    internal const int ErrorAgain = 11;
    internal const int ErrorNoMemory = 12;
    internal const int ErrorAccess = 13;
    internal const int ErrorBadAddress = 14;
    internal const int ErrorExists = 17;
    internal const int ErrorNoSuchDevice = 19;
    internal const int ErrorInvalid = 22;
    internal const int ErrorHardwarePoison = 133;

    [LibraryImport("libc", EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int Open(string path, int flags);

    [LibraryImport("libc", EntryPoint = "close", SetLastError = true)]
    internal static partial int Close(int file);

    [LibraryImport("libc", EntryPoint = "ioctl", SetLastError = true)]
    internal static partial int Ioctl(int file, nuint request, nint argument);

    /// <summary>As <see cref="Ioctl"/>, for KVM_RUN: errno is looked at only when it failed, by <see cref="Enter"/>.</summary>
    [LibraryImport("libc", EntryPoint = "ioctl")]
    private static partial int IoctlQuick(int file, nuint request, nint argument);

    [LibraryImport("libc", EntryPoint = "mmap", SetLastError = true)]
    internal static partial nint MMap(nint address, nuint length, int protection, int flags, int file, nint offset);

    [LibraryImport("libc", EntryPoint = "munmap", SetLastError = true)]
    internal static partial int MUnmap(nint address, nuint length);

    [LibraryImport("libc", EntryPoint = "pthread_sigmask")]
    internal static partial int ThreadSignalMask(int how, SignalSet* set, SignalSet* old);

    [LibraryImport("libc", EntryPoint = "sigtimedwait", SetLastError = true)]
    internal static partial int SignalTimedWait(SignalSet* set, void* info, TimeSpec* timeout);

    [LibraryImport("libc", EntryPoint = "syscall", SetLastError = true)]
    internal static partial nint SystemCall(nint number, nint a, nint b, nint c);

    [LibraryImport("libc", EntryPoint = "getpid")]
    internal static partial int ProcessId();

    [LibraryImport("libc", EntryPoint = "gettid")]
    internal static partial int ThreadId();

    /// <summary>Makes a request that takes a value or a pointer.</summary>
    /// <returns>The result, or minus the error number.</returns>
    internal static int Request(int file, KvmRequest request, nint argument = 0)
    {
        int result = Ioctl(file, (nuint)(uint)request, argument);
        return result >= 0 ? result : -Marshal.GetLastPInvokeError();
    }

    /// <summary>
    /// KVM_RUN. After each exit the caches and TLBs are cold, so every page that is not touched counts: errno stays where it is unless the
    /// call failed. The runtime keeps it over its own work at the return of a call.
    /// </summary>
    /// <returns>0, or minus the error number.</returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static int Enter(int file)
    {
        int result = IoctlQuick(file, (uint)KvmRequest.Run, 0);
        return result >= 0 ? result : -Marshal.GetLastSystemError();
    }

    /// <summary>Makes a request with a structure.</summary>
    /// <returns>The result, or minus the error number.</returns>
    internal static int Request<T>(int file, KvmRequest request, T* argument)
        where T : unmanaged => Request(file, request, (nint)argument);
}

/// <summary>sigset_t of glibc and musl: 128 bytes, of which the kernel looks at the first 8.</summary>
internal struct SignalSet
{
    internal ulong Bits;
    private FifteenWords _rest;
}

[InlineArray(15)]
internal struct FifteenWords
{
    private ulong _first;
}

/// <summary>struct timespec.</summary>
internal struct TimeSpec
{
    internal long Seconds;
    internal long Nanoseconds;
}
