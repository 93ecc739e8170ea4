using AxVCpu.Software.Translator.X64;
using Iced.Intel;

namespace AxVCpu.Software.Tests.Translator;

/// <summary>Every form that the assembler writes, over all registers and shapes of addresses, read back by an independent disassembler.</summary>
public sealed unsafe class X64AssemblerTests
{
    private static readonly X64Register[] s_registers = [.. Enum.GetValues<X64Register>().Where(register => register != X64Register.None)];
    private static readonly X64Register[] s_indexes = [.. s_registers.Where(register => register != X64Register.Rsp)];
    private static readonly int[] s_sizes = [1, 2, 4, 8];
    private static readonly int[] s_displacements = [0, 1, -128, 127, 128, -129, 0x1234_5678, int.MinValue];
    private static readonly int[] s_immediates = [0, 1, -1, 127, 128, -128, -129, 0x7FFF_FFFF, int.MinValue];

    private delegate void Emit(ref X64Assembler assembler);

    private static IEnumerable<X64Address> Addresses()
    {
        foreach (X64Register register in s_registers)
        {
            foreach (int displacement in s_displacements)
                yield return new X64Address(register, displacement);
            foreach (X64Register index in s_indexes.Where(index => ((int)register + (int)index) % 3 == 0))
                yield return new X64Address(register, index, (byte)((int)index & 3), s_displacements[((int)register + (int)index) % s_displacements.Length]);
        }
    }

    private static Instruction Assemble(Emit emit)
    {
        byte* buffer = stackalloc byte[32];
        var assembler = new X64Assembler { Next = buffer };
        emit(ref assembler);
        var length = (int)(assembler.Next - buffer);
        Decoder decoder = Decoder.Create(64, new ByteArrayCodeReader(new Span<byte>(buffer, length).ToArray()));
        Instruction instruction = decoder.Decode();
        Assert.False(instruction.IsInvalid, Convert.ToHexString(new Span<byte>(buffer, length)));
        Assert.Equal(length, instruction.Length);
        return instruction;
    }

    private static void Check(Emit emit, Mnemonic mnemonic, params object[] operands)
    {
        Instruction instruction = Assemble(emit);
        Assert.Equal(mnemonic, instruction.Mnemonic);
        Assert.Equal(operands.Length, instruction.OpCount);
        for (int i = 0; i < operands.Length; i++)
        {
            switch (operands[i])
            {
                case Register register:
                    Assert.Equal(OpKind.Register, instruction.GetOpKind(i));
                    Assert.Equal(register, instruction.GetOpRegister(i));
                    break;
                case X64Address address:
                    Assert.Equal(OpKind.Memory, instruction.GetOpKind(i));
                    Assert.Equal(General(address.Base, 8), instruction.MemoryBase);
                    Assert.Equal(address.Index == X64Register.None ? Register.None : General(address.Index, 8), instruction.MemoryIndex);
                    if (address.Index != X64Register.None)
                        Assert.Equal(1 << address.Scale, instruction.MemoryIndexScale);
                    Assert.Equal((ulong)address.Displacement, instruction.MemoryDisplacement64);
                    break;
                case long immediate:
                    // The disassembler extends a byte beyond the width of its operation.
                    ulong actual = instruction.GetImmediate(i);
                    Assert.Equal((ulong)immediate, immediate == (uint)immediate ? (uint)actual : actual);
                    break;
                default:
                    Assert.Fail($"operand {operands[i]}");
                    break;
            }
        }
    }

    private static Register General(X64Register register, int bytes) => bytes switch
    {
        8 => Register.RAX + (int)register,
        4 => Register.EAX + (int)register,
        2 => Register.AX + (int)register,
        _ => register < X64Register.Rsp ? Register.AL + (int)register : Register.SPL + ((int)register - 4),
    };

    private static Register Vector(X64Vector register) => Register.XMM0 + (int)register;

    private static int Bytes(bool wide) => wide ? 8 : 4;

