"""Style files: of a pack that paints with strokes, and written entry by entry, also bad ones."""

import hashlib
import json
import zipfile
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from engine.packs.picture_style import write_picture_style
from engine.packs.style_archive import write_archive


def picture_style(styles: Path, name: str = "mine", seed: int = 0) -> Path:
    """A pack of a picture of coloured noise, in the folder ``styles``."""
    picture = np.random.default_rng(seed).integers(0, 256, (80, 96, 3)).astype(np.uint8)
    return write_picture_style(styles, picture, f"{name}.png")


def style_file(path: Path, name: str = "mine", seed: int = 0) -> Path:
    """A style file of such a pack."""
    folder = picture_style(path.parent / f"source-{path.stem}", name, seed)
    write_archive(folder, path, lambda style_id: path.parent / style_id)
    return path


def contents(path: Path) -> dict[str, bytes]:
    """What is in a style file, by name."""
    with zipfile.ZipFile(path) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def with_hashes(files: Mapping[str, bytes]) -> dict[str, bytes]:
    """The same with a manifest that is right for the files."""
    manifest = json.loads(files["manifest.json"])
    kept = {name: content for name, content in files.items() if name not in (
        "mimetype", "manifest.json"
    )}  # fmt: skip
    hashes = {name: hashlib.sha256(content).hexdigest() for name, content in kept.items()}
    manifest["files"] = hashes
    return {"mimetype": files["mimetype"], "manifest.json": json.dumps(manifest).encode(), **kept}


def write_zip(path: Path, files: Mapping[str, bytes]) -> Path:
    """A zip of these files, whatever they are called."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(zipfile.ZipInfo(name), content)
    return path
