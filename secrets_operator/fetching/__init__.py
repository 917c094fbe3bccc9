"""Remote reads: sessions, coalescing, threads for blocking SDKs."""