    private static void ForRegisters(Action<X64Register, X64Register, bool> check)
    {
        foreach (X64Register a in s_registers)
        {
            foreach (X64Register b in s_registers)
            {
                check(a, b, false);
                check(a, b, true);
            }
        }
    }

    private static void ForMemory(Action<X64Register, X64Address, bool> check)
    {
        int next = 0;
        foreach (X64Address address in Addresses())
        {
            check(s_registers[next++ & 15], address, false);
            check(s_registers[next++ % 13], address, true);
        }
    }

    [Fact]
    public void Moves()
    {
        ForRegisters((a, b, wide) =>
        {
            Check((ref X64Assembler asm) => asm.Mov(a, b, wide), Mnemonic.Mov, General(a, Bytes(wide)), General(b, Bytes(wide)));
            Check((ref X64Assembler asm) => asm.Movsxd(a, b), Mnemonic.Movsxd, General(a, 8), General(b, 4));
        });
        ForMemory((a, address, wide) =>
        {
            Check((ref X64Assembler asm) => asm.Mov(a, address, wide), Mnemonic.Mov, General(a, Bytes(wide)), address);
            Check((ref X64Assembler asm) => asm.Mov(address, a, wide), Mnemonic.Mov, address, General(a, Bytes(wide)));
            Check((ref X64Assembler asm) => asm.Lea(a, address, wide), Mnemonic.Lea, General(a, Bytes(wide)), address);
            foreach (int bytes in s_sizes)
            {
                Check((ref X64Assembler asm) => asm.Store(address, a, bytes), Mnemonic.Mov, address, General(a, bytes));
                Check((ref X64Assembler asm) => asm.StoreImmediate(address, -2, bytes), Mnemonic.Mov, address,
                    bytes switch { 1 => 0xFEL, 2 => 0xFFFEL, 4 => 0xFFFF_FFFEL, _ => -2L });
            }

            Check((ref X64Assembler asm) => asm.Memory(X64Opcode.Movzx8, (uint)a, address, wide), Mnemonic.Movzx, General(a, Bytes(wide)), address);
            Check((ref X64Assembler asm) => asm.Memory(X64Opcode.Movzx16, (uint)a, address, wide), Mnemonic.Movzx, General(a, Bytes(wide)), address);
            Check((ref X64Assembler asm) => asm.Memory(X64Opcode.Movsx8, (uint)a, address, wide), Mnemonic.Movsx, General(a, Bytes(wide)), address);
            Check((ref X64Assembler asm) => asm.Memory(X64Opcode.Movsx16, (uint)a, address, wide), Mnemonic.Movsx, General(a, Bytes(wide)), address);
            Check((ref X64Assembler asm) => asm.Memory(X64Opcode.Movsxd, (uint)a, address, true), Mnemonic.Movsxd, General(a, 8), address);
        });
    }

    [Fact]
    public void Constants_take_the_shortest_form()
    {
        foreach (X64Register register in s_registers)
        {
            foreach (long value in new[] { 1, 0x7FFF_FFFF, 0x8000_0000, 0xFFFF_FFFF, -1, int.MinValue, int.MinValue - 1L, 0x1_0000_0000, long.MaxValue })
            {
                int bytes = value == (uint)value ? 4 : 8;
                Check((ref X64Assembler asm) => asm.MovConstant(register, value), Mnemonic.Mov, General(register, bytes), value);
                Check((ref X64Assembler asm) => asm.MovImmediate(register, value), Mnemonic.Mov, General(register, bytes), value);
            }

            Check((ref X64Assembler asm) => asm.MovImmediate(register, 0), Mnemonic.Xor, General(register, 4), General(register, 4));
            Check((ref X64Assembler asm) => asm.MovConstant(register, 0), Mnemonic.Mov, General(register, 4), 0L);
        }
    }

