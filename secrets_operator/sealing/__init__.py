"""Sealed values, sealing keys and the way between Secrets and SealedSecrets.

Pure: bytes and dicts in, bytes and dicts out; time and randomness are parameters.
"""
