"""HTTP for probes, metrics and the sealing certificate."""
