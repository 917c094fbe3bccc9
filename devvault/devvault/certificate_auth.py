"""The TLS certificate auth method: roles trust a certificate, or an authority that signs some.

The certificate is that of the connection, so the stand-in must run with a TLS context that asks for one.
Source: https://developer.hashicorp.com/vault/api-docs/auth/cert
"""

from dataclasses import dataclass, field
from datetime import datetime
from fnmatch import fnmatchcase

from cryptography import x509
from cryptography.exceptions import InvalidSignature

from devvault.entry_paths import entry_paths
from devvault.errors import bad_request
from devvault.fields import refuse_unsupported, text, texts
from devvault.framework import Backend, Fields, path
from devvault.logical import Login, Request, Response
from devvault.token_parameters import TokenParameters, described, updated

_UNSUPPORTED = (
    "allowed_dns_sans",
    "allowed_email_sans",
    "allowed_uri_sans",
    "allowed_organizational_units",
    "required_extensions",
    "ocsp_enabled",
)
_REFUSED = "invalid certificate or no client certificate supplied"


@dataclass(frozen=True)
class CertificateRole:
    """Which certificate is trusted, and the common names that may log in with it; none for any."""

    certificate: x509.Certificate
    pem: str
    common_names: tuple[str, ...] = ()
    display_name: str = ""
    parameters: TokenParameters = field(default_factory=TokenParameters)

    def fits(self, presented: x509.Certificate, now: datetime) -> bool:
        """Tell whether a certificate is this one or signed by it, in force, and of an allowed name."""
        in_force = presented.not_valid_before_utc <= now <= presented.not_valid_after_utc
        named = not self.common_names or any(fnmatchcase(common_name(presented), one) for one in self.common_names)
        return in_force and named and (presented == self.certificate or _issued(presented, self.certificate))


class CertificateAuth(Backend):
    """Roles by name."""

    kind = "cert"

    def __init__(self) -> None:
        self._roles: dict[str, CertificateRole] = {}
        super().__init__(
            path("login", write=self._login, login=True),
            *entry_paths("certs", self._roles, read=self._read, write=self._write, known_as=str.lower),
        )

    def _read(self, _: Request, fields: Fields) -> Response | None:
        role = self._roles.get(fields["role"].lower())
        if role is None:
            return None
        shown = {
            "allowed_common_names": list(role.common_names) or None,
            "certificate": role.pem,
            "display_name": role.display_name,
        }
        return Response({**shown, **described(role.parameters)})

    def _write(self, request: Request, fields: Fields) -> None:
        refuse_unsupported(request.data, *_UNSUPPORTED)
        name, pem = fields["role"].lower(), text(request.data, "certificate")
        try:
            certificate = x509.load_pem_x509_certificate(pem.encode())
        except ValueError:
            raise bad_request("failed to parse certificate") from None
        self._roles[name] = CertificateRole(
            certificate,
            pem,
            texts(request.data, "allowed_common_names"),
            text(request.data, "display_name") or name,
            updated(TokenParameters(), request.data),
        )

    def _login(self, request: Request, _: Fields) -> Response:
        if not request.client_certificate:
            raise bad_request("client certificate must be supplied")
        presented = x509.load_der_x509_certificate(request.client_certificate)
        wanted = text(request.data, "name").lower()
        candidates = {name: role for name, role in self._roles.items() if wanted in {"", name}}
        found = next((name for name, role in sorted(candidates.items()) if role.fits(presented, request.now)), None)
        if found is None:
            raise bad_request(_REFUSED)
        role, name = self._roles[found], common_name(presented)
        metadata = {"cert_name": found, "common_name": name, "serial_number": str(presented.serial_number)}
        return Response(auth=Login(role.parameters, metadata, role.display_name, alias=name))


def common_name(certificate: x509.Certificate) -> str:
    """Return the common name of a certificate's subject, empty without one."""
    names = certificate.subject.get_attributes_for_oid(x509.NameOID.COMMON_NAME)
    return str(names[0].value) if names else ""


def _issued(certificate: x509.Certificate, authority: x509.Certificate) -> bool:
    try:
        certificate.verify_directly_issued_by(authority)
    except (ValueError, TypeError, InvalidSignature):
        return False
    return True
