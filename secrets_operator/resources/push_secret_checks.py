"""What the CRD of PushSecret says in rules, and what it cannot say, checked on the parsed spec. Pure.

Clusters may run with an older CRD, or with that of External Secrets Operator: nothing relies on the API server alone.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from secrets_operator.resources.external_secret_checks import target_problems
from secrets_operator.resources.names import GENERATORS_API_VERSION
from secrets_operator.resources.problems import FieldProblem
from secrets_operator.resources.push_secret import (
    BUNDLE_KEEPS_KEYS,
    PUSH_REWRITE_RULE,
    SELECTOR_RULE,
    SOURCE_SECRET_RULE,
    STORE_RULE,
    PushDataTo,
    PushRewrite,
    PushSecretSpec,
    PushSelector,
    PushStoreRef,
)
from secrets_operator.resources.regular_expressions import RegexpError, compile_regexp
from secrets_operator.resources.targets import Target

NOT_A_STORE_OF_THE_SPEC: Final = "names a store that is not in spec.secretStoreRefs: add it there"
SAME_PLACE: Final = "is the place of an earlier entry as well: give each entry a remoteKey or property of its own"
NO_REMOTE_KEY: Final = "must not be empty: name the remote secret"
_TARGET: Final = "spec.target.template"


def push_spec_problems(spec: PushSecretSpec) -> tuple[FieldProblem, ...]:
    """Return everything wrong with ``spec`` that its single fields do not show, in the order of the spec."""
    return tuple(_all_problems(spec))


def _all_problems(spec: PushSecretSpec) -> Iterator[FieldProblem]:
    for index, ref in enumerate(spec.secret_store_refs):
        yield from _store_problems(f"spec.secretStoreRefs[{index}]", ref)
    yield from _selector_problems(spec.selector)
    yield from _data_problems(spec)
    named: set[tuple[str, str | None]] = {(ref.kind, ref.name) for ref in spec.secret_store_refs if ref.name}
    for index, entry in enumerate(spec.data_to):
        yield from _data_to_problems(f"spec.dataTo[{index}]", entry, named)
    if spec.template is not None:
        for problem in target_problems(Target(template=spec.template)):
            yield FieldProblem(problem.path.replace(_TARGET, "spec.template", 1), problem.message)


def _store_problems(path: str, ref: PushStoreRef) -> Iterator[FieldProblem]:
    if not ref.name and ref.label_selector is None:
        yield FieldProblem(path, STORE_RULE.message)


def _selector_problems(selector: PushSelector) -> Iterator[FieldProblem]:
    secret, generator = selector.secret, selector.generator_ref
    if (secret is None) == (generator is None):
        yield FieldProblem("spec.selector", SELECTOR_RULE.message)
    if secret is not None and not secret.name and secret.selector is None:
        yield FieldProblem("spec.selector.secret", SOURCE_SECRET_RULE.message)
    if generator is not None and generator.api_version != GENERATORS_API_VERSION:
        yield FieldProblem("spec.selector.generatorRef.apiVersion", f"must be {GENERATORS_API_VERSION}")


def _data_problems(spec: PushSecretSpec) -> Iterator[FieldProblem]:
    seen: set[tuple[str, str]] = set()
    for index, entry in enumerate(spec.data):
        remote = entry.match.remote_ref
        path = f"spec.data[{index}].match.remoteRef"
        place = (remote.remote_key, remote.property or "")
        if not remote.remote_key:
            yield FieldProblem(f"{path}.remoteKey", NO_REMOTE_KEY)
        if place in seen:
            yield FieldProblem(path, SAME_PLACE)
        seen.add(place)


def _data_to_problems(path: str, entry: PushDataTo, named: set[tuple[str, str | None]]) -> Iterator[FieldProblem]:
    ref = entry.store_ref
    yield from _store_problems(f"{path}.storeRef", ref)
    if ref.label_selector is None and ref.name and (ref.kind, ref.name) not in named:
        yield FieldProblem(f"{path}.storeRef.name", NOT_A_STORE_OF_THE_SPEC)
    if entry.match is not None:
        yield from _regexp_problems(f"{path}.match.regexp", entry.match.regexp or "")
    if entry.remote_key is not None and entry.rewrite:
        yield FieldProblem(f"{path}.rewrite", BUNDLE_KEEPS_KEYS.message)
    for index, rewrite in enumerate(entry.rewrite):
        yield from _rewrite_problems(f"{path}.rewrite[{index}]", rewrite)


def _rewrite_problems(path: str, rewrite: PushRewrite) -> Iterator[FieldProblem]:
    if (rewrite.regexp is None) == (rewrite.transform is None):
        yield FieldProblem(path, PUSH_REWRITE_RULE.message)
    if rewrite.regexp is not None:
        yield from _regexp_problems(f"{path}.regexp.source", rewrite.regexp.source)


def _regexp_problems(path: str, expression: str) -> Iterator[FieldProblem]:
    try:
        compile_regexp(expression)
    except RegexpError as error:
        yield FieldProblem(path, str(error))
