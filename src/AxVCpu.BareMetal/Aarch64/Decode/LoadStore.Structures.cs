namespace AxVCpu.BareMetal.Aarch64;

/// <content>
/// LD1 to LD4, ST1 to ST4 and LD1R to LD4R (Arm ARM C4.1.94 "Advanced SIMD load/store multiple structures" and "single structure").
/// Memory holds structures of as many elements as the instruction's name says; element i of each goes to register i of the list.
/// </content>
internal partial struct LoadStore
{
    /// <summary>Where in its register an element is.</summary>
    /// <param name="index">Its number in the order of memory.</param>
    public readonly int LaneAt(int index) => FirstLane + (index / _structureSize % Lanes);

    // Registers are numbered modulo 32. Where there is more than one structure after the other, each has one element.
    private readonly int ElementRegister(int index) => (Rt + (index % _structureSize) + (index / (_structureSize * Lanes))) & 31;

    private LoadStoreStatus Structures(uint instruction)
    {
        (Count, _structureSize) = (instruction >> 12 & 0xF) switch
        {
            0b0000 => ((byte)4, (byte)4),
            0b0010 => ((byte)4, (byte)1),
            0b0100 => ((byte)3, (byte)3),
            0b0110 => ((byte)3, (byte)1),
            0b0111 => ((byte)1, (byte)1),
            0b1000 => ((byte)2, (byte)2),
            0b1010 => ((byte)2, (byte)1),
            _ => default,
        };
        int size = (int)(instruction >> 10 & 3);
        IsFullWidth = Bit(instruction, 30) != 0;
        bool isReserved = Count == 0 || Bit(instruction, 21) != 0 || (size == 3 && !IsFullWidth && _structureSize != 1);
        Lanes = (byte)((IsFullWidth ? 16 : 8) >> size);
        return isReserved ? LoadStoreStatus.Unsupported : FinishStructure(instruction, size);
    }

    private LoadStoreStatus SingleStructure(uint instruction)
    {
        IsFullWidth = Bit(instruction, 30) != 0;
        int scale = (int)(instruction >> 14 & 3);
        int size = (int)(instruction >> 10 & 3);
        int step = (int)Bit(instruction, 12);
        Count = _structureSize = (byte)(((instruction >> 13 & 1) << 1 | Bit(instruction, 21)) + 1);
        Lanes = 1;
        if (scale == 3)
        {
            Replicates = true;
            return Bit(instruction, 22) == 0 || step != 0 ? LoadStoreStatus.Unsupported : FinishStructure(instruction, size);
        }

        // The element's number is Q:S:size without the bits of size that its width leaves no room for, which are 0, but for 64 bits 01.
        int lane = (int)(Bit(instruction, 30) << 3) | step << 2 | size;
        int low = lane & ((1 << scale) - 1);
        if (scale == 2 && low == 1 && step == 0)
            scale = 3;
        else if (low != 0)
            return LoadStoreStatus.Unsupported;
        FirstLane = (byte)(lane >> scale);
        KeepsRest = true;
        return FinishStructure(instruction, scale);
    }

    private LoadStoreStatus FinishStructure(uint instruction, int size)
    {
        byte index = (byte)(instruction >> 16 & 31);
        WritesBack = Bit(instruction, 23) != 0;
        if (instruction >> 31 != 0 || (!WritesBack && index != 0))
            return LoadStoreStatus.Unsupported;
        IsStructure = true;
        IsLoad = Bit(instruction, 22) != 0;
        ElementBytes = (byte)(1 << size);
        RegisterBytes = 8;
        Rm = WritesBack ? index : NoRegister;
        Increment = TotalBytes;
        return LoadStoreStatus.Decoded;
    }
}
