"""Descriptor networks, whose features define style, and their download."""
