"""Every setting, declared once: key, default, range, and how the preferences show it.

Kept in QSettings under `settings/version`; what an older Daub wrote is brought up to date by the
functions in `UPGRADES`.
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
    """How the preferences show a setting: on which page, in which words.

    `choices` are values with their words, `zero` the word for 0, `unit` what is counted. `later`:
    it counts from the next start. `curve`: the value is a pen's curve.
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
    """One setting. A missing or damaged value reads as the default, one out of range is bent."""

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
        return self._bent(self._parsed(owner.store.value(self.key)))

    def __set__(self, owner: "Settings", value: T) -> None:
        owner.store.setValue(self.key, self._bent(value))

    def _parsed(self, stored: Any) -> T:
        kind = type(self.default)
        if stored is None:
            return self.default
        try:
            # An INI file gives booleans back as text.
            return kind(stored != "false" and bool(stored)) if kind is bool else kind(stored)
        except (TypeError, ValueError):
            return self.default

    def _bent(self, value: T) -> T:
        if self.lowest is not None and value < self.lowest:
            return self.lowest
        if self.highest is not None and value > self.highest:
            return self.highest
        choices = [choice for choice, _ in self.shown.choices] if self.shown is not None else []
        return value if not choices or value in choices else self.default


class Settings:
    """What Daub remembers between two starts. Read and assigned like attributes."""

    tool = Setting("paint/tool", "brush")
    material = Setting("paint/material", 4, 0, 254)
    brush_size = Setting("paint/size", 48, 1, 512)
    smoothing = Setting("paint/smoothing", 0.3, 0.0, 1.0)
    rope = Setting("paint/rope", False)
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
            "Look", "Theme", "The colours of the window; the doodle and the painting keep theirs.",
            (("system", "As the system"), ("light", "Light"), ("dark", "Dark")),
        ),
    )  # fmt: skip
    language = Setting(
        "look/language", "system",
        shown=Shown(
            "Look", "Language", "The language of menus, tips and messages.",
            (("system", "As the system"), ("en", "English"), ("de", "Deutsch")), later=True,
        ),
    )  # fmt: skip
    swatch_letters = Setting(
        "look/swatch_letters", False,
        shown=Shown(
            "Look", "Letters on the materials",
            "Each material's letter on its swatch, for eyes that see some colours alike.",
        ),
    )  # fmt: skip
    doodle_letters = Setting(
        "look/doodle_letters", False,
        shown=Shown("Look", "Letters on the doodle", "The same letters on the doodle's areas."),
    )  # fmt: skip
    tips = Setting(
        "look/tips", True,
        shown=Shown("Look", "Tips", "A few hints in the first sessions, each shown only once."),
    )  # fmt: skip
    pen_curve = Setting(
        "paint/pen_curve", "0 0, 1 1",
        shown=Shown(
            "Paint", "Pen pressure",
            "Above the dotted line a light touch makes a wide stroke; below it takes a firm one.",
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
            "On a slow computer the brush is steadier when the painting follows after each stroke.",
            (("live", "While the brush moves"), ("stroke", "After each stroke")),
        ),
    )  # fmt: skip
    device = Setting(
        "engine/device", "auto",
        shown=Shown(
            "Engine", "Device", "What paints the live preview.",
            (("auto", "Automatic"), ("cuda", "GPU"), ("cpu", "CPU")),
        ),
    )  # fmt: skip
    precision = Setting(
        "engine/precision", "auto",
        shown=Shown(
            "Engine", "Precision",
            "Automatic is whichever this computer was measured to be faster in; bf16 rounds more.",
            (("auto", "Automatic"), ("fp32", "fp32, exact"), ("bf16", "bf16, rounded")),
        ),
    )  # fmt: skip
    threads = Setting(
        "engine/threads", 0, 0, 128,
        shown=Shown(
            "Engine", "Processor threads", "Fewer leave more of the processor to other programs.",
            zero="Automatic",
        ),
    )  # fmt: skip
    autosave = Setting(
        "files/autosave", True,
        shown=Shown(
            "Documents", "Autosave", "Every stroke is kept on disk, so that a crash loses nothing.",
        ),
    )  # fmt: skip
    undo_megabytes = Setting(
        "document/undo_megabytes", 256, 1, 4096,
        shown=Shown(
            "Documents", "Memory for undo", "More memory keeps more steps that can be taken back.",
            unit="MB",
        ),
    )  # fmt: skip

    def __init__(self, store: QSettings | None = None) -> None:
        self.store = store if store is not None else QSettings("Daub", "Daub")
        upgrade(self.store)


def declared() -> tuple[Setting[Any], ...]:
    """All settings in the order of their declaration."""
    return tuple(entry for entry in vars(Settings).values() if isinstance(entry, Setting))


def preferences(page: str) -> tuple[Setting[Any], ...]:
    """The settings that a page of the preferences shows."""
    return tuple(s for s in declared() if s.shown is not None and s.shown.page == page)


def upgrade(store: QSettings) -> None:
    """Bring what an older Daub wrote up to date; what a newer one wrote is left alone."""
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
"""From a version to the next one."""
