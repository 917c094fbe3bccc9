"""What is sent for an entry of a PushSecret: the templates of a store, rendered for a push, a question or a deletion.

Of a push ``.remoteRef`` has remoteKey, secretKey and property as far as they are set, and the value by the name of the
remote key; in the URL all of them are escaped. Runs in a thread, as ``requests``.
"""

from __future__ import annotations

from secrets_operator.errors import InvalidSpec
from secrets_operator.provider import Push, Reference, RemoteEntry
from secrets_operator.provider.pushed_values import value_of
from secrets_operator.provider.templates import Templates
from secrets_operator.resources.providers.webhook import WebhookProvider as Settings
from secrets_operator_webhook.requests import Rendering, Request, Secrets, Values, encoded, reader_of

# What a template prints for what is not there: no address of anything.
_NOTHING = "<no value>"


class PushRequests:
    """Makes the requests of one store."""

    def __init__(self, settings: Settings, templates: Templates, secrets: Secrets, namespace: str) -> None:
        """Take the namespace of the consumer for questions, as readings have it."""
        self._settings = settings
        self._templates = templates
        self._secrets = secrets
        self._namespace = namespace

    def push(self, push: Push) -> Request:
        """Return the request that writes; raises InvalidSpec for an entry or a template that cannot be sent."""
        value = value_of(push).reveal()
        remote = _remote(push.remote) | ({"secretKey": encoded(push.secret_key)} if push.secret_key else {})
        rendering = self._rendering({**remote, push.remote.remote_key: value})
        return Request(
            method=self._method() or "POST",
            url=_complete(
                rendering.url(), "a push has remoteKey, and secretKey and property where the entry sets them"
            ),
            headers=rendering.headers(),
            # By itself, and not through a template: a remote key need not be a name that templates know.
            body=rendering.body() if self._settings.body else value,
            writes=True,
        )

    def presence(self, entry: RemoteEntry) -> Request:
        """Return the request that asks whether there is such an entry: one that reads, whatever the store's method.

        Its templates see what those of a reading do, and remoteKey too where the URL cannot do without.
        """
        key = Reference(_named(entry), property=entry.property, namespace=self._namespace)
        reader = reader_of(key)
        rendering = self._rendering(reader, plain="namespace")
        url = rendering.url()
        if _NOTHING in url:
            rendering = self._rendering({**reader, **_remote(entry)}, plain="namespace")
            url = _complete(rendering.url(), "a question has key, remoteKey, property and namespace")
        return Request(method="GET", url=url, headers=rendering.headers(), body=b"")

    def deletion(self, entry: RemoteEntry) -> Request:
        """Return the request that deletes; raises InvalidSpec as :meth:`push`."""
        rendering = self._rendering(_remote(entry))
        url = _complete(rendering.url(), "a deletion has remoteKey, and property where the entry sets it")
        return Request(method="DELETE", url=url, headers=rendering.headers(), body=b"", writes=True)

    def _method(self) -> str:
        """Return the method that the store names; its default is one for reading."""
        return self._settings.method if "method" in self._settings.model_fields_set else ""

    def _rendering(self, remote: Values, plain: str = "") -> Rendering:
        escaped = frozenset(remote) - {plain}
        return Rendering(self._settings, self._templates, self._secrets, remote, escaped=escaped)


def _remote(entry: RemoteEntry) -> dict[str, bytes]:
    named = {"remoteKey": encoded(_named(entry)), "property": encoded(entry.property)}
    return {name: value for name, value in named.items() if value}


def _named(entry: RemoteEntry) -> str:
    if not entry.remote_key:
        raise InvalidSpec("the remote key must not be empty")
    return entry.remote_key


def _complete(url: str, offer: str) -> str:
    if _NOTHING in url:
        raise InvalidSpec(f"names something that is not there: {offer}", field="url")
    return url
