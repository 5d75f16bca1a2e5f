"""Tests of what the palette tells about materials, and of choosing what paints them."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot
from shiboken6 import isValid

from app.document import openraster
from app.document.brushwork import Brushwork, Meaning
from app.document.label_map import LabelMap
from app.services.meanings import PaintedBy, painters_of
from app.services.strokes import StrokesService
from app.widgets.paint_as_dialog import PaintAsDialog
from app.window.main_window import MainWindow
from resources.materials import KEEP, materials

WATER, BOAT, ROCK, FIELD = 9, 13, 10, 7
OTHERS_SKY = Meaning("starry-night", WATER, "other", "sky")
REGIONS = {"sky": ("sky",), "sea": ("water",), "mound": ("rock", "field")}


@pytest.fixture
def painting(qtbot: QtBot, window: MainWindow, monkeypatch: pytest.MonkeyPatch) -> MainWindow:
    """A window whose styles have paintings. Strokes are on, but never asked for."""
    own = {material.key: PaintedBy("starry-night", material.key) for material in materials()}
    by = own | {
        "sky": PaintedBy("starry-night", "sky"),
        "water": PaintedBy("other", "sea"),
        "boat": PaintedBy("starry-night", "mound", "#402010"),
        "rock": PaintedBy("starry-night", "mound"),
        "field": PaintedBy("starry-night", "mound"),
    }
    known = window.session.style_selection.styles
    known["mine"] = replace(
        known["other"], id="mine", artist="", paints_by=("strokes",), regions={"picture": ()}
    )
    for style in ("starry-night", "other"):
        changes = {"paints_by": ("network", "strokes"), "regions": REGIONS, "strokes_by": by}
        known[style] = replace(known[style], **changes)
    monkeypatch.setattr(StrokesService, "_ask", lambda *_: None)
    strokes = window.session.strokes
    strokes._styles = known
    strokes.enable(True)
    assert strokes.active
    window.materials_controller.show_all()
    return window


def tip(window: MainWindow, material: int) -> str:
    return window.palette_panel.button(material).toolTip()


def test_the_palette_says_in_plain_words_what_happens(painting: MainWindow) -> None:
    session, palette = painting.session, painting.palette_panel
    title = session.styles["other"].title
    assert f"Water: borrowed from {title}" in tip(painting, WATER)
    assert palette.button(WATER).hint.short == f"from {title}"
    assert "Boat: painted as mound, in another colour" in tip(painting, BOAT)
    assert palette.button(BOAT).hint.short == "as mound, tinted"
    assert "Field: painted as mound" in tip(painting, FIELD)
    assert palette.button(FIELD).hint.short in palette.button(FIELD).accessibleDescription()
    assert palette.button(0).hint.short == ""
    session.strokes.enable(False)
    assert "borrowed" in tip(painting, WATER), "the network borrows the colours"


def test_a_choice_is_one_undo_step_and_is_shown(painting: MainWindow) -> None:
    session = painting.session
    session.set_meaning(WATER, OTHERS_SKY)
    assert session.document.brushwork == Brushwork(meanings=(OTHERS_SKY,))
    assert "You have chosen this" in tip(painting, WATER)
    assert painting.palette_panel.button(WATER).hint.chosen
    session.set_meaning(WATER, replace(OTHERS_SKY, tint="#203040"))
    session.undo()
    assert session.document.brushwork == Brushwork(meanings=(OTHERS_SKY,))
    session.undo()
    assert session.document.brushwork == Brushwork()
    assert "You have chosen" not in tip(painting, WATER)
    session.redo()
    session.set_meaning(WATER, None)
    session.set_meaning(WATER, None)
    assert not painting.palette_panel.button(WATER).hint.chosen
    session.undo()
    assert session.document.brushwork == Brushwork(meanings=(OTHERS_SKY,))


def test_it_is_saved_with_the_document(painting: MainWindow, tmp_path: Path) -> None:
    session = painting.session
    session.set_meaning(WATER, OTHERS_SKY)
    state = session.document.state()
    session.become(replace(state, brushwork=Brushwork()))
    assert "You have chosen" not in tip(painting, WATER)
    openraster.save(tmp_path / "painting.ora", openraster.SavedDocument(state))
    saved = openraster.load(tmp_path / "painting.ora")
    assert isinstance(saved, openraster.SavedDocument)
    session.become(saved.state)
    assert session.document.brushwork == Brushwork(meanings=(OTHERS_SKY,))
    assert "You have chosen" in tip(painting, WATER)


def test_neighbours_that_come_out_alike_are_told(qtbot: QtBot, painting: MainWindow) -> None:
    labels = np.zeros((60, 80), np.uint8)
    labels[20:], labels[40:] = ROCK, FIELD
    painting.session.import_doodle("doodle", LabelMap.from_array(labels))
    qtbot.waitUntil(lambda: "Looks the same as Field beside it." in tip(painting, ROCK))
    assert "Looks the same as Rock beside it." in tip(painting, FIELD)
    assert "Looks the same" not in tip(painting, 0)
    assert painting.palette_panel.button(ROCK).grab().toImage().size().width() > 0
    painting.session.set_meaning(
        ROCK, Meaning("starry-night", ROCK, "starry-night", "mound", "#808080")
    )
    assert "Looks the same" not in tip(painting, ROCK) + tip(painting, FIELD)


def while_open(do: Callable[[PaintAsDialog], None]) -> list[PaintAsDialog]:
    """Act on the dialog when it has opened, then close it."""
    seen = []

    def act() -> None:
        dialog = QApplication.activeModalWidget()
        assert isinstance(dialog, PaintAsDialog)
        seen.append(dialog)
        try:
            do(dialog)
        finally:
            dialog.reject()

    QTimer.singleShot(0, act)
    return seen


def test_the_dialog_lists_all_paintings_and_paints_at_once(painting: MainWindow) -> None:
    session, painted = painting.session, []

    def choose(dialog: PaintAsDialog) -> None:
        names = [dialog.list.item(row).text() for row in range(dialog.list.count())]
        assert names[:5] == ["As the style does", "This painting", "sky", "sea", "mound"]
        assert names[6:] == ["sky", "sea", "mound"], "a picture for photos lends nothing"
        dialog.list.setCurrentRow(6)
        painted.append(session.document.brushwork)

    session.set_options(material=WATER)
    seen = while_open(choose)
    painting.actions_by_id["paint.as"].trigger()
    assert seen
    assert painted == [Brushwork(meanings=(OTHERS_SKY,))]
    assert session.history.can_undo


def test_pictures_that_come_after_the_dialog_was_closed_are_for_the_next_one(
    qtbot: QtBot, painting: MainWindow
) -> None:
    pictures = painting.session.region_pictures
    seen = while_open(lambda _dialog: None)
    painting.actions_by_id["paint.as"].trigger()
    qtbot.waitUntil(lambda: not isValid(seen[0]))
    pictures.pictures["other"] = {"sea": np.zeros((48, 72, 3), np.uint8)}
    pictures.found.emit("other")

    def look(dialog: PaintAsDialog) -> None:
        assert not dialog.list.item(7).icon().pixmap(72, 48).toImage().hasAlphaChannel()

    again = while_open(look)
    painting.actions_by_id["paint.as"].trigger()
    assert again


def test_when_strokes_have_failed_nothing_can_be_chosen(painting: MainWindow) -> None:
    session = painting.session
    assert painting.actions_by_id["paint.as"].isEnabled()
    session.strokes.worker.failed.emit(session.strokes._serial, "The painting is damaged.")
    assert "borrowed" in tip(painting, WATER), "the network still borrows the colours"
    assert not painting.actions_by_id["paint.as"].isEnabled()


def test_the_menu_of_a_material(painting: MainWindow) -> None:
    background, paint_as, reset = painting.palette_panel.menu_of(BOAT).actions()
    assert paint_as.isEnabled()
    assert not reset.isEnabled()
    background.trigger()
    assert painting.session.document.background == BOAT
    seen = while_open(lambda dialog: dialog.list.setCurrentRow(2))
    paint_as.trigger()
    assert seen
    assert painting.session.document.brushwork.meaning("starry-night", BOAT).region == "sky"
    *_, reset = painting.palette_panel.menu_of(BOAT).actions()
    reset.trigger()
    assert painting.session.document.brushwork == Brushwork()
    assert len(painting.palette_panel.menu_of(KEEP).actions()) == 1


def test_without_strokes_it_says_why(painting: MainWindow) -> None:
    painting.session.strokes.enable(False)
    _, paint_as, _ = painting.palette_panel.menu_of(BOAT).actions()
    assert not paint_as.isEnabled()
    assert paint_as.toolTip() == "Turn on Paint with strokes first."
    assert not painting.actions_by_id["paint.as"].isEnabled()


def test_a_choice_that_is_not_here_is_told_once(qtbot: QtBot, painting: MainWindow) -> None:
    session, told = painting.session, []
    session.problem.connect(told.append)
    lost = Meaning("starry-night", WATER, "gone", "sky"), replace(OTHERS_SKY, region="jelly")
    for meaning in lost:
        session.become(replace(session.document.state(), brushwork=Brushwork(meanings=(meaning,))))
        assert "Water" in told.pop()
        assert told == []
        assert not painting.palette_panel.button(WATER).hint.chosen
        assert "borrowed from" in tip(painting, WATER)


def test_a_style_without_a_painting_has_its_own_regions_only(painting: MainWindow) -> None:
    styles = dict(painting.session.styles)
    own = Brushwork(meanings=(Meaning("starry-night", WATER, "starry-night", "sky", "#203040"),))
    foreign = Brushwork(meanings=(OTHERS_SKY,))

    def painter(brushwork: Brushwork) -> PaintedBy:
        return painters_of(styles, "starry-night", brushwork)[WATER]

    assert painter(own) == PaintedBy("starry-night", "sky", "#203040")
    assert painter(foreign) == PaintedBy("other", "sky")
    old = styles["starry-night"]
    styles["starry-night"] = replace(old, paints_by=("network",), strokes_by={})
    assert painter(own) == PaintedBy("starry-night", "sky")
    assert painter(foreign) == PaintedBy("starry-night", old.served["water"])
