"""Applies the ``rewrite`` operations of a ``dataFrom`` entry to what it fetched, in order. Pure.

``regexp`` and ``transform`` rename keys, ``merge`` replaces them by members of their values. Two keys that would get
the same name are an error: which of the two values a Secret held would be a matter of chance.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from secrets_operator.errors import InvalidSpec
from secrets_operator.flow import SecretBytes
from secrets_operator.rendering.allowance import Allowance
from secrets_operator.rendering.go_json import well_formed
from secrets_operator.rendering.gotemplate import TemplateError
from secrets_operator.rendering.merging import merge_values
from secrets_operator.rendering.replacement import replacement
from secrets_operator.resources.regular_expressions import RegexpError, compile_regexp
from secrets_operator.resources.rewrites import Rewrite, RewriteRegexp, RewriteTransform

Transform = Callable[[str, bytes], bytes]
"""Renders a Go template with ``.value``, a key in UTF-8; raises TemplateError."""

# Rendering a template costs more than replacing matches, whatever its size; in bytes of work.
_RENDERING = 500


def rewrite_keys(
    data: Mapping[str, SecretBytes],
    operations: Sequence[Rewrite],
    *,
    field: str,
    transform: Transform | None,
    allowance: Allowance,
) -> dict[str, SecretBytes]:
    """Apply ``operations``; ``field`` is the path of their list.

    Raises InvalidSpec naming the operation: an expression that is none, a template that fails, a value that cannot be
    merged, two keys that become one, or more work than ``allowance`` has left.
    """
    rewritten = {well_formed(key): value for key, value in data.items()}
    for index, operation in enumerate(operations):
        path = f"{field}[{index}]"
        if operation.merge is not None:
            rewritten = merge_values(rewritten, operation.merge, field=f"{path}.merge", allowance=allowance)
        if operation.regexp is not None:
            path = f"{path}.regexp"
            rewritten = _renamed(rewritten, _replacing(operation.regexp, path, allowance), path)
        if operation.transform is not None:
            path = f"{path}.transform"
            rewritten = _renamed(rewritten, _rendering(operation.transform, path, transform, allowance), path)
    return rewritten


def _renamed(data: Mapping[str, SecretBytes], rename: Callable[[str], str], field: str) -> dict[str, SecretBytes]:
    renamed: dict[str, SecretBytes] = {}
    sources: dict[str, str] = {}
    for key, value in data.items():
        new = rename(key)
        # Nothing is lost when several become empty: that is how keys are dropped.
        if new in renamed and new:
            message = f"the keys {sources[new][:64]!r} and {key[:64]!r} both become {new[:64]!r}: keep them apart"
            raise InvalidSpec(message, field=field)
        renamed[new], sources[new] = value, key
    return renamed


def _replacing(regexp: RewriteRegexp, field: str, allowance: Allowance) -> Callable[[str], str]:
    try:
        compiled = compile_regexp(regexp.source)
    except RegexpError as error:
        raise InvalidSpec(str(error), field=f"{field}.source") from None
    replace = replacement(compiled, regexp.target, field=field)
    return lambda key: replace.apply(key, allowance)


def _rendering(
    operation: RewriteTransform, field: str, transform: Transform | None, allowance: Allowance
) -> Callable[[str], str]:
    if transform is None:
        raise InvalidSpec("cannot be rendered: no template engine was given", field=field)
    render = transform

    def rename(key: str) -> str:
        try:
            rendered = render(operation.template, key.encode())
        except TemplateError as error:
            message = f"the key {key[:64]!r} could not be rendered: {error}"
            raise InvalidSpec(message, field=f"{field}.template") from None
        allowance.spend(_RENDERING + len(rendered), field=field)
        return rendered.decode(errors="replace")

    return rename
