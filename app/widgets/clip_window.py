"""The window of a clip: its frames, the part and the options to paint it, and the progress."""

from collections.abc import Callable

import numpy as np
from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QCloseEvent, QKeyEvent
from PySide6.QtWidgets import (
    QButtonGroup,
    QFrame,
    QHBoxLayout,
    QLabel,
    QMainWindow,
    QProgressBar,
    QPushButton,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from app.document.clip_options import ClipOptions
from app.platform.translation import tr
from app.widgets.clip_form import ClipForm
from app.widgets.frame_view import FrameView
from app.widgets.job_progress import STEPS, set_button
from app.widgets.message_bar import MessageBar
from app.widgets.pane import PaneTitle
from app.widgets.scrub_bar import ScrubBar

SIZE = QSize(1180, 720)
FAR = 10
"""Frames of a step with Shift."""


class ClipWindow(QMainWindow):
    """Shows a clip and lets the user choose what is painted of it, and how.

    `stepped` carries by how many frames to go on; `played`, `previewed`, `rendered`: the buttons;
    `marked_in`, `marked_out`, `unmarked`: the part shall begin or end here, or be all; `compared`
    carries whether to show the painted frame; `paused` whether to pause the rendering; `stopped`:
    end the rendering; `closed`: the window was closed.
    """

    stepped = Signal(int)
    played = Signal()
    previewed = Signal()
    rendered = Signal()
    marked_in = Signal()
    marked_out = Signal()
    unmarked = Signal()
    compared = Signal(bool)
    paused = Signal(bool)
    stopped = Signal()
    closed = Signal()

    def __init__(
        self, name: str, size: tuple[int, int], sound: bool, options: ClipOptions, parent: QWidget
    ) -> None:
        super().__init__(parent, Qt.WindowType.Window)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle(tr("{name} - Clip", name=name))
        self._size = size
        self.title, self.view, self.scrub = PaneTitle(name), FrameView(), ScrubBar()
        self.form = ClipForm(options, size, sound)
        self.time_label, self.part_label = QLabel(), QLabel()
        self.clip_button, self.painted_button = QToolButton(), QToolButton()
        self.play_button = QToolButton()
        self.preview_button = QPushButton(tr("Preview frame"))
        self.render_button = QPushButton(tr("Render..."))
        self.strip = QFrame()
        self.bar, self.words = QProgressBar(), QLabel()
        self.pause_button, self.stop_button = QPushButton(tr("Pause")), QPushButton(tr("Stop"))
        self._lay_out()
        self.messages = MessageBar(self.view)
        self._connect()
        self.show_painted(False, False)
        self.view.setFocus()

    # -- layout -----------------------------------------------------------------------------

    def _lay_out(self) -> None:
        self.resize(SIZE)
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.NoContextMenu)
        whole, columns, left = QWidget(), QHBoxLayout(), QVBoxLayout()
        for layout in (columns, left):
            layout.setContentsMargins(0, 0, 0, 0)
            layout.setSpacing(0)
        self.title.add(self._switch())
        left.addWidget(self.title)
        left.addWidget(self.view, 1)
        left.addWidget(self._transport())
        left.addWidget(self._strip())
        columns.addLayout(left, 1)
        columns.addWidget(self._side())
        whole.setLayout(columns)
        self.setCentralWidget(whole)

    def _switch(self) -> QWidget:
        """Return the buttons that show the clip or the painted frame."""
        row, group = QWidget(), QButtonGroup(self)
        layout = QHBoxLayout(row)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(2)
        height = QLabel("x").sizeHint().height() + 6
        for button, text, tip in (
            (self.clip_button, tr("Clip"), tr("Show the clip  (C)")),
            (self.painted_button, tr("Painted"), tr("Show the painted frame  (C)")),
        ):
            button.setText(text)
            button.setToolTip(tip)
            button.setCheckable(True)
            button.setFixedHeight(height)
            button.setStyleSheet("padding: 0 8px;")
            button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
            group.addButton(button)
            layout.addWidget(button)
        row.setFixedHeight(height)
        return row

    def _transport(self) -> QWidget:
        """Return the row below the frame: play, step, the bar, and the marks."""
        row = QFrame()
        layout = QHBoxLayout(row)
        layout.setContentsMargins(8, 6, 8, 6)
        layout.setSpacing(2)
        buttons: tuple[tuple[str, str, Callable[[], object]], ...] = (
            ("frame-back", tr("One frame back  (Left)"), lambda: self.stepped.emit(-1)),
            ("resume", "", self.played.emit),
            ("frame-forward", tr("One frame on  (Right)"), lambda: self.stepped.emit(1)),
            ("mark-in", tr("Begin here  (I)"), self.marked_in.emit),
            ("mark-out", tr("End here  (O)"), self.marked_out.emit),
            ("marks-clear", tr("Paint all of the clip  (X)"), self.unmarked.emit),
        )
        for at, (picture, name, then) in enumerate(buttons):
            button = self.play_button if picture == "resume" else QToolButton()
            button.setIconSize(QSize(20, 20))
            button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
            set_button(button, picture, name)
            button.clicked.connect(lambda _=False, do=then: do())
            layout.addWidget(button)
            if at == 2:
                self.time_label.setMinimumWidth(
                    self.fontMetrics().horizontalAdvance("0:00:00.00") + 8
                )
                self.time_label.setAlignment(Qt.AlignmentFlag.AlignCenter)
                layout.addWidget(self.time_label)
                layout.addWidget(self.scrub, 1)
        self.part_label.setProperty("role", "muted")
        layout.insertWidget(layout.indexOf(self.scrub) + 1, self.part_label)
        self.show_playing(False)
        return row

    def _strip(self) -> QWidget:
        """Return the row with the progress of rendering, which is hidden without one."""
        layout = QHBoxLayout(self.strip)
        layout.setContentsMargins(12, 4, 10, 10)
        layout.setSpacing(8)
        self.bar.setRange(0, STEPS)
        self.bar.setTextVisible(False)
        self.bar.setAccessibleName(tr("Rendering"))
        self.words.setProperty("role", "muted")
        self.stop_button.setToolTip(tr("Stop rendering; painted frames are kept"))
        layout.addWidget(self.bar, 1)
        layout.addWidget(self.words)
        for button in (self.pause_button, self.stop_button):
            button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
            layout.addWidget(button)
        self.strip.hide()
        return self.strip

    def _side(self) -> QWidget:
        side, end = QFrame(), QHBoxLayout()
        side.setObjectName("clipSide")
        self.preview_button.setToolTip(tr("Paint this frame on its own  (P)"))
        self.render_button.setToolTip(tr("Paint the chosen part into a file"))
        self.render_button.setDefault(True)
        for button in (self.preview_button, self.render_button):
            button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        end.setContentsMargins(14, 4, 14, 14)
        end.setSpacing(8)
        end.addWidget(self.preview_button, 1)
        end.addWidget(self.render_button, 1)
        layout = QVBoxLayout(side)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.form, 1)
        layout.addLayout(end)
        return side

    # -- wiring -----------------------------------------------------------------------------

    def _connect(self) -> None:
        self.view.resized.connect(self.messages.place)
        self.clip_button.clicked.connect(lambda: self.compared.emit(False))
        self.painted_button.clicked.connect(lambda: self.compared.emit(True))
        self.preview_button.clicked.connect(self.previewed)
        self.render_button.clicked.connect(self.rendered)
        self.pause_button.clicked.connect(
            lambda: self.paused.emit(self.pause_button.text() == tr("Pause"))
        )
        self.stop_button.clicked.connect(self.stopped)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Handle the keys that no focused widget has taken."""
        far = FAR if event.modifiers() & Qt.KeyboardModifier.ShiftModifier else 1
        keys = Qt.Key
        actions: dict[int, Callable[[], object]] = {
            keys.Key_Left: lambda: self.stepped.emit(-far),
            keys.Key_Right: lambda: self.stepped.emit(far),
            keys.Key_Home: lambda: self.scrub.setValue(self.scrub.part[0]),
            keys.Key_End: lambda: self.scrub.setValue(self.scrub.part[1]),
            keys.Key_Space: self.played.emit,
            keys.Key_I: self.marked_in.emit, keys.Key_O: self.marked_out.emit,
            keys.Key_X: self.unmarked.emit, keys.Key_P: self.preview_button.click,
            keys.Key_C: lambda: self.compared.emit(not self.painted_button.isChecked()),
        }  # fmt: skip
        action = actions.get(event.key())
        if action is None:
            super().keyPressEvent(event)
        else:
            action()

    def closeEvent(self, event: QCloseEvent) -> None:
        super().closeEvent(event)
        self.closed.emit()

    # -- showing ----------------------------------------------------------------------------

    def show_frame(self, pixels: np.ndarray) -> None:
        """Show a frame, h x w x 3 uint8, of the clip or painted."""
        self.view.show_picture(pixels, self._size)

    def show_time(self, number: int, seconds: float) -> None:
        """Show which frame is the current one."""
        self.scrub.show_frame(number)
        self.time_label.setText(clock_text(seconds))
        count, (width, height) = self.scrub.maximum() + 1, self._size
        where = tr("frame {number} of {count}", number=number, count=count)
        self.title.set_note(f"{where}   {width} × {height}")

    def show_part(self, count: int, seconds: float) -> None:
        """Show how long the chosen part is."""
        length = clock_text(seconds)
        self.part_label.setText(f"{length}  ")
        self.part_label.setToolTip(tr("Chosen part: {count} frames", count=count))

    def show_playing(self, plays: bool) -> None:
        """Show whether the clip plays."""
        name = tr("Pause  (Space)") if plays else tr("Play  (Space)")
        set_button(self.play_button, "pause" if plays else "resume", name)

    def show_painted(self, there: bool, shown: bool) -> None:
        """Show whether the frame is painted, and whether that is shown."""
        self.painted_button.setEnabled(there)
        (self.painted_button if shown and there else self.clip_button).setChecked(True)

    def show_painting(self, share: float | None) -> None:
        """Show how far the preview is, 0-1; None when none is painted."""
        text = tr("Preview frame")
        if share is not None:
            text = tr("Painting... {percent} %", percent=round(100 * share))
        self.preview_button.setText(text)

    def show_rendering(self, words: str, share: float) -> None:
        """Show the progress of rendering."""
        self.strip.show()
        self.bar.setValue(round(share * STEPS))
        self.words.setText(words)
        self.render_button.setEnabled(False)

    def show_paused(self, paused: bool) -> None:
        """Show whether the rendering is paused."""
        self.pause_button.setText(tr("Continue") if paused else tr("Pause"))

    def end_rendering(self) -> None:
        """Hide the progress."""
        self.strip.hide()
        self.show_paused(False)
        self.render_button.setEnabled(True)


def clock_text(seconds: float) -> str:
    """Return a time as text: 1:05.32."""
    hundredths = round(100 * seconds)
    minutes, rest = divmod(hundredths, 6000)
    hours, minutes = divmod(minutes, 60)
    text = f"{rest // 100:02}.{rest % 100:02}"
    return f"{hours}:{minutes:02}:{text}" if hours else f"{minutes}:{text}"
