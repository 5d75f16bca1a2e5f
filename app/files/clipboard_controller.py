"""Copy the painting or the doodle to the clipboard, and paste from it."""

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
    """Contents for the clipboard: a picture, a message and, if copied, the packed doodle."""

    image: QImage
    told: str
    doodle: bytes | None = None


class ClipboardController(QObject):
    """Prepares clipboard contents on a thread.

    `pasted` is emitted when the clipboard's contents shall be pasted.
    """

    pasted = Signal()

    def __init__(self, session: Session, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._copying: list[BackgroundTask] = []
        self._pasting = False

    def handlers(self) -> dict[str, Callable[[], object]]:
        """Return the action handlers by action id."""
        return {
            "copy": self.copy_painting, "copy.doodle": self.copy_doodle, "paste": self.paste,
        }  # fmt: skip

    def stop(self) -> None:
        """Wait for copies in progress, before the window closes."""
        for task in self._copying:
            task.wait()

    def copy_painting(self) -> None:
        """Copy the painting, or the bounding box of the selection, to the clipboard."""
        document = self._session.document
        box, painting = working_box(document), document.painting_snapshot()
        told = tr("Copied the painting, {size} pixels.", size=f"{box.width} × {box.height}")
        self._copy(lambda: _Copied(clipboard.image_of(painting.read(box)), told))

    def copy_doodle(self) -> None:
        """Copy the doodle, or its selected part, to the clipboard as materials and a picture."""
        document = self._session.document
        doodle, selection = document.labels.snapshot(), document.selection

        def make() -> _Copied:
            clip = ClipboardDoodle.of(doodle, selection)
            told = tr("Copied {count} pixels of the doodle.", count=clip.count)
            return _Copied(clipboard.image_of(in_colours(clip.labels)), told, clip.packed())

        self._copy(make)

    def _copy(self, make: Callable[[], "_Copied"]) -> None:
        """Call `make` on a thread and put its result on the clipboard."""
        task = BackgroundTask(make, self)
        task.done.connect(self._on_copied)
        task.failed.connect(self._session.problem)
        for end in (task.done, task.failed):
            end.connect(lambda _: self._remove(task))
        self._copying.append(task)
        task.start()

    def _on_copied(self, copied: "_Copied") -> None:
        QGuiApplication.clipboard().setMimeData(clipboard.mime_of(copied.image, copied.doodle))
        self._session.said.emit(copied.told)

    def _remove(self, task: BackgroundTask) -> None:
        task.wait()
        self._copying.remove(task)
        task.deleteLater()
        if self._pasting and not self._copying:
            self._pasting = False
            self.paste()

    def paste(self) -> None:
        """Emit `pasted`, after copies in progress have ended."""
        if self._copying:
            self._pasting = True  # the user means the copy in progress
        else:
            self.pasted.emit()
