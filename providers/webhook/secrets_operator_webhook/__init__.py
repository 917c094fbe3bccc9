"""Any HTTP API as a provider of secrets-operator; found by entry point."""
