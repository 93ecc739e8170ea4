using System.Text;
using Axvisor.Guests;

namespace Axvisor.Tests;

public sealed class KernelModulesTests
{
    [Theory]
    [InlineData("junk\0license=GPL\0depends=jbd2,mb-cache,crc16\0name=ext4\0", "jbd2 mb_cache crc16")]
    [InlineData("\0depends=\0name=x\0", "")]
    [InlineData("\0name=x\0", "")]
    [InlineData("\0depends=cut", "cut")]
    public void Dependencies_come_from_the_modules_own_text(string module, string expected) =>
        Assert.Equal(expected, string.Join(' ', KernelModules.ReadDependencies(Encoding.ASCII.GetBytes(module))));
}
