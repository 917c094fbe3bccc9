"""Schemas of the generated definitions, compiled as the API server would, and manifests kept beside the tests."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from devcluster.structural import StructuralSchema
from ruamel.yaml import YAML

from secrets_operator.resources.definitions.documents import document
from secrets_operator.resources.definitions.kinds import DEFINITIONS


@pytest.fixture(scope="session")
def schemas() -> dict[str, StructuralSchema]:
    """The compiled schema of the stored version by kind."""
    return {
        definition.resource.kind: StructuralSchema.compile(
            document(definition)["spec"]["versions"][0]["schema"]["openAPIV3Schema"]
        )
        for definition in DEFINITIONS
    }


@pytest.fixture(scope="session")
def manifests() -> Callable[[str], list[dict[str, Any]]]:
    """Read every document of a file in ``manifests/``."""

    def read(name: str) -> list[dict[str, Any]]:
        text = (Path(__file__).parent / "manifests" / name).read_text(encoding="utf-8")
        return [item for item in YAML(typ="safe", pure=True).load_all(text) if item is not None]

    return read
