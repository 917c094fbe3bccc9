"""What can be set, with the defaults; the command line fills it and passes it down."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple


class GroupKind(NamedTuple):
    """A kind of object, in any version of its group; the group is empty for the core group."""

    group: str
    kind: str

    def __str__(self) -> str:
        return f"{self.group}/{self.kind}" if self.group else self.kind


@dataclass(frozen=True, slots=True, kw_only=True)
class Replicas:
    """How several replicas share the work."""

    identity: str = ""
    """The name of this replica and of its Lease; empty for a replica that is alone and takes no Lease."""

    group: str = "secrets-operator"
    """Those with the same group in the same namespace share the work."""

    lease_duration: timedelta = timedelta(seconds=15)
    """How long after its last sign of life a replica counts as at work; whole seconds."""

    renew_deadline: timedelta = timedelta(seconds=10)
    """How long after its last sign of life a replica goes on writing."""

    retry_period: timedelta = timedelta(seconds=2)
    """How often it gives a sign of life."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Settings of one operator process. Durations are timedeltas; the CLI documents each flag."""

    namespace: str = "secrets-operator"
    """Where the operator runs: its sealing keys and its digest key live here."""

    watch_namespaces: tuple[str, ...] = ()
    """The namespaces to work in; empty means all, which needs cluster-wide roles."""

    label_selector: str = ""
    """Only what makes or pushes Secrets and has these labels is worked on, stores and generators aside; empty: all."""

    external_secrets: bool = True
    """Whether anything of ``external-secrets.io`` is worked on."""

    cluster_external_secrets: bool = True
    push_secrets: bool = True
    cluster_push_secrets: bool = True
    sealed_secrets: bool = True
    """Whether SealedSecrets are opened, and their keys looked after."""

    cluster_stores: bool = True
    """Whether ClusterSecretStores and ClusterGenerators are read, which takes a cluster-wide role."""

    controller_class: str = "default"
    """Stores with another ``spec.controller`` are left alone."""

    generator_states: bool = True
    """Whether what generators made for ExternalSecrets is recorded, so that it can be taken back."""

    generator_gc_grace_period: timedelta = timedelta(minutes=2)
    """How long what is not used any more stays before it is taken back."""

    allow_generic_targets: bool = False
    """Whether ExternalSecrets may write other objects than Secrets at all."""

    generic_targets: frozenset[GroupKind] = frozenset()
    """The kinds they may write then."""

    store_refresh_interval: timedelta = timedelta(minutes=5)
    heartbeat_interval: timedelta = timedelta(minutes=10)
    """How old ``status.refreshTime`` may grow while refreshes find nothing new: each status write is an API call."""

    new_store_grace: timedelta = timedelta(seconds=10)
    """How long a resource waits in silence for a store that was just created and is not validated yet."""

    concurrency: int = 64
    reconcile_deadline: timedelta = timedelta(seconds=60)
    store_concurrency: int = 16
    """How many resources of one store are reconciled at once, and how many blocking calls it may have under way."""

    store_calls_per_second: float = 250.0
    """How many calls a store gets at most, in bursts of up to a second's worth; 0 sets no limit."""

    client_calls_per_second: float = 0.0
    """How many calls the API server gets at most, watches and Leases aside; 0 sets no limit."""

    client_burst: int = 100
    """How many of these may go at once."""

    value_cache_bytes: int = 32 * 1024 * 1024
    """How many bytes of values are kept for a minute at most, so that resources that share them share the reading."""

    blocking_threads: int = 128
    """For the SDKs of all stores together: eight stores that hang leave none for others, until their breakers open."""

    rendering_threads: int = 4
    decrypting_threads: int = 0
    """How many sealed values are opened at once; 0 means one for each core."""

    update_status: bool = True
    """Whether SealedSecrets get a status."""

    accept_legacy_data: bool = True
    """Whether the old form of a SealedSecret, ``spec.data``, is opened."""

    sealing_requests_per_second: float = 2.0
    sealing_requests_burst: int = 2
    """How many requests to ``/v1/verify`` and ``/v1/rotate`` one client may make, each; one more passes at first."""

    sealing_key_order: str = "CertNotBefore"
    sealing_key_bits: int = 4096
    sealing_key_lifetime: timedelta = timedelta(days=3650)
    """How long the certificates of new keys are valid; private keys open values for ever."""

    sealing_key_prefix: str = "sealed-secrets-key"
    """How the names of new key Secrets begin; a Secret of just this name counts without the label."""

    sealing_key_common_name: str = ""
    sealing_key_labels: tuple[tuple[str, str], ...] = ()
    sealing_key_annotations: tuple[tuple[str, str], ...] = ()
    """What new key Secrets carry besides the label that makes them keys."""

    sealing_key_renew_period: timedelta = timedelta(days=30)
    """How old the newest key may grow until it is followed by another; zero renews nothing."""

    sealing_key_cutoff: datetime | None = None
    """When the newest key is from before this moment, it is followed by another."""

    sealing_key_backup_certificate: str = ""
    """PEM certificate of an RSA key that all sealing keys are backed up to; empty for no backup."""

    admission_certificates: str = ""
    """The folder of the admission server's certificate; empty to make one and keep it in a Secret."""

    admission_service: str = "secrets-operator-admission"
    admission_secret: str = "secrets-operator-admission-certificate"
    admission_configuration: str = "secrets-operator"
    """Names of the Service that the API server calls, of that Secret, and of the ValidatingWebhookConfiguration."""

    admission_check_interval: timedelta = timedelta(seconds=10)
    """How often to look for a new certificate."""

    metrics_per_resource: int = 2000
    """How many resources of each kind have metrics of their own, those that are not ready first; 0 means none."""

    compat_metrics: str = "both"
    """Whose metric names are exported beside ours: ``eso``, ``sealed-secrets``, ``both`` or ``none``."""

    replicas: Replicas = Replicas()
