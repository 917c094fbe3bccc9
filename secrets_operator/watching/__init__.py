"""Lists and watches turned into caches and keys."""
