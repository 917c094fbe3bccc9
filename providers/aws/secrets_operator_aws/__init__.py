"""AWS as a provider of secrets-operator: Secrets Manager, read with static keys, the SDK's own chain, or roles."""
