using System.Diagnostics;
using System.Runtime.CompilerServices;

namespace AxVCpu.Software.Translator.X64;

/// <summary>
/// Writes x86-64 instructions (Intel SDM volume 2, chapter 2) at <see cref="Next"/>. It does not check for room: the translator keeps a reserve
/// that no single operation exceeds.
/// </summary>
internal unsafe struct X64Assembler
{
    /// <summary>Where the next byte goes.</summary>
    public byte* Next;

    // Prefixes, REX and escapes in the order that the processor asks for.
    private static byte* Begin(byte* p, uint opcode, uint rex)
    {
        if (opcode > 0xFF)
        {
            byte prefix = (byte)(opcode >> 24);
            if (prefix != 0)
                *p++ = prefix;
            if (rex != 0)
                *p++ = (byte)(0x40 | rex);
            if ((byte)(opcode >> 8) != 0)
                *p++ = 0x0F;
        }
        else if (rex != 0)
        {
            *p++ = (byte)(0x40 | rex);
        }

        *p++ = (byte)opcode;
        return p;
    }

    /// <summary>An instruction on two registers; <paramref name="reg"/> may be the digit of a group.</summary>
    public void Register(X64Opcode opcode, uint reg, uint rm, bool wide)
    {
        byte* p = Begin(Next, (uint)opcode, (wide ? 8u : 0) | (reg >> 3 << 2) | (rm >> 3));
        *p++ = (byte)(0xC0 | (reg & 7) << 3 | (rm & 7));
        Next = p;
    }

    /// <summary>An instruction on a register, or the digit of a group, and memory.</summary>
    public void Memory(X64Opcode opcode, uint reg, X64Address memory, bool wide) =>
        Next = Address(Begin(Next, (uint)opcode, (wide ? 8u : 0) | AddressRex(reg, memory)), reg, memory);

    private static uint AddressRex(uint reg, X64Address memory) =>
        (reg >> 3 << 2) | (memory.Index == X64Register.None ? 0 : (uint)memory.Index >> 3 << 1) | ((uint)memory.Base >> 3);

    // ModRM, SIB and displacement (tables 2-2 and 2-3). rsp and r12 as a base need a SIB byte, rbp and r13 a displacement.
    private static byte* Address(byte* p, uint reg, X64Address memory)
    {
        uint field = (reg & 7) << 3;
        uint low = (uint)memory.Base & 7;
        int displacement = memory.Displacement;
        uint mode = displacement == 0 && low != 5 ? 0x00u : displacement == (sbyte)displacement ? 0x40u : 0x80u;
        if (memory.Index != X64Register.None)
        {
            *p++ = (byte)(mode | field | 4);
            *p++ = (byte)(memory.Scale << 6 | ((int)memory.Index & 7) << 3 | (int)low);
        }
        else
        {
            *p++ = (byte)(mode | field | low);
            if (low == 4)
                *p++ = 0x24;
        }

        if (mode == 0x40)
        {
            *p++ = (byte)displacement;
        }
        else if (mode == 0x80)
        {
            Unsafe.WriteUnaligned(p, displacement);
            p += 4;
        }

        return p;
    }

    public void Byte(byte value) => *Next++ = value;

    public void Int32(int value)
    {
        Unsafe.WriteUnaligned(Next, value);
        Next += 4;
    }

    // Moves.
    public void Mov(X64Register to, X64Register from, bool wide = true) => Register(X64Opcode.MovLoad, (uint)to, (uint)from, wide);

    public void Mov(X64Register to, X64Address from, bool wide = true) => Memory(X64Opcode.MovLoad, (uint)to, from, wide);

    public void Mov(X64Address to, X64Register from, bool wide = true) => Memory(X64Opcode.MovStore, (uint)from, to, wide);

