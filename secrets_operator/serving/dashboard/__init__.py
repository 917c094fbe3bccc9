"""The read-only page: which resources there are, how they are doing, and how a value gets to its consumers."""
