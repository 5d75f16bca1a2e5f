"""The painter's language: every text on screen goes through `tr`.

Translations are `resources/translations/<language>.toml`, one table of English = other. What is
declared once and shown later - names of tools, materials and settings, menus and tips - is declared
in English and translated where it is shown.
"""

import tomllib

import resources

LANGUAGES = {"en": "English", "de": "Deutsch"}

_spoken: dict[str, str] = {}


def tr(text: str, **values: object) -> str:
    """The text in the painter's language, with `{name}` replaced by values given as names."""
    spoken = _spoken.get(text, text)
    return spoken.format(**values) if values else spoken


def is_english() -> bool:
    """Return whether texts are shown as they are written in the program."""
    return not _spoken


def speak(language: str) -> None:
    """Use this language from now on; English when there is no such translation."""
    _spoken.clear()
    _spoken.update(translations(language))


def translations(language: str) -> dict[str, str]:
    """English = translation; empty for English and for what nobody has translated."""
    if language == "en" or language not in LANGUAGES:
        return {}
    with resources.path(f"translations/{language}.toml").open("rb") as file:
        return dict(tomllib.load(file))
