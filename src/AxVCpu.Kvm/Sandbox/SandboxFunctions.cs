using System.Runtime.CompilerServices;

namespace AxVCpu.Kvm;

/// <summary>The arguments of a call from a sandbox: six registers, of which a function takes as many as it has parameters.</summary>
/// <param name="A0">rdi.</param>
/// <param name="A1">rsi.</param>
/// <param name="A2">rdx.</param>
/// <param name="A3">r10.</param>
/// <param name="A4">r8.</param>
/// <param name="A5">r9.</param>
public readonly record struct SandboxArguments(ulong A0, ulong A1, ulong A2, ulong A3, ulong A4, ulong A5);

/// <summary>A host function as a sandbox calls it.</summary>
/// <param name="sandbox">The caller; its memory can be read and written.</param>
/// <param name="arguments">The arguments: of a hostile caller, so addresses and sizes in them are claims.</param>
/// <returns>The result.</returns>
public delegate ulong SandboxFunction(KvmSandbox sandbox, in SandboxArguments arguments);

/// <summary>
/// The host functions of sandboxes, by number: user code puts the number into rax, the arguments into rdi, rsi, rdx, r10, r8 and r9, and
/// executes <c>out 0xF1, al</c>. The result is in rax; every other register stays. Parameters and results are unmanaged values of at most
/// eight bytes.
/// </summary>
/// <remarks>Filled before the first sandbox uses it; then it may be shared.</remarks>
public sealed class SandboxFunctions
{
    private const int MaxFunctions = 4096;
    private SandboxFunction?[] _functions = [];

    /// <summary>Adds a function that sees its arguments as they come.</summary>
    /// <exception cref="ArgumentException">The number is out of range (0 to 4095) or taken.</exception>
    public SandboxFunctions Add(int number, SandboxFunction function)
    {
        ArgumentNullException.ThrowIfNull(function);
        ArgumentOutOfRangeException.ThrowIfNegative(number);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(number, MaxFunctions);
        if (number >= _functions.Length)
            Array.Resize(ref _functions, number + 1);
        if (_functions[number] is not null)
            throw new ArgumentException($"host function {number} exists already", nameof(number));
        _functions[number] = function;
        return this;
    }

    /// <summary>Adds a function without parameters.</summary>
    public SandboxFunctions Add<TResult>(int number, Func<TResult> function)
        where TResult : unmanaged =>
        Add(number, (_, in _) => SandboxValue.From(function()));

    /// <summary>Adds a function with one parameter.</summary>
    public SandboxFunctions Add<T1, TResult>(int number, Func<T1, TResult> function)
        where T1 : unmanaged
        where TResult : unmanaged =>
        Add(number, (_, in a) => SandboxValue.From(function(SandboxValue.To<T1>(a.A0))));

    /// <summary>Adds a function with two parameters.</summary>
    public SandboxFunctions Add<T1, T2, TResult>(int number, Func<T1, T2, TResult> function)
        where T1 : unmanaged
        where T2 : unmanaged
        where TResult : unmanaged =>
        Add(number, (_, in a) => SandboxValue.From(function(SandboxValue.To<T1>(a.A0), SandboxValue.To<T2>(a.A1))));

    /// <summary>Adds a function with three parameters.</summary>
    public SandboxFunctions Add<T1, T2, T3, TResult>(int number, Func<T1, T2, T3, TResult> function)
        where T1 : unmanaged
        where T2 : unmanaged
        where T3 : unmanaged
        where TResult : unmanaged =>
        Add(number, (_, in a) => SandboxValue.From(
            function(SandboxValue.To<T1>(a.A0), SandboxValue.To<T2>(a.A1), SandboxValue.To<T3>(a.A2))));

    internal SandboxFunction? Find(ulong number) => number < (ulong)_functions.Length ? _functions[number] : null;
}

/// <summary>Values in registers: the low bytes, the rest zero.</summary>
internal static class SandboxValue
{
    internal static T To<T>(ulong register)
        where T : unmanaged
    {
        Require<T>();
        return Unsafe.As<ulong, T>(ref register);
    }

    internal static ulong From<T>(T value)
        where T : unmanaged
    {
        Require<T>();
        ulong register = 0;
        Unsafe.As<ulong, T>(ref register) = value;
        return register;
    }

    private static void Require<T>()
    {
        if (Unsafe.SizeOf<T>() > sizeof(ulong))
            throw new ArgumentException($"{typeof(T)} does not fit into a register");
    }
}