    [Fact]
    public void Arithmetic()
    {
        foreach (X64Alu operation in Enum.GetValues<X64Alu>())
        {
            Mnemonic mnemonic = Enum.Parse<Mnemonic>(operation.ToString());
            ForRegisters((a, b, wide) =>
                Check((ref X64Assembler asm) => asm.Alu(operation, a, b, wide), mnemonic, General(a, Bytes(wide)), General(b, Bytes(wide))));
            ForMemory((a, address, wide) =>
            {
                Check((ref X64Assembler asm) => asm.Alu(operation, a, address, wide), mnemonic, General(a, Bytes(wide)), address);
                Check((ref X64Assembler asm) => asm.Alu(operation, address, a, wide), mnemonic, address, General(a, Bytes(wide)));
                foreach (int immediate in s_immediates)
                {
                    long extended = wide ? immediate : (uint)immediate;
                    Check((ref X64Assembler asm) => asm.Alu(operation, a, immediate, wide), mnemonic, General(a, Bytes(wide)), extended);
                    Check((ref X64Assembler asm) => asm.Alu(operation, address, immediate, wide), mnemonic, address, extended);
                }

                if (operation is X64Alu.Cmp)
                    return;
                Check((ref X64Assembler asm) => asm.LockAlu(operation, address, a, wide), mnemonic, address, General(a, Bytes(wide)));
                Assert.True(Assemble((ref X64Assembler asm) => asm.LockAlu(operation, address, a, wide)).HasLockPrefix);
            });
        }

        ForMemory((_, address, _) => Check((ref X64Assembler asm) => asm.CompareByte(address, 5), Mnemonic.Cmp, address, 5L));
    }

    [Fact]
    public void Multiplication_division_and_tests()
    {
        ForRegisters((a, b, wide) =>
        {
            Register first = General(a, Bytes(wide));
            Register second = General(b, Bytes(wide));
            Check((ref X64Assembler asm) => asm.Test(a, b, wide), Mnemonic.Test, first, second);
            Check((ref X64Assembler asm) => asm.Imul(a, b, wide), Mnemonic.Imul, first, second);
            foreach (int immediate in s_immediates)
                Check((ref X64Assembler asm) => asm.Imul(a, b, immediate, wide), Mnemonic.Imul, first, second, wide ? immediate : (long)(uint)immediate);
            foreach (X64Unary unary in Enum.GetValues<X64Unary>())
                Check((ref X64Assembler asm) => asm.Unary(unary, a, wide), Enum.Parse<Mnemonic>(unary.ToString()), first);
        });
        ForMemory((a, address, wide) => Check((ref X64Assembler asm) => asm.Imul(a, address, wide), Mnemonic.Imul, General(a, Bytes(wide)), address));
        Check((ref X64Assembler asm) => asm.SignToDx(true), Mnemonic.Cqo);
        Check((ref X64Assembler asm) => asm.SignToDx(false), Mnemonic.Cdq);
    }

