"""Guided patch synthesis: paint with the painting's own brush strokes."""
