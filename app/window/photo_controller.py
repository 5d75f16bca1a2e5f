"""Connects the photo with what is only there for one: its panel, its materials, the comparison."""

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QDockWidget

from app.document.document import Change, Changed
from app.editing.session import Session
from app.platform.translation import tr
from app.widgets.palette import Palette
from app.widgets.photo_panel import PhotoPanel
from resources.materials import materials

# What is painted with instead when there is no photo any more.
FIRST = {"material": 4, "other": 6}


class PhotoController(QObject):
    """The panel "Photo" of one window, and what the palette has besides when there is a photo."""

    def __init__(self, session: Session, palette: Palette) -> None:
        super().__init__(session)
        self._session, self._palette = session, palette
        self.dock = QDockWidget(tr("Photo"))
        self.dock.setObjectName("photo")
        self.dock.setFeatures(QDockWidget.DockWidgetFeature.DockWidgetMovable)
        self.panel = PhotoPanel()
        self.dock.setWidget(self.panel)
        self.panel.changed.connect(lambda changes: session.photo_look.change(**changes))
        self.panel.settled.connect(session.photo_look.settle)
        session.styles_changed.connect(self.panel.set_styles)
        session.styles_changed.connect(lambda _: self._show_look())
        session.preview.engine.worker.photo_styles_known.connect(self._on_learnt)
        session.document.subscribe(self._on_document)

    def show_all(self) -> None:
        """Show what belongs to a photo, or hide it when there is none."""
        there = self._session.document.photo is not None
        self._palette.set_photo(there)
        self.dock.setVisible(there)
        self._show_look()
        if not there:
            self._take_brushes_back()

    def _take_brushes_back(self) -> None:
        """Without a photo nothing is painted with its materials."""
        hand, last = self._session.tool_controller, len(materials()) - 1
        changes = {name: FIRST[name] for name in FIRST if getattr(hand.options, name) > last}
        if changes:
            hand.set_options(**changes)

    def _on_learnt(self, ids: tuple[str, ...]) -> None:
        self.panel.set_learnt(ids)
        self._show_look()

    def _show_look(self) -> None:
        self.panel.show_look(self._session.document.look)

    def _on_document(self, change: Change) -> None:
        if change.what is Changed.CANVAS:
            self.show_all()
        elif change.what is Changed.LOOK:
            self._show_look()
