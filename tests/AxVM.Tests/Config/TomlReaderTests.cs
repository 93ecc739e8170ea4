using AxVM.Config.Toml;

namespace AxVM.Tests.Config;

public sealed class TomlReaderTests
{
    public static TheoryData<string, string> Valid => new()
    {
        { "", "{}" },
        { "# only a comment", "{}" },
        { "\r\n\r\n", "{}" },
        { "a = 1", "{a:1}" },
        { "a=1#c", "{a:1}" },
        { "a = +99\nb = -17\nc = 0\nd = -0", "{a:99,b:-17,c:0,d:0}" },
        { "a = 1_000\nb = 5_3_4", "{a:1000,b:534}" },
        { "a = 0xDEADBEEF\nb = 0xdead_beef\nc = 0o755\nd = 0b1101_0110\ne = 0x0", "{a:3735928559,b:3735928559,c:493,d:214,e:0}" },
        { "a = 9223372036854775807\nb = -9223372036854775808\nc = 0x7fff_ffff_ffff_ffff", "{a:9223372036854775807,b:-9223372036854775808,c:9223372036854775807}" },
        { "a = 1.5\nb = -0.25\nc = 5e+2\nd = 1E06\ne = 6.626e-1\nf = 9_224_617.5", "{a:1.5f,b:-0.25f,c:500f,d:1000000f,e:0.6626f,f:9224617.5f}" },
        { "a = inf\nb = +inf\nc = -inf", "{a:Infinityf,b:Infinityf,c:-Infinityf}" },
        { "a = true\nb = false", "{a:true,b:false}" },
        { """a = "x\ty\"\\\u00e9\U0001F600" """, "{a:'x\ty\"\\é😀'}" },
        { """a = 'C:\temp\n'""", """{a:'C:\temp\n'}""" },
        { "a = \"\"\"\nRoses\nViolets\"\"\"", "{a:'Roses\nViolets'}" },
        { "a = \"\"\"\\\n   one \\\n\n   two\\\n   \"\"\"", "{a:'one two'}" },
        { "a = \"\"\"a\"\"b\"\"\"\"\"", "{a:'a\"\"b\"\"'}" },
        { "a = '''\nraw\\n''x'''", "{a:'raw\\n''x'}" },
        { "a = \"\"\nb = ''", "{a:'',b:''}" },
        { "a = \"\"\"\"\"\"", "{a:''}" },
        { "a = []\nb = [1, 2,]\nc = [[1],[\"x\", [2.0]]]", "{a:[],b:[1,2],c:[[1],['x',[2f]]]}" },
        { "a = [ # c\n 1, # d\n\n 2\n ,\n]", "{a:[1,2]}" },
        { "a.b.c = 1\na.b.d = 2\na.e = 3", "{a:{b:{c:1,d:2},e:3}}" },
        { "\"a.b\" = 1\n'c d' = 2\n\"\" = 3\n1.2 = 4", "{a.b:1,c d:2,:3,1:{2:4}}" },
        { "a . b = 1", "{a:{b:1}}" },
        { "[a]\nx=1\n[a.b]\ny=2\n[c]", "{a:{x:1,b:{y:2}},c:{}}" },
        { "[a.b.c]\n[a]\nx=1", "{a:{b:{c:{}},x:1}}" },
        { "[ a . \"b\" ]\nx=1", "{a:{b:{x:1}}}" },
        { "[[p]]\nn=1\n[[p]]\n[p.q]\nm=2\n[[p.r]]\n[[p.r]]\nk=3", "{p:[{n:1},{q:{m:2},r:[{},{k:3}]}]}" },
        { "a = {}\nb = { x = 1, y.z = 2 , w = [ {} ] }", "{a:{},b:{x:1,y:{z:2},w:[{}]}}" },
        { "[f]\na.c = 1\n[f.a.t]\nx = 2", "{f:{a:{c:1,t:{x:2}}}}" },
        { "true = 1\ninf = 2\n-5 = 3", "{true:1,inf:2,-5:3}" },
    };

