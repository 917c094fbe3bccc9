"""The ``metadata`` of a PushSecret's entry: a wrapper of fixed form around what the provider wants to know.

    apiVersion: kubernetes.external-secrets.io/v1alpha1
    kind: PushSecretMetadata
    spec: {...}

In: the metadata as committed and the model of ``spec``. Out: the model. Names of fields match whatever their case, and
one that nobody acts on is an error, as with External Secrets Operator, whose JSON decoder does so:
https://github.com/external-secrets/external-secrets/blob/main/runtime/esutils/metadata/metadata.go
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, get_args

from pydantic import BaseModel, ValidationError

from secrets_operator.errors import InvalidSpec
from secrets_operator.resources.problems import problems_in

API_VERSION = "kubernetes.external-secrets.io/v1alpha1"
KIND = "PushSecretMetadata"
_ENVELOPE = {"apiversion": "apiVersion", "kind": "kind", "spec": "spec"}

M = TypeVar("M", bound=BaseModel)


def metadata_spec(metadata: Mapping[str, Any], model: type[M]) -> M:
    """Return the ``spec`` of the metadata as ``model``, its defaults where there is no metadata or no spec.

    ``model`` may hold models and tuples of models. Raises InvalidSpec with the path of the field below the entry,
    ``metadata.spec.labels``.
    """
    if not metadata:
        return model.model_validate({})
    envelope = {name: value for name, (value, _) in _named(metadata, _ENVELOPE, "metadata").items()}
    for name, wanted in (("apiVersion", API_VERSION), ("kind", KIND)):
        if envelope.get(name) != wanted:
            raise InvalidSpec(f"must be {wanted}", field=f"metadata.{name}")
    spec = envelope.get("spec", {})
    if not isinstance(spec, Mapping):
        raise InvalidSpec("must be an object (key: value pairs)", field="metadata.spec")
    try:
        return model.model_validate(_for_model(spec, model, "metadata.spec"))
    except ValidationError as error:
        problem = problems_in(error)[0]
        raise InvalidSpec(problem.message, field=f"metadata.spec.{problem.path}") from None


def _for_model(found: Mapping[str, Any], model: type[BaseModel], path: str) -> dict[str, Any]:
    """Return an object with the names that the model knows."""
    aliases = {name: field.alias or name for name, field in model.model_fields.items()}
    inner = {aliases[name]: _model_in(field.annotation) for name, field in model.model_fields.items()}
    named = _named(found, {alias.lower(): alias for alias in aliases.values()}, path)
    return {name: _inside(value, inner[name], place) for name, (value, place) in named.items()}


def _inside(value: Any, model: type[BaseModel] | None, path: str) -> Any:
    if model is None:
        return value
    if isinstance(value, list):
        return [_inside(item, model, f"{path}[{index}]") for index, item in enumerate(value)]
    return _for_model(value, model, path) if isinstance(value, Mapping) else value


def _named(found: Mapping[str, Any], known: Mapping[str, str], path: str) -> dict[str, tuple[Any, str]]:
    """Return values and their paths by the names in ``known``, whose keys are in lower case; null is as if absent."""
    named: dict[str, tuple[Any, str]] = {}
    for written, value in found.items():
        place, name = f"{path}.{written}", known.get(written.lower())
        if name is None:
            raise InvalidSpec(f"unknown field: there are {', '.join(known.values())}", field=place)
        if name in named:
            raise InvalidSpec(f"is the same field as {named[name][1]}: remove one of them", field=place)
        if value is not None:
            named[name] = (value, place)
    return named


def _model_in(annotation: Any) -> type[BaseModel] | None:
    """Return the model that a field holds, itself, as an option or in a tuple; None for a plain value."""
    choices = (annotation, *get_args(annotation))
    return next((one for one in choices if isinstance(one, type) and issubclass(one, BaseModel)), None)
