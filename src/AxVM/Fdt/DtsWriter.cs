using System.Buffers.Binary;
using System.Globalization;
using System.Text;

namespace AxVM.Fdt;

/// <summary>Prints a devicetree as source text. Values carry no types, so strings and cells are told apart by their look.</summary>
internal static class DtsWriter
{
    public static string Write(FlattenedDeviceTree tree)
    {
        StringBuilder text = new("/dts-v1/;\n\n");
        foreach (FdtReservation reservation in tree.Reservations)
        {
            text.Append(CultureInfo.InvariantCulture, $"/memreserve/ 0x{reservation.Address:x} 0x{reservation.Size:x};\n");
        }

        WriteNode(text, tree.Root, 0);
        return text.ToString();
    }

    private static void WriteNode(StringBuilder text, FdtNode node, int depth)
    {
        Indent(text, depth).Append(node.Name.Length == 0 ? "/" : Printable(node.Name)).Append(" {\n");
        foreach (FdtProperty property in node.Properties)
        {
            Indent(text, depth + 1).Append(Printable(property.Name));
            WriteValue(text, property.Value.Span);
            text.Append(";\n");
        }

        foreach (FdtNode child in node.Children)
        {
            text.Append('\n');
            WriteNode(text, child, depth + 1);
        }

        Indent(text, depth).Append("};\n");
    }

    private static void WriteValue(StringBuilder text, ReadOnlySpan<byte> value)
    {
        if (value.IsEmpty)
        {
            return;
        }

        text.Append(" = ");
        if (IsTextList(value))
        {
            bool first = true;
            foreach (string part in Encoding.UTF8.GetString(value[..^1]).Split('\0'))
            {
                text.Append(first ? "\"" : ", \"").Append(part.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal)).Append('"');
                first = false;
            }
        }
        else if (value.Length % 4 == 0)
        {
            text.Append('<');
            for (int i = 0; i < value.Length; i += 4)
            {
                text.Append(CultureInfo.InvariantCulture, $"{(i > 0 ? " " : string.Empty)}0x{BinaryPrimitives.ReadUInt32BigEndian(value[i..]):x}");
            }

            text.Append('>');
        }
        else
        {
            text.Append('[');
            for (int i = 0; i < value.Length; i++)
            {
                text.Append(CultureInfo.InvariantCulture, $"{(i > 0 ? " " : string.Empty)}{value[i]:x2}");
            }

            text.Append(']');
        }
    }

    /// <summary>Printable ASCII strings, each of at least one character and closed by a zero.</summary>
    private static bool IsTextList(ReadOnlySpan<byte> value)
    {
        if (value[^1] != 0)
        {
            return false;
        }

        bool empty = true;
        foreach (byte b in value)
        {
            if (b == 0 ? empty : b is < 0x20 or > 0x7e)
            {
                return false;
            }

            empty = b == 0;
        }

        return true;
    }

    private static string Printable(string name) => string.Concat(name.Select(c => c is > ' ' and <= '~' ? c : '?'));

    private static StringBuilder Indent(StringBuilder text, int depth) => text.Append('\t', depth);
}
