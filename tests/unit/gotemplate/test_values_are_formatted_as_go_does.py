"""printf, print and actions format every kind of value under every verb and flag as Go's fmt does."""

from __future__ import annotations

from collections.abc import Callable

import pytest

Render = Callable[..., bytes]
DATA = {"s": b"hi", "bin": b"\xff\x00\xe2\x82\xacx", "quote": b'a"b\n'}


def table(rows: str) -> list[object]:
    """Return a parameter for each row of ``format ~ arguments ~ printed``; the row is the id."""
    cells = [[cell.strip() for cell in row.split("~")] for row in rows.strip().splitlines()]
    return [pytest.param(f, a, p.replace("␠", " ").encode(), id=f"{f} of {a or 'nothing'}") for f, a, p in cells]


INTEGERS = """
    %d      ~ 42             ~ 42
    %+d     ~ 42             ~ +42
    %5d|    ~ 42             ~ ␠␠␠42|
    %-5d|   ~ 42             ~ 42␠␠␠|
    %05d    ~ -42            ~ -0042
    %.5d    ~ -42            ~ -00042
    %8.5d   ~ 42             ~ ␠␠␠00042
    %.0d    ~ 0              ~
    % d     ~ 42             ~ ␠42
    %b      ~ 5              ~ 101
    %#b     ~ 5              ~ 0b101
    %o      ~ 64             ~ 100
    %#o     ~ 64             ~ 0100
    %O      ~ 64             ~ 0o100
    %x      ~ -255           ~ -ff
    %#X     ~ 255            ~ 0XFF
    %c      ~ 0x20AC         ~ €
    %q      ~ 0x20AC         ~ '€'
    %+q     ~ 0x20AC         ~ '\\u20ac'
    %U      ~ 0x20AC         ~ U+20AC
    %#U     ~ 0x20AC         ~ U+20AC '€'
    %c      ~ 0x110000       ~ �
    %v      ~ 'a'            ~ 97
    %T      ~ (int64 1)      ~ int64
    %v      ~ (index `a` 0)  ~ 97
    %#v     ~ (index `a` 0)  ~ 0x61
    %t      ~ 1              ~ %!t(int=1)
"""
FLOATS = """
    %v      ~ 1.0            ~ 1
    %v      ~ 1000000.0      ~ 1e+06
    %v      ~ 123456.0       ~ 123456
    %v      ~ 12345678.0     ~ 1.2345678e+07
    %v      ~ 0.0001         ~ 0.0001
    %v      ~ 0.00001        ~ 1e-05
    %v      ~ -0.0           ~ -0
    %v      ~ 5e-324         ~ 5e-324
    %v      ~ (float64 `inf`) ~ +Inf
    %v      ~ (float64 `nan`) ~ NaN
    %+f     ~ (float64 `nan`) ~ +NaN
    %08v    ~ (float64 `inf`) ~ ␠␠␠␠+Inf
    %f      ~ 3.14159265     ~ 3.141593
    %.2f    ~ 2.675          ~ 2.67
    %8.3f|  ~ -3.14159       ~ ␠␠-3.142|
    %-8.1f| ~ 3.14159        ~ 3.1␠␠␠␠␠|
    %08.2f  ~ -3.14159       ~ -0003.14
    %+.1e   ~ 12345.0        ~ +1.2e+04
    %E      ~ 1.5            ~ 1.500000E+00
    %g      ~ 1e21           ~ 1e+21
    %G      ~ 1e21           ~ 1E+21
    %.3g    ~ 1234.5         ~ 1.23e+03
    %#g     ~ 1.5            ~ 1.50000
    %#.3g   ~ 1.0            ~ 1.00
    %#v     ~ 1.0            ~ 1
    %x      ~ 1.5            ~ 0x1.8p+00
    %.2x    ~ 3.3            ~ 0x1.a6p+01
    %X      ~ 0.1            ~ 0X1.999999999999AP-04
    %b      ~ 1.0            ~ 4503599627370496p-52
    %v      ~ 1i             ~ (0+1i)
    %.1f    ~ 1+2i           ~ (1.0+2.0i)
    %d      ~ 1.5            ~ %!d(float64=1.5)
"""
STRINGS = """
    %s      ~ .s             ~ hi
    %5s|    ~ .s             ~ ␠␠␠hi|
    %-5s|   ~ .s             ~ hi␠␠␠|
    %05s    ~ .s             ~ 000hi
    %.1s    ~ .s             ~ h
    %.1s    ~ `é!`           ~ é
    %4s|    ~ `é!`           ~ ␠␠é!|
    %q      ~ .quote         ~ "a\\"b\\n"
    %#q     ~ .s             ~ `hi`
    %#q     ~ .quote         ~ "a\\"b\\n"
    %+q     ~ `é😀`          ~ "\\u00e9\\U0001f600"
    %q      ~ .bin           ~ "\\xff\\x00€x"
    %x      ~ .bin           ~ ff00e282ac78
    %X      ~ .s             ~ 6869
    % x     ~ .s             ~ 68 69
    %#x     ~ .s             ~ 0x6869
    %# X    ~ .s             ~ 0X68 0X69
    %.1x    ~ .s             ~ 68
    %6x|    ~ .s             ~ ␠␠6869|
    %v      ~ .s             ~ hi
    %#v     ~ .s             ~ "hi"
    %d      ~ .s             ~ %!d(string=hi)
    %t      ~ true           ~ true
    %6v|    ~ false          ~ ␠false|
    %s      ~ true           ~ %!s(bool=true)
"""
COMPOSITES = """
    %v      ~ (list 1 `a` nil 2.5)      ~ [1 a <nil> 2.5]
    %#v     ~ (list 1 `a` nil)          ~ []interface {}{1, "a", interface {}(nil)}
    %q      ~ (splitList `,` `a,b`)     ~ ["a" "b"]
    %x      ~ (splitList `,` `a,b`)     ~ [61 62]
    %d      ~ (list 1 `a`)              ~ [1 %!d(string=a)]
    %03d    ~ (until 3)                 ~ [000 001 002]
    %v      ~ (dict `b` 1 `a` (list))   ~ map[a:[] b:1]
    %#v     ~ (dict `b` 1 `a` nil)      ~ map[string]interface {}{"a":interface {}(nil), "b":1}
    %+v     ~ (dict `a` (dict `b` 1))   ~ map[a:map[b:1]]
    %T      ~ (dict)                    ~ map[string]interface {}
    %T      ~ (splitList `,` `a`)       ~ []string
    %T      ~ .                         ~ map[string]string
    %T      ~ nil                       ~ <nil>
    %v      ~ nil                       ~ <nil>
    %6v|    ~ nil                       ~ ␠<nil>|
    %d      ~ nil                       ~ %!d(<nil>)
    %w      ~ (list 1)                  ~ %!w([]interface {}=[1])
    %p      ~ 1                         ~ %!p(int=1)
"""
DIRECTIVES = """
    %d %%                    ~ 1             ~ 1 %
    %d                       ~               ~ %!d(MISSING)
    %d                       ~ 1 2 `x`       ~ 1%!(EXTRA int=2, string=x)
    none                     ~ nil           ~ none%!(EXTRA <nil>)
    %!                       ~ 1             ~ %!!(int=1)
    %z                       ~ 1             ~ %!z(int=1)
    %                        ~ 1             ~ %!(NOVERB)%!(EXTRA int=1)
    %*d|                     ~ 5 42          ~ ␠␠␠42|
    %*d|                     ~ -5 42         ~ 42␠␠␠|
    %.*f                     ~ 1 2.25        ~ 2.2
    %*d                      ~ `x` 42        ~ %!(BADWIDTH)42
    %.*d                     ~ -1 42         ~ %!(BADPREC)42
    %[2]d %[1]d              ~ 1 2           ~ 2 1
    %[2]*[1]d|               ~ 42 5          ~ ␠␠␠42|
    %[3]d                    ~ 1 2           ~ %!d(BADINDEX)
    %[x]d                    ~ 1             ~ %!d(BADINDEX)
    %[1]2d                   ~ 1             ~ %!d(BADINDEX)
    %[1                      ~ 1             ~ %!(NOVERB)
    %100000000d              ~ 1             ~ %!(NOVERB)%!(EXTRA int=1)
    %é                       ~ 1             ~ %!é(int=1)
"""


