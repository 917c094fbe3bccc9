"""Every error of the operator and its plug-ins belongs to the one tree, so that callers can branch by meaning."""

from __future__ import annotations

import inspect
import pkgutil
from collections.abc import Iterator
from importlib import import_module

import pytest

from secrets_operator import errors
from tests.source_tree import distributions, providers

PACKAGES = [distributions()[0].package, *(provider.package for provider in providers())]
# Outside the tree, classes or whole packages, each with its reason.
STRANGERS = {
    "secrets_operator.resources.durations.DurationError": "pydantic turns a ValueError into a problem of a field",
    "secrets_operator.resources.regular_expressions.RegexpError": "whoever reads the field makes it a problem of it",
    "secrets_operator.resources.target_paths.PathError": "whoever reads the field makes it a problem of it",
    "secrets_operator.provider.subject.NonConformance": "fails the test of whoever wrote a provider",
    "secrets_operator.rendering.gotemplate": "the template engine is a library with a tree of its own",
}


def modules(package: str) -> Iterator[str]:
    yield package
    for module in pkgutil.walk_packages(import_module(package).__path__, f"{package}."):
        if not module.name.endswith("__main__"):
            yield module.name


def exceptions(package: str) -> dict[str, type[BaseException]]:
    """Return every exception class that a package defines, by its full name."""
    return {
        f"{name}.{value.__qualname__}": value
        for name in modules(package)
        for value in vars(import_module(name)).values()
        if inspect.isclass(value) and issubclass(value, BaseException) and value.__module__ == name
    }


@pytest.mark.parametrize("package", PACKAGES)
def test_every_error_is_an_operator_error(package: str) -> None:
    outside = [name for name, kind in exceptions(package).items() if not issubclass(kind, errors.OperatorError)]
    assert [name for name in outside if not any(f"{name}.".startswith(f"{one}.") for one in STRANGERS)] == []


def test_the_exceptions_from_the_rule_exist() -> None:
    every = exceptions("secrets_operator")
    assert [one for one in STRANGERS if not any(f"{name}.".startswith(f"{one}.") for name in every)] == []


def test_every_error_says_whether_to_try_again() -> None:
    meanings = tuple(kind for kind in vars(errors).values() if errors.OperatorError in getattr(kind, "__bases__", ()))
    vague = [
        name
        for package in PACKAGES
        for name, kind in exceptions(package).items()
        if issubclass(kind, errors.OperatorError) and not issubclass(kind, meanings)
    ]
    # The roots of a tree mean nothing by themselves.
    assert vague == ["secrets_operator.errors.OperatorError", "secrets_operator.kube.errors.ApiError"]


def test_the_tree_is_drawn_in_the_docstring() -> None:
    names = [name for name, value in vars(errors).items() if inspect.isclass(value)]
    assert [name for name in names if name not in (errors.__doc__ or "")] == []
