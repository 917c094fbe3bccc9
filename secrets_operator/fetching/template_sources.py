"""Reads the ConfigMaps and Secrets that ``templateFrom`` refers to, from the namespace of the resource only."""

from __future__ import annotations

import base64

from secrets_operator.fetching.referents import Referents
from secrets_operator.flow import Key
from secrets_operator.provider import StoreIdentity
from secrets_operator.resources.templates import Template


async def template_sources(referents: Referents, key: Key, template: Template) -> dict[tuple[str, str], dict[str, str]]:
    """Return the texts of every object named by ``template``; raises InvalidSpec naming one that is missing."""
    asker = StoreIdentity(key.kind, key.name, key.namespace)
    texts: dict[tuple[str, str], dict[str, str]] = {}
    for index, source in enumerate(template.template_from):
        where = f"spec.target.template.templateFrom[{index}]"
        if source.config_map is not None:
            selector = {"name": source.config_map.name}
            found = await referents.config_map(asker, selector, field=f"{where}.configMap")
            texts[("ConfigMap", source.config_map.name)] = dict(found.get("data") or {})
        if source.secret is not None:
            selector = {"name": source.secret.name}
            found = await referents.secret(asker, selector, field=f"{where}.secret")
            texts[("Secret", source.secret.name)] = _decoded(found.get("data") or {})
    return texts


def _decoded(data: dict[str, str]) -> dict[str, str]:
    # A key that is no text is no template, but need not be one: it may simply not be referred to.
    return {key: base64.b64decode(value).decode("utf-8", "surrogateescape") for key, value in data.items()}