@pytest.mark.parametrize(
    ("form", "arguments", "printed"),
    table(INTEGERS) + table(FLOATS) + table(STRINGS) + table(COMPOSITES),
)
def test_verbs_and_flags(render: Render, form: str, arguments: str, printed: bytes) -> None:
    assert render(f"{{{{ printf `{form}` {arguments} }}}}", DATA) == printed


@pytest.mark.parametrize(("form", "arguments", "printed"), table(DIRECTIVES))
def test_widths_indexes_and_mistakes(render: Render, form: str, arguments: str, printed: bytes) -> None:
    assert render(f"{{{{ printf `{form}` {arguments} }}}}", DATA) == printed


@pytest.mark.parametrize(
    ("template", "printed"),
    [
        pytest.param('{{ print "a" 1 2 "b" "c" 3 nil true }}', b"a1 2bc3 <nil> true", id="print"),
        pytest.param('{{ println "a" 1 nil }}', b"a 1 <nil>\n", id="println"),
        pytest.param("{{ .bin }}", DATA["bin"], id="an action prints bytes as they are"),
        pytest.param("{{ list 1.0 `a` }}", b"[1 a]", id="an action prints as print does"),
        pytest.param("{{ html `<a href='x'>&\"` }}", b"&lt;a href=&#39;x&#39;&gt;&amp;&#34;", id="html"),
        pytest.param('{{ html nil (list 1 "<") }}', b"&lt;no value&gt;[1 &lt;]", id="html of several"),
        pytest.param('{{ js "a\'b\\n<=\\u2028é" }}', b"a\\'b\\u000A\\u003C\\u003D\\u2028\xc3\xa9", id="js"),
        pytest.param('{{ urlquery "a b&c=é~" 1 }}', b"a+b%26c%3D%C3%A9~1", id="urlquery"),
    ],
)
def test_functions_that_print(render: Render, template: str, printed: bytes) -> None:
    assert render(template, DATA) == printed


def test_no_address_of_this_process_is_printed(render: Render) -> None:
    assert render("{{ printf `%p %p` (list 1) (dict) }}") == b"0xc000010000 0xc000010000"
