"""The ways to log in, one module each. Every one has a coroutine ``ticket`` that says what Vault is sent.

``authentication`` has the table of them.
"""
