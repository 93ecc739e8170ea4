namespace AxVCpu;

/// <summary>The width of one memory, port or register access; the value is the width in bytes.</summary>
public enum AccessWidth : byte
{
    /// <summary>8 bits.</summary>
    Byte = 1,
    /// <summary>16 bits.</summary>
    Word = 2,
    /// <summary>32 bits.</summary>
    Dword = 4,
    /// <summary>64 bits.</summary>
    Qword = 8,
}