    /// <summary>Stores the low bytes of a register.</summary>
    public void Store(X64Address to, X64Register from, int bytes)
    {
        switch (bytes)
        {
            case 1:
                // SAFETY: without REX the numbers 4 to 7 would mean ah to bh.
                uint rex = AddressRex((uint)from, to);
                byte* p = Next;
                if (rex != 0 || from >= X64Register.Rsp)
                    *p++ = (byte)(0x40 | rex);
                *p++ = (byte)X64Opcode.MovStore8;
                Next = Address(p, (uint)from, to);
                break;
            case 2:
                Memory(X64Opcode.MovStore16, (uint)from, to, false);
                break;
            default:
                Mov(to, from, bytes == 8);
                break;
        }
    }

    /// <summary>Stores a constant; eight bytes are the sign-extended one.</summary>
    public void StoreImmediate(X64Address to, int value, int bytes)
    {
        switch (bytes)
        {
            case 1:
                Memory(X64Opcode.MovImmediate8, 0, to, false);
                Byte((byte)value);
                break;
            case 2:
                Memory(X64Opcode.MovImmediate16, 0, to, false);
                Unsafe.WriteUnaligned(Next, (short)value);
                Next += 2;
                break;
            default:
                Memory(X64Opcode.MovImmediate, 0, to, bytes == 8);
                Int32(value);
                break;
        }
    }

    /// <summary>Loads a constant in the shortest form; changes the flags when it is zero.</summary>
    public void MovImmediate(X64Register to, long value)
    {
        if (value == 0)
        {
            Alu(X64Alu.Xor, to, to, wide: false);
            return;
        }

        MovConstant(to, value);
    }

    /// <summary>Loads a constant and leaves the flags alone.</summary>
    public void MovConstant(X64Register to, long value)
    {
        byte* p = Next;
        uint high = (uint)to >> 3;
        if (value == (uint)value)
        {
            if (high != 0)
                *p++ = 0x41;
            *p++ = (byte)(0xB8 | (int)to & 7);
            Unsafe.WriteUnaligned(p, (int)value);
            Next = p + 4;
        }
        else if (value == (int)value)
        {
            Register(X64Opcode.MovImmediate, 0, (uint)to, wide: true);
            Int32((int)value);
        }
        else
        {
            *p++ = (byte)(0x48 | high);
            *p++ = (byte)(0xB8 | (int)to & 7);
            Unsafe.WriteUnaligned(p, value);
            Next = p + 8;
        }
    }

    public void Movsxd(X64Register to, X64Register from) => Register(X64Opcode.Movsxd, (uint)to, (uint)from, wide: true);

    public void Lea(X64Register to, X64Address address, bool wide = true) => Memory(X64Opcode.Lea, (uint)to, address, wide);

    /// <summary>The lock prefix, in the place that an <see cref="X64Opcode"/> has for a legacy prefix.</summary>
    public const uint LockPrefix = 0xF000_0000;

    // Arithmetic.
    public void Alu(X64Alu operation, X64Register to, X64Register from, bool wide = true) =>
        Register((X64Opcode)((uint)operation << 3 | 3), (uint)to, (uint)from, wide);

    public void Alu(X64Alu operation, X64Register to, X64Address from, bool wide = true) =>
        Memory((X64Opcode)((uint)operation << 3 | 3), (uint)to, from, wide);

    public void Alu(X64Alu operation, X64Address to, X64Register from, bool wide = true) =>
        Memory((X64Opcode)((uint)operation << 3 | 1), (uint)from, to, wide);

    public void LockAlu(X64Alu operation, X64Address to, X64Register from, bool wide) =>
        Memory((X64Opcode)((uint)operation << 3 | 1 | LockPrefix), (uint)from, to, wide);

    public void Alu(X64Alu operation, X64Register to, int immediate, bool wide = true)
    {
        bool isByte = immediate == (sbyte)immediate;
        Register(isByte ? X64Opcode.AluImmediate8 : X64Opcode.AluImmediate32, (uint)operation, (uint)to, wide);
        Immediate(immediate, isByte);
    }

