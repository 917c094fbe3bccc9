"""The error of CEL expressions, apart from the library: importing that takes longer than starting the server."""


class CelError(ValueError):
    """An expression does not compile or cannot be evaluated."""
