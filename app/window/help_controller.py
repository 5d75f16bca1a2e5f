"""Help > Guide and Help > Tutorial."""

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QObject, QUrl
from PySide6.QtGui import QDesktopServices

from app.editing.session import Session
from app.platform.guide import guide, guide_exists
from app.platform.translation import tr
from app.services.background_task import BackgroundTask
from app.widgets.actions import Actions
from app.widgets.message_bar import MessageBar
from app.window.tutorial import Tutorial


class HelpController(QObject):
    """Opens the guide in the system's browser and starts the tutorial."""

    def __init__(
        self, session: Session, tutorial: Tutorial, actions: Actions, messages: MessageBar
    ) -> None:
        super().__init__(session)
        self._tutorial, self._messages = tutorial, messages
        self._task: BackgroundTask | None = None
        actions["guide"].setVisible(guide_exists())
        actions["tutorial"].setEnabled(False)  # it needs a style, which the engine lists
        session.styles_changed.connect(lambda _: actions["tutorial"].setEnabled(True))

    def handlers(self) -> dict[str, Callable[[], object]]:
        """Return the handlers of the actions, by action id."""
        return {"guide": self.open_guide, "tutorial": self._tutorial.ask}

    def open_guide(self) -> None:
        """Show the guide's first page in the browser; it may have to be written first."""
        self.stop()
        self._task = BackgroundTask(_written, self)
        self._task.done.connect(self._show)
        self._task.failed.connect(self._messages.warn)
        self._task.start()

    def stop(self) -> None:
        """Wait until the guide is written."""
        if self._task is not None:
            self._task.wait()

    def _show(self, page: Path | str) -> None:
        if isinstance(page, str):
            self._messages.warn(page)
        elif not QDesktopServices.openUrl(QUrl.fromLocalFile(str(page))):
            self._messages.warn(tr("No browser was found. The guide is {page}.", page=page))


def _written() -> Path | str:
    """Return the guide's first page, or a sentence about why there is none."""
    try:
        return guide()
    except OSError as error:
        return tr("The guide cannot be written: {error}", error=error)