    [Fact]
    public void Shifts_and_bits()
    {
        ForRegisters((a, b, wide) =>
        {
            Register first = General(a, Bytes(wide));
            Register second = General(b, Bytes(wide));
            foreach (X64Shift shift in Enum.GetValues<X64Shift>())
            {
                Mnemonic mnemonic = Enum.Parse<Mnemonic>(shift.ToString());
                Check((ref X64Assembler asm) => asm.Shift(shift, a, 31, wide), mnemonic, first, 31L);
                Check((ref X64Assembler asm) => asm.ShiftByCl(shift, a, wide), mnemonic, first, Register.CL);
            }

            Check((ref X64Assembler asm) => asm.Bit(X64Bit.Reset, a, 31, wide), Mnemonic.Btr, first, 31L);
            Check((ref X64Assembler asm) => asm.Bit(X64Bit.Complement, a, 31, wide), Mnemonic.Btc, first, 31L);
            Check((ref X64Assembler asm) => asm.Bswap(a, wide), Mnemonic.Bswap, first);
            (X64Opcode, Mnemonic)[] unary =
            [
                (X64Opcode.Bsr, Mnemonic.Bsr), (X64Opcode.Bsf, Mnemonic.Bsf), (X64Opcode.Lzcnt, Mnemonic.Lzcnt), (X64Opcode.Tzcnt, Mnemonic.Tzcnt),
                (X64Opcode.Popcnt, Mnemonic.Popcnt),
            ];
            foreach ((X64Opcode opcode, Mnemonic mnemonic) in unary)
                Check((ref X64Assembler asm) => asm.Register(opcode, (uint)a, (uint)b, wide), mnemonic, first, second);
            Check((ref X64Assembler asm) => asm.Register(X64Opcode.Movzx16, (uint)a, (uint)b, wide), Mnemonic.Movzx, first, General(b, 2));
            Check((ref X64Assembler asm) => asm.Register(X64Opcode.Movsx16, (uint)a, (uint)b, wide), Mnemonic.Movsx, first, General(b, 2));
            foreach (X64Register low in new[] { X64Register.Rax, X64Register.Rcx, X64Register.Rdx })
            {
                Check((ref X64Assembler asm) => asm.Register(X64Opcode.Movzx8, (uint)a, (uint)low, wide), Mnemonic.Movzx, first, General(low, 1));
                Check((ref X64Assembler asm) => asm.Register(X64Opcode.Movsx8, (uint)a, (uint)low, wide), Mnemonic.Movsx, first, General(low, 1));
            }

            Check((ref X64Assembler asm) => asm.Vex(X64VexOpcode.Shlx, (uint)a, 9, (uint)b, wide), Mnemonic.Shlx, first, second, General(X64Register.R9, Bytes(wide)));
            Check((ref X64Assembler asm) => asm.Vex(X64VexOpcode.Shrx, (uint)a, 1, (uint)b, wide), Mnemonic.Shrx, first, second, General(X64Register.Rcx, Bytes(wide)));
            Check((ref X64Assembler asm) => asm.Vex(X64VexOpcode.Sarx, (uint)a, 15, (uint)b, wide), Mnemonic.Sarx, first, second, General(X64Register.R15, Bytes(wide)));
            Check((ref X64Assembler asm) => asm.Vex(X64VexOpcode.Andn, (uint)a, 6, (uint)b, wide), Mnemonic.Andn, first, General(X64Register.Rsi, Bytes(wide)), second);
            Check((ref X64Assembler asm) =>
            {
                asm.Vex(X64VexOpcode.Rorx, (uint)a, 0, (uint)b, wide);
                asm.Byte(8);
            }, Mnemonic.Rorx, first, second, 8L);
        });
    }

    [Fact]
    public void Conditions()
    {
        (X64Condition Condition, string Suffix)[] conditions =
        [
            (X64Condition.Overflow, "o"), (X64Condition.Below, "b"), (X64Condition.AboveOrEqual, "ae"), (X64Condition.Equal, "e"),
            (X64Condition.NotEqual, "ne"), (X64Condition.BelowOrEqual, "be"), (X64Condition.Above, "a"), (X64Condition.Sign, "s"),
            (X64Condition.NoSign, "ns"), (X64Condition.Parity, "p"), (X64Condition.NoParity, "np"), (X64Condition.Less, "l"), (X64Condition.GreaterOrEqual, "ge"),
            (X64Condition.LessOrEqual, "le"), (X64Condition.Greater, "g"),
        ];
        Assert.Equal(Enum.GetValues<X64Condition>(), conditions.Select(pair => pair.Condition));
        foreach ((X64Condition condition, string suffix) in conditions)
        {
            Mnemonic Named(string prefix) => Enum.Parse<Mnemonic>(prefix + suffix, ignoreCase: true);
            ForRegisters((a, b, wide) =>
                Check((ref X64Assembler asm) => asm.Cmov(condition, a, b, wide), Named("cmov"), General(a, Bytes(wide)), General(b, Bytes(wide))));
            foreach (X64Register low in new[] { X64Register.Rax, X64Register.Rcx, X64Register.Rdx })
                Check((ref X64Assembler asm) => asm.Set(condition, low), Named("set"), General(low, 1));
            foreach (int distance in new[] { 0, 100, -100, 1000, -1000 })
            {
                Assert.Equal((Named("j"), distance), Jump((ref X64Assembler asm, byte* target) => asm.Jump(condition, target), distance));
                Assert.Equal((Mnemonic.Jmp, distance), Jump((ref X64Assembler asm, byte* target) => asm.Jump(target), distance));
                Assert.Equal((Mnemonic.Call, distance), Jump((ref X64Assembler asm, byte* target) => asm.Call(target), distance));
            }

            Assert.Equal(Named("j"), Assemble((ref X64Assembler asm) => asm.BindShort(asm.JumpShort(condition))).Mnemonic);
            Assert.Equal(Named("j"), Assemble((ref X64Assembler asm) => asm.Bind(asm.JumpNear(condition))).Mnemonic);
        }

        Assert.Equal(2UL, Assemble((ref X64Assembler asm) => asm.BindShort(asm.JumpShort())).NearBranchTarget);
        Assert.Equal(5UL, Assemble((ref X64Assembler asm) => asm.Bind(asm.JumpNear())).NearBranchTarget);
    }

