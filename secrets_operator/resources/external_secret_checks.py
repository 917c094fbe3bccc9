"""The rules of an ExternalSecret that tie several fields together, checked on the model.

The CRD states most of them as CEL; they are checked again because a cluster may run an older CRD, and offline there
is none. In: a model. Out: every problem, with the same messages as the CRD's.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from secrets_operator.resources.external_secret import (
    NO_SOURCE,
    ONE_SOURCE_AT_MOST,
    SOME_SOURCE,
    DataFrom,
    ExternalSecretSpec,
)
from secrets_operator.resources.names import GENERATORS_API_VERSION
from secrets_operator.resources.policies import (
    BOOTSTRAP_TOKEN_TYPE,
    SERVICE_ACCOUNT_NAME_ANNOTATION,
    SERVICE_ACCOUNT_TOKEN_TYPE,
)
from secrets_operator.resources.problems import FieldProblem
from secrets_operator.resources.references import SOURCE_REF_RULE, SourceRef
from secrets_operator.resources.regular_expressions import RegexpError, compile_regexp
from secrets_operator.resources.rewrites import JSON_NEEDS_INTO, REWRITE_RULE, Rewrite
from secrets_operator.resources.target_paths import PathError, target_path
from secrets_operator.resources.targets import DELETE_NEEDS_OWNER, MERGE_NEEDS_TARGET, SECRET_PARTS_ONLY, Target
from secrets_operator.resources.templates import NO_BOOTSTRAP_TOKEN, NO_SERVICE_ACCOUNT_TOKEN, Template

DUPLICATE_KEY: Final = "is the key of an earlier entry as well: give each entry a key of its own"
NO_GENERATOR_IN_DATA: Final = (
    "a generator makes several keys and one entry of data is one: move it to spec.dataFrom[].sourceRef.generatorRef, "
    "and rename its keys by rewrite"
)
ONLY_SOME_FREEZE: Final = "only a Secret or a ConfigMap can be immutable: remove the field"
_SECRET_PARTS: Final = frozenset({"", "data", "labels", "annotations"})


def spec_problems(spec: ExternalSecretSpec) -> tuple[FieldProblem, ...]:
    """Return everything wrong with ``spec`` that its single fields do not show, in the order of the spec."""
    return tuple(_all_problems(spec))


def target_problems(target: Target) -> tuple[FieldProblem, ...]:
    """Return the problems that must stop any write: a powerful Secret type, or a part that a Secret does not have."""
    return tuple(_target_problems(target))


def _all_problems(spec: ExternalSecretSpec) -> Iterator[FieldProblem]:
    if not spec.data and not spec.data_from:
        yield FieldProblem("spec", NO_SOURCE.message)
    yield from _policy_problems(spec.target)
    yield from _target_problems(spec.target)
    yield from _data_problems(spec)
    for index, entry in enumerate(spec.data_from):
        yield from _data_from_problems(f"spec.dataFrom[{index}]", entry)


def _policy_problems(target: Target) -> Iterator[FieldProblem]:
    # Orphan with Delete passes here as it does upstream; planning reports it when a deletion is due.
    if target.deletion_policy == "Delete" and target.creation_policy in {"Merge", "None", "CreateOrMerge"}:
        yield FieldProblem("spec.target.deletionPolicy", DELETE_NEEDS_OWNER.message)
    if target.deletion_policy == "Merge" and target.creation_policy == "None":
        yield FieldProblem("spec.target.deletionPolicy", MERGE_NEEDS_TARGET.message)


def _target_problems(target: Target) -> Iterator[FieldProblem]:
    if target.immutable and not (target.renders_secret or target.renders_config_map):
        yield FieldProblem("spec.target.immutable", ONLY_SOME_FREEZE)
    template = target.template
    if template is None:
        return
    if template.type == BOOTSTRAP_TOKEN_TYPE:
        yield FieldProblem("spec.target.template.type", NO_BOOTSTRAP_TOKEN.message)
    if template.type == SERVICE_ACCOUNT_TOKEN_TYPE and _annotates_service_account(template):
        yield FieldProblem("spec.target.template.type", NO_SERVICE_ACCOUNT_TOKEN.message)
    for index, source in enumerate(template.template_from):
        problem = _part_problem(target, source.target)
        if problem:
            yield FieldProblem(f"spec.target.template.templateFrom[{index}].target", problem)


def _part_problem(target: Target, part: str) -> str:
    if target.renders_secret:
        return "" if part.lower() in _SECRET_PARTS else SECRET_PARTS_ONLY.message
    try:
        target_path(part)
    except PathError as error:
        return str(error)
    return ""


def _annotates_service_account(template: Template) -> bool:
    return SERVICE_ACCOUNT_NAME_ANNOTATION in template.metadata.annotations or any(
        source.target.lower() == "annotations" for source in template.template_from
    )


def _data_problems(spec: ExternalSecretSpec) -> Iterator[FieldProblem]:
    seen: set[str] = set()
    for index, entry in enumerate(spec.data):
        path = f"spec.data[{index}]"
        # Upstream tolerates duplicates unless the Secret is retained: the last entry then wins.
        if entry.secret_key in seen and spec.target.deletion_policy == "Retain":
            yield FieldProblem(f"{path}.secretKey", DUPLICATE_KEY)
        seen.add(entry.secret_key)
        yield from _source_ref_problems(path, entry.source_ref)
        source = entry.source_ref
        if source is not None and source.generator_ref is not None and source.store_ref is None:
            yield FieldProblem(f"{path}.sourceRef.generatorRef", NO_GENERATOR_IN_DATA)


def _data_from_problems(path: str, entry: DataFrom) -> Iterator[FieldProblem]:
    source = entry.source_ref
    generator = source is not None and source.generator_ref is not None
    if [entry.extract is not None, entry.find is not None, generator].count(True) > 1:
        yield FieldProblem(path, ONE_SOURCE_AT_MOST.message)
    if entry.extract is None and entry.find is None and source is None:
        yield FieldProblem(path, SOME_SOURCE.message)
    yield from _source_ref_problems(path, source)
    if entry.find is not None and entry.find.name is not None:
        yield from _regexp_problems(f"{path}.find.name.regexp", entry.find.name.regexp or "")
    for index, rewrite in enumerate(entry.rewrite):
        yield from _rewrite_problems(f"{path}.rewrite[{index}]", rewrite)


def _source_ref_problems(path: str, source: SourceRef | None) -> Iterator[FieldProblem]:
    if source is not None and (source.store_ref is None) == (source.generator_ref is None):
        yield FieldProblem(f"{path}.sourceRef", SOURCE_REF_RULE.message)
    reference = source.generator_ref if source is not None else None
    if reference is not None and reference.api_version != GENERATORS_API_VERSION:
        yield FieldProblem(f"{path}.sourceRef.generatorRef.apiVersion", f"must be {GENERATORS_API_VERSION}")


def _regexp_problems(path: str, expression: str) -> Iterator[FieldProblem]:
    try:
        compile_regexp(expression)
    except RegexpError as error:
        yield FieldProblem(path, str(error))


def _rewrite_problems(path: str, rewrite: Rewrite) -> Iterator[FieldProblem]:
    given = [part for part in (rewrite.merge, rewrite.regexp, rewrite.transform) if part is not None]
    if len(given) != 1:
        yield FieldProblem(path, REWRITE_RULE.message)
    if rewrite.merge is not None and rewrite.merge.strategy == "JSON" and not rewrite.merge.into:
        yield FieldProblem(f"{path}.merge.into", JSON_NEEDS_INTO.message)
    if rewrite.regexp is not None:
        yield from _regexp_problems(f"{path}.regexp.source", rewrite.regexp.source)
