using System.Buffers.Binary;

namespace AxVM.Boot;

/// <summary>
/// What a boot sector finds on a PC when the BIOS jumps to it (IBM PC/AT Technical Reference, "BIOS"; BIOS Boot Specification, 6.5.1): vectors,
/// the data area, interrupt controllers and timer in their usual state. The services are few: a character to the console (INT 10h, AH 0Eh), the
/// size of the low memory (INT 12h), ticks (INT 8h, INT 1Ch). Every other one says that it failed.
/// </summary>
internal static class BootSector
{
    /// <summary>Where a boot sector lies and begins.</summary>
    public const ulong Address = 0x7C00;

    /// <summary>Where <see cref="Services"/> lie and begin.</summary>
    public const ulong ServicesAddress = 0xF_E000;

    /// <summary>What dl holds: the first hard disk.</summary>
    public const byte Drive = 0x80;

    private const int SectorSize = 512;
    private const int SignatureAt = 510;
    private const ushort Signature = 0xAA55;
    private const ushort ServicesSegment = 0xF000;

    // Offsets in the services.
    private const int Teletype = 0x34;
    private const int MemorySize = 0x3C;
    private const int Tick = 0x40;
    private const int Nothing = 0x53;
    private const int SecondController = 0x54;
    private const int FirstController = 0x5B;
    private const int Unknown = 0x62;

    /// <summary>Whether these bytes end as a boot sector does, at least the first of them.</summary>
    /// <param name="start">The begin of the file.</param>
    /// <param name="length">Bytes of the file.</param>
    public static bool IsOne(ReadOnlySpan<byte> start, long length) =>
        length % SectorSize == 0 && start.Length >= SectorSize && BinaryPrimitives.ReadUInt16LittleEndian(start[SignatureAt..]) == Signature;

    /// <summary>The start and the services, in 16-bit code.</summary>
    public static ReadOnlySpan<byte> Services =>
    [
        // The two 8259s (ICW1 to ICW4): vectors 8 and 70h; open are the timer and the second of them.
        0xB0, 0x11, // mov al, 11h
        0xE6, 0x20, // out 20h, al
        0xE6, 0xA0, // out A0h, al
        0xB0, 0x08, // mov al, 8
        0xE6, 0x21, // out 21h, al
        0xB0, 0x70, // mov al, 70h
        0xE6, 0xA1, // out A1h, al
        0xB0, 0x04, // mov al, 4
        0xE6, 0x21, // out 21h, al
        0xB0, 0x02, // mov al, 2
        0xE6, 0xA1, // out A1h, al
        0xB0, 0x01, // mov al, 1
        0xE6, 0x21, // out 21h, al
        0xE6, 0xA1, // out A1h, al
        0xB0, 0xFA, // mov al, FAh
        0xE6, 0x21, // out 21h, al
        0xB0, 0xFF, // mov al, FFh
        0xE6, 0xA1, // out A1h, al
        // The 8254: 18.2 ticks in a second.
        0xB0, 0x36, // mov al, 36h
        0xE6, 0x43, // out 43h, al
        0x31, 0xC0, // xor ax, ax
        0xE6, 0x40, // out 40h, al
        0xE6, 0x40, // out 40h, al
        0xFB, // sti
        0xEA, 0x00, 0x7C, 0x00, 0x00, // jmp 0:7C00h
        // Teletype
        0x80, 0xFC, 0x0E, // cmp ah, 0Eh
        0x75, 0x02, // jne +2
        0xE6, 0xE9, // out E9h, al
        0xCF, // iret
        // MemorySize
        0xB8, 0x7F, 0x02, // mov ax, 639
        0xCF, // iret
        // Tick
        0x50, // push ax
        0x1E, // push ds
        0x31, 0xC0, // xor ax, ax
        0x8E, 0xD8, // mov ds, ax
        0x66, 0xFF, 0x06, 0x6C, 0x04, // inc dword [46Ch]
        0xCD, 0x1C, // int 1Ch
        0xB0, 0x20, // mov al, 20h
        0xE6, 0x20, // out 20h, al
        0x1F, // pop ds
        0x58, // pop ax
        // Nothing
        0xCF, // iret
        // SecondController
        0x50, // push ax
        0xB0, 0x20, // mov al, 20h
        0xE6, 0xA0, // out A0h, al
        0xEB, 0x03, // jmp +3
        // FirstController
        0x50, // push ax
        0xB0, 0x20, // mov al, 20h
        0xE6, 0x20, // out 20h, al
        0x58, // pop ax
        0xCF, // iret
        // Unknown: the carry flag in the flags that the interrupt has pushed
        0x55, // push bp
        0x89, 0xE5, // mov bp, sp
        0x83, 0x4E, 0x06, 0x01, // or word [bp + 6], 1
        0x5D, // pop bp
        0xCF, // iret
    ];

    /// <summary>The first bytes of memory: the interrupt vectors, and the data area behind them.</summary>
    public static byte[] LowMemory()
    {
        const int Vectors = 0x100;
        const int VectorSize = 4;
        const int DataArea = Vectors * VectorSize;
        byte[] memory = new byte[DataArea + 0x100];
        for (int vector = 0; vector < Vectors; vector++)
        {
            Put(memory, vector * VectorSize, vector switch
            {
                0x08 => Tick,
                < 0x08 => Nothing,
                < 0x10 => FirstController,
                0x10 => Teletype,
                0x12 => MemorySize,
                0x1C => Nothing,
                >= 0x70 and < 0x78 => SecondController,
                _ => Unknown,
            } + (int)(ServicesAddress & 0xFFFF));
            Put(memory, (vector * VectorSize) + 2, ServicesSegment);
        }

        Put(memory, DataArea + 0x10, 0x22); // equipment: a mathematics processor, 80 by 25 characters in colour
        Put(memory, DataArea + 0x13, 639); // KiB of low memory
        Put(memory, DataArea + 0x49, 3); // the display's mode
        Put(memory, DataArea + 0x4A, 80); // columns
        Put(memory, DataArea + 0x63, 0x3D4); // the display's port
        Put(memory, DataArea + 0x84, 24); // rows less one
        return memory;
    }

    private static void Put(Span<byte> memory, int at, int value) => BinaryPrimitives.WriteUInt16LittleEndian(memory[at..], (ushort)value);
}
