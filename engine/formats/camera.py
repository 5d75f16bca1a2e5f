"""What a camera wrote about a photo: what of it a painting may keep."""

from typing import Any

from PIL import ExifTags, Image

IFD, Tag = ExifTags.IFD, ExifTags.Base

KEPT = (Tag.Make, Tag.Model, Tag.DateTime, Tag.Artist, Tag.Copyright)
"""Of the first directory. Others describe the file that is left behind: its size, its strips."""

DROPPED = (Tag.MakerNote, Tag.ExifImageWidth, Tag.ExifImageHeight, Tag.ExifInteroperabilityOffset)
"""Of the camera's own directory. What makers note in secret is lost with its place in the file."""

SRGB = 1


def camera_exif(exif: Image.Exif) -> bytes:
    """The camera's facts and the place as EXIF of their own; empty when there are none.

    A painting is upright, in sRGB and of its own size, so what says otherwise is left out.
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
    except Exception:  # a damaged directory breaks Pillow in any way; the photo itself is whole
        return b""


def without_place(exif: bytes) -> bytes:
    """The same without where it was taken."""
    found = read_exif(exif)
    found.pop(IFD.GPSInfo, None)
    return exif_bytes(found) if exif else b""


def read_exif(content: bytes) -> Image.Exif:
    """EXIF as ``camera_exif`` makes it; an empty one of nothing."""
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
    """EXIF as bytes, its text as it was read: Pillow reads Latin-1 and writes only ASCII."""
    parts: tuple[Any, ...] = (exif, exif.get(IFD.Exif), exif.get(IFD.GPSInfo))
    for entries in parts:
        for tag, value in dict(entries or {}).items():
            if isinstance(value, str) and not value.isascii():
                entries[tag] = value.encode("latin-1", "replace")
    return exif.tobytes()
