using AxVCpu.Memory;

namespace AxVCpu.Kvm;

/// <summary>What the library puts into a sandbox beside the page tables: descriptors, fault handlers, and the gate between calls.</summary>
internal static class SandboxSystem
{
    /// <summary>Written by the gate: the last call is over, the next can begin.</summary>
    internal const ushort ReturnPort = 0xF0;

    /// <summary>Written by user code: it calls the host.</summary>
    internal const ushort CallPort = 0xF1;

    /// <summary>Written by a fault handler: user code did what it may not.</summary>
    internal const ushort FaultPort = 0xF2;

    internal const ushort TaskLimit = PermissionBitmap + PermissionBytes - 1;
    internal const ulong TaskState = SandboxLayout.Descriptors + 0x100;
    internal const ushort DescriptorLimit = 0x1F;
    internal const ushort InterruptLimit = (Exceptions * GateBytes) - 1;

    // The bitmap reaches over the two ports that user code may write; the processor reads a byte more than it looks at.
    private const int PermissionBitmap = 0x68;
    private const int PermissionBytes = (CallPort / 8) + 2;
    private const int Exceptions = 32;
    private const int GateBytes = 16;
    private const int StubBytes = 16;
    private const int BreakpointVector = 3;
    private const int OverflowVector = 4;
    private const ulong KernelCode = 0x10;

    // Exceptions that push an error code (Intel SDM volume 3, table 6-1; AMD APM volume 2, 8.2).
    private const uint HasErrorCode = 1u << 8 | 1u << 10 | 1u << 11 | 1u << 12 | 1u << 13 | 1u << 14 | 1u << 17 | 1u << 21 | 1u << 29 | 1u << 30;

    internal static bool PushesErrorCode(byte vector) => vector < Exceptions && (HasErrorCode >> vector & 1) != 0;

    internal static void Write(GuestAddressSpace memory, SandboxLayout layout)
    {
        // The gate, where user code waits between calls: out ReturnPort, al; call rax; jmp back.
        Put(memory, layout, SandboxLayout.Gate, [0xE6, (byte)ReturnPort, 0xFF, 0xD0, 0xEB, 0xFA]);

        // The system's descriptors (Intel SDM volume 3, 3.4.5): 64-bit code and data of level 0 for the handlers.
        Put(memory, layout, SandboxLayout.Descriptors + 0x10, BitConverter.GetBytes(0x00AF_9B00_0000_FFFFUL));
        Put(memory, layout, SandboxLayout.Descriptors + 0x18, BitConverter.GetBytes(0x00CF_9300_0000_FFFFUL));

        // The task state (8.7): the stack of level 0, and the permission for two ports (volume 1, 19.5.2); the privilege level for all others is 0.
        Put(memory, layout, TaskState + 4, BitConverter.GetBytes(SandboxLayout.FaultStackTop));
        Put(memory, layout, TaskState + 102, BitConverter.GetBytes((ushort)PermissionBitmap));
        Span<byte> permissions = stackalloc byte[PermissionBytes];
        permissions.Fill(0xFF);
        permissions[ReturnPort / 8] &= unchecked((byte)~(1 << (ReturnPort % 8)));
        permissions[CallPort / 8] &= unchecked((byte)~(1 << (CallPort % 8)));
        Put(memory, layout, TaskState + PermissionBitmap, permissions);

        for (int vector = 0; vector < Exceptions; vector++)
        {
            // mov al, vector; out FaultPort, al; hlt; jmp back to hlt.
            ulong stub = SandboxLayout.Stubs + ((ulong)vector * StubBytes);
            Put(memory, layout, stub, [0xB0, (byte)vector, 0xE6, (byte)FaultPort, 0xF4, 0xEB, 0xFD]);
            ulong level = vector is BreakpointVector or OverflowVector ? 3UL : 0;
            ulong gate = (stub & 0xFFFF) | (KernelCode << 16) | (0x8E00UL << 32) | (level << 45) | ((stub >> 16 & 0xFFFF) << 48);
            Put(memory, layout, SandboxLayout.Interrupts + ((ulong)vector * GateBytes), BitConverter.GetBytes(gate));
        }
    }

    private static void Put(GuestAddressSpace memory, SandboxLayout layout, ulong address, ReadOnlySpan<byte> bytes) =>
        memory.Write(layout.Translate(address), bytes);
}
