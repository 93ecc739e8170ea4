using System.Text;
using AxVCpu.Software.Riscv64.Isa;

namespace Axvisor.Guests;

/// <summary>A tiny guest that comes with axvisor: assembled from its source text when it is first run.</summary>
internal sealed class HelloGuest : NamedGuest
{
    private const string SourceFile = "hello-riscv64.S";
    private const ulong LoadAddress = 0x8020_0000;

    private readonly GuestCache _cache;

    internal HelloGuest(GuestCache cache)
        : base("hello-riscv64", "A greeting from a few lines of assembly text") => _cache = cache;

    /// <inheritdoc/>
    public override bool NeedsPackages => false;

    /// <inheritdoc/>
    public override PreparedGuest FindPrepared() => Describe();

    /// <inheritdoc/>
    public override Task<PreparedGuest> PrepareAsync(bool force, IPreparationProgress progress, CancellationToken cancellation)
    {
        PreparedGuest guest = Describe();
        byte[] program = Assembler.Assemble(Encoding.UTF8.GetString(LinuxInitramfs.Resource(SourceFile)), LoadAddress, SourceFile).ToElf();
        _cache.StoreFile(guest.Kernel, program);
        return Task.FromResult(guest);
    }

    private PreparedGuest Describe() => new(Name, Path.Combine(_cache.FolderOf(Name), "hello.elf")) { MemoryMiB = 16, Origin = "bundled" };
}
