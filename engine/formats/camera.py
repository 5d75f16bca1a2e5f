"""The camera's EXIF data: select what a painting of a photo may keep."""

from typing import Any

from PIL import ExifTags, Image

IFD, Tag = ExifTags.IFD, ExifTags.Base

KEPT = (Tag.Make, Tag.Model, Tag.DateTime, Tag.Artist, Tag.Copyright)
"""Tags of the main directory that are kept. Others describe the photo's file, e.g. its size."""

DROPPED = (Tag.MakerNote, Tag.ExifImageWidth, Tag.ExifImageHeight, Tag.ExifInteroperabilityOffset)
"""Tags of the Exif directory that are dropped. Maker notes depend on their position in the file."""

SRGB = 1


def camera_exif(exif: Image.Exif) -> bytes:
    """Return the camera's data and the location as EXIF; empty if there are none.

    A painting is upright, in sRGB and has its own size, so tags that contradict this are left out.
    """
    kept = Image.Exif()
    try:
        first: dict[int, Any] = {tag: exif[tag] for tag in KEPT if tag in exif}
        own = {tag: v for tag, v in exif.get_ifd(IFD.Exif).items() if tag not in DROPPED}
        place = dict(exif.get_ifd(IFD.GPSInfo))
        if not (first or own or place):
            return b""
        kept[Tag.Orientation] = 1
        kept.update(first)
        _put(kept, IFD.Exif, {**own, Tag.ColorSpace: SRGB} if own else {})
        _put(kept, IFD.GPSInfo, place)
        return exif_bytes(kept)
    except Exception:  # Pillow raises many types for damaged EXIF; the photo itself is intact
        return b""


def without_place(exif: bytes) -> bytes:
    """Return the EXIF data without the location."""
    found = read_exif(exif)
    found.pop(IFD.GPSInfo, None)
    return exif_bytes(found) if exif else b""


def read_exif(content: bytes) -> Image.Exif:
    """Parse EXIF data from ``camera_exif``; an empty object for empty data."""
    exif = Image.Exif()
    if content:
        exif.load(content)
        for part in (IFD.Exif, IFD.GPSInfo):
            _put(exif, part, dict(exif.get_ifd(part)))
    return exif


def _put(exif: Image.Exif, part: int, entries: dict[int, Any]) -> None:
    if entries:
        exif[part] = entries


def exif_bytes(exif: Image.Exif) -> bytes:
    """Return EXIF as bytes. Encodes text as Latin-1, as Pillow reads it but does not write it."""
    parts: tuple[Any, ...] = (exif, exif.get(IFD.Exif), exif.get(IFD.GPSInfo))
    for entries in parts:
        for tag, value in dict(entries or {}).items():
            if isinstance(value, str) and not value.isascii():
                entries[tag] = value.encode("latin-1", "replace")
    return exif.tobytes()
