using AxVCpu.Memory;

namespace AxVCpu.Software.Riscv64;

public sealed partial class Riscv64Machine
{
    private ulong _nestedRoot;

    /// <summary>The format of the table at <see cref="NestedRoot"/>.</summary>
    public Memory.NestedFormat NestedFormat { get; }

    /// <summary>The VM's nested table. Set while no hart runs.</summary>
    internal HostPhysAddr NestedRoot
    {
        get => new(Volatile.Read(ref _nestedRoot));
        set => Volatile.Write(ref _nestedRoot, value.Value);
    }

    /// <summary>Walks the nested table as hardware would. A hart's thread inside Run.</summary>
    internal NestedWalkStatus WalkNested(GuestPhysAddr gpa, MappingFlags access, out NestedTranslation translation)
    {
        HostPhysAddr root = NestedRoot;
        if (root.Value == 0)
        {
            translation = default;
            return NestedWalkStatus.NotMapped;
        }

        return NestedFormat == Memory.NestedFormat.Sv39x4
            ? NestedWalker<Sv39x4>.Walk(root, gpa, access, default(IdentityPhysMap), out translation)
            : NestedWalker<Sv48x4>.Walk(root, gpa, access, default(IdentityPhysMap), out translation);
    }
}
