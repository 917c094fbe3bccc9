"""The options of ``run`` that say what it works on: namespaces, labels, kinds, classes."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import click

from secrets_operator.cli.go_flags import GoBool
from secrets_operator.settings import Settings

_DEFAULTS = Settings()
_NAME = r"([a-z0-9.-]{1,253}/)?[A-Za-z0-9]([A-Za-z0-9._-]{0,61}[A-Za-z0-9])?"
_VALUE = r"([A-Za-z0-9]([A-Za-z0-9._-]{0,61}[A-Za-z0-9])?)?"
# https://kubernetes.io/docs/concepts/overview/working-with-objects/labels/#api
_REQUIREMENT = re.compile(
    rf"\s*(!\s*{_NAME}|{_NAME}(\s*(=|==|!=)\s*{_VALUE}|\s+(in|notin)\s*\(\s*{_VALUE}(\s*,\s*{_VALUE})*\s*\))?)\s*"
)
_COMMA = re.compile(r",(?![^(]*\))")


class LabelSelector(click.ParamType[str]):
    """A label selector as kubectl takes it: ``team=shop,tier in (web,db),!legacy``."""

    name = "selector"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """Return the selector; fail for one that the API server would refuse."""
        for part in _COMMA.split(value) if value else ():
            if not _REQUIREMENT.fullmatch(part):
                self.fail(f"{part!r} is no requirement: write team=shop, tier in (web,db), tier or !tier", param, ctx)
        return str(value)


def _switch(flag: str, name: str, text: str) -> Callable[[Any], Any]:
    default = str(getattr(_DEFAULTS, name)).lower()
    return click.option(flag, name, type=GoBool(), default=default, show_default=True, help=text)


def scope_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options to a command."""
    options = (
        click.option(
            "--watch-namespace",
            "watch_namespaces",
            multiple=True,
            help="Work in this namespace only, and leave ClusterExternalSecrets and ClusterPushSecrets alone; repeat "
            "for several. Default: all namespaces.",
        ),
        click.option(
            "--label-selector",
            type=LabelSelector(),
            default="",
            help="Work on ExternalSecrets, PushSecrets, what makes these in namespaces, and SealedSecrets with these "
            "labels only, as in team=shop,tier in (web,db). Stores and Secrets need none of them. Default: all.",
        ),
        _switch(
            "--enable-external-secrets",
            "external_secrets",
            "Work on what is of external-secrets.io. Off: an operator for SealedSecrets only.",
        ),
        _switch(
            "--enable-sealed-secrets",
            "sealed_secrets",
            "Open SealedSecrets, and look after sealing keys. Off: an operator for ExternalSecrets only.",
        ),
        _switch(
            "--enable-cluster-external-secret-reconciler",
            "cluster_external_secrets",
            "Work on ClusterExternalSecrets.",
        ),
        _switch(
            "--enable-push-secret-reconciler",
            "push_secrets",
            "Work on PushSecrets.",
        ),
        _switch(
            "--enable-cluster-push-secret-reconciler",
            "cluster_push_secrets",
            "Work on ClusterPushSecrets, unless PushSecrets are left alone.",
        ),
        _switch(
            "--enable-cluster-store-reconciler",
            "cluster_stores",
            "Read ClusterSecretStores and ClusterGenerators. Without them and with --watch-namespace no cluster-wide "
            "role is needed.",
        ),
        click.option(
            "--controller-class",
            default=_DEFAULTS.controller_class,
            show_default=True,
            help="Work with stores whose spec.controller is empty or this.",
        ),
    )
    for option in reversed(options):
        command = option(command)
    return command


def scope_settings(options: dict[str, Any]) -> dict[str, Any]:
    """Return the settings that the options stand for; raises UsageError when nothing is left to work on."""
    if not options["external_secrets"] and not options["sealed_secrets"]:
        raise click.UsageError("--enable-external-secrets and --enable-sealed-secrets are both off: nothing to do")
    names = (
        "label_selector",
        "external_secrets",
        "sealed_secrets",
        "cluster_external_secrets",
        "push_secrets",
        "cluster_push_secrets",
        "cluster_stores",
        "controller_class",
    )
    chosen = {name: options[name] for name in names}
    return chosen | {"watch_namespaces": tuple(options["watch_namespaces"])}
