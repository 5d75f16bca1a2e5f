"""Convert pictures and pieces of doodle to and from the clipboard's formats."""

from itertools import chain

import numpy as np
from PySide6.QtCore import QByteArray, QMimeData
from PySide6.QtGui import QColorSpace, QImage

DOODLE_TYPE = "application/x-daub-doodle"


def image_of(rgb: np.ndarray) -> QImage:
    """Convert H x W x 3 uint8 RGB to an image that owns its memory."""
    height, width = rgb.shape[:2]
    pixels = np.ascontiguousarray(rgb)
    return QImage(pixels.data, width, height, 3 * width, QImage.Format.Format_RGB888).copy()


def rgb_of(image: QImage) -> np.ndarray:
    """Convert an image to H x W x 3 uint8 RGB (sRGB), composed over white."""
    image = _in_srgb(image)
    if image.hasAlphaChannel():
        image = _on_white(image)
    plain = image.convertToFormat(QImage.Format.Format_RGB888)
    width, height = plain.width(), plain.height()
    rows = np.frombuffer(plain.constBits(), np.uint8).reshape(height, plain.bytesPerLine())
    return rows[:, : 3 * width].reshape(height, width, 3).copy()


def _in_srgb(image: QImage) -> QImage:
    space = image.colorSpace()
    if not space.isValid() or space == QColorSpace(QColorSpace.NamedColorSpace.SRgb):
        return image
    converted = image.convertedToColorSpace(QColorSpace(QColorSpace.NamedColorSpace.SRgb))
    return image if converted.isNull() else converted


def _on_white(image: QImage) -> QImage:
    # In numpy, because a QPainter would need another format first.
    plain = image.convertToFormat(QImage.Format.Format_RGBA8888_Premultiplied)
    width, height = plain.width(), plain.height()
    rows = np.frombuffer(plain.constBits(), np.uint8).reshape(height, width, 4)
    return image_of(rows[..., :3] + (255 - rows[..., 3:]))


def mime_of(image: QImage, doodle: bytes | None) -> QMimeData:
    """Return clipboard data: an image, and optionally a packed piece of doodle for Daub."""
    mime = QMimeData()
    mime.setImageData(image)
    if doodle is not None:
        mime.setData(DOODLE_TYPE, QByteArray(doodle))
    return mime


def doodle_in(mime: QMimeData) -> bytes | None:
    """Return the packed piece of doodle in clipboard data; None if there is none."""
    return bytes(mime.data(DOODLE_TYPE).data()) if mime.hasFormat(DOODLE_TYPE) else None


def holds_image(mime: QMimeData) -> bool:
    """Return whether clipboard data holds a picture; it may still be unreadable."""
    return mime.hasImage() or bool(_encoded(mime))


def image_in(mime: QMimeData) -> QImage | None:
    """Return the picture in clipboard data; None if there is no readable one."""
    image = mime.imageData() if mime.hasImage() else None
    candidates = [image] if isinstance(image, QImage) else []
    # Not every platform decodes pictures that another program offers as encoded files.
    decoded = (QImage.fromData(mime.data(kind)) for kind in _encoded(mime))
    return next((one for one in chain(candidates, decoded) if not one.isNull()), None)


def _encoded(mime: QMimeData) -> list[str]:
    return [kind for kind in mime.formats() if kind.startswith("image/")]
