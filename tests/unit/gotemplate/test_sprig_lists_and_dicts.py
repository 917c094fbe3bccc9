"""What Sprig's functions on lists and dicts print: nil, types, sharing, merging, deep equality."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from secrets_operator.rendering.gotemplate import ExecError

Render = Callable[..., bytes]

LISTS = [
    pytest.param("{{ list 1 nil `a` }} {{ tuple }}", "[1 <nil> a] []", id="a list holds anything"),
    pytest.param(
        "{{ first (list) }}{{ last (list) }}", "<no value><no value>", id="an empty list has no first element"
    ),
    pytest.param("{{ rest (list) | toJson }} {{ list | toJson }}", "null []", id="the rest of nothing is a nil list"),
    pytest.param("{{ slice (list) 0 1 }}", "<no value>", id="a slice of an empty list is nil"),
    pytest.param("{{ slice (until 4) 1 3 | typeOf }}", "[]int", id="a slice keeps the type of its list"),
    pytest.param("{{ append (until 2) `x` | typeOf }}", "[]interface {}", id="append makes a list of anything"),
    pytest.param("{{ slice (list 1 2 3) `1` 2.9 }}", "[2]", id="the bounds of a slice are cast"),
    pytest.param("{{ $a := list 1 }}{{ $b := append $a 2 }}{{ $a }}{{ $b }}", "[1][1 2]", id="append copies"),
    pytest.param(
        "{{ concat (list 1) (until 2) }} {{ concat | toJson }}", "[1 0 1] null", id="concat of nothing is nil"
    ),
    pytest.param("{{ chunk 2 (list 1 2 3) }} {{ chunk 5 (list) }}", "[[1 2] [3]] []", id="the last chunk may be short"),
    pytest.param("{{ uniq (list 1 1.0 `1` (list 1) (list 1)) }}", "[1 1 1 [1]]", id="types tell values apart"),
    pytest.param("{{ uniq (list (float64 `nan`) (float64 `nan`)) }}", "[NaN NaN]", id="NaN is not equal to itself"),
    pytest.param("{{ without (list 1 nil 2) nil }} {{ has 1 (until 2) }}", "[1 2] true", id="has and without"),
    pytest.param("{{ has 1 nil }}", "false", id="nothing is in nil"),
    pytest.param("{{ compact (list 0 1 `` `a` nil (list) false) }}", "[1 a]", id="compact drops what is empty"),
    pytest.param("{{ reverse (list 1 2) }} {{ initial (list 1 2) }}", "[2 1] [1]", id="reverse and initial"),
    pytest.param("{{ prepend (list 1) 0 }} {{ push (list 1) 2 }}", "[0 1] [1 2]", id="prepend and push"),
]
DICTS = [
    pytest.param("{{ dict 1 2 nil 3 `a` }}", "map[1:2 <nil>:3 a:]", id="any value is a key by its text"),
    pytest.param("{{ get (dict) `a` | typeOf }}", "string", id="what is missing is an empty text to get"),
    pytest.param("{{ $d := dict }}{{ $e := set $d `a` 1 }}{{ $d }}", "map[a:1]", id="set changes the dict itself"),
    pytest.param("{{ unset (dict `a` 1) `b` }}", "map[a:1]", id="what is missing can be unset"),
    pytest.param("{{ keys (dict `b` 1 `a` 2) (dict `a` 3) }}", "[a b a]", id="keys come sorted, dict by dict"),
    pytest.param("{{ values (dict `b` 1 `a` 2) }}", "[2 1]", id="values come in the order of their keys"),
    pytest.param(
        "{{ pluck `a` (dict `a` 1) (dict) (dict `a` nil) }}", "[1 <nil>]", id="pluck skips dicts without the key"
    ),
    pytest.param(
        "{{ pick (dict `a` 1 `b` 2) `a` `z` }} {{ omit (dict `a` 1) `a` }}", "map[a:1] map[]", id="pick, omit"
    ),
    pytest.param("{{ dig `a` `b` 0 (dict `a` (dict `b` 1)) }}", "1", id="dig follows keys"),
    pytest.param("{{ dig `a` `x` `y` 0 (dict `a` (dict)) }}", "0", id="dig gives its default where a key is missing"),
    pytest.param("{{ merge (dict `a` 0 `b` 1) (dict `a` 2 `b` 3) }}", "map[a:2 b:1]", id="merge fills what is empty"),
    pytest.param("{{ merge (dict `l` (list 1)) (dict `l` (list 2)) }}", "map[l:[1]]", id="lists do not merge"),
    pytest.param("{{ mergeOverwrite (dict `a` 1) (dict `a` 0) }}", "map[a:0]", id="mergeOverwrite takes what is empty"),
    pytest.param(
        "{{ merge (dict `a` (dict `x` 1)) (dict `a` (dict `x` 2 `y` 3)) }}",
        "map[a:map[x:1 y:3]]",
        id="dicts within dicts merge",
    ),
    pytest.param(
        "{{ $d := dict }}{{ $s := dict `a` (dict) }}{{ $_ := merge $d $s }}{{ $_ = set $s.a `x` 1 }}{{ $d }}",
        "map[a:map[x:1]]",
        id="a merged dict shares what it got",
    ),
    pytest.param("{{ merge nil (dict `a` 1) }}", "map[a:1]", id="nil merges as an empty dict"),
    pytest.param(
        "{{ $d := dict `a` (list (dict)) }}{{ $c := deepCopy $d }}{{ $_ := set (first $d.a) `x` 1 }}{{ $c }}",
        "map[a:[map[]]]",
        id="a deep copy shares nothing",
    ),
    pytest.param("{{ deepEqual (dict `a` (list 1)) (dict `a` (list 1)) }}", "true", id="equal through and through"),
    pytest.param("{{ deepEqual (list) (rest (list)) }}", "false", id="a nil list is not an empty list"),
    pytest.param("{{ deepEqual 1 1.0 }}", "false", id="an int is not a float"),
]
REFLECTION = [
    pytest.param("{{ typeOf nil }} {{ kindOf nil }}", "<nil> invalid", id="nil has no type"),
    pytest.param("{{ typeOf . }} {{ kindOf . }}", "map[string]string map", id="the data are a map of strings"),
    pytest.param(
        "{{ typeOf (dict) }} {{ typeOf (list) }}", "map[string]interface {} []interface {}", id="dict and list"
    ),
    pytest.param("{{ typeIs `string` `a` }} {{ kindIs `slice` (until 1) }}", "true true", id="typeIs and kindIs"),
    pytest.param("{{ typeIs `semver.Version` (semver `1`) }}", "false", id="a pointer is not what it points to"),
    pytest.param("{{ typeIsLike `semver.Version` (semver `1`) }}", "true", id="typeIsLike overlooks a pointer"),
]
DEFAULTS = [
    pytest.param("{{ default 1 0 }} {{ default 1 2 }} {{ default 1 }}", "1 2 1", id="zero is empty"),
    pytest.param("{{ empty (dict) }} {{ empty `0` }} {{ empty (semver `0`) }}", "true false false", id="what is empty"),
    pytest.param("{{ coalesce 0 `` nil (list) }}", "<no value>", id="coalesce of nothing is nil"),
    pytest.param("{{ all }} {{ any }} {{ all 1 0 }} {{ any 0 1 }}", "true false false true", id="all and any"),
    pytest.param("{{ true | ternary 1 2 }} {{ ternary 1 2 false }}", "1 2", id="the condition comes last"),
]


@pytest.mark.parametrize(("template", "expected"), [*LISTS, *DICTS, *REFLECTION, *DEFAULTS])
def test_prints(render: Render, template: str, expected: str) -> None:
    assert render(template) == expected.encode()


@pytest.mark.parametrize(
    "template",
    [
        pytest.param("{{ first `abc` }}", id="a text is no list"),
        pytest.param("{{ append nil 1 }}", id="nil is no list"),
        pytest.param("{{ slice (list 1 2) 1 5 }}", id="a slice ends within its list"),
        pytest.param("{{ chunk 0 (list 1) }}", id="a chunk has a size"),
        pytest.param("{{ has 1 `a` }}", id="nothing can be in a text"),
        pytest.param("{{ get . `a` }}", id="the data are no dict"),
        pytest.param("{{ set nil `a` 1 }}", id="nil cannot be written to"),
        pytest.param("{{ dig `a` (dict) }}", id="dig wants a default"),
        pytest.param("{{ dig `a` `b` 0 (dict `a` 1) }}", id="dig does not enter what is no dict"),
        pytest.param("{{ dig 1 0 (dict) }}", id="dig wants texts for keys"),
        pytest.param("{{ merge (dict `m` (split `,` `a`)) (dict `m` (dict `x` 1)) }}", id="a map of strings stays one"),
        pytest.param("{{ ternary 1 2 0 }}", id="a number is no condition"),
        pytest.param("{{ deepCopy nil }}", id="nil cannot be copied"),
        pytest.param("{{ fail `boom` }}", id="fail fails"),
    ],
)
def test_fails(render: Render, template: str) -> None:
    with pytest.raises(ExecError):
        render(template)


MUST = ["append", "push", "prepend", "first", "last", "rest", "initial", "reverse", "compact", "uniq"]


@pytest.mark.parametrize("name", MUST)
def test_a_must_function_does_the_same_and_fails_as_well(render: Render, name: str) -> None:
    argument = " 9" if name in {"append", "push", "prepend"} else ""
    must = f"must{name[0].upper()}{name[1:]}"
    assert render(f"{{{{ {must} (list 1 2 1){argument} }}}}") == render(f"{{{{ {name} (list 1 2 1){argument} }}}}")
    with pytest.raises(ExecError):
        render(f"{{{{ {must} 5{argument} }}}}")
