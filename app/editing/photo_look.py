"""Change how the photo is painted."""

from collections.abc import Callable
from dataclasses import replace

from app.document.photo import PhotoLook
from app.editing.settling import SettlingChanges
from app.platform.translation import tr

NAMES = {
    "strength": "Strength", "second": "Second style", "blend": "Blend", "stroke": "Stroke size",
    "colours": "Colours", "by": "Paint with", "detail": "Detail", "freedom": "Freedom",
    "shapes": "Follow shapes",
}  # fmt: skip


class PhotoLookController(SettlingChanges):
    """Changes the document's look immediately, and pushes an undo step after a pause."""

    icon = "photo"

    def change(self, **changes: object) -> None:
        """Change fields of the PhotoLook. `settle` turns the changes into an undo step."""
        # A second style also changes its share (`blend`).
        name = "second" if "second" in changes else next(iter(changes))
        look = replace(self._document.look, **changes)  # type: ignore[arg-type]
        self._change(look, name, tr("Photo: {what}", what=tr(NAMES[name])))

    @property
    def _value(self) -> PhotoLook:
        return self._document.look

    @property
    def _setter(self) -> Callable[..., None]:
        return self._document.set_look
