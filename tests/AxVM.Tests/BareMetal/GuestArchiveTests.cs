using System.Buffers.Binary;
using System.Text;
using AxVCpu;
using AxVCpu.BareMetal.Hypervisor;
using AxVM.BareMetal;
using AxVM.Boot;
using AxVM.Config;

namespace AxVM.Tests.BareMetal;

/// <summary>The archive as the tools write it and as the hypervisor reads it.</summary>
public sealed class GuestArchiveTests : IDisposable
{
    private const int Kernel = 0x3000;
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("axvm-archive-");

    public GuestArchiveTests()
    {
        File.WriteAllBytes(PathOf("Image"), LinuxImage(Kernel));
        File.WriteAllBytes(PathOf("initrd"), [.. Enumerable.Range(0, 5000).Select(i => (byte)i)]);
        File.WriteAllBytes(PathOf("disk"), new byte[1024]);
    }

    public void Dispose() => _folder.Delete(recursive: true);

    [Fact]
    public void What_was_configured_arrives()
    {
        byte[] archive = Build("""
            [base]
            id = 7
            name = "left"
            cpu_num = 2
            weight = 250
            phys_cpu_ids = [0x0, 0x100]
            phys_cpu_sets = [1, 3]
            [kernel]
            kernel_path = "Image"
            ramdisk_path = "initrd"
            cmdline = "console=ttyAMA0"
            memory_regions = [[0x40000000, 0x8000000, 7, 0], [0x60000000, 0x1000, 19, 2]]
            [devices]
            emu_devices = [["ivc", 0xb100000, 0x2000, 70, 0xA, []]]
            passthrough_devices = [["/pl061@9030000"], ["rtc", 0x9050000, 0x9010000, 0x1000, 34]]
            [[channel]]
            key = 0x55
            subscriber = 9
            writable = true
            [[channel]]
            key = 0x56
            [[disk]]
            path = "disk"
            readonly = true
            """);
        Assert.Equal(ArchiveStatus.Ok, ArchiveReader.Open(archive, out ArchiveReader reader));
        VmManifest vm = ReadManifest(reader);
        Assert.Equal(7u, vm.Id);
        Assert.Equal("left", Encoding.UTF8.GetString(vm.Name.Span));
        Assert.Equal("console=ttyAMA0", Encoding.UTF8.GetString(vm.CommandLine.Span));
        Assert.Equal(2u, vm.VCpus);
        Assert.Equal(250u, vm.Weight);
        Assert.Equal(VmFlags.AutoStart, vm.Flags);
        Assert.Equal(0x100ul, vm.MpidrOf(1));
        Assert.True(vm.CpuSetOf(1).Contains(1));
        Assert.False(vm.CpuSetOf(0).Contains(1));
        Assert.Equal(0x40000000ul, vm.Entry);
        Assert.Equal(2, vm.RegionCount);
        Assert.Equal(RegionType.Reserved, vm.Regions[1].Type);
        Assert.Equal(MappingFlags.Read | MappingFlags.Write | MappingFlags.Device, vm.Regions[1].Flags);
        Assert.Equal("/pl061@9030000", Encoding.UTF8.GetString(vm.Nodes[0].Span));
        Assert.Equal((0x9050000ul, 0x9010000ul, 34u), (vm.Ranges[0].Address, vm.Ranges[0].HostAddress, vm.Ranges[0].Interrupt));
        Assert.Equal((0x55ul, 9u, ChannelRights.Read | ChannelRights.Write), (vm.Rules[0].Key, vm.Rules[0].Peer, vm.Rules[0].Rights));
        Assert.Equal((ChannelPeer.Any, ChannelRights.Read), (vm.Rules[1].Peer, vm.Rules[1].Rights));
        Assert.Equal((0xAu, 70u, 0xb100000ul), (vm.Devices[0].Type, vm.Devices[0].Interrupt, vm.Devices[0].Address));
        Assert.True(vm.Disks[0].IsReadOnly);

        Assert.True(reader.TryGetFile(vm.Images[0].File, out ReadOnlySpan<byte> image));
        Assert.Equal(File.ReadAllBytes(PathOf("Image")), image);
        Assert.True(reader.TryGetFile(vm.Ramdisk.File, out ReadOnlySpan<byte> ramdisk));
        Assert.Equal(File.ReadAllBytes(PathOf("initrd")), ramdisk);
        Assert.True(vm.Regions[0].Holds(vm.Ramdisk.Address, 5000));
        Assert.True(vm.Regions[0].Holds(vm.DeviceTreeAddress, GuestBoard.DeviceTreeRoom));
    }

