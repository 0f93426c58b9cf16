"""Sampling: models answer genes. One narrow protocol (`protocol`), one file a backend."""
