"""Teach the user's styles their networks: connects the service, its dialog and the gallery."""

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QMainWindow

from app.editing.session import Session
from app.platform.time_left import left_in_words
from app.platform.translation import tr
from app.services.preview import StyleInfo
from app.services.teaching import (
    TeachingPictures,
    TeachingService,
    TeachingState,
    can_be_taught,
)
from app.widgets.gallery import Gallery
from app.widgets.job_progress import JobProgress, set_button
from app.widgets.message_bar import MessageBar
from app.widgets.teaching_dialog import TeachingDialog


class TeachingController(QObject):
    """Shows how far a style's network is, and puts it into the style when it is ready."""

    def __init__(
        self, window: QMainWindow, session: Session, gallery: Gallery, messages: MessageBar
    ) -> None:
        super().__init__(window)
        self._window, self._session = window, session
        self._gallery, self._messages = gallery, messages
        self.service = TeachingService(self)
        self.progress = JobProgress(
            tr("Teaching the network"), tr("Cancel teaching"),
            tr("Stop, and leave the style as it is"),
        )  # fmt: skip
        self.show_button = self.progress.add_button("gallery", tr("Show what it has learned"))
        self.pause_button = self.progress.add_button("pause", tr("Pause"))
        self.dialog: TeachingDialog | None = None
        self._pictures = TeachingPictures()
        self._ready: set[str] = set()
        self._searches = False
        self._connect()

    def _connect(self) -> None:
        service, files = self.service, self._session.style_files
        self.show_button.clicked.connect(self._open_dialog)
        self.pause_button.clicked.connect(self._toggle_pause)
        self.progress.stopped.connect(self._ask_cancel)
        service.changed.connect(self._show)
        service.pictured.connect(self._on_pictures)
        service.learned.connect(files.take_network)
        service.problem.connect(self._messages.warn)
        files.taught.connect(self._on_taught)
        files.refused.connect(self._on_refused)
        files.imported.connect(self._on_imported)
        self._session.styles_changed.connect(lambda _styles: self._on_styles())

    def teach(self, style_id: str) -> None:
        """Teach one of the user's styles, and show how far it is."""
        style, state = self._session.styles.get(style_id), self.service.state
        if style is None or not can_be_taught(style):
            return
        if state is not None and state.style_id != style_id:
            title = self._title(state.style_id)
            self._messages.warn(tr("{title} is being taught. Cancel that or wait.", title=title))
            return
        if state is None:
            self._pictures = TeachingPictures()
            self._ready.discard(style_id)
            if not self.service.teach(style):
                self._messages.warn(tr("Another window of Daub is teaching a style."))
                return
        self._gallery.hide()
        self._open_dialog()

    def offer(self) -> None:
        """Go on with what an earlier session has begun, when the styles are listed."""
        self._searches = True
        if self._session.styles:
            self._on_styles()

    def renew(self, style_id: str) -> None:
        """Go on with a style that was changed in the style studio, or imported again."""
        self.service.renew(style_id)

    def leave(self) -> None:
        """Begin to stop the process, which keeps what it has learned, before the window closes."""
        if self.dialog is not None:
            self.dialog.close()
        self.service.leave()

    # -- showing ------------------------------------------------------------------------------

    def _title(self, style_id: str) -> str:
        style = self._session.styles.get(style_id)
        return style.title if style is not None else style_id

    def _open_dialog(self) -> None:
        state = self.service.state
        if state is None:
            return
        if self.dialog is None:
            self.dialog = TeachingDialog(self._window)
            self.dialog.paused.connect(self.service.pause)
            self.dialog.cancelled.connect(self._ask_cancel)
        self._show()
        self._show_pictures()
        self.dialog.show_beside(self._title(state.style_id))

    def _toggle_pause(self) -> None:
        state = self.service.state
        if state is not None:
            self.service.pause(not state.paused)

    def _show(self) -> None:
        """Show the state in the status bar, the dialog and the gallery."""
        state = self.service.state
        self._gallery.set_notes(self._notes())
        if state is not None:
            self._show_progress(state)
            return
        self.progress.hide()
        if self.dialog is not None:
            self.dialog.close()

    def _show_progress(self, state: TeachingState) -> None:
        if self.progress.isHidden():
            self.progress.begin(tr("Teaching"))
        words = _words(state)
        self.progress.set_progress(state.share, words)
        name = tr("Continue") if state.paused else tr("Pause")
        set_button(self.pause_button, "resume" if state.paused else "pause", name)
        if self.dialog is not None:
            self.dialog.set_progress(state.share, words)
            self.dialog.set_paused(state.paused)

    def _notes(self) -> dict[str, str]:
        """Return what is noted on the cards of the gallery: style id -> a few words."""
        notes, state = dict.fromkeys(self._ready, tr("its network is ready")), self.service.state
        if state is not None:
            share = round(100 * state.share)
            learning = tr("is learning, {share} %", share=share)
            paused = tr("is paused at {share} %", share=share)
            notes[state.style_id] = paused if state.paused else learning
        return notes

    def _on_pictures(self, pictures: TeachingPictures) -> None:
        self._pictures = pictures
        self._show_pictures()

    def _show_pictures(self) -> None:
        if self.dialog is not None:
            self.dialog.show_pictures(self._pictures.by_strokes, self._pictures.by_network)

    # -- the end ------------------------------------------------------------------------------

    def _ask_cancel(self) -> None:
        state = self.service.state
        if state is None:
            return
        title = self._title(state.style_id)
        question = tr("Cancel teaching {title}? What was learned is lost.", title=title)
        answers = (tr("Cancel teaching"), tr("Continue"))
        self._messages.ask_then(question, answers, self._on_answer)

    def _on_answer(self, answer: str) -> None:
        if answer == tr("Cancel teaching"):
            self.service.forget()

    def _on_styles(self) -> None:
        """Search for what an earlier session has begun, once; end when the style was removed."""
        if self._searches:
            self._searches = False
            self.service.search(self._session.styles)
            if (found := self.service.state) is not None and not found.paused:
                title = self._title(found.style_id)
                self._messages.say(tr("Teaching {title} goes on.", title=title))
        state = self.service.state
        if state is not None and state.style_id not in self._session.styles:
            self.service.forget()

    def _on_taught(self, style_id: str) -> None:
        self._ready.add(style_id)
        if self._is_of(style_id):
            self._messages.drop_question(self._on_answer)
            self.service.forget()
        else:
            self._show()
        self._session.renew_style(style_id)
        told = tr("{title} has its own network now.", title=self._title(style_id))
        if style_id == self._session.style_id:
            self._messages.say(told)
        else:
            self._messages.offer(
                told, (tr("Paint with it"),), lambda _: self._session.choose_style(style_id)
            )

    def _on_refused(self, style_id: str, why: str) -> None:
        if self._is_of(style_id):
            self.service.pause(True)
            self._messages.warn(why)

    def _is_of(self, style_id: str) -> bool:
        """Return whether a style is still taught: meanwhile it may be cancelled, and another be."""
        state = self.service.state
        return state is not None and state.style_id == style_id

    def _on_imported(self, style: StyleInfo, replaced: bool) -> None:
        if replaced:
            self.renew(style.id)


def _words(state: TeachingState) -> str:
    """Return the time left in words."""
    if state.paused:
        return tr("paused")
    if state.seconds_left is None:
        return tr("estimating the time left")
    return left_in_words(state.seconds_left)
