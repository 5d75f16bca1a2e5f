"""A fake studio that has the user's real styles besides its own."""

from pathlib import Path
from typing import Any

import tomli_w

from engine.studio import EngineError, Studio, StyleInfo
from tests.conftest import pack_entries, write_pack
from tests.support import fakes
from tests.support.fakes import FakeStudio

PASSED_ON = (
    "export_style", "read_archive", "clash", "import_style", "duplicate_style", "rename_style",
    "own_folder", "set_style_aside", "removed",
)  # fmt: skip


class StyleStudio(FakeStudio):
    """Paints flat colours, but imports, exports and changes the packs in the user's folder."""

    def __init__(self, starter: Path | None) -> None:
        super().__init__(starter)
        self.real = Studio("cpu")

    def __getattr__(self, name: str) -> Any:
        if name not in PASSED_ON:
            raise AttributeError(name)
        self._check_thread()
        return getattr(self.real, name)

    def styles(self) -> list[StyleInfo]:
        own = [info for info in self.real.styles() if info.own]
        for info in own:
            fakes.TINTS.setdefault(info.id, 160)
        return [*own, *super().styles()]

    def load_style(self, style_id: str) -> StyleInfo:
        if style_id not in [info.id for info in self.styles()]:
            raise EngineError(f"There is no style {style_id}.")
        return super().load_style(style_id)


def doodle_style(folder: Path, title: str) -> Path:
    """A pack of the user whose network paints doodles."""
    write_pack(folder)
    weights = (folder / "generator.safetensors").read_bytes()
    entries = pack_entries(folder, weights) | {"title": title}
    (folder / "style.toml").write_text(tomli_w.dumps(entries))
    return folder
