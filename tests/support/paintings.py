"""Put paintings into packs: format 2 for tests."""

import hashlib
import tomllib
from io import BytesIO
from pathlib import Path

import numpy as np
import tomli_w
from PIL import Image

FILES = {"sha256": "painting.webp", "map_sha256": "regions.png", "avoid_sha256": "avoid.png"}


def encoded(pixels: np.ndarray, kind: str) -> bytes:
    """A picture in the format ``kind``; WebP without loss."""
    content = BytesIO()
    Image.fromarray(pixels).save(content, kind, **({"lossless": True} if kind == "WEBP" else {}))
    return content.getvalue()


def declare(folder: Path) -> None:
    """Write the table [painting] that fits the pack's files as they are now, and format 2."""
    hashes = {
        key: hashlib.sha256((folder / name).read_bytes()).hexdigest() for key, name in FILES.items()
    }
    entries = tomllib.loads((folder / "style.toml").read_text()) | {
        "format": 2,
        "painting": {"file": "painting.webp", "avoid": "avoid.png"} | hashes,
    }
    (folder / "style.toml").write_text(tomli_w.dumps(entries))


def put_painting(folder: Path, pixels: np.ndarray, avoid: np.ndarray) -> None:
    """Give a pack that has a region map a painting, H x W x 3 uint8, and a mask, H x W bool."""
    (folder / "painting.webp").write_bytes(encoded(pixels, "WEBP"))
    (folder / "avoid.png").write_bytes(encoded(avoid, "PNG"))
    declare(folder)
