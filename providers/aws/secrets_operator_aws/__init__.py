"""AWS as a provider of secrets-operator: Secrets Manager, Parameter Store and certificates of Certificate Manager."""
