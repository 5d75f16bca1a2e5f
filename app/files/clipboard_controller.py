"""Copy the painting or the doodle to the clipboard, and ask for what is there."""

from collections.abc import Callable
from dataclasses import dataclass

from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QGuiApplication, QImage

from app.document.clipboard_doodle import ClipboardDoodle, working_box
from app.editing.session import Session
from app.platform.translation import tr
from app.services.background_task import BackgroundTask
from app.widgets import clipboard
from resources.materials import in_colours


@dataclass(frozen=True, eq=False)
class _Copied:
    """What goes on the clipboard: a picture, and what it holds of the doodle, packed."""

    image: QImage
    told: str
    doodle: bytes | None = None


class ClipboardController(QObject):
    """Has a thread make what goes on the clipboard. `pasted`: take in what is there now."""

    pasted = Signal()

    def __init__(self, session: Session, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._copying: list[BackgroundTask] = []
        self._pasting = False

    def handlers(self) -> dict[str, Callable[[], object]]:
        """What the actions do, by id."""
        return {
            "copy": self.copy_painting, "copy.doodle": self.copy_doodle, "paste": self.paste,
        }  # fmt: skip

    def stop(self) -> None:
        """Finish what is being copied: the window closes."""
        for chore in self._copying:
            chore.wait()

    def copy_painting(self) -> None:
        """Put the painting, or the box of what is selected, on the clipboard."""
        document = self._session.document
        box, painting = working_box(document), document.painting_snapshot()
        told = tr("Copied the painting, {size} pixels.", size=f"{box.width} × {box.height}")
        self._copy(lambda: _Copied(clipboard.image_of(painting.read(box)), told))

    def copy_doodle(self) -> None:
        """Put the doodle, or the selected part, on the clipboard: materials and colours."""
        document = self._session.document
        doodle, selection = document.labels.snapshot(), document.selection

        def make() -> _Copied:
            clip = ClipboardDoodle.of(doodle, selection)
            told = tr("Copied {count} pixels of the doodle.", count=clip.count)
            return _Copied(clipboard.image_of(in_colours(clip.labels)), told, clip.packed())

        self._copy(make)

    def _copy(self, make: Callable[[], "_Copied"]) -> None:
        """Have a thread make what goes on the clipboard then."""
        chore = BackgroundTask(make, self)
        chore.done.connect(self._on_copied)
        chore.failed.connect(self._session.problem)
        for end in (chore.done, chore.failed):
            end.connect(lambda _: self._let_go(chore))
        self._copying.append(chore)
        chore.start()

    def _on_copied(self, copied: "_Copied") -> None:
        QGuiApplication.clipboard().setMimeData(clipboard.mime_of(copied.image, copied.doodle))
        self._session.said.emit(copied.told)

    def _let_go(self, chore: BackgroundTask) -> None:
        chore.wait()
        self._copying.remove(chore)
        chore.deleteLater()
        if self._pasting and not self._copying:
            self._pasting = False
            self.paste()

    def paste(self) -> None:
        """Have what the clipboard holds taken in, once it is there."""
        if self._copying:
            self._pasting = True  # what is on its way to the clipboard is meant
        else:
            self.pasted.emit()
