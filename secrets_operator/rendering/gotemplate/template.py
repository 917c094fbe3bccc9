"""Compiling and rendering: the way in and out of this package.

In: a template's source and dialect, then data and a ``Context`` for each render. Out: bytes, or a TemplateError and
nothing else, whatever the template does.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from secrets_operator.rendering.gotemplate.compiler import CompiledTemplate, compile_tree
from secrets_operator.rendering.gotemplate.dialects import Dialect
from secrets_operator.rendering.gotemplate.errors import ExecError, LimitError, ParseError, TemplateError
from secrets_operator.rendering.gotemplate.frame import Frame, Output
from secrets_operator.rendering.gotemplate.gotypes import STRING, STRING_MAP
from secrets_operator.rendering.gotemplate.limits import CompileLimits, Context
from secrets_operator.rendering.gotemplate.parser import Parser
from secrets_operator.rendering.gotemplate.registry import functions_of
from secrets_operator.rendering.gotemplate.source_map import SourceMap
from secrets_operator.rendering.gotemplate.token_stream import TokenStream
from secrets_operator.rendering.gotemplate.values import GoMap

Data = Mapping[str, bytes] | Mapping[str, Mapping[str, bytes]]


class Template:
    """A compiled template; immutable, so that one may be rendered by several threads at a time."""

    __slots__ = ("_main", "dialect", "name")

    def __init__(self, name: str, dialect: Dialect, main: CompiledTemplate) -> None:
        self.name = name
        self.dialect = dialect
        self._main = main

    def render(self, data: Data, *, context: Context) -> bytes:
        """Return what the template prints; raise ExecError when it fails and LimitError when it wants too much.

        ``context`` is this render's account: make a new one for each. The data is not changed.
        """
        try:
            return self._run(data, context)
        except TemplateError as error:
            failure = error
        except RecursionError:
            failure = LimitError(f"template {self.name}: it nests too deep to be rendered")
        except MemoryError:
            failure = LimitError(f"template {self.name}: its result does not fit into memory")
        except (KeyboardInterrupt, SystemExit, GeneratorExit):
            raise
        except BaseException:  # noqa: BLE001 - a template that fails in any way, a panic in Rust included, fails alone
            failure = ExecError(f"template {self.name}: it cannot be rendered with this data")
        # Raised afresh: the frames and causes of the failure hold values.
        raise failure.with_traceback(None)

    def _run(self, data: Data, context: Context) -> bytes:
        root = root_of(data)
        output = Output(context.limits.output_bytes)
        self._main.run(Frame(context, output, root, 0, []), root)
        return b"".join(output.parts)


def root_of(data: Data) -> GoMap:
    """Return the data as Go's map of strings, or as the map of such maps that webhooks get."""
    entries: dict[Any, Any] = {_key(name): value for name, value in data.items()}
    nested = bool(entries) and all(isinstance(value, Mapping) for value in entries.values())
    if not nested:
        return GoMap(entries, STRING, STRING)
    inner = {name: GoMap({_key(k): v for k, v in value.items()}, STRING, STRING) for name, value in entries.items()}
    return GoMap(inner, STRING, STRING_MAP)


def _key(name: str) -> bytes:
    return name.encode("utf-8", "surrogateescape")


def compile_template(
    source: str | bytes,
    *,
    name: str,
    dialect: Dialect,
    delimiters: tuple[str, str] = ("{{", "}}"),
    limits: CompileLimits | None = None,
) -> Template:
    """Return the compiled template; raise ParseError, with line and column, when the source is none.

    An empty delimiter stands for the usual one. Larger templates than ``limits`` allows are a ParseError, too.
    """
    bounds = limits or CompileLimits()
    try:
        return _compile(_text(source, bounds, name), name, dialect, _delimiters(delimiters), bounds)
    except TemplateError as error:
        failure = error
    except (RecursionError, MemoryError):
        failure = ParseError(f"template {name}: it is too large or nests too deep")
    raise failure.with_traceback(None)


def _compile(source: str, name: str, dialect: Dialect, delimiters: tuple[str, str], bounds: CompileLimits) -> Template:
    source_map = SourceMap(name, source)
    functions = functions_of(dialect)
    stream = TokenStream(source_map, delimiters, bounds)
    tree = Parser(stream, frozenset(functions), name).parse()
    compiled = compile_tree(tree, source_map, functions, strict=dialect.strict)
    return Template(name, dialect, compiled[name])


def _text(source: str | bytes, bounds: CompileLimits, name: str) -> str:
    if len(source) > bounds.source_bytes:
        raise ParseError(f"template {name}: it is larger than {bounds.source_bytes} bytes")
    if isinstance(source, bytes):
        return source.decode("utf-8", "surrogateescape")
    # Lone surrogates outside the range that stands for bytes have no encoding at all.
    return source.encode("utf-8", "replace").decode() if _has_stray_surrogates(source) else source


def _has_stray_surrogates(source: str) -> bool:
    try:
        source.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:
        return True
    return False


def _delimiters(delimiters: tuple[str, str]) -> tuple[str, str]:
    return delimiters[0] or "{{", delimiters[1] or "}}"
