"""The project of the style studio: a picture, what is marked on it, and the style's details.

A project is a folder: `picture.png`, `scribbles.png` (8 bits: ids of materials, and NOTHING and
NEVER) and `project.json`, which is written last.
"""

import json
import shutil
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Annotated, Literal

import cv2
import numpy as np
from pydantic import Field, ValidationError

from app.document.errors import DocumentError
from app.document.file_schema import Entry, Share
from resources.files import replacing
from resources.materials import AVOID, UNMARKED, materials
from resources.style_details import StyleDetails

NOTHING, NEVER = 255, 254
"""UNMARKED and AVOID in a file of scribbles."""

PICTURE, SCRIBBLES, FACTS = "picture.png", "scribbles.png", "project.json"
LARGEST_SIDE, LARGEST_FILE = 4096, 64 * 2**20
FAST = [cv2.IMWRITE_PNG_COMPRESSION, 1]


@dataclass(frozen=True, eq=False)
class StyleProject:
    """A project as it is in its folder.

    `name`: of the picture's file; `picture`: H x W x 3 uint8 RGB; `labels`: H x W uint8 of
    materials, UNMARKED and AVOID; `style_id`: of the style that was made of it, or ""; `saved`:
    whether that style has all that is marked; `time`: when it was written, in seconds since 1970.
    """

    name: str
    picture: np.ndarray
    labels: np.ndarray
    details: StyleDetails
    style_id: str = ""
    saved: bool = False
    time: float = 0.0


Text = Annotated[str, Field(max_length=2000)]


class _Details(Entry):
    title: Text
    artist: Text
    year: Text
    credit: Text
    licence: Text
    stroke_size: Annotated[float, Field(ge=0.5, le=2)]
    variety: Share
    strictness: Share


class ProjectFacts(Entry):
    """The content of `project.json`."""

    format: Literal[1]
    name: Text
    style_id: Annotated[str, Field(max_length=200)]
    saved: bool
    time: Annotated[float, Field(ge=0)]
    details: _Details


def write_project(folder: Path, project: StyleProject) -> None:
    """Write a project into `folder`; a crash leaves it as it was before or after. Raises OSError.

    The picture is written only if the folder has none, since it never changes.
    """
    folder.mkdir(parents=True, exist_ok=True)
    if not (folder / PICTURE).exists():
        _put(folder / PICTURE, cv2.cvtColor(project.picture, cv2.COLOR_RGB2BGR))
    _put(folder / SCRIBBLES, to_scribbles(project.labels))
    facts = {
        "format": 1, "name": project.name, "style_id": project.style_id, "saved": project.saved,
        "time": project.time, "details": asdict(project.details),
    }  # fmt: skip
    with replacing(folder / FACTS) as file:
        file.write(json.dumps(facts, ensure_ascii=False, indent=1).encode())


def read_facts(folder: Path) -> ProjectFacts:
    """Read what a project is, without its pictures. Raises DocumentError."""
    try:
        return ProjectFacts.model_validate_json(_content(folder / FACTS))
    except ValidationError as error:
        raise DocumentError(f"{folder / FACTS} is damaged.") from error


def read_project(folder: Path) -> StyleProject:
    """Read a project. Raises DocumentError, which names the file."""
    facts = read_facts(folder)
    picture = cv2.cvtColor(_decoded(folder / PICTURE, cv2.IMREAD_COLOR), cv2.COLOR_BGR2RGB)
    labels = from_scribbles(_decoded(folder / SCRIBBLES, cv2.IMREAD_GRAYSCALE))
    if labels.shape != picture.shape[:2]:
        raise DocumentError(f"{folder / SCRIBBLES} has another size than the picture.")
    details = StyleDetails(**facts.details.model_dump())
    return StyleProject(
        facts.name, picture, labels, details,
        style_id=facts.style_id, saved=facts.saved, time=facts.time,
    )  # fmt: skip


def remove_project(folder: Path) -> None:
    """Delete a project. Its facts go first: without them it is none."""
    (folder / FACTS).unlink(missing_ok=True)
    shutil.rmtree(folder, ignore_errors=True)


def to_scribbles(labels: np.ndarray) -> np.ndarray:
    """Return H x W uint8 labels with NOTHING and NEVER in place of UNMARKED and AVOID."""
    return _table(UNMARKED, NOTHING, AVOID, NEVER)[labels]


def from_scribbles(scribbles: np.ndarray) -> np.ndarray:
    """Return H x W uint8 scribbles as labels; unknown values are UNMARKED."""
    table = np.full(256, UNMARKED, np.uint8)
    known = [material.id for material in materials()]
    table[known], table[NEVER] = known, AVOID
    return table[scribbles]


def _table(*pairs: int) -> np.ndarray:
    table = np.arange(256, dtype=np.uint8)
    table[list(pairs[::2])] = pairs[1::2]
    return table


def _put(path: Path, pixels: np.ndarray) -> None:
    done, content = cv2.imencode(".png", pixels, FAST)
    if not done:
        raise OSError(f"{path.name} cannot be encoded")
    with replacing(path) as file:
        file.write(content.tobytes())


def _content(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            content = file.read(LARGEST_FILE + 1)
    except OSError as error:
        raise DocumentError(f"{path} cannot be read: {error.strerror}.") from error
    if len(content) > LARGEST_FILE:
        raise DocumentError(f"{path} is too large.")
    return content


def _decoded(path: Path, kind: int) -> np.ndarray:
    """Decode a PNG file after looking at the size that its first chunk names."""
    content = _content(path)
    width, height = (int.from_bytes(content[at : at + 4], "big") for at in (16, 20))
    fits = content.startswith(b"\x89PNG") and min(width, height) > 0
    if not fits or max(width, height) > LARGEST_SIDE:
        raise DocumentError(f"{path} is damaged.")
    found = cv2.imdecode(np.frombuffer(content, np.uint8), kind)
    if found is None:
        raise DocumentError(f"{path} is damaged.")
    return found
