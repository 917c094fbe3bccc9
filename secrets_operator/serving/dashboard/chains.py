"""The way of a value: store, login, remote keys, Secret keys. Names only, never a value. Pure.

Of a store only the references of its provider's settings are read (names of Secrets and ServiceAccounts, and the
keys in them): any other setting could be a value, as in a ``fake`` store.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from secrets_operator.flow import Key, Object, Read
from secrets_operator.planning.external_secret import Unusable, Wanted, wanted
from secrets_operator.planning.fan_out_kinds import EXTERNAL_SECRETS_EVERYWHERE, PUSH_SECRETS_EVERYWHERE, FanOutKind
from secrets_operator.planning.marks import external_secret_manager, sealed_secret_manager
from secrets_operator.planning.secret_state import SecretState
from secrets_operator.resources.names import EXTERNAL_SECRET, PUSH_SECRET, SEALED_SECRET
from secrets_operator.sealing.scopes import scope_of
from secrets_operator.serving.dashboard.rows import STORES, Source, sources_of, target_of

_FAN_OUTS = {kind.parent.kind: kind for kind in (EXTERNAL_SECRETS_EVERYWHERE, PUSH_SECRETS_EVERYWHERE)}
_MOST_ITEMS = 200
_DEEPEST = 8


@dataclass(frozen=True, slots=True)
class Item:
    """One name in a stage; ``key`` leads to a resource that the page knows."""

    text: str
    note: str = ""
    key: Key | None = None


@dataclass(frozen=True, slots=True)
class Stage:
    """A station on the way of a value."""

    title: str
    items: tuple[Item, ...] = ()
    note: str = ""
    """What there is to say beside the items, or in their place."""


def chain(
    key: Key, resource: Object, *, lookup: Callable[[Key], Object | None], live: SecretState | None
) -> list[Stage]:
    """Return the stages of a resource; ``live`` is the Secret it writes, as it was last seen."""
    spec = resource.get("spec") or {}
    if key.kind == EXTERNAL_SECRET.kind:
        return _references(resource, lookup, live)
    if key.kind == SEALED_SECRET.kind:
        return [_sealed(resource), _secret(target_of(key, resource), live, sealed_secret_manager(key.name))]
    if key.kind in STORES:
        return [_provider(spec), Stage("Login", _some(_logins(spec)), note=_own_identity(spec))]
    if key.kind == PUSH_SECRET.kind:
        return _pushed(key, resource, lookup)
    if key.kind in _FAN_OUTS:
        return [_namespaces(_FAN_OUTS[key.kind], resource)]
    return []


def _references(resource: Object, lookup: Callable[[Key], Object | None], live: SecretState | None) -> list[Stage]:
    want = wanted(resource)
    if isinstance(want, Unusable):
        return [Stage("Store", note="the spec cannot be read; the error above says why")]
    found = {key: lookup(key) for key in (*want.stores, *want.generators)}
    sources = Stage("Store", tuple(_source(key, known) for key, known in found.items()))
    remote = Stage("Remote keys", _some(map(_remote, want.reads)))
    return [sources, _login(found), remote, _target(want, live)]


def _login(found: Mapping[Key, Object | None]) -> Stage:
    specs = [known.get("spec") or {} for key, known in found.items() if known is not None and key.kind in STORES]
    logins = _some(item for spec in specs for item in _logins(spec))
    identity = "; ".join(dict.fromkeys(filter(None, map(_own_identity, specs))))
    return Stage("Login", logins, note=identity)


def _pushed(key: Key, resource: Object, lookup: Callable[[Key], Object | None]) -> list[Stage]:
    spec = resource.get("spec") or {}
    sources = list(dict.fromkeys(sources_of(key, spec)))
    found = {source.key: lookup(source.key) for source in sources if source.key is not None}
    stores = _some(_pushed_store(source, found) for source in sources)
    return [_pushed_from(spec), Stage("Store", stores), _login(found), _pushed_keys(resource)]


def _pushed_from(spec: dict[str, Any]) -> Stage:
    selector = spec.get("selector") or {}
    generator, secret = selector.get("generatorRef"), selector.get("secret") or {}
    if generator:
        return Stage("Generator", (Item(str(generator.get("name", "")), str(generator.get("kind", ""))),))
    name = secret.get("name")
    return Stage(f"Secret {name}") if name else Stage("Secrets", note="those of the namespace with certain labels")


def _pushed_store(source: Source, found: Mapping[Key, Object | None]) -> Item:
    return Item(source.text) if source.key is None else _source(source.key, found[source.key])


def _pushed_keys(resource: Object) -> Stage:
    """Return what is at the stores; the status names it in full, the spec only what is single."""
    recorded = (resource.get("status") or {}).get("syncedPushSecrets") or {}
    items = [
        Item(str(place), f"{_pushed_key(entry)}, at {store}")
        for store, entries in sorted(recorded.items())
        for place, entry in sorted(entries.items())
    ]
    return Stage("Remote keys", _some(items), note="" if items else "nothing was pushed yet")


def _pushed_key(entry: Any) -> str:
    name = (entry.get("match") or {}).get("secretKey") if isinstance(entry, dict) else None
    return f"key {name}" if name else "the whole Secret"


def _source(key: Key, known: Object | None) -> Item:
    if known is None:
        return Item(key.name, f"{key.kind}, not found")
    provider = next(iter((known.get("spec") or {}).get("provider") or ()), "") if key.kind in STORES else ""
    return Item(key.name, f"{key.kind}, {provider}" if provider else key.kind, key)


def _provider(spec: dict[str, Any]) -> Stage:
    return Stage("Provider", tuple(Item(str(name)) for name in spec.get("provider") or ()))


def _own_identity(spec: dict[str, Any]) -> str:
    if "fake" in (spec.get("provider") or {}):
        return "the values are in the store itself"
    return "" if _some(_logins(spec)) else "no credential is named: the operator's own identity, or none"


def _logins(spec: dict[str, Any]) -> Iterator[Item]:
    for settings in (spec.get("provider") or {}).values():
        yield from _named(settings, "", 0)


def _named(node: Any, path: str, depth: int) -> Iterator[Item]:
    """Yield the references below a provider's settings: members that end in ``Ref`` and hold a name."""
    if depth > _DEEPEST:
        return
    if isinstance(node, list):
        for child in node:
            yield from _named(child, path, depth + 1)
    elif isinstance(node, dict):
        for member, child in node.items():
            below = f"{path}.{member}" if path else str(member)
            if str(member).endswith("Ref") and isinstance(child, dict) and isinstance(child.get("name"), str):
                yield _reference(below, child)
            else:
                yield from _named(child, below, depth + 1)


