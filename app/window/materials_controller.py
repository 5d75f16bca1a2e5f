"""What paints each material: shown in the palette, and chosen by the user."""

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer
from PySide6.QtWidgets import QWidget

from app.document.brushwork import Meaning
from app.document.document import Change, Changed
from app.document.neighbours import neighbours
from app.editing.session import Session
from app.platform.translation import tr
from app.services.meanings import PaintedBy, fits
from app.widgets.actions import Actions
from app.widgets.material_labels import thinned, thinning
from app.widgets.palette import Hint, Palette
from app.widgets.style_model import region_name
from resources.materials import Material, materials, materials_by_id

if TYPE_CHECKING:
    from app.widgets.paint_as_dialog import Choice, Lender

REST_MS = 400
"""Milliseconds without a change of the doodle after which neighbours are looked for again."""


class MaterialsController(QObject):
    """Shows in the palette what paints each material, and lets the user choose it."""

    def __init__(
        self, session: Session, actions: Actions, palette: Palette, window: QWidget
    ) -> None:
        super().__init__(window)
        self._session, self._palette, self._window = session, palette, window
        self._action = actions["paint.as"]
        self._neighbours: dict[int, set[int]] = {}
        self._rest = QTimer(self)
        self._rest.setSingleShot(True)
        self._rest.setInterval(REST_MS)
        self._rest.timeout.connect(self._look)
        palette.painter_asked.connect(self.ask)
        palette.painter_reset.connect(lambda material: session.set_meaning(material, None))
        self._action.triggered.connect(lambda: self.ask(session.options.material))
        session.document.subscribe(self._on_document)
        session.strokes.enabled_changed.connect(lambda _on: self.show_all())
        session.strokes.problem.connect(lambda _sentence: self.show_all())
        session.styles_changed.connect(lambda _styles: self.show_all())

    def show_all(self) -> None:
        """Show what paints each material, as it is now."""
        hints = {material.id: self._hint(material) for material in materials()}
        problem = self._problem()
        self._palette.set_hints(hints, problem)
        self._action.setEnabled(not problem)

    def _problem(self) -> str:
        """Return why the user cannot choose what paints a material; empty if that is possible."""
        strokes = self._session.strokes
        if strokes.unavailable:
            return strokes.unavailable
        return "" if strokes.enabled else tr("Turn on Paint with strokes first.")

    def ask(self, material: int) -> None:
        """Ask what paints a material; every choice is painted at once, and is an undo step."""
        # Not imported with the window: the first frame does not need it.
        from app.widgets.paint_as_dialog import Choice, PaintAsDialog

        session, style = self._session, self._session.style
        if style is None or self._problem() or material not in range(len(materials())):
            return
        entry = materials_by_id()[material]
        chosen = session.document.brushwork.meaning(style.id, material)
        current = Choice(chosen.lender, chosen.region, chosen.tint) if chosen is not None else None
        usual = style.strokes_by.get(entry.key, PaintedBy(style.id, style.served[entry.key]))
        dialog = PaintAsDialog(
            tr(entry.name), self._lenders(), Choice(usual.style, usual.region, usual.tint), current,
            self._window,
        )  # fmt: skip
        pictures = session.region_pictures
        for known in list(pictures.pictures):
            dialog.set_pictures(known, pictures.pictures[known])
        pictures.begin([session.styles[lender.style] for lender in self._lenders()])
        dialog.chosen.connect(lambda choice: self._choose(material, choice))
        showing = pictures.found.connect(
            lambda key: dialog.set_pictures(key, pictures.pictures[key])
        )
        dialog.exec()
        pictures.found.disconnect(showing)
        dialog.deleteLater()

    def _choose(self, material: int, choice: "Choice | None") -> None:
        style_id = self._session.document.style_id
        meaning = None
        if choice is not None:
            meaning = Meaning(style_id, material, choice.style, choice.region, choice.tint)
        self._session.set_meaning(material, meaning)

    def _lenders(self) -> "list[Lender]":
        """Return this style and the others with paintings, those of the same artist first."""
        from app.widgets.paint_as_dialog import Lender

        here = self._session.style
        assert here is not None
        able = [
            style
            for style in self._session.styles.values()
            if "strokes" in style.paints_by and style.paints_doodles  # others have no regions
        ]
        able.sort(key=lambda style: (style.id != here.id, style.artist != here.artist, style.title))
        return [
            Lender(
                style.id,
                tr("This painting") if style.id == here.id else f"{style.artist}: {style.title}",
                {
                    region: name
                    for region in style.regions
                    if (name := region_name(region, style.regions))
                },
            )
            for style in able
        ]

    # -- telling ----------------------------------------------------------------------------

    def _hint(self, material: Material) -> Hint:
        session, painters = self._session, self._session.painters
        by = painters.get(material.id)
        if by is None:
            return Hint()
        style_id = session.document.style_id
        chosen = session.document.brushwork.meaning(style_id, material.id)
        used = chosen is not None and (chosen.lender, chosen.region) == (by.style, by.region)
        return Hint(
            short_hint(session, material, by), told(session, material, by), used,
            self._warning(material.id, painters),
        )  # fmt: skip

    def _warning(self, material: int, painters: dict[int, PaintedBy]) -> str:
        """Return a sentence about neighbours that come out alike; empty if there are none."""
        beside = self._neighbours.get(material, set())
        alike = sorted(
            other for other in beside if painters.get(other) == painters[material]
        )  # ids of photo materials have no painter
        names = ", ".join(tr(materials_by_id()[other].name) for other in alike)
        return tr("Looks the same as {materials} beside it.", materials=names) if alike else ""

    def _look(self) -> None:
        labels = self._session.document.labels.snapshot()
        found = neighbours(thinned(labels, thinning(labels.width, labels.height)))
        if found != self._neighbours:
            self._neighbours = found
            self.show_all()

    def _on_document(self, change: Change) -> None:
        if change.what in (Changed.LABELS, Changed.CANVAS):
            self._rest.start()
        if change.what in (Changed.STYLE, Changed.CANVAS, Changed.BRUSHWORK):
            self.show_all()
        if change.what is Changed.CANVAS:
            self._tell_missing()

    def _tell_missing(self) -> None:
        """Say which choices of a document name a style or region that is not here."""
        session = self._session
        if not session.styles:
            return
        chosen = session.document.brushwork.meanings_in(session.document.style_id)
        lost = [meaning.material for meaning in chosen if not fits(session.styles, meaning)]
        if lost:
            names = ", ".join(tr(materials_by_id()[material].name) for material in lost)
            session.problem.emit(
                tr(
                    "What was chosen to paint {materials} is not here, so the style's own is used.",
                    materials=names,
                )
            )


def short_hint(session: Session, material: Material, by: PaintedBy) -> str:
    """Return what paints a material in two or three words; empty if nothing need be told."""
    style = session.styles[by.style]
    if by.style != session.document.style_id:
        return tr("from {style}", style=style.title)
    name = region_name(by.region, style.regions)
    if name and by.region != material.key and name != tr(material.name):
        if by.tint:
            return tr("as {region}, tinted", region=name)
        return tr("as {region}", region=name)
    return tr("tinted") if by.tint else ""


def told(session: Session, material: Material, by: PaintedBy) -> str:
    """Return what paints a material, in a sentence; empty if nothing need be told."""
    name, style = tr(material.name), session.styles[by.style]
    region = region_name(by.region, style.regions) or tr(material.name)
    if by.style != session.document.style_id:
        return tr("{material}: borrowed from {style}", material=name, style=style.title)
    if by.tint:
        return tr(
            "{material}: painted as {region}, in another colour", material=name, region=region
        )
    if not short_hint(session, material, by):
        return ""
    return tr("{material}: painted as {region}", material=name, region=region)
