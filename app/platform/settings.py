"""All settings: key, default, range and presentation in the preferences.

They are stored in QSettings, with their version under `settings/version`. The functions in
`UPGRADES` convert settings of older versions.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Generic, TypeVar, overload

from PySide6.QtCore import QByteArray, QSettings

T = TypeVar("T", int, float, bool, str, QByteArray)

VERSION = 2
VERSION_KEY = "settings/version"

PAGES = ("Look", "Paint", "Engine", "Documents")


@dataclass(frozen=True)
class Shown:
    """How the preferences show a setting: page, label and help text.

    `choices`: the values and their labels; `zero`: the label of 0; `unit`: the unit of a number;
    `later`: a change takes effect at the next start; `curve`: the value is a pen pressure curve.
    """

    page: str
    label: str
    help: str
    choices: tuple[tuple[str, str], ...] = ()
    unit: str = ""
    zero: str = ""
    later: bool = False
    curve: bool = False


class Setting(Generic[T]):
    """Descriptor of one setting.

    A missing or damaged value reads as the default; a value out of range is clamped. `private`: the
    value is left out of reports.
    """

    def __init__(
        self,
        key: str,
        default: T,
        lowest: T | None = None,
        highest: T | None = None,
        shown: Shown | None = None,
        private: bool = False,
    ) -> None:
        self.key = key
        self.default: T = default
        self.lowest: T | None = lowest
        self.highest: T | None = highest
        self.shown = shown
        self.private = private
        self.name = ""

    def __set_name__(self, owner: type, name: str) -> None:
        self.name = name

    @overload
    def __get__(self, owner: None, kind: type) -> "Setting[T]": ...
    @overload
    def __get__(self, owner: "Settings", kind: type) -> T: ...
    def __get__(self, owner: "Settings | None", kind: type) -> "Setting[T] | T":
        if owner is None:
            return self
        return self._limited(self._parsed(owner.store.value(self.key)))

    def __set__(self, owner: "Settings", value: T) -> None:
        owner.store.setValue(self.key, self._limited(value))

    def _parsed(self, stored: Any) -> T:
        kind = type(self.default)
        if stored is None:
            return self.default
        try:
            # An INI file returns booleans as text.
            return kind(stored != "false" and bool(stored)) if kind is bool else kind(stored)
        except (TypeError, ValueError):
            return self.default

    def _limited(self, value: T) -> T:
        if self.lowest is not None and value < self.lowest:
            return self.lowest
        if self.highest is not None and value > self.highest:
            return self.highest
        choices = [choice for choice, _ in self.shown.choices] if self.shown is not None else []
        return value if not choices or value in choices else self.default


class Settings:
    """All stored settings, to be read and assigned like attributes."""

    tool = Setting("paint/tool", "brush")
    material = Setting("paint/material", 4, 0, 254)
    brush_size = Setting("paint/size", 48, 1, 2048)
    smoothing = Setting("paint/smoothing", 0.3, 0.0, 1.0)
    rope = Setting("paint/rope", False)
    follow = Setting("paint/follow", True)
    comb = Setting("paint/comb", "comb")
    strength = Setting("paint/strength", 1.0, 0.0, 1.0)
    pressure = Setting("paint/pressure", True)
    gamma = Setting("paint/pressure_gamma", 1.0, 0.25, 4.0)
    other = Setting("paint/other_material", 6, 0, 254)
    brush = Setting("paint/brush", "round")
    spacing = Setting("paint/spacing", 0.0, 0.0, 2.0)
    jitter = Setting("paint/jitter", 0.0, 0.0, 1.0)
    filled = Setting("paint/filled", True)
    connected = Setting("paint/connected", True)
    select = Setting("paint/select", "replace")
    step = Setting("paint/select_step", 8, 1, 256)
    style = Setting("paint/style", "starry-night")
    favourites = Setting("paint/favourites", "")
    style_order = Setting("paint/style_order", "")
    seed = Setting("paint/seed", 1, 0, 2**31 - 1)
    refine_quality = Setting("refine/quality", "good")
    refine_strength = Setting("refine/strength", 1.0, 0.0, 1.0)
    refine_detail = Setting("refine/detail", 0.5, 0.0, 1.0)
    refine_content = Setting("refine/content", 0.5, 0.0, 1.0)
    refine_strokes = Setting("refine/strokes", "normal")
    refine_selected_only = Setting("refine/selected_only", True)
    refine_device = Setting("refine/device", "auto")
    canvas_width = Setting("canvas/width", 1024, 16, 8192)
    canvas_height = Setting("canvas/height", 768, 16, 8192)
    view_mode = Setting("view/mode", "side")
    overlay_opacity = Setting("view/overlay_opacity", 0.6, 0.0, 1.0)
    borders = Setting("view/borders", False)
    export_folder = Setting("export/folder", "", private=True)
    export_format = Setting("export/format", "png")
    export_bits = Setting("export/bits", 8, 8, 16)
    export_quality = Setting("export/quality", 92, 1, 100)
    export_camera = Setting("export/camera", False)
    import_folder = Setting("import/folder", "", private=True)
    underlay_opacity = Setting("view/underlay_opacity", 0.5, 0.0, 1.0)
    folder = Setting("files/folder", "", private=True)
    recent_files = Setting("files/recent", "[]", private=True)
    geometry = Setting("window/geometry", QByteArray(), private=True)
    layout = Setting("window/layout", QByteArray(), private=True)
    tips_seen = Setting("window/tips_seen", "")

    theme = Setting(
        "look/theme", "dark",
        shown=Shown(
            "Look", "Theme", "Colours of the user interface.",
            (("system", "Follow system"), ("light", "Light"), ("dark", "Dark")),
        ),
    )  # fmt: skip
    language = Setting(
        "look/language", "system",
        shown=Shown(
            "Look", "Language", "Language of menus, tips and messages.",
            (("system", "Follow system"), ("en", "English"), ("de", "Deutsch")), later=True,
        ),
    )  # fmt: skip
    swatch_letters = Setting(
        "look/swatch_letters", False,
        shown=Shown(
            "Look", "Letters on the materials",
            "Show each material's letter on its swatch, as an aid for colour blindness.",
        ),
    )  # fmt: skip
    doodle_letters = Setting(
        "look/doodle_letters", False,
        shown=Shown("Look", "Letters on the doodle", "Show the same letters on the doodle."),
    )  # fmt: skip
    tips = Setting(
        "look/tips", True,
        shown=Shown("Look", "Tips", "Show tips for beginners, each only once."),
    )  # fmt: skip
    pen_curve = Setting(
        "paint/pen_curve", "0 0, 1 1",
        shown=Shown(
            "Paint", "Pen pressure",
            "Above the dotted line light pressure paints wide strokes; below it, firm pressure.",
            curve=True,
        ),
    )  # fmt: skip
    paint_with = Setting(
        "paint/with", "strokes",
        shown=Shown(
            "Paint", "Paint with",
            "Strokes replace the network's picture when the pen rests. "
            "They need a style with a painting.",
            (("strokes", "Strokes (automatic)"), ("network", "Network only")),
        ),
    )  # fmt: skip
    preview_pace = Setting(
        "paint/preview", "live",
        shown=Shown(
            "Paint", "Live preview",
            "On a slow computer the brush is smoother if the preview waits for the stroke's end.",
            (("live", "While the brush moves"), ("stroke", "After each stroke")),
        ),
    )  # fmt: skip
    device = Setting(
        "engine/device", "auto",
        shown=Shown(
            "Engine", "Device", "Device that computes the live preview.",
            (("auto", "Automatic"), ("cuda", "GPU"), ("cpu", "CPU")),
        ),
    )  # fmt: skip
    precision = Setting(
        "engine/precision", "auto",
        shown=Shown(
            "Engine", "Precision",
            "Automatic uses the faster one on this computer. bf16 is less exact.",
            (("auto", "Automatic"), ("fp32", "fp32, exact"), ("bf16", "bf16, rounded")),
        ),
    )  # fmt: skip
    threads = Setting(
        "engine/threads", 0, 0, 128,
        shown=Shown(
            "Engine", "CPU threads", "Fewer threads leave more CPU time for other programs.",
            zero="Automatic",
        ),
    )  # fmt: skip
    autosave = Setting(
        "files/autosave", True,
        shown=Shown(
            "Documents", "Autosave", "Save every stroke for recovery after a crash.",
        ),
    )  # fmt: skip
    undo_megabytes = Setting(
        "document/undo_megabytes", 256, 1, 4096,
        shown=Shown(
            "Documents", "Memory for undo", "More memory keeps more undo steps.",
            unit="MB",
        ),
    )  # fmt: skip

    def __init__(self, store: QSettings | None = None) -> None:
        self.store = store if store is not None else QSettings("Daub", "Daub")
        upgrade(self.store)


def declared() -> tuple[Setting[Any], ...]:
    """Return all settings in the order of their declaration."""
    return tuple(entry for entry in vars(Settings).values() if isinstance(entry, Setting))


def preferences(page: str) -> tuple[Setting[Any], ...]:
    """Return the settings on a page of the preferences."""
    return tuple(s for s in declared() if s.shown is not None and s.shown.page == page)


def upgrade(store: QSettings) -> None:
    """Convert settings of an older version; those of a newer version are not changed."""
    stored = str(store.value(VERSION_KEY, 1))
    version = max(1, int(stored)) if stored.isdecimal() else 1
    for old in range(version, VERSION):
        UPGRADES[old](store)
    if version < VERSION:
        store.setValue(VERSION_KEY, VERSION)


def _undo_belongs_to_documents(store: QSettings) -> None:
    if store.contains("undo/megabytes"):
        store.setValue("document/undo_megabytes", store.value("undo/megabytes"))
        store.remove("undo")


UPGRADES: dict[int, Callable[[QSettings], None]] = {1: _undo_belongs_to_documents}
"""Functions that convert from a version to the next one, by version."""
