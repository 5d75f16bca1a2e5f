"""Refine: optimise the picture itself (Gatys et al. 2016, masked)."""