    public static TheoryData<string, int, int, string> Invalid => new()
    {
        { "a", 1, 2, "expected '='" },
        { "a =", 1, 4, "expected a value" },
        { "a = 1 b = 2", 1, 7, "expected the end of the line" },
        { "= 1", 1, 1, "expected a key" },
        { "a = 1\na = 2", 2, 1, "duplicate key 'a', first given on line 1" },
        { "a.b = 1\na = 2", 2, 1, "duplicate key 'a'" },
        { "a = 1\na.b = 2", 2, 1, "already an integer" },
        { "[a]\n[a]", 2, 2, "duplicate table 'a', first defined on line 1" },
        { "[a]\nb = 1\n[a.b]", 3, 4, "duplicate table 'a.b'" },
        { "[a]\nb = 1\n[a.b.c]", 3, 4, "cannot be extended" },
        { "a = {x = 1}\n[a.y]", 2, 2, "cannot be extended" },
        { "a = {x = 1}\na.y = 2", 2, 1, "already a table" },
        { "[f]\na.c = 1\n[f.a]", 3, 4, "duplicate table 'f.a'" },
        { "[a.b.c]\nz = 9\n[a]\nb.c.t = 1", 4, 1, "already a table" },
        { "a = []\n[[a]]", 2, 3, "already an array" },
        { "[[a]]\n[a]", 2, 2, "duplicate table 'a'" },
        { "[a]\n[[a]]", 2, 3, "already a table" },
        { "a = [1", 1, 7, "not closed" },
        { "a = [1 2]", 1, 8, "expected ',' or ']'" },
        { "a = [,]", 1, 6, "expected a value" },
        { "a = { x = 1, }", 1, 14, "expected a key" },
        { "a = { x = 1\n}", 1, 12, "expected ',' or '}'" },
        { "a = { x = 1, x = 2 }", 1, 14, "duplicate key 'x'" },
        { "a = \"x", 1, 7, "not closed on its line" },
        { "a = \"x\ny\"", 1, 7, "not closed on its line" },
        { "a = \"\"\"x", 1, 9, "not closed" },
        { "a = \"\\q\"", 1, 6, "unknown escape" },
        { "a = \"\\ud800\"", 1, 6, "Unicode scalar" },
        { "a = \"\\u12\"", 1, 6, "4 hexadecimal digits" },
        { "a = \"\\U00110000\"", 1, 6, "8 hexadecimal digits" },
        { "a = \"\u0001\"", 1, 6, "control character U+0001" },
        { "# \u0007", 1, 3, "control character" },
        { "a = 1\rb = 2", 1, 6, "expected the end of the line" },
        { "a = 01", 1, 5, "leading zero" },
        { "a = 1__0", 1, 5, "between two digits" },
        { "a = _1", 1, 5, "between two digits" },
        { "a = 1_", 1, 5, "between two digits" },
        { "a = 0x", 1, 5, "between two digits" },
        { "a = 0xg", 1, 5, "not a digit of base 16" },
        { "a = 0b12", 1, 5, "not a digit of base 2" },
        { "a = 0x8000_0000_0000_0000", 1, 5, "does not fit" },
        { "a = 9223372036854775808", 1, 5, "does not fit" },
        { "a = +0x1", 1, 5, "not a value" },
        { "a = 1.", 1, 5, "not a value" },
        { "a = .5", 1, 5, "not a value" },
        { "a = 1e", 1, 5, "not a value" },
        { "a = 1.e2", 1, 5, "not a value" },
        { "a = 1_.5", 1, 5, "between two digits" },
        { "a = 1979-05-27", 1, 5, "date or a time" },
        { "a = 07:32:00", 1, 5, "date or a time" },
        { "a = yes", 1, 5, "a string needs quotes" },
        { "[a", 1, 3, "to close the header" },
        { "[a] x", 1, 5, "expected the end of the line" },
        { "[[a]", 1, 5, "']]'" },
        { "[]", 1, 2, "expected a key" },
        { "[a.]", 1, 4, "expected a key" },
        { "\"\"\"a\"\"\" = 1", 1, 1, "multi-line" },
    };

    [Theory]
    [MemberData(nameof(Valid))]
    public void Valid_text_is_read_to_its_values(string text, string expected) => Assert.Equal(expected, Show(TomlReader.Read(text)));

    [Theory]
    [MemberData(nameof(Invalid))]
    public void Invalid_text_is_refused_at_the_exact_place(string text, int line, int column, string problem)
    {
        TomlException e = Assert.Throws<TomlException>(() => TomlReader.Read(text));
        Assert.Contains(problem, e.Message, StringComparison.Ordinal);
        Assert.Equal(new TomlPosition(line, column), e.Position);
    }

    [Theory]
    [MemberData(nameof(Valid))]
    public void What_is_written_reads_back_to_the_same_values(string text, string expected) =>
        Assert.Equal(expected.Replace("-0,", "0,", StringComparison.Ordinal), Sorted(Show(TomlReader.Read(TomlWriter.Write(TomlReader.Read(text)))), expected));

    [Theory]
    [InlineData("a = ", "[", "]")]
    [InlineData("a = ", "{a = ", "}")]
    public void Deep_nesting_is_refused_and_does_not_exhaust_the_stack(string start, string open, string close)
    {
        string text = start + string.Concat(Enumerable.Repeat(open, 100_000)) + string.Concat(Enumerable.Repeat(close, 100_000));
        Assert.Contains("deep", Assert.Throws<TomlException>(() => TomlReader.Read(text)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Random_texts_are_read_or_refused_and_nothing_else()
    {
        int seed = Random.Shared.Next();
        Random random = new(seed);
        const string Alphabet = "a1=[]{}\"'\\.,# \n\r\t_-+xe0:u\u0001\ud800é";
        for (int round = 0; round < 20_000; round++)
        {
            string text = string.Concat(Enumerable.Range(0, random.Next(30)).Select(_ => Alphabet[random.Next(Alphabet.Length)]));
            Exception? e = Record.Exception(() => TomlReader.Read(text));
            Assert.True(e is null or TomlException, $"seed {seed}: '{text}' gave {e}");
        }
    }

    [Fact]
    public void Values_keep_the_place_where_they_stand()
    {
        TomlTable root = TomlReader.Read("[a]\n  b = [\n    1,\n    \"x\" ]\n");
        Assert.True(root.TryGet("a", out TomlEntry a));
        Assert.True(((TomlTable)a.Value).TryGet("b", out TomlEntry b));
        Assert.Equal(new TomlPosition(2, 3), b.KeyPosition);
        Assert.Equal(new TomlPosition(2, 7), b.Value.Position);
        Assert.Equal(new TomlPosition(4, 5), ((TomlArray)b.Value)[1].Position);
    }

    // The writer puts plain values before tables, so the order may differ where both are mixed.
    private static string Sorted(string actual, string expected) =>
        actual.Length == expected.Length && actual.Order().SequenceEqual(expected.Order()) ? expected : actual;

    private static string Show(TomlValue value) => value switch
    {
        TomlInteger i => $"{i.Value}",
        TomlFloat f => FormattableString.Invariant($"{f.Value}f"),
        TomlBoolean b => b.Value ? "true" : "false",
        TomlString s => $"'{s.Value}'",
        TomlArray a => $"[{string.Join(',', a.Select(Show))}]",
        TomlTable t => $"{{{string.Join(',', t.Select(entry => $"{entry.Key}:{Show(entry.Value)}"))}}}",
        _ => "?",
    };
}
