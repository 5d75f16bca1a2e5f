"""Recognise photos that were painted before with the same options, so that they are left out."""

import hashlib
import os
from enum import Enum
from pathlib import Path

from app.batch.photo_tasks import BatchOptions, Task


def fingerprint(path: Path) -> str:
    """Return a hash of a file, 12 hex digits, for a painting's metadata. Raises OSError."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()[:12]


def settings_of(task: Task, wish: BatchOptions) -> str:
    """Return a hash of everything that determines a painting except the photo. Raises OSError."""
    like = Path(wish.look.like) if wish.look.like else None
    files = [fingerprint(path) for path in (task.mask, wish.weights, like) if path is not None]
    bits = () if wish.bits is None else (wish.bits,)
    facts = (
        wish.look, wish.quality, wish.notes, wish.place, wish.labels, task.mask is None, files,
        *bits,  # nothing by default, so that paintings of older versions count
    )  # fmt: skip
    return hashlib.sha256(repr(facts).encode()).hexdigest()[:12]


class Standing(Enum):
    """What exists at a task's output path."""

    FREE = "nothing, or an older painting of the photo"
    DONE = "the painting"
    TAKEN = "another file"


def standing(task: Task, wish: BatchOptions) -> Standing:
    """Compare the metadata of an existing output file with the photo and all options.

    An existing file is complete, because files are moved to their path after writing.
    """
    from engine.formats import told_by

    if not os.path.lexists(task.target):
        return Standing.FREE
    try:
        photo, settings = fingerprint(task.source), settings_of(task, wish)
    except OSError:
        return Standing.TAKEN
    told = told_by(task.target)
    if f", photo {photo}, settings {settings}" in told:
        return Standing.DONE
    return Standing.FREE if f", photo {photo}," in told else Standing.TAKEN