    public void Alu(X64Alu operation, X64Address to, int immediate, bool wide = true)
    {
        bool isByte = immediate == (sbyte)immediate;
        Memory(isByte ? X64Opcode.AluImmediate8 : X64Opcode.AluImmediate32, (uint)operation, to, wide);
        Immediate(immediate, isByte);
    }

    /// <summary>Compares a byte in memory with a constant.</summary>
    public void CompareByte(X64Address memory, byte immediate)
    {
        Memory(X64Opcode.CompareByteImmediate, (uint)X64Alu.Cmp, memory, false);
        Byte(immediate);
    }

    private void Immediate(int value, bool isByte)
    {
        if (isByte)
            Byte((byte)value);
        else
            Int32(value);
    }

    public void Test(X64Register a, X64Register b, bool wide = true) => Register(X64Opcode.Test, (uint)b, (uint)a, wide);

    public void Unary(X64Unary operation, X64Register operand, bool wide = true) => Register(X64Opcode.Unary, (uint)operation, (uint)operand, wide);

    public void Imul(X64Register to, X64Register from, bool wide = true) => Register(X64Opcode.Imul, (uint)to, (uint)from, wide);

    public void Imul(X64Register to, X64Address from, bool wide = true) => Memory(X64Opcode.Imul, (uint)to, from, wide);

    public void Imul(X64Register to, X64Register from, int immediate, bool wide = true)
    {
        bool isByte = immediate == (sbyte)immediate;
        Register(isByte ? X64Opcode.ImulImmediate8 : X64Opcode.ImulImmediate32, (uint)to, (uint)from, wide);
        Immediate(immediate, isByte);
    }

    /// <summary>Sign-extends rax into rdx:rax, or eax into edx:eax.</summary>
    public void SignToDx(bool wide)
    {
        if (wide)
            Byte(0x48);
        Byte(0x99);
    }

    public void Shift(X64Shift operation, X64Register operand, int count, bool wide = true)
    {
        Register(X64Opcode.ShiftImmediate, (uint)operation, (uint)operand, wide);
        Byte((byte)count);
    }

    public void ShiftByCl(X64Shift operation, X64Register operand, bool wide = true) => Register(X64Opcode.ShiftCl, (uint)operation, (uint)operand, wide);

    /// <summary>Clears or flips one bit.</summary>
    public void Bit(X64Bit operation, X64Register operand, int bit, bool wide)
    {
        Register(X64Opcode.BitImmediate, (uint)operation, (uint)operand, wide);
        Byte((byte)bit);
    }

    /// <summary>An instruction on two vector registers.</summary>
    public void Vector(X64Opcode opcode, X64Vector reg, X64Vector rm) => Register(opcode, (uint)reg, (uint)rm, wide: false);

    /// <summary>An instruction on a vector register and memory.</summary>
    public void Vector(X64Opcode opcode, X64Vector reg, X64Address memory) => Memory(opcode, (uint)reg, memory, wide: false);

    /// <summary>Shifts both 64-bit elements.</summary>
    public void Shift(X64VectorShift operation, X64Vector operand, int count)
    {
        Register(X64Opcode.ShiftQwords, (uint)operation, (uint)operand, wide: false);
        Byte((byte)count);
    }

    public void Bswap(X64Register operand, bool wide)
    {
        uint rex = (wide ? 8u : 0) | ((uint)operand >> 3);
        if (rex != 0)
            Byte((byte)(0x40 | rex));
        Byte(0x0F);
        Byte((byte)(0xC8 | (int)operand & 7));
    }

    /// <summary>Sets al, cl or dl (registers that need no REX) to 0 or 1.</summary>
    public void Set(X64Condition condition, X64Register to) => Register(X64Opcode.Setcc + (uint)condition, 0, (uint)to, wide: false);

    public void Cmov(X64Condition condition, X64Register to, X64Register from, bool wide = true) =>
        Register(X64Opcode.Cmovcc + (uint)condition, (uint)to, (uint)from, wide);