    [Fact]
    public void Vms_that_use_the_same_file_share_it()
    {
        GuestArchive archive = new();
        archive.Add(Config("[base]\nid = 1\nname = \"a\"\n[kernel]\nkernel_path = \"Image\""));
        archive.Add(Config("[base]\nid = 2\nname = \"b\"\n[kernel]\nkernel_path = \"Image\""));
        byte[] bytes = ToBytes(archive);
        Assert.Equal(ArchiveStatus.Ok, ArchiveReader.Open(bytes, out ArchiveReader reader));
        Assert.Equal(3, reader.Count);
        Assert.InRange(bytes.Length, Kernel, Kernel + 8192);
        ConfigException e = Assert.Throws<ConfigException>(() => archive.Add(Config("[base]\nid = 2\nname = \"b\"\n[kernel]\nkernel_path = \"Image\"")));
        Assert.Equal(["base.id", "base.name"], e.Problems.Select(problem => problem.Field));
    }

    [Theory]
    [InlineData("[base]\ncpu_num = 17\n[kernel]\nkernel_path = \"Image\"", 2, "base.cpu_num")]
    [InlineData("[base]\nname = \"two words\"\n[kernel]\nkernel_path = \"Image\"", 2, "base.name")]
    [InlineData("[kernel]\nkernel_path = \"Image\"\nmemory_regions = [[0x8000000, 0x1000000, 7, 0]]", 3, "kernel.memory_regions")]
    [InlineData("[kernel]\nkernel_path = \"Image\"\n[devices]\ninterrupt_mode = \"passthrough\"", 4, "devices.interrupt_mode")]
    [InlineData("[kernel]\nkernel_path = \"Image\"\n[devices]\nemu_devices = [[\"net\", 0xb000000, 0x1000, 40, 0xE2, []]]", 4, "devices.emu_devices")]
    [InlineData("[kernel]\nkernel_path = \"Image\"\n[engine]\nisa = \"rv64gc\"", 4, "engine.isa")]
    public void What_bare_metal_cannot_do_is_refused_with_its_place(string text, int line, string field)
    {
        ConfigException e = Assert.Throws<ConfigException>(() => new GuestArchive().Add(Config(text)));
        ConfigProblem problem = Assert.Single(e.Problems);
        Assert.Equal((line, field), (problem.Line, problem.Field));
        Assert.EndsWith("vm.toml", problem.File, StringComparison.Ordinal);
    }

