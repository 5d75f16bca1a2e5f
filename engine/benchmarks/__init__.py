"""Benchmarks of the engine for ``daub bench``."""
