using System.Buffers.Binary;
using System.Text;
using AxVCpu;
using AxVCpu.Devices;
using AxVM.Boards;
using AxVM.Boot;
using AxVM.Config;
using Iced.Intel;
using static Iced.Intel.AssemblerRegisters;

namespace AxVM.Tests.X64;

/// <summary>Kernels with Multiboot headers: what is refused, what they are told, and small ones that run.</summary>
public sealed class MultibootTests : IDisposable
{
    private const uint Base = 0x10_0000;
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(60);

    private readonly string _file = Path.GetTempFileName();
    private readonly string _module = Path.GetTempFileName();

    public MultibootTests() => File.WriteAllText(_module, "ramdisk");

    public void Dispose()
    {
        File.Delete(_file);
        File.Delete(_module);
    }

    private static byte[] Words(params uint[] words) => [.. words.SelectMany(BitConverter.GetBytes)];

    /// <summary>What makes the sum of a header's words 0.</summary>
    private static uint Closing(params uint[] words) => unchecked((uint)-words.Sum(word => word));

    /// <summary>A header of version 1; with addresses it stands at the begin of the file.</summary>
    private static byte[] Header1(uint flags, params uint[] addresses) => Words([0x1BADB002, flags, Closing(0x1BADB002, flags), .. addresses]);

    /// <summary>A header of version 2 with its closing tag.</summary>
    private static byte[] Header2(params byte[][] tags)
    {
        byte[] body = [.. tags.SelectMany(tag => tag.Concat(new byte[-tag.Length & 7])), .. Words(0, 8)];
        uint length = (uint)body.Length + 16;
        return [.. Words(0xE85250D6, 0, length, Closing(0xE85250D6, length)), .. body];
    }

    /// <summary>An ELF32 of one segment at 1 MiB that holds the header, then the code, and has bss behind.</summary>
    private static byte[] Elf32(byte[] header, byte[] code)
    {
        byte[] content = [.. header, .. code];
        byte[] elf = new byte[0x1000 + content.Length];
        Span<byte> data = elf;
        ElfFile.Magic.CopyTo(data);
        data[4] = 1;
        data[5] = 1;
        data[6] = 1;
        BinaryPrimitives.WriteUInt16LittleEndian(data[16..], 2);
        BinaryPrimitives.WriteUInt16LittleEndian(data[18..], 3);
        BinaryPrimitives.WriteUInt32LittleEndian(data[24..], Base + (uint)header.Length);
        BinaryPrimitives.WriteUInt32LittleEndian(data[28..], 52);
        BinaryPrimitives.WriteUInt16LittleEndian(data[42..], 32);
        BinaryPrimitives.WriteUInt16LittleEndian(data[44..], 1);
        Words(1, 0x1000, Base, Base, (uint)content.Length, (uint)content.Length + 0x1000).CopyTo(data[52..]);
        content.CopyTo(data[0x1000..]);
        return elf;
    }

    /// <summary>A file without ELF headers: the Multiboot header says where it goes.</summary>
    private static byte[] Raw(byte[] code)
    {
        const uint HeaderSize = 32;
        uint end = Base + HeaderSize + (uint)code.Length;
        return [.. Header1(0x1_0000, Base, Base, end, end + 0x1000, Base + HeaderSize), .. code];
    }

    private static byte[] Code32(Action<Assembler> body, uint headerSize)
    {
        Assembler c = new(32);
        c.mov(esp, 0x9_0000);
        body(c);
        return X64Program.Encode(c, Base + headerSize);
    }

    private VmConfig Config(byte[] kernel)
    {
        File.WriteAllBytes(_file, kernel);
        VmConfig config = VmConfig.Generate("test", _file, memorySize: 16 << 20);
        config.Base.Architecture = GuestArchitecture.X64;
        config.Kernel.CommandLine = "one two";
        config.Kernel.RamdiskPath = _module;
        return config;
    }