    private delegate void EmitJump(ref X64Assembler assembler, byte* target);

    // The distance is from the start of the instruction.
    private static (Mnemonic Mnemonic, int Distance) Jump(EmitJump emit, int distance)
    {
        Instruction instruction = Assemble((ref X64Assembler asm) => emit(ref asm, asm.Next + distance));
        return (instruction.Mnemonic, (int)(long)instruction.NearBranchTarget);
    }

    [Fact]
    public void Calls_stack_and_locks()
    {
        foreach (X64Register register in s_registers)
        {
            Check((ref X64Assembler asm) => asm.Push(register), Mnemonic.Push, General(register, 8));
            Check((ref X64Assembler asm) => asm.Pop(register), Mnemonic.Pop, General(register, 8));
            Check((ref X64Assembler asm) => asm.Jump(register), Mnemonic.Jmp, General(register, 8));
        }

        ForMemory((a, address, wide) =>
        {
            Check((ref X64Assembler asm) => asm.Call(address), Mnemonic.Call, address);
            Check((ref X64Assembler asm) => asm.Jump(address), Mnemonic.Jmp, address);
            (X64Opcode, Mnemonic, bool)[] locked =
            [
                (X64Opcode.Xchg, Mnemonic.Xchg, false), (X64Opcode.LockXadd, Mnemonic.Xadd, true), (X64Opcode.LockCmpxchg, Mnemonic.Cmpxchg, true),
            ];
            foreach ((X64Opcode opcode, Mnemonic mnemonic, bool isLocked) in locked)
            {
                Check((ref X64Assembler asm) => asm.Memory(opcode, (uint)a, address, wide), mnemonic, address, General(a, Bytes(wide)));
                Assert.Equal(isLocked, Assemble((ref X64Assembler asm) => asm.Memory(opcode, (uint)a, address, wide)).HasLockPrefix);
            }

            Emit lockOr = (ref X64Assembler asm) =>
            {
                asm.Memory(X64Opcode.LockOrImmediate8, (uint)X64Alu.Or, address, wide: false);
                asm.Byte(0);
            };
            Check(lockOr, Mnemonic.Or, address, 0L);
            Assert.True(Assemble(lockOr).HasLockPrefix);
            Check((ref X64Assembler asm) => asm.Memory(X64Opcode.Mxcsr, 2, address, wide: false), Mnemonic.Ldmxcsr, address);
            Check((ref X64Assembler asm) => asm.Memory(X64Opcode.Mxcsr, 3, address, wide: false), Mnemonic.Stmxcsr, address);
        });
        Check((ref X64Assembler asm) => asm.Ret(), Mnemonic.Ret);
        Check((ref X64Assembler asm) => asm.Nop(), Mnemonic.Nop);
        Check((ref X64Assembler asm) => asm.Vzeroupper(), Mnemonic.Vzeroupper);
    }

