"""Who may use a ClusterSecretStore: ``spec.conditions`` against a Namespace. Pure.

One match of any kind in any condition is enough; a condition without a field matches nothing. Regular expressions are
RE2 and match anywhere in the name. On a SecretStore conditions mean nothing.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from pydantic import ValidationError

from secrets_operator.flow import Object
from secrets_operator.planning.label_selectors import selector_problems, selects
from secrets_operator.planning.namespaces import NAME_LABEL, Namespace
from secrets_operator.resources.names import CLUSTER_SECRET_STORE
from secrets_operator.resources.problems import FieldProblem, problems_in
from secrets_operator.resources.regular_expressions import RegexpError, compile_regexp
from secrets_operator.resources.stores import StoreCondition


def has_conditions(store: Object) -> bool:
    """Tell whether not every namespace may use ``store``."""
    return bool(_conditions(store))


def condition_problems(store: Object) -> tuple[FieldProblem, ...]:
    """Return what is wrong with the conditions of ``store``, each with its field."""
    return tuple(problem for index, raw in enumerate(_conditions(store)) for problem in _problems(raw, index))


def admits(store: Object, namespace: Namespace) -> bool:
    """Tell whether ``namespace`` may use ``store``, whose conditions must have no problems."""
    conditions = _conditions(store)
    return not conditions or any(_matches(StoreCondition.model_validate(raw), namespace) for raw in conditions)


def denied(store: Object, namespace: str) -> str:
    """Return the line that tells a user of ``namespace`` so."""
    name = store["metadata"]["name"]
    return f"using ClusterSecretStore {name} from namespace {namespace} is denied by its conditions"


def _conditions(store: Object) -> list[Any]:
    conditions = store["spec"].get("conditions") if store["kind"] == CLUSTER_SECRET_STORE.kind else None
    return conditions or []


def _problems(raw: Any, index: int) -> Iterator[FieldProblem]:
    path = f"spec.conditions[{index}]"
    try:
        condition = StoreCondition.model_validate(raw)
    except ValidationError as error:
        yield from (FieldProblem(f"{path}.{problem.path}", problem.message) for problem in problems_in(error))
        return
    if condition.namespace_selector is not None:
        yield from selector_problems(condition.namespace_selector, f"{path}.namespaceSelector")
    for position, pattern in enumerate(condition.namespace_regexes):
        try:
            compile_regexp(pattern)
        except RegexpError as error:
            yield FieldProblem(f"{path}.namespaceRegexes[{position}]", str(error))


def _matches(condition: StoreCondition, namespace: Namespace) -> bool:
    selector = condition.namespace_selector
    return (
        (selector is not None and selects(selector, namespace.labels))
        or namespace.labels.get(NAME_LABEL) in condition.namespaces
        or any(compile_regexp(pattern).search(namespace.name.encode()) for pattern in condition.namespace_regexes)
    )
