using System.Runtime.CompilerServices;

namespace AxVCpu.Devices;

/// <summary>
/// The state of 32 interrupts with consecutive INTIDs, a bit each: as the registers have it. Latched is what an edge, a message or
/// software made pending; Level is what the line is.
/// </summary>
internal struct GicBank
{
    internal const int Size = 32;

    /// <summary>No vCPU: as a target, the route leads nowhere; as an owner, nobody has it.</summary>
    internal const byte Nobody = 0xFF;

    [InlineArray(Size)]
    internal struct Bytes
    {
        private byte _first;
    }

    [InlineArray(Size)]
    internal struct Halves
    {
        private ushort _first;
    }

    [InlineArray(Size)]
    internal struct Words
    {
        private uint _first;
    }

    internal uint Group1;
    internal uint Enabled;
    internal uint Latched;
    internal uint Level;
    internal uint Edge;
    internal uint Active;

    // The guest's deactivation deactivates a physical interrupt; Physical says which.
    internal uint Hardware;

    // In a list register of the vCPU that runs: until it leaves the guest, what the guest did to them is not known here.
    internal uint Listed;

    // Of those, the ones that were latched: the list register carries it, and brings it back unless the guest took it.
    internal uint Carried;

    // What others asked of listed interrupts; done when they come back.
    internal uint DropPending;
    internal uint DropActive;
    internal uint AddActive;

    // A reader wants to know whether a listed one is active: asked, and answered by its coming back.
    internal uint Probing;
    internal uint Probed;

    // SPIs only: any vCPU may take it (IROUTER.Interrupt_Routing_Mode), or the one of the route.
    internal uint AnyTarget;
    internal Bytes Priority;
    internal Bytes Target;
    internal Bytes Owner;
    internal Halves Physical;
    internal Words Route;

    /// <summary>Pending as the guest sees it: what is latched, and level-sensitive lines that are high.</summary>
    internal readonly uint Pending => Latched | Level & ~Edge;

    /// <summary>Whether there is anything to look at.</summary>
    internal readonly bool IsIdle => (Latched | Level | Active | Listed) == 0;

    internal void Reset(uint fixedEdge)
    {
        uint level = Level;
        uint hardware = Hardware;
        Halves physical = Physical;
        this = default;
        Level = level;
        Hardware = hardware;
        Physical = physical;
        Edge = fixedEdge;
        for (int index = 0; index < Size; index++)
            Owner[index] = Nobody;
    }
}
