"""What paints each material: what the user chose, else what the style says."""

from collections.abc import Mapping

from app.document.brushwork import Brushwork, Meaning
from app.document.document_state import DocumentState
from engine.requests import PaintedBy, StyleInfo
from resources.materials import materials

__all__ = ["PaintedBy", "fits", "meanings_of", "painters_of"]


def meanings_of(state: DocumentState, style_id: str = "") -> dict[int, PaintedBy]:
    """Return what paints materials by the user's choice, by id, in a style or that of `state`."""
    return {
        meaning.material: PaintedBy(meaning.lender, meaning.region, meaning.tint)
        for meaning in state.brushwork.meanings_in(style_id or state.style_id)
    }


def painters_of(
    styles: Mapping[str, StyleInfo], style_id: str, brushwork: Brushwork
) -> dict[int, PaintedBy]:
    """Return what paints each material in a style, by id.

    A style without a painting borrows and tints nothing.
    """
    style = styles[style_id]
    found = {}
    for material in materials():
        served = PaintedBy(style_id, style.served.get(material.key, material.key))
        by = style.strokes_by.get(material.key, served)
        chosen = brushwork.meaning(style_id, material.id)
        if chosen is not None and "strokes" in style.paints_by and fits(styles, chosen):
            by = PaintedBy(chosen.lender, chosen.region, chosen.tint)
        elif chosen is not None and chosen.lender == style_id and chosen.region in style.regions:
            by = PaintedBy(style_id, chosen.region)
        found[material.id] = by
    return found


def fits(styles: Mapping[str, StyleInfo], meaning: Meaning) -> bool:
    """Return whether the style and region that a meaning names are there."""
    lender = styles.get(meaning.lender)
    return lender is not None and "strokes" in lender.paints_by and meaning.region in lender.regions
