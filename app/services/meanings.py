"""Tell the engine what the document says about the strokes of materials."""

from app.document.document_state import DocumentState
from engine.requests import PaintedBy


def meanings_of(state: DocumentState, style_id: str = "") -> dict[int, PaintedBy]:
    """Return what paints materials by the user's choice, by id, in a style or that of `state`."""
    return {
        meaning.material: PaintedBy(meaning.lender, meaning.region, meaning.tint)
        for meaning in state.brushwork.meanings_in(style_id or state.style_id)
    }
