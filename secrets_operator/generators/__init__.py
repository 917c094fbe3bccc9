"""The generators that need nobody else: Password, UUID, Fake, SSHKey, MFA. Plug-ins by entry point, like any other.

What they make depends on their arguments alone, but for the key pairs, whose primes ``cryptography`` draws itself.
"""
