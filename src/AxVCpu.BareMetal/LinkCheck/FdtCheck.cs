using System;
using System.Runtime;
using AxVCpu.Devices;

namespace AxVCpu.BareMetal.LinkCheck;

/// <summary>Reading and writing of devicetrees.</summary>
internal static unsafe class FdtCheck
{
    [RuntimeExport("axvcpu_check_fdt_reader")]
    public static ulong Reader(byte* blob, int length)
    {
        ulong sum = (ulong)FdtBlob.Open(new ReadOnlySpan<byte>(blob, length), out FdtBlob opened);
        if (opened.TryReservation(0, out ulong address, out ulong size))
            sum += address + size;
        FdtNodeView node = opened.Root.FindCompatible("arm,gic-v3"u8).FindPhandle(1).At("/a/b"u8).Parent.NextSibling;
        if (node.TryRegister(0, out address, out size) && node.TryGicInterrupt(0, out FdtGicInterrupt interrupt) && node.IsEnabled)
            sum += address + size + interrupt.IntId;
        if (node.TryText("status"u8, out ReadOnlySpan<byte> text) && node.TryNumber("x"u8, out ulong number) && node.TryCpuId(out ulong cpu))
            sum += (ulong)text.Length + number + cpu;
        return sum + (node.TryCell("y"u8, out uint cell) ? cell : 0) + opened.BootCpu;
    }

    [RuntimeExport("axvcpu_check_fdt_builder")]
    public static int Builder(byte* memory, int length, byte* blob, int blobLength)
    {
        FdtBlob.Open(new ReadOnlySpan<byte>(blob, blobLength), out FdtBlob opened);
        FdtBuilder builder = new(new Span<byte>(memory, length));
        builder.Reserve(1, 2);
        builder.BeginNode(""u8);
        builder.BeginNode("memory"u8, 0x4000_0000);
        builder.Register(0x4000_0000, 0x1000);
        builder.Cell("a"u8, 1);
        builder.Number("b"u8, 2);
        builder.Text("c"u8, "text"u8);
        builder.Flag("d"u8);
        builder.EndNode();
        builder.Copy(opened.Root);
        builder.EndNode();
        return builder.HasFailed ? 0 : builder.Finish(0);
    }
}
