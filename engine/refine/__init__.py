"""Refine: optimise the pixels of a picture (Gatys et al. 2016, with masks)."""