    private X64BootPlan Plan(byte[] kernel) => X64BootPlan.Make(X64VirtConfig.From(Config(kernel)), [0]);

    private static ReadOnlySpan<byte> At(X64BootPlan plan, ulong address)
    {
        PlacedImage image = plan.Images.Single(image => address >= image.Address && address < image.End);
        return image.Data.Span[(int)(address - image.Address)..];
    }

    private static string Text(ReadOnlySpan<byte> from) => Encoding.ASCII.GetString(from[..from.IndexOf((byte)0)]);

    private static uint Word(ReadOnlySpan<byte> data, int at) => BinaryPrimitives.ReadUInt32LittleEndian(data[at..]);

    private async Task<(VmExit Exit, string Text)> Run(byte[] kernel)
    {
        await using VirtualMachine vm = VirtualMachine.Create(Config(kernel), new VmOptions { RestartOnReset = false });
        VmExit exit = await vm.RunAsync(TestContext.Current.CancellationToken).WaitAsync(s_patience, TestContext.Current.CancellationToken);
        ValueTask disposing = vm.DisposeAsync();
        using StreamReader reader = new(vm.Console.Input.AsStream());
        string text = await reader.ReadToEndAsync(TestContext.Current.CancellationToken).WaitAsync(s_patience, TestContext.Current.CancellationToken);
        await disposing;
        return (exit, text);
    }

    [Fact]
    public void A_kernel_of_version_1_is_told_its_command_line_memory_and_module()
    {
        X64BootPlan plan = Plan(Elf32(Header1(0b11), [0xF4]));
        Assert.Equal((X64Start.Multiboot, (ulong)Base + 12, 0x2BADB002u, false), (plan.Start, plan.Entry, plan.Magic, plan.IsLinux));
        ReadOnlySpan<byte> info = At(plan, plan.BootData);
        Assert.Equal(0b1_0010_0100_1101u, Word(info, 0));
        Assert.Equal((639u, 15u * 1024), (Word(info, 4), Word(info, 8)));
        Assert.Equal($"{_file} one two", Text(At(plan, Word(info, 16))));
        Assert.Equal("axvisor", Text(At(plan, Word(info, 64))));
        Assert.Equal(1u, Word(info, 20));
        ReadOnlySpan<byte> module = At(plan, Word(info, 24));
        Assert.Equal("ramdisk", Encoding.ASCII.GetString(At(plan, Word(module, 0))));
        Assert.Equal(7u, Word(module, 4) - Word(module, 0));
        Assert.Equal(_module, Text(At(plan, Word(module, 8))));
        Assert.Equal(0u, Word(module, 0) & 0xFFF);

        List<(uint, uint, uint)> map = [];
        for (uint at = Word(info, 48); at < Word(info, 48) + Word(info, 44); at += Word(At(plan, at), 0) + 4)
            map.Add((Word(At(plan, at), 4), Word(At(plan, at), 12), Word(At(plan, at), 20)));
        Assert.Equal([(0, 0x9_FC00, 1), (0x9_FC00, 0x400, 2), (0xE_0000, 0x2_0000, 2), (0x10_0000, 0xF0_0000, 1)], map);
    }

