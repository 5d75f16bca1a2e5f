"""Daub: paint a doodle of materials, get a painting."""

__version__ = "0.1.0"
