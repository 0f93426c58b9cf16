"""Benchmark scores forecast from kinship."""