def _reference(path: str, reference: dict[str, Any]) -> Item:
    place = f"{reference['namespace']}/" if isinstance(reference.get("namespace"), str) else ""
    held = f", key {reference['key']}" if isinstance(reference.get("key"), str) else ""
    kind = "ServiceAccount" if path.endswith("serviceAccountRef") else "Secret"
    return Item(f"{place}{reference['name']}", f"{kind}{held} ({path})")


def _remote(read: Read) -> Item:
    if read.generator is not None:
        return Item(f"made by {read.generator.kind} {read.generator.name}")
    if read.find is not None:
        asked = {"path": read.find.path, "name": read.find.name, "tags": ", ".join(tag for tag, _ in read.find.tags)}
        return Item("find " + "; ".join(f"{what} {text}" for what, text in asked.items() if text), "every match")
    name = read.key + (f" @ {read.version}" if read.version else "") + (f" › {read.property}" if read.property else "")
    what = "metadata " if read.metadata else ""
    return Item(name, f"{what}to key {read.secret_key}" if read.secret_key else f"{what}spread into keys")


def _target(want: Wanted, live: SecretState | None) -> Stage:
    if want.spec.target.manifest is not None:
        return Stage(f"{want.kind.kind} {want.target}", note="an object that is no Secret")
    return _secret(want.target, live, external_secret_manager(want.key.name))


def _secret(name: str, live: SecretState | None, manager: str) -> Stage:
    title = f"Secret {name}"
    if live is None:
        return Stage(title, note="there is none yet")
    own = live.owned_by(manager).data
    items = [Item(key, "" if key in own else _others(live, key, manager)) for key in sorted(live.digests)]
    return Stage(title, _some(items), note="" if items else "it holds no keys")


def _others(live: SecretState, key: str, manager: str) -> str:
    writers = sorted(set(live.writers.get(key, ())) - {manager})
    return f"written by {', '.join(writers)}" if writers else "written by somebody else"


def _sealed(resource: Object) -> Stage:
    spec = resource.get("spec") or {}
    scope = f"scope {scope_of(resource['metadata'].get('annotations') or {})}"
    items = tuple(Item(str(name)) for name in sorted(spec.get("encryptedData") or ()))
    return Stage("Sealed items", _some(items), note=scope if items else f"the old form, spec.data; {scope}")


def _namespaces(kind: FanOutKind, resource: Object) -> Stage:
    status = resource.get("status") or {}
    child = str(status.get(kind.name_field) or kind.child_name(resource))
    good = (
        Item(str(name), key=Key(kind.child.kind, str(name), child))
        for name in status.get("provisionedNamespaces") or ()
    )
    bad = (
        Item(str(one.get("namespace", "")), str(one.get("reason", ""))) for one in status.get("failedNamespaces") or ()
    )
    items = _some([*bad, *good])
    return Stage("Namespaces", items, note="" if items else "none is selected")


def _some(items: Any) -> tuple[Item, ...]:
    """Return the different items, the first 200 and how many more there are."""
    found = tuple(dict.fromkeys(items))
    more = len(found) - _MOST_ITEMS
    return (*found[:_MOST_ITEMS], Item(f"and {more} more")) if more > 0 else found
