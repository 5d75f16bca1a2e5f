"""Every setting, declared once: its key, default and range. Kept in QSettings."""

from typing import Any, Generic, TypeVar, overload

from PySide6.QtCore import QByteArray, QSettings

T = TypeVar("T", int, float, bool, str, QByteArray)


class Setting(Generic[T]):
    """One setting. A missing or damaged value reads as the default, one out of range is bent."""

    def __init__(
        self, key: str, default: T, lowest: T | None = None, highest: T | None = None
    ) -> None:
        self.key = key
        self.default: T = default
        self._lowest: T | None = lowest
        self._highest: T | None = highest

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
        if self._lowest is not None and value < self._lowest:
            return self._lowest
        if self._highest is not None and value > self._highest:
            return self._highest
        return value


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
    refine_strokes = Setting("refine/strokes", "normal")
    refine_selected_only = Setting("refine/selected_only", True)
    refine_device = Setting("refine/device", "auto")
    canvas_width = Setting("canvas/width", 1024, 16, 8192)
    canvas_height = Setting("canvas/height", 768, 16, 8192)
    view_mode = Setting("view/mode", "side")
    overlay_opacity = Setting("view/overlay_opacity", 0.6, 0.0, 1.0)
    export_folder = Setting("export/folder", "")
    export_format = Setting("export/format", "png")
    export_bits = Setting("export/bits", 8, 8, 16)
    export_quality = Setting("export/quality", 92, 1, 100)
    import_folder = Setting("import/folder", "")
    underlay_opacity = Setting("view/underlay_opacity", 0.5, 0.0, 1.0)
    autosave = Setting("files/autosave", True)
    folder = Setting("files/folder", "")
    recent_files = Setting("files/recent", "[]")
    undo_megabytes = Setting("undo/megabytes", 256, 1, 4096)
    geometry = Setting("window/geometry", QByteArray())
    layout = Setting("window/layout", QByteArray())

    def __init__(self, store: QSettings | None = None) -> None:
        self.store = store if store is not None else QSettings("Daub", "Daub")
