"""``auth.ldap`` and ``auth.userPass``: a user name and a password.

https://developer.hashicorp.com/vault/api-docs/auth/ldap and https://developer.hashicorp.com/vault/api-docs/auth/userpass
"""

from __future__ import annotations

from functools import partial

from secrets_operator.errors import InvalidSpec
from secrets_operator.resources.providers.vault_auth import VaultLdapAuth, VaultUserPassAuth
from secrets_operator_vault.logins.ticket import Means, Ticket, mounted_at, text_of


async def _ticket(field: str, user: VaultLdapAuth | VaultUserPassAuth, means: Means) -> Ticket:
    assert user.secret_ref is not None, "a session is opened only for settings without problems"
    # A password may have spaces; only the line break of a file that it was made from is not part of it.
    password = (await text_of(user.secret_ref, means, f"{field}.secretRef")).rstrip("\r\n")
    if not password:
        # Directories take a login without a password for an anonymous one, which succeeds.
        raise InvalidSpec("the Secret holds no password there", field=f"{field}.secretRef")
    return Ticket(f"{mounted_at(user.path)}/login/{user.username.strip()}", {"password": password})


ldap = partial(_ticket, "auth.ldap")
userpass = partial(_ticket, "auth.userPass")
