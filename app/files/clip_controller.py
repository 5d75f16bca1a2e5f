"""Open a clip in a window, preview single frames of it, and render it in the background."""

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QObject, QUrl
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import QFileDialog, QMainWindow

from app.document.clip_options import ANIMATED, SUFFIXES, TARGETS, ClipOptions, RenderJob
from app.editing.session import Session
from app.files.export_controller import export_folder
from app.platform.translation import tr
from app.services.background_task import BackgroundTask
from app.services.clip_frames import ClipFacts, ClipFrame, ClipFrames, save_frame, within
from app.services.clip_preview import ClipPreview, PaintedFrame, PreviewFrame
from app.services.clip_renders import ClipRenderService, RenderEnd
from app.services.engine_worker import StudioFactory
from app.widgets.dialogs import PICTURE_FILTER
from app.widgets.export_dialog import unused
from app.widgets.job_progress import JobProgress, set_button
from app.widgets.message_bar import MessageBar

if TYPE_CHECKING:
    from app.widgets.clip_window import ClipWindow

KEPT = 128 * 2**20
"""Most bytes of painted frames that are kept to be shown again."""

ANSWERS = CONTINUE, LATER, DISCARD = "Continue", "Later", "Discard"


class ClipController(QObject):
    """Owns the window of a clip, of which there is one at a time, and the rendering.

    `window`: None if closed; `facts`, `frame`, `part`: of the clip in it, the shown frame, and the
    first and last frame of the chosen part.
    """

    def __init__(
        self, window: QMainWindow, session: Session, factory: StudioFactory, messages: MessageBar
    ) -> None:
        super().__init__(window)
        self._main, self._session, self._factory = window, session, factory
        self._main_messages = messages
        self.window: ClipWindow | None = None
        self.dialog: QFileDialog | None = None
        self.facts: ClipFacts | None = None
        self.frame: ClipFrame | None = None
        self.part = (0, 0)
        self.options: ClipOptions | None = None
        self._number = 0
        self._plays = self._wants_painted = self._wants_preview = False
        self._painted: OrderedDict[tuple[int, ClipOptions], np.ndarray] = OrderedDict()
        self._frames: ClipFrames | None = None
        self._preview: ClipPreview | None = None
        self._saving: BackgroundTask | None = None
        self._offered: list[RenderJob] = []
        self._asked: dict[Path, Callable[[str], object]] = {}
        self.renders = ClipRenderService(lambda: session.preview.engine.worker.wish, self)
        self.progress = JobProgress(
            tr("Rendering"), tr("Stop rendering"), tr("Stop rendering; painted frames are kept")
        )
        self.pause_button = self.progress.add_button("pause", tr("Pause"))
        self.pause_button.clicked.connect(lambda: self._pause(not self.renders.paused))
        self.progress.stopped.connect(self.renders.stop)
        self.renders.progressed.connect(self._on_progressed)
        self.renders.ended.connect(self._on_rendered)
        self.renders.found.connect(self._on_found)
        session.styles_changed.connect(lambda _: self._show_styles())

    def handlers(self) -> dict[str, Callable[[], object]]:
        """Return the action handlers by action id."""
        return {"clip": self.ask_open}

    @property
    def number(self) -> int:
        """Number of the current frame, from 0."""
        return self._number

    @property
    def busy(self) -> bool:
        """Whether frames are read or painted for the window."""
        services = self._frames, self._preview
        return any(service is not None and service.busy for service in services)

    def stop(self) -> None:
        """Close the window and end all threads; what was rendered is kept."""
        if self.dialog is not None:
            self.dialog.reject()
        self._close()
        if self._saving is not None:
            self._saving.wait()
        self.renders.wait()

    # -- opening ----------------------------------------------------------------------------

    def ask_open(self) -> None:
        """Ask for a clip and open it."""
        dialog = QFileDialog(self._main, tr("Open a clip"), self._session.settings.import_folder)
        dialog.setFileMode(QFileDialog.FileMode.ExistingFile)
        endings = " ".join(f"*{ending}" for ending in (*SUFFIXES, *ANIMATED))
        dialog.setNameFilter(f"{tr('Clips and animations')} ({endings})")
        self._ask(dialog, self._open_chosen)

    def _open_chosen(self, path: Path) -> None:
        self._session.settings.import_folder = str(path.parent)
        self.open(path)

    def open(self, path: Path) -> None:
        """Open a clip in its window, in place of another one."""
        self._close()
        frames = self._frames = ClipFrames(path, self)
        frames.opened.connect(partial(self._on_opened, frames))
        frames.came.connect(partial(self._on_came, frames))
        frames.failed.connect(partial(self._on_failed, frames))
        frames.ended.connect(lambda: self._set_playing(False))
        frames.open()

    def _on_opened(self, frames: ClipFrames, facts: ClipFacts) -> None:
        from app.widgets.clip_window import ClipWindow

        if frames is not self._frames:  # another clip was opened meanwhile, or the window closes
            return
        self.facts, self.options = facts, self._first_options()
        window = self.window = ClipWindow(
            facts.path.name, facts.size, facts.sound, self.options, self._main
        )
        window.scrub.set_count(facts.count, facts.rate)
        self._set_part(0, facts.count - 1)
        self._connect(window)
        self._show_styles()
        if self.renders.busy:
            window.show_rendering(tr("starting..."), 0.0)
            self.renders.tell()
        self._show_pause()
        window.show()
        self.seek(0)

    def _connect(self, window: "ClipWindow") -> None:
        window.closed.connect(self._close)
        window.stepped.connect(lambda by: self.seek(self._number + by))
        window.scrub.sought.connect(self.seek)
        window.scrub.marked.connect(self._set_part)
        window.marked_in.connect(lambda: self._mark(self._number, None))
        window.marked_out.connect(lambda: self._mark(None, self._number))
        window.unmarked.connect(lambda: self._mark(0, self._count - 1))
        window.played.connect(self._play)
        window.view.resized.connect(self._read_again)
        window.compared.connect(self._compare)
        window.previewed.connect(self.preview)
        window.rendered.connect(self._ask_target)
        window.paused.connect(self._pause)
        window.stopped.connect(self.renders.stop)
        window.form.changed.connect(self._set_options)
        window.form.picture_asked.connect(self._ask_picture)
        window.form.frame_asked.connect(self._ask_frame)
        window.form.save_asked.connect(self._ask_save)

    def _first_options(self) -> ClipOptions:
        """Return the options of the clip before, or the document's style and seed."""
        session = self._session
        if self.options is not None:
            return replace(self.options, keyframes=(), longest=0)
        return ClipOptions(session.style_id, seed=session.document.seed)

    def _show_styles(self) -> None:
        if self.window is None:
            return
        styles = self._session.styles.values()
        self.window.form.set_styles([each for each in styles if each.problem is None])

    def _on_failed(self, frames: ClipFrames, problem: str) -> None:
        if frames is not self._frames:
            return
        self._set_playing(False)
        self._messages.warn(problem)
        if self.window is None:
            self._close()

    def _close(self) -> None:
        """End what belongs to the window; a rendering goes on."""
        window, self.window = self.window, None
        if window is not None:
            if self.dialog is not None and self.dialog.parent() is window:
                self.dialog.reject()
            window.close()
        for service in (self._frames, self._preview):
            if service is not None:
                service.stop()
                service.deleteLater()
        self._frames = self._preview = self.facts = self.frame = None
        self._plays = self._wants_painted = self._wants_preview = False
        self._painted.clear()

    @property
    def _messages(self) -> MessageBar:
        return self._main_messages if self.window is None else self.window.messages

    @property
    def _count(self) -> int:
        return 0 if self.facts is None else self.facts.count

    # -- frames -----------------------------------------------------------------------------

    def seek(self, number: int) -> None:
        """Show a frame."""
        if self.facts is None or self.window is None or self._frames is None:
            return
        self._set_playing(False)
        self._wants_preview = False
        self._number = max(0, min(self._count - 1, number))
        self.window.show_time(self._number, float(self.facts.times[self._number]))
        self._frames.show(self._number, self.window.view.box)

    def _read_again(self) -> None:
        if not self._plays:
            self.seek(self._number)

    def _play(self) -> None:
        """Play the chosen part from the current frame on, or stop."""
        if self._frames is None or self.window is None:
            return
        if self._plays:
            self.seek(self._number)
            return
        first, last = self.part
        start = self._number if first <= self._number < last else first
        self._set_playing(True)
        self._frames.play(start, last, self.window.view.box)

    def _set_playing(self, plays: bool) -> None:
        self._plays = plays
        if self.window is not None:
            self.window.show_playing(plays)

    def _on_came(self, frames: ClipFrames, frame: ClipFrame) -> None:
        if frames is not self._frames or self.window is None or self.facts is None:
            return
        if self._plays:
            self._number = frame.number
            self.window.show_time(self._number, float(self.facts.times[self._number]))
        self.frame = frame
        self._show_picture()
        if self._wants_preview and frame.number == self._number:
            self.preview()

    def _show_picture(self) -> None:
        """Show the frame, or what was painted of it."""
        if self.window is None or self.frame is None or self.options is None:
            return
        painted = self._painted.get((self.frame.number, self.options))
        self.window.show_painted(painted is not None, self._wants_painted)
        if painted is not None and self._wants_painted:
            self.window.show_frame(within(painted, self.window.view.box))
        else:
            self.window.show_frame(self.frame.shown)

    def _compare(self, painted: bool) -> None:
        self._wants_painted = painted
        self._show_picture()

    # -- part and options -------------------------------------------------------------------

    def _mark(self, first: int | None, last: int | None) -> None:
        """Let the part begin or end at a frame; the other end gives way."""
        old_first, old_last = self.part
        if first is None and last is not None:
            first = min(old_first, last)
        elif last is None and first is not None:
            last = max(old_last, first)
        self._set_part(first or 0, last or 0)

    def _set_part(self, first: int, last: int) -> None:
        self.part = first, last
        if self.window is None or self.facts is None:
            return
        self.window.scrub.set_part(first, last)
        times, end = self.facts.times, self.facts.seconds
        if last + 1 < self.facts.count:
            end = float(times[last + 1])
        self.window.show_part(last - first + 1, end - float(times[first]))

    def _set_options(self, options: ClipOptions) -> None:
        self.options = options
        if self.window is not None:
            self.window.scrub.set_keyframes([number for number, _ in options.keyframes])
        self._show_picture()

    def _ask_picture(self) -> None:
        def take(path: Path) -> None:
            if self.window is not None:
                self.window.form.take_picture(path)

        self._ask(self._picture_dialog(tr("Strokes of a picture")), take)

    def _ask_frame(self) -> None:
        number = self._number

        def take(path: Path) -> None:
            if self.window is not None:
                self.window.form.take_frame(number, path)

        title = tr("Frame {number}, painted", number=number)
        self._ask(self._picture_dialog(title), take)

    def _picture_dialog(self, title: str) -> QFileDialog:
        dialog = QFileDialog(self.window, title, self._session.settings.import_folder)
        dialog.setFileMode(QFileDialog.FileMode.ExistingFile)
        dialog.setNameFilter(f"{tr('Pictures')} ({PICTURE_FILTER})")
        return dialog

    def _ask_save(self) -> None:
        """Ask for a file and save the current frame, so that it can be painted over."""
        frame, facts = self.frame, self.facts
        if frame is None or facts is None:
            return
        name = f"{facts.path.stem} {frame.number}.png"
        dialog = self._save_dialog(tr("Save the frame"), name, ("PNG", (".png",)))
        self._ask(dialog, partial(self._save, frame.pixels, facts.path))

    def _save(self, pixels: np.ndarray, clip: Path, path: Path) -> None:
        if self._saving is not None:
            self._saving.wait()
        self._saving = BackgroundTask(lambda: save_frame(path, pixels, clip), self)
        self._saving.done.connect(lambda _: self._messages.say(tr("Saved {path}.", path=path)))
        self._saving.failed.connect(self._messages.warn)
        self._saving.start()

    # -- preview ----------------------------------------------------------------------------

    def preview(self) -> None:
        """Paint the current frame on its own, in place of another one."""
        frame, facts, options = self.frame, self.facts, self.options
        if frame is None or facts is None or options is None or self.window is None:
            return
        if self._plays:
            self.seek(frame.number)
        self._wants_preview = frame.number != self._number
        if self._wants_preview:  # when it is there
            return
        if self._preview is None:
            wish = self._session.preview.engine.worker.wish
            preview = self._preview = ClipPreview(self._factory, wish, self)
            preview.came.connect(partial(self._on_painted, preview))
            preview.failed.connect(partial(self._on_preview_failed, preview))
        self.window.show_painting(0.0)
        self._preview.paint(PreviewFrame(facts.path, frame.number, frame.pixels, options))

    def _on_painted(self, preview: ClipPreview, painted: PaintedFrame) -> None:
        if preview is not self._preview or self.window is None:
            return
        if painted.pixels is None:
            self.window.show_painting(painted.share)
            return
        self.window.show_painting(None)
        self._painted[painted.job.number, painted.job.options] = painted.pixels
        while len(self._painted) > 1 and len(self._painted) * painted.pixels.nbytes > KEPT:
            self._painted.popitem(last=False)
        self._wants_painted = True
        self._show_picture()

    def _on_preview_failed(self, preview: ClipPreview, problem: str) -> None:
        if preview is self._preview and self.window is not None:
            self.window.show_painting(None)
            self._messages.warn(problem)

    # -- rendering --------------------------------------------------------------------------

    def _ask_target(self) -> None:
        """Ask for the file of the rendering; the dialog asks before it takes an existing one."""
        if self.facts is None or self.options is None:
            return
        job = self._job(Path())
        name = Path(job.options.like).stem if job.options.like else job.options.style
        dialog = self._save_dialog(
            tr("Render the clip"), f"{self.facts.path.stem} {name}.mp4",
            (tr("Films and animations"), TARGETS),
        )  # fmt: skip
        self._ask(dialog, lambda path: self.begin(replace(job, target=path)))

    def _job(self, target: Path) -> RenderJob:
        assert self.facts is not None
        assert self.options is not None
        times, (first, last) = self.facts.times, self.part
        start = times[first] if first else None
        end = times[last + 1] if last + 1 < len(times) else None
        return RenderJob(self.facts.path, target, self.options, start, end)

    def begin(self, job: RenderJob) -> None:
        """Render a clip, or go on with it."""
        if self.renders.busy:
            self._messages.warn(tr("A clip is already being rendered. Stop that or wait."))
            return
        self._drop_questions(job.target)
        self._session.settings.export_folder = str(job.target.parent)
        self.progress.begin(tr("Rendering {name}", name=job.target.name))
        if self.window is not None:
            self.window.show_rendering(tr("starting..."), 0.0)
        self.renders.begin(job)
        self._show_pause()

    def _drop_questions(self, target: Path) -> None:
        """Withdraw what is asked about a target: an answer could replace a newer film."""
        asked = self._asked.pop(target, None)
        if asked is not None:
            for bar in (self._main_messages, self._messages):
                bar.drop_question(asked)
        if self._offered and self._offered[0].target == target:
            self._main_messages.drop_question(self._on_offer)

    def _pause(self, wanted: bool) -> None:
        self.renders.pause(wanted)
        self._show_pause()

    def _show_pause(self) -> None:
        paused = self.renders.paused
        name = tr("Continue") if paused else tr("Pause")
        set_button(self.pause_button, "resume" if paused else "pause", name)
        if self.window is not None:
            self.window.show_paused(paused)

    def _on_progressed(self, share: float, words: str) -> None:
        self.progress.set_progress(share, words)
        if self.window is not None:
            self.window.show_rendering(words, share)

    def _on_rendered(self, end: RenderEnd) -> None:
        self.progress.hide()
        if self.window is not None:
            self.window.end_rendering()
        name, messages = end.job.target.name, self._messages
        if end.other:
            question = tr("{name} was begun with other options or another clip.", name=name)
            then = self._asked[end.job.target] = partial(self._on_other, end)
            messages.ask_then(question, (tr("Begin anew"), tr("Cancel")), then)
        elif end.problem:
            messages.warn(end.problem)
        elif end.stopped:
            told = tr("Stopped {name} after {count} frames.", name=name, count=end.frames)
            then = self._asked[end.job.target] = partial(self._on_stopped, end)
            messages.ask_then(told, (tr("Continue"), tr("Discard")), then)
        else:
            told = tr("Rendered {name}, {count} frames.", name=name, count=end.frames)
            if end.damaged:
                lost = tr("{count} damaged packets were skipped.", count=end.damaged)
                told = f"{told} {lost}"
            messages.offer(told, (tr("Open the folder"),), lambda _: _show_folder(end.job.target))

    def _on_other(self, end: RenderEnd, answer: str) -> None:
        if answer == tr("Begin anew"):
            self.begin(replace(end.job, again=True))

    def _on_stopped(self, end: RenderEnd, answer: str) -> None:
        if answer == tr("Continue"):
            self.begin(replace(end.job, again=False))
        else:
            self.renders.store.discard(end.job)

    # -- what an earlier session did not finish ---------------------------------------------

    def offer(self) -> None:
        """Offer to go on with renderings that were interrupted, if there are any."""
        self.renders.search()

    def _on_found(self, jobs: list[RenderJob]) -> None:
        self._offered = jobs
        if jobs and not self.renders.busy:
            question = tr("The rendering of {name} was interrupted.", name=jobs[0].target.name)
            answers = [tr(answer) for answer in ANSWERS]
            self._main_messages.ask_last(question, answers, self._on_offer)

    def _on_offer(self, answer: str) -> None:
        if not self._offered:
            return
        job, *others = self._offered
        if answer == tr(CONTINUE):
            self.begin(job)
        elif answer == tr(DISCARD):
            self.renders.store.discard(job)
            self._on_found(others)

    # -- dialogs ----------------------------------------------------------------------------

    def _save_dialog(self, title: str, name: str, kind: tuple[str, tuple[str, ...]]) -> QFileDialog:
        """Return a dialog for a new file, suggested as `name`; `kind`: its name and suffixes."""
        what, endings = kind
        suggestion = unused(export_folder(self._session.settings) / name)
        dialog = QFileDialog(self.window, title, str(suggestion.parent))
        dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        dialog.setNameFilter(f"{what} ({' '.join(f'*{ending}' for ending in endings)})")
        dialog.setDefaultSuffix(endings[0].removeprefix("."))
        dialog.selectFile(suggestion.name)
        return dialog

    def _ask(self, dialog: QFileDialog, then: Callable[[Path], object]) -> None:
        """Show a non-blocking file dialog in place of an earlier one."""
        if self.dialog is not None:
            self.dialog.reject()
        self.dialog = dialog
        dialog.accepted.connect(lambda: then(Path(dialog.selectedFiles()[0])))
        dialog.finished.connect(self._forget)
        dialog.open()

    def _forget(self) -> None:
        if self.dialog is not None:
            self.dialog.deleteLater()
            self.dialog = None


def _show_folder(path: Path) -> None:
    QDesktopServices.openUrl(QUrl.fromLocalFile(str(path.parent)))
