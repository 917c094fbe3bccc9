"""Go's text/template with Sprig, byte for byte what Go prints, bounded against abuse.

In: a template and data (a map of names to bytes). Out: bytes, or a TemplateError. Pure and usable on its own: clock,
randomness and CPU clock come in with the ``Context`` of each render.
"""

from secrets_operator.rendering.gotemplate.cache import TemplateCache
from secrets_operator.rendering.gotemplate.dialects import (
    EXTERNAL_SECRETS,
    EXTERNAL_SECRETS_LENIENT,
    SEALED_SECRETS,
    Dialect,
)
from secrets_operator.rendering.gotemplate.errors import ExecError, LimitError, ParseError, Place, TemplateError
from secrets_operator.rendering.gotemplate.limits import CompileLimits, Context, Limits
from secrets_operator.rendering.gotemplate.references import named_keys
from secrets_operator.rendering.gotemplate.template import Template, compile_template

__all__ = [
    "EXTERNAL_SECRETS",
    "EXTERNAL_SECRETS_LENIENT",
    "SEALED_SECRETS",
    "CompileLimits",
    "Context",
    "Dialect",
    "ExecError",
    "LimitError",
    "Limits",
    "ParseError",
    "Place",
    "Template",
    "TemplateCache",
    "TemplateError",
    "compile_template",
    "named_keys",
]
