"""What can go wrong while sealing and unsealing; all of it is for the user to act on.

Terminal
└── SealingError
    ├── BadBase64Error        a text that should be base64 is not
    ├── MalformedValueError   too short to be a sealed value
    ├── UnopenedValueError    the key or the label does not fit the value
    ├── DamagedValueError     key and label fit, but the encrypted bytes were changed
    ├── CertificateError      a certificate that cannot seal
    ├── KeySecretError        a Secret that holds no usable sealing key
    ├── InputSecretError      a Secret that cannot be sealed
    ├── DocumentError         an input document that cannot be read
    └── FactsError            a record of sealing that cannot be read
"""

from __future__ import annotations

from secrets_operator.errors import Terminal


class SealingError(Terminal):
    """Base of the errors of sealing and unsealing."""


class BadBase64Error(SealingError):
    """The text is not standard padded base64."""


class MalformedValueError(SealingError):
    """The bytes are too short to be a sealed value."""


class UnopenedValueError(SealingError):
    """The key or the label is not the one the value was sealed with."""


class DamagedValueError(SealingError):
    """The session key was recovered, but the encrypted bytes do not carry its tag."""


class CertificateError(SealingError):
    """The certificate cannot be used to seal."""


class KeySecretError(SealingError):
    """The Secret does not hold a usable sealing key; the caller reports and skips it."""


class InputSecretError(SealingError):
    """The Secret given for sealing lacks something or is of the wrong form."""


class DocumentError(SealingError):
    """An input document is not JSON or YAML, or not a Secret."""


class FactsError(SealingError):
    """The annotation with the sealed facts is not what this project writes."""
