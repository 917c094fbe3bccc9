"""Rewriting of CEL source for what the library lacks: optional access and ``size`` in characters.

``a.?b`` becomes ``a.optionalField("b")``, ``a[?k]`` becomes ``a.optionalIndex(k)`` and ``size(x)`` becomes
``sizeOf(x)``: the library counts the bytes of a text where CEL counts its characters. Strings and comments stay.
"""

from __future__ import annotations

import re

_TOKEN = re.compile(
    r"""
    (?P<string>[rRbB]{0,2}(?:\"{3}[\s\S]*?\"{3}|'{3}[\s\S]*?'{3}))
    | (?P<raw>[rR][bB]?(?:"[^"\n]*"|'[^'\n]*'))
    | (?P<quoted>[bB]?(?:"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*'))
    | (?P<comment>//[^\n]*)
    | (?P<field>\.\?\s*(?P<name>[A-Za-z_]\w*))
    | (?P<index>\[\s*\?)
    | (?P<size>size(?=\s*\())
    | (?P<word>[A-Za-z_]\w*)
    | (?P<space>\s+)
    | (?P<other>[\s\S])
    """,
    re.VERBOSE,
)
_ENDS_A_VALUE = re.compile(r"[\w)\]\"'}]$")


def rewrite(source: str) -> str:
    """Return source that the library evaluates as CEL does; source without such constructs comes back as it is."""
    if ".?" not in source and "?" not in source.replace(" ?", "") and "size" not in source:
        return source
    out: list[str] = []
    closing: list[str] = []
    for token in _TOKEN.finditer(source):
        text = token[0]
        if token["field"]:
            text = f'.optionalField("{token["name"]}")'
        elif token["size"]:
            text = "sizeOf"
        elif token["index"] and _ENDS_A_VALUE.search("".join(out[-2:]).rstrip()):
            text = ".optionalIndex("
            closing.append(")")
        elif token["other"] == "[" or token["index"]:
            closing.append("]")
        elif token["other"] == "]" and closing:
            text = closing.pop()
        out.append(text)
    return "".join(out)
