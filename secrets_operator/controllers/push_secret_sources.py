"""What a PushSecret pushes: the Secrets it names or selects, or what its generator makes; then its template."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace

from secrets_operator.controllers.deps import Deps
from secrets_operator.controllers.generator_state_records import GeneratorStateRecords
from secrets_operator.controllers.template_rendering import TemplateRendering
from secrets_operator.errors import InvalidSpec, Refused
from secrets_operator.fetching.generation import Generation
from secrets_operator.fetching.referents import Referents, config_map_key, secret_key
from secrets_operator.flow import Key, Object, SecretBytes
from secrets_operator.planning.generators import view_of_generator
from secrets_operator.planning.label_selectors import selector_text
from secrets_operator.planning.push_secret import WantedPush
from secrets_operator.planning.secret_state import Digester
from secrets_operator.planning.stores import Readiness
from secrets_operator.provider import StoreIdentity
from secrets_operator.provider.push_contract import PushedSecret, ReadSource

_TEMPLATE = "spec.target.template"
# As External Secrets Operator names the one entry of a PushSecret in the label of a GeneratorState.
_ENTRY = "__pushsecret"
_UNUSABLE = {
    Readiness.MISSING: "there is no {kind} {name}",
    Readiness.FOREIGN: "{kind} {name} is for an operator of another controller class",
}


@dataclass(frozen=True, slots=True)
class Source:
    """What there is to push, before the template.

    ``secrets`` is empty where a named Secret is missing, and for a generator, which has made nothing yet.
    """

    secrets: tuple[PushedSecret, ...]
    fingerprint: tuple[str, ...]
    """What is another when something else is to be pushed; tells nothing of a value."""

    version: str = ""
    """The resourceVersion of a named Secret; empty while there is none."""


@dataclass(frozen=True, slots=True)
class Made:
    """What a generator made, for how many seconds it may be pushed, and the GeneratorState that records it, if any."""

    secret: PushedSecret
    fresh_seconds: float
    record: str = ""


class PushSources:
    """See the module's docstring."""

    def __init__(
        self,
        deps: Deps,
        referents: Referents,
        templates: TemplateRendering,
        generation: Generation,
        records: GeneratorStateRecords,
        *,
        generators: Callable[[Key], Object | None],
    ) -> None:
        """Look generators up by ``generators``."""
        self._deps = deps
        self._referents = referents
        self._templates = templates
        self._generation = generation
        self._records = records
        self._generators = generators

    async def observe(self, want: WantedPush) -> Source:
        """Read the source as it is; raises InvalidSpec or a Retryable of the API."""
        namespace, secret = want.key.namespace, want.spec.selector.secret
        if secret is None:
            return Source((), (json.dumps(self._spec(want), sort_keys=True, default=str),))
        if want.source_name:
            found = await self._referents.source(namespace, want.source_name)
            live = [] if found is None else [found]
        else:
            assert secret.selector is not None, "a source that is neither named nor selected is a problem of the spec"
            live = await self._referents.sources(namespace, selector_text(secret.selector))
        version = live[0]["metadata"].get("resourceVersion", "") if want.source_name and live else ""
        secrets = sorted((_pushed(one) for one in live), key=lambda one: one.name)
        return Source(tuple(secrets), tuple(_fingerprint(one, self._deps.digester) for one in secrets), version)

    async def generated(self, want: WantedPush) -> Made:
        """Have the generator make new values, and record what has to be taken back one day.

        Raises InvalidSpec, Refused or Retryable.
        """
        key = want.generator
        assert key is not None, "only what has a generator is generated"
        view = view_of_generator(
            key,
            self._generators(key),
            controller_class=self._deps.settings.controller_class,
            obstacle=self._generation.obstacle,
        )
        if view.readiness is not Readiness.READY:
            message = _UNUSABLE.get(view.readiness, view.detail).format(kind=key.kind, name=key.name)
            raise Refused(message, field="spec.selector.generatorRef")
        made = await self._generation.generate(view, want.key.namespace)
        record = "" if made.state is None else await self._records.record(want, _ENTRY, view, made.state)
        secret = PushedSecret(want.key.namespace, key.name, made.values, "Opaque", {}, {})
        return Made(secret, made.fresh_seconds, record)

    async def settle(self, want: WantedPush, made: Made | None, unused: Iterable[Made]) -> None:
        """Say that what was ``made`` is at the stores, and that nothing uses what else was made on the way."""
        await self._records.abandon(want.key.namespace, [one.record for one in unused if one.record])
        if want.keeps:
            return  # what was made long ago may be what is at a store
        fields = [_ENTRY] if want.generator is not None else []
        await self._records.settle_entries(want, fields, [made.record] if made is not None and made.record else [])

    async def templated(self, want: WantedPush, source: PushedSecret) -> PushedSecret:
        """Return what is pushed of a source: its keys, and over them what the template makes.

        Raises InvalidSpec naming what fails, or a Retryable.
        """
        template = want.spec.template
        if template is None:
            return source
        try:
            rendered = await self._templates.render(want.key, template, source.data)
        except InvalidSpec as error:
            message, field = (text.replace(_TEMPLATE, "spec.template") for text in (error.message, error.field))
            raise InvalidSpec(message, field=field) from None
        return replace(
            source,
            data={**source.data, **rendered.data},
            type=template.type or "",
            labels={**source.labels, **rendered.labels},
            annotations={**source.annotations, **rendered.annotations},
        )

    def reader(self, want: WantedPush) -> ReadSource:
        """Return what reads for a provider what the metadata of an entry refers to, in the namespace of who pushes."""
        asker = StoreIdentity(want.key.kind, want.key.name, want.key.namespace)

        async def read(kind: str, name: str, key: str, field: str) -> SecretBytes:
            selector = {"name": name, "key": key}
            if kind == "ConfigMap":
                found = await self._referents.config_map(asker, selector, field=field)
                return SecretBytes(config_map_key(found, selector, field=field).encode())
            return secret_key(await self._referents.secret(asker, selector, field=field), selector, field=field)

        return read

    def _spec(self, want: WantedPush) -> Mapping[str, object]:
        found = self._generators(want.generator) if want.generator is not None else None
        return {} if found is None else found.get("spec") or {}


def _pushed(secret: Object) -> PushedSecret:
    metadata = secret["metadata"]
    return PushedSecret(
        metadata["namespace"],
        metadata["name"],
        {key: SecretBytes(base64.b64decode(value or "")) for key, value in (secret.get("data") or {}).items()},
        secret.get("type") or "Opaque",
        metadata.get("labels") or {},
        metadata.get("annotations") or {},
    )


def _fingerprint(secret: PushedSecret, digester: Digester) -> str:
    around = json.dumps([secret.name, secret.type, dict(secret.labels), dict(secret.annotations)], sort_keys=True)
    values = {key: digester.digest(value.reveal()) for key, value in secret.data.items()}
    return digester.combine({"": digester.digest(around.encode()), **values})
