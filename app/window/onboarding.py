"""The tips for new users, shown one after the other until each is dismissed."""

from dataclasses import dataclass

from PySide6.QtCore import QObject, QTimer

from app.platform.settings import Settings
from app.platform.translation import tr
from app.widgets.tip_card import TipCard

PAUSE_MS = 1500
"""Milliseconds between two tips."""


@dataclass(frozen=True)
class Tip:
    """One tip. `id` is stored in the settings, so an id must never be reused."""

    id: str
    title: str
    text: str


TIPS = (
    Tip(
        "brush", "Paint with the brush",
        "Choose a material on the left and paint on the doodle; the painting follows.",
    ),
    Tip(
        "gallery", "G chooses a style",
        "Hold the pointer over a style to preview your doodle in it.",
    ),
    Tip(
        "refine", "Ctrl+R refines",
        "Refine improves the painting in the background while you continue.",
    ),
    Tip("shortcuts", "F1 shows every key", "It also lists all mouse, pen and touchpad gestures."),
)  # fmt: skip


class Onboarding(QObject):
    """Decides which tip `card` shows. Doing what a tip describes dismisses it."""

    def __init__(self, card: TipCard, settings: Settings, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.card, self._settings = card, settings
        self.current: Tip | None = None
        self._held = False
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.timeout.connect(self.show_next)
        card.understood.connect(self._understood)
        card.unwanted.connect(self.end)

    @property
    def seen(self) -> list[str]:
        """Ids of the tips that are not shown again."""
        return self._settings.tips_seen.split()

    def begin(self) -> None:
        """Start to show tips after a pause, unless they are shown already."""
        if self.current is None and not self._held and not self._timer.isActive():
            self._timer.start(PAUSE_MS)

    def hold(self, held: bool) -> None:
        """Show no tips while `held`."""
        self._held = held
        if held:
            self.show_next()
        else:
            self.begin()

    def show_next(self) -> None:
        """Show the first tip that was not dismissed yet; hide the card if there is none."""
        wanted = TIPS if self._settings.tips and not self._held else ()
        self.current = next((tip for tip in wanted if tip.id not in self.seen), None)
        if self.current is None:
            self.card.hide()
        else:
            self.card.show_tip(tr(self.current.title), tr(self.current.text))

    def done(self, tip_id: str) -> None:
        """Dismiss a tip, because the user has done what it describes."""
        if tip_id not in self.seen:
            self._settings.tips_seen = " ".join((*self.seen, tip_id))
        if self.current is not None and self.current.id == tip_id:
            self.current = None
            self.card.hide()
            self._timer.start(PAUSE_MS)

    def end(self) -> None:
        """Turn tips off in the settings; the preferences turn them on again."""
        self._timer.stop()
        self._settings.tips = False
        self.show_next()

    def _understood(self) -> None:
        if self.current is not None:
            self.done(self.current.id)
