"""Connects the session with the gallery, the style button, the favourites, seed and stroke size."""

from functools import partial

import numpy as np
from PySide6.QtCore import QObject

from app.document.document import Change, Changed
from app.editing.session import Session
from app.platform.favourites import NUMBERS, Favourites
from app.platform.style_order import StyleOrder
from app.platform.translation import tr
from app.widgets.actions import Actions, with_shortcut
from app.widgets.gallery import Gallery
from app.widgets.job_progress import JobProgress
from app.widgets.style_bar import SeedBox, StrokeSizeBox, StyleButton
from app.widgets.style_model import StyleLike, by_line
from app.widgets.workspace import Workspace


class StyleController(QObject):
    """Controls the gallery, style button, seed, stroke size and favourites of one window."""

    def __init__(self, session: Session, actions: Actions, workspace: Workspace) -> None:
        super().__init__(session)
        self._session, self._actions = session, actions
        self._workspace = workspace
        self.button, self.seed_box, self.stroke_box = StyleButton(), SeedBox(), StrokeSizeBox()
        self.progress = JobProgress(
            tr("Strokes"), tr("Stop painting strokes"), tr("Stop, and paint with the network only")
        )
        self.favourites = Favourites(session.settings, self)
        self.order = StyleOrder(session.settings, self)
        self.gallery = Gallery(self.favourites, self.order, workspace)
        self._connect_session()
        self._connect_gallery()
        self._connect_strokes()
        for number in NUMBERS:
            choose = partial(self._choose_favourite, number)
            actions[f"favourite.{number}"].triggered.connect(lambda _=False, do=choose: do())

    def show_all(self) -> None:
        """Show the document's style and seed, and the favourites."""
        self._show_favourites()
        self._show_document()

    def _connect_session(self) -> None:
        session = self._session
        session.styles_changed.connect(self.gallery.set_styles)
        session.styles_changed.connect(self._show_favourites)
        session.styles_changed.connect(lambda _: self._show_document())
        session.styles_added.connect(lambda added: self.gallery.reveal(added[0]))
        session.sketch.painted.connect(self._show_sketch)
        session.sketch.failed.connect(self._on_sketch_failed)
        session.style_selection.changed.connect(self._show_misfits)
        session.document.subscribe(self._on_document)
        self.seed_box.chosen.connect(session.set_seed)
        self.favourites.changed.connect(self._show_favourites)

    def _connect_gallery(self) -> None:
        gallery, action = self.gallery, self._actions["gallery"]
        gallery.add_actions([self._actions["styles.add"], self._actions["surprise"]])
        gallery.chosen.connect(self._session.choose_style)
        gallery.tried.connect(self._try_style)
        gallery.opened.connect(action.setChecked)
        gallery.opened.connect(self.button.setChecked)
        gallery.opened.connect(self._focus_canvas)
        action.toggled.connect(gallery.setVisible)
        self.button.toggled.connect(gallery.setVisible)
        self._workspace.pressed.connect(gallery.hide)

    def _focus_canvas(self, opened: bool) -> None:
        """Give the keyboard back to the canvas; Qt would choose the next widget of the bar."""
        if not opened:
            self._workspace.focus_canvas()

    def _connect_strokes(self) -> None:
        action, strokes = self._actions["strokes"], self._session.strokes
        action.setChecked(strokes.enabled)
        action.toggled.connect(self._set_strokes)
        strokes.enabled_changed.connect(lambda _: self._show_strokes())
        strokes.problem.connect(lambda _: self._show_strokes())
        self.stroke_box.chosen.connect(self._session.stroke_size.change)
        self.stroke_box.settled.connect(self._session.stroke_size.settle)
        strokes.progressed.connect(self._show_progress)
        strokes.busy_changed.connect(lambda busy: None if busy else self.progress.hide())
        self.progress.stopped.connect(lambda: self._set_strokes(False))

    def _set_strokes(self, wanted: bool) -> None:
        if self._session.document.photo is not None:
            self._session.photo_look.change(by="strokes" if wanted else "network")
            self._session.photo_look.settle()
            return
        self._session.settings.paint_with = "strokes" if wanted else "network"
        self._session.strokes.enable(wanted)

    def _show_progress(self, share: float, left: str) -> None:
        if self.progress.isHidden():
            self.progress.begin(tr("Strokes"))
        self.progress.set_progress(share, left)

    def _show_strokes(self) -> None:
        """Show whether strokes paint and their size; say in tooltips why they cannot be chosen."""
        action, document = self._actions["strokes"], self._session.document
        of_photo = document.photo is not None
        why = "" if of_photo else self._session.strokes.unavailable
        self.stroke_box.show_size(document.brushwork.stroke)
        self.stroke_box.set_problem(self._session.strokes.size_problem)
        action.setEnabled(not why)
        strokes = document.look.by == "strokes" if of_photo else self._session.strokes.enabled
        action.setChecked(strokes)
        told = why or tr("Replace the network's picture with brush strokes of the painting")
        action.setToolTip(with_shortcut(told, action))
        self._show_reroll()

    def _show_reroll(self) -> None:
        """Say in the tooltip why the selection cannot be painted differently."""
        action, why = self._actions["repaint.selection"], self._session.selection_reroll.unavailable
        action.setEnabled(not why)
        told = why or tr("Paint the selected part with other strokes")
        action.setToolTip(with_shortcut(told, action))

    def _show_favourites(self) -> None:
        for number in NUMBERS:
            style = self._session.styles.get(self.favourites.numbered(number))
            action = self._actions[f"favourite.{number}"]
            action.setVisible(style is not None)
            action.setText(style.title.replace("&", "&&") if style is not None else "")

    def _choose_favourite(self, number: int) -> None:
        self._session.choose_style(self.favourites.numbered(number))

    def _try_style(self, style_id: str) -> None:
        if not style_id:
            self._workspace.show_sketch(None)
        self._session.sketch.show(style_id)

    def _show_sketch(self, style_id: str, pixels: np.ndarray) -> None:
        self._workspace.show_sketch(pixels, credit_of(self._session.styles[style_id]))

    def _on_sketch_failed(self, style_id: str, sentence: str) -> None:
        if not self._session.style_selection.unsupported(style_id):  # marked as a misfit instead
            self.gallery.set_problem(style_id, sentence)

    def _show_misfits(self) -> None:
        selection = self._session.style_selection
        reasons = {style_id: selection.unsupported(style_id) for style_id in selection.usable}
        self.gallery.set_misfits({style_id: why for style_id, why in reasons.items() if why})

    def _on_document(self, change: Change) -> None:
        if change.what in (Changed.STYLE, Changed.SEED, Changed.CANVAS):
            self._show_document()
        elif change.what in (Changed.BRUSHWORK, Changed.LOOK):
            self._show_strokes()
        elif change.what in (Changed.SELECTION, Changed.REFINED):
            self._show_reroll()

    def _show_document(self) -> None:
        document, style = self._session.document, self._session.style
        self.seed_box.set_seed(document.seed)
        self.button.set_style(style)
        self.gallery.set_style(document.style_id)
        self._workspace.show_credit(credit_of(style) if style is not None else "")
        self._show_strokes()


def credit_of(style: StyleLike) -> str:
    """Return the credit line of a painting in this style."""
    return tr("after {style}", style=by_line(style))
