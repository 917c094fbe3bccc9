"""Kubernetes label selectors: what is wrong with one, and which labels it matches. Pure.

The rules are those of https://kubernetes.io/docs/concepts/overview/working-with-objects/labels/: all requirements must
hold, an empty selector matches everything, and a missing label satisfies ``NotIn`` and ``DoesNotExist``.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Final

from secrets_operator.resources.label_selectors import LabelSelector, LabelSelectorRequirement
from secrets_operator.resources.problems import FieldProblem, field_path

_NAME: Final = re.compile(r"[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?\Z")
_PREFIX: Final = re.compile(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*\Z")
_LONGEST_PREFIX: Final = 253

_NO_KEY: Final = "is no label name: write at most 63 letters, digits, '-', '_' or '.', after a DNS name and '/' if any"
_NO_VALUE: Final = "is no label value: write at most 63 letters, digits, '-', '_' or '.'"
_NEEDS_VALUES: Final = "must not be empty for the operator In or NotIn: add a value"
_TAKES_NO_VALUES: Final = "must be empty for the operator Exists or DoesNotExist: remove it"


def selector_problems(selector: LabelSelector, path: str) -> tuple[FieldProblem, ...]:
    """Return what keeps ``selector``, which stands at ``path``, from selecting anything."""
    return tuple(_problems(selector, path))


def selects(selector: LabelSelector, labels: Mapping[str, str]) -> bool:
    """Tell whether ``labels`` satisfy every requirement of ``selector``."""
    return selector.match_labels.items() <= labels.items() and all(
        _holds(requirement, labels) for requirement in selector.match_expressions
    )


def selector_text(selector: LabelSelector) -> str:
    """Return a selector as a query of the API server has it; it must be without problems."""
    equal = [f"{name}={value}" for name, value in sorted(selector.match_labels.items())]
    return ",".join([*equal, *map(_requirement_text, selector.match_expressions)])


def _requirement_text(requirement: LabelSelectorRequirement) -> str:
    match requirement.operator:
        case "In":
            return f"{requirement.key} in ({','.join(requirement.values)})"
        case "NotIn":
            return f"{requirement.key} notin ({','.join(requirement.values)})"
        case "Exists":
            return requirement.key
        case "DoesNotExist":
            return f"!{requirement.key}"


def _holds(requirement: LabelSelectorRequirement, labels: Mapping[str, str]) -> bool:
    value = labels.get(requirement.key)
    match requirement.operator:
        case "In":
            return value in requirement.values
        case "NotIn":
            return value not in requirement.values
        case "Exists":
            return value is not None
        case "DoesNotExist":
            return value is None


def _problems(selector: LabelSelector, path: str) -> Iterator[FieldProblem]:
    for name, value in selector.match_labels.items():
        where = f"{path}.{field_path(('matchLabels', name))}"
        if not _is_key(name):
            yield FieldProblem(where, _NO_KEY)
        if not _is_value(value):
            yield FieldProblem(where, _NO_VALUE)
    for index, requirement in enumerate(selector.match_expressions):
        yield from _requirement_problems(requirement, f"{path}.matchExpressions[{index}]")


def _requirement_problems(requirement: LabelSelectorRequirement, path: str) -> Iterator[FieldProblem]:
    if not _is_key(requirement.key):
        yield FieldProblem(f"{path}.key", _NO_KEY)
    compares = requirement.operator in ("In", "NotIn")
    if compares and not requirement.values:
        yield FieldProblem(f"{path}.values", _NEEDS_VALUES)
    if not compares and requirement.values:
        yield FieldProblem(f"{path}.values", _TAKES_NO_VALUES)
    for index, value in enumerate(requirement.values if compares else ()):
        if not _is_value(value):
            yield FieldProblem(f"{path}.values[{index}]", _NO_VALUE)


def _is_key(text: str) -> bool:
    prefix, slash, name = text.rpartition("/")
    if slash and not (_PREFIX.match(prefix) and len(prefix) <= _LONGEST_PREFIX):
        return False
    return _NAME.match(name) is not None


def _is_value(text: str) -> bool:
    return not text or _NAME.match(text) is not None
