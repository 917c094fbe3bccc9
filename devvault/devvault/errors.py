"""The errors of the stand-in, each an HTTP status with Vault's list of error texts."""


class VaultError(Exception):
    """An answer other than success: `status` and the texts of the `errors` list."""

    def __init__(self, status: int, *errors: str) -> None:
        super().__init__(f"{status}: {'; '.join(errors)}")
        self.status = status
        self.errors = list(errors)


def bad_request(text: str) -> VaultError:
    """Return the error for a request that cannot be carried out as written."""
    return VaultError(400, text)


def not_found() -> VaultError:
    """Return Vault's answer for something absent: 404 with an empty error list."""
    return VaultError(404)


def one_error(status: int, text: str) -> VaultError:
    """Return an error in the multi-line form that Vault's core uses for its own refusals."""
    return VaultError(status, f"1 error occurred:\n\t* {text}\n\n")


def permission_denied() -> VaultError:
    """Return the refusal of the access control list."""
    return one_error(403, "permission denied")


def bad_token() -> VaultError:
    """Return the refusal of a token that is unknown, expired or revoked."""
    return VaultError(403, "permission denied")
