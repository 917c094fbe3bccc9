"""Generators that ask a service for an access token."""
