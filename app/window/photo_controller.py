"""Connects the photo of a document with the Photo panel and the photo materials."""

from PySide6.QtCore import QObject
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QDockWidget

from app.document.document import Change, Changed
from app.editing.session import Session
from app.platform.translation import tr
from app.widgets.palette import Palette
from app.widgets.photo_panel import PhotoPanel
from resources.materials import materials

# Materials that replace photo materials in the tool options when there is no photo.
FIRST = {"material": 4, "other": 6}


class PhotoController(QObject):
    """Controls the Photo panel of one window and the photo materials in the palette."""

    def __init__(self, session: Session, palette: Palette, panels: QAction) -> None:
        super().__init__(session)
        self._session, self._palette = session, palette
        self._panels = panels  # checked while panels are hidden
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
        """Show the panel and the photo materials if the document has a photo; else hide them."""
        there = self._session.document.photo is not None
        self._palette.set_photo(there)
        self.dock.setVisible(there and not self._panels.isChecked())
        self._show_look()
        if not there:
            self._reset_materials()

    def _reset_materials(self) -> None:
        """Replace photo materials in the tool options by materials of doodles."""
        tools, last = self._session.tool_controller, len(materials()) - 1
        changes = {name: FIRST[name] for name in FIRST if getattr(tools.options, name) > last}
        if changes:
            tools.set_options(**changes)

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
