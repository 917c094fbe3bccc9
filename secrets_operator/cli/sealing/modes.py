"""What ``seal`` does with its flags: the first mode that a flag asks for, in the order of kubeseal."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from functools import cache
from typing import TYPE_CHECKING

import click

from secrets_operator.cli.atomic_output import open_output
from secrets_operator.cli.manifest_text import manifest_text, output_format
from secrets_operator.cli.sealing.flags import SealFlags
from secrets_operator.cli.sealing.sources import Source
from secrets_operator.clock import SystemClock
from secrets_operator.errors import Terminal
from secrets_operator.flow import Object

if TYPE_CHECKING:
    from secrets_operator.cli.sealing.notices import Notices
    from secrets_operator.cli.sealing.sealing_certificate import SealingCertificate


def run_seal(flags: SealFlags) -> None:
    """Run the mode that the flags choose; errors of the tree are for the user."""
    if flags.from_file and not flags.raw:
        raise Terminal("--from-file requires --raw")
    if flags.only_changed and not (flags.into or flags.clusters):
        raise Terminal("--only-changed needs --into FILE or --clusters FILE")
    if flags.recovery_private_key and not flags.recovery_unseal and sys.stderr.isatty():
        click.echo("warning: --recovery-private-key has no effect without --recovery-unseal", err=True)
    source = Source.open(flags.secret_file)
    if flags.recovery_unseal:
        _recover(flags, source)
    elif flags.validate:
        _validate(flags, source)
    elif flags.re_encrypt:
        _re_encrypt(flags, source)
    elif flags.clusters:
        from secrets_operator.cli.sealing.update_modes import clusters

        clusters(flags, source.read())
    else:
        _with_certificate(flags, source)


def _recover(flags: SealFlags, source: Source) -> None:
    from secrets_operator.cli.sealing.recovery import recovered_secrets

    _write_manifests(flags, recovered_secrets(source.read(), flags.recovery_private_key), flags.sealed_secret_file)


def _validate(flags: SealFlags, source: Source) -> None:
    from secrets_operator.cli.sealing.controller_modes import validate

    validate(source.read(), flags.cluster)


def _re_encrypt(flags: SealFlags, source: Source) -> None:
    from secrets_operator.cli.sealing.controller_modes import re_encrypt

    # All of it before the file is touched: it may be the input.
    sealed = re_encrypt(source.read(), flags.cluster)
    _write_manifests(flags, sealed, flags.sealed_secret_file or flags.secret_file)


def _with_certificate(flags: SealFlags, source: Source) -> None:
    from secrets_operator.cli.sealing.certificate_sources import load_certificate
    from secrets_operator.cli.sealing.notices import Notices
    from secrets_operator.cli.sealing.sealing_certificate import SealingCertificate

    pem = load_certificate(flags.cert, flags.cluster)
    if flags.fetch_cert:
        _write(flags, pem)
        return
    notices = Notices(flags.quiet)
    by = SealingCertificate.parse(pem, now=SystemClock().now())
    notices.certificate(by)
    _seal(flags, source, by, notices)


def _seal(flags: SealFlags, source: Source, by: SealingCertificate, notices: Notices) -> None:
    from secrets_operator.cli.sealing.context_namespace import context_namespace
    from secrets_operator.cli.sealing.merging import merge
    from secrets_operator.cli.sealing.raw_values import sealed_raw
    from secrets_operator.cli.sealing.secrets_to_seal import Sealer

    @cache
    def default_namespace() -> str:
        return context_namespace(flags.cluster.connection)

    if flags.into:
        from secrets_operator.cli.sealing.update_modes import into

        into(flags, source.read(), by, notices)
    elif flags.merge_into:
        merge(flags, source.read(), by, default_namespace=default_namespace, notices=notices)
    elif flags.raw:
        _write(flags, sealed_raw(flags, by, default_namespace=default_namespace, notices=notices).encode("ascii"))
    else:
        sealer = Sealer(flags, by, default_namespace=default_namespace, notices=notices)
        _write_manifests(flags, sealer.sealed(source.read()), flags.sealed_secret_file)


def _write_manifests(flags: SealFlags, manifests: Iterable[Object], path: str) -> None:
    """Write manifests as they come; on standard output those before a failing one have been written by then."""
    text_format = output_format(flags.output_format, path)
    with open_output(path) as output:
        for manifest in manifests:
            output.write(manifest_text(manifest, text_format).encode())


def _write(flags: SealFlags, data: bytes) -> None:
    with open_output(flags.sealed_secret_file) as output:
        output.write(data)