    // Jumps. The ones that go forward return where their displacement is.
    public byte* JumpNear()
    {
        Byte(0xE9);
        Int32(0);
        return Next - 4;
    }

    public byte* JumpNear(X64Condition condition)
    {
        Byte(0x0F);
        Byte((byte)(0x80 | (byte)condition));
        Int32(0);
        return Next - 4;
    }

    public byte* JumpShort()
    {
        Byte(0xEB);
        Byte(0);
        return Next - 1;
    }

    public byte* JumpShort(X64Condition condition)
    {
        Byte((byte)(0x70 | (byte)condition));
        Byte(0);
        return Next - 1;
    }

    public void Jump(byte* target) => Bind(JumpNear(), target);

    public void Jump(X64Condition condition, byte* target) => Bind(JumpNear(condition), target);

    public void Call(byte* target)
    {
        Byte(0xE8);
        Int32((int)(target - (Next + 4)));
    }

    public void Call(X64Address target) => Memory(X64Opcode.Group5, 2, target, wide: false);

    public void Jump(X64Address target) => Memory(X64Opcode.Group5, 4, target, wide: false);

    public void Jump(X64Register target) => Register(X64Opcode.Group5, 4, (uint)target, wide: false);

    /// <summary>Points a 32-bit displacement at a target.</summary>
    public static void Bind(byte* site, byte* target) => Unsafe.WriteUnaligned(site, (int)(target - (site + 4)));

    /// <summary>Points an 8-bit displacement here.</summary>
    public readonly void BindShort(byte* site)
    {
        var distance = (nint)(Next - (site + 1));
        Debug.Assert(distance == (sbyte)distance, "a short jump does not reach its target");
        *site = (byte)distance;
    }

    /// <summary>Points a 32-bit displacement here.</summary>
    public readonly void Bind(byte* site) => Bind(site, Next);

    public void Push(X64Register register)
    {
        if (register >= X64Register.R8)
            Byte(0x41);
        Byte((byte)(0x50 | (int)register & 7));
    }

    public void Pop(X64Register register)
    {
        if (register >= X64Register.R8)
            Byte(0x41);
        Byte((byte)(0x58 | (int)register & 7));
    }

    public void Ret() => Byte(0xC3);

    public void Nop() => Byte(0x90);

    public void Vzeroupper()
    {
        Byte(0xC5);
        Byte(0xF8);
        Byte(0x77);
    }

    /// <summary>An instruction with a VEX prefix of three bytes; <paramref name="wide"/> is W where the opcode does not fix it.</summary>
    public void Vex(X64VexOpcode opcode, uint reg, uint extra, uint rm, bool wide = false)
    {
        VexBegin(opcode, reg >> 3, 0, rm >> 3, extra, wide);
        Byte((byte)(0xC0 | (reg & 7) << 3 | (rm & 7)));
    }

    /// <summary>An instruction with a VEX prefix on memory.</summary>
    public void Vex(X64VexOpcode opcode, uint reg, uint extra, X64Address memory, bool wide = false)
    {
        VexBegin(opcode, reg >> 3, memory.Index == X64Register.None ? 0 : (uint)memory.Index >> 3, (uint)memory.Base >> 3, extra, wide);
        Next = Address(Next, reg, memory);
    }

    // R, X, B and vvvv are stored inverted.
    private void VexBegin(X64VexOpcode opcode, uint r, uint x, uint b, uint extra, bool wide)
    {
        uint code = (uint)opcode;
        Byte(0xC4);
        Byte((byte)((r ^ 1) << 7 | (x ^ 1) << 6 | (b ^ 1) << 5 | ((code >> 8) & 0x1F)));
        Byte((byte)((wide ? 0x80u : 0) | (code >> 24) << 7 | (~extra & 15) << 3 | ((code >> 16) & 3)));
        Byte((byte)code);
    }
}
