using System.Reflection;
using System.Text;

namespace Axvisor.Guests;

/// <summary>Makes the initramfs of the Linux guests: BusyBox, the modules of the board's devices, and an init script of ours.</summary>
internal static class LinuxInitramfs
{
    // What the board has; loaded at boot, so kept ready to load.
    private static readonly string[] s_boardModules = ["virtio_mmio", "virtio_blk", "virtio_rng"];

    // For modprobe and mount later; kept compressed.
    private static readonly string[] s_furtherModules =
        ["virtio_net", "ext4", "crc32c_generic", "libcrc32c", "vfat", "nls_cp437", "nls_ascii", "nls_utf8", "isofs", "loop"];

    // What mount tries when it is told no type.
    private static readonly string[] s_fileSystems = ["ext4", "vfat", "iso9660"];

    /// <summary>Writes the archive, uncompressed: the kernel then only copies it, which is what an emulated CPU does fastest.</summary>
    /// <param name="output">Where it goes.</param>
    /// <param name="busyBox">The statically linked BusyBox program.</param>
    /// <param name="release">The kernel's release, as uname -r says it.</param>
    /// <param name="modules">The kernel's modules.</param>
    /// <param name="hostName">The guest's host name.</param>
    /// <param name="cancellation">Stops the work.</param>
    internal static async Task WriteAsync(
        Stream output, byte[] busyBox, string release, KernelModules modules, string hostName, CancellationToken cancellation)
    {
        using CpioWriter archive = new(output);
        foreach (string folder in (string[])["bin", "sbin", "usr/bin", "usr/sbin", "proc", "sys", "dev", "run", "root", "mnt"])
            archive.AddDirectory(folder);
        archive.AddDirectory("tmp", 0b1_111_111_111);
        archive.AddCharacterDevice("dev/console", 5, 1);
        archive.AddCharacterDevice("dev/null", 1, 3, 0b110_110_110);
        archive.AddFile("bin/busybox", busyBox, 0b111_101_101);
        archive.AddSymbolicLink("bin/sh", "busybox");
        archive.AddSymbolicLink("init", "bin/busybox");
        archive.AddFile("etc/inittab", Resource("linux-inittab"));
        archive.AddFile("etc/rc", Resource("linux-rc.sh"), 0b111_101_101);
        archive.AddFile("etc/hostname", Text($"{hostName}\n"));
        archive.AddFile("etc/passwd", Text("root::0:0:root:/root:/bin/sh\n"));
        archive.AddFile("etc/group", Text("root:x:0:\n"));
        archive.AddFile("etc/profile", Resource("linux-profile.sh"));

        IReadOnlyList<string> board = await modules.ResolveAsync(s_boardModules, cancellation).ConfigureAwait(false);
        IReadOnlyList<string> further = await modules.ResolveAsync(s_furtherModules, cancellation).ConfigureAwait(false);
        StringBuilder dependencies = new();
        StringBuilder aliases = new();
        foreach (string module in board.Union(further))
        {
            bool ready = board.Contains(module);
            byte[] content = ready
                ? await modules.DecompressedAsync(module, cancellation).ConfigureAwait(false)
                : modules.Compressed(module);
            archive.AddFile($"lib/modules/{release}/{FileName(module, ready)}", content);
            IEnumerable<string> needs = (await modules.DependenciesAsync(module, cancellation).ConfigureAwait(false))
                .Select(needed => FileName(needed, board.Contains(needed)));
            dependencies.Append(FileName(module, ready)).Append(": ").AppendJoin(' ', needs).Append('\n');
            foreach (string alias in await modules.AliasesAsync(module, cancellation).ConfigureAwait(false))
                aliases.Append("alias ").Append(alias).Append(' ').Append(module).Append('\n');
        }
        archive.AddFile($"lib/modules/{release}/modules.dep", Text(dependencies.ToString()));
        archive.AddFile($"lib/modules/{release}/modules.alias", Text(aliases.ToString()));
        archive.AddFile("etc/filesystems", Text(string.Join('\n', s_fileSystems) + "\n"));
        archive.AddFile("etc/board-modules", Text(string.Join('\n', board) + "\n"));
    }

    /// <summary>The text of a bundled file.</summary>
    internal static byte[] Resource(string name)
    {
        using Stream stream = Assembly.GetExecutingAssembly().GetManifestResourceStream(name)
            ?? throw new InvalidOperationException($"The bundled file '{name}' is missing from the build.");
        byte[] bytes = new byte[stream.Length];
        stream.ReadExactly(bytes);
        return bytes;
    }

    private static string FileName(string module, bool ready) => module + (ready ? ".ko" : ".ko.xz");

    private static byte[] Text(string text) => Encoding.UTF8.GetBytes(text);
}
