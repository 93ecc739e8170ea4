using System.Buffers.Binary;

namespace AxVM.Boards;

/// <summary>
/// The program at the reset address in the machine profile: gives each hart its id in a0, the devicetree in a1 and a
/// description of the next stage in a2 (OpenSBI's fw_dynamic), and jumps.
/// </summary>
internal static class ResetRom
{
    // OpenSBI include/sbi/fw_dynamic.h, struct fw_dynamic_info: six words of XLEN bits.
    private const ulong DynamicInfoMagic = 0x4942534f;
    private const ulong DynamicInfoVersion = 2;
    private const ulong NextModeSupervisor = 1;
    private const int DataAt = 32;

    /// <summary>The bytes from <see cref="Riscv64VirtLayout.ResetRom"/> on.</summary>
    /// <param name="start">Where to jump.</param>
    /// <param name="dtb">The devicetree's address.</param>
    /// <param name="next">Where firmware goes on; 0 when there is nothing.</param>
    /// <param name="bootHart">The hart that should boot.</param>
    public static byte[] Build(ulong start, ulong dtb, ulong next, ulong bootHart)
    {
        // The data begins 32 bytes behind the code: start, dtb, then the fw_dynamic words.
        ReadOnlySpan<uint> code =
        [
            0x0000_0297, // auipc t0, 0
            0x0302_8613, // addi  a2, t0, 48
            0xf140_2573, // csrr  a0, mhartid
            0x0282_b583, // ld    a1, 40(t0)
            0x0202_b283, // ld    t0, 32(t0)
            0x0002_8067, // jr    t0
        ];
        ReadOnlySpan<ulong> data = [start, dtb, DynamicInfoMagic, DynamicInfoVersion, next, NextModeSupervisor, 0, bootHart];
        byte[] rom = new byte[DataAt + (data.Length * sizeof(ulong))];
        for (int i = 0; i < code.Length; i++)
        {
            BinaryPrimitives.WriteUInt32LittleEndian(rom.AsSpan(i * sizeof(uint)), code[i]);
        }

        for (int i = 0; i < data.Length; i++)
        {
            BinaryPrimitives.WriteUInt64LittleEndian(rom.AsSpan(DataAt + (i * sizeof(ulong))), data[i]);
        }

        return rom;
    }
}
