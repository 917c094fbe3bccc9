"""``secrets-operator migrate``: what is left to do in a cluster that comes from one of the two incumbents."""