    [Fact]
    public void Floats()
    {
        string[] plain =
        [
            "Addss", "Addsd", "Mulss", "Mulsd", "Subss", "Subsd", "Minss", "Minsd", "Divss", "Divsd", "Maxss", "Maxsd", "Sqrtss", "Sqrtsd",
            "Ucomiss", "Ucomisd", "Comiss", "Comisd", "Cvtss2sd", "Cvtsd2ss", "Xorps", "Andps", "Orps", "Movaps", "Andnps",
            "Pcmpeqd",
        ];
        X64Vector[] vectors = [X64Vector.Xmm0, X64Vector.Xmm3, X64Vector.Xmm7, X64Vector.Xmm8, X64Vector.Xmm15];
        foreach (string name in plain)
        {
            X64Opcode opcode = Enum.Parse<X64Opcode>(name);
            Mnemonic mnemonic = Enum.Parse<Mnemonic>(name);
            foreach (X64Vector a in vectors)
            {
                foreach (X64Vector b in vectors)
                    Check((ref X64Assembler asm) => asm.Vector(opcode, a, b), mnemonic, Vector(a), Vector(b));
                ForMemory((_, address, _) => Check((ref X64Assembler asm) => asm.Vector(opcode, a, address), mnemonic, Vector(a), address));
            }
        }

        foreach (X64Vector vector in vectors)
        {
            Check((ref X64Assembler asm) => asm.Shift(X64VectorShift.Left, vector, 63), Mnemonic.Psllq, Vector(vector), 63L);
            Check((ref X64Assembler asm) => asm.Shift(X64VectorShift.Right, vector, 32), Mnemonic.Psrlq, Vector(vector), 32L);
            ForMemory((general, address, wide) =>
            {
                Check((ref X64Assembler asm) => asm.Vector(X64Opcode.MovssLoad, vector, address), Mnemonic.Movss, Vector(vector), address);
                Check((ref X64Assembler asm) => asm.Vector(X64Opcode.MovsdLoad, vector, address), Mnemonic.Movsd, Vector(vector), address);
                Check((ref X64Assembler asm) => asm.Vector(X64Opcode.MovssStore, vector, address), Mnemonic.Movss, address, Vector(vector));
                Check((ref X64Assembler asm) => asm.Vector(X64Opcode.MovsdStore, vector, address), Mnemonic.Movsd, address, Vector(vector));
                Check((ref X64Assembler asm) => asm.Register(X64Opcode.MovdToVector, (uint)vector, (uint)general, wide),
                    wide ? Mnemonic.Movq : Mnemonic.Movd, Vector(vector), General(general, Bytes(wide)));
                Check((ref X64Assembler asm) => asm.Register(X64Opcode.MovdFromVector, (uint)vector, (uint)general, wide),
                    wide ? Mnemonic.Movq : Mnemonic.Movd, General(general, Bytes(wide)), Vector(vector));
                Check((ref X64Assembler asm) => asm.Register(X64Opcode.Cvtsi2sd, (uint)vector, (uint)general, wide),
                    Mnemonic.Cvtsi2sd, Vector(vector), General(general, Bytes(wide)));
                Check((ref X64Assembler asm) => asm.Register(X64Opcode.Cvtsi2ss, (uint)vector, (uint)general, wide),
                    Mnemonic.Cvtsi2ss, Vector(vector), General(general, Bytes(wide)));
                Check((ref X64Assembler asm) => asm.Register(X64Opcode.Cvttsd2si, (uint)general, (uint)vector, wide),
                    Mnemonic.Cvttsd2si, General(general, Bytes(wide)), Vector(vector));
                Check((ref X64Assembler asm) => asm.Register(X64Opcode.Cvttss2si, (uint)general, (uint)vector, wide),
                    Mnemonic.Cvttss2si, General(general, Bytes(wide)), Vector(vector));
                foreach (X64VexOpcode opcode in Enum.GetValues<X64VexOpcode>().Where(code => code.ToString().StartsWith("Vf", StringComparison.Ordinal)))
                {
                    Mnemonic mnemonic = Enum.Parse<Mnemonic>(opcode.ToString());
                    Check((ref X64Assembler asm) => asm.Vex(opcode, (uint)vector, 1, address), mnemonic, Vector(vector), Register.XMM1, address);
                    Check((ref X64Assembler asm) => asm.Vex(opcode, 1, 9, (uint)vector), mnemonic, Register.XMM1, Register.XMM9, Vector(vector));
                }
            });
        }
    }
}
