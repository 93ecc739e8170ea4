namespace AxVCpu.Devices.Tests;

public sealed class SysconTests : ISysconHost
{
    private readonly List<(SysconStatus, ushort)> _finished = [];

    void ISysconHost.Finish(SysconStatus status, ushort code) => _finished.Add((status, code));

    [Fact]
    public void The_three_commands_are_told_with_their_code_and_all_else_is_ignored()
    {
        SysconDevice syscon = new(this);
        syscon.Put(0, 0x5555);
        syscon.Put(0, 0x0007_3333);
        syscon.Put(0, 0x7777, AccessWidth.Word);
        syscon.Put(0, 0x1234);
        syscon.Put(4, 0x5555);
        Assert.False(syscon.Write(0, AccessWidth.Qword, 0x5555));
        Assert.False(syscon.Write(0, AccessWidth.Byte, 0x55));
        Assert.Equal(0UL, syscon.Get(0));
        Assert.Equal([(SysconStatus.Pass, 0), (SysconStatus.Fail, 7), (SysconStatus.Reset, 0)], _finished);
    }
}