    [Fact]
    public void A_kernel_for_another_architecture_is_refused()
    {
        byte[] image = LinuxImage(Kernel);
        BinaryPrimitives.WriteUInt32LittleEndian(image.AsSpan(56), 0x05435352);
        File.WriteAllBytes(PathOf("riscv"), image);
        ImageException e = Assert.Throws<ImageException>(() => new GuestArchive().Add(Config("[kernel]\nkernel_path = \"riscv\"")));
        Assert.Contains("riscv64", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_vm_whose_kernel_is_missing_is_not_added()
    {
        GuestArchive archive = new();
        Assert.Throws<ImageException>(() => archive.Add(Config("[kernel]\nkernel_path = \"missing\"")));
        Assert.Equal(0, archive.VmCount);
    }

    [Fact]
    public void A_damaged_archive_is_refused_and_never_read_beyond_its_end()
    {
        int seed = Random.Shared.Next();
        TestContext.Current.TestOutputHelper?.WriteLine($"seed {seed}");
        Random random = new(seed);
        byte[] good = Build("[base]\nname = \"x\"\n[kernel]\nkernel_path = \"Image\"\nramdisk_path = \"initrd\"");
        Assert.Equal(ArchiveStatus.NotAnArchive, ArchiveReader.Open(new byte[4096], out _));
        for (int length = 0; length < 400; length++)
        {
            Assert.NotEqual(ArchiveStatus.Ok, ArchiveReader.Open(good.AsSpan(0, length), out _));
        }

        for (int round = 0; round < 5_000; round++)
        {
            byte[] bad = (byte[])good.Clone();
            int described = (int)BinaryPrimitives.ReadUInt32LittleEndian(bad.AsSpan(ArchiveFormat.DescribedSizeAt));
            for (int i = random.Next(1, 4); i > 0; i--)
            {
                bad[random.Next(8, described)] = (byte)random.Next(256);
            }

            if (random.Next(2) == 0)
            {
                Sign(bad); // so that the bounds are tried, not the checksum
            }

            Visit(bad);
        }
    }

    [Fact]
    public void Random_manifests_are_read_within_their_bounds()
    {
        int seed = Random.Shared.Next();
        TestContext.Current.TestOutputHelper?.WriteLine($"seed {seed}");
        Random random = new(seed);
        VmManifest manifest = default;
        for (int round = 0; round < 50_000; round++)
        {
            byte[] bytes = new byte[random.Next(200)];
            random.NextBytes(bytes);
            for (int at = 0; at + 4 < bytes.Length; at += 4 + bytes[at + 2])
            {
                bytes[at] = (byte)random.Next(52);
                bytes[at + 1] = 0;
                bytes[at + 2] = (byte)(random.Next(4) == 0 ? random.Next(64) : 8 * random.Next(5));
                bytes[at + 3] = 0;
            }

            ManifestProblem problem = VmManifest.Read(bytes, ref manifest, out _);
            Assert.True(problem != ManifestProblem.None || manifest.RegionCount > 0);
            Assert.InRange(manifest.RegionCount, 0, ArchiveFormat.MaxRegions);
        }
    }

    private static void Visit(byte[] bytes)
    {
        if (ArchiveReader.Open(bytes, out ArchiveReader reader) != ArchiveStatus.Ok)
        {
            return;
        }

        VmManifest manifest = default;
        for (uint i = 0; i <= reader.Count; i++)
        {
            if (reader.TryGet(i, out ArchiveEntry entry) && entry.Kind == ArchiveEntryKind.Manifest)
            {
                VmManifest.Read(entry.Data, ref manifest, out _);
            }
        }
    }

    private static VmManifest ReadManifest(ArchiveReader reader)
    {
        VmManifest manifest = default;
        for (uint i = 0; reader.TryGet(i, out ArchiveEntry entry); i++)
        {
            if (entry.Kind == ArchiveEntryKind.Manifest)
            {
                ManifestProblem problem = VmManifest.Read(entry.Data, ref manifest, out ManifestTag tag);
                Assert.Equal((ManifestProblem.None, ManifestTag.None), (problem, tag));
                return manifest;
            }
        }

        throw new InvalidOperationException("no manifest in the archive");
    }

    private static void Sign(byte[] archive)
    {
        int described = (int)BinaryPrimitives.ReadUInt32LittleEndian(archive.AsSpan(ArchiveFormat.DescribedSizeAt));
        if (described >= ArchiveFormat.ChecksumFrom && described <= archive.Length)
        {
            uint checksum = ArchiveFormat.Checksum(archive.AsSpan(ArchiveFormat.ChecksumFrom, described - ArchiveFormat.ChecksumFrom));
            BinaryPrimitives.WriteUInt32LittleEndian(archive.AsSpan(ArchiveFormat.ChecksumAt), checksum);
        }
    }

    private static byte[] LinuxImage(int size)
    {
        byte[] image = new byte[size];
        BinaryPrimitives.WriteUInt64LittleEndian(image.AsSpan(16), 0x10000);
        BinaryPrimitives.WriteUInt32LittleEndian(image.AsSpan(56), 0x644d5241);
        return image;
    }

    private static byte[] ToBytes(GuestArchive archive)
    {
        using MemoryStream stream = new();
        archive.Write(stream);
        return stream.ToArray();
    }

    private string PathOf(string name) => Path.Combine(_folder.FullName, name);

    private VmConfig Config(string text) => VmConfig.Parse(text, PathOf("vm.toml"));

    private byte[] Build(string text)
    {
        GuestArchive archive = new();
        archive.Add(Config(text), GuestArchiveOptions.AutoStart);
        return ToBytes(archive);
    }
}
