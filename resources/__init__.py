"""Data files that ship with Daub: material vocabulary, icons, themes and network weights."""

from pathlib import Path

ROOT = Path(__file__).parent


def path(name: str) -> Path:
    """Return the path of a shipped resource, e.g. ``path("materials.toml")``."""
    return ROOT / name
