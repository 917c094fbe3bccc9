"""A SealedSecret in a text brought up to date with a Secret: which items are sealed, which stay and which go.

An item whose value is known to be the same keeps its ciphertext to the byte. Labels, annotations and type of the Secret
are followed; what the file says beside stays. Pure: whether a value is the same is asked of a function.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from secrets_operator.errors import Terminal
from secrets_operator.flow import Object, SecretBytes
from secrets_operator.sealing.fields import section
from secrets_operator.sealing.legacy import converted_template
from secrets_operator.sealing.lossless.changes import Change, Drop, Put
from secrets_operator.sealing.sealed_documents import SealedDocument

HoldsSame = Callable[[str, str, SecretBytes], bool]
"""(item, ciphertext, value) -> whether the ciphertext is known to hold the value."""

_TEMPLATE = ("spec", "template")
_METADATA = (*_TEMPLATE, "metadata")


def outdated(document: SealedDocument, values: Mapping[str, SecretBytes], same: HoldsSame) -> dict[str, SecretBytes]:
    """Return the values that must be sealed: new ones, and those not known to be the same."""
    items = document.items
    return {
        item: value
        for item, value in values.items()
        if not isinstance(items.get(item), str) or not same(item, items[item], value)
    }


def leftover(document: SealedDocument, values: Mapping[str, SecretBytes]) -> list[str]:
    """Return the items that the Secret does not have any more."""
    return sorted(set(document.items) - set(values))


def template_changes(document: SealedDocument, template: Object) -> list[Change]:
    """Return what brings labels, annotations and type of the template up to date with those of a fresh one.

    ``immutable`` is no text: Terminal when it differs.
    """
    present = section(document.body, *_TEMPLATE)
    if bool(present.get("immutable")) != bool(template.get("immutable")):
        raise Terminal(f"{document.where}: spec.template.immutable: it differs from the input: change it by hand")
    changes: list[Change] = []
    if (present.get("type") or "Opaque") != (template.get("type") or "Opaque"):
        changes.append(Put((*document.path, *_TEMPLATE, "type"), template.get("type") or "Opaque"))
    for member in ("labels", "annotations"):
        before = section(document.body, *_METADATA, member)
        changes += _entries((*document.path, *_METADATA, member), before, section(template, "metadata", member))
    return changes


def new_form_changes(document: SealedDocument, template: Object) -> list[Change]:
    """Return what takes the old form's value out and makes the template say what the Secret in it said.

    What the template said before never counted, but for the annotation that leaves out the owner reference. Terminal
    as above.
    """
    gone = [name for name in section(document.body, *_TEMPLATE) if name not in ("metadata", "type", "immutable")]
    dropped: list[Change] = [Drop((*document.path, *_TEMPLATE, name)) for name in gone]
    return [
        Drop(document.item_path("")),
        *dropped,
        *template_changes(document, converted_template(template, document.body)),
    ]


def _entries(path: tuple[str | int, ...], before: Mapping[str, Any], after: Mapping[str, Any]) -> list[Change]:
    put: list[Change] = [Put((*path, name), text) for name, text in after.items() if before.get(name) != text]
    return put + [Drop((*path, name)) for name in before if name not in after]
