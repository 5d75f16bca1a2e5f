"""Translate texts on screen with `tr`.

Translations are in `resources/translations/<language>.toml`, a table of English = other. Texts that
are declared in tables, such as names of tools, materials, settings, menus and tips, are declared in
English and translated where they are shown.
"""

import tomllib

import resources

LANGUAGES = {"en": "English", "de": "Deutsch"}

_texts: dict[str, str] = {}


def tr(text: str, **values: object) -> str:
    """Return the text in the user's language, with each `{name}` replaced by that value."""
    translated = _texts.get(text, text)
    return translated.format(**values) if values else translated


def is_english() -> bool:
    """Return whether texts are shown as they are written in the program."""
    return not _texts


def speak(language: str) -> None:
    """Set the language of `tr`; English if there is no such translation."""
    _texts.clear()
    _texts.update(translations(language))


def translations(language: str) -> dict[str, str]:
    """Read the table of a language; empty for English and unknown languages."""
    if language == "en" or language not in LANGUAGES:
        return {}
    with resources.path(f"translations/{language}.toml").open("rb") as file:
        return dict(tomllib.load(file))
