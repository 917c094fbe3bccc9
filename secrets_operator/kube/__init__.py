"""The thin Kubernetes API client: raw dicts, server-side apply, errors mapped once."""
