"""The remote sides of the demo, written to by their own SDKs: AWS Secrets Manager and Vault."""

from __future__ import annotations

import asyncio
import json
import secrets
from functools import partial
from typing import Any

import boto3
import hvac

ACCESS_KEY_ID, SECRET_ACCESS_KEY = "AKIADEMO", "demo-secret-access-key"


class Remote:
    """Holds the values; they are made anew for each run and shown nowhere."""

    def __init__(self, *, aws: str, vault: str, vault_token: str) -> None:
        self._aws: Any = boto3.client(
            "secretsmanager",
            endpoint_url=aws,
            region_name="eu-west-1",
            aws_access_key_id=ACCESS_KEY_ID,
            aws_secret_access_key=SECRET_ACCESS_KEY,
        )
        self._vault: Any = hvac.Client(url=vault, token=vault_token)
        self.values: list[bytes] = []

    async def fill(self) -> None:
        """Store what the example's manifests refer to."""
        await asyncio.to_thread(self._fill)

    async def rotate_flags(self) -> str:
        """Give the feature-flag service a new key and return it."""
        value = self._new("sdk")
        body = json.dumps({"sdk": {"key": value}})
        await asyncio.to_thread(
            partial(self._aws.put_secret_value, SecretId="production/feature-flags", SecretString=body)
        )
        return value

    def _fill(self) -> None:
        flags = json.dumps({"sdk": {"key": self._new("sdk")}})
        self._aws.create_secret(Name="production/db-password", SecretString=self._new("db"))
        self._aws.create_secret(Name="production/feature-flags", SecretString=flags)
        if "secret/" not in self._vault.sys.list_mounted_secrets_engines()["data"]:
            self._vault.sys.enable_secrets_engine("kv", path="secret", options={"version": "2"})
        self._vault.secrets.kv.v2.create_or_update_secret(
            "payments/api", {"client-id": "shop", "client-secret": self._new("payments")}, mount_point="secret"
        )

    def _new(self, prefix: str) -> str:
        value = f"{prefix}-{secrets.token_urlsafe(18)}"
        self.values.append(value.encode())
        return value
