"""Models of the generators: kinds that make values instead of reading them from a store."""
