"""Paint doodles with the strokes of a picture while it is being marked, without files."""

import hashlib
from pathlib import Path

import numpy as np

from engine.packs.borrowing import FindPack
from engine.packs.marked_style import marked_pack, starter_of
from engine.packs.pack_writer import reduced_thumbnail
from engine.packs.stroke_source import Shown, shown_style
from engine.strokes.guides import GuideWeights
from engine.strokes.kernels import UNUSABLE
from engine.strokes.painter import StrokeStyle
from engine.strokes.source import PreparedPart, Similar, SourcePart, prepare_part
from engine.strokes.source_store import stored_guides
from resources.style_details import StyleDetails


class MarkedStrokes:
    """The strokes of a picture, (H, W, 3) uint8, for any map of it.

    Similar places are searched once, in the whole picture, because that takes seconds. In a written
    pack they are searched region by region, which is a little better. Used by one thread at a time.
    ``find``: of packs to borrow from.
    """

    def __init__(self, picture: np.ndarray, find: FindPack, style_id: str = "marked") -> None:
        self._picture, self._find, self._id = picture, find, style_id
        self._similar: dict[str, Similar] = {}

    def style(
        self,
        labels: np.ndarray,
        details: StyleDetails,
        stroke: float = 1.0,
        used: tuple[int, ...] | None = None,
    ) -> StrokeStyle:
        """Prepare strokes for a map, see ``marked_pack``; ``stroke``, ``used``: ``stroke_style``.

        Raises EngineError as both do.
        """
        pack, painting = marked_pack(self._id, self._picture, labels, details)
        shown = Shown(Path(), pack, painting, self._prepare)
        return shown_style(shown, stroke, self._find, None, used)

    def starter(
        self, labels: np.ndarray, details: StyleDetails, threads: int = 1
    ) -> tuple[np.ndarray, np.ndarray]:
        """Return a doodle composed as the picture and its thumbnail, painted by strokes.

        The doodle: (h, w) uint8 material ids; the thumbnail: (h, w, 3) uint8. Raises EngineError as
        ``style``.
        """
        doodle = starter_of(labels)
        style = self.style(labels, details, used=tuple(np.unique(doodle).tolist()))
        *_, last = style.painter.paint(style.begin(doodle), doodle.shape, threads)
        return doodle, reduced_thumbnail(last.picture)

    def _prepare(self, part: SourcePart, weights: GuideWeights, levels: int | None) -> PreparedPart:
        if levels is None:  # the picture itself, whose regions change with every scribble
            blank = np.zeros_like(part.regions)
            whole = SourcePart(part.rgb, blank, blank > 0)
            count = part.levels  # with turned copies fewer than the same rows would have
            key = f"{part.rgb.shape} {count}"
            if key not in self._similar:
                _, self._similar[key] = stored_guides(whole, GuideWeights(), count)
        else:  # a loan, whose colours change
            mask = part.regions != UNUSABLE
            key = f"{mask.shape} {levels} {hashlib.sha256(mask.tobytes()).hexdigest()}"
            if key not in self._similar:
                self._similar[key] = prepare_part(part, weights, levels=levels).similar
        return prepare_part(part, weights, None, self._similar[key], levels)
