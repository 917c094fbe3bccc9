"""What an operator works on, as the command line takes it."""

import click
import pytest

from secrets_operator.cli.run import run, settings
from secrets_operator.cli.scope_options import LabelSelector
from secrets_operator.settings import Settings


@pytest.mark.parametrize(
    "selector",
    [
        "",
        "team=shop",
        "team==shop",
        "team!=shop",
        "team=",
        "team",
        "!team",
        "! team",
        "example.com/team=shop-1.x_y",
        "tier in (web,db)",
        "tier notin ( web , db ),team=shop, !legacy",
        "tier in (web)",
    ],
)
def test_a_selector_that_the_api_server_takes_is_taken(selector: str) -> None:
    assert LabelSelector().convert(selector, None, None) == selector


@pytest.mark.parametrize(
    "selector", ["team=a b", "team=shop,", "=shop", "tier in web", "tier in (web", "a/b/c=d", "-x"]
)
def test_a_selector_that_it_refuses_is_explained(selector: str) -> None:
    with pytest.raises(click.BadParameter, match="no requirement: write team=shop"):
        LabelSelector().convert(selector, None, None)


def test_the_options_become_settings() -> None:
    arguments = ["--watch-namespace=a", "--watch-namespace=b", "--label-selector=team=shop", "--controller-class=x"]
    arguments += ["--enable-sealed-secrets=false", "--enable-cluster-external-secret-reconciler=false"]
    arguments += ["--enable-cluster-store-reconciler=false", "--kubeclient-qps=-1", "--client-burst=7"]
    arguments += ["--enable-push-secret-reconciler=false", "--enable-cluster-push-secret-reconciler=false"]
    made = settings(run.make_context("run", arguments).params, "operator")
    assert made == Settings(
        namespace="operator",
        watch_namespaces=("a", "b"),
        label_selector="team=shop",
        controller_class="x",
        sealed_secrets=False,
        cluster_external_secrets=False,
        push_secrets=False,
        cluster_push_secrets=False,
        cluster_stores=False,
        client_burst=7,
    )


def test_an_operator_for_nothing_is_refused() -> None:
    context = run.make_context("run", ["--enable-sealed-secrets=false", "--enable-external-secrets=false"])
    with pytest.raises(click.UsageError, match="nothing to do"):
        settings(context.params, "")
