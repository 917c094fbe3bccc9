"""``seal --recovery-unseal``: SealedSecrets opened with private keys at hand, without a cluster."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from secrets_operator.cli.sealing.sealed_documents import read_sealed_secrets
from secrets_operator.clock import SystemClock, thread_cpu_seconds
from secrets_operator.errors import Terminal
from secrets_operator.flow import Object, SecretBytes
from secrets_operator.resources.labels import SKIP_OWNER_REFERENCES_ANNOTATION
from secrets_operator.resources.names import SEALED_SECRET
from secrets_operator.sealing.encoding import encode_base64
from secrets_operator.sealing.fields import section
from secrets_operator.sealing.keyring import Keyring
from secrets_operator.sealing.recovery_keys import recovery_keys
from secrets_operator.sealing.scopes import is_true
from secrets_operator.sealing.unseal import unseal

# The order in which Kubernetes writes the metadata of an object.
_METADATA = ("name", "generateName", "namespace", "labels", "annotations", "ownerReferences", "finalizers")


def recovered_secrets(source: bytes, key_files: tuple[str, ...]) -> list[Object]:
    """Return the Secret of every SealedSecret of the input; it shows what was sealed, which is what is asked for."""
    keyring = Keyring(key for path in key_files for key in recovery_keys(_read(path)))
    return [recovered_secret(sealed, keyring) for _, sealed in read_sealed_secrets(source)]


def _read(path: str) -> bytes:
    try:
        return Path(path).read_bytes()
    except OSError as error:
        raise Terminal(f'cannot read private key "{path}": {error.strerror}') from error


def recovered_secret(sealed: Object, keyring: Keyring) -> Object:
    """Return the Secret as the controller would write it, members in the order in which Kubernetes has them."""
    unsealed = unseal(sealed, keyring)
    own, template = section(sealed, "metadata"), unsealed.template
    data = _rendered(section(template, "data"), unsealed.data)
    metadata = {**section(template, "metadata"), "name": own["name"], "namespace": own["namespace"]}
    if not is_true(section(metadata, "annotations"), SKIP_OWNER_REFERENCES_ANNOTATION):
        metadata["ownerReferences"] = [_owner(own["name"])]
    ordered = {name: metadata[name] for name in _METADATA if metadata.get(name)}
    secret: Object = {"kind": "Secret", "apiVersion": "v1", "metadata": ordered}
    if template.get("immutable") is not None:
        secret["immutable"] = template["immutable"]
    if data:
        secret["data"] = {item: encode_base64(value.reveal()) for item, value in sorted(data.items())}
    if template.get("type"):
        secret["type"] = template["type"]
    return secret


def _rendered(templates: Object, values: Mapping[str, SecretBytes]) -> Mapping[str, SecretBytes]:
    """Return the values with what the templates print; Terminal lists every template that fails."""
    if not templates:
        return values
    # Imported here because the template functions are many, and most SealedSecrets have no template.
    from secrets_operator.rendering.gotemplate import SEALED_SECRETS, Context, compile_template
    from secrets_operator.rendering.sealed_secret import render_items

    context = Context(
        clock=lambda: int(SystemClock().now().timestamp() * 1e9), entropy=os.urandom, cpu_clock=thread_cpu_seconds
    )

    def render(name: str, source: str, data: Mapping[str, bytes]) -> bytes:
        return compile_template(source.encode(), name=name, dialect=SEALED_SECRETS).render(data, context=context)

    rendered = render_items(templates, values, render=render)
    if rendered.failures:
        raise Terminal("\n".join(f"{message} ({key})" for key, message in sorted(rendered.failures.items())))
    return rendered.data


def _owner(name: str) -> Object:
    return {
        "apiVersion": SEALED_SECRET.api_version,
        "kind": SEALED_SECRET.kind,
        "name": name,
        "uid": "",
        "controller": True,
    }
