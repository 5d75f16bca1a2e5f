"""Turn the undo steps of a journal into commands of a document."""

from dataclasses import replace
from functools import cache

import resources
from app.document.document import Document
from app.document.document_state import DocumentState
from app.document.patch import Patch
from app.document.undo_steps import UndoStep
from app.editing.commands import (
    FIELDS,
    CanvasCommand,
    DocumentCommand,
    PaintCommand,
    RefineCommand,
    SetCommand,
    UnderlayCommand,
)

SETTERS = {field: setter for setter, field in FIELDS.items()}


def command_of(document: Document, step: UndoStep) -> DocumentCommand:
    """Return the command for a step; it has not been applied to the document."""
    command = _command(document, step)
    command.setText(step.text)
    command.icon = _known(step.icon)
    return command


@cache
def _known(icon: str) -> str:
    """Return an icon, or another one if this version of Daub does not have it."""
    return icon if resources.path(f"icons/{icon}.svg").is_file() else "brush"


def _command(document: Document, step: UndoStep) -> DocumentCommand:
    if not step.changes:
        return PaintCommand(document, step.patch or Patch([]), step.text)
    state = document.state()
    old, new = (_with(state, step, side) for side in (0, 1))
    if step.canvas:
        return CanvasCommand(document, new, step.text, old=old, restyles="style_id" in step.changes)
    if "refined" in step.changes and new.refined is not None:
        return RefineCommand(document, new.refined, old)
    if "underlay" in step.changes:
        return UnderlayCommand(document, new.underlay, old)
    ((field, (before, after)),) = step.changes.items()
    setter = getattr(document, SETTERS[field])
    return SetCommand(document, step.text, setter, before, after, repaints=field != "background")


def _with(state: DocumentState, step: UndoStep, side: int) -> DocumentState:
    return replace(state, **{name: sides[side] for name, sides in step.changes.items()})
