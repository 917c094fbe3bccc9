"""Learns the account that is called from the ARNs in answers that come anyway. Pure.

Keys of a user say nothing about their account, and AWS says it unasked to a role only.
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference-arns.html
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

_ARN = re.compile(r"arn:[^:]*:[^:]*:[^:]*:([0-9]{12}):")


def account_in(response: Mapping[str, Any]) -> str:
    """Return the account of the first secret or parameter in a response, empty where none is named.

    It is that of the credential where the secret was asked for by its name: AWS looks up names there only.
    """
    entries = [response, response.get("Parameter"), *_list(response, "SecretValues"), *_list(response, "Parameters")]
    arns = (_ARN.match(str(entry.get("ARN", ""))) for entry in entries if isinstance(entry, Mapping))
    return next((arn[1] for arn in arns if arn is not None), "")


def _list(response: Mapping[str, Any], name: str) -> list[Any]:
    found = response.get(name)
    return found if isinstance(found, list) else []
