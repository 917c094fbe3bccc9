"""An embedded Kubernetes API server for demos, tests and laptops: pure Python, in memory, loopback only."""