    [Fact]
    public void A_kernel_is_told_of_every_module_with_its_words_and_of_the_text_screen()
    {
        foreach (byte[] header in (byte[][])[Header1(0), Header2()])
        {
            VmConfig config = Config(Elf32(header, [0xF4]));
            config.Modules.Add(new ModuleConfig { Path = _module, Arguments = "two words" });
            config.Modules.Add(new ModuleConfig { Path = _file });
            X64BootPlan plan = X64BootPlan.Make(X64VirtConfig.From(config), [0]);
            ReadOnlySpan<byte> info = At(plan, plan.BootData);
            List<(string Text, uint Start, uint End)> modules = [];
            byte[] screen;
            if (plan.Magic == MultibootInformation.Magic1)
            {
                for (uint i = 0; i < Word(info, 20); i++)
                {
                    ReadOnlySpan<byte> entry = At(plan, Word(info, 24) + i * 16);
                    modules.Add((Text(At(plan, Word(entry, 8))), Word(entry, 0), Word(entry, 4)));
                }

                screen = info.Slice(88, 22).ToArray();
            }
            else
            {
                screen = [];
                for (int tag = 8; Word(info, tag) != 0; tag += (int)(Word(info, tag + 4) + 7 & ~7u))
                {
                    if (Word(info, tag) == 3)
                        modules.Add((Text(info[(tag + 16)..]), Word(info, tag + 8), Word(info, tag + 12)));
                    else if (Word(info, tag) == 8)
                        screen = info.Slice(tag + 8, 22).ToArray();
                }
            }

            Assert.Equal([_module, $"{_module} two words", _file], modules.Select(module => module.Text));
            Assert.Equal([7u, 7u, (uint)new FileInfo(_file).Length], modules.Select(module => module.End - module.Start));
            Assert.Equal("ramdisk", Encoding.ASCII.GetString(At(plan, modules[1].Start)));
            Assert.All(modules, module => Assert.Equal(0u, module.Start & 0xFFF));
            Assert.Equal([.. Words(0xB_8000, 0, 160, 80, 25), 16, 2], screen);
        }
    }

    [Fact]
    public void A_kernel_with_the_pvh_note_is_told_of_its_modules_words()
    {
        BootModule[] modules = [new(0x20_0000, 5, "ramdisk", ""), new(0x30_0000, 6, "one", "its words"), new(0x40_0000, 7, "two", "others")];
        byte[] info = X64BootData.PvhStartInfo(0x6000, [new E820Range(0, 0x9_FC00, E820Type.Usable)], new X64BootData.Pointers(1, 0x20_0000, 5, 0, 2), modules);
        Assert.Equal((3u, 0x6038u), (Word(info, 12), Word(info, 16)));
        Assert.Equal((0x20_0000u, 5u, 0u), (Word(info, 56), Word(info, 64), Word(info, 72)));
        Assert.Equal((0x30_0000u, 6u, "its words"), (Word(info, 88), Word(info, 96), Text(info.AsSpan((int)Word(info, 104) - 0x6000))));
        Assert.Equal((0x40_0000u, 7u, "others"), (Word(info, 120), Word(info, 128), Text(info.AsSpan((int)Word(info, 136) - 0x6000))));
        Assert.Equal((1u, 0x9_FC00u), (Word(info, 48), Word(info, (int)Word(info, 40) - 0x6000 + 8)));
    }

    /// <summary>Kernels with real-mode parts are linked to low addresses.</summary>
    [Fact]
    public void What_a_kernel_is_told_lies_elsewhere_when_the_kernel_wants_its_usual_place()
    {
        const uint Low = 0x4000;
        byte[] code = new byte[0x8000];
        X64BootPlan plan = Plan([.. Header1(0x1_0000, Low, Low, 0, 0, Low + 32), .. code]);
        Assert.InRange(plan.BootData, Low + 32 + (ulong)code.Length, X64VirtLayout.ExtendedBiosData);
        ReadOnlySpan<byte> info = At(plan, plan.BootData);
        Assert.Equal($"{_file} one two", Text(At(plan, Word(info, 16))));
    }

