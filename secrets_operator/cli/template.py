"""``secrets-operator template``: render a template the way the operator would, on a laptop and with values masked.

In: a template, and data from a file. Out: the text on standard output, or ``error: ...`` with line and column.
"""

from __future__ import annotations

import base64
import os
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

import click

from secrets_operator.clock import SystemClock
from secrets_operator.errors import OperatorError, Terminal

_SHORTEST_MASKED = 4
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@click.command
@click.argument("template_file", metavar="[FILE]", default="-", type=click.Path(path_type=Path, allow_dash=True))
@click.option(
    "--data",
    "data_file",
    metavar="FILE",
    type=click.Path(path_type=Path),
    help="Data for the template, in YAML or JSON: a map of names to strings, or a Secret (its data and stringData).",
)
@click.option(
    "--engine",
    type=click.Choice(["external-secrets", "sealed-secrets"]),
    default="external-secrets",
    show_default=True,
    help="Whose functions there are, and whether a missing key is an error (external-secrets) or <no value>.",
)
@click.option(
    "--manifest",
    "is_manifest",
    is_flag=True,
    help="FILE is an ExternalSecret or a PushSecret: print the Secret that its template makes.",
)
@click.option(
    "--template-from",
    "source_files",
    metavar="FILE",
    multiple=True,
    type=click.Path(path_type=Path),
    help="With --manifest: a ConfigMap or Secret that its templateFrom names. Give it once for each.",
)
@click.option("--show-values", is_flag=True, help="Print values of the data instead of masking them.")
def template(
    template_file: Path,
    data_file: Path | None,
    *,
    engine: str,
    is_manifest: bool,
    source_files: tuple[Path, ...],
    show_values: bool,
) -> None:
    """Render a template from FILE or standard input.

    Without --show-values every occurrence of a data value of 4 or more bytes in the output becomes ***, and so does
    each such line of a value of several lines, and the base64 of a value. Shorter values and whatever else the template
    makes of a value (upper, fromJson, substr) are not masked.
    """
    try:
        source = _read(template_file)
        data = _data(data_file)
        name, mask = _name(template_file), bytes if show_values else partial(masked, data=data)
        if is_manifest:
            sys.stdout.write(_rendered_manifest(source, data, source_files, mask=mask, name=name))
        else:
            sys.stdout.buffer.write(mask(_rendered(source, data, name=name, engine=engine)))
    except OperatorError as error:
        click.echo(f"error: {error}", err=True)
        raise SystemExit(1) from None


def masked(output: bytes, data: Mapping[str, bytes]) -> bytes:
    """Return the output with ``***`` for every value of at least four bytes, each line of it, and its base64."""
    traces = {trace for value in data.values() for trace in _traces(value) if len(trace) >= _SHORTEST_MASKED}
    for trace in sorted(traces, key=len, reverse=True):
        output = output.replace(trace, b"***")
    return output


def _traces(value: bytes) -> Iterator[bytes]:
    """Yield what shows of a value: itself, its lines (indentation tears them apart) and the base64 of it."""
    yield value
    yield from (line.strip() for line in value.splitlines())
    if len(value) >= _SHORTEST_MASKED:
        yield base64.b64encode(value)


def _rendered(source: bytes, data: Mapping[str, bytes], *, name: str, engine: str) -> bytes:
    # Imported here because the functions bring cryptography and more with them, which --help does without.
    from secrets_operator.rendering import gotemplate

    dialect = gotemplate.SEALED_SECRETS if engine == "sealed-secrets" else gotemplate.EXTERNAL_SECRETS
    context = gotemplate.Context(clock=_nanoseconds, entropy=os.urandom, cpu_clock=time.thread_time)
    try:
        return gotemplate.compile_template(source, name=name, dialect=dialect).render(data, context=context)
    except gotemplate.TemplateError as error:
        message = str(error)
    raise Terminal(message)


def _rendered_manifest(
    source: bytes, data: Mapping[str, bytes], files: tuple[Path, ...], *, mask: Callable[[bytes], bytes], name: str
) -> str:
    from secrets_operator.cli.template_manifest import render_manifest

    return render_manifest(source, data, [(str(file), _read(file)) for file in files], mask=mask, file=name)


def _nanoseconds() -> int:
    return (SystemClock().now() - _EPOCH) // timedelta(microseconds=1) * 1000


def _name(file: Path) -> str:
    return "stdin" if str(file) == "-" else file.name


def _read(file: Path) -> bytes:
    if str(file) == "-":
        return sys.stdin.buffer.read()
    try:
        return file.read_bytes()
    except OSError as error:
        raise Terminal(f"cannot read {file}: {error.strerror}") from error


def _data(file: Path | None) -> dict[str, bytes]:
    if file is None:
        return {}
    from secrets_operator.cli.template_data import parse_data

    return parse_data(_read(file), str(file))
