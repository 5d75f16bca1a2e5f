"""What a style says of itself, as the style studio edits it and a pack has it."""

from dataclasses import dataclass


@dataclass(frozen=True)
class StyleDetails:
    """What a style says of itself, and how its strokes are copied.

    ``stroke_size`` 0.5-2: size of the strokes relative to those of other packs; ``variety`` 0-1:
    how much is done against copying the same places again; ``strictness`` 0-1: how strictly strokes
    stay in their regions. 0.5 is what other packs have. Raises ValueError for other values.
    """

    title: str = ""
    artist: str = ""
    year: str = ""
    credit: str = ""
    licence: str = ""
    stroke_size: float = 1.0
    variety: float = 0.5
    strictness: float = 0.5

    def __post_init__(self) -> None:
        limits = {"stroke_size": (0.5, 2.0), "variety": (0.0, 1.0), "strictness": (0.0, 1.0)}
        for name, (least, most) in limits.items():
            if not least <= getattr(self, name) <= most:  # also catches NaN
                raise ValueError(f"{name} is {least:g} to {most:g}, not {getattr(self, name):g}.")
