"""The entries of the shortcuts dialog: keys and gestures."""

from PySide6.QtGui import QKeySequence

from app.platform.translation import tr
from app.widgets.actions import MENUS, SPECS, ActionSpec, plain
from app.widgets.palette import shortcut_of
from app.widgets.shortcuts_sheet import KeyEntry
from resources.materials import materials, photo_materials

GESTURES_GROUP = "Gestures"
GESTURES = (
    ("Paint", "Left button or pen"),
    ("Erase", "Eraser end of the pen"),
    ("Pick the material under the pointer", "Alt + click"),
    ("Choose material and brush size", "Right click on the canvas"),
    ("Move the selection", "Ctrl + drag"),
    ("Move a copy of the selection", "Ctrl + Alt + drag"),
    ("Use a material as the background", "Right click in the palette"),
    ("Move the canvas", "Space + drag"),
    ("Move the canvas", "Middle button"),
    ("Move the canvas", "Two fingers on the touchpad"),
    ("Rotate the view", "Shift + Space + drag"),
    ("Rotate the view", "Twist on the touchpad"),
    ("Zoom", "Wheel"),
    ("Zoom", "Pinch on the touchpad"),
)
OTHER_KEYS = (("More brush options", "F5"),)
"""Keys of single widgets, which have no action in the window."""


NATIVE, PORTABLE = QKeySequence.SequenceFormat.NativeText, QKeySequence.SequenceFormat.PortableText


def key_entries(form: QKeySequence.SequenceFormat = NATIVE) -> list[KeyEntry]:
    """Return all keys in menu order, then the keys of the materials, then the gestures.

    ``form``: how keys are written, as on this system or `PORTABLE` (the same on every system).
    """
    specs = {spec.id: spec for spec in SPECS}
    entries = [
        _entry(title, specs.pop(action_id), form)
        for title, ids in MENUS.items()
        for action_id in ids
        if action_id in specs
    ]
    entries += [_entry("Other keys", spec, form) for spec in specs.values()]
    entries += [
        KeyEntry(tr("Other keys"), tr(text), _written(keys, form)) for text, keys in OTHER_KEYS
    ]
    entries += [
        KeyEntry(tr("Materials"), tr(material.name), _written(shortcut_of(material.id), form))
        for material in (*materials(), *photo_materials())
    ]
    gestures = [KeyEntry(tr(GESTURES_GROUP), tr(text), tr(how)) for text, how in GESTURES]
    return [entry for entry in entries if entry.keys] + gestures


def _entry(title: str, spec: ActionSpec, form: QKeySequence.SequenceFormat) -> KeyEntry:
    keys = ", ".join(_written(keys, form) for keys in spec.shortcuts)
    return KeyEntry(plain(tr(title)), plain(tr(spec.text)), keys)


def _written(keys: str, form: QKeySequence.SequenceFormat) -> str:
    return QKeySequence(keys).toString(form)
