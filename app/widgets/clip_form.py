"""The options of painting a clip."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from PySide6.QtCore import QSignalBlocker, QSize, Qt, Signal
from PySide6.QtGui import QIcon
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QListWidget,
    QListWidgetItem,
    QPushButton,
    QStyledItemDelegate,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from app.document.clip_options import MOST_BOIL, SIZES, ClipOptions
from app.platform.translation import tr
from app.widgets.job_progress import set_button
from app.widgets.number_box import NumberBox
from app.widgets.photo_panel import BY_WORDS
from app.widgets.sliders import Scale, StrokeSlider, ValueSlider
from app.widgets.style_model import StyleLike, filling, picture_of

WIDTH = 244
THUMBNAIL = QSize(40, 30)
PICTURE = "picture"
LIST_HEIGHT = 84


class ClipForm(QWidget):
    """Shows and changes the options of a clip.

    `changed` carries ClipOptions; `picture_asked`: the user wants the strokes of a picture;
    `frame_asked`: wants to load a painted frame; `save_asked`: wants the frame as a file.
    """

    changed = Signal(object)
    picture_asked = Signal()
    frame_asked = Signal()
    save_asked = Signal()

    def __init__(self, options: ClipOptions, size: tuple[int, int], sound: bool) -> None:
        super().__init__()
        self.options = options
        self._styles: Sequence[StyleLike] = ()
        self.style_box, self.by_box, self.size_box = QComboBox(), QComboBox(), QComboBox()
        self.boil_box = NumberBox(0, MOST_BOIL)
        self.stroke, self.detail = StrokeSlider(WIDTH), ValueSlider(WIDTH, Scale.even())
        self.sound_box = QCheckBox(tr("Copy the sound"))
        self.frames = QListWidget()
        self.save_button = QPushButton(tr("Save frame..."))
        self.load_button = QPushButton(tr("Load painted..."))
        self.remove_button = QToolButton()
        self._figures = {name: QLabel() for name in ("stroke", "detail")}
        self.sound_box.setVisible(sound)
        self._lay_out()
        self._fill(size)
        self._connect()
        self._fill_styles()
        self.show_options(options)

    # -- layout -----------------------------------------------------------------------------

    def _lay_out(self) -> None:
        rows = QVBoxLayout(self)
        rows.setContentsMargins(14, 12, 14, 8)
        rows.setSpacing(12)
        for name, tip, box in (
            (tr("Style"), tr("The painting whose strokes paint the clip"), self.style_box),
            (tr("Paint with"), tr("Brush strokes, or the photo network, which is faster"),
             self.by_box),
        ):  # fmt: skip
            rows.addLayout(_named(name, tip, box))
        self._add_slider(rows, "stroke", tr("Stroke size"), tr("Size of the brush strokes"))
        self._add_slider(
            rows, "detail", tr("Detail"), tr("How much of the clip's detail strokes keep")
        )
        rows.addLayout(self._pair())
        rows.addWidget(self.sound_box)
        rows.addLayout(self._frames_part())
        rows.addStretch(1)
        self.setFixedWidth(WIDTH + 28)

    def _add_slider(self, rows: QVBoxLayout, key: str, name: str, tip: str) -> None:
        slider, figure, grid = getattr(self, key), self._figures[key], QGridLayout()
        _name(slider, name, tip)
        figure.setProperty("role", "muted")
        figure.setAlignment(Qt.AlignmentFlag.AlignRight)
        grid.setVerticalSpacing(3)
        grid.addWidget(QLabel(name), 0, 0)
        grid.addWidget(figure, 0, 1)
        grid.addWidget(slider, 1, 0, 1, 2)
        rows.addLayout(grid)

    def _pair(self) -> QGridLayout:
        """Return the boiling line and the size, side by side."""
        grid = QGridLayout()
        grid.setHorizontalSpacing(12)
        grid.setVerticalSpacing(3)
        for column, (name, tip, box) in enumerate((
            (tr("Paint anew every"),
             tr("Boiling line: other strokes every so many frames, as animators redraw"),
             self.boil_box),
            (tr("Longest side"), tr("Smaller films are painted faster"), self.size_box),
        )):  # fmt: skip
            _name(box, name, tip)
            grid.addWidget(QLabel(name), 0, column)
            grid.addWidget(box, 1, column)
            grid.setColumnStretch(column, 1)
        return grid

    def _frames_part(self) -> QVBoxLayout:
        """Return the list of painted frames, with its buttons."""
        part, head, buttons = QVBoxLayout(), QHBoxLayout(), QHBoxLayout()
        part.setSpacing(5)
        buttons.setSpacing(6)
        head.addWidget(QLabel(tr("Painted frames")), 1)
        head.addWidget(self.remove_button)
        self.frames.setMaximumHeight(LIST_HEIGHT)
        self.frames.setTextElideMode(Qt.TextElideMode.ElideMiddle)
        self.frames.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.frames.setAccessibleName(tr("Painted frames"))
        self.save_button.setToolTip(tr("Save this frame as a picture, to paint over it"))
        self.load_button.setToolTip(
            tr("Load this frame as you have painted it; the clip follows it")
        )
        set_button(self.remove_button, "clear", tr("Paint the clip without this frame"))
        self.remove_button.setStyleSheet("padding: 1px;")
        for button in (self.save_button, self.load_button):
            button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
            button.setStyleSheet("padding: 5px 4px;")
            buttons.addWidget(button, 1)
        part.addLayout(head)
        part.addWidget(self.frames)
        part.addLayout(buttons)
        return part

    def _fill(self, size: tuple[int, int]) -> None:
        for box in (self.style_box, self.by_box, self.size_box):
            # A combo box's own delegate ignores the style sheet.
            box.setItemDelegate(QStyledItemDelegate(box))
            box.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.style_box.setIconSize(THUMBNAIL)
        self.style_box.setMinimumContentsLength(1)
        for by, word in BY_WORDS.items():
            self.by_box.addItem(tr(word), by)
        for longest in SIZES:
            if longest < max(size):
                self.size_box.addItem(f"{longest} px" if longest else tr("As the clip"), longest)
        self.boil_box.setSpecialValueText(tr("never"))
        self.boil_box.setSuffix(" " + tr("frames"))

    def _connect(self) -> None:
        self.style_box.activated.connect(self._choose_style)
        self.by_box.activated.connect(lambda _: self._choose_by(self.by_box.currentData()))
        self.size_box.activated.connect(lambda _: self._change(longest=self.size_box.currentData()))
        self.boil_box.valueChanged.connect(lambda boil: self._change(boil=boil))
        self.stroke.chosen.connect(lambda size: self._change(stroke=round(size, 3)))
        self.detail.chosen.connect(lambda share: self._change(detail=round(share, 3)))
        self.sound_box.toggled.connect(lambda on: self._change(sound=on))
        self.load_button.clicked.connect(self.frame_asked)
        self.save_button.clicked.connect(self.save_asked)
        self.remove_button.clicked.connect(self._remove_frame)

    # -- showing ----------------------------------------------------------------------------

    def set_styles(self, styles: Sequence[StyleLike]) -> None:
        """Set the styles to choose from."""
        self._styles = styles
        self._fill_styles()

    def show_options(self, options: ClipOptions) -> None:
        """Show options, without emitting `changed`."""
        other, self.options = options.like != self.options.like, options
        if other:
            self._fill_styles()
        self._show_style()
        for box, value in ((self.by_box, options.by), (self.size_box, options.longest)):
            box.setCurrentIndex(max(0, box.findData(value)))
        with QSignalBlocker(self.boil_box), QSignalBlocker(self.sound_box):
            self.boil_box.setValue(options.boil)
            self.sound_box.setChecked(options.sound)
        for name, slider in (("stroke", self.stroke), ("detail", self.detail)):
            if not slider.isSliderDown():
                slider.show_value(getattr(options, name))
        self._figures["stroke"].setText(f"{options.stroke:.1f}×")
        self._figures["detail"].setText(f"{options.detail * 100:.0f} %")
        self._show_frames(options.keyframes)
        strokes, styled = options.by == "strokes", not options.keyframes
        of_strokes: tuple[QWidget, ...] = self.detail, self.boil_box
        of_style: tuple[QWidget, ...] = self.style_box, self.by_box, self.stroke
        for widget in of_strokes:
            widget.setEnabled(strokes and styled)
        for widget in of_style:
            widget.setEnabled(styled)

    def _fill_styles(self) -> None:
        box, options = self.style_box, self.options
        box.clear()
        for style in self._styles:
            picture = filling(picture_of(style), THUMBNAIL * 2)
            box.addItem(QIcon(picture), style.title, style.id)
        if options.like:
            box.addItem(Path(options.like).name, PICTURE)
        box.insertSeparator(box.count())
        box.addItem(tr("Strokes of a picture..."), None)
        self._show_style()

    def _show_style(self) -> None:
        box, options = self.style_box, self.options
        box.setCurrentIndex(max(0, box.findData(PICTURE if options.like else options.style)))

    def _show_frames(self, keyframes: Sequence[tuple[int, Path]]) -> None:
        self.frames.clear()
        for number, path in keyframes:
            item = QListWidgetItem(f"{number}   {path.name}", self.frames)
            item.setData(Qt.ItemDataRole.UserRole, number)
            item.setToolTip(str(path))
        self.frames.setCurrentRow(len(keyframes) - 1)
        for widget in (self.frames, self.remove_button):
            widget.setVisible(bool(keyframes))

    # -- choosing ---------------------------------------------------------------------------

    def _change(self, **changes: object) -> None:
        self._take(replace(self.options, **changes))  # type: ignore[arg-type]

    def _take(self, options: ClipOptions) -> None:
        self.show_options(options)
        self.changed.emit(options)

    def _choose_style(self, _index: int) -> None:
        chosen = self.style_box.currentData()
        if chosen is None:
            self.show_options(self.options)  # until a picture is chosen
            self.picture_asked.emit()
        elif chosen != PICTURE:
            self._change(style=chosen, like="")

    def _choose_by(self, by: str) -> None:
        """The network paints only in styles that it has learnt, not like any picture."""
        self._change(by=by, like=self.options.like if by == "strokes" else "")

    def take_picture(self, path: Path) -> None:
        """Copy strokes from a picture."""
        self._change(like=str(path), by="strokes")

    def take_frame(self, number: int, path: Path) -> None:
        """Let the clip follow a painted frame."""
        self._take(replace(self.options, by="strokes").with_keyframe(number, path))

    def _remove_frame(self) -> None:
        item = self.frames.currentItem()
        if item is not None:
            number = item.data(Qt.ItemDataRole.UserRole)
            self._take(self.options.without_keyframe(number))


def _name(widget: QWidget, name: str, tip: str) -> None:
    widget.setAccessibleName(name)
    widget.setToolTip(tip)


def _named(name: str, tip: str, widget: QWidget) -> QVBoxLayout:
    _name(widget, name, tip)
    column = QVBoxLayout()
    column.setSpacing(3)
    column.addWidget(QLabel(name))
    column.addWidget(widget)
    return column
