namespace AxVCpu.Devices.Tests;

public sealed class ArmTimerTests
{
    [Fact]
    public void It_fires_at_its_count_as_a_level_while_enabled_and_not_masked()
    {
        ArmTimer timer = default;
        Assert.Equal(ulong.MaxValue, timer.Deadline);
        Assert.False(timer.IsAsserted(ulong.MaxValue));
        timer.Write(ArmTimerRegister.CompareValue, 0, 1000);
        timer.Write(ArmTimerRegister.Control, 0, 1);
        Assert.Equal(1000UL, timer.Deadline);
        Assert.False(timer.IsAsserted(999));
        Assert.True(timer.IsAsserted(1000));
        Assert.True(timer.IsAsserted(5000));
        Assert.Equal(1UL, timer.Read(ArmTimerRegister.Control, 999));
        Assert.Equal(5UL, timer.Read(ArmTimerRegister.Control, 1000));
        timer.Write(ArmTimerRegister.Control, 0, 3);
        Assert.False(timer.IsAsserted(1000));
        Assert.Equal(7UL, timer.Read(ArmTimerRegister.Control, 1000));
        Assert.Equal(ulong.MaxValue, timer.Deadline);
        timer.Write(ArmTimerRegister.CompareValue, 0, 2000);
        timer.Write(ArmTimerRegister.Control, 0, 0xFFFF_FFFD);
        Assert.False(timer.IsAsserted(1000));
        Assert.Equal(0UL, new ArmTimer(4, 0).Read(ArmTimerRegister.Control, 1000));
    }

    [Theory]
    [InlineData(1000, 50, 1050)]
    [InlineData(1000, 0xFFFF_FFFF, 999)]
    [InlineData(1000, 0x8000_0000, 0xFFFF_FFFF_8000_03E8)]
    [InlineData(0xFFFF_FFFF_FFFF_FFF0, 0x20, 0x10)]
    [InlineData(5, 0xABCD_0000_0000_0001, 6)]
    public void The_timer_value_is_a_signed_distance(ulong now, ulong value, ulong compare)
    {
        ArmTimer timer = new(1, 0);
        timer.Write(ArmTimerRegister.TimerValue, now, value);
        Assert.Equal(compare, timer.CompareValue);
        Assert.Equal((uint)value, timer.Read(ArmTimerRegister.TimerValue, now));
        Assert.Equal(compare, timer.Read(ArmTimerRegister.CompareValue, now));
        Assert.Equal(ArmTimerControl.ENABLE, timer.Control);
    }
}
