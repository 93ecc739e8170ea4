using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;

namespace AxVCpu.X64;

/// <summary>The general-purpose registers by the number that instructions encode; the index of <c>GetGpr</c> and <c>SetGpr</c>.</summary>
public enum X64Register
{
    /// <summary>Accumulator.</summary>
    Rax = 0,
    /// <summary>Counter.</summary>
    Rcx = 1,
    /// <summary>Data.</summary>
    Rdx = 2,
    /// <summary>Base.</summary>
    Rbx = 3,
    /// <summary>Stack pointer.</summary>
    Rsp = 4,
    /// <summary>Frame pointer.</summary>
    Rbp = 5,
    /// <summary>Source index.</summary>
    Rsi = 6,
    /// <summary>Destination index.</summary>
    Rdi = 7,
    /// <summary>Register 8.</summary>
    R8 = 8,
    /// <summary>Register 9.</summary>
    R9 = 9,
    /// <summary>Register 10.</summary>
    R10 = 10,
    /// <summary>Register 11.</summary>
    R11 = 11,
    /// <summary>Register 12.</summary>
    R12 = 12,
    /// <summary>Register 13.</summary>
    R13 = 13,
    /// <summary>Register 14.</summary>
    R14 = 14,
    /// <summary>Register 15.</summary>
    R15 = 15,
}

/// <summary>Bits of RFLAGS (Intel SDM volume 1, 3.4.3).</summary>
public static class X64Flags
{
    /// <summary>Bit 1, which is always one.</summary>
    public const ulong Fixed = 1UL << 1;

    /// <summary>TF: single step.</summary>
    public const ulong Trap = 1UL << 8;

    /// <summary>IF: maskable interrupts are taken.</summary>
    public const ulong InterruptEnable = 1UL << 9;

    /// <summary>IOPL: up to which privilege level ports may be used.</summary>
    public const ulong IoPrivilegeLevel = 3UL << 12;
}

/// <summary>The general-purpose registers, rip and rflags, as one group.</summary>
public struct X64GeneralRegisters
{
    /// <summary>How many registers have a number.</summary>
    public const int Count = 16;

    /// <summary>Register 0.</summary>
    public ulong Rax;

    /// <summary>Register 1.</summary>
    public ulong Rcx;

    /// <summary>Register 2.</summary>
    public ulong Rdx;

    /// <summary>Register 3.</summary>
    public ulong Rbx;

    /// <summary>Register 4.</summary>
    public ulong Rsp;

    /// <summary>Register 5.</summary>
    public ulong Rbp;

    /// <summary>Register 6.</summary>
    public ulong Rsi;

    /// <summary>Register 7.</summary>
    public ulong Rdi;

    /// <summary>Register 8.</summary>
    public ulong R8;

    /// <summary>Register 9.</summary>
    public ulong R9;

    /// <summary>Register 10.</summary>
    public ulong R10;

    /// <summary>Register 11.</summary>
    public ulong R11;

    /// <summary>Register 12.</summary>
    public ulong R12;

    /// <summary>Register 13.</summary>
    public ulong R13;

    /// <summary>Register 14.</summary>
    public ulong R14;

    /// <summary>Register 15.</summary>
    public ulong R15;

    /// <summary>The instruction pointer, an offset in the code segment.</summary>
    public ulong Rip;

    /// <summary>The flags; see <see cref="X64Flags"/>.</summary>
    public ulong Rflags;

    /// <summary>A numbered register.</summary>
    /// <param name="register">0 to 15; anything else is a <see cref="MisuseKind.Argument"/>.</param>
    [UnscopedRef]
    public ref ulong this[X64Register register]
    {
        get
        {
            if ((uint)register >= Count)
                Misuse.Throw(MisuseKind.Argument);
            // SAFETY: the sixteen numbered registers lie one behind the other from Rax on; the number was checked.
            return ref Unsafe.Add(ref Rax, (int)register);
        }
    }
}
