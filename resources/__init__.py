"""Data files that ship with Daub: the material vocabulary, icons and themes."""

from pathlib import Path

ROOT = Path(__file__).parent


def path(name: str) -> Path:
    """Path of a shipped resource, e.g. ``path("materials.toml")``."""
    return ROOT / name
