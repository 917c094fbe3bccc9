"""Pydantic models of the custom resources and everything that can be said about them without I/O."""
