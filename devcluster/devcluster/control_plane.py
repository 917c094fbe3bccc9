"""The composition root: builds the store, the registry, the controllers and the handlers of one cluster."""

import random
from collections.abc import Callable
from dataclasses import dataclass, field

from devcluster.authentication import Authenticator
from devcluster.authorization import Authorizer
from devcluster.builtin_resources import builtin_resources
from devcluster.calls import ControlPlane
from devcluster.certificates import Authority
from devcluster.clock import Clock
from devcluster.definition_lifecycle import DefinitionController
from devcluster.faults import Faults
from devcluster.garbage_collection import GarbageCollector
from devcluster.http_server import Handlers
from devcluster.namespace_lifecycle import NamespaceController
from devcluster.registry import Registry
from devcluster.request_log import RequestLog
from devcluster.resource_handlers import ResourceHandlers
from devcluster.reviews import Reviewer
from devcluster.server_paths import ServerPaths
from devcluster.service_account_tokens import TokenSigner
from devcluster.storage import Store
from devcluster.watching import OpenWatches


@dataclass(slots=True)
class Assembly:
    """The parts of one cluster."""

    plane: ControlPlane
    signer: TokenSigner
    authenticator: Authenticator
    definitions: DefinitionController
    namespaces: NamespaceController
    collector: GarbageCollector
    faults: Faults = field(default_factory=Faults)
    log: RequestLog = field(default_factory=RequestLog)
    watches: OpenWatches = field(default_factory=OpenWatches)

    def handlers(self, address: Callable[[], str]) -> Handlers:
        """Return what answers requests; `address` says where the server can be reached."""
        authorizer = Authorizer(self.plane.store)
        reviewer = Reviewer(self.plane, self.authenticator, authorizer)
        return Handlers(
            plane=self.plane,
            authenticator=self.authenticator,
            authorizer=authorizer,
            resources=ResourceHandlers(self.plane, authorizer, reviewer, self.signer),
            paths=ServerPaths(self.plane.registry, address),
            faults=self.faults,
            log=self.log,
            watches=self.watches,
        )

    def resume(self) -> None:
        """Let the controllers look at what is stored already."""
        self.definitions.resume()
        self.namespaces.resume()
        self.collector.resume()


def assemble(store: Store, authority: Authority, token: str, clock: Clock, dice: random.Random) -> Assembly:
    """Build a cluster around a store, which may hold restored objects."""
    plane = ControlPlane(store, Registry(builtin_resources()), clock, dice)
    signer = TokenSigner(authority.key)
    return Assembly(
        plane=plane,
        signer=signer,
        authenticator=Authenticator(token, signer, store, clock),
        definitions=DefinitionController(plane),
        namespaces=NamespaceController(plane, authority.certificate_pem),
        collector=GarbageCollector(plane),
    )