    [Fact]
    public void A_kernel_that_takes_no_modules_is_refused_them()
    {
        VmConfig config = Config([0xF4]);
        config.Modules.Add(new ModuleConfig { Path = _module });
        ImageException refused = Assert.Throws<ImageException>(() => X64BootPlan.Make(X64VirtConfig.From(config), [0]));
        Assert.Contains("takes no modules", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_kernel_of_version_2_is_told_the_same_by_tags()
    {
        X64BootPlan plan = Plan(Elf32(Header2(Words(1, 16, 6, 15), Words(3, 12, Base + 0x20)), [0xF4]));
        Assert.Equal((X64Start.Multiboot, (ulong)Base + 0x20, 0x36D76289u), (plan.Start, plan.Entry, plan.Magic));
        ReadOnlySpan<byte> info = At(plan, plan.BootData);
        Dictionary<uint, byte[]> tags = [];
        int tag = 8;
        while (Word(info, tag) != 0)
        {
            Assert.Equal(0, tag & 7);
            tags.Add(Word(info, tag), info.Slice(tag + 8, (int)Word(info, tag + 4) - 8).ToArray());
            tag += (int)(Word(info, tag + 4) + 7 & ~7u);
        }

        Assert.Equal((uint)tag + 8, Word(info, 0));
        Assert.Equal("one two", Text(tags[1]));
        Assert.Equal("axvisor", Text(tags[2]));
        Assert.Equal("ramdisk", Encoding.ASCII.GetString(At(plan, Word(tags[3], 0))));
        Assert.Equal((_module, 7u), (Text(tags[3].AsSpan(8)), Word(tags[3], 4) - Word(tags[3], 0)));
        Assert.Equal((639u, 15u * 1024), (Word(tags[4], 0), Word(tags[4], 4)));
        Assert.Equal((24u, 0u, 8 + 4 * 24), (Word(tags[6], 0), Word(tags[6], 4), tags[6].Length));
        Assert.Equal("RSD PTR ", Encoding.ASCII.GetString(tags[15], 0, 8));
        Assert.NotEqual(0u, Word(tags[15], 16));
    }

    [Fact]
    public void The_header_may_place_a_file_without_elf_headers()
    {
        byte[] file = Raw([1, 2, 3, 4]);
        X64BootPlan plan = Plan(file);
        Assert.Equal((X64Start.Multiboot, (ulong)Base + 32), (plan.Start, plan.Entry));
        PlacedImage image = plan.Images.Single(image => image.Address == Base);
        Assert.Equal((36, 36UL + 0x1000), (image.Data.Length, image.Size));
        Assert.Equal(GuestArchitecture.X64, BoardChoice.Find(VmConfig.Generate("test", _file)));
    }

    public static TheoryData<string, byte[]> Malformed => new()
    {
        { "features 0x8,", Elf32(Header1(8), [0xF4]) },
        { "is truncated: its Multiboot header", Header1(0x1_0000) },
        { "do not fit", [.. Header1(0x1_0000, Base, Base + 4, 0, 0, Base), 0, 0] },
        { "do not fit", [.. Header1(0x1_0000, Base, Base, Base + 0x100, 0, Base), 0, 0] },
        { "do not fit", [.. Header1(0x1_0000, Base, Base, Base + 0x20, Base + 0x10, Base), 0, 0] },
        { "without load addresses", [.. Header1(0), 0, 0, 0, 0] },
        { "for architecture 4", [.. Words(0xE85250D6, 4, 24, Closing(0xE85250D6, 28)), .. Words(0, 8)] },
        { "its length is 0x100", [.. Words(0xE85250D6, 0, 0x100, Closing(0xE85250D6, 0x100)), .. Words(0, 8)] },
        { "tag 2 has 0x4 bytes", Header2(Words(2, 4)) },
        { "tag 3 has 0x8 bytes", Header2(Words(3, 8)) },
        { "asks by its Multiboot 2 header for tag 77", Elf32(Header2(Words(77, 8)), [0xF4]) },
        { "information of type 7", Elf32(Header2(Words(1, 12, 7)), [0xF4]) },
    };

    [Theory]
    [MemberData(nameof(Malformed))]
    public void A_malformed_header_is_named_with_what_is_wrong(string problem, byte[] kernel)
    {
        ImageException e = Assert.Throws<ImageException>(() => Plan(kernel));
        Assert.Contains(problem, e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void What_a_header_marks_optional_does_not_keep_a_kernel_from_starting() =>
        Assert.Equal(X64Start.Multiboot, Plan(Elf32(Header2(Words(77 | 1 << 16, 8), Words(1 | 1 << 16, 12, 8)), [0xF4])).Start);

    [Fact]
    public void Random_damage_never_ends_in_anything_but_a_message()
    {
        int seed = Random.Shared.Next();
        Random random = new(seed);
        byte[][] kernels = [Raw(new byte[16]), Elf32(Header1(3), [0xF4]), Elf32(Header2(Words(2, 24, Base, Base, 0, 0), Words(3, 12, Base)), [0xF4])];
        for (int round = 0; round < 2000; round++)
        {
            byte[] kernel = [.. kernels[random.Next(kernels.Length)]];
            int header = kernel.Length > 0x1000 ? 0x1000 : 0;
            for (int change = random.Next(1, 4); change > 0; change--)
                kernel[random.Next(3) == 0 ? random.Next(int.Min(84, kernel.Length)) : header + random.Next(kernel.Length - header)] = (byte)random.Next(256);
            try
            {
                Plan(kernel[..random.Next(kernel.Length / 2, kernel.Length + 1)]);
            }
            catch (Exception e) when (e is ImageException or ConfigException)
            {
            }
            catch (Exception e)
            {
                Assert.Fail($"seed {seed}, round {round}: {e}");
            }
        }
    }

    public static TheoryData<string> Kernels => ["elf1", "elf2", "raw"];

    /// <summary>Checks its magic, finds its words, prints their last character and ends by the debug exit.</summary>
    [Theory]
    [MemberData(nameof(Kernels))]
    public async Task A_kernel_starts_in_protected_mode_and_ends_by_the_debug_exit(string form)
    {
        X64Program.RequireKvm();
        void Body(Assembler c, uint magic, Action findWords)
        {
            Label bad = c.CreateLabel();
            Label next = c.CreateLabel();
            Label found = c.CreateLabel();
            c.cmp(eax, magic);
            c.jne(bad);
            findWords();
            c.Label(ref next);
            c.cmp(__byte_ptr[esi], 0);
            c.je(found);
            c.inc(esi);
            c.jmp(next);
            c.Label(ref found);
            c.mov(al, __byte_ptr[esi - 1]);
            c.@out(0xE9, al);
            c.mov(eax, 0x10);
            c.@out(0xF4, eax);
            c.Label(ref bad);
            c.mov(al, 0x7F);
            c.@out(0xF4, al);
            c.hlt();
        }

        byte[] One(uint headerSize) => Code32(c => Body(c, 0x2BADB002, () => c.mov(esi, __dword_ptr[ebx + 16])), headerSize);
        byte[] kernel = form switch
        {
            "elf1" => Elf32(Header1(0), One(12)),
            "elf2" => Elf32(Header2(), Code32(c => Body(c, 0x36D76289, () => c.lea(esi, __[ebx + 16])), 24)),
            _ => Raw(One(32)),
        };
        Assert.Equal((new VmExit(VmExitReason.GuestExit, 33), "o"), await Run(kernel));
    }

    [Fact]
    public async Task A_kernel_is_told_how_many_processors_there_are()
    {
        X64Program.RequireKvm();
        byte[] code = Code32(
            c =>
            {
                c.mov(dx, X64VirtLayout.FwCfgPort);
                c.mov(ax, (ushort)FwCfgKey.CpuCount);
                c.@out(dx, ax);
                c.inc(dx);
                c.@in(al, dx);
                c.@out(0xF4, al);
            },
            12);
        Assert.Equal((new VmExit(VmExitReason.GuestExit, 3), ""), await Run(Elf32(Header1(0), code)));
    }

    /// <summary>The 8259 and the 8254 as small kernels program them, a text screen that is not there, and an unknown port.</summary>
    [Fact]
    public async Task A_kernel_that_knows_only_the_old_interrupt_controllers_is_ticked()
    {
        X64Program.RequireKvm();
        const int Vector = 0x20;
        const uint Table = 0x4000;
        byte[] code = Code32(
            c =>
            {
                Label start = c.CreateLabel();
                Label wait = c.CreateLabel();
                void Out(byte port, byte value)
                {
                    c.mov(al, value);
                    c.@out(port, al);
                }

                // The handler, and its address on the stack. It drops its frame: kvm_pvm cannot return from an interrupt in 32-bit mode.
                c.call(start);
                c.mov(al, (sbyte)'.');
                c.@out(0xE9, al);
                c.dec(ebx);
                Out(0x20, 0x20);
                c.add(esp, 12);
                c.jmp(wait);
                c.Label(ref start);
                c.pop(ecx);

                // The loader's segments are in the processor only: a table of its own, as every kernel brings.
                c.mov(__dword_ptr[0x3E08], 0x0000_FFFF);
                c.mov(__dword_ptr[0x3E0C], 0x00CF_9A00);
                c.mov(__dword_ptr[0x3E10], 0x0000_FFFF);
                c.mov(__dword_ptr[0x3E14], 0x00CF_9200);
                c.mov(__word_ptr[0x3EF0], 0x17);
                c.mov(__dword_ptr[0x3EF2], 0x3E00);
                c.lgdt(__[0x3EF0]);
                c.mov(eax, ecx);
                c.mov(__word_ptr[Table + Vector * 8], ax);
                c.mov(__word_ptr[Table + Vector * 8 + 2], 8);
                c.mov(__word_ptr[Table + Vector * 8 + 4], 0x8E00);
                c.shr(eax, 16);
                c.mov(__word_ptr[Table + Vector * 8 + 6], ax);
                c.mov(__word_ptr[0x3F00], 0x7FF);
                c.mov(__dword_ptr[0x3F02], Table);
                c.lidt(__[0x3F00]);
                Out(0x20, 0x11);
                Out(0xA0, 0x11);
                Out(0x21, Vector);
                Out(0xA1, Vector + 8);
                Out(0x21, 4);
                Out(0xA1, 2);
                Out(0x21, 1);
                Out(0xA1, 1);
                Out(0x21, 0xFE);
                Out(0xA1, 0xFF);
                Out(0x43, 0x34);
                Out(0x40, 0x9C);
                Out(0x40, 0x2E); // 100 Hz
                c.mov(__word_ptr[0xB_8000], 0x0741);
                c.mov(dx, 0x3D4);
                c.@out(dx, al);
                c.mov(ebx, 3);
                Label done = c.CreateLabel();
                c.Label(ref wait);
                c.test(ebx, ebx);
                c.jz(done);
                c.sti();
                c.hlt();
                c.jmp(wait);
                c.Label(ref done);
                c.mov(al, 0);
                c.@out(0xF4, al);
                c.hlt();
            },
            12);
        (VmExit exit, string text) = await Run(Elf32(Header1(0), code));
        Assert.Equal((new VmExit(VmExitReason.GuestExit, 1), "..."), (exit, text[..int.Min(text.Length, 3)]));
    }

    [Theory]
    [InlineData(0, 1)]
    [InlineData(0x31, 99)]
    [InlineData(0xFF, 255)]
    public async Task The_debug_exit_ends_a_64_bit_guest_with_twice_the_value_and_one(byte value, int code)
    {
        X64Program.RequireKvm();
        using X64Program program = X64Program.Create(c =>
        {
            c.Out8(0xF4, value);
            c.hlt();
        });
        VmConfig config = program.Config(InterruptControllerPlace.Split);
        await using VirtualMachine vm = VirtualMachine.Create(config, new VmOptions { DiscardConsole = true });
        Assert.Equal(
            new VmExit(VmExitReason.GuestExit, code),
            await vm.RunAsync(TestContext.Current.CancellationToken).WaitAsync(s_patience, TestContext.Current.CancellationToken));
    }
}
