"""Store the tool options in the settings."""

from collections.abc import Container
from dataclasses import fields

from app.platform.settings import Settings
from app.tools import BRUSH_SHAPES, COMBS, TOOLS, ToolOptions
from resources.materials import materials

# Options with another name in the settings.
NAMES = {"size": "brush_size"}


def stored_options(settings: Settings) -> ToolOptions:
    """Read the tool options from the settings, with defaults for invalid values."""
    stored = {field.name: getattr(settings, _name(field.name)) for field in fields(ToolOptions)}
    choices: dict[str, Container[str]] = {
        "tool": TOOLS,
        "brush": BRUSH_SHAPES,
        "comb": COMBS,
        "select": ("replace", "add", "subtract"),
    }
    for name, possible in choices.items():
        if stored[name] not in possible:
            stored[name] = getattr(ToolOptions, name)
    for name in ("material", "other"):
        stored[name] = min(stored[name], len(materials()) - 1)
    return ToolOptions(**stored)


def store_options(settings: Settings, options: ToolOptions) -> None:
    """Write the tool options to the settings."""
    for field in fields(ToolOptions):
        setattr(settings, _name(field.name), getattr(options, field.name))


def _name(option: str) -> str:
    return NAMES.get(option, option)
