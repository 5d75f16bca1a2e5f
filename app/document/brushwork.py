"""How strokes paint the doodle: their size, and what paints a material."""

from dataclasses import dataclass, replace

FINEST, BROADEST = 0.5, 4.0
"""Range of stroke sizes."""


@dataclass(frozen=True)
class Meaning:
    """What paints a material in one style, chosen by the user.

    `style`: id of the style in which it holds; `material`: id of the material; `lender`: id of the
    style whose painting has the strokes, which may be `style`; `region`: name of a region of the
    lender; `tint`: colour that the strokes are moved to, as #rrggbb; empty for the colours of the
    style's painting.
    """

    style: str
    material: int
    lender: str
    region: str
    tint: str = ""


@dataclass(frozen=True)
class Brushwork:
    """How strokes paint the doodle, apart from style and seed.

    `stroke`: size of the strokes relative to the painting's, FINEST to BROADEST; `meanings`: at
    most one for each style and material, sorted.
    """

    stroke: float = 1.0
    meanings: tuple[Meaning, ...] = ()

    def meanings_in(self, style_id: str) -> tuple[Meaning, ...]:
        """Return the meanings that hold in a style."""
        return tuple(meaning for meaning in self.meanings if meaning.style == style_id)

    def used_in(self, style_id: str) -> "Brushwork":
        """Return what of this brushwork counts in a style: others may have meanings too."""
        return replace(self, meanings=self.meanings_in(style_id))

    def meaning(self, style_id: str, material: int) -> Meaning | None:
        """Return the meaning of a material in a style; None if there is none."""
        return next((m for m in self.meanings_in(style_id) if m.material == material), None)

    def without(self, style_id: str, material: int) -> "Brushwork":
        """Return this brushwork without a meaning of a material in a style."""
        left = (m for m in self.meanings if (m.style, m.material) != (style_id, material))
        return replace(self, meanings=tuple(left))

    def meant(self, meaning: Meaning) -> "Brushwork":
        """Return this brushwork with a meaning, in place of that of its style and material."""
        others = self.without(meaning.style, meaning.material).meanings
        every = sorted((*others, meaning), key=lambda m: (m.style, m.material))
        return replace(self, meanings=tuple(every))


def offered_stroke(stroke: float) -> float:
    """Return the nearest stroke size that the window offers: eighths to 2, quarters above.

    Every size below 1 takes some seconds to prepare the first time.
    """
    parts = 8 if stroke < 2 else 4
    return min(BROADEST, max(FINEST, round(stroke * parts) / parts))


def stroke_text(stroke: float) -> str:
    """Return a stroke size as it is shown."""
    return f"{round(stroke, 2):g}"


def reduced_stroke(stroke: float, factor: float) -> float:
    """Return the stroke size for a doodle that is scaled by `factor`, 0-1.

    In proportion, but not below 1 or `stroke`: smaller sizes take seconds to prepare.
    """
    return max(stroke * factor, min(stroke, 1.0))


FIRST_BRUSHWORK = Brushwork()
"""The brushwork of a new document."""
