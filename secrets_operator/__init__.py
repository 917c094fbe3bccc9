"""secrets-operator: references and ciphertext in Git become native Kubernetes Secrets, and stay right."""
