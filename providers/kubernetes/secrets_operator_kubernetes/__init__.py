"""Secrets of other namespaces and clusters as a provider of secrets-operator; found by entry point."""
