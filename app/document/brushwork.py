"""How strokes paint the doodle: their size, and what paints a material."""

from dataclasses import dataclass

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


FIRST_BRUSHWORK = Brushwork()
"""The brushwork of a new document."""
