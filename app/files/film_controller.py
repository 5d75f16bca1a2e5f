"""Ask for the options of a film, start it and show its progress."""

from collections.abc import Callable

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QMainWindow

from app.document.document import PaintingSnapshot
from app.document.document_state import DocumentState
from app.document.film import SUFFIXES, FilmOptions, states_by_frame
from app.editing.past_states import StateCollector, past_states
from app.editing.session import Session
from app.files.document_file import DocumentFile
from app.files.export_controller import export_folder
from app.platform.translation import tr
from app.services.film import FilmService
from app.widgets.export_dialog import unused
from app.widgets.film_dialog import FilmDialog
from app.widgets.job_progress import JobProgress
from app.widgets.message_bar import MessageBar


class FilmController(QObject):
    """Connects the film service with its dialog and its progress in the status bar."""

    def __init__(
        self, window: QMainWindow, session: Session, file: DocumentFile, messages: MessageBar
    ) -> None:
        super().__init__(window)
        self._window, self._session, self._messages = window, session, messages
        self._file = file
        self._wish: tuple[PaintingSnapshot, FilmOptions] | None = None
        self._collector: StateCollector | None = None
        self.dialog: FilmDialog | None = None
        self.progress = JobProgress(
            tr("Film"), tr("Stop the film"), tr("Stop the film; no file remains")
        )
        films = session.films
        films.started.connect(
            lambda path: self.progress.begin(tr("Exporting {name}", name=path.name))
        )
        films.progressed.connect(self.progress.set_progress)
        films.ended.connect(self.progress.hide)
        self.progress.stopped.connect(films.cancel)

    def handlers(self) -> dict[str, Callable[[], object]]:
        """Return the action handlers by action id."""
        return {"film": self.ask_film}

    @property
    def service(self) -> FilmService:
        """What writes the film."""
        return self._session.films

    @property
    def busy(self) -> bool:
        """Whether a film is being prepared or written."""
        return self._collector is not None or self._session.films.busy

    def stop(self) -> None:
        """Begin no film any more, because the window closes."""
        if self._collector is not None:
            self._collector.deleteLater()
            self._collector = None

    def ask_film(self) -> None:
        """Show the dialog and, if it is accepted, start the film."""
        session = self._session
        if self.busy:
            self._messages.warn(tr("A film is already being exported. Stop it or wait."))
            return
        if session.style is None:
            self._messages.warn(tr("There is no painting to export yet."))
            return
        self.close()
        history = session.history
        dialog = self.dialog = FilmDialog(
            history.at, history.forgotten, self._defaults(), self._window
        )
        dialog.accepted.connect(lambda: self._collect(dialog.answer()))
        dialog.finished.connect(self._forget)
        dialog.open()

    def close(self) -> None:
        """Close the dialog, because another document or dialog replaces it."""
        if self.dialog is not None:
            self.dialog.reject()

    def _forget(self) -> None:
        if self.dialog is not None:
            self.dialog.deleteLater()
            self.dialog = None

    def _defaults(self) -> FilmOptions:
        session, path = self._session, self._file.path
        name = path.stem if path is not None else session.document.style_id
        suffixes = tuple(SUFFIXES.values())
        wanted = session.settings.film_format
        suffix = wanted if wanted in suffixes else suffixes[0]
        return FilmOptions(
            unused(export_folder(session.settings) / f"{name}{suffix}"),
            session.settings.film_size,
            session.settings.film_seconds,
            session.settings.film_layout,
        )

    def _collect(self, options: FilmOptions) -> None:
        """Collect the states, without blocking; the film begins afterwards."""
        session = self._session
        session.tool_controller.end()
        session.settle()
        settings = session.settings
        settings.film_format, settings.film_size = options.path.suffix.lower(), options.longest
        settings.film_seconds, settings.film_layout = options.seconds, options.layout
        settings.export_folder = str(options.path.parent)
        # Now, as the user may paint or open another document meanwhile.
        self._wish = session.document.painting_snapshot(), options
        steps = session.history.done
        shown = states_by_frame(len(steps) + 1, options.seconds)
        wanted = {len(steps) - number for number in shown}
        states = past_states(session.document.state(), steps)
        self._collector = StateCollector(states, wanted, self)
        self._collector.collected.connect(self._begin)

    def _begin(self, states: list[DocumentState]) -> None:
        session = self._session
        if self._collector is None or self._wish is None:  # the window has closed
            return
        self.stop()
        styles, strokes = list(session.styles.values()), session.strokes.enabled
        (seen, options), self._wish = self._wish, None
        session.films.begin(states, seen, options, styles, strokes)
