"""Writes of native Secrets by server-side apply."""
