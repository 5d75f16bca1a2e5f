"""Make ``docs/keys.md``, the list of keys and gestures, from the tables that the window uses."""

from itertools import groupby

from app.widgets.shortcuts_sheet import KeyEntry
from app.window.shortcuts import GESTURES_GROUP, PORTABLE, key_entries

HEAD = """\
# Keys and gestures

The same list is in the window, with a search: F1. On a Mac, Ctrl is the command key.
"""
FOOT = "`./daub docs` generates this page from the tables that the window uses."


def keys_page() -> str:
    """Return the page as Markdown, in English."""
    groups = groupby(_in_groups(key_entries(PORTABLE)), key=lambda entry: entry.group)
    return "\n".join([HEAD, *(_table(group, list(entries)) for group, entries in groups), FOOT, ""])


def _in_groups(entries: list[KeyEntry]) -> list[KeyEntry]:
    """Sort entries by group; groups and entries keep their order."""
    order = list(dict.fromkeys(entry.group for entry in entries))
    return sorted(entries, key=lambda entry: order.index(entry.group))


def _table(group: str, entries: list[KeyEntry]) -> str:
    lines = [f"| {entry.text} | {_keys(entry)} |" for entry in entries]
    return "\n".join([f"## {group}", "", "| what | keys |", "| --- | --- |", *lines, ""])


def _keys(entry: KeyEntry) -> str:
    if entry.group == GESTURES_GROUP:
        return entry.keys
    return " or ".join(f"<kbd>{keys}</kbd>" for keys in entry.keys.split(", "))
