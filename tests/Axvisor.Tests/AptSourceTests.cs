using Axvisor.Guests;

namespace Axvisor.Tests;

public sealed class AptSourceTests
{
    [Fact]
    public void The_stanza_form_gives_addresses_suites_and_the_signing_key()
    {
        AptSource[] sources = [.. AptSource.ParseDeb822("""
            # a comment
            Types: deb deb-src
            URIs: http://mirror.example/debian
            Suites: bookworm bookworm-updates
            Components: main contrib
            Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg

            Types: deb
            URIs: http://mirror.example/debian-security
            Suites: bookworm-security
            Components: main
            """)];

        Assert.Equal(2, sources.Length);
        Assert.Equal("http://mirror.example/debian", sources[0].Uri);
        Assert.Equal(["bookworm", "bookworm-updates"], sources[0].Suites);
        Assert.Equal(["main", "contrib"], sources[0].Components);
        Assert.Equal("/usr/share/keyrings/debian-archive-keyring.gpg", sources[0].SignedBy);
        Assert.Null(sources[1].SignedBy);
    }

    [Fact]
    public void A_key_block_in_a_stanza_keeps_its_lines()
    {
        AptSource source = Assert.Single(AptSource.ParseDeb822(
            "Types: deb\nURIs: http://m/debian\nSuites: sid\nComponents: main\nSigned-By:\n -----BEGIN PGP PUBLIC KEY BLOCK-----\n .\n abc\n"));
        Assert.Equal("\n -----BEGIN PGP PUBLIC KEY BLOCK-----\n .\n abc", source.SignedBy);
    }

    [Theory]
    [InlineData("Enabled: no\nTypes: deb")]
    [InlineData("Types: deb-src")]
    public void Disabled_and_source_only_stanzas_are_passed_over(string head) =>
        Assert.Empty(AptSource.ParseDeb822(head + "\nURIs: http://m/debian\nSuites: sid\nComponents: main\n"));

    [Fact]
    public void The_one_line_form_gives_the_same_with_and_without_options()
    {
        AptSource[] sources = [.. AptSource.ParseOneLineStyle("""
            # deb http://old.example/debian sid main
            deb [ arch=amd64 signed-by=/etc/k.gpg ] https://mirror.example/debian trixie main non-free # note
            deb-src http://mirror.example/debian trixie main
            deb	http://mirror.example/plain ./
            """)];

        Assert.Equal(2, sources.Length);
        Assert.Equal(("https://mirror.example/debian", "/etc/k.gpg"), (sources[0].Uri, sources[0].SignedBy));
        Assert.Equal(["main", "non-free"], sources[0].Components);
        Assert.Equal(["./"], sources[1].Suites);
    }

    [Fact]
    public void The_main_archive_is_chosen_among_other_sources()
    {
        AptSource[] sources =
        [
            new("https://tools.example/apt", ["stable-tools"], ["main"], null),
            new("cdrom:[Debian]", ["bookworm"], ["main"], null),
            new("http://mirror.example/debian-security", ["bookworm-security"], ["main"], null),
            new("http://mirror.example/debian", ["bookworm", "bookworm-updates"], ["main"], "/k.gpg"),
        ];
        Assert.Equal("http://mirror.example/debian", AptSource.FindDebianArchive(sources)?.Uri);
        Assert.Null(AptSource.FindDebianArchive(sources[..3]));
    }

    [Fact]
    public void A_configuration_folder_is_read_in_apt_order()
    {
        using TemporaryFolder folder = new();
        Directory.CreateDirectory(folder.File("sources.list.d"));
        File.WriteAllText(folder.File("sources.list"), "deb http://first/debian sid main\n");
        File.WriteAllText(folder.File("sources.list.d/b.list"), "deb http://third/debian sid main\n");
        File.WriteAllText(folder.File("sources.list.d/a.sources"), "Types: deb\nURIs: http://second/debian\nSuites: sid\nComponents: main\n");
        File.WriteAllText(folder.File("sources.list.d/c.list.off"), "deb http://never/debian sid main\n");
        Assert.Equal(["http://first/debian", "http://second/debian", "http://third/debian"],
            AptSource.ReadSystem(folder.Path).Select(source => source.Uri));
        Assert.Empty(AptSource.ReadSystem(folder.File("missing")));
    }
}
